"""Every SQL statement of usage by the hour."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.core.db import Pool
from promptops_server.usage.hours.histogram import BOUNDS_MS, SIZE
from promptops_server.usage.types import (
    RunFilter,
    UsageBucket,
    UsageDimension,
    UsageFigures,
    UsageGroup,
    UsageLine,
    UsageScope,
)

# The dimensions and the measures of usage, from runs and from whole hours alike.
_DIMENSIONS = (
    *("prompt_id", "prompt_alias", "version_id", "version_num", "provider", "model"),
    *("api_key_id", "source", "environment"),
)
_ALL_DIMENSIONS = ", ".join(_DIMENSIONS)
_SUMMED = (
    *("runs", "failed", "cancelled", "input_tokens", "cached_input_tokens", "output_tokens"),
    *("reasoning_tokens", "cost_usd", "unpriced", "latency_ms"),
)
_HISTOGRAMS = {"latency_histogram": "latency_step", "first_token_histogram": "first_token_step"}
_STEPS = f"'{{{','.join(map(str, BOUNDS_MS))}}}'::float8[]"


def _milliseconds(since: str, until: str) -> str:
    return f"extract(epoch FROM {until} - {since})::float8 * 1000"


def _histogram(step: str) -> str:
    counts = ", ".join(
        f"coalesce(sum(runs) FILTER (WHERE {step} = {n}), 0)::integer" for n in range(SIZE)
    )
    return f"ARRAY[{counts}]::vector"


def _by_hour(hour: str, where: str) -> str:
    """The runs of which `where` is true, summed as rows of usage_hours.

    First by the steps of both histograms, of which there are few, then without them.
    """
    return f"""
    SELECT project_id, hour, {_ALL_DIMENSIONS}, {", ".join(f"sum({n}) AS {n}" for n in _SUMMED)},
      max(last_run_at) AS last_run_at,
      {", ".join(f"{_histogram(step)} AS {name}" for name, step in _HISTOGRAMS.items())}
    FROM (
      SELECT project_id, {hour} AS hour, {_ALL_DIMENSIONS},
        width_bucket({_milliseconds("started_at", "ended_at")}, {_STEPS}) AS latency_step,
        width_bucket({_milliseconds("started_at", "first_token_at")}, {_STEPS}) AS first_token_step,
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
      FROM runs WHERE {where}
      GROUP BY project_id, 2, {_ALL_DIMENSIONS}, latency_step, first_token_step
    ) AS stepped
    GROUP BY project_id, hour, {_ALL_DIMENSIONS}
    """  # noqa: S608 # every part is from this file


_COLUMNS = f"{_ALL_DIMENSIONS}, {', '.join(_SUMMED)}, last_run_at, {', '.join(_HISTOGRAMS)}"
# A run's id begins with the time of its start; none lasts longer than a day.
_OF_THE_HOUR = """
ended_at >= $1 AND ended_at < $1 + interval '1 hour'
AND id >= promptops_first_uuid_at($1 - interval '1 day')
AND id < promptops_first_uuid_at($1 + interval '1 hour')
"""
_ROLL_UP = f"""
INSERT INTO usage_hours (project_id, hour, {_COLUMNS})
SELECT project_id, hour, {_COLUMNS} FROM ({_by_hour("$1::timestamptz", _OF_THE_HOUR)}) AS summed
"""  # noqa: S608 # every part is from this file


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


async def note_sweep(pool: Pool) -> None:
    """Notes that the ledger was put in order now; where another process does so, it is enough."""
    await pool.execute(
        "UPDATE usage_watermark SET swept_at = now() WHERE only_row = "
        "(SELECT only_row FROM usage_watermark FOR UPDATE SKIP LOCKED)"
    )


_GROUPED: dict[UsageGroup, tuple[str, ...]] = {
    "prompt": ("prompt_id", "prompt_alias"),
    "version": ("prompt_id", "prompt_alias", "version_id", "version_num"),
    "model": ("provider", "model"),
    "key": ("api_key_id",),
    "source": ("source",),
    "environment": ("environment",),
    "day": ("day",),
    "hour": ("hour",),
}
_TIMES = {"day": "(hour AT TIME ZONE :timezone)::date", "hour": "hour"}
_OF_THE_PROJECT = """
project_id = :project
AND ended_at >= greatest((SELECT until FROM usage_watermark), :since) AND ended_at < :until
AND id >= promptops_first_uuid_at((SELECT until FROM usage_watermark) - interval '1 day')
"""
_EVERY = f"""
SELECT hour, {_COLUMNS} FROM usage_hours
WHERE project_id = :project AND hour >= :since AND hour < :until
UNION ALL
SELECT hour, {_COLUMNS}
FROM ({_by_hour("date_trunc('hour', ended_at)", _OF_THE_PROJECT)}) AS lately
"""  # noqa: S608 # every part is from this file
_SUMS = ", ".join(
    [
        *(f"sum({name}) AS {name}" for name in _SUMMED),
        "max(last_run_at) AS last_run_at",
        *(f"sum({name})::real[] AS {name}" for name in _HISTOGRAMS),
    ]
)


def _narrowed(wanted: RunFilter) -> tuple[str, dict[str, object]]:
    """The filter as conditions and their values."""
    given = {
        name: list(values)
        for name, values in (
            ("prompt_id", wanted.prompt_ids),
            ("version_id", wanted.version_ids),
            ("api_key_id", wanted.api_key_ids),
            ("source", wanted.sources),
            ("environment", wanted.environments),
        )
        if values
    }
    conditions = [f"{name} = ANY(:{name})" for name in given]
    values: dict[str, object] = dict(given)
    if wanted.models:
        conditions.append(
            "EXISTS (SELECT FROM unnest(CAST(:providers AS text[]), CAST(:models AS text[]))"
            " AS wanted (provider, model) WHERE wanted.provider = every.provider"
            " AND wanted.model IN ('', every.model))"
        )
        values["providers"] = [provider for provider, _ in wanted.models]
        values["models"] = [model for _, model in wanted.models]
    return " AND ".join(["true", *conditions]), values


def _values_of(scope: UsageScope, *, needs_zone: bool) -> dict[str, object]:
    values: dict[str, object] = {
        "project": scope.project_id,
        "since": scope.since,
        "until": scope.until,
    }
    return {**values, "timezone": scope.timezone} if needs_zone else values


async def sum_usage(
    session: AsyncSession, scope: UsageScope, groups: Sequence[UsageGroup], limit: int
) -> list[UsageLine]:
    """Usage by group, the newest time or the dearest first."""
    columns = [column for group in groups for column in _GROUPED[group]]
    chosen = ", ".join(f"{_TIMES[name]} AS {name}" if name in _TIMES else name for name in columns)
    times = [f"{name} DESC" for name in groups if name in _TIMES]
    order = ", ".join([*(times or ["cost_usd DESC"]), "runs DESC"])
    condition, given = _narrowed(scope.wanted)
    group_by = ", ".join(str(n + 1) for n in range(len(columns)))
    statement = text(f"""
        SELECT {chosen}, {_SUMS} FROM ({_EVERY}) AS every WHERE {condition}
        GROUP BY {group_by} ORDER BY {order} LIMIT :limit
    """)  # noqa: S608 # every part is from the tables above
    values = {**_values_of(scope, needs_zone="day" in groups), **given, "limit": limit}
    rows = (await session.execute(statement, values)).mappings().all()
    return [UsageLine({name: row[name] for name in columns}, _figures(row)) for row in rows]


_SERIES_KEYS: dict[UsageDimension, str] = {
    "prompt": "prompt_id",
    "version": "version_id",
    "model": "provider || '/' || model",
    "key": "api_key_id",
    "source": "source",
    "environment": "environment",
}
_IDS = ("prompt_id", "version_id", "api_key_id")


def _any_of(column: str) -> str:
    # Where a group was renamed meanwhile, one name stands for all.
    return f"max({column}::text)::uuid" if column in _IDS else f"max({column})"


async def sum_series(
    session: AsyncSession,
    scope: UsageScope,
    bucket: UsageBucket,
    dimension: UsageDimension | None,
    *,
    top: int,
    by_cost: bool,
) -> list[tuple[dict[str, Any] | None, date | datetime, UsageFigures]]:
    """Usage by time and by the `top` groups of a dimension; what is beyond them is one group.

    Each entry has its group's columns, None for the rest, and the beginning of its time. Without
    a dimension there is one group without columns.
    """
    key = "NULL" if dimension is None else _SERIES_KEYS[dimension]
    columns = () if dimension is None else _GROUPED[dimension]
    names = "".join(f", {_any_of(name)} AS {name}" for name in columns)
    of_top = "".join(f", top.{name}" for name in columns)
    order = "sum(cost_usd) DESC, sum(runs) DESC" if by_cost else "sum(runs) DESC"
    sums = ", ".join(f"sum({name}) AS {name}" for name in (*_SUMMED, *_HISTOGRAMS))
    condition, given = _narrowed(scope.wanted)
    statement = text(f"""
        WITH grouped AS MATERIALIZED (
          SELECT coalesce(({key})::text, '') AS key{names}, {_TIMES[bucket]} AS bucket,
            {sums}, max(last_run_at) AS last_run_at
          FROM ({_EVERY}) AS every WHERE {condition} GROUP BY 1, bucket
        ),
        top AS (
          SELECT key{names}, row_number() OVER (ORDER BY {order}, key) AS place FROM grouped
          GROUP BY key ORDER BY place LIMIT :top
        )
        SELECT top.place{of_top}, bucket, {_SUMS} FROM grouped LEFT JOIN top USING (key)
        GROUP BY top.place{of_top}, bucket ORDER BY top.place NULLS LAST, bucket
    """)  # noqa: S608 # every part is from the tables above
    values = {**_values_of(scope, needs_zone=bucket == "day"), **given, "top": top}
    rows = (await session.execute(statement, values)).mappings().all()
    return [
        (
            None if row["place"] is None else {name: row[name] for name in columns},
            row["bucket"],
            _figures(row),
        )
        for row in rows
    ]


_COUNTS = tuple(
    field.name for field in fields(UsageFigures) if field.type is int or field.type == "int"
)


def _figures(row: Any) -> UsageFigures:
    counts = {name: int(row[name]) for name in _COUNTS}
    return UsageFigures(
        **counts,
        cost_usd=Decimal(row["cost_usd"]),
        latency_ms=float(row["latency_ms"]),
        last_run_at=row["last_run_at"],
        latency_histogram=cast("list[float] | None", row["latency_histogram"]),
        first_token_histogram=cast("list[float] | None", row["first_token_histogram"]),
    )
