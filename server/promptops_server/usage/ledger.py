"""Writes ended runs: a group commit without a timer.

One transaction is under way at a time; what queues meanwhile goes into the next. A lone run is
committed at once, by its caller's own task; a thousand together cost a few commits. The insert
skips ids that are there, so a commit whose outcome is unknown is simply repeated. A row that
PostgreSQL refuses fails alone: the batch is halved until only that row is left.
"""

import asyncio
import contextlib
import logging
import time

import asyncpg

from promptops_server.core.db import (
    CONNECTION_ERRORS,
    Pool,
    PooledConnection,
    storage_unavailable,
)
from promptops_server.core.errors import Conflict, InternalError
from promptops_server.kit.ids import to_public
from promptops_server.usage.repository import insert_and_end, insert_runs, row_of
from promptops_server.usage.types import RunRecord

_LARGEST_BATCH = 500
_PATIENCE_S = 5.0
_RETRY_S = 0.1
_log = logging.getLogger(__name__)

_Row = tuple[object, ...]


class FenceLost(Conflict):
    """The unit of work behind a run was taken over: what this process made of it does not count."""

    code = "run_taken_over"


class _Waiting:
    """A row, who waits for it, and until when."""

    __slots__ = ("committed", "deadline", "fence", "is_over", "row")

    def __init__(self, row: _Row, fence: int | None, committed: asyncio.Future[None]) -> None:
        self.row = row
        self.fence = fence
        self.committed = committed
        # Written or refused; a caller that went away does not make it so.
        self.is_over = False
        self.deadline = time.monotonic() + _PATIENCE_S


class Ledger:
    """The one writer of runs in a process."""

    def __init__(self, pool: Pool) -> None:
        """Takes a pool of the role `ledger`; start() begins to write."""
        self._pool = pool
        self._queue: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connection: PooledConnection | None = None
        self._is_committing = False
        self._last_size = 0
        self._closing = False

    def start(self) -> None:
        """Begins to write what is recorded."""
        self._task = asyncio.create_task(self._write_forever(), name="ledger")

    async def close(self) -> None:
        """Writes what is queued, then stops."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._connection is not None:
            await self._pool.release(self._connection)
            self._connection = None

    async def record(self, run: RunRecord, *, fence: int | None = None) -> None:
        """Returns once the run is committed; with `fence`, its unit of work has ended with it.

        Raises StorageUnavailable where that did not come about within five seconds, InternalError
        where PostgreSQL refuses this row, and FenceLost where the work is another's by now.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(row_of(run), fence, loop.create_future())
        if self._is_idle and fence is None:
            await self._write_here(waiting)
            if waiting.is_over:
                return waiting.committed.result()
        else:
            self._queue.append(waiting)
            if not self._is_committing:
                self._wake.set()
        timer = loop.call_later(_PATIENCE_S, _run_out_of_time, waiting)
        try:
            # A caller that is cancelled leaves its row to be written all the same.
            await waiting.committed
        finally:
            timer.cancel()

    @property
    def _is_idle(self) -> bool:
        """Whether a row is best committed at once: while runs end one by one.

        Where several end together, the first would go alone and make the others wait for it.
        """
        if self._connection is None or self._is_committing:
            return False
        return not self._queue and self._last_size == 1

    async def _write_here(self, waiting: _Waiting) -> None:
        """Writes one row in the caller's own task; where that fails, the writer goes on trying."""
        self._is_committing = True
        try:
            await self._write([waiting])
        except asyncio.CancelledError:
            self._put_back([waiting])
            raise
        finally:
            self._is_committing = False
            if self._queue or self._closing:
                self._wake.set()

    async def _write_forever(self) -> None:
        while self._queue or self._is_committing or not self._closing:
            if self._is_committing or not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = self._queue[:_LARGEST_BATCH]
            del self._queue[:_LARGEST_BATCH]
            self._is_committing = True
            self._last_size = len(batch)
            was_written = await self._write(batch)
            self._is_committing = False
            if not was_written:
                await asyncio.sleep(_RETRY_S)

    async def _write(self, batch: list[_Waiting]) -> bool:
        """Commits the batch; False where it is queued again."""
        try:
            await self._commit(batch)
        except CONNECTION_ERRORS as error:
            _log.warning("ledger waits for the database: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 # see below
            # The one writer must not end while the process lives, whatever happens to a batch.
            _log.exception("ledger: %s", type(error).__name__)
        else:
            return True
        self._put_back(batch)
        return False

    def _put_back(self, batch: list[_Waiting]) -> None:
        """Queues again what is still waited for; what is out of time is told so."""
        now = time.monotonic()
        kept: list[_Waiting] = []
        for waiting in batch:
            if waiting.is_over:
                continue
            if waiting.deadline > now:
                kept.append(waiting)
            else:
                _fail(waiting, storage_unavailable())
        self._queue[:0] = kept

    async def _commit(self, batch: list[_Waiting]) -> None:
        rest = [waiting for waiting in batch if not waiting.is_over]
        if not rest:
            return
        try:
            lost = await self._insert(rest)
        except CONNECTION_ERRORS:
            raise
        except (asyncpg.PostgresError, asyncpg.DataError, ValueError, TypeError) as error:
            await self._halve(rest, error)
        else:
            for waiting in rest:
                if waiting in lost:
                    _fail(waiting, FenceLost("Another process has taken this run over."))
                    continue
                waiting.is_over = True
                if not waiting.committed.done():
                    waiting.committed.set_result(None)

    async def _insert(self, batch: list[_Waiting]) -> list[_Waiting]:
        # One writer needs one connection: it is not handed back after every batch.
        if self._connection is None:
            self._connection = await self._pool.acquire()
        try:
            return await _insert(self._connection, batch)
        except (*CONNECTION_ERRORS, asyncio.CancelledError):
            # Whatever state it is in, it must not be used again.
            connection, self._connection = self._connection, None
            connection.terminate()
            await self._pool.release(connection)
            raise

    async def _halve(self, batch: list[_Waiting], error: Exception) -> None:
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._commit(batch[:middle])
            await self._commit(batch[middle:])
            return
        refused = batch[0]
        # The kind of refusal, not its message: that may quote the row.
        run_id = to_public("run", refused.row[0])  # pyright: ignore[reportArgumentType] # row[0] is the run's id
        _log.error("ledger: %s refused, run %s", type(error).__name__, run_id)
        _fail(refused, InternalError("This run could not be recorded."))


async def _insert(connection: PooledConnection, batch: list[_Waiting]) -> list[_Waiting]:
    """Inserts the batch in one transaction; returns those whose fence another holds."""
    plain = [waiting.row for waiting in batch if waiting.fence is None]
    fenced = [waiting for waiting in batch if waiting.fence is not None]
    if not fenced:
        await insert_runs(connection, plain)
        return []
    async with connection.transaction():
        if plain:
            await insert_runs(connection, plain)
        return [
            waiting
            for waiting in fenced
            if not await insert_and_end(connection, waiting.row, waiting.fence or 0)
        ]


def _run_out_of_time(waiting: _Waiting) -> None:
    # The row stays queued until the writer sees that its time is up: it may be on its way.
    if not waiting.committed.done():
        waiting.committed.set_exception(storage_unavailable())
        waiting.committed.exception()


def _fail(waiting: _Waiting, error: Exception) -> None:
    waiting.is_over = True
    if not waiting.committed.done():
        waiting.committed.set_exception(error)
        # Whoever waited may be gone; the failure counts as seen.
        waiting.committed.exception()
