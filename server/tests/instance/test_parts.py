"""The health of each part, over HTTP and in a shell, with parts that are away."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import asyncpg

from fixtures.api import Json, Project, made
from fixtures.people import People, sign_in
from fixtures.servers import World, free_port
from promptops_server.core.settings import Settings
from promptops_server.embedded.beside import note_addresses, settings_beside_up
from promptops_server.embedded.data_dir import open_data_dir
from promptops_server.instance.service import check_parts, status_of
from promptops_server.instance.types import Part
from promptops_server.wiring import make_places

_CANARY = "canary-password"


def _by_name(parts: list[Part]) -> dict[str, Part]:
    return {part.name: part for part in parts}


async def _doctor(environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """The exit code of the command and all that it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "promptops_server.cli", "doctor", *arguments),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


async def test_an_administrator_sees_every_part(
    world: World, project: Project, people: People
) -> None:
    user = await people.make(is_instance_admin=True)
    browser = await sign_in(project.api, await people.link(user))
    told = await made(await browser.send("GET", "/api/v1/health/parts"), 200)
    parts: dict[str, Json] = {part["name"]: part for part in told["parts"]}
    assert list(parts) == [
        *("api", "postgresql", "valkey", "local_model", "adaptor"),
        *("storage", "sweeper", "partitions"),
    ]
    assert parts["local_model"]["status"] == parts["adaptor"]["status"] == "off"
    for name in ("api", "postgresql", "valkey", "partitions", "sweeper"):
        assert (parts[name]["status"], parts[name]["problem"]) == ("ok", None), parts[name]
    assert parts["postgresql"]["facts"]["revision"]
    assert parts["postgresql"]["facts"]["pgvector"]
    assert parts["partitions"]["facts"]["months_ready"] >= 3
    assert parts["storage"]["facts"]["free_bytes"] > 0
    # A look from a shell tells the same of the same servers.
    code, text = await _doctor(world.environment, "--json")
    assert code == 0, text
    seen = {part["name"]: part["status"] for part in json.loads(text)["parts"]}
    assert seen == {name: part["status"] for name, part in parts.items()}


async def test_the_shell_says_what_is_wrong_while_nothing_answers(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "PROMPTOPS_DATA_DIR": str(tmp_path / "none"),
        "PROMPTOPS_PORT": str(free_port()),
        "PROMPTOPS_DATABASE_URL": f"postgresql://me:{_CANARY}@127.0.0.1:{port}/db",
        "PROMPTOPS_REDIS_URL": f"redis://:{_CANARY}@127.0.0.1:{port}/0",
        "PROMPTOPS_LOCAL_MODEL_URL": f"http://127.0.0.1:{port}/v1",
        "PROMPTOPS_ADAPTOR_URL": f"http://127.0.0.1:{port}",
        "PROMPTOPS_ADAPTOR_TOKEN": _CANARY,
    }
    code, text = await _doctor(environment)
    assert code == 1
    assert _CANARY not in text
    lines = text.splitlines()
    down = [line.split()[1] for line in lines if line.startswith("down")]
    assert down == [
        *("api", "postgresql", "valkey", "local_model", "adaptor", "sweeper", "partitions")
    ]
    assert any(line.startswith("off") and "storage" in line for line in lines)
    for sentence in ("PROMPTOPS_DATABASE_URL.", "PROMPTOPS_REDIS_URL.", "promptops-server serve"):
        assert sentence in text
    assert "Traceback" not in text
    code, text = await _doctor({"PROMPTOPS_DATA_DIR": str(tmp_path / "none")})
    assert code == 1
    assert "set PROMPTOPS_DATABASE_URL, or start `promptops-server up`" in text


async def test_a_schema_of_another_release_and_a_ledger_left_alone_are_told(world: World) -> None:
    places = make_places(world.settings, from_outside=False)
    connection = await asyncpg.connect(str(world.settings.database_url))
    before = await connection.fetchval("SELECT version_num FROM alembic_version")
    try:
        await connection.execute("UPDATE alembic_version SET version_num = '0001'")
        await connection.execute("UPDATE usage_watermark SET swept_at = now() - interval '1 day'")
        parts = _by_name(await check_parts(places))
    finally:
        await connection.execute("UPDATE alembic_version SET version_num = $1", before)
        await connection.execute("UPDATE usage_watermark SET swept_at = now()")
        await connection.close()
    assert parts["postgresql"].status == parts["sweeper"].status == "degraded"
    assert "revision 0001" in (parts["postgresql"].problem or "")
    assert "promptops-server migrate" in (parts["postgresql"].problem or "")
    assert "not put in order" in (parts["sweeper"].problem or "")
    assert status_of(list(parts.values())) == "degraded"


async def test_an_adaptor_that_starts_when_needed_is_off_and_not_down(
    world: World, tmp_path: Path
) -> None:
    places = make_places(world.settings, from_outside=False)
    waiting = replace(places, adaptor_url=f"unix:{tmp_path}/adaptor.sock", starts_adaptor=True)
    assert _by_name(await check_parts(waiting))["adaptor"].status == "off"
    needed = replace(waiting, starts_adaptor=False)
    assert _by_name(await check_parts(needed))["adaptor"].status == "down"
    # Somebody answers, and it is not the adaptor.
    wrong = replace(places, adaptor_url=world.provider.url, local_model_url=world.url)
    found = _by_name(await check_parts(wrong))
    assert found["adaptor"].status == found["local_model"].status == "down"


def test_a_shell_beside_up_finds_what_up_has_embedded(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, redis_url="redis://own/0")
    assert settings_beside_up(settings) == settings
    noted = {"database_url": "postgresql://x@/y", "redis_url": "unix:///other"}
    note_addresses(open_data_dir(tmp_path), {**noted, "master_key": _CANARY})
    found = settings_beside_up(settings)
    assert (found.database_url, found.redis_url) == ("postgresql://x@/y", "redis://own/0")
    assert found.master_key is None
    (tmp_path / "run" / "addresses.json").write_text("[not json")
    assert settings_beside_up(settings) == settings
