"""Runs that outlive their client and their process: units of work whose events are kept.

A run with an Idempotency-Key begins at once, one that was asked for with `Prefer: respond-async`
when a process has room. A process that dies leaves its lease to expire, and another begins the run
anew; the numbers of its events then begin at the next million, so that whoever follows gets a
second `meta` and knows.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from uuid import UUID

import asyncpg
import orjson

from promptops_server.core.db import CONNECTION_ERRORS, Pool, retry_once, storage_unavailable
from promptops_server.core.errors import AppError
from promptops_server.core.events import KEPT_MS, EventLogs
from promptops_server.core.jobs import repository as jobs
from promptops_server.core.jobs.types import (
    MAX_ATTEMPTS,
    RENEW_EVERY_S,
    IdempotencyKey,
    KnownClaim,
    WorkItem,
    WorkState,
)
from promptops_server.providers.types import ModelTarget
from promptops_server.ratelimit.admission import Grant
from promptops_server.runs.cancelling import Cancellations
from promptops_server.runs.errors import RunGivenUp
from promptops_server.runs.execution import RunExecution
from promptops_server.runs.types import WORK_KIND, PreparedRun, RunPlan
from promptops_server.usage.types import RunRecord

# (plan, its first model where that is known, grant, fence, number of the first event) -> the
# execution, streaming.
MakeDurableExecution = Callable[[RunPlan, ModelTarget | None, Grant | None, int, int], RunExecution]
NumberedEvent = tuple[int, str, bytes]

# By the claim and not by the attempt: one that was handed on in order counts as no attempt.
_EVENTS_A_CLAIM = 1_000_000
_KEEP_KEY_S = 86_400.0
_GRANTS_KEPT = 10_000
_LOOK_EVERY_S = 1.0
_SWEEP_EVERY_S = 300.0
# What a list of runs does not show.
_TEXTS = ("messages", "variables", "input_messages", "parameters", "request_fields", "overrides")
_AWAY = (*CONNECTION_ERRORS, asyncpg.PostgresError)
_log = logging.getLogger(__name__)


class DurableRun:
    """A run of this process that others may follow."""

    def __init__(self, plan: RunPlan, fence: int, grant: Grant | None) -> None:
        """Takes the plan and the claim under which it is done."""
        self.plan = plan
        self.fence = fence
        self.grant = grant
        self.first_number = (fence - 1) * _EVENTS_A_CLAIM + 1
        self.events: list[NumberedEvent] = []
        self.failure: AppError | None = None
        self.execution: RunExecution | None = None
        self.has_ended = False
        self.is_cancelled = False
        self.is_taken_over = False
        self.task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def record(self) -> RunRecord | None:
        """The run as it ended, once it has."""
        return None if self.execution is None else self.execution.record

    def add(self, name: str, data: Mapping[str, object]) -> NumberedEvent:
        """Keeps an event and wakes whoever follows."""
        event = (self.first_number + len(self.events), name, orjson.dumps(data))
        self.events.append(event)
        self._wake()
        return event

    def end(self) -> None:
        """Says that no more events come."""
        self.has_ended = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def follow(self, after: int) -> AsyncGenerator[NumberedEvent]:
        """The events after this number, those to come included, until the last."""
        position = max(0, after - self.first_number + 1)
        while True:
            changed = self._changed
            while position < len(self.events):
                position += 1
                yield self.events[position - 1]
            if self.has_ended:
                return
            await changed.wait()

    def cancel(self) -> None:
        """Ends the run because somebody asked for it."""
        self.is_cancelled = True
        if self.task is not None:
            self.task.cancel()


class DurableRuns:
    """The units of work of kind `run`: those of this process, and the claiming of others."""

    def __init__(
        self,
        *,
        ledger_pool: Pool,
        system_pool: Pool,
        logs: EventLogs,
        cancellations: Cancellations,
        make_execution: MakeDurableExecution,
        at_once: int,
    ) -> None:
        """Takes what it needs; start() begins to claim. `at_once` bounds what is claimed."""
        self._ledger_pool = ledger_pool
        self._system_pool = system_pool
        self._logs = logs
        self._cancellations = cancellations
        self._make_execution = make_execution
        self._at_once = at_once
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._running: dict[UUID, DurableRun] = {}
        # What a queued run took from its caller's limits, until this process does it.
        self._grants: dict[UUID, Grant] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to claim what is due, to renew what is held, and to sweep."""
        for work, name in (
            (self._claim_forever, "runs: claim"),
            (self._renew_forever, "runs: renew"),
            (self._sweep_forever, "runs: sweep"),
        ):
            self._tasks.append(asyncio.create_task(work(), name=name))

    async def close(self) -> None:
        """Stops, and gives what has not ended back to be begun again by another process."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        held = dict(self._running)
        for run in held.values():
            run.is_taken_over = True
            if run.task is not None:
                run.task.cancel()
        await asyncio.gather(
            *(run.task for run in held.values() if run.task), return_exceptions=True
        )
        left = {run_id: run.fence for run_id, run in held.items() if run.record is None}
        if left:
            with contextlib.suppress(*_AWAY):
                await jobs.release(self._system_pool, left)

    async def known(self, once: IdempotencyKey) -> KnownClaim | None:
        """What this idempotency key was used for. Raises StorageUnavailable."""
        return await retry_once(lambda: jobs.find_claim(self._system_pool, once))

    async def begin(self, prepared: PreparedRun, once: IdempotencyKey | None) -> DurableRun | None:
        """The run, begun and claimed by this process; None where the key is another's by now.

        Raises StorageUnavailable.
        """
        if not await self._add(prepared.plan, once, self._owner):
            return None
        run = DurableRun(prepared.plan, 1, prepared.grant)
        self._begin(run, prepared.target)
        return run

    async def queue(self, prepared: PreparedRun, once: IdempotencyKey | None) -> bool:
        """Queues the run for whichever process has room; False where the key is another's by now.

        Raises StorageUnavailable.
        """
        plan = prepared.plan
        self._grants[plan.id] = prepared.grant
        if len(self._grants) > _GRANTS_KEPT:
            # Another process did that run: its lease expires by itself.
            del self._grants[next(iter(self._grants))]
        if not await self._add(plan, once, None):
            del self._grants[plan.id]
            return False
        self._wake.set()
        return True

    async def find(self, project_id: UUID, run_id: UUID) -> WorkState | None:
        """The unit of work behind a run. Raises StorageUnavailable."""
        return await retry_once(lambda: jobs.find_work(self._system_pool, project_id, run_id))

    async def list_unended(self, project_id: UUID, limit: int) -> Sequence[WorkState]:
        """The units of work of a project that have not ended, newest first, without their texts.

        Raises StorageUnavailable.
        """
        return await retry_once(
            lambda: jobs.list_unended(
                self._system_pool, project_id, WORK_KIND, without=_TEXTS, limit=limit
            )
        )

    async def cancel(self, project_id: UUID, run_id: UUID) -> bool:
        """Asks for a run that has not ended to be cancelled; False where there is none.

        Raises StorageUnavailable.
        """
        found = await retry_once(lambda: jobs.ask_to_cancel(self._system_pool, project_id, run_id))
        if found:
            self._wake.set()
        return found

    async def follow(self, run_id: UUID, after: int) -> AsyncGenerator[NumberedEvent]:
        """The events after this number as far as they are known live; ends when none came lately.

        Whoever follows looks into the ledger then, and comes again.
        """
        run = self._running.get(run_id)
        if run is not None:
            async for event in run.follow(after):
                yield event
            return
        for event in await self._logs.read(str(run_id), after, 500):
            yield event

    async def _add(self, plan: RunPlan, once: IdempotencyKey | None, owner: str | None) -> bool:
        try:
            return await jobs.add_work(
                self._ledger_pool,
                work_id=plan.id,
                project_id=plan.project_id,
                kind=WORK_KIND,
                payload=plan.dump(),
                owner=owner,
                once=once,
                keep_key_s=_KEEP_KEY_S,
            )
        except CONNECTION_ERRORS:
            # Not repeated: whether it was added is not known, and the caller has its key.
            raise storage_unavailable() from None

    def _begin(self, run: DurableRun, target: ModelTarget | None) -> None:
        self._running[run.plan.id] = run
        self._cancellations.add(run.plan.id, run.cancel)
        run.task = asyncio.create_task(self._do(run, target), name=f"run {run.plan.public_id}")

    async def _do(self, run: DurableRun, target: ModelTarget | None) -> None:
        plan = run.plan
        try:
            execution = self._make_execution(plan, target, run.grant, run.fence, run.first_number)
            run.execution = execution
            await self._execute(run, execution)
        except AppError as error:
            # While the database is away a run cannot begin; it is claimed again later.
            run.failure = error
            _log.warning("run %s could not begin: %s", plan.public_id, error.code)
        except asyncio.CancelledError:
            if not run.is_taken_over:
                raise
        finally:
            self._running.pop(plan.id, None)
            self._cancellations.remove(plan.id)
            self._logs.keep_for(str(plan.id), KEPT_MS)
            run.end()
            self._wake.set()

    async def _execute(self, run: DurableRun, execution: RunExecution) -> None:
        async def emit(name: str, data: Mapping[str, object]) -> None:
            number, _, text = run.add(name, data)
            self._logs.append(str(run.plan.id), number, name, text)
            if number == run.first_number:
                milliseconds = int(run.plan.deadline_s * 1000) + KEPT_MS
                self._logs.keep_for(str(run.plan.id), milliseconds)

        try:
            try:
                await execution.start()
            except AppError as error:
                if execution.record is None:
                    raise
                run.failure = error
                await emit("error", execution.problem(error))
                return
            await emit("meta", execution.meta())
            await execution.stream_to(emit)
        except asyncio.CancelledError:
            if not run.is_cancelled or run.is_taken_over:
                await execution.let_go()
                raise
            error = await execution.cancel()
            run.failure = error
            await emit("error", execution.problem(error))

    async def _claim_forever(self) -> None:
        while True:
            self._wake.clear()
            room = self._at_once - len(self._running)
            claimed: list[WorkItem] = []
            if room > 0:
                try:
                    claimed = await jobs.claim(self._system_pool, WORK_KIND, self._owner, room)
                except _AWAY as error:
                    _log.warning("runs: nothing claimed: %s", type(error).__name__)
            for item in claimed:
                await self._take(item)
            if not claimed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_S):
                        await self._wake.wait()

    async def _take(self, item: WorkItem) -> None:
        plan = RunPlan.load(item.payload)
        run = DurableRun(plan, item.fence, self._grants.pop(plan.id, None))
        if item.attempt <= MAX_ATTEMPTS and not item.is_cancelled:
            self._begin(run, None)
            return
        execution = self._make_execution(plan, None, run.grant, run.fence, run.first_number)
        if item.is_cancelled:
            error = await execution.cancel()
        else:
            error = await execution.give_up(
                RunGivenUp(f"This run was begun {MAX_ATTEMPTS} times and never came to its end.")
            )
        _, name, text = run.add("error", execution.problem(error))
        self._logs.append(str(plan.id), run.first_number, name, text)
        self._logs.keep_for(str(plan.id), KEPT_MS)

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            held = {run_id: run.fence for run_id, run in self._running.items()}
            if not held:
                continue
            try:
                kept = await jobs.renew(self._system_pool, held)
            except _AWAY as error:
                _log.warning("runs: leases not renewed: %s", type(error).__name__)
                continue
            for run_id, fence in held.items():
                run = self._running.get(run_id)
                if run is None or run.fence != fence:
                    continue
                if run_id not in kept:
                    run.is_taken_over = run.record is None
                    if run.task is not None and run.is_taken_over:
                        run.task.cancel()
                elif kept[run_id]:
                    run.cancel()

    async def _sweep_forever(self) -> None:
        while True:
            try:
                await jobs.sweep(self._system_pool, _KEEP_KEY_S)
            except _AWAY as error:
                _log.warning("runs: not swept: %s", type(error).__name__)
            await asyncio.sleep(_SWEEP_EVERY_S)
