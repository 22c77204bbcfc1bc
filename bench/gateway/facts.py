"""The machine and the versions that the figures belong to; nothing that names the machine."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import cast

import asyncpg
from redis.asyncio import Redis

from bench.gateway.product import Stores
from promptops_server import __version__

_HERE = Path(__file__).parent
_PACKAGES = ("aiohttp", "asyncpg", "litellm", "openai", "redis", "starlette", "uvicorn", "uvloop")


async def find_facts(stores: Stores, data: Path, *, has_node: bool) -> dict[str, object]:
    """Machine, versions, and how durable a commit is."""
    durability: dict[str, object] = dict(await stores.durability())
    return {
        "machine": {
            "cpu": _line("/proc/cpuinfo", r"^model name\s*: (.*)$"),
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
            "system": f"{platform.system()} {platform.release()}",
        },
        "postgresql_settings": durability | {"file_system": _file_system_of(data)},
        "versions": await _versions(stores, has_node=has_node),
    }


async def _versions(stores: Stores, *, has_node: bool) -> dict[str, str | None]:
    found: dict[str, str | None] = {
        "promptops": __version__,
        "commit": _output("git", "describe", "--always", "--dirty"),
        "python": platform.python_version(),
        "postgresql": await _postgresql_version(stores.database_url),
        "valkey": await _valkey_version(stores.environment["PROMPTOPS_REDIS_URL"]),
    }
    found |= {f"server's {name}": version(name) for name in _PACKAGES}
    lock = str(_HERE / "litellm.lock")
    for name in ("litellm", "openai", "fastapi", "uvicorn"):
        found[f"LiteLLM proxy's {name}"] = _line(lock, rf"^{name}==(\S+)")
    if has_node:
        gateway = r'"@portkey-ai/gateway": "([^"]+)"'
        found["portkey"] = _line(str(_HERE / "portkey" / "package.json"), gateway)
        found["node"] = _output("node", "--version")
    return found


async def _postgresql_version(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


async def _valkey_version(url: str) -> str:
    # redis-py leaves its keyword arguments and what a command answers untyped.
    client = Redis.from_url(url)  # pyright: ignore[reportUnknownMemberType]
    try:
        told = cast("dict[str, object]", await client.info("server"))  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
    finally:
        await client.aclose()
    return str(told.get("valkey_version") or told.get("redis_version"))


def _line(path: str, pattern: str) -> str | None:
    found = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else None


def _output(*argv: str) -> str | None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=_HERE)  # noqa: S603 # Our own argv.
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _file_system_of(folder: Path) -> str | None:
    """The kind of file system that holds the folder, as ext4: on tmpfs an fsync means nothing."""
    mounts = [
        line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    ]
    parents = {str(place) for place in (folder.resolve(), *folder.resolve().parents)}
    holding = [(len(fields[1]), fields[2]) for fields in mounts if fields[1] in parents]
    return max(holding)[1] if holding else None
