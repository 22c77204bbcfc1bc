"""What each kind of provider is configured with, changed and deleted, over HTTP."""

import asyncpg
import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.google_keys import key_file
from fixtures.servers import World
from fixtures.waiting import eventually

AZURE: Json = {
    "kind": "azure",
    "base_url": "https://mine.openai.azure.com",
    "credentials": {"api_key": "azure-key-0123456789", "api_version": "2024-10-21"},
}
BEDROCK: Json = {
    "kind": "bedrock",
    "credentials": {
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_region_name": "eu-central-1",
    },
}
VERTEX: Json = {
    "kind": "vertex_ai",
    "credentials": {
        "vertex_project": "my-project",
        "vertex_location": "europe-west4",
        "vertex_credentials": key_file(),
    },
}


def with_credentials(provider: Json, **fields: str | None) -> Json:
    merged = {**provider["credentials"], **fields}
    kept = {name: value for name, value in merged.items() if value is not None}
    return {**provider, "credentials": kept}


async def test_every_kind_says_how_it_is_configured(api: Api) -> None:
    answer = await made(await api.get("/api/v1/providers/kinds"), 200)
    kinds = {entry["kind"]: entry for entry in answer["data"]}
    assert kinds["bedrock"]["lane"] == "adaptor"
    assert kinds["bedrock"]["base_url"] == "never"
    assert kinds["bedrock"]["fields"] == [
        {"name": "aws_access_key_id", "required": True, "secret": True},
        {"name": "aws_secret_access_key", "required": True, "secret": True},
        {"name": "aws_session_token", "required": False, "secret": True},
        {"name": "aws_region_name", "required": True, "secret": False},
    ]
    assert kinds["litellm_proxy"]["lane"] == "direct"
    assert kinds["litellm_proxy"]["base_url"] == "required"
    assert kinds["openai"]["default_base_url"] == "https://api.openai.com/v1"
    assert kinds["local"]["fields"] == []
    assert kinds["mistral"]["fields"] == [{"name": "api_key", "required": True, "secret": True}]


@pytest.mark.parametrize(
    ("wanted", "shown", "origin"),
    [
        (
            AZURE,
            {"api_key": "6789", "api_version": "2024-10-21"},
            "https://mine.openai.azure.com:443",
        ),
        (
            BEDROCK,
            {
                "aws_access_key_id": "MPLE",
                "aws_secret_access_key": "EKEY",
                "aws_region_name": "eu-central-1",
            },
            "https://bedrock-runtime.eu-central-1.amazonaws.com:443",
        ),
        (
            VERTEX,
            {
                "vertex_project": "my-project",
                "vertex_location": "europe-west4",
                "vertex_credentials": key_file()[-4:],
            },
            "https://europe-west4-aiplatform.googleapis.com:443",
        ),
    ],
    ids=["azure", "bedrock", "vertex_ai"],
)
async def test_a_kind_with_fields_of_its_own_is_sealed_for_the_host_that_follows_from_them(
    api: Api, world: World, wanted: Json, shown: Json, origin: str
) -> None:
    created = await made(await api.post("/api/v1/providers", {"name": "cloud", **wanted}))
    assert created["credentials"] == shown
    connection = await asyncpg.connect(world.settings.database_url)
    found = await connection.fetchval(
        "SELECT c.origin FROM provider_credentials c JOIN providers p ON p.id = c.provider_id "
        "WHERE p.project_id = (SELECT id FROM projects ORDER BY created_at DESC LIMIT 1)"
    )
    await connection.close()
    assert found == origin


_REFUSED: list[tuple[Json, str]] = [
    (with_credentials(BEDROCK, aws_region_name=None), "#/credentials/aws_region_name"),
    (with_credentials(BEDROCK, aws_region_name="a.evil.test/"), "#/credentials/aws_region_name"),
    (with_credentials(BEDROCK, aws_region_name="eu\n"), "#/credentials/aws_region_name"),
    (with_credentials(BEDROCK, aws_role_name="x"), "#/credentials/aws_role_name"),
    (
        with_credentials(BEDROCK, aws_secret_access_key="os.environ/PROMPTOPS_MASTER_KEY"),
        "#/credentials/aws_secret_access_key",
    ),
    ({**BEDROCK, "base_url": "https://example.test"}, "#/base_url"),
    (with_credentials(AZURE, api_version=None), "#/credentials/api_version"),
    (with_credentials(AZURE, api_version="latest"), "#/credentials/api_version"),
    (with_credentials(AZURE, api_key="os.environ/HOME"), "#/credentials/api_key"),
    ({**AZURE, "base_url": None}, "#/base_url"),
    ({**AZURE, "base_url": "https://openai.azure.com.evil.test"}, "#/base_url"),
    ({**AZURE, "base_url": "https://mine.openai.azure.com/path"}, "#/base_url"),
    ({**AZURE, "base_url": "http://mine.openai.azure.com"}, "#/base_url"),
    ({**AZURE, "base_url": "https://mine.openai.azure.com:8443"}, "#/base_url"),
    (with_credentials(VERTEX, vertex_location="x.evil"), "#/credentials/vertex_location"),
    (with_credentials(VERTEX, vertex_project="a/b"), "#/credentials/vertex_project"),
    (with_credentials(VERTEX, vertex_credentials="{}"), "#/credentials/vertex_credentials"),
    (
        with_credentials(VERTEX, vertex_credentials=key_file(token_uri="https://evil.test/token")),
        "#/credentials/vertex_credentials",
    ),
    (
        with_credentials(VERTEX, vertex_credentials=key_file(private_key="no key")),
        "#/credentials/vertex_credentials",
    ),
    (
        with_credentials(VERTEX, vertex_credentials=key_file(type="external_account")),
        "#/credentials/vertex_credentials",
    ),
    ({"kind": "litellm_proxy", "credentials": {"api_key": "sk-1234"}}, "#/base_url"),
    ({"kind": "openai", "name": "kinds", "credentials": {"api_key": "sk-1234"}}, "#/name"),
    ({"kind": "openai", "credentials": {"api_key": "sk-\r\nX: y"}}, "#/credentials/api_key"),
]


@pytest.mark.parametrize(("wanted", "pointer"), _REFUSED, ids=range(len(_REFUSED)))
async def test_a_field_that_is_missing_unknown_or_misshapen_is_refused_by_name(
    api: Api, wanted: Json, pointer: str
) -> None:
    answer = await api.post("/api/v1/providers", {"name": "cloud", **wanted})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)
    for value in wanted.get("credentials", {}).values():
        # A short one may stand in the request's random id.
        assert len(value) < 8 or value not in answer.text


async def _key_of_a_run(project: Project, world: World, model: str) -> str | None:
    world.provider.clear()
    answer = await project.api.run("ask", stream=False)
    assert answer.status == 200, answer.text
    return world.provider.calls[-1].key if world.provider.calls[-1].model == model else None


async def test_new_credentials_take_the_place_of_the_old(project: Project, world: World) -> None:
    await project.add_provider("proxy", kind="litellm_proxy", credentials={"api_key": "sk-before"})
    await project.prompt("ask", model="proxy/ok+nousage")
    assert await _key_of_a_run(project, world, "ok+nousage") == "sk-before"
    rotated = await project.api.send(
        "PATCH",
        "/api/v1/providers/proxy",
        body={"credentials": {"api_key": "sk-after-0123456789"}},
    )
    assert (rotated.status, rotated.json["credentials"]) == (200, {"api_key": "6789"})

    async def uses_the_new_key() -> bool:
        return await _key_of_a_run(project, world, "ok+nousage") == "sk-after-0123456789"

    await eventually(uses_the_new_key, 3)


async def test_credentials_do_not_follow_to_another_host(project: Project, world: World) -> None:
    await project.add_provider(kind="litellm_proxy", credentials={"api_key": "sk-before-0123456"})
    path = "/api/v1/providers/scripted"
    same_host = await project.api.send("PATCH", path, body={"base_url": f"{world.provider.url}/v2"})
    assert (same_host.status, same_host.json["credentials"]) == (200, {"api_key": "3456"})
    elsewhere = {"base_url": "https://other.example.org/v1"}
    refused = await project.api.send("PATCH", path, body=elsewhere)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/credentials")
    assert (await project.api.get(path)).json["base_url"] == f"{world.provider.url}/v2"
    again = {**elsewhere, "credentials": {"api_key": "sk-other-0123456789"}}
    moved = await project.api.send("PATCH", path, body=again)
    assert (moved.status, moved.json["base_url"]) == (200, "https://other.example.org/v1")
    assert moved.json["credentials"] == {"api_key": "6789"}


async def test_a_default_address_is_another_host_too(api: Api) -> None:
    body = {
        "name": "mine",
        "kind": "openai",
        "base_url": "https://gateway.example.org/v1",
        "credentials": {"api_key": "sk-0123456789abcdef"},
    }
    await made(await api.post("/api/v1/providers", body))
    refused = await api.send("PATCH", "/api/v1/providers/mine", body={"base_url": None})
    assert refused.json["errors"][0]["pointer"] == "#/credentials"


async def test_a_provider_is_renamed_and_its_old_name_answers_no_more(project: Project) -> None:
    await project.add_provider("before")
    await project.add_provider("taken")
    renamed = await project.api.send("PATCH", "/api/v1/providers/before", body={"name": "after"})
    assert (renamed.status, renamed.json["name"]) == (200, "after")
    assert (await project.api.get("/api/v1/providers/before")).status == 404
    taken = await project.api.send("PATCH", "/api/v1/providers/after", body={"name": "taken"})
    assert (taken.status, taken.json["code"]) == (409, "provider_name_taken")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": None}, "#/name"),
        ({"credentials": None}, "#/credentials"),
        ({"kind": "openai"}, "#/kind"),
        ({"name": "kinds"}, "#/name"),
        ({"base_url": None}, "#/base_url"),
        ({"base_url": "http://169.254.169.254/"}, "#/base_url"),
        ({"base_url": "\ud800"}, None),
        ({"credentials": {"api_key": "\u0000"}}, None),
        ({"credentials": {"token": "x"}}, "#/credentials/token"),
        ([], None),
    ],
)
async def test_a_change_that_cannot_be_is_refused(
    project: Project, body: object, pointer: str | None
) -> None:
    await project.add_provider()
    answer = await project.api.send("PATCH", "/api/v1/providers/scripted", body=body)
    assert 400 <= answer.status < 500
    if pointer is not None:
        assert answer.json["errors"][0]["pointer"] == pointer


async def test_a_deleted_providers_versions_run_no_more(project: Project, world: World) -> None:
    await project.add_provider()
    await project.prompt("ask")
    assert (await project.api.run("ask", stream=False)).status == 200
    async with new_project(world) as other:
        path = "/api/v1/providers/scripted"
        assert (await other.api.send("DELETE", path)).status == 404
        assert (await other.api.send("PATCH", path, body={"name": "x"})).status == 404
    reader = await project.key("read", "run")
    assert (await reader.send("DELETE", "/api/v1/providers/scripted")).status == 403
    deleted = await project.api.send("DELETE", "/api/v1/providers/scripted")
    assert (deleted.status, deleted.text) == (204, "")

    async def is_refused() -> bool:
        answer = await project.api.run("ask", stream=False)
        return answer.status == 409 and answer.json["code"] == "provider_not_configured"

    await eventually(is_refused, 3)
    assert (await project.api.send("DELETE", "/api/v1/providers/scripted")).status == 404
