"""Keeps the ledger in order: months made ahead, old runs deleted, whole hours summed."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from uuid import UUID

import asyncpg

from promptops_server.core.db import CONNECTION_ERRORS, Pool
from promptops_server.core.migrate import MONTHS_AHEAD
from promptops_server.kit.clock import utc_now
from promptops_server.usage.hours.repository import note_sweep, roll_up_one_hour
from promptops_server.usage.repository import ensure_partitions
from promptops_server.usage.retention.repository import delete_expired, tell_expired

_EVERY_S = 300.0
_AFTER_A_FAILURE_S = 30.0
_EXPIRE_EVERY_S = 3600.0
_DELETED_AT_ONCE = 1000
# An hour of usage is written when no run that ended in it can still be on its way to the ledger.
_SETTLED_S = 900.0
_log = logging.getLogger(__name__)


class LedgerSweeper:
    """Makes partitions that are missing, deletes what is older than kept, writes whole hours.

    Every process runs one, at start and every five minutes; locks in the database keep two of them
    from doing the same.
    """

    def __init__(self, pool: Pool) -> None:
        """Takes a pool of the role `system`."""
        self._pool = pool
        self._task: asyncio.Task[None] | None = None
        self._expires_at = float("-inf")

    def start(self) -> None:
        """Begins, without waiting for the first look."""
        self._task = asyncio.create_task(self._sweep_forever(), name="ledger sweeper")

    async def close(self) -> None:
        """Stops."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def sweep(self) -> None:
        """Does what is due, once. Raises what CONNECTION_ERRORS lists, and PostgresError."""
        made = await ensure_partitions(self._pool, utc_now(), MONTHS_AHEAD)
        if made:
            _log.info("ledger partitions made: %s", ", ".join(made))
        more = True
        while more:
            more = await roll_up_one_hour(self._pool, _SETTLED_S)
        if time.monotonic() >= self._expires_at:
            await self._expire()
            self._expires_at = time.monotonic() + _EXPIRE_EVERY_S
        await note_sweep(self._pool)

    async def _expire(self) -> None:
        """Deletes what is older than kept, and tells the audit log once how much that was."""
        deleted: Counter[UUID] = Counter()
        is_more = True
        try:
            while is_more:
                batch = await delete_expired(self._pool, _DELETED_AT_ONCE)
                deleted += batch
                is_more = batch.total() == _DELETED_AT_ONCE
        finally:
            if deleted:
                await tell_expired(self._pool, deleted)

    async def _sweep_forever(self) -> None:
        while True:
            pause = _EVERY_S
            try:
                await self.sweep()
            except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
                _log.warning("the ledger was not swept: %s", type(error).__name__)
                pause = _AFTER_A_FAILURE_S
            await asyncio.sleep(pause)
