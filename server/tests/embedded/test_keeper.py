import asyncio
import sys
from pathlib import Path

import pytest

from promptops_server.embedded.children import Launch
from promptops_server.embedded.errors import PartFailed
from promptops_server.embedded.keeper import Backoff, KeptChild
from promptops_server.embedded.processes import ChildrenRecord


def kept(folder: Path, *argv: str, ready_file: str = "ready") -> tuple[KeptChild, list[str]]:
    """A child that answers as soon as its file exists, and the lines that are told of it."""
    lines: list[str] = []

    async def answers() -> bool:
        return (folder / ready_file).exists()

    child = KeptChild(
        Launch(name="child", argv=argv, environment={}, log=folder / "child.log", cwd=folder),
        label="Child",
        answers=answers,
        report=lines.append,
        record=ChildrenRecord(folder / "children.json"),
    )
    return child, lines


def test_delay_doubles_up_to_its_limit_and_starts_anew_after_a_long_life() -> None:
    backoff = Backoff(first_s=0.2, most_s=1.0, healthy_after_s=30)
    delay = 0.0
    delays: list[float] = []
    for lived_s in (0.1, 0.1, 0.1, 0.1, 0.1, 31.0):
        delay = backoff.next_delay_s(delay, lived_s)
        delays.append(delay)
    assert delays == [0.2, 0.4, 0.8, 1.0, 1.0, 0.2]


async def test_child_that_keeps_dying_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    child, lines = kept(tmp_path, sys.executable, "-c", "import sys; sys.exit('no such disk')")
    child.start()
    with pytest.raises(PartFailed, match=r"Child does not start: no such disk\. See .*child\.log"):
        await child.wait_ready(20)
    await child.stop(asyncio.Event())
    assert lines[0] == "Child ended (exit status 1); starting it again in 0.2 s"


async def test_missing_program_is_given_up_with_a_sentence(tmp_path: Path) -> None:
    child, lines = kept(tmp_path, str(tmp_path / "no such program"))
    child.start()
    with pytest.raises(PartFailed, match="Child does not start"):
        await child.wait_ready(20)
    await child.stop(asyncio.Event())
    assert "No such file or directory" in lines[0]


async def test_child_that_never_answers_is_given_up_after_the_time(tmp_path: Path) -> None:
    child, _ = kept(tmp_path, "/bin/sleep", "60")
    child.start()
    with pytest.raises(PartFailed, match="did not answer within 0 s"):
        await child.wait_ready(0.2)
    await child.stop(asyncio.Event())


async def test_child_that_ignores_the_signal_is_killed_when_hurried(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); open('ready', 'w'); time.sleep(60)"
    )
    child, _ = kept(tmp_path, sys.executable, "-c", deaf)
    child.start()
    await child.wait_ready(20)
    hurry = asyncio.Event()
    stopping = asyncio.create_task(child.stop(hurry))
    hurry.set()
    async with asyncio.timeout(5):
        await stopping
    assert (tmp_path / "children.json").read_text() == "[]"


async def test_child_that_was_never_started_stops_at_once(tmp_path: Path) -> None:
    child, _ = kept(tmp_path, "/bin/sleep", "60")
    await child.stop(asyncio.Event())
