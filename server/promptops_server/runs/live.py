"""Watching the runs of a project: rows of the list, told while they change."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import orjson
from redis.asyncio import Redis

from promptops_server.core.db import Database
from promptops_server.core.draining import Draining
from promptops_server.core.errors import AppError
from promptops_server.kit.ids import from_public, to_public
from promptops_server.runs.errors import TooManyWatchers
from promptops_server.runs.listing import labels_of
from promptops_server.runs.live_channel import LiveChannel, News
from promptops_server.runs.schemas import RunSummary
from promptops_server.runs.types import RunPlan, UnendedRun
from promptops_server.runs.unended import run_of_entry
from promptops_server.usage import service as usage
from promptops_server.usage.types import RunRecord

# What comes within so long a time is read from the ledger in one go, and sent as one event.
_COLLECT_S = 0.25
# Of more rows at once a person sees nothing: the list is read anew instead.
_MOST_ROWS = 200
_AFTER_TOO_MANY_S = 1.0
# So much waits for a client that does not read; then it is dropped.
_LARGEST_BACKLOG = 1000
_MOST_WATCHERS = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LiveRow:
    """A run as the list shows it, as JSON."""

    prompt_id: UUID | None
    text: bytes


class Watcher:
    """What waits to be sent to one client: the newest row of each run, of some prompts or all."""

    def __init__(self, prompt_ids: frozenset[UUID] = frozenset()) -> None:
        """Nothing waits."""
        self._prompt_ids = prompt_ids
        self._rows: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self._must_reread = False
        self.is_over = False

    def tell(self, rows: Mapping[str, LiveRow]) -> None:
        """Adds rows by the id of their run; who is too far behind is told to read, and dropped."""
        wanted = self._prompt_ids
        self._rows |= {
            run: row.text for run, row in rows.items() if not wanted or row.prompt_id in wanted
        }
        if not self._rows:
            return
        if len(self._rows) > _LARGEST_BACKLOG:
            self.tell_gap()
            self.is_over = True
        self._wake.set()

    def tell_gap(self) -> None:
        """Says that something was missed."""
        self._rows.clear()
        self._must_reread = True
        self._wake.set()

    def end(self) -> None:
        """Says that nothing more comes."""
        self.is_over = True
        self._wake.set()

    async def next(self, wait_s: float) -> list[tuple[str, bytes]]:
        """The events that wait, by name and data, as soon as there are any; else none."""
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            return []
        self._wake.clear()
        rows, self._rows = self._rows, {}
        events: list[tuple[str, bytes]] = []
        if self._must_reread:
            self._must_reread = False
            events.append(("reread", b"{}"))
        if rows:
            events.append(("runs", b'{"data":[%b]}' % b",".join(rows.values())))
        return events


class _Topic:
    """A project that is watched here, and what was told of it and not passed on yet."""

    def __init__(self) -> None:
        self.watchers: set[Watcher] = set()
        self.began: dict[UUID, UnendedRun] = {}
        self.changed: set[UUID] = set()
        self.task: asyncio.Task[None] | None = None


class LiveRuns:
    """Tells watchers in this process of runs in any."""

    def __init__(self, redis: Redis, database: Database, draining: Draining) -> None:
        """Takes the way between processes, and where rows are read."""
        self._database = database
        self._draining = draining
        self._channel = LiveChannel(redis, self._news, self._gap)
        self._topics: dict[UUID, _Topic] = {}
        self._ending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to listen."""
        self._channel.start()
        self._ending = asyncio.create_task(self._end_when_draining(), name="live: ending")

    async def close(self) -> None:
        """Ends what is watched, and stops."""
        self._end_all()
        tasks = [topic.task for topic in self._topics.values() if topic.task is not None]
        if self._ending is not None:
            tasks.append(self._ending)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._channel.close()

    def began(self, plan: RunPlan) -> None:
        """Says that a run of this process has begun."""
        self._channel.began(plan)

    def changed(self, project_id: UUID, run_id: UUID) -> None:
        """Says that a run has ended, its row committed, or that its feedback has changed."""
        self._channel.changed(project_id, run_id)

    @asynccontextmanager
    async def watch(self, project_id: UUID, prompt_ids: frozenset[UUID]) -> AsyncGenerator[Watcher]:
        """A watcher that is told of every run of these prompts, or of all, from now on.

        Raises TooManyWatchers.
        """
        if sum(len(topic.watchers) for topic in self._topics.values()) >= _MOST_WATCHERS:
            raise TooManyWatchers(
                "Too many watch runs in this process. Try again shortly.",
                headers={"Retry-After": "5"},
            )
        topic = self._topics.setdefault(project_id, _Topic())
        watcher = Watcher(prompt_ids)
        topic.watchers.add(watcher)
        try:
            await self._channel.watch(project_id)
            yield watcher
        finally:
            topic.watchers.discard(watcher)
            if not topic.watchers and self._topics.get(project_id) is topic:
                del self._topics[project_id]
                self._channel.forget(project_id)

    def _news(self, project_id: UUID, news: News) -> None:
        topic = self._topics.get(project_id)
        if topic is None:
            return
        for public_id, entry in news.began.items():
            run = run_of_entry(public_id, entry)
            if run is not None:
                topic.began[run.id] = run
        changed = (from_public("run", public_id) for public_id in news.changed)
        topic.changed |= {run_id for run_id in changed if run_id is not None}
        if news.has_lost:
            self._tell_gap(topic)
        elif topic.task is None or topic.task.done():
            topic.task = asyncio.create_task(self._pass_on(project_id, topic), name="live: tell")

    def _gap(self) -> None:
        for topic in self._topics.values():
            self._tell_gap(topic)

    def _tell_gap(self, topic: _Topic) -> None:
        topic.began.clear()
        topic.changed.clear()
        for watcher in topic.watchers:
            watcher.tell_gap()

    async def _pass_on(self, project_id: UUID, topic: _Topic) -> None:
        await asyncio.sleep(_COLLECT_S)
        while topic.changed or topic.began:
            if len(topic.changed) + len(topic.began) > _MOST_ROWS:
                self._tell_gap(topic)
                await asyncio.sleep(_AFTER_TOO_MANY_S)
                continue
            began, topic.began = topic.began, {}
            changed, topic.changed = topic.changed, set()
            try:
                rows = await self._rows(project_id, began, changed)
            except AppError as error:
                _log.warning("live: no rows: %s", error.code)
                self._tell_gap(topic)
                continue
            for watcher in topic.watchers:
                watcher.tell(rows)
            await asyncio.sleep(_COLLECT_S)

    async def _rows(
        self, project_id: UUID, began: Mapping[UUID, UnendedRun], changed: set[UUID]
    ) -> dict[str, LiveRow]:
        async with self._database.transaction(project_id) as session:
            # What has begun may have ended since, and that is what is told then.
            ended = await usage.list_runs_by_id(session, project_id, [*changed, *began])
            gone = {run.id for run in ended}
            found: list[RunRecord | UnendedRun] = [
                run for run_id, run in began.items() if run_id not in gone
            ]
            found += ended
            labels = await labels_of(session, project_id, found)
        return {
            to_public("run", run.id): LiveRow(
                run.prompt_id, orjson.dumps(RunSummary.of(run, labels).model_dump(mode="json"))
            )
            for run in found
        }

    def _end_all(self) -> None:
        for topic in self._topics.values():
            for watcher in topic.watchers:
                watcher.end()

    async def _end_when_draining(self) -> None:
        await self._draining.wait()
        self._end_all()
