"""Previews over HTTP: what a prompt becomes, with its tokens and price, and what it lacks."""

from decimal import Decimal

import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.servers import World

_CONFIG: Json = {"model": "scripted/ok"}


async def _prompt(api: Api, content: Json, alias: str = "hello") -> None:
    body = {"name": alias, "alias": alias, "content": {"config": _CONFIG, **content}}
    await made(await api.post("/api/v1/prompts", body))


async def _render(api: Api, body: Json, ref: str = "hello") -> Json:
    return await made(await api.post(f"/api/v1/prompts/{ref}/render", body), 200)


async def test_a_draft_and_a_version_are_rendered(api: Api) -> None:
    await _prompt(api, {"template": "Hi {{ name }}"})
    await made(await api.post("/api/v1/prompts/hello/versions", {}))
    chat = [{"role": "system", "content": "Be {{ how }}"}, {"placeholder": "messages"}]
    draft = {"messages": chat, "config": _CONFIG}
    await made(await api.send("PUT", "/api/v1/prompts/hello/draft", body=draft), 200)
    old = await _render(api, {"version": "1.0.0", "variables": {"name": "Ada"}})
    assert old["messages"] == [{"role": "user", "content": "Hi Ada"}]
    said = {"role": "tool", "tool_call_id": "x", "content": "{{ how }}"}
    new = await _render(api, {"variables": {"how": "kind"}, "messages": [said]})
    assert new["messages"] == [{"role": "system", "content": "Be kind"}, said]
    assert new["variables"] == {"names": ["how"], "required": ["how"]}


async def test_every_missing_variable_is_named(api: Api) -> None:
    template = "{{ b }}{{ a }}{{ c | default('x') }}{{ a.deep }}"
    answer = await made(await api.post("/api/v1/render", {"template": template}), 200)
    assert (answer["messages"], answer["missing"]) == (None, ["b", "a"])
    assert answer["variables"] == {"names": ["b", "a", "c"], "required": ["b", "a"]}
    given: Json = {"template": template, "variables": {"a": {}, "b": 1}}
    assert (await made(await api.post("/api/v1/render", given), 200))["missing"] == ["a.deep"]


async def test_tokens_are_counted_and_priced_for_the_model(project: Project) -> None:
    api = project.api
    key = {"api_key": "sk-test-0123456789abcdef"}
    body = {"name": "oa", "kind": "openai", "credentials": key}
    await made(await api.post("/api/v1/providers", body))
    await project.add_provider()
    request = {"template": "hello world", "model": "oa/gpt-4o"}
    known = await made(await api.post("/api/v1/render", request), 200)
    # Three for a message, one for its role, two for its words, three before the answer.
    assert (known["input_tokens"], known["exact"]) == (9, True)
    assert Decimal(known["input_cost_usd"]) == Decimal("0.0000225")
    for model in ("scripted/ok", "nobody/gpt-4o"):
        unknown = await made(await api.post("/api/v1/render", {**request, "model": model}), 200)
        assert (unknown["input_tokens"], unknown["exact"]) == (9, False)
        assert unknown["input_cost_usd"] is None
    del request["model"]
    uncounted = await made(await api.post("/api/v1/render", request), 200)
    assert (uncounted["input_tokens"], uncounted["exact"]) == (None, None)


async def test_tools_make_the_count_an_estimate(project: Project) -> None:
    api = project.api
    key = {"api_key": "sk-test-0123456789abcdef"}
    await made(
        await api.post("/api/v1/providers", {"name": "oa", "kind": "openai", "credentials": key})
    )
    config = {"model": "oa/gpt-4o", "tools": [{"type": "function", "function": {"name": "f"}}]}
    await _prompt(api, {"template": "hello world", "config": config})
    assert (await _render(api, {}))["exact"] is False


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"template": "{{ a"}, 422, "template_syntax"),
        ({"template": "{% import 'x' as y %}"}, 422, "template_unsupported"),
        ({"template": "x" * (256 * 1024 + 1)}, 422, "template_limit_exceeded"),
        (
            {"template": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}x"
             "{% endfor %}"},
            422,
            "template_limit_exceeded",
        ),
        ({"template": "{{ a + 1 }}", "variables": {"a": "x"}}, 400, "template_render_failed"),
        ({"template": "x", "messages": []}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ({"template": "x", "model": "no-provider"}, 422, "invalid_request"),
        ({"template": "x", "variables": {f"v{n}": 1 for n in range(201)}}, 422, "invalid_request"),
        ({"template": "x", "other": 1}, 422, "invalid_request"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
async def test_what_cannot_be_rendered_is_a_problem(
    api: Api, body: Json, status: int, code: str
) -> None:
    answer = await api.post("/api/v1/render", body)
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_a_fault_of_a_chat_names_its_message(api: Api) -> None:
    messages = [{"placeholder": "messages"}, {"role": "user", "content": "{{"}]
    answer = await api.post("/api/v1/render", {"messages": messages})
    assert answer.json["errors"][0]["pointer"] == "#/messages/1/content"


async def test_a_large_template_is_rendered_too(api: Api) -> None:
    template = "word " * 50_000 + "{{ a }}"
    body = {"template": template, "variables": {"a": "中" * 100_000}, "model": "x/y"}
    answer = await made(await api.post("/api/v1/render", body), 200)
    assert answer["messages"][0]["content"] == template.replace("{{ a }}", "中" * 100_000)
    assert answer["input_tokens"] > 150_000


async def test_who_has_no_draft_is_told(project: Project) -> None:
    await _prompt(project.api, {"template": "x"})
    reader = await project.key("read")
    answer = await reader.post("/api/v1/prompts/hello/render", {})
    assert (answer.status, answer.json["code"]) == (404, "draft_not_found")
    missing = await reader.post("/api/v1/prompts/hello/render", {"version": "9.9.9"})
    assert (missing.status, missing.json["code"]) == (404, "version_not_found")


async def test_another_projects_prompt_is_not_rendered(api: Api, world: World) -> None:
    await _prompt(api, {"template": "secret"})
    async with new_project(world) as other:
        answer = await other.api.post("/api/v1/prompts/hello/render", {})
        assert (answer.status, answer.json["code"]) == (404, "prompt_not_found")
