"""PromptOps as it is measured: PostgreSQL, Valkey, one API process, a deployed prompt, a key."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from bench.gateway.calls import Call
from bench.gateway.errors import BenchFailed
from bench.gateway.processes import PinnedProcess, children_of, free_port
from bench.gateway.prompt import TEMPERATURE, TEMPLATES, VARIABLES
from bench.gateway.upstream import MODEL
from promptops_server.core.settings import ENV_PREFIX, Settings
from promptops_server.embedded.postgres import running_postgres
from promptops_server.embedded.valkey import running_valkey
from promptops_server.wiring import create_project, prepare_installation

# The highest that a key can have: the bucket is asked for every request, and refuses none.
_REQUESTS_PER_MINUTE = 1_000_000
_START_LIMIT_S = 60.0
_SETTINGS_THAT_COUNT = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True, slots=True)
class Stores:
    """Running PostgreSQL and Valkey, and the settings of an API process that uses them."""

    database_url: str
    environment: Mapping[str, str]
    processes: frozenset[int]

    @property
    def port(self) -> int:
        """The port of the API process."""
        return int(self.environment[f"{ENV_PREFIX}PORT"])

    def settings(self) -> Settings:
        """The same settings for this process."""
        fields = {
            name.removeprefix(ENV_PREFIX).lower(): value for name, value in self.environment.items()
        }
        return Settings.model_validate(fields)

    async def durability(self) -> dict[str, str]:
        """The settings of PostgreSQL on which hangs whether a commit survives a power cut."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return {
                name: str(await connection.fetchval(f"SHOW {name}"))
                for name in _SETTINGS_THAT_COUNT
            }
        finally:
            await connection.close()

    async def count_succeeded_runs(self) -> int:
        """The runs in the ledger that succeeded. Raises BenchFailed where one did not."""
        connection = await asyncpg.connect(self.database_url)
        try:
            rows = await connection.fetch("SELECT status, count(*) AS n FROM runs GROUP BY status")
        finally:
            await connection.close()
        counts = {str(row["status"]): int(row["n"]) for row in rows}
        succeeded = counts.pop("succeeded", 0)
        if counts:
            raise BenchFailed(f"The ledger holds runs that did not succeed: {counts}.")
        return succeeded


@asynccontextmanager
async def running_stores(folder: Path, upstream_port: int) -> AsyncGenerator[Stores]:
    """PostgreSQL and Valkey in a new folder, removed at the end, with PromptOps' schema.

    They run on the core of whoever calls, as every process that it does not pin elsewhere.
    """
    shutil.rmtree(folder, ignore_errors=True)
    before = children_of(os.getpid())
    try:
        async with running_postgres(folder) as database_url, running_valkey(folder) as redis_url:
            stores = Stores(
                database_url,
                {
                    "PROMPTOPS_DATA_DIR": str(folder),
                    "PROMPTOPS_DATABASE_URL": database_url,
                    "PROMPTOPS_REDIS_URL": redis_url,
                    "PROMPTOPS_PORT": str(free_port()),
                    "PROMPTOPS_PRIVATE_MODEL_HOSTS": f"127.0.0.1:{upstream_port}",
                },
                frozenset(children_of(os.getpid()) - before),
            )
            await prepare_installation(stores.settings(), with_demo=False)
            yield stores
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def start_api(stores: Stores, *, core: int, log: Path) -> PinnedProcess:
    """A started `promptops-server serve`; it may not answer yet."""
    argv = (sys.executable, "-m", "promptops_server.cli", "serve")
    return await PinnedProcess.start(argv, core=core, log=log, environment=stores.environment)


class _Api:
    """The API, called as an administrator."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._base = f"http://127.0.0.1:{port}/api/v1"

    async def wait_ready(self) -> None:
        """Returns once the API says that it is ready."""
        async with asyncio.timeout(_START_LIMIT_S):
            # There is no event to await in another process that is starting.
            while not await self._is_ready():  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def _is_ready(self) -> bool:
        try:
            async with self._session.get(f"{self._base}/health/ready") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def post(self, path: str, body: object) -> Any:
        """The answer as JSON. Raises BenchFailed for a refusal."""
        async with self._session.post(f"{self._base}{path}", json=body) as response:
            text = await response.text()
            if response.status not in (200, 201):
                raise BenchFailed(f"POST {path} answered {response.status}: {text[:500]}")
            return json.loads(text)


def _alias(latency_ms: int) -> str:
    return f"geography-{latency_ms}ms"


async def create_admin_key(stores: Stores) -> str:
    """The key of a new project's administrator."""
    return await create_project(stores.settings(), name="Bench", slug="bench")


async def deploy_prompts(
    stores: Stores, admin_key: str, base_urls: Mapping[int, str]
) -> dict[str, str]:
    """For each latency a provider with a credential and a prompt, published and deployed to prod.

    Returns the header with the key that runs them. The API must answer.
    """
    async with aiohttp.ClientSession(headers={"X-API-Key": admin_key}) as session:
        api = _Api(session, stores.port)
        await api.wait_ready()
        for latency_ms, base_url in base_urls.items():
            await _deploy_prompt(api, latency_ms, base_url)
        key = {
            "name": "Bench",
            "scopes": ["run"],
            "requests_per_minute": _REQUESTS_PER_MINUTE,
        }
        created = await api.post("/keys", key)
    return {"x-api-key": str(created["key"])}


async def _deploy_prompt(api: _Api, latency_ms: int, base_url: str) -> None:
    provider, alias = f"upstream-{latency_ms}ms", _alias(latency_ms)
    await api.post(
        "/providers",
        {
            "name": provider,
            "kind": "openai_compatible",
            "base_url": base_url,
            "credentials": {"api_key": "sk-bench"},
        },
    )
    content = {
        "messages": [{"role": role, "content": template} for role, template in TEMPLATES],
        "config": {"model": f"{provider}/{MODEL}", "parameters": {"temperature": TEMPERATURE}},
    }
    await api.post("/prompts", {"name": alias, "alias": alias, "content": content})
    version = await api.post(f"/prompts/{alias}/versions", {})
    deployment = {"subject": alias, "environment": "prod", "version": version["version"]}
    await api.post("/deployments", deployment)


def run_call(stores: Stores, headers: Mapping[str, str], latency_ms: int, *, stream: bool) -> Call:
    """The run of a prompt by its alias."""
    body: dict[str, object] = {"variables": VARIABLES}
    if stream:
        body["stream"] = True
    path = f"/api/v1/run/{_alias(latency_ms)}?env=prod"
    last_event = b"\nevent: done\n" if stream else b""
    return Call.post(stores.port, path, body, headers, last_event)
