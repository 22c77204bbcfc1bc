"""What exists is documented, and what is documented exists."""

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import promptops_server
from promptops_server.app import make_api
from promptops_server.core.errors import AppError
from promptops_server.core.settings import ENV_PREFIX, Settings

_DOCS = Path(promptops_server.__file__).parents[2] / "docs"
# Never sent: bases of others.
_ABSTRACT = {"template_fault"}


def _read(name: str) -> str:
    return (_DOCS / "reference" / name).read_text()


def _cells(page: str) -> set[str]:
    return {match[1] for match in re.finditer(r"^\| `([^`]+)`", page, re.MULTILINE)}


def _errors(root: type[AppError]) -> Iterator[type[AppError]]:
    yield root
    for child in root.__subclasses__():
        yield from _errors(child)


def test_every_setting_is_documented() -> None:
    settings = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    assert _cells(_read("settings.md")) == settings


def test_every_error_code_is_documented_with_its_status() -> None:
    for module in pkgutil.walk_packages(promptops_server.__path__, "promptops_server."):
        if "litellm_" not in module.name:
            importlib.import_module(module.name)
    codes = {(error.code, error.status) for error in _errors(AppError)}
    page = _read("errors.md")
    documented = {
        (match[1], int(match[2]))
        for match in re.finditer(r"^\| `([a-z_]+)` \| (\d+) \|", page, re.MULTILINE)
    }
    assert documented == {pair for pair in codes if pair[0] not in _ABSTRACT}


def test_every_endpoint_is_documented() -> None:
    paths = make_api().openapi()["paths"]
    endpoints = {f"{method.upper()} {path}" for path, entry in paths.items() for method in entry}
    assert {cell for cell in _cells(_read("api.md")) if "/" in cell} == endpoints


def _help(*words: str) -> str:
    command = [sys.executable, "-m", "promptops_server.cli", *words, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_every_command_is_documented_and_has_help() -> None:
    found: set[str] = set()
    for name in re.findall(r"^    ([a-z]+) ", _help(), re.MULTILINE):
        inner = re.findall(r"^    ([a-z]+) ", _help(name), re.MULTILINE)
        found |= {f"promptops-server {name} {one}" for one in inner} or {f"promptops-server {name}"}
        for one in inner:
            assert "show this help message" in _help(name, one)
    assert _cells(_read("cli.md")) == found


def test_help_imports_nothing_slow() -> None:
    code = (
        "import sys\nfrom promptops_server.cli import _parser\n_parser().format_help()\n"
        "slow = {'litellm', 'fastapi', 'sqlalchemy', 'pydantic', 'aiohttp', 'alembic'}\n"
        "assert slow.isdisjoint(sys.modules), slow & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "ARCHITECTURE.md"])
def test_every_link_leads_somewhere(name: str) -> None:
    page = _DOCS.parent / name
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target
