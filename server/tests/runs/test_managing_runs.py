"""Feedback, deletion, what is kept of a run, and what runs used."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from fixtures.api import Json, Project, made
from fixtures.people import People, member
from fixtures.servers import World
from promptops_server.access.types import Role
from promptops_server.core.db import open_pool, url_of
from promptops_server.kit.ids import from_public
from promptops_server.usage.hours.repository import roll_up_one_hour
from promptops_server.usage.retention.repository import delete_expired
from promptops_server.usage.sweeper import LedgerSweeper


@pytest.fixture
async def scripted(project: Project) -> Project:
    await project.add_provider()
    await project.prompt("hello", "Say {{ word }}", model="scripted/echo")
    return project


async def _run(project: Project, word: str = "canary-word", **fields: object) -> str:
    answer = await project.api.run("hello", {"word": word}, **fields)
    assert answer.status == 200, answer.text
    return answer.json["run_id"]


async def test_feedback_is_kept_beside_the_run(scripted: Project) -> None:
    run_id = await _run(scripted)
    path = f"/api/v1/runs/{run_id}/feedback"
    await made(await scripted.api.post(path, {"rating": "up", "comment": "好"}))
    await made(await scripted.api.post(path, {"score": 0.5}))
    found = (await scripted.api.get(path)).json["data"]
    assert [(f["rating"], f["score"], f["comment"]) for f in found] == [
        ("up", None, "好"),
        (None, 0.5, None),
    ]
    for body in ({}, {"rating": "sideways"}, {"score": "x"}, {"comment": ""}):
        assert (await scripted.api.post(path, body)).status == 422
    unknown = "/api/v1/runs/run_00000000000000000000000000/feedback"
    assert (await scripted.api.post(unknown, {"score": 1})).status == 404


async def test_feedback_is_changed_and_withdrawn_by_who_gave_it(
    scripted: Project, people: People
) -> None:
    run_id = await _run(scripted)
    path = f"/api/v1/runs/{run_id}/feedback"
    runner = await member(people, scripted, Role.RUNNER)
    mine = await made(await runner.send("POST", path, {"rating": "up", "comment": "well"}))
    assert (mine["author_name"], mine["is_own"], mine["updated_at"]) == ("Ada", True, None)
    by_key = await made(await scripted.api.post(path, {"score": 1}))
    assert (by_key["author_name"], by_key["author_kind"]) == (None, "api_key")
    (seen, other) = (await runner.send("GET", path)).json["data"]
    assert (seen["is_own"], other["is_own"]) == (True, False)
    own = f"{path}/{mine['id']}"
    changed = await made(await runner.send("PATCH", own, {"rating": "down", "comment": None}), 200)
    assert (changed["rating"], changed["comment"]) == ("down", None)
    assert changed["updated_at"] > changed["created_at"]
    # Nothing is left of it, or it is somebody else's, or of another run.
    assert (await runner.send("PATCH", own, {"rating": None})).status == 422
    assert (await runner.send("PATCH", own, {"colour": 1})).status == 422
    for answer in (
        await scripted.api.send("PATCH", own, body={"rating": "up"}),
        await scripted.api.send("DELETE", own),
        await runner.send("DELETE", f"{path}/{by_key['id']}"),
        await runner.send("DELETE", f"/api/v1/runs/{await _run(scripted)}/feedback/{mine['id']}"),
        await runner.send("DELETE", f"{path}/nothing"),
    ):
        assert (answer.status, answer.json["code"]) == (404, "feedback_not_found")
    assert (await runner.send("DELETE", own)).status == 204
    assert [one["id"] for one in (await runner.send("GET", path)).json["data"]] == [by_key["id"]]
    run = (await scripted.api.get(f"/api/v1/runs/{run_id}")).json
    assert (run["feedback"]["up"], run["feedback"]["down"], run["feedback"]["scores"]) == (0, 0, 1)
    viewer = await member(people, scripted, Role.VIEWER)
    assert (await viewer.send("POST", path, {"rating": "up"})).status == 403


async def test_one_run_and_all_runs_of_a_user_are_deleted(scripted: Project) -> None:
    kept, first = await _run(scripted), await _run(scripted)
    of_user = [await _run(scripted, user="u1") for _ in range(2)]
    await made(await scripted.api.post(f"/api/v1/runs/{of_user[0]}/feedback", {"score": 1}))
    gone = await scripted.api.send("DELETE", f"/api/v1/runs/{first}/record")
    assert gone.status == 204
    assert (await scripted.api.get(f"/api/v1/runs/{first}")).status == 404
    assert (await scripted.api.send("DELETE", f"/api/v1/runs/{first}/record")).status == 404
    answer = await scripted.api.send("DELETE", "/api/v1/runs?user=u1")
    assert answer.json == {"deleted": 2}
    assert [run["id"] for run in (await scripted.api.get("/api/v1/runs")).json["data"]] == [kept]
    reader = await scripted.key("read")
    assert (await reader.send("DELETE", "/api/v1/runs?user=u1")).status == 403


async def test_a_project_that_keeps_no_texts_keeps_the_rest(
    world: World, scripted: Project
) -> None:
    settings = {"store": "metadata", "retention_days": None}
    put = await scripted.api.send("PUT", "/api/v1/run-settings", body=settings)
    assert put.json == settings
    assert (await scripted.api.get("/api/v1/run-settings")).json == settings
    headers = {"Idempotency-Key": "k"}
    body = {"variables": {"word": "canary-word"}}
    answer = await scripted.api.send("POST", "/api/v1/run/hello", body=body, headers=headers)
    run_id = answer.json["run_id"]
    assert answer.json["output"] == "Say canary-word"
    run = (await scripted.api.get(f"/api/v1/runs/{run_id}")).json
    assert run["variables"] is run["messages"] is run["output"] is None
    assert run["usage"]["output_tokens"] == 2
    connection = await asyncpg.connect(str(world.settings.database_url))
    identifier = from_public("run", run_id)
    rows = await connection.fetch(
        "SELECT runs::text AS run, work::text AS work FROM runs JOIN work USING (id) WHERE id = $1",
        identifier,
    )
    await connection.close()
    assert len(rows) == 1
    assert "canary-word" not in rows[0]["run"] + rows[0]["work"]
    again = await scripted.api.send("POST", "/api/v1/run/hello", body=body, headers=headers)
    assert (again.status, again.json["code"]) == (410, "output_not_stored")


async def test_what_is_older_than_a_project_keeps_is_deleted(
    world: World, scripted: Project
) -> None:
    old, new = await _run(scripted), await _run(scripted)
    body = {"store": "full", "retention_days": 7}
    assert (await scripted.api.send("PUT", "/api/v1/run-settings", body=body)).status == 200
    connection = await asyncpg.connect(str(world.settings.database_url))
    # The same row as it would be had it been written eight days ago: its id bears its time.
    await connection.execute(
        "UPDATE runs SET id = overlay(id::text placing "
        "left(promptops_first_uuid_at(now() - interval '8 days')::text, 13) from 1 for 13)::uuid "
        "WHERE id = $1",
        from_public("run", old),
    )
    await connection.close()
    project_id = from_public(
        "prj", (await scripted.api.get("/api/v1/projects")).json["data"][0]["id"]
    )
    pool = await open_pool(url_of(world.settings, "system"), "system", size=1)
    await LedgerSweeper(pool).sweep()
    assert await delete_expired(pool, 100) == {}
    await pool.close()
    connection = await asyncpg.connect(str(world.settings.database_url))
    told = await connection.fetch(
        "SELECT action, actor_kind, facts::text AS facts FROM audit_entries "
        "WHERE project_id = $1 AND action LIKE 'run%' ORDER BY id",
        project_id,
    )
    await connection.close()
    assert [tuple(entry) for entry in told] == [
        ("run_settings.changed", "api_key", '{"store": "full", "retention_days": 7}'),
        ("runs.expired", "system", '{"runs": 1}'),
    ]
    assert [run["id"] for run in (await scripted.api.get("/api/v1/runs")).json["data"]] == [new]


async def _usage(project: Project, query: str) -> list[Json]:
    answer = await project.api.get(f"/api/v1/usage?{query}")
    assert answer.status == 200, answer.text
    return answer.json["data"]


_CHARTS = (
    "",
    "bucket=hour&by=prompt",
    "by=prompt&top=1",
    *(f"by={name}&order=cost" for name in ("version", "model", "key", "source", "environment")),
)


async def _series(project: Project, query: str) -> Json:
    # Up to a fixed hour, so that two answers can be compared.
    until = (datetime.now(UTC) + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    since = until - timedelta(days=3)
    span = f"since={since:%Y-%m-%dT%H:00:00Z}&until={until:%Y-%m-%dT%H:00:00Z}"
    answer = await project.api.get(f"/api/v1/usage/series?{span}&{query}")
    assert answer.status == 200, answer.text
    return answer.json


async def test_usage_of_several_prompts_comes_in_one_answer(scripted: Project) -> None:
    await scripted.prompt("other", model="scripted/echo")
    other = (await scripted.api.get("/api/v1/prompts/other")).json
    await scripted.prompt("third", model="scripted/echo")
    for alias, variables in (("hello", {"word": "x"}), ("other", {}), ("third", {})):
        assert (await scripted.api.run(alias, variables)).status == 200
    found = await _usage(scripted, f"group_by=prompt&prompt=hello&prompt={other['id']}")
    assert {line["prompt"]: line["runs"] for line in found} == {"hello": 1, "other": 1}
    answer = await scripted.api.get("/api/v1/usage?prompt=hello&prompt=none")
    assert (answer.status, answer.json["code"]) == (404, "prompt_not_found")
    many = "&".join("prompt=hello" for _ in range(101))
    assert (await scripted.api.get(f"/api/v1/usage?{many}")).status == 422


async def test_usage_is_summed_by_every_group_before_and_after_it_is_rolled_up(
    world: World, scripted: Project
) -> None:
    for word in ("one", "two three"):
        await _run(scripted, word)
    await scripted.prompt("failing", model="scripted/401")
    await scripted.api.run("failing")
    groups = ("prompt", "version", "model", "key", "source", "environment", "day", "hour")
    queries = [f"group_by={group}" for group in groups] + ["group_by=prompt&group_by=day"]
    live = [await _usage(scripted, query) for query in queries]
    charts = [await _series(scripted, query) for query in _CHARTS]
    by_prompt = {line["prompt"]: line for line in live[0]}
    assert (by_prompt["hello"]["runs"], by_prompt["hello"]["failed"]) == (2, 0)
    assert (by_prompt["hello"]["input_tokens"], by_prompt["hello"]["output_tokens"]) == (5, 5)
    assert by_prompt["hello"]["unpriced_runs"] == 2
    assert (by_prompt["failing"]["runs"], by_prompt["failing"]["failed"]) == (1, 1)
    assert live[6][0]["day"] == datetime.now(UTC).date().isoformat()
    assert (await _usage(scripted, "prompt=hello&group_by=source"))[0]["runs"] == 2
    newest = (await scripted.api.get("/api/v1/runs?prompt=hello&limit=1")).json["data"][0]
    ended = (await scripted.api.get(f"/api/v1/runs/{newest['id']}")).json["ended_at"]
    assert by_prompt["hello"]["last_run_at"] == ended
    # The hour is rolled up as it will be when it is over: the watermark is moved behind it.
    pool = await open_pool(url_of(world.settings, "system"), "system", size=1)
    later = timedelta(hours=1).total_seconds()
    while await roll_up_one_hour(pool, -later):
        pass
    await pool.close()
    assert [await _usage(scripted, query) for query in queries] == live
    assert [await _series(scripted, query) for query in _CHARTS] == charts


@pytest.mark.parametrize(
    "query",
    [
        "group_by=colour",
        "timezone=Mars/Olympus",
        "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
        "since=2020-01-01T00:00:00Z",
        "since=0001-01-01T00:00:00%2B14:00",
        "key=x",
        "limit=0",
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(scripted: Project, query: str) -> None:
    answer = await scripted.api.get(f"/api/v1/usage?{query}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
