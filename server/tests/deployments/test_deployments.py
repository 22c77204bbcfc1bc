"""Deployments and the release ledger over HTTP."""

import asyncio

import pytest

from fixtures.api import Json, Project, made, new_project
from fixtures.servers import World
from fixtures.waiting import eventually

_CONFIG: Json = {"model": "scripted/echo", "parameters": {}}


async def _versions(project: Project, *templates: str) -> None:
    await project.add_provider()
    await project.publish("hello", {"template": templates[0]}, model="scripted/echo")
    for template in templates[1:]:
        body = {"template": template, "config": _CONFIG}
        await made(await project.api.send("PUT", "/api/v1/prompts/hello/draft", body=body), 200)
        await made(await project.api.post("/api/v1/prompts/hello/versions", {}))


def _deploy(version: str, **fields: object) -> Json:
    return {"subject": "hello", "environment": "prod", "version": version, **fields}


async def test_a_promotion_serves_at_once_and_is_in_the_ledger(project: Project) -> None:
    await _versions(project, "one", "two")
    first = await project.deploy("hello", reason="go live")
    assert (await project.api.run("hello")).json["output"] == "one"
    await project.deploy("hello", "1.0.1", replaces="1.0.0", reason="better")

    async def serves_two() -> bool:
        return (await project.api.run("hello")).json["output"] == "two"

    _, seconds = await eventually(serves_two, 10)
    assert seconds < 1.0
    await project.deploy("hello", "1.0.0", replaces="1.0.1", reason="rollback")
    releases = (await project.api.get(f"/api/v1/deployments/{first['id']}/releases")).json["data"]
    assert [(one["from_version"], one["to_version"], one["reason"]) for one in releases] == [
        ("1.0.1", "1.0.0", "rollback"),
        ("1.0.0", "1.0.1", "better"),
        (None, "1.0.0", "go live"),
    ]
    assert {one["actor_name"] for one in releases} == {"First key"}


@pytest.mark.parametrize("replaces", [None, "1.0.1"])
async def test_a_promotion_that_names_another_version_is_refused(
    project: Project, replaces: str | None
) -> None:
    await _versions(project, "one", "two")
    await project.deploy("hello")
    body = _deploy("1.0.1", replaces=replaces)
    answer = await project.api.post("/api/v1/deployments", body)
    assert (answer.status, answer.json["code"]) == (409, "deployment_moved")
    assert answer.json["current_version"] == "1.0.0"


async def test_of_many_first_deployments_at_once_one_wins(project: Project) -> None:
    await _versions(project, "one", "two", "three", "four")
    answers = await asyncio.gather(
        *(project.api.post("/api/v1/deployments", _deploy(f"1.0.{n}")) for n in range(4))
    )
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    found = (await project.api.get("/api/v1/deployments")).json["data"]
    assert len(found) == 1


async def test_deploying_what_serves_already_changes_nothing(project: Project) -> None:
    await _versions(project, "one")
    first = await project.deploy("hello")
    assert await project.deploy("hello") == first
    releases = (await project.api.get(f"/api/v1/deployments/{first['id']}/releases")).json
    assert len(releases["data"]) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"subject": "nobody"}, "subject_not_found"),
        ({"version": "9.9.9"}, "version_not_found"),
        ({"environment": "moon"}, "environment_not_found"),
    ],
)
async def test_what_does_not_exist_is_told(project: Project, fields: Json, code: str) -> None:
    await _versions(project, "one")
    answer = await project.api.post("/api/v1/deployments", {**_deploy("1.0.0"), **fields})
    assert (answer.status, answer.json["code"]) == (404, code)


async def test_another_projects_prompt_cannot_be_deployed(project: Project, world: World) -> None:
    await _versions(project, "one")
    deployed = await project.deploy("hello")
    prompt = (await project.api.get("/api/v1/prompts/hello")).json
    async with new_project(world) as other:
        body = {**_deploy("1.0.0"), "subject": prompt["id"]}
        assert (await other.api.post("/api/v1/deployments", body)).status == 404
        for tail in ("", "/releases"):
            path = f"/api/v1/deployments/{deployed['id']}{tail}"
            assert (await other.api.get(path)).json["code"] == "deployment_not_found"


async def test_a_list_is_narrowed_to_prompts(project: Project) -> None:
    await project.add_provider()
    for alias in ("one", "two", "three"):
        await project.prompt(alias)
    two = (await project.api.get("/api/v1/prompts/two")).json
    await project.deploy("one", environment="staging")
    query = f"prompt=one&prompt={two['id']}"
    page = (await project.api.get(f"/api/v1/deployments?{query}&limit=500")).json
    found = {(one["subject_alias"], one["environment"]) for one in page["data"]}
    assert found == {("one", "prod"), ("one", "staging"), ("two", "prod")}
    narrow = (await project.api.get(f"/api/v1/deployments?{query}&environment=staging")).json
    assert [one["subject_alias"] for one in narrow["data"]] == ["one"]
    # A cursor of one set of prompts is none of another.
    first = (await project.api.get(f"/api/v1/deployments?{query}&limit=2")).json
    address = f"/api/v1/deployments?{query}&limit=2&cursor={first['next_cursor']}"
    assert len((await project.api.get(address)).json["data"]) == 1
    assert (await project.api.get(address.replace("prompt=one&", ""))).status == 422
    for ref in ("none", "prm_00000000000000000000000000", "%F0%9F%92%A9"):
        answer = await project.api.get(f"/api/v1/deployments?prompt=one&prompt={ref}")
        assert (answer.status, answer.json["code"]) == (404, "subject_not_found")


async def test_another_projects_prompts_are_not_found_in_a_list(
    project: Project, world: World
) -> None:
    async with new_project(world) as other:
        await other.add_provider()
        await other.prompt("theirs")
        theirs = (await other.api.get("/api/v1/prompts/theirs")).json
        answer = await project.api.get(f"/api/v1/deployments?prompt={theirs['id']}")
        assert answer.status == 404
        assert (await project.api.get(f"/api/v1/usage?prompt={theirs['id']}")).status == 404
