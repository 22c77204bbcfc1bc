"""How one child is started and ended: its log, its environment, its signals."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promptops_server.embedded.processes import Account, die_with_parent

LOG_BYTES = 10 * 1024 * 1024
# A child that is hurried gets this long, unless it asks for more.
_HURRIED_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Everything that starting and stopping one child takes.

    `stop_signal` asks it to leave in order, within `stop_timeout_s`, or `hurried_timeout_s` when
    the person insists; `death_signal` reaches it when the supervisor dies. `pass_fds` are the only
    descriptors that it inherits beside its log.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 10.0
    hurried_timeout_s: float = _HURRIED_S
    death_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    pass_fds: tuple[int, ...] = ()
    cwd: Path | None = None


async def start_child(
    launch: Launch, *, has_input: bool = False, has_output: bool = False
) -> asyncio.subprocess.Process:
    """The started child, which writes to the end of its log.

    With `has_input` its standard input is a pipe, with `has_output` its standard output and error
    are pipes instead of the log.
    Call it in the main thread: the child lives no longer than the thread. The child has a session
    of its own, so that a Ctrl-C on the terminal reaches the supervisor alone.
    Raises OSError where the program cannot be started.
    """
    rotate_log(launch.log)
    descriptor = open_log(launch.log)
    try:
        account = launch.account
        return await asyncio.create_subprocess_exec(
            *launch.argv,
            stdin=asyncio.subprocess.PIPE if has_input else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if has_output else descriptor,
            stderr=asyncio.subprocess.PIPE if has_output else descriptor,
            env=dict(launch.environment),
            cwd=launch.cwd,
            pass_fds=launch.pass_fds,
            umask=0o077,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=die_with_parent(launch.death_signal),
        )
    finally:
        os.close(descriptor)


async def end_child(
    process: asyncio.subprocess.Process, launch: Launch, hurry: asyncio.Event
) -> None:
    """Asks a child to leave, and kills it when its time is over. Returns when it has ended."""
    ended = asyncio.ensure_future(process.wait())
    hurried = asyncio.ensure_future(hurry.wait())
    try:
        _signal(process, launch.stop_signal)
        await asyncio.wait(
            {ended, hurried},
            timeout=launch.stop_timeout_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not ended.done() and hurried.done():
            await asyncio.wait({ended}, timeout=launch.hurried_timeout_s)
        if not ended.done():
            _signal(process, signal.SIGKILL)
        await ended
    finally:
        hurried.cancel()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    # The child may have ended by itself a moment ago.
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def open_log(path: Path) -> int:
    """A descriptor that appends to a log, which nobody but its owner may read."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def rotate_log(path: Path, limit_bytes: int = LOG_BYTES) -> None:
    """Moves the lines of a log that is over the limit to `<name>.log.1`, in place of older ones.

    The file is copied and emptied, not renamed: a running child goes on appending to it.
    """
    try:
        if path.stat().st_size <= limit_bytes:
            return
        shutil.copyfile(path, path.with_name(f"{path.name}.1"))
        path.with_name(f"{path.name}.1").chmod(0o600)
        os.truncate(path, 0)
    except OSError:
        # It may not exist yet; and a log that cannot be moved keeps no part from being started.
        return


def read_last_line(path: Path) -> str:
    """The last line of a log that says anything, shortened, or an empty text."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 4096))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")
