"""kill -9 of the API process under load: whatever a client saw done is in the ledger, once."""

import asyncio
import contextlib
import os
import random
import secrets
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import aiohttp
import asyncpg
import pytest

from fixtures.api import Api, Project
from fixtures.scripted_provider import ScriptedProvider
from fixtures.servers import ApiProcess, environment_for, settings_from
from promptops_server.embedded.postgres import running_postgres
from promptops_server.embedded.temporary import folder_for_a_test
from promptops_server.embedded.valkey import temporary_valkey
from promptops_server.kit.ids import from_public
from promptops_server.wiring import create_project, prepare_installation

_CLIENTS = 16


@dataclass
class Arena:
    """An API process that can be killed, on a PostgreSQL that syncs to the disk."""

    api: ApiProcess
    database_url: str
    key: str
    provider: ScriptedProvider


@dataclass
class Seen:
    """What the clients saw: the runs that were done, and when the chosen chunk came."""

    target: int
    done: set[str] = field(default_factory=set[str])
    deltas: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def count_delta(self) -> None:
        """Counts a chunk of any client."""
        self.deltas += 1
        if self.deltas == self.target:
            self.reached.set()


@pytest.fixture(scope="module")
async def arena() -> AsyncGenerator[Arena]:
    with folder_for_a_test() as folder, ScriptedProvider() as provider:
        async with running_postgres(folder / "pg") as url, temporary_valkey() as redis_url:
            private = provider.url.removeprefix("http://")
            environment = environment_for(folder, url, redis_url, private)
            settings = settings_from(environment)
            await prepare_installation(settings, with_demo=False)
            key = await create_project(settings, name="Arena", slug="arena")
            api = ApiProcess(environment, folder / "api.log")
            await api.start()
            async with aiohttp.ClientSession() as session:
                project = Project(Api(session, api.url, key), provider.url)
                await project.add_provider()
                await project.prompt("load", model="scripted/chunks:12+slow:4")
                caller = await project.key("run", requests_per_minute=1_000_000)
            try:
                yield Arena(api, url, str(caller.key), provider)
            finally:
                await api.stop()


async def _client(arena: Arena, seen: Seen, killed: asyncio.Event) -> None:
    """Runs one stream after the other until the process is killed."""
    headers = {"X-API-Key": arena.key, "Content-Type": "application/json"}
    url = f"{arena.api.url}/api/v1/run/load"
    async with aiohttp.ClientSession(headers=headers) as session:
        while not killed.is_set():
            # The process dies in the middle of answers: that is what is tested.
            with contextlib.suppress(aiohttp.ClientError):
                async with session.post(url, json={"stream": True}) as response:
                    await _read(response, seen)


async def _read(response: aiohttp.ClientResponse, seen: Seen) -> None:
    run_id = ""
    name = ""
    async for line in response.content:
        if line.startswith(b"id: "):
            run_id = line[4:].decode().strip().partition(":")[0]
        elif line.startswith(b"event: "):
            name = line[7:].decode().strip()
        elif line.startswith(b"data: "):
            if name == "delta":
                seen.count_delta()
            elif name == "done":
                seen.done.add(run_id)


async def _kill_at_a_random_chunk(arena: Arena, chance: random.Random) -> Seen:
    seen = Seen(target=chance.randint(1, 900))
    killed = asyncio.Event()
    clients = [asyncio.create_task(_client(arena, seen, killed)) for _ in range(_CLIENTS)]
    async with asyncio.timeout(60):
        await seen.reached.wait()
    killed.set()
    await arena.api.kill()
    await asyncio.gather(*clients)
    return seen


async def _check_cycles(arena: Arena, cycles: int) -> None:
    seed = int(os.environ.get("PROMPTOPS_TEST_SEED", secrets.randbelow(2**32)))
    print(f"PROMPTOPS_TEST_SEED={seed}")  # noqa: T201 # A failure is repeated from it.
    chance = random.Random(seed)
    done: set[str] = set()
    for _ in range(cycles):
        done |= (await _kill_at_a_random_chunk(arena, chance)).done
        await arena.api.start()
    connection = await asyncpg.connect(arena.database_url)
    rows = await connection.fetch("SELECT id, request_id, status FROM runs")
    await connection.close()
    recorded = {row["id"] for row in rows}
    missing = {run_id for run_id in done if from_public("run", run_id) not in recorded}
    assert done, "no run ended before a kill: the test proves nothing"
    assert missing == set()
    assert len(recorded) == len(rows)
    assert [n for n in Counter(row["request_id"] for row in rows).values() if n > 1] == []
    assert {row["status"] for row in rows} <= {"succeeded", "cancelled"}


async def test_five_kills_lose_no_run_that_a_client_saw_done(arena: Arena) -> None:
    await _check_cycles(arena, 5)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_twenty_kills_lose_no_run_that_a_client_saw_done(arena: Arena) -> None:
    await _check_cycles(arena, 20)
