"""Keeps the months of the ledger ahead of the calendar, whatever process is running."""

import asyncio
import contextlib
import logging

import asyncpg

from promptops_server.core.db import CONNECTION_ERRORS, Pool
from promptops_server.core.migrate import MONTHS_AHEAD
from promptops_server.kit.clock import utc_now
from promptops_server.usage.repository import ensure_partitions

_EVERY_S = 3600.0
_AFTER_A_FAILURE_S = 30.0
_log = logging.getLogger(__name__)


class PartitionSweeper:
    """Makes the partitions that are missing, at start and every hour.

    Every process runs one; a lock in the database lets one of them work at a time.
    """

    def __init__(self, pool: Pool) -> None:
        """Takes a pool of the role `system`."""
        self._pool = pool
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins, without waiting for the first look."""
        self._task = asyncio.create_task(self._sweep_forever(), name="partition sweeper")

    async def close(self) -> None:
        """Stops."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _sweep_forever(self) -> None:
        while True:
            pause = _EVERY_S
            try:
                made = await ensure_partitions(self._pool, utc_now(), MONTHS_AHEAD)
                if made:
                    _log.info("ledger partitions made: %s", ", ".join(made))
            except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
                _log.warning("ledger partitions not looked at: %s", type(error).__name__)
                pause = _AFTER_A_FAILURE_S
            await asyncio.sleep(pause)
