import sys
from pathlib import Path

import pytest

from promptops_server.embedded.children import Launch
from promptops_server.embedded.errors import PartFailed, StartRefused
from promptops_server.embedded.prepare import Prepared, run_prepare
from promptops_server.embedded.processes import ChildrenRecord


async def prepare(folder: Path, program: str) -> Prepared:
    launch = Launch(
        name="prepare",
        argv=(sys.executable, "-c", f"import sys; {program}"),
        environment={},
        log=folder / "prepare.log",
    )
    return await run_prepare(launch, ChildrenRecord(folder / "children.json"))


async def test_last_line_is_the_answer_and_the_key_is_in_no_log(tmp_path: Path) -> None:
    answer = (
        '{"api_key": "sk-po_1", "demo_prompt": "hello", "curl_variables": {"a": 1},'
        ' "sign_in": "http://127.0.0.1:8000/link#t"}'
    )
    program = f"print('migrated'); print({answer!r}); print('a note', file=sys.stderr)"
    link = "http://127.0.0.1:8000/link#t"
    assert await prepare(tmp_path, program) == Prepared("sk-po_1", "hello", {"a": 1}, link)
    assert (tmp_path / "prepare.log").read_text() == "a note\n"
    assert (tmp_path / "children.json").read_text() == "[]"


async def test_refusal_says_all_that_it_has_to_say(tmp_path: Path) -> None:
    program = "print('No key.\\nRun this:', file=sys.stderr); sys.exit(2)"
    with pytest.raises(StartRefused, match=r"\ANo key\.\nRun this:\Z") as refusal:
        await prepare(tmp_path, program)
    assert refusal.value.exit_code == 2


async def test_crash_names_its_last_line_and_the_log(tmp_path: Path) -> None:
    with pytest.raises(PartFailed, match=r"ZeroDivisionError.*prepare\.log"):
        await prepare(tmp_path, "1 / 0")


@pytest.mark.parametrize("output", ["", "not JSON", "[]"])
async def test_success_without_an_answer_is_a_failure(tmp_path: Path, output: str) -> None:
    with pytest.raises(PartFailed, match="gave no answer"):
        await prepare(tmp_path, f"print({output!r})")


async def test_program_that_cannot_be_started_is_a_failure(tmp_path: Path) -> None:
    launch = Launch(
        name="prepare", argv=("/no/such",), environment={}, log=tmp_path / "prepare.log"
    )
    with pytest.raises(PartFailed, match="Cannot start /no/such"):
        await run_prepare(launch, ChildrenRecord(tmp_path / "children.json"))
