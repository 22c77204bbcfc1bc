"""A full ledger: the first page of every filter and every chart are found by indexes.

What is asserted is the plan and how many pages it reads, never how long that takes.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncSession

from fixtures.servers import environment_for, settings_from
from promptops_server.core.db import Database, open_pool
from promptops_server.embedded.postgres import temporary_postgres
from promptops_server.embedded.temporary import folder_for_a_test
from promptops_server.kit.ids import first_id_at
from promptops_server.usage.hours.repository import roll_up_one_hour, sum_series, sum_usage
from promptops_server.usage.repository import list_runs
from promptops_server.usage.types import RunFilter, UsageDimension, UsageScope
from promptops_server.wiring import prepare_installation

_PROJECT = UUID(int=1)
_OTHER = UUID(int=2)
_PAGE = 20
# How many pages of the disk a filter may read, as a multiple of those of the page without one.
_TIMES = 10


def _id(kind: int, number: int) -> UUID:
    return UUID(int=kind << 64 | number)


_NINTH = UUID("00000000-0000-0003-0000-000000000009")
# One run every so often, for some days until now; of ten one is another project's. What is rare
# (by %) is so rare that a page of it is not found by walking through all runs.
_FILL = """
INSERT INTO runs (id, project_id, source, status, prompt_id, prompt_alias, version_id, version_num,
  environment, api_key_id, provider, model, messages, output, attempts, input_tokens, output_tokens,
  cost_usd, error, user_ref, session_ref, metadata, request_id, started_at, first_token_at,
  ended_at)
SELECT promptops_first_uuid_at(at), CASE WHEN n % 10 = 3 THEN $2::uuid ELSE $1::uuid END,
  CASE WHEN n % 40 = 7 THEN 'playground' WHEN n % 30011 = 5 THEN 'test' ELSE 'api' END,
  CASE WHEN n % 50 = 9 THEN 'failed' WHEN n % 9001 = 1 THEN 'cancelled' ELSE 'succeeded' END,
  ('00000000-0000-0003-0000-' || lpad((CASE WHEN n % 30011 = 1 THEN 99 ELSE n % 20 END)::text, 12,
    '0'))::uuid, 'p' || n % 20,
  ('00000000-0000-0004-0000-' || lpad((CASE WHEN n % 30011 = 1 THEN 99 ELSE n % 40 END)::text, 12,
    '0'))::uuid, '1.0.' || n % 2,
  CASE WHEN n % 20 = 1 THEN 'staging' WHEN n % 30011 = 2 THEN 'canary' ELSE 'prod' END,
  ('00000000-0000-0005-0000-' || lpad((CASE WHEN n % 30011 = 4 THEN 99 ELSE n % 8 END)::text, 12,
    '0'))::uuid, 'openai',
  CASE WHEN n % 30011 = 6 THEN 'rare' ELSE 'm' || n % 4 END,
  jsonb_build_array(jsonb_build_object('role', 'user', 'content', repeat(md5(n::text), 20))),
  repeat(md5(n::text), 20), '[]', 100, 100, 0.001,
  CASE WHEN n % 50 = 9 THEN jsonb_build_object('code',
    CASE WHEN n % 5000 = 9 THEN 'rare_code' ELSE 'provider_timeout' END, 'detail', 'x') END,
  'user-' || n % 5003, 'session-' || n / 10, jsonb_build_object('plan', 'plan-' || n % 3001), 'req',
  at, at + interval '200 ms', at + interval '900 ms'
FROM generate_series(1, $3::int) AS n,
  LATERAL (SELECT now() - make_interval(days => $4) + n * make_interval(secs => $5) AS at) AS moment
"""
_SAY = """
INSERT INTO run_feedback (id, project_id, run_id, rating, score, comment, author_kind, author_id,
  created_at)
SELECT gen_random_uuid(), project_id, id,
  CASE WHEN n % 500 = 0 THEN 'down' WHEN n % 100 = 0 THEN 'up' END, (n / 100 % 10) / 10.0,
  CASE WHEN n % 700 = 0 THEN 'so' END, 'user', $1, now()
FROM (SELECT id, project_id, row_number() OVER (ORDER BY id) AS n FROM runs) AS numbered
WHERE n % 100 = 0
"""
_FILTERS: dict[str, RunFilter] = {
    "common-prompt": RunFilter(prompt_ids=(UUID("00000000-0000-0003-0000-000000000001"),)),
    "rare-prompt": RunFilter(prompt_ids=(UUID("00000000-0000-0003-0000-000000000099"),)),
    "rare-version": RunFilter(version_ids=(UUID("00000000-0000-0004-0000-000000000099"),)),
    "prod": RunFilter(environments=("prod",)),
    "staging": RunFilter(environments=("staging",)),
    "rare-environment": RunFilter(environments=("canary",)),
    "no-environment": RunFilter(environments=("none",)),
    "failed": RunFilter(statuses=("failed",)),
    "failed-or-cancelled": RunFilter(statuses=("failed", "cancelled")),
    "code": RunFilter(codes=("provider_timeout",)),
    "rare-code": RunFilter(codes=("rare_code",)),
    "no-code": RunFilter(codes=("none",)),
    "api": RunFilter(sources=("api",)),
    "playground": RunFilter(sources=("playground",)),
    "rare-source": RunFilter(sources=("test",)),
    "model": RunFilter(models=(("openai", "m1"),)),
    "rare-model": RunFilter(models=(("openai", "rare"),)),
    "no-model": RunFilter(models=(("openai", "none"),)),
    "rare-key": RunFilter(api_key_ids=(UUID("00000000-0000-0005-0000-000000000099"),)),
    "no-key": RunFilter(api_key_ids=(_id(9, 9),)),
    "user": RunFilter(users=("user-7",)),
    "two-users": RunFilter(users=("user-7", "user-8")),
    "session": RunFilter(sessions=("session-77",)),
    "up": RunFilter(ratings=("up",)),
    "up-or-down": RunFilter(ratings=("up", "down")),
    "down": RunFilter(ratings=("down",)),
    "score": RunFilter(min_score=0.1, max_score=0.5),
    "comment": RunFilter(has_comment=True),
    "no-comment": RunFilter(has_comment=False),
    "of-a-prompt-failed": RunFilter(prompt_ids=(_NINTH,), statuses=("failed",)),
}


@dataclass(frozen=True)
class Ledger:
    """A full ledger, and how it is asked."""

    database: Database
    url: str
    rows: int
    days: int
    full: frozenset[str]
    since: datetime
    until: datetime


async def _filled(url: str, rows: int, days: int) -> Ledger:
    with folder_for_a_test() as folder:
        settings = settings_from(environment_for(folder, url, "unix:///none", ""))
        await prepare_installation(settings, with_demo=False)
    connection = await asyncpg.connect(url)
    for identifier, name in ((_PROJECT, "a"), (_OTHER, "b")):
        await connection.execute(
            "INSERT INTO projects (id, name, slug, created_at) VALUES ($1, $2, $2, now())",
            identifier,
            name,
        )
    await connection.fetch("SELECT promptops_ensure_run_partitions(now() - interval '32 days', 2)")
    step_s = days * 86_400 / rows
    await connection.execute(_FILL, _PROJECT, _OTHER, rows, days, step_s, timeout=900)
    await connection.execute(_SAY, _id(6, 1), timeout=300)
    await connection.execute("VACUUM (ANALYZE) runs", timeout=300)
    await connection.execute("VACUUM (ANALYZE) run_feedback")
    await connection.execute(
        "UPDATE usage_watermark SET until = "
        "date_trunc('hour', now() - make_interval(days => $1) - interval '1 hour')",
        days,
    )
    full = await connection.fetch(
        "SELECT relid::regclass::text AS name FROM pg_partition_tree('runs') "
        "WHERE isleaf AND pg_relation_size(relid) > 0"
    )
    await connection.close()
    pool = await open_pool(url, "system", size=1)
    while await roll_up_one_hour(pool, 900):
        pass
    await pool.close()
    connection = await asyncpg.connect(url)
    await connection.execute("VACUUM (ANALYZE) usage_hours")
    await connection.close()
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    names = frozenset(str(row["name"]) for row in full)
    since = until - timedelta(days=days)
    return Ledger(Database(settings), url, rows, days, names, since, until)


@pytest.fixture(
    scope="module",
    params=[
        (60_000, 10),
        pytest.param((1_000_000, 30), marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
    ids=["small", "full"],
)
async def ledger(request: pytest.FixtureRequest) -> AsyncGenerator[Ledger]:
    async with temporary_postgres() as url:
        filled = await _filled(url, *request.param)
        yield filled
        await filled.database.close()


async def _plans(
    ledger: Ledger, ask: Callable[[AsyncSession], Awaitable[Sequence[object]]]
) -> tuple[list[dict[str, Any]], int]:
    """The plans of what is asked of the runs, as they were carried out; and how many were found."""
    asked: list[tuple[str, Any]] = []

    def remember(*seen: Any) -> None:
        asked.append((seen[2], seen[3]))

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        async with ledger.database.transaction(_PROJECT) as session:
            found = await ask(session)
    finally:
        event.remove(Engine, "before_cursor_execute", remember)
    connection = await asyncpg.connect(ledger.url)
    await connection.execute("SET ROLE promptops_app")
    plans: list[dict[str, Any]] = []
    async with connection.transaction():
        for statement, parameters in asked:
            if statement.startswith("SET LOCAL"):
                await connection.execute(statement)
            elif any(name in statement for name in ("runs.id", "usage_hours", "run_feedback")):
                explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
                told = await connection.fetchval(explain, *parameters)
                plans.append(orjson.loads(told)[0]["Plan"])
    await connection.close()
    assert plans
    return plans, len(found)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _pages(plans: Sequence[dict[str, Any]]) -> int:
    return sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)


def _assert_by_index(ledger: Ledger, plans: Sequence[dict[str, Any]]) -> None:
    for plan in plans:
        read_whole = [
            node["Relation Name"]
            for node in _nodes(plan)
            if node["Node Type"].endswith("Seq Scan") and node["Relation Name"] in ledger.full
        ]
        assert not read_whole


async def _page(ledger: Ledger, wanted: RunFilter) -> tuple[list[dict[str, Any]], int]:
    return await _plans(ledger, lambda session: list_runs(session, _PROJECT, wanted, None, _PAGE))


@pytest.mark.parametrize("name", _FILTERS)
async def test_the_first_page_of_a_filter_is_found_by_an_index(ledger: Ledger, name: str) -> None:
    base, found = await _page(ledger, RunFilter())
    assert found == _PAGE + 1
    plans, found = await _page(ledger, _FILTERS[name])
    assert (found > 0) == (not name.startswith("no-") or name == "no-comment")
    _assert_by_index(ledger, plans)
    assert _pages(plans) <= _TIMES * _pages(base)


async def test_metadata_reads_the_runs_that_bear_it_and_no_others(ledger: Ledger) -> None:
    plans, found = await _page(ledger, RunFilter(metadata={"plan": "plan-7"}))
    assert found
    _assert_by_index(ledger, plans)
    # Its index knows no order: every run with this entry is read, and the newest are shown.
    assert _pages(plans) <= 2 * ledger.rows / 3001 + 100


async def test_a_page_in_the_middle_and_a_time_are_found_by_an_index(ledger: Ledger) -> None:
    middle = ledger.until - timedelta(days=ledger.days / 2)
    place = int(middle.timestamp() * 1000)
    base, _ = await _page(ledger, RunFilter())
    for wanted, after in (
        (RunFilter(statuses=("failed",)), first_id_at(place)),
        (RunFilter(until_ms=place, users=("user-7",)), None),
        (RunFilter(since_ms=place - 86_400_000, until_ms=place, min_latency_ms=100), None),
        (RunFilter(since_ms=place, min_score=0.1), None),
        (RunFilter(since_ms=place, ratings=("down",)), None),
    ):
        plans, found = await _plans(
            ledger,
            lambda session, wanted=wanted, after=after: list_runs(
                session, _PROJECT, wanted, after, _PAGE
            ),
        )
        assert found
        _assert_by_index(ledger, plans)
        assert _pages(plans) <= _TIMES * _pages(base)


async def test_what_is_slow_or_dear_in_a_time_reads_that_time_alone(ledger: Ledger) -> None:
    until = int(ledger.until.timestamp() * 1000)
    wanted = RunFilter(since_ms=until - 86_400_000, until_ms=until, min_cost_usd=Decimal(9))
    plans, found = await _page(ledger, wanted)
    assert found == 0
    _assert_by_index(ledger, plans)
    read = sum(
        node.get("Rows Removed by Filter", 0) + node["Actual Rows"] for node in _nodes(plans[0])
    )
    assert read <= 1.2 * ledger.rows / ledger.days


@pytest.mark.parametrize("by", [None, "prompt", "version", "model", "key", "source", "environment"])
@pytest.mark.parametrize("bucket", ["hour", "day"])
async def test_a_chart_reads_hours_and_the_newest_runs(
    ledger: Ledger, by: UsageDimension | None, bucket: Any
) -> None:
    scope = UsageScope(_PROJECT, ledger.since, ledger.until, "Europe/Berlin", RunFilter())
    plans, found = await _plans(
        ledger,
        lambda session: sum_series(session, scope, bucket, by, top=8, by_cost=True),
    )
    assert found >= ledger.days
    _assert_by_index(ledger, plans)
    _assert_few_runs(ledger, plans)


async def test_a_table_reads_hours_and_the_newest_runs(ledger: Ledger) -> None:
    wanted = RunFilter(models=(("openai", "m1"),), environments=("prod", "staging"))
    scope = UsageScope(_PROJECT, ledger.since, ledger.until, "UTC", wanted)
    plans, found = await _plans(
        ledger, lambda session: sum_usage(session, scope, ["prompt", "day"], 100)
    )
    assert found >= ledger.days
    _assert_by_index(ledger, plans)
    _assert_few_runs(ledger, plans)


def _assert_few_runs(ledger: Ledger, plans: Sequence[dict[str, Any]]) -> None:
    """Of the runs no more are read than of the days whose hours are not all summed yet."""
    read = sum(
        (
            node["Actual Rows"]
            + node.get("Rows Removed by Index Recheck", 0)
            + node.get("Rows Removed by Filter", 0)
        )
        * node["Actual Loops"]
        for plan in plans
        for node in _nodes(plan)
        if node.get("Relation Name") in ledger.full
    )
    assert read <= 2.5 * ledger.rows / ledger.days
