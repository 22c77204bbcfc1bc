"""What a call may choose: the version, parameters, messages, and what it says about itself."""

import asyncio

import pytest

from fixtures.api import Api, Json, Project, made, parse_events
from fixtures.servers import World


@pytest.fixture
async def scripted(project: Project) -> Project:
    await project.add_provider()
    return project


async def _publish(project: Project, alias: str, content: Json, config: Json) -> None:
    body = {
        "name": alias,
        "alias": alias,
        "content": {**content, "config": {"model": "scripted/echo", **config}},
    }
    await made(await project.api.post("/api/v1/prompts", body))
    await made(await project.api.post(f"/api/v1/prompts/{alias}/versions", {}))
    await project.deploy(alias)


async def _run(api: Api, query: str, **body: object) -> Json:
    return (await api.post(f"/api/v1/run/{query}", body)).json


async def test_a_version_is_run_by_its_number_and_a_draft_by_its_author(
    scripted: Project,
) -> None:
    await scripted.prompt("two", "first", model="scripted/echo")
    content = {"template": "second", "config": {"model": "scripted/echo"}}
    saved = await scripted.api.send("PUT", "/api/v1/prompts/two/draft", body=content)
    assert saved.status in (200, 201), saved.text
    assert (await _run(scripted.api, "two?version=1.0.0"))["output"] == "first"
    draft = await _run(scripted.api, "two?version=draft")
    assert (draft["output"], draft["version"], draft["environment"]) == ("second", "draft", None)
    run = await made(await scripted.api.get(f"/api/v1/runs/{draft['run_id']}"), 200)
    assert (run["source"], run["version_id"], len(run["content_hash"])) == ("test", None, 64)
    assert (await _run(scripted.api, "two"))["output"] == "first"
    runner = await scripted.key("run")
    assert (await _run(runner, "two?version=draft"))["code"] == "forbidden"
    author = await scripted.key("run", "author")
    assert (await _run(author, "two?version=draft"))["code"] == "draft_not_found"
    assert (await _run(scripted.api, "two?version=9.9.9"))["code"] == "version_not_found"
    for query in ("version=1", "version=1.0.0&env=prod", "version=1.0.0&version=1.0.0"):
        assert (await _run(scripted.api, f"two?{query}"))["code"] == "invalid_request"


async def test_a_call_overrides_what_the_version_allows_and_an_author_everything(
    world: World, scripted: Project
) -> None:
    config = {"parameters": {"temperature": 0.1, "max_tokens": 5}, "overridable": ["temperature"]}
    await _publish(scripted, "tuned", {"template": "hi"}, config)
    runner = await scripted.key("run")
    run = await _run(runner, "tuned", parameters={"temperature": 0.9})
    kept = await made(await scripted.api.get(f"/api/v1/runs/{run['run_id']}"), 200)
    assert kept["parameters"] == {"temperature": 0.9, "max_tokens": 5}
    assert (kept["overrides"], kept["source"]) == ({"temperature": 0.9}, "api")
    sent = (await world.provider.wait_for_call(model="echo")).body
    assert sent is not None
    refused = await runner.post(
        "/api/v1/run/tuned", {"parameters": {"max_tokens": 9}, "model": "scripted/ok"}
    )
    assert (refused.status, refused.json["code"]) == (403, "override_not_allowed")
    pointers = [problem["pointer"] for problem in refused.json["errors"]]
    assert pointers == ["#/parameters/max_tokens", "#/model"]
    wrong = await runner.post("/api/v1/run/tuned", {"parameters": {"temperature": 3}})
    assert wrong.status == 422
    assert wrong.json["errors"][0]["pointer"] == "#/parameters/temperature"
    free = await _run(scripted.api, "tuned", parameters={"max_tokens": 9}, model="scripted/ok")
    kept = await made(await scripted.api.get(f"/api/v1/runs/{free['run_id']}"), 200)
    assert (kept["model"], kept["source"]) == ("scripted/ok", "test")
    assert kept["overrides"] == {"max_tokens": 9, "model": "scripted/ok"}


async def test_messages_go_to_the_placeholder_and_are_never_templates(
    world: World, scripted: Project
) -> None:
    messages = [
        {"role": "system", "content": "You are {{ who }}."},
        {"placeholder": "messages"},
        {"role": "user", "content": "Be brief."},
    ]
    model = "echo+chunks:9"
    await _publish(scripted, "talk", {"messages": messages}, {"model": f"scripted/{model}"})
    turns: list[Json] = [
        {"role": "user", "content": "{{ who }} {% raw %}"},
        {"role": "assistant", "content": None, "tool_calls": [_CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "{{ 7 * 7 }}"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
    ]
    run = await _run(scripted.api, "talk", variables={"who": "Ann"}, messages=turns)
    call = await world.provider.wait_for_call(model=model)
    assert call.body is not None
    sent = call.body["messages"]
    assert sent == [
        {"role": "system", "content": "You are Ann."},
        *turns,
        {"role": "user", "content": "Be brief."},
    ]
    kept = await made(await scripted.api.get(f"/api/v1/runs/{run['run_id']}"), 200)
    assert kept["input_messages"] == turns
    assert kept["messages"] == sent


_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Paris"}'},
}
_HTTP_IMAGE = {"type": "image_url", "image_url": {"url": "http://x"}}
_WRONG_MESSAGES: list[tuple[object, str]] = [
    ("text", "#/messages"),
    ([{"role": "system", "content": "x"}], "#/messages/0"),
    ([{"role": "user"}], "#/messages/0/content"),
    ([{"role": "user", "content": "x", "name": "y"}], "#/messages/0/name"),
    ([{"role": "assistant", "content": None}], "#/messages/0"),
    ([{"role": "user", "content": [_HTTP_IMAGE]}], "#/messages/0/content/0/image_url/url"),
    ([{"role": "user", "content": "x"}] * 201, "#/messages"),
    ([{"role": "user", "content": "x" * (768 * 1024)}], "#/messages"),
]


@pytest.mark.parametrize(("messages", "pointer"), _WRONG_MESSAGES)
async def test_messages_of_a_wrong_form_are_told_by_their_place(
    scripted: Project, messages: object, pointer: str
) -> None:
    await scripted.prompt("talk")
    answer = await scripted.api.post("/api/v1/run/talk", {"messages": messages})
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert answer.json["errors"][0]["pointer"] == pointer


_TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


async def test_a_conversation_with_a_tool_takes_two_turns(world: World, scripted: Project) -> None:
    model = "tool+nousage"
    await _publish(
        scripted,
        "helper",
        {"messages": [{"role": "system", "content": "Help."}, {"placeholder": "messages"}]},
        {"model": f"scripted/{model}", "tools": [_TOOL], "tool_choice": "auto"},
    )
    question = {"role": "user", "content": "Is it warm in Paris?"}
    answer = await scripted.api.post("/api/v1/run/helper", {"messages": [question], "stream": True})
    events = parse_events(answer.text)
    assert events[-1].name == "done", answer.text
    run_id = events[0].data["run_id"]
    run = await made(await scripted.api.get(f"/api/v1/runs/{run_id}"), 200)
    call = run["tool_calls"][0]
    assert (call["type"], call["function"]["name"]) == ("function", "weather")
    assert call["function"]["arguments"] == '{"city": "scripted"}'
    sent = (await world.provider.wait_for_call(model=model)).body
    assert sent is not None
    assert (sent["tools"], sent["tool_choice"]) == ([_TOOL], "auto")
    # The same call as one JSON body, and its result handed back in the second turn.
    whole = await _run(scripted.api, "helper", messages=[question])
    assert whole["tool_calls"][0]["function"] == call["function"]
    turns = [
        question,
        {"role": "assistant", "content": None, "tool_calls": whole["tool_calls"]},
        {"role": "tool", "tool_call_id": whole["tool_calls"][0]["id"], "content": "21 degrees"},
    ]
    last = await _run(scripted.api, "helper", messages=turns, model="scripted/echo")
    assert last["output"] == "21 degrees"


async def test_what_a_run_says_about_itself_is_found_by_it(scripted: Project) -> None:
    await scripted.prompt("hello")
    first = await _run(
        scripted.api, "hello", user="u1", session="s1", metadata={"plan": "pro", "region": "eu"}
    )
    await _run(scripted.api, "hello", user="u2", metadata={"plan": "free"})
    for query in ("user=u1", "session=s1", "metadata=plan=pro", "metadata=region=eu&user=u1"):
        found = (await scripted.api.get(f"/api/v1/runs?{query}")).json["data"]
        assert [run["id"] for run in found] == [first["run_id"]], query
    assert found[0]["metadata"] == {"plan": "pro", "region": "eu"}
    assert (await scripted.api.get("/api/v1/runs?metadata=plan=x")).json["data"] == []
    for body in (
        {"metadata": {f"k{n}": "" for n in range(17)}},
        {"metadata": {"a b": "x"}},
        {"metadata": {"a": 1}},
        {"metadata": {"a": "x" * 513}},
        {"user": ""},
        {"session": 1},
    ):
        answer = await scripted.api.post("/api/v1/run/hello", body)
        assert (answer.status, answer.json["code"]) == (422, "invalid_request"), body


async def test_a_call_that_fails_is_tried_again_and_then_falls_back(
    world: World, scripted: Project
) -> None:
    failing, spare = "503+first:3", "ok+first:3"
    config = {
        "model": f"scripted/{failing}",
        "fallback_models": ["nowhere/x", f"scripted/{spare}"],
        "max_retries": 1,
    }
    await _publish(scripted, "sturdy", {"template": "hi"}, config)
    run = await _run(scripted.api, "sturdy")
    assert run["model"] == f"scripted/{spare}"
    kept = await made(await scripted.api.get(f"/api/v1/runs/{run['run_id']}"), 200)
    assert [(a["model"], a["outcome"]) for a in kept["attempts"]] == [
        (failing, "provider_error"),
        (failing, "provider_error"),
        (spare, "succeeded"),
    ]
    assert len([call for call in world.provider.calls if call.model == failing]) == 2


async def test_a_stream_falls_back_while_nothing_was_passed_on(scripted: Project) -> None:
    config = {
        "model": "scripted/half:0+first:2",
        "fallback_models": ["scripted/ok"],
        "max_retries": 0,
    }
    await _publish(scripted, "sturdy", {"template": "hi"}, config)
    answer = await scripted.api.post("/api/v1/run/sturdy", {"stream": True})
    events = parse_events(answer.text)
    assert events[-1].name == "done", answer.text
    text = "".join(event.data["text"] for event in events if event.name == "delta")
    assert text == "Hello from the scripted provider."


async def test_a_run_ends_at_its_deadline(world: World, scripted: Project) -> None:
    model = "stall:1+first:1"
    await scripted.prompt("slow", model=f"scripted/{model}")
    answer = await scripted.api.post("/api/v1/run/slow", {"timeout_s": 0.5})
    assert (answer.status, answer.json["code"]) == (504, "provider_timeout")
    call = await world.provider.wait_for_call(model=model)
    assert await call.wait_aborted(1.0)


async def test_a_key_with_lists_runs_only_what_is_on_them(scripted: Project) -> None:
    await scripted.prompt("mine")
    await scripted.prompt("theirs")
    await scripted.deploy("mine", environment="staging")
    caller = await scripted.key("run", prompts=["mine"], environments=["prod"])
    assert (await _run(caller, "mine"))["output"]
    assert (await _run(caller, "theirs"))["code"] == "forbidden"
    assert (await _run(caller, "mine?env=staging"))["code"] == "forbidden"
    assert (await _run(caller, "mine?version=1.0.0"))["code"] == "forbidden"


async def test_a_key_is_held_to_its_tokens_and_runs_at_once(
    world: World, scripted: Project
) -> None:
    await scripted.prompt("held", "hi", model="scripted/gate+chunks:5", max_tokens=100)
    caller = await scripted.key("run", concurrent_runs=2)
    world.provider.shut()
    running = [asyncio.create_task(caller.run("held")) for _ in range(2)]
    await world.provider.wait_for_call(model="gate+chunks:5", count=2)
    third = await caller.run("held")
    assert (third.status, third.json["code"]) == (429, "rate_limited")
    assert "2 runs at once" in third.json["detail"]
    world.provider.release()
    assert [answer.status for answer in await asyncio.gather(*running)] == [200, 200]
    frugal = await scripted.key("run", tokens_per_minute=250)
    await scripted.prompt("cheap", "hi", max_tokens=100)
    answers = [await frugal.run("cheap") for _ in range(6)]
    # Each reserves about a hundred tokens, and uses six.
    assert [answer.status for answer in answers] == [200] * 6
    await scripted.prompt("dear", "hi", max_tokens=240)
    refused = [await frugal.run("dear") for _ in range(1)]
    assert refused[0].status == 429
    assert '"tokens";q=250' in refused[0].headers["RateLimit-Policy"]
