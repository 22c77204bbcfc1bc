"""Protected environments: who may release to them."""

import pytest

from fixtures.api import Api, Json, Project, made
from fixtures.people import Browser, People, member
from promptops_server.access.types import Role

_DEPLOYMENTS = "/api/v1/deployments"


async def _published(project: Project) -> None:
    await project.add_provider()
    await project.publish("hello", {"template": "Hi"})


def _to(environment: str, **fields: object) -> dict[str, object]:
    return {"subject": "hello", "environment": environment, "version": "1.0.0", **fields}


async def test_prod_is_protected_and_an_owner_decides_about_each(api: Api) -> None:
    listed = (await api.get("/api/v1/environments")).json["data"]
    assert {one["name"]: one["protected"] for one in listed} == {"prod": True, "staging": False}
    eu = await made(await api.post("/api/v1/environments", {"name": "eu", "protected": True}))
    assert eu["protected"] is True
    changed = await api.send("PATCH", "/api/v1/environments/eu", body={"required_checks": ["x"]})
    assert (changed.json["protected"], changed.json["required_checks"]) == (True, ["x"])
    changed = await api.send("PATCH", "/api/v1/environments/eu", body={"protected": False})
    assert (changed.json["protected"], changed.json["required_checks"]) == (False, ["x"])
    assert (await api.send("DELETE", "/api/v1/environments/prod")).status == 204
    again = await made(await api.post("/api/v1/environments", {"name": "prod"}))
    assert again["protected"] is True
    for value in (None, 2, "maybe"):
        answer = await api.send("PATCH", "/api/v1/environments/eu", body={"protected": value})
        assert answer.status == 422


@pytest.mark.parametrize("role", [Role.EDITOR, Role.OWNER])
async def test_only_an_owner_releases_to_a_protected_environment(
    project: Project, people: People, role: Role
) -> None:
    await _published(project)
    await project.deploy("hello")
    browser: Browser = await member(people, project, role)
    allowed = role == Role.OWNER
    staging = await browser.send("POST", _DEPLOYMENTS, _to("staging"))
    assert staging.status == 200, staging.text
    draft: Json = {"template": "Hi!", "config": {"model": "scripted/ok", "parameters": {}}}
    await made(await project.api.send("PUT", "/api/v1/prompts/hello/draft", body=draft), 200)
    await made(await project.api.post("/api/v1/prompts/hello/versions", {}))
    newer = _to("prod", version="1.0.1", replaces="1.0.0")
    listed = (await browser.send("GET", _DEPLOYMENTS)).json["data"]
    prod = next(one["id"] for one in listed if one["environment"] == "prod")
    asked = [
        await browser.send("POST", _DEPLOYMENTS, newer),
        await browser.send(
            "POST",
            f"{_DEPLOYMENTS}/{staging.json['id']}/promote",
            {"to": "prod", "replaces": "1.0.1" if allowed else "1.0.0"},
        ),
        await browser.send("POST", f"{_DEPLOYMENTS}/{prod}/rollback", {"replaces": "1.0.0"}),
    ]
    for answer in asked:
        assert (answer.status == 403) == (not allowed), answer.text
        if not allowed:
            assert "deployments.write_protected" in answer.json["detail"]


async def test_a_key_releases_to_a_protected_environment_by_admin_or_by_name(
    project: Project,
) -> None:
    await _published(project)
    author = await project.key("author")
    refused = await author.post(_DEPLOYMENTS, _to("prod"))
    assert (refused.status, refused.json["code"]) == (403, "forbidden")
    assert (await author.post(_DEPLOYMENTS, _to("staging"))).status == 200
    for scopes, fields in (
        (["author"], {"environments": ["prod"]}),
        (["admin"], {}),
    ):
        key = await project.key(*scopes, **fields)
        assert (await key.post(_DEPLOYMENTS, _to("prod"))).status == 200
    elsewhere = await project.key("admin", environments=["staging"])
    assert (await elsewhere.post(_DEPLOYMENTS, _to("prod"))).status == 403
    opened = await project.api.send("PATCH", "/api/v1/environments/prod", body={"protected": False})
    assert opened.status == 200
    assert (await author.post(_DEPLOYMENTS, _to("prod"))).status == 200
