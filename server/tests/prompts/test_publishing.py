"""The suggested bump, and deprecated versions, over HTTP."""

from typing import Any

import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.people import People, member
from fixtures.servers import World
from promptops_server.access.types import Role
from promptops_server.prompts.contract import Contract, ReasonCode, suggest_bump

_CONFIG: Json = {"model": "scripted/ok"}
_PATH = "/api/v1/prompts/hello"


def _tool(name: str, **parameters: object) -> Json:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def _content(template: str = "{{ a }}", **config: object) -> Json:
    return {"template": template, "config": {**_CONFIG, **config}}


async def _publish(api: Api, content: Json, wanted: Json | None = None) -> Json:
    await made(await api.send("PUT", f"{_PATH}/draft", body=content), 200)
    return await made(await api.post(f"{_PATH}/versions", wanted or {}))


async def _prompt(api: Api, content: Json) -> None:
    await made(await api.post("/api/v1/prompts", {"name": "Hello", "alias": "hello"}))
    await _publish(api, content)


_F = _tool("f", properties={"x": {"type": "string"}}, required=["x"])
_MORE = _tool("f", properties={"x": {"type": "string"}, "y": {}}, required=["x"])
_SAID = _tool("f", properties={"x": {"type": "string", "description": "X."}}, required=["x"])
_RETYPED = _tool("f", properties={"x": {"type": "integer"}}, required=["x"])
_JSON = {"type": "json_object"}
_CHANGES: list[tuple[Json, Json, str]] = [
    (_content(), _content("{{ a }}!"), "patch"),
    (_content(), _content("{{ a }}", parameters={"temperature": 1}), "patch"),
    (_content(), _content("{{ a }}{{ b | default('') }}"), "minor"),
    (_content(), _content("{{ a | default('') }}"), "minor"),
    (_content(), _content("{{ a }}{{ b }}"), "major"),
    (_content("{{ a | default('') }}"), _content(), "major"),
    (_content(), _content("Nothing."), "major"),
    (_content(), _content(tools=[_F]), "minor"),
    (_content(tools=[_F]), _content(), "major"),
    (_content(tools=[_F]), _content(tools=[_SAID]), "patch"),
    (_content(tools=[_F]), _content(tools=[_MORE]), "minor"),
    (_content(tools=[_MORE]), _content(tools=[_F]), "major"),
    (_content(tools=[_F]), _content(tools=[_RETYPED]), "major"),
    (_content(), _content(response_format=_JSON), "major"),
]


@pytest.mark.parametrize(("before", "after", "bump"), _CHANGES)
async def test_the_bump_follows_the_contract(
    api: Api, before: Json, after: Json, bump: str
) -> None:
    await _prompt(api, before)
    await made(await api.send("PUT", f"{_PATH}/draft", body=after), 200)
    suggested = (await api.get(f"{_PATH}/draft/bump")).json
    number = {"patch": "1.0.1", "minor": "1.1.0", "major": "2.0.0"}[bump]
    assert (suggested["bump"], suggested["version"]) == (bump, number)
    assert {reason["detail"] for reason in suggested["reasons"]}
    assert {reason["code"] for reason in suggested["reasons"]} <= set(ReasonCode)
    assert (await made(await api.post(f"{_PATH}/versions", {})))["version"] == number


async def test_the_author_may_choose_otherwise(api: Api) -> None:
    await _prompt(api, _content())
    version = await _publish(api, _content("no variable"), {"bump": "patch"})
    assert version["version"] == "1.0.1"


async def test_the_highest_version_is_what_counts(api: Api) -> None:
    await _prompt(api, _content())
    await _publish(api, _content("{{ b }}"), {"version": "3.0.0"})
    await _publish(api, _content("{{ a }} fixed"), {"version": "1.0.1"})
    version = await _publish(api, _content("{{ b }} too"))
    assert version["version"] == "3.0.1"


async def test_nothing_to_bump_is_said(api: Api) -> None:
    body = {"name": "Hello", "alias": "hello", "content": _content()}
    await made(await api.post("/api/v1/prompts", body))
    first = (await api.get(f"{_PATH}/draft/bump")).json
    assert (first["bump"], first["version"]) == (None, "1.0.0")
    await made(await api.post(f"{_PATH}/versions", {}))
    await made(await api.send("PUT", f"{_PATH}/draft", body=_content()), 200)
    same = (await api.get(f"{_PATH}/draft/bump")).json
    assert (same["bump"], same["version"]) == (None, "1.0.0")


async def test_a_draft_that_cannot_be_published_has_no_bump(api: Api) -> None:
    body = {"name": "Hello", "alias": "hello", "content": _content("{{")}
    await made(await api.post("/api/v1/prompts", body))
    answer = await api.get(f"{_PATH}/draft/bump")
    assert (answer.status, answer.json["code"]) == (422, "template_syntax")


def test_the_gravest_reason_stands_first() -> None:
    before = Contract(frozenset({"a"}), frozenset({"a"}), {}, None)
    after = Contract(frozenset({"b"}), frozenset(), {"t": {}}, None)
    bump, reasons = suggest_bump(before, after)
    assert bump == "major"
    assert reasons[0].sentence == "The variable a is gone."
    assert len(reasons) == 3


async def test_a_deprecated_version_goes_on_serving_and_says_so(project: Project) -> None:
    api = project.api
    await project.add_provider()
    await project.prompt("hello")
    path = f"{_PATH}/versions/1.0.0"
    assert "Deprecation" not in (await api.get(path)).headers
    deprecated = await made(await api.post(f"{path}/deprecate", {}), 200)
    assert deprecated["status"] == "Deprecated"
    again: Any = await made(await api.post(f"{path}/deprecate", {}), 200)
    assert again["deprecated_at"] == deprecated["deprecated_at"]
    read = await api.get(path)
    assert read.json == deprecated
    assert read.headers["Deprecation"][0] == "@"
    assert int(read.headers["Deprecation"][1:]) > 1_700_000_000
    assert (await api.run("hello")).status == 200
    restored = await made(await api.post(f"{path}/restore", {}), 200)
    assert (restored["status"], restored["deprecated_at"]) == ("Published", None)
    assert "Deprecation" not in (await api.get(path)).headers


async def test_another_project_deprecates_nothing(api: Api, world: World) -> None:
    await _prompt(api, _content())
    async with new_project(world) as other:
        answer = await other.api.post(f"{_PATH}/versions/1.0.0/deprecate", {})
        assert answer.status == 404
    missing = await api.post(f"{_PATH}/versions/9.0.0/deprecate", {})
    assert (missing.status, missing.json["code"]) == (404, "version_not_found")


async def test_a_version_tells_who_published_it(project: Project, people: People) -> None:
    api = project.api
    await _prompt(api, _content())
    editor = await member(people, project, Role.EDITOR)
    draft = await made(await editor.send("PUT", f"{_PATH}/draft", _content("{{ a }}!")), 200)
    assert draft["author"] == "Ada"
    published = await made(await editor.send("POST", f"{_PATH}/versions", {}))
    found = (await api.get(f"{_PATH}/versions")).json["data"]
    assert [version["author"] for version in found] == ["Ada", None]
    assert published["author"] == "Ada"
    path = f"{_PATH}/versions/{published['version']}"
    assert (await api.get(path)).json["author"] == "Ada"
    assert (await api.post(f"{path}/deprecate", {})).json["author"] == "Ada"
