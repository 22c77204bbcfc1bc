"""Settings and projects of the installation, as an administrator sees them."""

import pytest

from fixtures.api import Project, made
from fixtures.people import Browser, People, member, sign_in
from fixtures.servers import World
from fixtures.waiting import eventually
from promptops_server.access.types import Role
from promptops_server.core.settings import Settings
from promptops_server.instance.settings_view import settings_in_force, without_password

_CANARY = "canary-password"


@pytest.fixture
async def administrator(project: Project, people: People) -> Browser:
    user = await people.make(is_instance_admin=True)
    return await sign_in(project.api, await people.link(user))


async def test_an_administrator_sees_every_setting_and_where_it_comes_from(
    world: World, administrator: Browser
) -> None:
    told = await made(await administrator.send("GET", "/api/v1/instance/settings"), 200)
    found = {setting["name"]: setting for setting in told["settings"]}
    assert set(found) == {f"PROMPTOPS_{name.upper()}" for name in Settings.model_fields}
    assert found["PROMPTOPS_PORT"] == {
        "name": "PROMPTOPS_PORT",
        "value": world.environment["PROMPTOPS_PORT"],
        "source": "environment",
        "is_secret": False,
    }
    assert found["PROMPTOPS_DRAIN_TIMEOUT_S"]["source"] == "default"
    assert found["PROMPTOPS_SMTP_URL"]["value"] is None


def test_no_secret_is_shown() -> None:
    settings = Settings.model_validate(
        {
            "master_key": _CANARY,
            "adaptor_token": _CANARY,
            "smtp_url": f"smtps://me:{_CANARY}@mail.example.com:465",
            "database_url": f"postgresql://me:{_CANARY}@db:5432/promptops?sslmode=require",
            "database_url_app": f"postgresql://db/promptops?user=me&password={_CANARY}",
            "redis_url": f"redis://:{_CANARY}@cache:6379/0",
        }
    )
    told = {setting.name: setting for setting in settings_in_force(settings)}
    assert _CANARY not in repr(told)
    assert told["PROMPTOPS_MASTER_KEY"].value == "****"
    assert told["PROMPTOPS_MASTER_KEY"].is_secret
    shown = told["PROMPTOPS_DATABASE_URL"].value
    assert shown == "postgresql://me:****@db:5432/promptops?sslmode=require"
    assert told["PROMPTOPS_REDIS_URL"].value == "redis://:****@cache:6379/0"
    assert told["PROMPTOPS_SMTP_URL"].value == "smtps://me:****@mail.example.com:465"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("unix:///run/valkey.sock", "unix:///run/valkey.sock"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://[broken", "****"),
        ("redis://u:p@w@host/0", "redis://u:****@host/0"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


async def test_a_project_is_renamed_archived_and_taken_out_again(
    project: Project, people: People, administrator: Browser
) -> None:
    owner = await member(people, project, Role.OWNER)
    found = (await project.api.get("/api/v1/projects")).json["data"][0]
    listed = (await administrator.send("GET", "/api/v1/instance/projects?limit=1")).json
    assert (listed["data"][0]["id"], listed["data"][0]["members"]) == (found["id"], 1)
    path = f"/api/v1/instance/projects/{found['id']}"
    renamed = await made(await administrator.send("PATCH", path, {"name": "Other"}), 200)
    assert (renamed["name"], renamed["slug"]) == ("Other", found["slug"])
    archived = await made(await administrator.send("PATCH", path, {"archived": True}), 200)
    assert archived["archived_at"] is not None

    async def is_closed() -> bool:
        by_key = await project.api.get("/api/v1/prompts")
        by_person = await owner.send("GET", "/api/v1/prompts")
        return (by_key.status, by_person.status) == (401, 403)

    await eventually(is_closed, 5)
    assert (await owner.send("GET", "/api/v1/session")).json["projects"] == []
    assert (await project.api.run("hello")).status == 401
    await made(await administrator.send("PATCH", path, {"archived": False}), 200)

    async def is_open() -> bool:
        by_key = await project.api.get("/api/v1/prompts")
        by_person = await owner.send("GET", "/api/v1/prompts")
        return (by_key.status, by_person.status) == (200, 200)

    await eventually(is_open, 5)
    for unknown in ("nothing", "prj_00000000000000000000000000"):
        answer = await administrator.send("PATCH", f"/api/v1/instance/projects/{unknown}", {})
        assert (answer.status, answer.json["code"]) == (404, "project_not_found")
    assert (await owner.send("GET", "/api/v1/instance/projects")).status == 403
