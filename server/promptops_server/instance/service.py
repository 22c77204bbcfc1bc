"""Looks at each part of an installation, and says in a sentence what is wrong and what to do.

No sentence and no fact holds an address with its password, a key or a text of anybody's.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import aiohttp
import asyncpg
from redis.exceptions import RedisError

from promptops_server import __version__
from promptops_server.core.db import CONNECTION_ERRORS, Connection
from promptops_server.core.migrate import MigrationRefused, head_revision
from promptops_server.core.valkey import open_valkey
from promptops_server.instance import repository
from promptops_server.instance.types import Part, PartName, PartStatus, Places
from promptops_server.kit.clock import utc_now

_PATIENCE_S = 3.0
_SLOW_MS = 250.0
_GIB = 1024**3
_LITTLE_SPACE_BYTES = 2 * _GIB
_NO_SPACE_BYTES = _GIB // 4
# The sweeper comes every five minutes, in each process.
_SWEPT_WITHIN = timedelta(minutes=20)
_MONTHS_WANTED = 2
_AWAY = (*CONNECTION_ERRORS, asyncpg.PostgresError, RedisError, aiohttp.ClientError, ValueError)
_RANK: dict[PartStatus, int] = {"off": 0, "ok": 0, "degraded": 1, "down": 2}
_log = logging.getLogger(__name__)


async def check_parts(places: Places) -> list[Part]:
    """Every part, looked at together; returns within a few seconds whatever is away."""
    looks: tuple[tuple[PartName, Callable[[Places], Coroutine[Any, Any, Part]]], ...] = (
        ("api", _api),
        ("postgresql", _postgresql),
        ("valkey", _valkey),
        ("local_model", _local_model),
        ("adaptor", _adaptor),
        ("storage", _storage),
        ("sweeper", _sweeper),
        ("partitions", _partitions),
    )
    return list(await asyncio.gather(*(_within_time(name, look(places)) for name, look in looks)))


def status_of(parts: Sequence[Part]) -> PartStatus:
    """The worst of the parts; `ok` where all that are there are well."""
    worst = max(parts, key=lambda part: _RANK[part.status])
    return worst.status if _RANK[worst.status] else "ok"


async def _within_time(name: PartName, look: Coroutine[Any, Any, Part]) -> Part:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await look
    except _AWAY as error:
        # Which kind of failure, and no more: the message may hold an address with its password.
        _log.warning("part %s is away: %s", name, type(error).__name__)
        return Part(name, "down", _AWAY_SENTENCES[name])


_AWAY_SENTENCES: dict[PartName, str] = {
    "api": "The API does not answer: start it with `promptops-server serve` or `up`, or look into"
    " its log.",
    "postgresql": "PostgreSQL does not answer, so nothing runs: start it, or correct"
    " PROMPTOPS_DATABASE_URL.",
    "valkey": "Valkey does not answer: limits are kept by each process alone, cancels and live"
    " events do not get through. Start it, or correct PROMPTOPS_REDIS_URL.",
    "local_model": "The local model does not answer, so prompts that use it fail: start it, or"
    " correct PROMPTOPS_LOCAL_MODEL_URL.",
    "adaptor": "The model adaptor does not answer, so providers in the adaptor lane fail: start it,"
    " or correct PROMPTOPS_ADAPTOR_URL.",
    "storage": "The data folder cannot be read: check PROMPTOPS_DATA_DIR and who may enter it.",
    "sweeper": "Whether the ledger is swept is not known while PostgreSQL does not answer.",
    "partitions": "The months of the ledger are not known while PostgreSQL does not answer.",
}


async def _api(places: Places) -> Part:
    if places.api_url is not None:
        await _get(f"{places.api_url}/api/v1/health/live")
    return Part("api", "ok", facts={"version": __version__})


@asynccontextmanager
async def _connected(places: Places) -> AsyncGenerator[Connection]:
    if places.connect is None:
        raise ConnectionError("no database is named")
    connection = await places.connect()
    try:
        yield connection
    finally:
        connection.terminate()


async def _postgresql(places: Places) -> Part:
    if places.connect is None:
        sentence = "No database is named: set PROMPTOPS_DATABASE_URL, or start `promptops-server"
        return Part("postgresql", "down", f"{sentence} up`.")
    async with _connected(places) as connection:
        began = time.perf_counter()
        found = await repository.read_database(connection)
        latency_ms = round((time.perf_counter() - began) * 1000, 1)
    facts: dict[str, str | int | float | None] = {
        "version": found.version,
        "pgvector": found.pgvector,
        "revision": found.revision,
        "latency_ms": latency_ms,
    }
    try:
        wanted = await asyncio.to_thread(head_revision)
    except MigrationRefused as refused:
        return Part("postgresql", "degraded", str(refused), facts)
    if found.pgvector is None:
        sentence = "The database lacks pgvector: install it, then run `promptops-server migrate`."
        return Part("postgresql", "degraded", sentence, facts)
    if found.revision != wanted:
        sentence = f"The schema is at revision {found.revision}, this release needs {wanted}: run"
        return Part("postgresql", "degraded", f"{sentence} `promptops-server migrate`.", facts)
    if latency_ms > _SLOW_MS:
        sentence = "PostgreSQL answers slowly: look for what keeps it busy, or give it more room."
        return Part("postgresql", "degraded", sentence, facts)
    return Part("postgresql", "ok", facts=facts)


async def _valkey(places: Places) -> Part:
    if places.redis_url is None:
        sentence = "No Valkey is named: set PROMPTOPS_REDIS_URL, or start `promptops-server up`."
        return Part("valkey", "down", sentence)
    redis = open_valkey(places.redis_url)
    try:
        began = time.perf_counter()
        info = cast("dict[str, Any]", await cast("Any", redis).info())
        latency_ms = round((time.perf_counter() - began) * 1000, 1)
    finally:
        await redis.aclose()
    facts: dict[str, str | int | float | None] = {
        "version": str(info.get("valkey_version") or info.get("redis_version")),
        "latency_ms": latency_ms,
        "memory_bytes": int(info.get("used_memory", 0)),
    }
    if latency_ms > _SLOW_MS:
        sentence = "Valkey answers slowly, and every run waits for it: give it more room."
        return Part("valkey", "degraded", sentence, facts)
    return Part("valkey", "ok", facts=facts)


async def _local_model(places: Places) -> Part:
    if places.local_model_url is None:
        return Part("local_model", "off")
    began = time.perf_counter()
    await _get(f"{places.local_model_url.rstrip('/')}/models")
    latency_ms = round((time.perf_counter() - began) * 1000, 1)
    return Part("local_model", "ok", facts={"latency_ms": latency_ms})


async def _adaptor(places: Places) -> Part:
    url = places.adaptor_url
    if url is None:
        return Part("adaptor", "off")
    try:
        await _get(url if url.startswith("unix:") else f"{url.rstrip('/')}/health")
    except FileNotFoundError:
        if places.starts_adaptor:
            return Part("adaptor", "off")
        raise
    except aiohttp.ClientConnectorError:
        if places.starts_adaptor:
            # It is started when a provider in its lane is called for the first time.
            return Part("adaptor", "off")
        raise
    return Part("adaptor", "ok")


async def _storage(places: Places) -> Part:
    folder = places.data_dir
    if not await asyncio.to_thread(folder.is_dir):
        return Part("storage", "off")
    usage = await asyncio.to_thread(shutil.disk_usage, folder)
    facts: dict[str, str | int | float | None] = {
        "free_bytes": usage.free,
        "total_bytes": usage.total,
    }
    if usage.free >= _LITTLE_SPACE_BYTES:
        return Part("storage", "ok", facts=facts)
    free = f"{usage.free / _GIB:.1f} GiB"
    status: PartStatus = "down" if usage.free < _NO_SPACE_BYTES else "degraded"
    sentence = (
        f"Only {free} is left on the disk of the data folder: free some, or let projects keep their"
        " runs for a shorter time."
    )
    return Part("storage", status, sentence, facts)


async def _sweeper(places: Places) -> Part:
    async with _connected(places) as connection:
        found = await repository.read_ledger(connection)
    facts: dict[str, str | int | float | None] = {
        "swept_at": None if found.swept_at is None else found.swept_at.isoformat(),
        "summed_until": found.summed_until.isoformat(),
    }
    if found.swept_at is None or utc_now() - found.swept_at > _SWEPT_WITHIN:
        sentence = (
            "The ledger was not put in order lately, so old runs stay and usage is read slowly:"
            " see that an API process runs, and look into its log for `the ledger was not swept`."
        )
        return Part("sweeper", "degraded", sentence, facts)
    return Part("sweeper", "ok", facts=facts)


async def _partitions(places: Places) -> Part:
    async with _connected(places) as connection:
        found = await repository.read_ledger(connection)
    facts: dict[str, str | int | float | None] = {"months_ready": found.months_ready}
    if found.months_ready < _MONTHS_WANTED:
        sentence = (
            "The ledger's next months are not made yet: runs are kept all the same, and slower to"
            " read. Run `promptops-server migrate`, or look into the log of an API process."
        )
        return Part("partitions", "degraded", sentence, facts)
    return Part("partitions", "ok", facts=facts)


async def _get(url: str) -> None:
    """Passes where the address answers 200. Raises what _AWAY lists."""
    connector = None
    if url.startswith("unix:"):
        connector = aiohttp.UnixConnector(url.removeprefix("unix:"))
        url = "http://localhost/health"
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
        session.get(url, allow_redirects=False) as response,
    ):
        if response.status != 200:
            raise ConnectionError("it answers something else")
