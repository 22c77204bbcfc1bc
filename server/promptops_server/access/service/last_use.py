"""When a key or a session was last used: remembered in the process, written down now and then."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from promptops_server.access import repository
from promptops_server.core.db import CONNECTION_ERRORS, Pool

WriteUses = Callable[[Mapping[UUID, datetime]], Awaitable[None]]

_LOOK_EVERY_S = 1.0
# How often at most one id is written.
_WRITE_EVERY_S = 60.0
_FAILURES = (*CONNECTION_ERRORS, asyncpg.PostgresError)
_log = logging.getLogger(__name__)


class LastUse:
    """Takes notes of use without I/O; a background task writes them, each id once a minute."""

    def __init__(self, write: WriteUses, *, write_every_s: float = _WRITE_EVERY_S) -> None:
        """`write` stores the moments of many ids in one statement."""
        self._write = write
        self._write_every_s = write_every_s
        self._noted: dict[UUID, datetime] = {}
        self._written: dict[UUID, float] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, identifier: UUID, moment: datetime) -> None:
        """Remembers that it was used at this moment."""
        self._noted[identifier] = moment

    def start(self) -> None:
        """Begins to write."""
        self._task = asyncio.create_task(self._write_forever(), name="last use")

    async def close(self) -> None:
        """Writes what is noted, then stops; what cannot be written now is let go."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._write_all(list(self._noted))

    async def write_due(self) -> None:
        """Writes what was noted and not written within the last minute."""
        limit = time.monotonic() - self._write_every_s
        self._written = {key: at for key, at in self._written.items() if at > limit}
        await self._write_all([key for key in self._noted if key not in self._written])

    async def _write_all(self, identifiers: list[UUID]) -> None:
        if not identifiers:
            return
        batch = {key: self._noted.pop(key) for key in sorted(identifiers)}
        try:
            await self._write(batch)
        except _FAILURES as error:
            _log.warning("last use not written: %s", type(error).__name__)
            # A later note is the truer one.
            self._noted = batch | self._noted
            return
        now = time.monotonic()
        self._written |= dict.fromkeys(batch, now)

    async def _write_forever(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self.write_due()


def key_use_of(pool: Pool) -> LastUse:
    """Where the use of API keys is noted, written through a pool of the role `system`."""
    return LastUse(lambda uses: repository.write_key_uses(pool, uses))


def session_use_of(pool: Pool) -> LastUse:
    """Where the use of sessions is noted, written through a pool of the role `system`."""
    return LastUse(lambda uses: repository.write_session_uses(pool, uses))
