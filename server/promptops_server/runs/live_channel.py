"""What processes tell each other about runs while somebody watches, over one channel of Valkey.

Who watches a project says so every few seconds; a process that has heard of nobody tells nothing,
and a run costs it one look into a dictionary. PostgreSQL's NOTIFY would have every commit of the
ledger wait for one lock of the whole server, watched or not. What is told is a hint, lost while
Valkey is away: the ledger is what is true, and who may have missed something is told to read it.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from promptops_server.kit.ids import to_public
from promptops_server.runs.types import RunPlan
from promptops_server.runs.unended import entry_of

_CHANNEL = "promptops:live"
_SAY_EVERY_S = 5.0
_WATCHED_FOR_S = 16.0
# What comes in so short a time goes out as one message.
_COALESCE_S = 0.05
_MOST_AT_ONCE = 1000
# How long a watcher waits until every process has heard of it.
_HEARD_WITHIN_S = 1.0
_AFTER_A_FAILURE_S = 1.0
_AWAY = (RedisError, OSError, TimeoutError)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class News:
    """What became of the runs of a project: those that began, as entries, and those that ended."""

    began: dict[str, Mapping[str, object]] = field(
        default_factory=dict[str, "Mapping[str, object]"]
    )
    changed: dict[str, None] = field(default_factory=dict[str, None])
    # There was more than is told here.
    has_lost: bool = False


class LiveChannel:
    """The end of the channel in one process."""

    def __init__(
        self, redis: Redis, on_news: Callable[[UUID, News], None], on_gap: Callable[[], None]
    ) -> None:
        """`on_news` hears of a project that is watched here, `on_gap` that something was missed."""
        # redis-py leaves what a command answers untyped.
        self._redis = cast("Any", redis)
        self._on_news = on_news
        self._on_gap = on_gap
        self._token = secrets.token_hex(8)
        # Until when somebody watches a project, by the monotonic clock.
        self._watched: dict[UUID, float] = {}
        # The projects that are watched here.
        self._own: set[UUID] = set()
        self._pending: dict[UUID, News] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._heard: dict[str, asyncio.Semaphore] = {}
        self._owes_greeting = False
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to listen."""
        self._spawn(self._listen_forever())
        self._spawn(self._say_forever())

    async def close(self) -> None:
        """Stops."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def began(self, plan: RunPlan) -> None:
        """Tells who watches that this run has begun."""
        if plan.project_id in self._watched:
            news = self._news_of(plan.project_id)
            if news is not None:
                news.began[plan.public_id] = entry_of(plan)

    def changed(self, project_id: UUID, run_id: UUID) -> None:
        """Tells who watches that this run has ended, or that more was said about it."""
        if project_id in self._watched:
            news = self._news_of(project_id)
            if news is not None:
                news.changed[to_public("run", run_id)] = None

    async def watch(self, project_id: UUID) -> None:
        """Returns once every process tells of this project's runs, or after a second.

        A process that hears of it later, or while Valkey is away, makes for a gap.
        """
        self._own.add(project_id)
        nonce = secrets.token_hex(8)
        heard = self._heard[nonce] = asyncio.Semaphore(0)
        try:
            async with asyncio.timeout(_HEARD_WITHIN_S):
                count = await self._publish({"watch": str(project_id), "nonce": nonce})
                for _ in range(count):
                    await heard.acquire()
        except _AWAY as error:
            _log.debug("live: not everybody has heard: %s", type(error).__name__)
        finally:
            del self._heard[nonce]

    def forget(self, project_id: UUID) -> None:
        """Says that nobody watches this project here any more; others find out by themselves."""
        self._own.discard(project_id)

    def _news_of(self, project_id: UUID) -> News | None:
        """Where to put what is new; None where there is too much of it."""
        news = self._pending.get(project_id)
        if news is None:
            news = self._pending[project_id] = News()
            if self._timer is None:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(_COALESCE_S, self._send_pending)
        if len(news.began) + len(news.changed) < _MOST_AT_ONCE:
            return news
        news.has_lost = True
        return None

    def _send_pending(self) -> None:
        pending, self._pending, self._timer = self._pending, {}, None
        self._spawn(self._publish_news(pending))

    async def _publish_news(self, pending: Mapping[UUID, News]) -> None:
        for project_id, news in pending.items():
            message = {
                "runs": str(project_id),
                "began": news.began,
                "changed": list(news.changed),
                "has_lost": news.has_lost,
            }
            try:
                await self._publish(message)
            except _AWAY:
                # Whoever is greeted reads everything anew.
                self._owes_greeting = True

    async def _publish(self, message: Mapping[str, object]) -> int:
        return int(await self._redis.publish(_CHANNEL, orjson.dumps(message)))

    async def _publish_if_can(self, message: Mapping[str, object]) -> None:
        with contextlib.suppress(*_AWAY):
            await self._publish(message)

    async def _say_forever(self) -> None:
        while True:
            await asyncio.sleep(_SAY_EVERY_S)
            for project_id in list(self._own):
                await self._publish_if_can({"watch": str(project_id)})
            if self._owes_greeting:
                self._owes_greeting = False
                await self._publish_if_can({"hello": self._token})

    async def _listen_forever(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(_CHANNEL)
                    # The first answer is that of the subscription: nothing is missed from here on.
                    await pubsub.get_message(timeout=_AFTER_A_FAILURE_S)
                    await self._publish({"hello": self._token})
                    self._on_gap()
                    while True:
                        message = await pubsub.get_message(timeout=_SAY_EVERY_S)
                        if message is not None and message["type"] == "message":
                            self._hear(message["data"])
                        now = time.monotonic()
                        for project_id in [p for p, at in self._watched.items() if at < now]:
                            del self._watched[project_id]
            except _AWAY as error:
                _log.debug("live: %s", type(error).__name__)
                await asyncio.sleep(_AFTER_A_FAILURE_S)

    def _hear(self, data: bytes) -> None:
        try:
            message = cast("dict[str, Any]", orjson.loads(data))
            if "watch" in message:
                self._watched[UUID(message["watch"])] = time.monotonic() + _WATCHED_FOR_S
                if "nonce" in message:
                    self._spawn(self._publish_if_can({"heard": message["nonce"]}))
            elif "heard" in message:
                if (heard := self._heard.get(message["heard"])) is not None:
                    heard.release()
            elif "hello" in message:
                if message["hello"] != self._token and self._own:
                    self._spawn(self._answer_greeting())
            elif (project_id := UUID(message["runs"])) in self._own:
                changed = dict.fromkeys(message["changed"])
                self._on_news(project_id, News(message["began"], changed, message["has_lost"]))
        except (ValueError, KeyError, TypeError) as error:
            # Another release may say what this one does not know.
            _log.debug("live: not understood: %s", type(error).__name__)

    async def _answer_greeting(self) -> None:
        """Who has just come, or was away, learns what is watched; then all is read anew."""
        for project_id in list(self._own):
            await self.watch(project_id)
        self._on_gap()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="live")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
