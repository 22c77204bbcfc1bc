"""Cancelling a run, whatever process does it: by hand here, by a message elsewhere."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

_CHANNEL = "promptops:cancel"
_AFTER_A_FAILURE_S = 1.0
_log = logging.getLogger(__name__)


class Cancellations:
    """The runs of this process that can be cancelled, and the channel to those of the others."""

    def __init__(self, redis: Redis) -> None:
        """Takes a client of its own; opens nothing."""
        self._redis = redis
        self._running: dict[UUID, Callable[[], None]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to listen."""
        self._task = asyncio.create_task(self._listen_forever(), name="cancellations")

    async def close(self) -> None:
        """Stops listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def add(self, run_id: UUID, cancel: Callable[[], None]) -> None:
        """Says how a run of this process is cancelled."""
        self._running[run_id] = cancel

    def remove(self, run_id: UUID) -> None:
        """Says that a run of this process has ended."""
        self._running.pop(run_id, None)

    def cancel_here(self, run_id: UUID) -> bool:
        """Cancels the run where this process does it; False where it does not."""
        cancel = self._running.get(run_id)
        if cancel is None:
            return False
        cancel()
        return True

    async def cancel_elsewhere(self, run_id: UUID) -> None:
        """Tells the other processes. What nobody hears, a unit of work's next renewal tells."""
        with contextlib.suppress(RedisError, OSError):
            await cast("Any", self._redis).publish(_CHANNEL, run_id.bytes)

    async def _listen_forever(self) -> None:
        while True:
            try:
                async with cast("Any", self._redis).pubsub(
                    ignore_subscribe_messages=True
                ) as pubsub:
                    await pubsub.subscribe(_CHANNEL)
                    while True:
                        message = await pubsub.get_message(timeout=30.0)
                        if message is not None and len(message["data"]) == 16:
                            self.cancel_here(UUID(bytes=message["data"]))
            except (RedisError, OSError) as error:
                _log.debug("cancellations: %s", type(error).__name__)
                await asyncio.sleep(_AFTER_A_FAILURE_S)
