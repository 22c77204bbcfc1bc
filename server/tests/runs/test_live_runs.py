"""Runs told live: from this process and another, to who may see them, and never a gap untold."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.people import People, member
from fixtures.servers import ApiProcess, World, free_port
from promptops_server.access.types import Role
from promptops_server.runs.live import LiveRow, Watcher

_PATIENCE_S = 15


class Stream:
    """A stream of events, read one by one."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content

    async def next(self) -> tuple[str, Json]:
        """The next event's name and data."""
        name, data = "", ""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                line = (await self._content.readline()).decode()
                if line == "":
                    return "end", {}
                if line.startswith("event: "):
                    name = line[7:].strip()
                elif line.startswith("data: "):
                    data = line[6:]
                elif line == "\n" and name:
                    return name, json.loads(data)

    async def rows_until(self, run_id: str, status: str) -> list[Json]:
        """The rows up to the one of this run in this state."""
        rows: list[Json] = []
        while True:
            name, data = await self.next()
            assert name == "runs", (name, data)
            rows += data["data"]
            if any(row["id"] == run_id and row["status"] == status for row in data["data"]):
                return rows


@asynccontextmanager
async def _watching(api: Api, query: str = "") -> AsyncGenerator[Stream]:
    async with api.request("GET", f"/api/v1/runs/live{query}") as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        stream = Stream(response.content)
        assert await stream.next() == ("ready", {})
        yield stream


@pytest.fixture
async def scripted(project: Project) -> Project:
    await project.add_provider()
    await project.prompt("hello", "Say {{ word }}", model="scripted/echo")
    await project.prompt("held", model="scripted/silent")
    return project


async def _run(api: Api, alias: str = "hello") -> str:
    return (await made(await api.run(alias, {"word": "x"}), 200))["run_id"]


async def test_a_run_is_told_when_it_begins_and_when_it_has_ended(scripted: Project) -> None:
    async with _watching(scripted.api) as stream:
        body = {"stream": True}
        running = asyncio.create_task(scripted.api.post("/api/v1/run/held", body))
        name, data = await stream.next()
        (begun,) = data["data"]
        assert (name, begun["status"], begun["prompt_name"]) == ("runs", "running", "held")
        (listed,) = (await scripted.api.get("/api/v1/runs?status=running")).json["data"]
        assert {**begun, "started_at": 0} == {**listed, "started_at": 0}
        cancel = await scripted.api.send("DELETE", f"/api/v1/runs/{begun['id']}")
        assert cancel.status == 202
        await stream.rows_until(begun["id"], "cancelled")
        await running
        run_id = await _run(scripted.api)
        rows = await stream.rows_until(run_id, "succeeded")
        assert rows[-1] == (await scripted.api.get("/api/v1/runs?limit=1")).json["data"][0]
        await made(await scripted.api.post(f"/api/v1/runs/{run_id}/feedback", {"rating": "up"}))
        (again,) = await stream.rows_until(run_id, "succeeded")
        assert again["feedback"]["up"] == 1


async def test_another_project_and_another_prompt_are_not_told(
    world: World, scripted: Project
) -> None:
    async with new_project(world) as other, _watching(scripted.api, "?prompt=hello") as stream:
        await other.add_provider()
        await other.prompt("hello", "Say {{ word }}", model="scripted/echo")
        await scripted.prompt("third", model="scripted/echo")
        await _run(other.api)
        await _run(scripted.api, "third")
        run_id = await _run(scripted.api)
        rows = await stream.rows_until(run_id, "succeeded")
        assert {row["id"] for row in rows} == {run_id}
    unknown = await scripted.api.get("/api/v1/runs/live?prompt=none")
    assert (unknown.status, unknown.json["code"]) == (404, "prompt_not_found")
    for query in ("for_s=-1", "for_s=NaN", "nothing=1"):
        assert (await scripted.api.get(f"/api/v1/runs/live?{query}")).status == 422


async def test_runs_of_another_process_are_told_and_one_that_stops_ends_its_streams(
    world: World, scripted: Project, tmp_path: Path
) -> None:
    environment = {**world.environment, "PROMPTOPS_PORT": str(free_port())}
    second = ApiProcess(environment, tmp_path / "second.log")
    async with _watching(scripted.api) as stream:
        await second.start()
        elsewhere = Api(scripted.api.session, second.url, scripted.api.key)
        # Who was there before is told that another process has come.
        assert await stream.next() == ("reread", {})
        run_id = await _run(elsewhere)
        await stream.rows_until(run_id, "succeeded")
        async with _watching(elsewhere) as there:
            # To that process nobody is new, and the first one tells it at once.
            run_id = await _run(scripted.api)
            await there.rows_until(run_id, "succeeded")
            async with asyncio.timeout(_PATIENCE_S):
                await second.stop()
            assert await there.next() == ("end", {})
        await stream.rows_until(run_id, "succeeded")


async def test_who_signs_out_or_loses_the_key_watches_no_more(
    scripted: Project, people: People
) -> None:
    browser = await member(people, scripted, Role.VIEWER)
    headers = browser.headers
    async with browser.api.request("GET", "/api/v1/runs/live", headers=headers) as response:
        stream = Stream(response.content)
        assert await stream.next() == ("ready", {})
        assert (await browser.send("POST", "/api/v1/session/end", {})).status == 204
        name, problem = await stream.next()
        assert (name, problem["code"]) == ("error", "unauthorized")
        assert await stream.next() == ("end", {})
    reader = await scripted.key("read")
    runner = await scripted.key("run")
    assert (await runner.get("/api/v1/runs/live")).status == 403
    async with _watching(reader) as stream:
        keys = (await scripted.api.get("/api/v1/keys")).json["data"]
        (found,) = [key for key in keys if key["scopes"] == ["read"]]
        await scripted.api.send("DELETE", f"/api/v1/keys/{found['id']}")
        assert (await stream.next())[0] == "error"


async def test_a_watcher_that_does_not_read_is_told_to_and_dropped() -> None:
    watcher = Watcher()
    for number in range(400):
        watcher.tell({f"run_{number % 3}": LiveRow(None, b"%d" % number)})
    assert not watcher.is_over
    # Of each run the newest row, however many there were.
    assert await watcher.next(1) == [("runs", b'{"data":[399,397,398]}')]
    assert await watcher.next(0) == []
    watcher.tell({f"run_{number}": LiveRow(None, b"{}") for number in range(1001)})
    assert watcher.is_over
    assert await watcher.next(1) == [("reread", b"{}")]


async def test_a_stream_ends_after_the_time_that_was_asked_for(project: Project) -> None:
    answer = await project.api.get("/api/v1/runs/live?for_s=0.1")
    assert answer.text == "retry: 2000\nevent: ready\ndata: {}\n\n"
