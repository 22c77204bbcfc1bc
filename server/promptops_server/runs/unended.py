"""Runs that have not ended: units of work, and the plain runs of the moment.

A plain run is seen through an entry in Valkey that expires by itself. Nothing on the run path keeps
a list of them: whoever asks walks through the entries.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import orjson
from redis.asyncio import Redis

from promptops_server.core.jobs.types import WorkState
from promptops_server.core.valkey import VALKEY_AWAY
from promptops_server.kit.ids import from_public, to_public
from promptops_server.runs.durable import DurableRuns
from promptops_server.runs.types import RunPlan, RunState, UnendedRun

# More than these are neither looked at nor told; a list is for people.
MAX_UNENDED = 1000
_LOOKED_AT = 200_000
_AT_ONCE = 1000


class UnendedRuns:
    """Finds and lists the runs of a project that have not ended."""

    def __init__(self, durable: DurableRuns, redis: Redis) -> None:
        """Takes where they are."""
        self._durable = durable
        # redis-py leaves what a command answers untyped.
        self._redis = cast("Any", redis)

    async def find(self, project_id: UUID, run_id: UUID) -> UnendedRun | None:
        """The run, or None where it is unknown or has ended. Raises StorageUnavailable."""
        work = await self._durable.find(project_id, run_id)
        if work is not None and work.state != "ended":
            return _of_work(work)
        name = f"run:{to_public('run', run_id)}"
        try:
            text = await self._redis.get(name)
        except VALKEY_AWAY:
            return None
        return _of_text(project_id, name.encode(), text)

    async def list_all(self, project_id: UUID) -> Sequence[UnendedRun]:
        """All of them, newest first. Plain runs are left out while Valkey is away.

        Raises StorageUnavailable.
        """
        found = {
            work.id: _of_work(work)
            for work in await self._durable.list_unended(project_id, MAX_UNENDED)
        }
        try:
            entries = await self._entries()
        except VALKEY_AWAY:
            entries = {}
        for name, text in entries.items():
            run = _of_text(project_id, name, text)
            # A unit of work knows more of the same run.
            if run is not None and run.id not in found:
                found[run.id] = run
        newest_first = sorted(found.values(), key=lambda run: run.id, reverse=True)
        return newest_first[:MAX_UNENDED]

    async def _entries(self) -> dict[bytes, bytes | None]:
        found: dict[bytes, bytes | None] = {}
        cursor, looked_at = 0, 0
        while True:
            cursor, names = await self._redis.scan(cursor, match="run:run_*", count=_AT_ONCE)
            if names:
                found |= zip(names, await self._redis.mget(names), strict=True)
            looked_at += _AT_ONCE
            if not cursor or looked_at >= _LOOKED_AT:
                return found


def _of_work(work: WorkState) -> UnendedRun:
    plan = cast("Mapping[str, Any]", work.payload)
    return UnendedRun(
        id=work.id,
        status=cast("RunState", work.state),
        source=plan["source"],
        version=plan["version_num"] or "draft",
        started_at=datetime.fromisoformat(plan["started_at"]),
        model=plan["models"][0],
        prompt_id=_id_in(plan, "prompt_id"),
        prompt_alias=plan["prompt_alias"],
        version_id=_id_in(plan, "version_id"),
        environment=plan["environment"],
        api_key_id=_id_in(plan, "api_key_id"),
        user_ref=plan["user"],
        session_ref=plan["session"],
        metadata=plan["metadata"],
    )


def _of_text(project_id: UUID, name: bytes, text: bytes | None) -> UnendedRun | None:
    """The run of an entry in Valkey, or None where it is another project's or gone."""
    entry = cast("dict[str, Any]", {} if text is None else orjson.loads(text))
    if entry.get("project_id") != str(project_id):
        return None
    return run_of_entry(name.decode().removeprefix("run:"), entry)


def entry_of(plan: RunPlan) -> dict[str, object]:
    """What is told of a run that has begun."""
    return {
        "api_key_id": _text_of(plan.api_key_id),
        "prompt_id": _text_of(plan.prompt_id),
        "prompt": plan.prompt_alias,
        "version_id": _text_of(plan.version_id),
        "version": plan.version,
        "environment": plan.environment,
        "model": plan.models[0],
        "source": plan.source,
        "user": plan.user,
        "session": plan.session,
        "started_at": plan.started_at,
    }


def run_of_entry(public_id: str, entry: Mapping[str, Any]) -> UnendedRun | None:
    """The running run that an entry tells of; None where the id is none of a run."""
    run_id = from_public("run", public_id)
    if run_id is None:
        return None
    return UnendedRun(
        id=run_id,
        status="running",
        source=entry["source"],
        version=entry["version"],
        started_at=datetime.fromisoformat(entry["started_at"]),
        model=entry["model"],
        # What a process of the release before has not written is not known.
        prompt_id=_id_in(entry, "prompt_id"),
        prompt_alias=entry["prompt"],
        version_id=_id_in(entry, "version_id"),
        environment=entry["environment"],
        api_key_id=_id_in(entry, "api_key_id"),
        user_ref=entry.get("user"),
        session_ref=entry.get("session"),
    )


def _text_of(identifier: UUID | None) -> str | None:
    # The driver's UUIDs are of a class of its own, which orjson does not know.
    return None if identifier is None else str(identifier)


def _id_in(values: Mapping[str, Any], name: str) -> UUID | None:
    text = values.get(name)
    return None if text is None else UUID(text)
