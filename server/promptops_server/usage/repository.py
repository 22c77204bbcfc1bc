"""Every SQL statement of usage."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)
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
    FeedbackSummary,
    RunFilter,
    RunRecord,
    RunSettings,
    TokenUsage,
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
# The filters that may have several values, and how many combinations of them are asked one by one.
_SEVERAL = (
    *("prompt_ids", "version_ids", "environments", "statuses", "codes", "sources", "models"),
    *("api_key_ids", "users", "sessions"),
)
_MOST_BRANCHES = 24
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
    # Partial indexes, and a rare value beside a common one, need a plan for these very values.
    await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    if wanted.asks_for_feedback:
        ids = await _ids_by_feedback(session, project_id, wanted, after, limit)
        return await list_runs_by_id(session, project_id, ids)
    branches = _branches(wanted)
    if len(branches) > _MOST_BRANCHES:
        branches = [wanted]
    if len(branches) == 1 and not wanted.codes:
        return await _page(session, page_of(_matching(project_id, wanted), Run, after, limit))
    pages = [
        page_of(_matching(project_id, branch), Run, after, limit).with_only_columns(Run.id)
        for branch in branches
    ]
    # How many runs failed with a code is guessed much too low, as if code and failure had nothing
    # to do with each other: all of them would be read and sorted.
    async with _in_order(session, is_wanted=bool(wanted.codes) and not wanted.metadata):
        ids = (await session.execute(union_all(*pages))).scalars().all()
    newest = sorted(ids, reverse=True)[: limit + 1]
    return await list_runs_by_id(session, project_id, newest)


@asynccontextmanager
async def _in_order(session: AsyncSession, *, is_wanted: bool) -> AsyncGenerator[None]:
    """Has the block read in the order of an index, where one gives it, and not sort."""
    switches = "SET LOCAL enable_sort = {0}", "SET LOCAL enable_hashagg = {0}"
    for switch in switches if is_wanted else ():
        await session.execute(text(switch.format("off")))
    yield
    for switch in switches if is_wanted else ():
        await session.execute(text(switch.format("on")))


async def _page(session: AsyncSession, statement: Select[Run]) -> Sequence[RunRecord]:
    statement = statement.options(load_only(*(getattr(Run, name) for name in _LISTED)))
    return [_record_of(row, _LISTED) for row in (await session.execute(statement)).scalars()]


def _branches(wanted: RunFilter) -> list[RunFilter]:
    """Filters of one value each, which together let the same runs pass, none twice.

    An index gives the runs of one value in their order, not those of several: these are asked for
    one by one, and the newest of them taken.
    """
    branches = [wanted]
    for name in _SEVERAL:
        values = dict.fromkeys(getattr(wanted, name))
        if len(values) > 1:
            branches = [replace(one, **{name: (value,)}) for one in branches for value in values]
    return branches


def _matching(project_id: UUID, wanted: RunFilter) -> Select[Run]:
    return of_project(Run, project_id).where(*_conditions(wanted))


async def _ids_by_feedback(
    session: AsyncSession, project_id: UUID, wanted: RunFilter, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """The same page by what was said, of which there is much less than there are runs."""
    said = _said(project_id, wanted, after).order_by(RunFeedback.run_id.desc()).subquery()
    # OFFSET keeps the planner from turning this around: it looks up run after run.
    run = _matching(project_id, wanted).where(Run.id == said.c.run_id)
    found = run.with_only_columns(Run.id).offset(0).lateral()
    statement = select(said.c.run_id).join(found, true())
    statement = statement.order_by(said.c.run_id.desc()).limit(limit + 1)
    # Of both ratings together no index has the order.
    async with _in_order(session, is_wanted=len(wanted.ratings) < 2):
        return (await session.execute(statement)).scalars().all()


def _conditions(wanted: RunFilter) -> Iterator[ColumnElement[bool]]:
    for column, values in (
        (Run.prompt_id, wanted.prompt_ids),
        (Run.environment, wanted.environments),
        (Run.status, wanted.statuses),
        (Run.source, wanted.sources),
        (Run.version_id, wanted.version_ids),
        (Run.api_key_id, wanted.api_key_ids),
        (Run.user_ref, wanted.users),
        (Run.session_ref, wanted.sessions),
    ):
        if values:
            yield _one_of(column, values)
    if wanted.codes:
        # As the index says it.
        yield Run.status != literal_column("'succeeded'")
        yield _one_of(Run.error["code"].astext, wanted.codes)
    if wanted.models:
        yield or_(*(_is_model(provider, model) for provider, model in wanted.models))
    if wanted.has_comment is False:
        commented = select(RunFeedback.id).where(
            RunFeedback.run_id == Run.id, RunFeedback.comment.is_not(None)
        )
        yield ~commented.exists()
    if wanted.metadata:
        yield Run.run_metadata.contains(dict(wanted.metadata))
    yield from _bounds(wanted)


def _bounds(wanted: RunFilter) -> Iterator[ColumnElement[bool]]:
    # The id begins with the time, so a range of time is a range of ids and prunes partitions.
    if wanted.since_ms is not None:
        yield Run.id >= first_id_at(wanted.since_ms)
    if wanted.until_ms is not None:
        yield Run.id < first_id_at(wanted.until_ms)
    if wanted.min_latency_ms is not None:
        lasted = timedelta(milliseconds=wanted.min_latency_ms)
        yield Run.ended_at - Run.started_at >= lasted
    if wanted.min_cost_usd is not None:
        yield Run.cost_usd >= wanted.min_cost_usd


def _one_of(column: Any, values: Sequence[object]) -> ColumnElement[bool]:
    # One value is found in the order of an index; several are not.
    return column == values[0] if len(values) == 1 else column.in_(values)


def _is_model(provider: str, model: str) -> ColumnElement[bool]:
    is_provider = Run.provider == provider
    return and_(Run.model == model, is_provider) if model else is_provider


def _said(project_id: UUID, wanted: RunFilter, after: UUID | None) -> Select[UUID]:
    """The runs about which somebody said what is wanted."""
    statement = select(RunFeedback.run_id).where(RunFeedback.project_id == project_id)
    if wanted.ratings:
        statement = statement.where(_one_of(RunFeedback.rating, wanted.ratings))
    if wanted.min_score is not None:
        statement = statement.where(RunFeedback.score >= wanted.min_score)
    if wanted.max_score is not None:
        statement = statement.where(RunFeedback.score <= wanted.max_score)
    if wanted.has_comment:
        statement = statement.where(RunFeedback.comment.is_not(None))
    if wanted.since_ms is not None:
        statement = statement.where(RunFeedback.run_id >= first_id_at(wanted.since_ms))
    if wanted.until_ms is not None:
        statement = statement.where(RunFeedback.run_id < first_id_at(wanted.until_ms))
    if after is not None:
        statement = statement.where(RunFeedback.run_id < after)
    return statement.distinct()


async def list_runs_by_id(
    session: AsyncSession, project_id: UUID, run_ids: Sequence[UUID]
) -> Sequence[RunRecord]:
    """Those of these runs that have ended, as a list shows them, newest first."""
    if not run_ids:
        return ()
    statement = of_project(Run, project_id).where(Run.id.in_(run_ids))
    return await _page(session, statement.order_by(Run.id.desc()))


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
    return [_feedback_of(row) for row in (await session.execute(statement)).scalars()]


def _feedback_of(row: RunFeedback) -> Feedback:
    return Feedback(
        id=row.id,
        run_id=row.run_id,
        rating=cast("Any", row.rating),
        score=row.score,
        comment=row.comment,
        author_kind=row.author_kind,
        author_id=row.author_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def find_feedback(
    session: AsyncSession, project_id: UUID, run_id: UUID, feedback_id: UUID
) -> Feedback | None:
    """What was said about a run, held for a change; None where there is no such entry."""
    statement = of_project(RunFeedback, project_id).where(
        RunFeedback.run_id == run_id, RunFeedback.id == feedback_id
    )
    row = (await session.execute(statement.with_for_update())).scalar_one_or_none()
    return None if row is None else _feedback_of(row)


async def put_feedback(session: AsyncSession, project_id: UUID, feedback: Feedback) -> None:
    """Writes what its author changed."""
    statement = update(RunFeedback).where(
        RunFeedback.project_id == project_id, RunFeedback.id == feedback.id
    )
    await session.execute(
        statement.values(
            rating=feedback.rating,
            score=feedback.score,
            comment=feedback.comment,
            updated_at=feedback.updated_at,
        )
    )


async def delete_feedback(session: AsyncSession, project_id: UUID, feedback_id: UUID) -> None:
    statement = delete(RunFeedback).where(
        RunFeedback.project_id == project_id, RunFeedback.id == feedback_id
    )
    await session.execute(statement)


async def sum_feedback(
    session: AsyncSession, project_id: UUID, run_ids: Sequence[UUID]
) -> dict[UUID, FeedbackSummary]:
    """What was said about each of these runs, in numbers; those without a word are left out."""
    if not run_ids:
        return {}
    statement = (
        select(
            RunFeedback.run_id,
            func.count().filter(RunFeedback.rating == "up"),
            func.count().filter(RunFeedback.rating == "down"),
            func.count(RunFeedback.comment),
            func.count(RunFeedback.score),
            func.avg(RunFeedback.score),
        )
        .where(RunFeedback.project_id == project_id, RunFeedback.run_id.in_(run_ids))
        .group_by(RunFeedback.run_id)
    )
    rows = (await session.execute(statement)).all()
    return {run_id: FeedbackSummary(*numbers) for run_id, *numbers in rows}


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
