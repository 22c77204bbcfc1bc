import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from promptops_server.embedded.processes import (
    ChildrenRecord,
    end_processes,
    list_processes_in,
    read_stat,
)

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
PARENT = """
import signal, subprocess, sys, time
from promptops_server.embedded.processes import die_with_parent
child = subprocess.Popen(["sleep", "60"], preexec_fn=die_with_parent(signal.SIGKILL))
print(child.pid, flush=True)
time.sleep(60)
"""


def has_ended(pidfd: int, timeout_s: float) -> bool:
    """Whether the process ends within the time; a pidfd is readable from its end on."""
    return bool(select.select([pidfd], [], [], timeout_s)[0])


def test_child_dies_when_its_parent_is_killed() -> None:
    server = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": server},
    ) as parent:
        assert parent.stdout is not None
        pidfd = os.pidfd_open(int(parent.stdout.readline()))
        assert not has_ended(pidfd, 0)
        parent.kill()
        assert has_ended(pidfd, 5)
        os.close(pidfd)


def test_process_that_ignores_the_signal_is_killed_after_the_patience() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"deaf\n"
        end_processes([child.pid, 2**22 + 1], signal.SIGTERM, patience_s=0.05)
        assert child.wait(timeout=5) == -signal.SIGKILL


def test_stat_of_a_process_with_brackets_in_its_name(tmp_path: Path) -> None:
    program = tmp_path / "a) b (c"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as child:
        stat = read_stat(child.pid)
        assert stat is not None
        assert stat.name == "a) b (c"
        assert not stat.is_dead
        assert stat.start_ticks > 0
        child.kill()


def test_zombie_is_dead_and_a_missing_process_is_none() -> None:
    child = subprocess.Popen(SLEEPER)
    pidfd = os.pidfd_open(child.pid)
    child.kill()
    assert has_ended(pidfd, 5)
    os.close(pidfd)
    stat = read_stat(child.pid)
    assert stat is not None
    assert stat.is_dead
    child.wait()
    assert read_stat(child.pid) is None


def test_processes_are_found_by_their_folder_and_name(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as child:
        assert list_processes_in(tmp_path, "sleep") == [child.pid]
        assert list_processes_in(tmp_path, "postgres") == []
        assert list_processes_in(tmp_path / "missing", "sleep") == []
        child.kill()


def test_leftover_in_the_record_is_ended_and_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "children.json"
    with subprocess.Popen(SLEEPER) as child:
        ChildrenRecord(file).add("sleeper", child.pid, signal.SIGTERM, 5)
        assert ChildrenRecord(file).end_leftovers() == ["sleeper"]
        assert child.wait(timeout=5) == -signal.SIGTERM
    assert ChildrenRecord(file).end_leftovers() == []


def test_process_that_took_over_the_number_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "children.json"
    with subprocess.Popen(SLEEPER) as child:
        ChildrenRecord(file).add("sleeper", child.pid, signal.SIGTERM, 5)
        (entry,) = json.loads(file.read_text())
        file.write_text(json.dumps([{**entry, "start": entry["start"] - 1}]))
        assert ChildrenRecord(file).end_leftovers() == []
        assert child.poll() is None
        child.kill()


def test_record_that_cannot_be_read_counts_as_empty(tmp_path: Path) -> None:
    file = tmp_path / "children.json"
    for text in ("", "{", "{}", "[1, null]", '[{"pid": "1", "signal": 9}]'):
        file.write_text(text)
        assert ChildrenRecord(file).end_leftovers() == []


async def test_child_that_ended_is_removed_from_the_record(tmp_path: Path) -> None:
    file = tmp_path / "children.json"
    record = ChildrenRecord(file)
    process = await asyncio.create_subprocess_exec(*SLEEPER)
    record.add("sleeper", process.pid, signal.SIGTERM, 5)
    process.kill()
    await process.wait()
    record.remove(process.pid)
    assert json.loads(file.read_text()) == []
