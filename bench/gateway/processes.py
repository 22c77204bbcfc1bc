"""Processes on one core, which are all ended, and what they use of the machine.

Times and memory are read from /proc (proc(5)), over a process and everything that it started.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.gateway.errors import BenchFailed
from promptops_server.embedded.processes import die_with_parent

_PROC = Path("/proc")
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_STOP_TIMEOUT_S = 15.0


def free_port() -> int:
    """A port on which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PinnedProcess:
    """A process that runs on one core, in a session of its own, and dies with its parent.

    What it prints goes to its log.
    """

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        """Takes a running process; `start` makes one."""
        self._process = process
        self.log = log

    @classmethod
    async def start(
        cls, argv: Sequence[str], *, core: int, log: Path, environment: Mapping[str, str]
    ) -> "PinnedProcess":
        """The started process. `environment` is added to this process's own."""
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(environment),
                start_new_session=True,
                preexec_fn=_pinned(core),
            )
        return cls(process, log)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._process.returncode is not None

    def last_lines(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2000:]

    async def stop(self) -> None:
        """Asks it to leave, and kills it and what it started where it does not."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            self._signal(signal.SIGKILL)
            await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        # Its session has its number; it may have ended by itself.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def _pinned(core: int) -> Callable[[], None]:
    """What a child does before it becomes its program."""
    die = die_with_parent(signal.SIGKILL)

    def in_child() -> None:
        os.sched_setaffinity(0, {core})
        die()

    return in_child


def _environment(added: Mapping[str, str]) -> dict[str, str]:
    """This process's environment and more, with which Python keeps its byte code."""
    kept = {name: value for name, value in os.environ.items() if not _changes_python(name)}
    return {**kept, **added}


def _changes_python(name: str) -> bool:
    return name.startswith(("PYTHON", "PROMPTOPS_", "LITELLM_")) or name == "NODE_OPTIONS"


async def run_to_end(
    argv: Sequence[str], *, core: int, environment: Mapping[str, str], given: str = ""
) -> str:
    """What a pinned process printed, given a text on its standard input.

    Raises BenchFailed where it fails.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(environment),
        preexec_fn=_pinned(core),
    )
    try:
        printed, complaints = await process.communicate(given.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        what = " ".join(argv[1:3])
        raise BenchFailed(f"{what} failed: {complaints.decode(errors='replace')[-2000:]}")
    return printed.decode()


def _read(path: Path) -> str:
    # A process may end while it is looked at.
    with suppress(OSError):
        return path.read_text(errors="replace")
    return ""


def _stat(pid: int) -> list[str]:
    """The fields of proc_pid_stat(5) from the third on; none where the process is gone."""
    return _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()


def children_of(pid: int) -> set[int]:
    """The numbers of the processes that this one started itself."""
    numbers = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return {number for number in numbers if (stat := _stat(number)) and int(stat[1]) == pid}


def _tree(pid: int) -> Generator[int]:
    yield pid
    for child in children_of(pid):
        yield from _tree(child)


def cpu_s(roots: Iterable[int]) -> float:
    """The seconds of CPU that these processes and all that they started have used so far."""
    ticks = 0
    for root in roots:
        for pid in _tree(root):
            # utime, stime, and those of children that have ended.
            ticks += sum(int(field) for field in _stat(pid)[11:15])
    return ticks / _TICKS_A_SECOND


def rss_mb(roots: Iterable[int]) -> float:
    """The resident memory of these processes and all that they started, in MB (10^6 bytes)."""
    return _memory_mb(roots, "status", "VmRSS:")


def pss_mb(roots: Iterable[int]) -> float:
    """The same with memory that several processes share counted once (proportional set size)."""
    return _memory_mb(roots, "smaps_rollup", "Pss:")


def _memory_mb(roots: Iterable[int], file: str, field: str) -> float:
    pids = [pid for root in roots for pid in _tree(root)]
    return round(sum(_field(_PROC / str(pid) / file, field) for pid in pids) * 1024 / 1e6, 1)


def _field(path: Path, name: str) -> int:
    for line in _read(path).splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


@contextmanager
def cancelled_by(number: signal.Signals) -> Generator[None]:
    """While the block runs, the signal cancels the current task, so that everything is ended."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    cancel: Callable[[], object] = task.cancel if task else lambda: None
    loop.add_signal_handler(number, cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(number)
