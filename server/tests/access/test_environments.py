"""Environments over HTTP."""

import asyncio

import pytest

from fixtures.api import Api, Project, made, new_project
from fixtures.servers import World

_PATH = "/api/v1/environments"


async def _names(api: Api) -> list[str]:
    return [one["name"] for one in (await api.get(_PATH)).json["data"]]


async def test_an_environment_is_made_used_and_deleted(project: Project) -> None:
    created = await made(await project.api.post(_PATH, {"name": "eu-1"}))
    assert (created["name"], created["required_checks"]) == ("eu-1", [])
    assert await _names(project.api) == ["eu-1", "prod", "staging"]
    await project.add_provider()
    await project.publish("hello", {"template": "Hi"})
    await project.deploy("hello", environment="eu-1")
    assert (await project.api.run("hello", env="eu-1")).status == 200
    refused = await project.api.send("DELETE", f"{_PATH}/eu-1")
    assert (refused.status, refused.json["code"]) == (409, "environment_in_use")
    assert (await project.api.send("DELETE", f"{_PATH}/staging")).status == 204
    assert await _names(project.api) == ["eu-1", "prod"]


async def test_a_name_is_taken_once_however_many_ask_at_once(api: Api) -> None:
    answers = await asyncio.gather(*(api.post(_PATH, {"name": "qa"}) for _ in range(6)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409, 409, 409]
    codes = {answer.json["code"] for answer in answers if answer.status == 409}
    assert codes == {"environment_taken"}


async def test_one_environment_stays_however_many_are_deleted_at_once(api: Api) -> None:
    answers = await asyncio.gather(
        *(api.send("DELETE", f"{_PATH}/{name}") for name in ("prod", "staging"))
    )
    assert sorted(answer.status for answer in answers) == [204, 409]
    assert len(await _names(api)) == 1


@pytest.mark.parametrize("name", ["", "Prod", "a b", "-x", "é", "x" * 51, "a/b", None, 1, ["x"]])
async def test_a_name_of_another_form_is_refused(api: Api, name: object) -> None:
    answer = await api.post(_PATH, {"name": name})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "#/name")


@pytest.mark.parametrize(
    ("name", "status"), [("moon", 404), ("%00", 404), ("%F0%9F%8C%99", 422), ("x" * 51, 422)]
)
async def test_what_is_not_there_is_neither_changed_nor_deleted(
    api: Api, name: str, status: int
) -> None:
    for answer in (
        await api.send("DELETE", f"{_PATH}/{name}"),
        await api.send("PATCH", f"{_PATH}/{name}", body={"required_checks": []}),
    ):
        assert answer.status == status


async def test_another_projects_environment_is_unknown(project: Project, world: World) -> None:
    await made(await project.api.post(_PATH, {"name": "mine"}))
    async with new_project(world) as other:
        answer = await other.api.send("DELETE", f"{_PATH}/mine")
        assert (answer.status, answer.json["code"]) == (404, "environment_not_found")
    assert "mine" in await _names(project.api)


async def test_a_project_has_at_most_a_hundred(api: Api) -> None:
    for first in range(0, 98, 7):
        names = [f"e{number}" for number in range(first, first + 7)]
        answers = await asyncio.gather(*(api.post(_PATH, {"name": name}) for name in names))
        assert {answer.status for answer in answers} == {201}
    one_more = await api.post(_PATH, {"name": "one-more"})
    assert (one_more.status, one_more.json["code"]) == (409, "conflict")


async def test_a_narrowed_key_touches_no_other_environment(project: Project) -> None:
    narrow = await project.key("admin", environments=["staging"])
    refused = [
        await narrow.post(_PATH, {"name": "x"}),
        await narrow.send("PATCH", f"{_PATH}/prod", body={"required_checks": []}),
        await narrow.send("DELETE", f"{_PATH}/prod"),
    ]
    assert {answer.status for answer in refused} == {403}
    assert (await narrow.send("DELETE", f"{_PATH}/staging")).status == 204
