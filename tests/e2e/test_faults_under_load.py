"""Valkey, PostgreSQL and the API process are killed under load: nothing acknowledged is lost."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import aiohttp
import asyncpg
import pytest
import redis.asyncio
import redis.exceptions

from fixtures.api import Api, Project, made, parse_events
from fixtures.scripted_provider import ScriptedProvider
from fixtures.servers import ApiProcess, environment_for, settings_from
from fixtures.waiting import eventually
from promptops_server.embedded.postgres import running_postgres
from promptops_server.embedded.temporary import folder_for_a_test
from promptops_server.embedded.valkey import running_valkey
from promptops_server.kit.ids import from_public
from promptops_server.wiring import create_project, prepare_installation

_CLIENTS = 8
# Ten times what was seen: nobody hangs.
_LONGEST_ANSWER_S = 60


@dataclass
class Arena:
    """An API process whose PostgreSQL and Valkey are started again when they die."""

    folder: Path
    process: ApiProcess
    database_url: str
    redis_url: str
    project: Project
    caller: Api
    provider: ScriptedProvider

    def kill(self, part: str) -> None:
        """Ends PostgreSQL or Valkey as a power cut would."""
        record = self.folder / part / "run" / f"children-{part}.json"
        for entry in json.loads(record.read_text()):
            os.kill(entry["pid"], signal.SIGKILL)

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        """What the database answers."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def arena() -> AsyncGenerator[Arena]:
    with folder_for_a_test() as folder, ScriptedProvider() as provider:
        async with (
            running_postgres(folder / "postgres") as url,
            running_valkey(folder / "valkey") as redis_url,
        ):
            private = provider.url.removeprefix("http://")
            environment = environment_for(folder, url, redis_url, private)
            settings = settings_from(environment)
            await prepare_installation(settings, with_demo=False)
            key = await create_project(settings, name="Arena", slug="arena")
            api = ApiProcess(environment, folder / "api.log")
            await api.start()
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=_LONGEST_ANSWER_S),
            ) as session:
                project = Project(Api(session, api.url, key), provider.url)
                await project.add_provider()
                await project.prompt("load", model="scripted/chunks:4+slow:3")
                caller = await project.key("run", "author", requests_per_minute=1_000_000)
                try:
                    yield Arena(folder, api, url, redis_url, project, caller, provider)
                finally:
                    await api.stop()


@dataclass
class Seen:
    """What the clients saw."""

    done: list[str] = field(default_factory=list[str])
    statuses: Counter[int] = field(default_factory=Counter[int])
    errors: Counter[str] = field(default_factory=Counter[str])
    without_retry_after: int = 0
    made: list[str] = field(default_factory=list[str])
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def count_done(self, run_id: str) -> None:
        """Counts a run that a client saw done."""
        async with self.progress:
            self.done.append(run_id)
            self.progress.notify_all()

    async def until_done(self, count: int) -> None:
        """Returns when so many more runs are done."""
        target = len(self.done) + count
        async with asyncio.timeout(60), self.progress:
            await self.progress.wait_for(lambda: len(self.done) >= target)


async def _run_forever(arena: Arena, seen: Seen, stop: asyncio.Event) -> None:
    while not stop.is_set():
        answer = await arena.caller.run("load", stream=True)
        seen.statuses[answer.status] += 1
        if answer.status == 200:
            last = parse_events(answer.text)[-1]
            if last.name == "done":
                await seen.count_done(last.data["run_id"])
            else:
                seen.errors[last.data["code"]] += 1
        else:
            seen.errors[answer.json["code"]] += 1
            seen.without_retry_after += "Retry-After" not in answer.headers
            await asyncio.sleep(0.01)


async def _write_forever(arena: Arena, seen: Seen, stop: asyncio.Event) -> None:
    number, name = 0, secrets.token_hex(4)
    while not stop.is_set():
        alias = f"written-{name}-{number}"
        answer = await arena.caller.post("/api/v1/prompts", {"name": alias, "alias": alias})
        # One that was answered 503 may have been committed all the same: then it is taken.
        assert answer.status in (201, 409, 503), answer.text
        if answer.status == 201:
            seen.made.append(alias)
        number += answer.status != 503
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def _load(arena: Arena) -> AsyncGenerator[Seen]:
    seen, stop = Seen(), asyncio.Event()
    clients = [asyncio.create_task(_run_forever(arena, seen, stop)) for _ in range(_CLIENTS)]
    clients.append(asyncio.create_task(_write_forever(arena, seen, stop)))
    try:
        yield seen
    finally:
        stop.set()
        await asyncio.gather(*clients)


async def _check_ledger(arena: Arena, seen: Seen) -> None:
    recorded = {row["id"] for row in await arena.rows("SELECT id FROM runs")}
    missing = [run_id for run_id in seen.done if from_public("run", run_id) not in recorded]
    assert missing == []
    assert len(set(seen.done)) == len(seen.done)
    aliases = {row["alias"] for row in await arena.rows("SELECT alias FROM prompts")}
    assert set(seen.made) <= aliases


async def test_valkey_killed_under_load_costs_no_run_and_its_limits_are_exact_again(
    arena: Arena,
) -> None:
    before = arena.process.process
    async with _load(arena) as seen:
        for _ in range(3):
            await seen.until_done(50)
            arena.kill("valkey")
            await seen.until_done(50)
    assert set(seen.statuses) <= {200, 503}
    assert set(seen.errors) <= {"storage_unavailable"}
    assert seen.without_retry_after == 0
    await _check_ledger(arena, seen)
    assert arena.process.process is before

    limited = await arena.project.key("run", requests_per_minute=1, burst=100)
    key_id = (await arena.rows("SELECT id FROM api_keys ORDER BY id DESC LIMIT 1"))[0]["id"]
    client = cast("Any", redis.asyncio).Redis.from_url(arena.redis_url)

    async def counted_in_valkey() -> bool:
        await limited.run("nobody")
        try:
            return bool(await client.exists(f"bucket:{key_id}"))
        except redis.exceptions.ConnectionError:
            return False

    await eventually(counted_in_valkey, 20)
    await client.delete(f"bucket:{key_id}")
    answers = await asyncio.gather(*(limited.run("load") for _ in range(200)))
    await client.aclose()
    assert Counter(answer.status for answer in answers) == {200: 100, 429: 100}


async def test_postgresql_killed_under_load_loses_nothing_and_needs_no_restart(
    arena: Arena,
) -> None:
    before = arena.process.process
    async with _load(arena) as seen:
        for _ in range(2):
            await seen.until_done(50)
            arena.kill("postgres")
            await seen.until_done(50)
    assert set(seen.statuses) <= {200, 503}
    assert set(seen.errors) <= {"storage_unavailable"}
    assert seen.without_retry_after == 0
    assert seen.made
    await _check_ledger(arena, seen)
    assert arena.process.process is before


async def test_runs_that_must_survive_are_taken_up_by_the_next_process(arena: Arena) -> None:
    await arena.project.prompt("kept", model="scripted/gate:1+chunks:3")
    await arena.project.prompt("queued", model="scripted/gate:1+chunks:4")
    arena.provider.shut()
    calls_before = len(arena.provider.calls)
    body, headers = {"stream": True}, {"Idempotency-Key": "kept"}
    path = "/api/v1/run/kept"
    run_id = ""
    async with arena.caller.request("POST", path, body=body, headers=headers) as response:
        async for line in response.content:
            if line.startswith(b"id: "):
                run_id = line[4:].decode().strip().rpartition(":")[0]
            if line.startswith(b"event: delta"):
                break
        queued = [
            await arena.caller.send(
                "POST", "/api/v1/run/queued", body={}, headers={"Prefer": "respond-async"}
            )
            for _ in range(40)
        ]
        assert {answer.status for answer in queued} == {202}
        await arena.process.kill()
    busy = await arena.rows("SELECT id FROM work WHERE state <> 'ended'")
    assert len(busy) == 41
    # What half a minute does: the leases of the process that died have run out.
    await arena.rows("UPDATE work SET due_at = now() WHERE state <> 'ended'")
    arena.provider.release()
    await arena.process.start()

    async def all_ended() -> bool:
        return not await arena.rows("SELECT 1 FROM work WHERE state <> 'ended'")

    await eventually(all_ended, 30)
    ids = [run_id, *(answer.json["run_id"] for answer in queued)]
    for public_id in ids:
        run = await made(await arena.caller.get(f"/api/v1/runs/{public_id}"), 200)
        assert (run["status"], len(run["attempts"])) == ("succeeded", 1)
    rows = await arena.rows(
        "SELECT count(*) AS n FROM runs WHERE id = ANY($1)",
        [from_public("run", public_id) for public_id in ids],
    )
    assert rows[0]["n"] == 41
    run = await made(await arena.caller.get(f"/api/v1/runs/{run_id}"), 200)
    again = await arena.caller.send("POST", path, body=body, headers=headers)
    events = parse_events(again.text)
    assert (again.status, again.headers["Idempotency-Replayed"]) == (200, "true")
    # It was begun a second time: the numbers of its events say so.
    assert events[0].id == f"{run_id}:1000001"
    assert events[-1].name == "done"
    assert "".join(e.data["text"] for e in events if e.name == "delta") == run["output"]
    # 32 of the queued ones were under way when the process died, and were called again.
    assert len(arena.provider.calls) - calls_before <= 2 * 41


async def test_work_that_never_comes_to_its_end_is_given_up(arena: Arena) -> None:
    await arena.project.prompt("poison", model="scripted/silent+first:5")
    answer = await arena.caller.send(
        "POST", "/api/v1/run/poison", body={}, headers={"Prefer": "respond-async"}
    )
    run_id = answer.json["run_id"]
    await arena.provider.wait_for_call(model="silent+first:5")
    identifier = from_public("run", run_id)
    await arena.process.kill()
    await arena.rows("UPDATE work SET attempt = 3, due_at = now() WHERE id = $1", identifier)
    await arena.process.start()

    async def ended() -> bool:
        run = (await arena.caller.get(f"/api/v1/runs/{run_id}")).json
        return run["status"] == "failed" and run["error"]["code"] == "run_given_up"

    await eventually(ended, 20)
    assert len([c for c in arena.provider.calls if c.model == "silent+first:5"]) == 1


async def test_a_run_that_is_handed_on_in_order_begins_anew_with_new_numbers(
    arena: Arena,
) -> None:
    await arena.project.prompt("handed", model="scripted/gate:1+chunks:5")
    arena.provider.shut()
    body, headers = {"stream": True}, {"Idempotency-Key": "handed"}
    path = "/api/v1/run/handed"
    run_id = ""
    async with arena.caller.request("POST", path, body=body, headers=headers) as response:
        async for line in response.content:
            if line.startswith(b"id: "):
                run_id = line[4:].decode().strip().rpartition(":")[0]
            if line.startswith(b"event: delta"):
                response.close()
                break
    await arena.process.stop()
    await arena.process.start()
    arena.provider.release()

    async def ended() -> bool:
        run = (await arena.caller.get(f"/api/v1/runs/{run_id}")).json
        return run["status"] == "succeeded"

    await eventually(ended, 20)
    again = parse_events((await arena.caller.send("POST", path, body=body, headers=headers)).text)
    assert again[0].id == f"{run_id}:1000001"


async def test_a_run_whose_provider_is_gone_meanwhile_ends_at_once(arena: Arena) -> None:
    await arena.project.add_provider("passing")
    await arena.project.prompt("orphan", model="passing/silent+first:6")
    answer = await arena.caller.send(
        "POST", "/api/v1/run/orphan", body={}, headers={"Prefer": "respond-async"}
    )
    run_id = answer.json["run_id"]
    await arena.provider.wait_for_call(model="silent+first:6")
    await arena.process.kill()
    await arena.rows("DELETE FROM providers WHERE name = 'passing'")
    await arena.rows("UPDATE work SET due_at = now() WHERE state <> 'ended'")
    await arena.process.start()

    async def ended() -> bool:
        run = (await arena.caller.get(f"/api/v1/runs/{run_id}")).json
        return run["status"] == "failed" and run["error"]["code"] == "provider_not_configured"

    await eventually(ended, 15)
