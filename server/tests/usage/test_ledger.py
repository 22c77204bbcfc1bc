"""The ledger against a real PostgreSQL of its own, which the tests stop and start."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from fixtures.servers import environment_for, settings_from
from promptops_server.core.db import Database, open_pool
from promptops_server.core.errors import InternalError, StorageUnavailable
from promptops_server.core.settings import Settings
from promptops_server.embedded.postgres import running_postgres, temporary_postgres
from promptops_server.embedded.temporary import folder_for_a_test
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import Uuid7Source, new_id
from promptops_server.usage.ledger import Ledger
from promptops_server.usage.repository import ensure_partitions, find_run
from promptops_server.usage.types import RunRecord
from promptops_server.wiring import prepare_installation

_PROJECT = new_id()


def _run(run_id: UUID | None = None, **fields: object) -> RunRecord:
    now = utc_now()
    record = RunRecord(
        id=run_id or new_id(),
        project_id=_PROJECT,
        source="test",
        status="succeeded",
        request_id="req",
        started_at=now,
        ended_at=now,
    )
    for name, value in fields.items():
        setattr(record, name, value)
    return record


@pytest.fixture(scope="module")
async def settings() -> AsyncGenerator[Settings]:
    with folder_for_a_test() as folder:
        async with temporary_postgres() as url:
            made = settings_from(environment_for(folder, url, "unix:///none", ""))
            await prepare_installation(made, with_demo=False)
            yield made


@asynccontextmanager
async def _ledger(settings: Settings) -> AsyncGenerator[Ledger]:
    pool = await open_pool(str(settings.database_url), "ledger", size=2)
    ledger = Ledger(pool)
    ledger.start()
    try:
        yield ledger
    finally:
        await ledger.close()
        await pool.close()


async def _query(settings: Settings, sql: str, *arguments: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(settings.database_url)
    try:
        return await connection.fetch(sql, *arguments)
    finally:
        await connection.close()


async def test_one_refused_row_does_not_take_its_neighbours_along(settings: Settings) -> None:
    runs = [_run() for _ in range(40)]
    # The table's check constraint refuses this status.
    runs[17].status = "no such status"  # pyright: ignore[reportAttributeAccessIssue] # wrong on purpose
    async with _ledger(settings) as ledger:
        results = await asyncio.gather(
            *(ledger.record(run) for run in runs), return_exceptions=True
        )
    refused = [index for index, result in enumerate(results) if result is not None]
    assert refused == [17]
    assert isinstance(results[17], InternalError)
    rows = await _query(
        settings, "SELECT id FROM runs WHERE id = ANY($1)", [run.id for run in runs]
    )
    assert {row["id"] for row in rows} == {run.id for run in runs} - {runs[17].id}


async def test_a_run_recorded_twice_is_one_row(settings: Settings) -> None:
    run = _run(output="first")
    async with _ledger(settings) as ledger:
        await ledger.record(run)
        await ledger.record(_run(run.id, output="second"))
    rows = await _query(settings, "SELECT output FROM runs WHERE id = $1", run.id)
    assert [row["output"] for row in rows] == ["first"]


async def test_what_postgresql_cannot_store_is_made_storable(settings: Settings) -> None:
    hostile = "a\x00b\ud800c \U0001f600 中文"
    run = _run(output=hostile, variables={hostile: [hostile]}, model=hostile)
    async with _ledger(settings) as ledger:
        await ledger.record(run)
    database = Database(settings)
    async with database.transaction(_PROJECT) as session:
        found = await find_run(session, _PROJECT, run.id)
    await database.close()
    clean = "a\ufffdb\ufffdc \U0001f600 中文"
    assert found is not None
    assert (found.output, found.model, found.variables) == (clean, clean, {clean: [clean]})


async def test_the_ledger_role_cannot_read_or_change_what_is_written(settings: Settings) -> None:
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("SET ROLE promptops_ledger")
    for statement in (
        "SELECT output FROM runs",
        "UPDATE runs SET output = ''",
        "SELECT * FROM provider_credentials",
        "CREATE TABLE mine (id int)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_the_app_role_has_no_ddl_and_cannot_rewrite_history(settings: Settings) -> None:
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("SET ROLE promptops_app")
    for statement in (
        "DROP TABLE runs",
        "CREATE TABLE mine (id int)",
        "UPDATE runs SET output = ''",
        "UPDATE releases SET reason = ''",
        "DELETE FROM releases",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def _partition_of(settings: Settings, run_id: UUID) -> str:
    rows = await _query(
        settings, "SELECT tableoid::regclass::text AS t FROM runs WHERE id = $1", run_id
    )
    return str(rows[0]["t"])


def _ids_at(moment: datetime) -> Uuid7Source:
    return Uuid7Source(lambda: int(moment.timestamp() * 1000))


async def test_a_run_across_the_end_of_a_month_is_in_the_month_of_its_start(
    settings: Settings,
) -> None:
    next_month = (utc_now().replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    before = _ids_at(next_month - timedelta(milliseconds=1))()
    after = _ids_at(next_month)()
    async with _ledger(settings) as ledger:
        await ledger.record(_run(before, ended_at=next_month + timedelta(seconds=9)))
        await ledger.record(_run(after))
    this = next_month - timedelta(days=1)
    assert await _partition_of(settings, before) == f"runs_{this:%Y_%m}"
    assert await _partition_of(settings, after) == f"runs_{next_month:%Y_%m}"


async def test_after_a_year_switched_off_the_months_are_there_and_no_run_is_lost(
    settings: Settings,
) -> None:
    # A year from now, the last partition that was made is nine months old.
    later = utc_now() + timedelta(days=365)
    early_run, late_run = _ids_at(later)(), _ids_at(later + timedelta(seconds=1))()
    async with _ledger(settings) as ledger:
        await ledger.record(_run(early_run))
        assert await _partition_of(settings, early_run) == "runs_default"
        pool = await open_pool(str(settings.database_url), "system", size=1)
        made = await ensure_partitions(pool, later, 3)
        assert len(made) == 4
        assert await ensure_partitions(pool, later, 3) == []
        await pool.close()
        await ledger.record(_run(late_run))
    month = f"runs_{later.astimezone(UTC):%Y_%m}"
    assert [await _partition_of(settings, one) for one in (early_run, late_run)] == [month, month]


async def test_while_postgresql_is_away_a_run_waits_and_is_then_committed() -> None:
    with folder_for_a_test() as folder:
        async with running_postgres(folder / "pg") as url:
            settings = settings_from(environment_for(folder, url, "unix:///none", ""))
            await prepare_installation(settings, with_demo=False)
        async with _ledger(settings) as ledger:
            waiting = asyncio.create_task(ledger.record(_run()))
            await asyncio.sleep(0)
            async with running_postgres(folder / "pg"):
                await waiting
                rows = await _query(settings, "SELECT count(*) AS n FROM runs")
                assert rows[0]["n"] == 1


async def test_when_postgresql_stays_away_the_caller_is_told_in_time() -> None:
    settings = settings_from(
        {"PROMPTOPS_DATABASE_URL": "postgresql://promptops@/promptops?host=/nonexistent"}
    )
    async with _ledger(settings) as ledger:
        async with asyncio.timeout(50):
            with pytest.raises(StorageUnavailable):
                await ledger.record(_run())


async def test_a_caller_that_leaves_in_the_middle_of_its_commit_leaves_its_row(
    settings: Settings,
) -> None:
    runs = [_run() for _ in range(30)]
    async with _ledger(settings) as ledger:
        # The first goes through the writer; while runs come one by one, each caller commits.
        await ledger.record(_run())
        for turns, run in enumerate(runs):
            caller = asyncio.create_task(ledger.record(run))
            for _ in range(turns % 6):
                await asyncio.sleep(0)
            caller.cancel()
            await asyncio.wait([caller])
            await ledger.record(_run())
    rows = await _query(
        settings, "SELECT id FROM runs WHERE id = ANY($1)", [run.id for run in runs]
    )
    # Without a turn of the loop the caller had not begun.
    assert {row["id"] for row in rows} == {run.id for n, run in enumerate(runs) if n % 6}
