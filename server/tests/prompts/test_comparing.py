"""The diff of two states over HTTP."""

import pytest

from fixtures.api import Api, Json, made, new_project
from fixtures.servers import World

_PATH = "/api/v1/prompts/hello"


async def _states(api: Api, before: Json, after: Json) -> Json:
    body = {"name": "Hello", "alias": "hello", "content": before}
    await made(await api.post("/api/v1/prompts", body))
    await made(await api.post(f"{_PATH}/versions", {}))
    await made(await api.send("PUT", f"{_PATH}/draft", body=after), 200)
    return (await api.get(f"{_PATH}/diff?from=1.0.0&to=draft")).json


def _tool(name: str, **parameters: object) -> Json:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


async def test_texts_config_and_variables_are_compared(api: Api) -> None:
    tools = [_tool("gone"), _tool("kept", type="object"), _tool("same")]
    newer = [_tool("new"), _tool("kept", type="string"), _tool("same")]
    before: Json = {
        "template": "Hi {{ a }}\n{{ b | default('') }}{{ c }}",
        "config": {"model": "x/one", "parameters": {"temperature": 1}, "tools": tools},
    }
    after: Json = {
        "template": "Hi {{ a }}\n{{ b }}{{ d }}",
        "config": {"model": "x/two", "tools": newer, "response_format": {"type": "json_object"}},
    }
    diff = await _states(api, before, after)
    assert (diff["before"]["version"], diff["after"]["version"]) == ("1.0.0", None)
    assert [line["op"] for line in diff["text"][0]["lines"]] == ["equal", "remove", "add"]
    assert diff["messages"] is None
    assert (diff["model"]["before"], diff["model"]["after"]) == ("x/one", "x/two")
    assert [one["name"] for one in diff["parameters"]] == ["temperature"]
    assert [(t["name"], t["before"] is None, t["after"] is None) for t in diff["tools"]] == [
        ("gone", False, True),
        ("kept", False, False),
        ("new", True, False),
    ]
    assert diff["output_schema"]["before"] is None
    assert diff["settings"] == []
    assert diff["variables"] == {
        "added": ["d"],
        "removed": ["c"],
        "now_required": ["b"],
        "now_optional": [],
    }


async def test_messages_are_compared_one_by_one(api: Api) -> None:
    config = {"model": "x/y"}
    before: Json = {
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Go"}],
        "config": config,
    }
    after: Json = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"placeholder": "messages"},
            {"role": "user", "content": "Go"},
        ],
        "config": config,
    }
    diff = await _states(api, before, after)
    assert diff["text"] is None
    found = [(m["change"], m["role"], m["before"], m["after"]) for m in diff["messages"]]
    assert found == [
        ("changed", "system", 0, 0),
        ("added", None, None, 1),
        ("equal", "user", 1, 2),
    ]


async def test_a_state_is_identical_to_itself(api: Api) -> None:
    content: Json = {"template": "x", "config": {"model": "x/y"}}
    diff = await _states(api, content, {**content, "template": "y"})
    assert diff["identical"] is False
    same = (await api.get(f"{_PATH}/diff?from=1.0.0&to=1.0.0")).json
    assert (same["identical"], same["text"]) == (True, [])


@pytest.mark.parametrize("query", ["", "?from=1.0.0", "?from=1.0&to=draft", "?from=%00&to=draft"])
async def test_a_state_that_is_none_is_refused(api: Api, query: str) -> None:
    answer = await api.get(f"{_PATH}/diff{query}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


async def test_another_projects_states_are_not_compared(api: Api, world: World) -> None:
    content: Json = {"template": "x", "config": {"model": "x/y"}}
    await _states(api, content, content)
    async with new_project(world) as other:
        answer = await other.api.get(f"{_PATH}/diff?from=1.0.0&to=draft")
        assert (answer.status, answer.json["code"]) == (404, "prompt_not_found")
