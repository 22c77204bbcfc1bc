"""Processes that do not outlive who started them, and what /proc tells of any process.

PR_SET_PDEATHSIG is prctl(2), Linux only: the kernel sends the signal when the thread that forked
ends, so children are started from the main thread. /proc/PID/stat is proc(5), proc_pid_stat(5).
Where there is no /proc, a process is never recognised, and so never ended by mistake.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")
_BOOT_ID = _PROC / "sys" / "kernel" / "random" / "boot_id"


@dataclass(frozen=True, slots=True)
class Account:
    """The numbers of a user and a group to run a child as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class ProcessStat:
    """What proc_pid_stat(5) says of a process: its name, state letter, start in clock ticks."""

    name: str
    state: str
    start_ticks: int

    @property
    def is_dead(self) -> bool:
        """Whether it runs no more: a zombie only waits for somebody to read its status."""
        return self.state in "ZX"


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A preexec_fn after which the child gets the signal when the calling thread ends.

    Call it in the thread that forks, which must be the main one. It works together with Popen's
    user and group, since those are set before preexec_fn runs.
    """
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    parent = os.getpid()

    def in_child() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            # The parent may have ended between fork and prctl; then no signal would ever come.
            if os.getppid() != parent:
                os._exit(1)

    return in_child


def read_stat(pid: int) -> ProcessStat | None:
    """What /proc says of a process, or None where there is none."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name stands in brackets and may itself hold brackets and spaces.
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    return ProcessStat(
        name=head.partition("(")[2],
        state=fields[0],
        start_ticks=int(fields[19]),
    )


def list_processes_in(folder: Path, name: str) -> list[int]:
    """The ids of the live processes of this name whose working directory is the folder."""
    try:
        wanted = folder.stat()
        entries = os.listdir(_PROC)  # noqa: PTH208 - only the names are wanted, and they are many
    except OSError:
        return []
    found: list[int] = []
    for entry in entries:
        if not entry.isdigit():
            continue
        stat = read_stat(int(entry))
        if stat is None or stat.is_dead or stat.name != name:
            continue
        with contextlib.suppress(OSError):
            if (_PROC / entry / "cwd").samefile(folder) and wanted:
                found.append(int(entry))
    return found


def end_processes(pids: Iterable[int], how: signal.Signals, *, patience_s: float) -> None:
    """Sends the signal to each process, waits, and kills what is still there after the patience.

    Returns when all have ended, or two seconds after the kill. They need not be children of ours.
    """
    pidfds: dict[int, int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            pidfds[pid] = os.pidfd_open(pid)
    try:
        _signal_all(pidfds, how)
        if left := _await_end(pidfds, patience_s):
            _signal_all(left, signal.SIGKILL)
            _await_end(left, 2.0)
    finally:
        for pidfd in pidfds.values():
            os.close(pidfd)


def _signal_all(pidfds: dict[int, int], how: signal.Signals) -> None:
    for pidfd in pidfds.values():
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(pidfd, how)


def _await_end(pidfds: dict[int, int], timeout_s: float) -> dict[int, int]:
    """The processes that still run when the time is over; a pidfd is readable from the end on."""
    poll = select.poll()
    left = {pidfd: pid for pid, pidfd in pidfds.items()}
    for pidfd in left:
        poll.register(pidfd, select.POLLIN)
    deadline = time.monotonic() + timeout_s
    while left and (remaining := deadline - time.monotonic()) > 0:
        for pidfd, _ in poll.poll(remaining * 1000):
            poll.unregister(pidfd)
            del left[pidfd]
    return {pid: pidfd for pidfd, pid in left.items()}


@dataclass(frozen=True, slots=True)
class _Leftover:
    name: str
    pid: int
    how: signal.Signals
    patience_s: float


class ChildrenRecord:
    """A file that names the children which run, so that the next start can end what was left.

    A process id alone is not enough, since the kernel uses it again: the start time within this
    boot of the machine makes it unique.
    """

    def __init__(self, path: Path) -> None:
        """Takes the place of the file; nothing is read or written yet."""
        self._path = path
        self._boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
        self._children: dict[int, dict[str, object]] = {}

    def add(self, name: str, pid: int, leave_signal: signal.Signals, patience_s: float) -> None:
        """Writes down a child, with the signal that makes it leave and the time it may take."""
        stat = read_stat(pid)
        if stat is None:
            return
        self._children[pid] = {
            "name": name,
            "pid": pid,
            "start": stat.start_ticks,
            "boot": self._boot,
            "signal": int(leave_signal),
            "patience_s": patience_s,
        }
        self._write()

    def remove(self, pid: int) -> None:
        """Forgets a child that has ended."""
        if self._children.pop(pid, None) is not None:
            self._write()

    def end_leftovers(self) -> list[str]:
        """Ends what an earlier supervisor left behind and empties the record.

        Returns the names of what was ended. Anything unreadable in the file counts as nothing.
        """
        leftovers = self._read_leftovers()
        for leftover in leftovers:
            end_processes([leftover.pid], leftover.how, patience_s=leftover.patience_s)
        self._children.clear()
        self._write()
        return [leftover.name for leftover in leftovers]

    def _read_leftovers(self) -> list["_Leftover"]:
        try:
            loaded: object = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return []
        found: list[_Leftover] = []
        entries = cast("list[object]", loaded) if isinstance(loaded, list) else []
        for entry in entries:
            if not isinstance(entry, dict):
                continue
            facts = cast("dict[str, object]", entry)
            pid = facts.get("pid")
            if isinstance(pid, int) and self._is_same(pid, facts):
                found.append(
                    _Leftover(
                        name=str(facts.get("name")),
                        pid=pid,
                        how=signal.Signals(cast("int", facts.get("signal", signal.SIGTERM))),
                        patience_s=cast("float", facts.get("patience_s", 1.0)),
                    )
                )
        return found

    def _is_same(self, pid: int, facts: dict[str, object]) -> bool:
        stat = read_stat(pid)
        return (
            stat is not None
            and not stat.is_dead
            and stat.start_ticks == facts.get("start")
            and self._boot == facts.get("boot")
        )

    def _write(self) -> None:
        # A full disk must not keep a part from being started: the kernel ends it all the same.
        with contextlib.suppress(OSError):
            temporary = self._path.with_suffix(".new")
            temporary.write_text(json.dumps(list(self._children.values())))
            temporary.replace(self._path)
