"""How a process knows that what it keeps in memory is still true.

A change that matters (a key, a deployment, a provider, a version) moves the number in the table
`revision` in the same transaction and sends a NOTIFY on commit. Each process listens, and reads the
number every half second as a net, since a notification that nobody heard is lost. When the number
has moved, everything that was kept is forgotten and loaded again when it is next asked for.
A process that could not read the number for a second does not trust its memory: it asks the
database.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from promptops_server.core.db import CONNECTION_ERRORS, connect

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_POLL_S = 0.5
_TRUSTED_FOR_S = 1.0
_RECONNECT_S = 0.2
_CHANNEL = "promptops_revision"
_log = logging.getLogger(__name__)


class Freshness:
    """Watches the revision and forgets on behalf of every FreshCache that was made with it."""

    def __init__(self, system_url: str) -> None:
        """Takes the address of the database for the role `system`; connects when started."""
        self._url = system_url
        self._number = -1
        self._confirmed_at = float("-inf")
        self._forget: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._first = asyncio.Event()
        self.generation = 0

    def on_change(self, forget: Callable[[], None]) -> None:
        """Calls `forget` on every change from now on."""
        self._forget.append(forget)

    @property
    def is_trusted(self) -> bool:
        """Whether the revision was read so recently that what is kept may be used."""
        return time.monotonic() - self._confirmed_at < _TRUSTED_FOR_S

    async def start(self) -> None:
        """Starts watching; returns at once, also when the database is away."""
        self._task = asyncio.create_task(self._watch(), name="freshness")

    async def wait_first(self) -> None:
        """Returns once the revision has been read for the first time."""
        await self._first.wait()

    async def close(self) -> None:
        """Stops watching."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def forget_all(self) -> None:
        """Forgets everything now, and lets no load that is under way be kept."""
        self.generation += 1
        for forget in self._forget:
            forget()

    async def _watch(self) -> None:
        while True:
            try:
                await self._watch_one_connection()
            except CONNECTION_ERRORS as error:
                _log.warning("revision not readable: %s", type(error).__name__)
            await asyncio.sleep(_RECONNECT_S)

    async def _watch_one_connection(self) -> None:
        connection = await connect(self._url, "system")
        try:
            await connection.add_listener(_CHANNEL, self._notified)
            while True:
                self._wake.clear()
                asked_at = time.monotonic()
                number = await connection.fetchval("SELECT number FROM revision", timeout=2)
                if number != self._number:
                    self._number = number
                    self.forget_all()
                # Confirmed as of the moment of asking, not of the answer's arrival.
                self._confirmed_at = asked_at
                self._first.set()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_S):
                        await self._wake.wait()
        finally:
            connection.terminate()

    def _notified(self, _connection: object, _pid: int, _channel: str, _payload: object) -> None:
        self._wake.set()


class FreshCache(Generic[K, V]):
    """Values loaded on first need and kept until something changes; bounded, oldest out first."""

    def __init__(
        self,
        freshness: Freshness,
        load: Callable[[K], Awaitable[V]],
        *,
        capacity: int,
        immutable: bool = False,
    ) -> None:
        """`load` gives the value of a key. `immutable` values are kept through every change."""
        self._freshness = freshness
        self._load = load
        self._capacity = capacity
        self._immutable = immutable
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._loading: dict[K, asyncio.Task[V]] = {}
        if not immutable:
            freshness.on_change(self._clear)

    def _clear(self) -> None:
        self._kept.clear()
        # A load that began before the change may see the state before it: nobody joins it now.
        self._loading.clear()

    async def get(self, key: K) -> V:
        """The value for the key, from memory where that is trusted, else loaded.

        Concurrent calls for one key share one load. Raises whatever `load` raises.
        """
        if self._immutable or self._freshness.is_trusted:
            try:
                return self._kept[key]
            except KeyError:
                pass
            task = self._loading.get(key)
            if task is None:
                task = asyncio.create_task(self._load_and_keep(key))
                self._loading[key] = task
                task.add_done_callback(lambda done: self._loaded(key, done))
            # Shielded: one caller that goes away does not take the load from the others.
            return await asyncio.shield(task)
        return await self._load(key)

    async def _load_and_keep(self, key: K) -> V:
        generation = self._freshness.generation
        value = await self._load(key)
        if self._immutable or generation == self._freshness.generation:
            self._kept[key] = value
            if len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return value

    def _loaded(self, key: K, done: asyncio.Task[V]) -> None:
        if self._loading.get(key) is done:
            del self._loading[key]
        if not done.cancelled():
            # Read, so that a failure whose callers have all left is not reported as unhandled.
            done.exception()
