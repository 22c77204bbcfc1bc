"""The web application's files: which address gives which, how they are kept and compressed."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import uvicorn
from fastapi import FastAPI

from promptops_server.core import problems, site
from promptops_server.core.asgi import RequestContext

pytestmark = pytest.mark.asyncio

HTML = {"Accept": "text/html"}


def _build(folder: Path) -> None:
    files = {
        "index.html": "start",
        "404.html": "nothing here",
        "prompts.html": "the prompts" * 200,
        "prompts.txt": "payload",
        "prompts/__next._tree.txt": "tree",
        "sign-in.html": "sign in",
        "_next/static/chunks/a1b2.js": "js" * 2000,
        ".built": "",
    }
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    compressed = folder / "prompts.html.gz"
    compressed.write_bytes(gzip.compress((folder / "prompts.html").read_bytes()))


async def _serve(folder: Path) -> AsyncIterator[str]:
    api = FastAPI(openapi_url=None, docs_url=None)
    problems.install(api)
    site.install(api, folder)
    server = uvicorn.Server(
        uvicorn.Config(RequestContext(api), port=0, log_config=None, lifespan="off")
    )
    config = server.config
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.shutdown()


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    _build(tmp_path)
    async for url in _serve(tmp_path):
        yield url


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/sign-in", "sign in"),
        ("/prompts/blog-intro", "the prompts" * 200),
        ("/prompts/a/b", "the prompts" * 200),
        ("/prompts/blog-intro.txt", "payload"),
        ("/prompts/blog-intro/__next._tree.txt", "tree"),
        ("/prompts.txt", "payload"),
    ],
)
async def test_each_address_gives_its_file(
    address: str, client: aiohttp.ClientSession, path: str, text: str
) -> None:
    async with client.get(address + path, headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status == 200
        assert (await answer.text()) == text
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_the_start_leads_to_the_prompts(address: str, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{address}/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (307, "/prompts")


async def test_without_a_build_the_start_leads_to_the_documentation(
    tmp_path: Path, client: aiohttp.ClientSession
) -> None:
    async for url in _serve(tmp_path / "none"):
        async with client.get(f"{url}/", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (307, "/docs")
        async with client.get(f"{url}/prompts", headers=HTML) as answer:
            assert answer.status == 404


async def test_what_is_named_by_its_content_is_kept_for_ever(
    address: str, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{address}/_next/static/chunks/a1b2.js") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].startswith("text/javascript")


async def test_a_page_that_did_not_change_is_not_sent_again(
    address: str, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{address}/prompts") as answer:
        etag = answer.headers["ETag"]
    async with client.get(f"{address}/prompts", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
        assert await answer.read() == b""


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, br", "gzip"), ("br", None), ("gzip;q=0", None), ("identity", None), ("GZIP", "gzip")],
)
async def test_it_is_compressed_for_who_takes_that(
    address: str, client: aiohttp.ClientSession, accepted: str, coding: str | None
) -> None:
    async with client.get(f"{address}/prompts", headers={"Accept-Encoding": accepted}) as answer:
        assert answer.headers.get("Content-Encoding") == coding
        assert answer.headers["Vary"] == "Accept-Encoding"
        body = await answer.read()
        assert (gzip.decompress(body) if coding else body) == b"the prompts" * 200


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/api/v1/nothing", "/.built", "/prompts.html.gz", "/../secret", "/%2e%2e/x"],
)
async def test_there_is_nothing_else(
    address: str, client: aiohttp.ClientSession, path: str
) -> None:
    async with client.get(address + path) as answer:
        assert answer.status == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
    async with client.get(address + path, headers=HTML) as answer:
        assert answer.status == 404
        is_page = not path.startswith("/api/")
        assert (await answer.text() == "nothing here") == is_page
