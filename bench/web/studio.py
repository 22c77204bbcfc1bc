"""The server as it is measured: its own PostgreSQL and Valkey, the demo project, long prompts."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp

from bench.gateway.errors import BenchFailed
from bench.gateway.processes import PinnedProcess, free_port
from bench.gateway.product import Stores, running_stores
from bench.web.texts import samples, without_spaces
from promptops_server.wiring import prepare_installation

COOKIE = "promptops_session"
_MODEL = "local/smollm2-135m-instruct"
_START_LIMIT_S = 60.0
_PROMPTS_IN_LIST = 30
FORM = "a-form"
_STRUCTURE = {
    "role": "You are an editor.",
    "task": "Write about {{ topic }} for {{ audience }}.",
    "constraints": ["Be brief.", "Name your sources."],
}


@dataclass(frozen=True, slots=True)
class Studio:
    """A running server, and the session of its administrator."""

    url: str
    session: str
    stores: Stores

    @property
    def cookie_header(self) -> str:
        """The session as a browser sends it."""
        return f"{COOKIE}={self.session}"

    def editor_url(self, alias: str) -> str:
        """The address of a prompt's editor."""
        return f"{self.url}/prompts/{alias}"


@asynccontextmanager
async def running_studio(data: Path, logs: Path) -> AsyncGenerator[Studio]:
    """The server with its demo, a list of prompts and the samples, an administrator signed in.

    Everything is ended and removed with the block. Raises BenchFailed where it does not come up.
    """
    # No model is called: the port of the upstream, which the stores let through, stays unused.
    async with running_stores(data, free_port()) as stores:
        facts = await prepare_installation(stores.settings(), with_demo=True)
        api = await PinnedProcess.start(
            (sys.executable, "-m", "promptops_server.cli", "serve"),
            core=min(os.sched_getaffinity(0)),
            log=logs / "web-server.log",
            environment=stores.environment,
        )
        # It shares the cores with the browser, as on the machine of whoever tries the product.
        os.sched_setaffinity(api.pid, os.sched_getaffinity(0))
        url = f"http://127.0.0.1:{stores.port}"
        try:
            async with aiohttp.ClientSession() as session:
                await _wait_ready(session, url)
                await _make_prompts(session, url, str(facts["api_key"]))
                token = str(facts["sign_in"]).rpartition("#")[2]
                yield Studio(url, await _sign_in(session, url, token), stores)
        finally:
            await api.stop()


async def _wait_ready(session: aiohttp.ClientSession, url: str) -> None:
    try:
        async with asyncio.timeout(_START_LIMIT_S):
            # There is no event to await in another process that is starting.
            while not await _is_ready(session, url):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise BenchFailed("The server was not ready within a minute.") from None


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/api/v1/health/ready") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def _post(
    session: aiohttp.ClientSession, url: str, body: object, headers: Mapping[str, str]
) -> tuple[aiohttp.ClientResponse, dict[str, Any]]:
    async with session.post(url, json=body, headers=headers) as response:
        text = await response.text()
        if response.status not in (200, 201):
            raise BenchFailed(f"POST {url} answered {response.status}: {text[:500]}")
        return response, cast("dict[str, Any]", json.loads(text))


async def _make_prompts(session: aiohttp.ClientSession, url: str, key: str) -> None:
    async def make(name: str, alias: str, text: Mapping[str, object]) -> None:
        content = {**text, "config": {"model": _MODEL}}
        body = {"name": name, "alias": alias, "content": content}
        headers = {"X-API-Key": key}
        await _post(session, f"{url}/api/v1/prompts", body, headers)
        # A draft belongs to who wrote it; the administrator opens the version.
        await _post(session, f"{url}/api/v1/prompts/{alias}/versions", {}, headers)

    for number in range(_PROMPTS_IN_LIST):
        template = {"template": "Say {{ word }}."}
        await make(f"Team {number % 4}/Prompt {number}", f"prompt-{number}", template)
    for sample in (*samples(), without_spaces()):
        await make(sample.name, sample.alias, {"template": sample.text})
    await make("A form", FORM, {"structure": _STRUCTURE})


async def _sign_in(session: aiohttp.ClientSession, url: str, token: str) -> str:
    body = {"token": token}
    response, _ = await _post(session, f"{url}/api/v1/links/accept", body, {"Origin": url})
    return response.cookies[COOKIE].value
