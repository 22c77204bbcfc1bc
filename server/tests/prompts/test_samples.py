"""Samples of a prompt's variables over HTTP."""

import asyncio

import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.servers import World

_PATH = "/api/v1/prompts/hello/samples"


@pytest.fixture
async def prompted(project: Project) -> Api:
    await made(await project.api.post("/api/v1/prompts", {"name": "Hello", "alias": "hello"}))
    return project.api


async def _names(api: Api) -> list[str]:
    return [one["name"] for one in (await api.get(_PATH)).json["data"]]


async def test_samples_are_kept_as_they_are_written(prompted: Api) -> None:
    # Numbers, and the order of keys, are what a template would print.
    values: Json = {"z": {"b": 1.0, "a": [True, None, 1e300, 2**63 - 1, "你好 😀"]}, "a": ""}
    sample = await made(await prompted.post(_PATH, {"name": " First ", "values": values}))
    assert (sample["name"], sample["values"]) == ("First", values)
    assert '"z":{"b":1.0,"a":[' in (await prompted.get(_PATH)).text.replace(" ", "")
    await made(await prompted.post(_PATH, {"name": "Second", "values": {}}))
    assert await _names(prompted) == ["First", "Second"]
    turned = {"a": "", "z": values["z"]}
    path = f"{_PATH}/{sample['id']}"
    changed = await prompted.send("PUT", path, body={"name": "Third", "values": turned})
    assert (await made(changed, 200))["created_at"] == sample["created_at"]
    assert list((await prompted.get(_PATH)).json["data"][0]["values"]) == ["a", "z"]
    assert await _names(prompted) == ["Third", "Second"]
    assert (await prompted.send("DELETE", path)).status == 204
    assert await _names(prompted) == ["Second"]
    for method in ("DELETE", "PUT"):
        gone = await prompted.send(method, path, body={"name": "x", "values": {}})
        assert (gone.status, gone.json["code"]) == (404, "sample_not_found")


async def test_a_name_is_used_once_a_prompt(prompted: Api) -> None:
    first, second = [
        await made(await prompted.post(_PATH, {"name": name, "values": {}})) for name in "ab"
    ]
    again = await prompted.post(_PATH, {"name": "a", "values": {}})
    assert (again.status, again.json["code"]) == (409, "sample_taken")
    path = f"{_PATH}/{second['id']}"
    renamed = await prompted.send("PUT", path, body={"name": "a", "values": {}})
    assert (renamed.status, renamed.json["code"]) == (409, "sample_taken")
    await made(await prompted.send("PUT", path, body={"name": "b", "values": {"x": 1}}), 200)
    await made(await prompted.post("/api/v1/prompts", {"name": "Other", "alias": "other"}))
    other = "/api/v1/prompts/other/samples"
    await made(await prompted.post(other, {"name": "a", "values": {}}))
    # A sample is reached through its own prompt alone.
    assert (await prompted.send("DELETE", f"{other}/{first['id']}")).status == 404


async def test_of_samples_made_at_once_fifty_are_kept(prompted: Api) -> None:
    answers = await asyncio.gather(
        *(prompted.post(_PATH, {"name": str(number), "values": {}}) for number in range(53))
    )
    refused = [answer.json for answer in answers if answer.status != 201]
    assert [one["code"] for one in refused] == ["too_many_samples"] * 3
    assert len(await _names(prompted)) == 50


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a"},
        {"values": {}},
        {"name": "", "values": {}},
        {"name": "a\nb", "values": {}},
        {"name": "x" * 256, "values": {}},
        {"name": "a", "values": []},
        {"name": "a", "values": {str(n): n for n in range(201)}},
        {"name": "a", "values": {"x": "好" * 90_000}},
        {"name": "a", "values": {}, "more": 1},
    ],
)
async def test_a_wrong_sample_is_refused(prompted: Api, body: Json) -> None:
    answer = await prompted.post(_PATH, body)
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


async def test_a_reader_reads_and_another_project_sees_nothing(
    project: Project, prompted: Api, world: World
) -> None:
    sample = await made(await prompted.post(_PATH, {"name": "a", "values": {}}))
    reader = await project.key("read")
    assert await _names(reader) == ["a"]
    assert (await reader.post(_PATH, {"name": "b", "values": {}})).status == 403
    assert (await reader.send("DELETE", f"{_PATH}/{sample['id']}")).status == 403
    async with new_project(world) as other:
        await made(await other.api.post("/api/v1/prompts", {"name": "Hello", "alias": "hello"}))
        assert await _names(other.api) == []
        assert (await other.api.send("DELETE", f"{_PATH}/{sample['id']}")).status == 404
