"""Keeps one child running: starts it, waits until it answers, starts it again when it dies."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from promptops_server.embedded.children import Launch, end_child, read_last_line, start_child
from promptops_server.embedded.errors import PartFailed
from promptops_server.embedded.processes import ChildrenRecord

# Says whether the child answers. It may raise OSError, which means no.
Probe = Callable[[], Awaitable[bool]]
# Takes one line for the person who watches.
Report = Callable[[str], None]

_PROBE_INTERVAL_S = 0.05
_FAILURES_TO_GIVE_UP = 3


async def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a child is started again; a long life starts the count anew."""

    first_s: float = 0.2
    most_s: float = 10.0
    healthy_after_s: float = 30.0

    def next_delay_s(self, last_delay_s: float, lived_s: float) -> float:
        """The seconds to wait after a child that lived so long; 0 as the last delay means none."""
        if lived_s >= self.healthy_after_s or not last_delay_s:
            return self.first_s
        return min(last_delay_s * 2, self.most_s)


class KeptChild:
    """One child that is meant to run until `stop`.

    `before_start` runs before each start, to clear away what a crash left. All methods belong to
    the event loop of the main thread.
    """

    def __init__(
        self,
        launch: Launch,
        *,
        label: str,
        answers: Probe,
        report: Report,
        record: ChildrenRecord,
        before_start: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        """Keeps what it needs; nothing is started."""
        self.launch = launch
        self.label = label
        self._answers = answers
        self._report = report
        self._record = record
        self._before_start = before_start
        self._backoff = Backoff()
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._changed = asyncio.Condition()
        self._is_ready = False
        self._was_ready = False
        self._failures = 0

    def start(self) -> None:
        """Starts the child and goes on keeping it. A second call does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name=f"keep {self.launch.name}")
            self._task.add_done_callback(self._tell_of_a_bug)

    async def wait_ready(self, timeout_s: float) -> None:
        """Returns when the child answers.

        Raises PartFailed where it does not within the time, or dies three times before it does.
        """
        failures = self._failures
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(
                    lambda: self._is_ready or self._failures - failures >= _FAILURES_TO_GIVE_UP
                )
        except TimeoutError:
            raise PartFailed(
                f"{self.label} did not answer within {timeout_s:.0f} s. See {self.launch.log}."
            ) from None
        if not self._is_ready:
            line = read_last_line(self.launch.log)
            raise PartFailed(f"{self.label} does not start: {line}. See {self.launch.log}.")

    async def stop(self, hurry: asyncio.Event) -> None:
        """Ends the child and returns when it has ended. `hurry` may be set at any time."""
        self._stopping.set()
        if self._task is not None:
            self._hurry = hurry
            await asyncio.wait({self._task})

    def _tell_of_a_bug(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._report(f"{self.label} is not watched any more ({error!r})")

    async def _keep(self) -> None:
        delay_s = 0.0
        while not self._stopping.is_set():
            started = time.monotonic()
            end = await self._run_once(started)
            if self._stopping.is_set():
                return
            delay_s = self._backoff.next_delay_s(delay_s, time.monotonic() - started)
            self._report(f"{self.label} ended ({end}); starting it again in {delay_s:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay_s)

    async def _run_once(self, started: float) -> str:
        """How the child ended, in words, after one life of it."""
        try:
            await self._before_start()
            process = await start_child(self.launch)
        except OSError as error:
            await self._note(is_ready=False)
            return f"{error.strerror}: {error.filename}"
        launch = self.launch
        self._record.add(launch.name, process.pid, launch.stop_signal, launch.hurried_timeout_s)
        watch = asyncio.create_task(self._watch(started))
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            watch.cancel()
            if not ended.done():
                await end_child(process, self.launch, self._hurry)
            status = await ended
        finally:
            watch.cancel()
            stopping.cancel()
        self._record.remove(process.pid)
        await self._note(is_ready=False)
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    async def _watch(self, started: float) -> None:
        # A child of another make has no event to wait for: it can only be asked.
        while not await self._probe():  # noqa: ASYNC110
            await asyncio.sleep(_PROBE_INTERVAL_S)
        if self._was_ready:
            self._report(f"{self.label} is back after {time.monotonic() - started:.1f} s")
        self._was_ready = True
        await self._note(is_ready=True)

    async def _probe(self) -> bool:
        try:
            return await self._answers()
        except (OSError, EOFError, ValueError):
            return False

    async def _note(self, *, is_ready: bool) -> None:
        async with self._changed:
            self._is_ready = is_ready
            self._failures = 0 if is_ready else self._failures + 1
            self._changed.notify_all()
