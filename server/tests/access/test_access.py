"""Projects and API keys over HTTP."""

import pytest

from fixtures.api import Api, Project, made
from fixtures.servers import World
from fixtures.waiting import eventually
from promptops_server.access.keys import make_key


@pytest.mark.parametrize("key", [None, "", "sk-po_", "x" * 64_000, "sk-po_'; DROP TABLE api_keys"])
async def test_no_key_and_a_malformed_one_are_refused_alike(api: Api, key: str | None) -> None:
    answer = await api.with_key(key).get("/api/v1/prompts")
    if answer.status != 400:  # The server itself refuses a header that long.
        assert (answer.status, answer.json["code"]) == (401, "unauthorized")
        assert answer.json["detail"] == "Send a valid API key in the X-API-Key header."


async def test_a_well_formed_key_that_nobody_made_is_refused(api: Api) -> None:
    answer = await api.with_key(make_key()).run("x")
    assert (answer.status, answer.json["code"]) == (401, "unauthorized")


async def test_a_key_is_shown_once_and_stored_as_a_hash(api: Api) -> None:
    created = await made(await api.post("/api/v1/keys", {"name": "CI", "scopes": ["run"]}))
    key = created["key"]
    assert created["api_key"]["prefix"] == key[:10]
    assert created["api_key"]["last4"] == key[-4:]
    listed = await api.get("/api/v1/keys")
    assert key not in listed.text
    assert [one["name"] for one in listed.json["data"]] == ["CI", "First key"]


@pytest.mark.parametrize(
    ("scopes", "method", "path", "allowed"),
    [
        (["run"], "GET", "/api/v1/prompts", False),
        (["read"], "GET", "/api/v1/prompts", True),
        (["author"], "GET", "/api/v1/prompts", True),
        (["read"], "POST", "/api/v1/prompts", False),
        (["author"], "POST", "/api/v1/prompts", True),
        (["author"], "POST", "/api/v1/keys", False),
        (["read"], "GET", "/api/v1/keys", False),
        (["author"], "POST", "/api/v1/providers", False),
        (["read"], "POST", "/api/v1/run/x", False),
        (["run"], "POST", "/api/v1/run/x", True),
    ],
)
async def test_a_scope_opens_what_it_names(
    project: Project, scopes: list[str], method: str, path: str, *, allowed: bool
) -> None:
    caller = await project.key(*scopes)
    answer = await caller.send(method, path, body={} if method == "POST" else None)
    assert (answer.status == 403) == (not allowed)
    if not allowed:
        assert answer.json["code"] == "forbidden"


async def test_a_revoked_key_dies_within_a_second(project: Project) -> None:
    await project.add_provider()
    await project.prompt("hello")
    created = await made(
        await project.api.post("/api/v1/keys", {"name": "leaked", "scopes": ["run"]})
    )
    leaked = project.api.with_key(created["key"])
    assert (await leaked.run("hello")).status == 200
    revoked = await project.api.send("DELETE", f"/api/v1/keys/{created['api_key']['id']}")
    assert revoked.status == 204

    async def refused() -> bool:
        return (await leaked.run("hello")).status == 401

    _, seconds = await eventually(refused, 10)
    assert seconds < 1.0


async def test_a_key_expires(project: Project) -> None:
    refused = await project.api.post(
        "/api/v1/keys", {"name": "old", "scopes": ["run"], "expires_at": "2020-01-01T00:00:00Z"}
    )
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/expires_at")


async def test_another_projects_key_is_unknown(project: Project, world: World) -> None:
    from fixtures.api import new_project

    created = await made(await project.api.post("/api/v1/keys", {"name": "x", "scopes": ["run"]}))
    async with new_project(world) as other:
        path = f"/api/v1/keys/{created['api_key']['id']}"
        assert (await other.api.get(path)).status == 404
        assert (await other.api.send("DELETE", path)).status == 404


@pytest.mark.parametrize("field", ["id", "project_id", "created_at", "secret_sha256"])
async def test_a_field_that_the_server_owns_is_refused(api: Api, field: str) -> None:
    answer = await api.post("/api/v1/keys", {"name": "x", "scopes": ["run"], field: "1"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, f"#/{field}")


async def test_a_new_project_has_its_environments_and_a_first_key(api: Api) -> None:
    slug = make_key()[6:20].lower()
    created = await made(await api.post("/api/v1/projects", {"name": "Neu 新", "slug": slug}))
    fresh = api.with_key(created["api_key"])
    assert (await fresh.get("/api/v1/projects")).json["data"] == [created["project"]]
    environments = (await fresh.get("/api/v1/environments")).json["data"]
    assert [one["name"] for one in environments] == ["prod", "staging"]
    again = await api.post("/api/v1/projects", {"name": "Again", "slug": slug})
    assert (again.status, again.json["code"]) == (409, "project_slug_taken")
