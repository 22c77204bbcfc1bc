"""What import-linter cannot say about the tree."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import promptops_server

_PACKAGE = Path(promptops_server.__file__).parent
_ROOT = _PACKAGE.parents[1]
_SOURCES = sorted(_PACKAGE.rglob("*.py"))
_TESTS = sorted([*(_ROOT / "server/tests").rglob("*.py"), *(_ROOT / "tests").rglob("*.py")])
_SLICES = [
    *("access", "audit", "deployments", "instance", "prompts", "providers", "runs", "usage"),
    "ratelimit",
]


@pytest.mark.parametrize("path", [*_SOURCES, *_TESTS], ids=lambda path: str(path.name))
def test_a_file_can_be_read_at_one_sitting(path: Path) -> None:
    limit = 500 if path in _SOURCES else 800
    assert path.read_text().count("\n") <= limit


def test_no_file_has_a_name_that_says_nothing() -> None:
    names = {path.stem for path in [*_SOURCES, *_TESTS]}
    assert names.isdisjoint({"utils", "util", "helpers", "helper", "common", "misc"})


def test_only_repositories_hold_sql() -> None:
    for slice_name in _SLICES:
        for path in (_PACKAGE / slice_name).rglob("*.py"):
            if path.name != "repository.py":
                imported = {
                    alias.name
                    for node in ast.walk(ast.parse(path.read_text()))
                    if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy"
                    for alias in node.names
                }
                assert imported.isdisjoint({"select", "insert", "update", "delete", "text"}), path


def test_services_never_commit() -> None:
    for path in _SOURCES:
        if path.parent.name != "core":
            assert ".commit()" not in path.read_text(), path


def test_nothing_raises_fastapis_own_errors() -> None:
    for path in _SOURCES:
        assert "raise HTTPException" not in path.read_text(), path


def test_every_module_is_imported_without_environment_or_litellm() -> None:
    names = [
        module.name
        for module in pkgutil.walk_packages(promptops_server.__path__, "promptops_server.")
        # These two are the adaptor's inside, where LiteLLM lives.
        if "litellm_" not in module.name
    ]
    code = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
        "assert 'litellm' not in sys.modules and 'xllamacpp' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_slice_says_what_it_owns() -> None:
    for name in [*_SLICES, "versioned", "core", "kit", "embedded"]:
        assert importlib.import_module(f"promptops_server.{name}").__doc__


def test_no_lock_file_names_a_host() -> None:
    own = [path for path in _ROOT.rglob("*.lock") if "node_modules" not in path.parts]
    # npm's lock has addresses of sponsors; no entry says where its package comes from.
    assert '"resolved"' not in (_ROOT / "web" / "package-lock.json").read_text()
    for path in own:
        if ".venv" not in path.parts and ".tools" not in path.parts:
            assert "://" not in path.read_text(), path
