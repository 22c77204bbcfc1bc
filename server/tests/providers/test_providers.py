"""Providers over HTTP: what may be configured, and that a key is never seen again."""

import asyncpg
import pytest

from fixtures.api import Api, Json, made, new_project
from fixtures.servers import World

_CANARY = "sk-canary-0123456789abcdefWXYZ"


async def test_a_key_is_sealed_and_only_its_end_is_shown(api: Api, world: World) -> None:
    body = {"name": "openai", "kind": "openai", "credentials": {"api_key": _CANARY}}
    created = await api.post("/api/v1/providers", body)
    assert created.status == 201
    assert created.json["credentials"] == {"api_key": "WXYZ"}
    for answer in (
        created,
        await api.get("/api/v1/providers"),
        await api.get("/api/v1/providers/openai"),
        await api.get(f"/api/v1/providers/{created.json['id']}"),
    ):
        assert _CANARY not in answer.text
    connection = await asyncpg.connect(world.settings.database_url)
    rows = await connection.fetch("SELECT sealed, hints::text, origin FROM provider_credentials")
    await connection.close()
    assert rows
    assert not any(_CANARY.encode() in row["sealed"] or _CANARY in row["hints"] for row in rows)
    assert "https://api.openai.com:443" in {row["origin"] for row in rows}


async def test_a_short_key_shows_nothing(api: Api) -> None:
    body = {"name": "x", "kind": "anthropic", "credentials": {"api_key": "short"}}
    created = await made(await api.post("/api/v1/providers", body))
    assert created["credentials"] == {"api_key": ""}
    assert created["lane"] == "adaptor"


_REFUSED: list[tuple[Json, str]] = [
    ({"kind": "openai"}, "#/credentials/api_key"),
    ({"kind": "openai_compatible"}, "#/base_url"),
    ({"kind": "local", "base_url": "https://example.test"}, "#/kind"),
    ({"kind": "openai", "credentials": {"token": "x"}}, "#/credentials/api_key"),
    ({"kind": "openai_compatible", "base_url": "http://127.0.0.1:5432"}, "#/base_url"),
    ({"kind": "openai_compatible", "base_url": "http://169.254.169.254/v1"}, "#/base_url"),
    ({"kind": "openai_compatible", "base_url": "http://[::ffff:10.0.0.1]/v1"}, "#/base_url"),
    ({"kind": "openai_compatible", "base_url": "ftp://example.test"}, "#/base_url"),
    ({"kind": "openai_compatible", "base_url": "https://a:b@example.test"}, "#/base_url"),
    ({"kind": "telepathy"}, "#/kind"),
    ({"kind": "local", "project_id": "x"}, "#/project_id"),
]


@pytest.mark.parametrize(("fields", "pointer"), _REFUSED)
async def test_what_cannot_work_is_refused_at_its_field(
    api: Api, fields: Json, pointer: str
) -> None:
    answer = await api.post("/api/v1/providers", {"name": "x", **fields})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


async def test_a_name_is_unique_in_its_project(api: Api, world: World) -> None:
    body = {"name": "local", "kind": "local"}
    await made(await api.post("/api/v1/providers", body))
    again = await api.post("/api/v1/providers", body)
    assert (again.status, again.json["code"]) == (409, "provider_name_taken")
    async with new_project(world) as other:
        assert (await other.api.get("/api/v1/providers/local")).status == 404
