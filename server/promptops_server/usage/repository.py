"""Every SQL statement of usage."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from promptops_server.core.db import Pool, PooledConnection
from promptops_server.core.scoping import of_project, page_of
from promptops_server.kit.ids import first_id_at
from promptops_server.kit.text import storable, storable_json
from promptops_server.usage.models import Run
from promptops_server.usage.types import RunFilter, RunRecord, TokenUsage

_INSERT = """
INSERT INTO runs (
  id, project_id, source, status, request_id, started_at, ended_at, first_token_at,
  prompt_id, prompt_alias, version_id, version_num, environment, api_key_id,
  provider_id, provider, model, parameters, variables, messages, output, tool_calls,
  finish_reason, attempts, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
  cost_usd, error, user_ref, session_ref, metadata
) VALUES (
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
  $18::text::jsonb, $19::text::jsonb, $20::text::jsonb, $21, $22::text::jsonb, $23,
  $24::text::jsonb, $25, $26, $27, $28, $29, $30::text::jsonb, $31, $32, $33::text::jsonb
) ON CONFLICT (id) DO NOTHING
"""


def _json(value: object) -> str | None:
    return None if value is None else orjson.dumps(storable_json(value)).decode()


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
    )


async def insert_runs(connection: PooledConnection, rows: Sequence[tuple[object, ...]]) -> None:
    """Inserts the rows in one transaction, skipping those whose id is there already."""
    await connection.executemany(_INSERT, rows)


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
    for column, value in (
        (Run.prompt_id, wanted.prompt_id),
        (Run.environment, wanted.environment),
        (Run.status, wanted.status),
        (Run.source, wanted.source),
        (Run.provider, wanted.provider),
        (Run.model, wanted.model),
        (Run.api_key_id, wanted.api_key_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
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
    *("user_ref", "session_ref"),
    *_TOKENS,
)
_IN_FULL = (
    *("parameters", "variables", "messages", "output", "tool_calls", "attempts", "run_metadata"),
)
