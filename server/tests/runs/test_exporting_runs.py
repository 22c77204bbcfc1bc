"""Runs and usage as files that a spreadsheet opens without harm."""

import asyncio
import csv
import io
from urllib.parse import quote

import pytest

from fixtures.api import Api, Json, Project, made
from fixtures.servers import World
from promptops_server.core.db import open_pool, url_of
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id, to_public
from promptops_server.usage.ledger import Ledger
from promptops_server.usage.types import RunRecord


async def _table(api: Api, path: str) -> list[dict[str, str]]:
    async with api.request("GET", path) as response:
        raw = await response.read()
        assert response.status == 200, raw
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert "attachment" in response.headers["Content-Disposition"]
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


@pytest.fixture
async def scripted(project: Project) -> Project:
    await project.add_provider()
    await project.prompt("hello", "Say {{ word }}", model="scripted/echo")
    return project


async def test_a_file_has_the_runs_that_the_list_has(scripted: Project) -> None:
    await scripted.prompt("failing", model="scripted/401")
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", 'a "quoted"; text, with\nlines', "用户"]
    ids: list[str] = []
    for user in hostile:
        answer = await scripted.api.run("hello", {"word": "x"}, user=user, session="s")
        ids.append(answer.json["run_id"])
    await made(await scripted.api.post(f"/api/v1/runs/{ids[0]}/feedback", {"score": -0.5}))
    await scripted.api.run("failing", metadata={"plan": "=x"})
    rows = await _table(scripted.api, "/api/v1/runs/export")
    listed = (await scripted.api.get("/api/v1/runs")).json["data"]
    assert [row["id"] for row in rows] == [run["id"] for run in listed]
    assert rows[0]["error_code"] == listed[0]["error"]["code"]
    assert rows[0]["metadata"] == '{"plan":"=x"}'
    users = [row["user"] for row in rows[1:]][::-1]
    assert users == [f"'{user}" for user in hostile[:5]] + hostile[5:]
    # A number is a number, a negative one too.
    assert rows[-1]["average_score"] == "-0.5"
    assert rows[1]["output_tokens"] == str(listed[1]["usage"]["output_tokens"])
    assert rows[1]["started_at"].endswith("+00:00")
    found = await _table(
        scripted.api, f"/api/v1/runs/export?user={quote('用户')}&timezone=Asia/Shanghai"
    )
    assert [row["id"] for row in found] == [ids[-1]]
    assert found[0]["started_at"].endswith("+08:00")


async def test_a_file_goes_on_beyond_a_page(world: World, project: Project) -> None:
    found = (await project.api.get("/api/v1/projects")).json["data"][0]
    project_id = from_public("prj", found["id"])
    assert project_id is not None
    now = utc_now()
    runs = [
        RunRecord(
            id=new_id(),
            project_id=project_id,
            source="api",
            status="succeeded",
            request_id="req",
            started_at=now,
            ended_at=now,
        )
        for _ in range(1201)
    ]
    pool = await open_pool(url_of(world.settings, "ledger"), "ledger", size=1)
    ledger = Ledger(pool)
    ledger.start()
    await asyncio.gather(*(ledger.record(run) for run in runs))
    await ledger.close()
    await pool.close()
    rows = await _table(project.api, "/api/v1/runs/export")
    assert [row["id"] for row in rows] == [to_public("run", run.id) for run in runs[::-1]]


async def test_usage_is_a_file_too(scripted: Project) -> None:
    await scripted.api.run("hello", {"word": "x"})
    (row,) = await _table(scripted.api, "/api/v1/usage/export?group_by=prompt")
    line: Json = (await scripted.api.get("/api/v1/usage?group_by=prompt")).json["data"][0]
    assert (row["prompt"], row["runs"], row["day"]) == ("hello", "1", "")
    assert row["p95_latency_ms"] == str(line["p95_latency_ms"])


@pytest.mark.parametrize(
    "path",
    [
        "runs/export?status=asleep",
        "runs/export?timezone=Mars/Olympus",
        "runs/export?limit=5",
        "usage/export?group_by=colour",
    ],
)
async def test_a_file_that_cannot_be_made_is_refused(project: Project, path: str) -> None:
    answer = await project.api.get(f"/api/v1/{path}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
