"""Usage for charts: a value for every bucket, the first groups and the rest, and percentiles."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fixtures.api import Json, Project
from fixtures.servers import World
from promptops_server.core.db import open_pool, url_of
from promptops_server.kit.ids import Uuid7Source, from_public
from promptops_server.usage.ledger import Ledger
from promptops_server.usage.types import RunRecord, TokenUsage


def _change_of_clocks() -> datetime:
    """Midnight of a day to come on which Berlin puts its clocks forward: a last Sunday of March.

    Hours to come are summed from the ledger itself, whatever the sweeper has done.
    """
    year = datetime.now(UTC).year + 2
    last = datetime(year, 3, 31, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


_SUNDAY = _change_of_clocks()
_NOON = _SUNDAY + timedelta(hours=12)


def _span(days: int, *, before_h: int = 24) -> str:
    since = _SUNDAY - timedelta(hours=before_h)
    until = _SUNDAY - timedelta(days=1) + timedelta(days=days)
    return f"since={since:%Y-%m-%dT%H:00:00Z}&until={until:%Y-%m-%dT%H:00:00Z}"


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


async def _project_id(project: Project) -> UUID:
    found = (await project.api.get("/api/v1/projects")).json["data"][0]
    identifier = from_public("prj", found["id"])
    assert identifier is not None
    return identifier


def _ended(project_id: UUID, moment: datetime, latency_ms: float, **fields: object) -> RunRecord:
    started = moment - timedelta(milliseconds=latency_ms)
    record = RunRecord(
        id=Uuid7Source(lambda: int(started.timestamp() * 1000))(),
        project_id=project_id,
        source="api",
        status="succeeded",
        request_id="req",
        started_at=started,
        ended_at=moment,
        prompt_alias="p",
        provider="scripted",
        model="ok",
        environment="prod",
        tokens=TokenUsage(input=1, output=2),
    )
    for name, value in fields.items():
        setattr(record, name, value)
    return record


async def _write(world: World, runs: list[RunRecord]) -> None:
    pool = await open_pool(url_of(world.settings, "ledger"), "ledger", size=1)
    ledger = Ledger(pool)
    ledger.start()
    for run in runs:
        await ledger.record(run)
    await ledger.close()
    await pool.close()


async def _series(project: Project, query: str) -> Json:
    answer = await project.api.get(f"/api/v1/usage/series?{query}")
    assert answer.status == 200, answer.text
    return answer.json


async def test_every_bucket_has_a_value_and_the_rest_is_one_line(
    world: World, project: Project
) -> None:
    project_id = await _project_id(project)
    runs: list[RunRecord] = []
    for number, (model, count) in enumerate((("a", 3), ("b", 2), ("c", 1), ("d", 1))):
        for _ in range(count):
            moment = _NOON + timedelta(days=number, hours=number)
            runs.append(_ended(project_id, moment, 100, model=model))
    runs[0].status = "failed"
    await _write(world, runs)
    span = _span(6)
    told = await _series(project, f"{span}&by=model&top=2")
    assert [line["model"] for line in told["series"]] == ["scripted/a", "scripted/b", None]
    assert [line["is_rest"] for line in told["series"]] == [False, False, True]
    assert told["series"][0]["points"]["runs"] == [0, 3, 0, 0, 0, 0]
    assert told["series"][0]["points"]["failed"] == [0, 1, 0, 0, 0, 0]
    assert told["series"][2]["points"]["runs"] == [0, 0, 0, 1, 1, 0]
    assert told["points"]["runs"] == [0, 3, 2, 1, 1, 0]
    assert (told["total"]["runs"], told["total"]["output_tokens"]) == (7, 14)
    assert (told["total"]["cost_usd"], told["total"]["unpriced_runs"]) == ("0", 7)
    assert told["points"]["p50_latency_ms"][0] is None
    by_hour = await _series(project, f"{span}&bucket=hour")
    assert by_hour["series"] == []
    assert len(by_hour["buckets"]) == len(by_hour["points"]["runs"]) == 6 * 24
    assert by_hour["points"]["runs"][by_hour["buckets"].index(_told(_NOON))] == 3
    narrowed = await _series(project, f"{span}&model=scripted/a&model=scripted/d")
    assert narrowed["points"]["runs"] == [0, 3, 0, 0, 1, 0]


async def test_a_day_begins_where_its_zone_says_also_when_the_clocks_change(
    world: World, project: Project
) -> None:
    project_id = await _project_id(project)
    # In Berlin this Sunday has 23 hours: from 23:00 to 22:00 UTC.
    moments = [_SUNDAY + timedelta(hours=hour, minutes=30) for hour in (21, 22)]
    await _write(world, [_ended(project_id, moment, 50) for moment in moments])
    told = await _series(project, f"{_span(3, before_h=1)}&timezone=Europe/Berlin")
    assert told["buckets"] == [_told(_SUNDAY + timedelta(hours=hours)) for hours in (-1, 22, 46)]
    assert told["points"]["runs"] == [1, 1, 0]


async def test_times_are_told_as_percentiles(world: World, project: Project) -> None:
    project_id = await _project_id(project)
    runs = [_ended(project_id, _NOON, 10.0 * number) for number in range(1, 101)]
    for run in runs[:50]:
        run.first_token_at = run.started_at + timedelta(milliseconds=40)
    await _write(world, runs)
    told = await _series(project, _span(2, before_h=0))
    assert told["total"]["p50_latency_ms"] == pytest.approx(500, rel=0.1)
    assert told["total"]["p95_latency_ms"] == pytest.approx(950, rel=0.1)
    assert told["total"]["p50_first_token_ms"] == pytest.approx(40, rel=0.2)
    assert told["points"]["p95_latency_ms"] == [told["total"]["p95_latency_ms"]]
    line = (await project.api.get(f"/api/v1/usage?{_span(2, before_h=0)}&group_by=model")).json[
        "data"
    ][0]
    assert line["p95_latency_ms"] == told["total"]["p95_latency_ms"]


@pytest.mark.parametrize(
    "query",
    [
        "bucket=year",
        "by=colour",
        "top=0",
        "timezone=Mars/Olympus",
        "bucket=hour&since=2026-01-01T00:00:00Z&until=2026-02-02T00:00:00Z",
        "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
        "model=%00",
    ],
)
async def test_a_chart_that_cannot_be_drawn_is_refused(project: Project, query: str) -> None:
    answer = await project.api.get(f"/api/v1/usage/series?{query}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
