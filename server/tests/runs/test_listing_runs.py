"""The list of runs: its rows, its filters, and runs that have not ended."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from fixtures.api import Json, Project, made
from fixtures.waiting import eventually


@pytest.fixture
async def scripted(project: Project) -> Project:
    await project.add_provider()
    await project.prompt("hello", "Say {{ word }}", model="scripted/echo")
    return project


async def _run(project: Project, alias: str = "hello", **fields: object) -> str:
    answer = await project.api.run(alias, {"word": "x"}, **fields)
    return answer.json["run_id"]


async def _list(project: Project, query: str = "") -> list[Json]:
    answer = await project.api.get(f"/api/v1/runs?{query}")
    assert answer.status == 200, answer.text
    return answer.json["data"]


async def _ids(project: Project, query: str) -> list[str]:
    return [run["id"] for run in await _list(project, query)]


async def test_a_row_says_all_that_a_table_shows(scripted: Project) -> None:
    key = await scripted.key("run")
    body = {"variables": {"word": "two words"}, "user": "u1", "session": "s1"}
    run_id = (await made(await key.post("/api/v1/run/hello", body), 200))["run_id"]
    for said in ({"rating": "up"}, {"rating": "up", "score": 1}, {"score": 0, "comment": "so"}):
        await made(await scripted.api.post(f"/api/v1/runs/{run_id}/feedback", said))
    rename = await scripted.api.send("PATCH", "/api/v1/prompts/hello", body={"name": "Greet/Hello"})
    prompt = await made(rename, 200)
    (row,) = await _list(scripted)
    assert (row["id"], row["prompt"], row["prompt_id"]) == (run_id, "hello", prompt["id"])
    assert (row["prompt_name"], row["api_key_name"]) == ("Greet/Hello", "test")
    assert (row["user"], row["session"], row["version"]) == ("u1", "s1", "1.0.0")
    assert row["version_id"].startswith("ver_")
    assert row["ended_at"] > row["started_at"]
    assert row["feedback"] == {
        "up": 2,
        "down": 0,
        "comments": 1,
        "scores": 2,
        "average_score": 0.5,
    }
    one = (await scripted.api.get(f"/api/v1/runs/{run_id}")).json
    assert {name: one[name] for name in row} == row


async def test_runs_are_found_by_one_of_several_values(scripted: Project) -> None:
    await scripted.prompt("failing", model="scripted/401")
    good = [await _run(scripted, user="a"), await _run(scripted, user="b")]
    failed = await scripted.api.run("failing")
    bad = failed.json["run_id"]
    assert await _ids(scripted, "user=a&user=b") == good[::-1]
    assert await _ids(scripted, "user=b&user=c") == [good[1]]
    assert await _ids(scripted, "prompt=hello&prompt=failing") == [bad, *good[::-1]]
    assert await _ids(scripted, "status=failed&status=cancelled") == [bad]
    assert await _ids(scripted, f"code={failed.json['code']}&code=none") == [bad]
    assert await _ids(scripted, "code=none") == []
    assert await _ids(scripted, "model=scripted/echo") == good[::-1]
    assert await _ids(scripted, "model=scripted/401&model=scripted/none") == [bad]
    assert len(await _ids(scripted, "model=scripted")) == 3
    assert await _ids(scripted, "environment=prod&environment=staging&source=api&limit=1") == [bad]
    row = (await _list(scripted, "limit=1&user=a"))[0]
    assert (
        await _ids(scripted, f"version={row['version_id']}&key={row['api_key_id']}") == good[::-1]
    )


async def test_slow_and_dear_runs_are_found_within_a_time(scripted: Project) -> None:
    price = {
        "provider": "scripted",
        "model": "echo",
        "prices": {"input": "1000", "output": "1000"},
    }
    assert (await scripted.api.send("PUT", "/api/v1/prices", body=price)).status < 300
    run_id = await _run(scripted)
    since = "since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z"
    for query in ("min_latency_ms=0", "min_cost_usd=0"):
        answer = await scripted.api.get(f"/api/v1/runs?{query}")
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "#/query/since")
        assert await _ids(scripted, f"{query}&{since}") == []
    (row,) = await _list(scripted)
    since = f"since={datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert await _ids(scripted, f"{since}&min_latency_ms={row['latency_ms'] - 1}") == [run_id]
    assert await _ids(scripted, f"{since}&min_latency_ms={row['latency_ms'] + 1}") == []
    cost = row["usage"]["cost_usd"]
    assert float(cost) > 0
    assert await _ids(scripted, f"{since}&min_cost_usd={cost}") == [run_id]
    assert await _ids(scripted, f"{since}&min_cost_usd=10") == []


async def test_runs_are_found_by_what_was_said_about_them(scripted: Project) -> None:
    runs = [await _run(scripted) for _ in range(5)]
    said: list[Json] = [
        {"rating": "up", "score": 1},
        {"rating": "down", "comment": "no"},
        {"score": 0.5},
        {"comment": "fine"},
    ]
    for run_id, body in zip(runs, said, strict=False):
        # Said twice, and listed once.
        for _ in range(2):
            await made(await scripted.api.post(f"/api/v1/runs/{run_id}/feedback", body))
    assert await _ids(scripted, "rating=up") == [runs[0]]
    assert await _ids(scripted, "rating=up&rating=down") == [runs[1], runs[0]]
    assert await _ids(scripted, "min_score=0.5") == [runs[2], runs[0]]
    assert await _ids(scripted, "min_score=0.4&max_score=0.6") == [runs[2]]
    assert await _ids(scripted, "max_score=-1") == []
    assert await _ids(scripted, "has_comment=true") == [runs[3], runs[1]]
    assert await _ids(scripted, "has_comment=false") == [runs[4], runs[2], runs[0]]
    assert await _ids(scripted, "rating=down&has_comment=true&prompt=hello") == [runs[1]]
    first = (await scripted.api.get("/api/v1/runs?has_comment=true&limit=1")).json
    assert [run["id"] for run in first["data"]] == [runs[3]]
    cursor = first["next_cursor"]
    assert await _ids(scripted, f"has_comment=true&limit=1&cursor={cursor}") == [runs[1]]


async def test_running_runs_are_listed_until_they_have_ended(scripted: Project) -> None:
    await scripted.prompt("silent", model="scripted/silent")
    ended = await _run(scripted)
    body: Json = {"variables": {}, "user": "u1", "session": "s1", "stream": True}
    plain = asyncio.create_task(scripted.api.send("POST", "/api/v1/run/silent", body=body))
    queued = await scripted.api.send(
        "POST", "/api/v1/run/silent", body=body, headers={"Prefer": "respond-async"}
    )
    survives = queued.json["run_id"]

    async def both() -> list[Json]:
        found = await _list(scripted, "status=running&prompt=silent&user=u1")
        return found if len(found) == 2 else []

    rows, _ = await eventually(both, 10)
    for row in rows:
        assert (row["status"], row["prompt"], row["version"]) == ("running", "silent", "1.0.0")
        assert (row["prompt_name"], row["session"], row["latency_ms"]) == ("silent", "s1", None)
        one = (await scripted.api.get(f"/api/v1/runs/{row['id']}")).json
        assert {name: one[name] for name in row} == row
    assert survives in {row["id"] for row in rows}
    # By themselves, among those that have ended, and not where nobody asks for them.
    assert len(await _list(scripted, "status=running&prompt=hello")) == 0
    assert len(await _list(scripted, "status=running&status=succeeded")) == 3
    assert await _ids(scripted, "") == [ended]
    assert await _list(scripted, "status=running&code=internal") == []
    page = (await scripted.api.get("/api/v1/runs?status=running&limit=1")).json
    assert page["has_more"]
    rest = await _ids(scripted, f"status=running&limit=1&cursor={page['next_cursor']}")
    assert [page["data"][0]["id"], *rest] == [row["id"] for row in rows]
    for row in rows:
        assert (await scripted.api.send("DELETE", f"/api/v1/runs/{row['id']}")).status == 202
    await plain

    async def none() -> bool:
        return not await _list(scripted, "status=running&status=queued")

    await eventually(none, 10)
    assert set(await _ids(scripted, "status=cancelled")) == {row["id"] for row in rows}


@pytest.mark.parametrize(
    "query",
    [
        "status=asleep",
        "version=x",
        "key=x",
        "rating=sideways",
        "min_score=NaN",
        "min_latency_ms=-1",
        "has_comment=perhaps",
        "metadata=x",
        "nothing=1",
        "&".join(f"user=u{number}" for number in range(21)),
    ],
)
async def test_a_filter_that_is_none_is_refused(project: Project, query: str) -> None:
    answer = await project.api.get(f"/api/v1/runs?{query}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
