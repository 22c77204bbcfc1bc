"""Every SQL statement of usage."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from promptops_server.core.db import Pool, PooledConnection
from promptops_server.core.scoping import of_project, page_of
from promptops_server.kit.ids import first_id_at
from promptops_server.kit.text import storable, storable_json
from promptops_server.usage.models import Run, RunFeedback, RunSettingsRow
from promptops_server.usage.types import (
    Feedback,
    RunFilter,
    RunRecord,
    RunSettings,
    TokenUsage,
    UsageGroup,
    UsageLine,
)

_COLUMNS = """
  id, project_id, source, status, request_id, started_at, ended_at, first_token_at,
  prompt_id, prompt_alias, version_id, version_num, environment, api_key_id,
  provider_id, provider, model, parameters, variables, messages, output, tool_calls,
  finish_reason, attempts, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
  cost_usd, error, user_ref, session_ref, metadata, content_hash, overrides, input_messages, deltas
"""
_VALUES = """
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
  $18::text::jsonb, $19::text::jsonb, $20::text::jsonb, $21, $22::text::jsonb, $23,
  $24::text::jsonb, $25, $26, $27, $28, $29, $30::text::jsonb, $31, $32, $33::text::jsonb,
  $34, $35::text::jsonb, $36::text::jsonb, $37::text::jsonb
"""
_INSERT = f"INSERT INTO runs ({_COLUMNS}) VALUES ({_VALUES}) ON CONFLICT (id) DO NOTHING"  # noqa: S608
# The run's row and the end of its unit of work are one statement, guarded by the fence.
_INSERT_FENCED = f"""
WITH ended AS (
  UPDATE work SET state = 'ended', ended_at = now(), payload = NULL
  WHERE id = $1 AND fence = $38 AND state = 'running' RETURNING id
)
INSERT INTO runs ({_COLUMNS}) SELECT {_VALUES} FROM ended ON CONFLICT (id) DO NOTHING
"""  # noqa: S608


def _json(value: object) -> str | None:
    if value is None:
        return None
    try:
        text = orjson.dumps(value)
    except TypeError:
        # Half of a surrogate pair, among other things that are seldom.
        return orjson.dumps(storable_json(value)).decode()
    if b"\\u0000" in text:
        return orjson.dumps(storable_json(value)).decode()
    return text.decode()


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)


def row_of(run: RunRecord) -> tuple[object, ...]:
    """The run as the arguments of the INSERT, every text made storable."""
    return (
        run.id,
        run.project_id,
        run.source,
        run.status,
        run.request_id,
        run.started_at,
        run.ended_at,
        run.first_token_at,
        run.prompt_id,
        run.prompt_alias,
        run.version_id,
        run.version_num,
        run.environment,
        run.api_key_id,
        run.provider_id,
        run.provider,
        _text(run.model),
        _json(run.parameters),
        _json(run.variables),
        _json(run.messages),
        _text(run.output),
        _json(run.tool_calls),
        _text(run.finish_reason),
        _json(run.attempts),
        run.tokens.input,
        run.tokens.cached_input,
        run.tokens.output,
        run.tokens.reasoning,
        run.cost_usd,
        _json(run.error),
        _text(run.user_ref),
        _text(run.session_ref),
        _json(run.metadata),
        run.content_hash,
        _json(run.overrides),
        _json(run.input_messages),
        _json(run.deltas),
    )


async def insert_runs(connection: PooledConnection, rows: Sequence[tuple[object, ...]]) -> None:
    """Inserts the rows in one transaction, skipping those whose id is there already."""
    await connection.executemany(_INSERT, rows)


async def insert_and_end(connection: PooledConnection, row: tuple[object, ...], fence: int) -> bool:
    """Inserts the row and ends its unit of work; False where another holds the newer fence."""
    done = await connection.execute(_INSERT_FENCED, *row, fence)
    if done.endswith(" 1"):
        return True
    # Nothing was inserted: either this is a repetition of what was committed, or the fence moved.
    ended = await connection.fetchval(
        "SELECT true FROM work WHERE id = $1 AND fence = $2 AND state = 'ended'", row[0], fence
    )
    return bool(ended)


async def ensure_partitions(pool: Pool, moment: datetime, months_ahead: int) -> list[str]:
    """Makes the months that are missing and returns their partitions' names."""
    rows = await pool.fetch(
        "SELECT promptops_ensure_run_partitions($1, $2) AS name", moment, months_ahead
    )
    return [str(row["name"]) for row in rows]


async def list_runs(
    session: AsyncSession, project_id: UUID, wanted: RunFilter, after: UUID | None, limit: int
) -> Sequence[RunRecord]:
    """One page of runs, newest first, and one more where there is a next page.

    What a list does not show (texts and what came with them) is not read, and None.
    """
    statement = of_project(Run, project_id)
    if wanted.prompt_ids:
        statement = statement.where(Run.prompt_id.in_(wanted.prompt_ids))
    for column, value in (
        (Run.environment, wanted.environment),
        (Run.status, wanted.status),
        (Run.source, wanted.source),
        (Run.provider, wanted.provider),
        (Run.model, wanted.model),
        (Run.version_id, wanted.version_id),
        (Run.api_key_id, wanted.api_key_id),
        (Run.user_ref, wanted.user_ref),
        (Run.session_ref, wanted.session_ref),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.metadata:
        statement = statement.where(Run.run_metadata.contains(dict(wanted.metadata)))
    # The id begins with the time, so a range of time is a range of ids and prunes partitions.
    if wanted.since_ms is not None:
        statement = statement.where(Run.id >= first_id_at(wanted.since_ms))
    if wanted.until_ms is not None:
        statement = statement.where(Run.id < first_id_at(wanted.until_ms))
    statement = statement.options(load_only(*(getattr(Run, name) for name in _LISTED)))
    rows = (await session.execute(page_of(statement, Run, after, limit))).scalars().all()
    return [_record_of(row, _LISTED) for row in rows]


async def find_run(session: AsyncSession, project_id: UUID, run_id: UUID) -> RunRecord | None:
    """The run of this project in full, or None."""
    statement = of_project(Run, project_id).where(Run.id == run_id)
    row = (await session.execute(statement)).scalar_one_or_none()
    return None if row is None else _record_of(row, (*_LISTED, *_IN_FULL))


def _record_of(row: Run, names: Sequence[str]) -> RunRecord:
    values = {name: getattr(row, name) for name in names}
    tokens = TokenUsage(*(values.pop(name) for name in _TOKENS))
    if "run_metadata" in values:
        values["metadata"] = values.pop("run_metadata")
    return RunRecord(**values, tokens=tokens)


# The columns by what reads them; `_TOKENS` in the order of TokenUsage.
_TOKENS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")
_LISTED = (
    *("id", "project_id", "source", "status", "request_id", "started_at", "ended_at"),
    *("first_token_at", "prompt_id", "prompt_alias", "version_id", "version_num", "environment"),
    *("api_key_id", "provider_id", "provider", "model", "finish_reason", "cost_usd", "error"),
    *("user_ref", "session_ref", "run_metadata"),
    *_TOKENS,
)
_IN_FULL = (
    *("parameters", "variables", "messages", "output", "tool_calls", "attempts"),
    *("content_hash", "overrides", "input_messages", "deltas"),
)


async def delete_run(session: AsyncSession, project_id: UUID, run_id: UUID) -> bool:
    """Deletes one run and what was said about it; False where there is none."""
    await session.execute(
        delete(RunFeedback).where(
            RunFeedback.project_id == project_id, RunFeedback.run_id == run_id
        )
    )
    gone = await session.execute(
        delete(Run).where(Run.project_id == project_id, Run.id == run_id).returning(Run.id)
    )
    return gone.scalar_one_or_none() is not None


async def delete_runs_of_user(session: AsyncSession, project_id: UUID, user: str) -> int:
    """Deletes every run of a user and what was said about them; returns how many runs."""
    gone = await session.execute(
        delete(Run).where(Run.project_id == project_id, Run.user_ref == user).returning(Run.id)
    )
    ids = gone.scalars().all()
    if ids:
        await session.execute(
            delete(RunFeedback).where(
                RunFeedback.project_id == project_id, RunFeedback.run_id.in_(ids)
            )
        )
    return len(ids)


def add_feedback(session: AsyncSession, project_id: UUID, feedback: Feedback) -> None:
    session.add(
        RunFeedback(
            id=feedback.id,
            project_id=project_id,
            run_id=feedback.run_id,
            rating=feedback.rating,
            score=feedback.score,
            comment=feedback.comment,
            author_kind=feedback.author_kind,
            author_id=feedback.author_id,
            created_at=feedback.created_at,
        )
    )


async def list_feedback(
    session: AsyncSession, project_id: UUID, run_id: UUID
) -> Sequence[Feedback]:
    """What was said about a run, oldest first, at most a hundred."""
    statement = (
        of_project(RunFeedback, project_id)
        .where(RunFeedback.run_id == run_id)
        .order_by(RunFeedback.id)
        .limit(100)
    )
    rows = (await session.execute(statement)).scalars().all()
    return [
        Feedback(
            id=row.id,
            run_id=row.run_id,
            rating=cast("Any", row.rating),
            score=row.score,
            comment=row.comment,
            author_kind=row.author_kind,
            author_id=row.author_id,
            created_at=row.created_at,
        )
        for row in rows
    ]


async def find_settings(session: AsyncSession, project_id: UUID) -> RunSettings:
    """The project's settings, or the default."""
    row = await session.get(RunSettingsRow, project_id)
    return RunSettings() if row is None else RunSettings(cast("Any", row.store), row.retention_days)


async def put_settings(
    session: AsyncSession, project_id: UUID, wanted: RunSettings, moment: datetime
) -> None:
    values = {
        "store": wanted.store,
        "retention_days": wanted.retention_days,
        "updated_at": moment,
    }
    statement = insert(RunSettingsRow).values(project_id=project_id, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[RunSettingsRow.project_id], set_=values)
    )


async def load_settings(pool: Pool, project_id: UUID) -> RunSettings:
    """The project's settings, or the default; read with the role `system`."""
    row = await pool.fetchrow(
        "SELECT store, retention_days FROM run_settings WHERE project_id = $1", project_id
    )
    return RunSettings() if row is None else RunSettings(row["store"], row["retention_days"])


_EXPIRED = """
WITH expired AS (
  SELECT runs.id FROM run_settings
  JOIN runs ON runs.project_id = run_settings.project_id
    AND runs.id < promptops_first_uuid_at(now() - make_interval(days => retention_days))
  WHERE retention_days IS NOT NULL LIMIT $1
), said AS (
  DELETE FROM run_feedback WHERE run_id IN (SELECT id FROM expired)
)
DELETE FROM runs WHERE id IN (SELECT id FROM expired) RETURNING id
"""


async def delete_expired(pool: Pool, limit: int) -> int:
    """Deletes up to `limit` runs that are older than their project keeps; returns how many."""
    return len(await pool.fetch(_EXPIRED, limit))


# The dimensions and the measures of usage, from runs and from whole hours alike.
_DIMENSIONS = (
    *("prompt_id", "prompt_alias", "version_id", "version_num", "provider", "model"),
    *("api_key_id", "source", "environment"),
)
_MEASURES = """
  count(*) AS runs,
  count(*) FILTER (WHERE status = 'failed') AS failed,
  count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
  coalesce(sum(input_tokens), 0) AS input_tokens,
  coalesce(sum(cached_input_tokens), 0) AS cached_input_tokens,
  coalesce(sum(output_tokens), 0) AS output_tokens,
  coalesce(sum(reasoning_tokens), 0) AS reasoning_tokens,
  coalesce(sum(cost_usd), 0) AS cost_usd,
  count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced,
  coalesce(sum(extract(epoch FROM ended_at - started_at) * 1000), 0) AS latency_ms,
  max(ended_at) AS last_run_at
"""
_ALL_DIMENSIONS = ", ".join(_DIMENSIONS)
# A run's id begins with the time of its start; none lasts longer than a day.
_ROLL_UP = f"""
INSERT INTO usage_hours (
  project_id, hour, {_ALL_DIMENSIONS}, runs, failed, cancelled, input_tokens, cached_input_tokens,
  output_tokens, reasoning_tokens, cost_usd, unpriced, latency_ms,
  last_run_at
)
SELECT project_id, $1, {_ALL_DIMENSIONS}, {_MEASURES}
FROM runs WHERE ended_at >= $1 AND ended_at < $1 + interval '1 hour'
  AND id >= promptops_first_uuid_at($1 - interval '1 day')
  AND id < promptops_first_uuid_at($1 + interval '1 hour')
GROUP BY project_id, {_ALL_DIMENSIONS}
"""  # noqa: S608


async def roll_up_one_hour(pool: Pool, settled_s: float) -> bool:
    """Writes the next whole hour of usage, where it is over since `settled_s`; else False.

    Of several processes one does it at a time, and none does an hour twice.
    """
    async with pool.acquire() as connection, connection.transaction():
        hour = await connection.fetchval(
            "SELECT until FROM usage_watermark "
            "WHERE until + interval '1 hour' + make_interval(secs => $1) <= now() "
            "FOR UPDATE SKIP LOCKED",
            settled_s,
        )
        if hour is None:
            return False
        await connection.execute(_ROLL_UP, hour)
        await connection.execute("UPDATE usage_watermark SET until = until + interval '1 hour'")
    return True


_GROUPED: dict[UsageGroup, tuple[str, ...]] = {
    "prompt": ("prompt_id", "prompt_alias"),
    "version": ("prompt_id", "prompt_alias", "version_id", "version_num"),
    "model": ("provider", "model"),
    "key": ("api_key_id",),
    "source": ("source",),
    "environment": ("environment",),
    "day": ("day",),
}
_SUMMED = (
    *("runs", "failed", "cancelled", "input_tokens", "cached_input_tokens", "output_tokens"),
    *("reasoning_tokens", "cost_usd", "unpriced", "latency_ms"),
)


async def sum_usage(
    session: AsyncSession,
    project_id: UUID,
    groups: Sequence[UsageGroup],
    *,
    since: datetime,
    until: datetime,
    timezone: str,
    wanted: RunFilter,
    limit: int,
) -> list[UsageLine]:
    """Usage of the runs that ended in the time, by group, the newest day or the dearest first.

    Both times are whole hours. `timezone` says where a day begins.
    """
    columns = [column for group in groups for column in _GROUPED[group]]
    chosen = ", ".join(
        "(hour AT TIME ZONE :timezone)::date AS day" if name == "day" else name for name in columns
    )
    filters: dict[str, object] = {
        "version_id": wanted.version_id,
        "provider": wanted.provider,
        "model": wanted.model,
        "api_key_id": wanted.api_key_id,
        "source": wanted.source,
        "environment": wanted.environment,
    }
    given = {name: value for name, value in filters.items() if value is not None}
    narrowed = "".join(f" AND {name} = :{name}" for name in given)
    if wanted.prompt_ids:
        narrowed += " AND prompt_id = ANY(:prompt_ids)"
        given["prompt_ids"] = list(wanted.prompt_ids)
    sums = ", ".join(f"sum({name}) AS {name}" for name in _SUMMED)
    order = "day DESC, runs DESC" if "day" in groups else "cost_usd DESC, runs DESC"
    group_by = ", ".join(str(n + 1) for n in range(len(columns)))
    statement = text(f"""
        WITH watermark AS (SELECT until FROM usage_watermark),
        every AS (
          SELECT hour, {_ALL_DIMENSIONS}, {", ".join(_SUMMED)}, last_run_at FROM usage_hours
          WHERE project_id = :project AND hour >= :since AND hour < :until
          UNION ALL
          SELECT date_trunc('hour', ended_at) AS hour, {_ALL_DIMENSIONS}, {_MEASURES}
          FROM runs WHERE project_id = :project
            AND ended_at >= greatest((SELECT until FROM watermark), :since) AND ended_at < :until
            AND id >= promptops_first_uuid_at((SELECT until FROM watermark) - interval '1 day')
          GROUP BY 1, {_ALL_DIMENSIONS}
        )
        SELECT {chosen}, {sums}, max(last_run_at) AS last_run_at FROM every WHERE true{narrowed}
        GROUP BY {group_by} ORDER BY {order} LIMIT :limit
    """)  # noqa: S608 # every part is from the tables above
    values = {"project": project_id, "since": since, "until": until, "limit": limit, **given}
    if "day" in groups:
        values["timezone"] = timezone
    rows = (await session.execute(statement, values)).mappings().all()
    return [_usage_line({name: row[name] for name in columns}, row) for row in rows]


def _usage_line(group: dict[str, object], row: Any) -> UsageLine:
    runs = int(row["runs"])
    return UsageLine(
        group=group,
        runs=runs,
        failed=int(row["failed"]),
        cancelled=int(row["cancelled"]),
        input_tokens=int(row["input_tokens"]),
        cached_input_tokens=int(row["cached_input_tokens"]),
        output_tokens=int(row["output_tokens"]),
        reasoning_tokens=int(row["reasoning_tokens"]),
        cost_usd=Decimal(row["cost_usd"]),
        unpriced=int(row["unpriced"]),
        last_run_at=row["last_run_at"],
        average_latency_ms=round(float(row["latency_ms"]) / max(runs, 1), 1),
    )
