"""Running a prompt by its alias, over HTTP, against a scripted provider."""

import asyncio
from decimal import Decimal

import pytest

from fixtures.api import Api, Json, Project, parse_events
from fixtures.servers import World
from fixtures.waiting import eventually


@pytest.fixture
async def scripted(project: Project) -> Project:
    await project.add_provider()
    return project


async def test_a_stream_has_its_events_in_order_and_is_in_the_ledger(scripted: Project) -> None:
    await scripted.prompt("hello", "Say hello to {{ name }}", temperature=0.5, max_tokens=50)
    answer = await scripted.api.run("hello", {"name": "Liam"}, stream=True)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Cache-Control"] == "no-cache, no-transform"
    events = parse_events(answer.text)
    names = [event.name for event in events]
    assert names[0] == "meta"
    assert set(names[1:-2]) == {"delta"}
    assert names[-2:] == ["usage", "done"]
    run_id = events[0].data["run_id"]
    assert [event.id for event in events] == [f"{run_id}:{n}" for n in range(1, len(events) + 1)]
    assert events[0].data == {
        "run_id": run_id,
        "prompt": "hello",
        "version": "1.0.0",
        "environment": "prod",
        "model": "scripted/ok",
    }
    text = "".join(event.data["text"] for event in events if event.name == "delta")
    assert text == "Hello from the scripted provider."
    run = (await scripted.api.get(f"/api/v1/runs/{run_id}")).json
    assert run["output"] == text
    assert run["status"] == "succeeded"
    assert run["variables"] == {"name": "Liam"}
    assert run["messages"] == [{"role": "user", "content": "Say hello to Liam"}]
    assert run["parameters"] == {"temperature": 0.5, "max_tokens": 50}
    assert run["usage"]["input_tokens"] == events[-2].data["input_tokens"] == 4
    assert run["usage"]["output_tokens"] == 5
    assert run["usage"]["cost_usd"] is None
    assert [attempt["outcome"] for attempt in run["attempts"]] == ["succeeded"]
    assert run["first_token_ms"] is not None


async def test_one_json_body_has_the_same_fields(scripted: Project) -> None:
    await scripted.prompt("hello")
    answer = (await scripted.api.run("hello")).json
    assert answer["output"] == "Hello from the scripted provider."
    assert answer["finish_reason"] == "stop"
    assert answer["usage"]["output_tokens"] == 5
    run = (await scripted.api.get(f"/api/v1/runs/{answer['run_id']}")).json
    assert (run["output"], run["status"]) == (answer["output"], "succeeded")


async def test_accept_asks_for_a_stream_where_the_body_does_not_say(scripted: Project) -> None:
    await scripted.prompt("hello")
    answer = await scripted.api.send(
        "POST", "/api/v1/run/hello", body={}, headers={"Accept": "text/event-stream"}
    )
    assert parse_events(answer.text)[-1].name == "done"


async def test_what_reaches_the_provider_is_the_version_and_its_key(
    world: World, project: Project
) -> None:
    await project.add_provider(credentials={"api_key": "sk-provider-canary"})
    messages = [
        {"role": "system", "content": "You speak {{ language }}."},
        {"role": "user", "content": "{{ question }}"},
    ]
    await project.publish(
        "chat",
        {"messages": messages},
        model="scripted/echo+chunks:1",
        temperature=0.1,
        top_p=0.9,
        max_tokens=7,
        stop=["END"],
        seed=3,
        presence_penalty=0.5,
        frequency_penalty=-0.5,
    )
    await project.deploy("chat")
    question = "{{ 你好 }} {% x %} \U0001f600"
    answer = (await project.api.run("chat", {"language": "中文", "question": question})).json
    assert answer["output"] == question
    call = await world.provider.wait_for_call(model="echo+chunks:1")
    assert call.headers["authorization"] == "Bearer sk-provider-canary"
    assert call.body == {
        "model": "echo+chunks:1",
        "messages": [
            {"role": "system", "content": "You speak 中文."},
            {"role": "user", "content": question},
        ],
        "temperature": 0.1,
        "top_p": 0.9,
        "max_tokens": 7,
        "stop": ["END"],
        "seed": 3,
        "presence_penalty": 0.5,
        "frequency_penalty": -0.5,
    }


async def test_missing_variables_are_all_told_before_anything_is_sent(
    world: World, scripted: Project
) -> None:
    template = "{{ topic }} {{ tone|default('calm') }} {{ audience }} {{ topic }}"
    await scripted.prompt("blog", template, model="scripted/ok+first:1")
    answer = await scripted.api.run("blog", {"tone": "dry"}, stream=True)
    problem = answer.json
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["detail"] == "Missing variable: {{topic}}"
    assert problem["code"] == "missing_variable"
    assert problem["type"] == "urn:promptops:error:missing_variable"
    assert problem["instance"] == "/api/v1/run/blog"
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert problem["errors"] == [
        {
            "code": "missing_variable",
            "pointer": f"#/variables/{name}",
            "message": f"Missing variable: {{{{{name}}}}}",
        }
        for name in ("topic", "audience")
    ]
    assert [call for call in world.provider.calls if call.model == "ok+first:1"] == []
    assert (await scripted.api.get("/api/v1/runs")).json["data"] == []


async def test_an_unknown_alias_and_an_empty_environment_are_told_apart(
    scripted: Project,
) -> None:
    await scripted.prompt("hello")
    unknown = await scripted.api.run("nobody")
    assert (unknown.status, unknown.json["code"]) == (404, "prompt_not_found")
    staging = await scripted.api.run("hello", env="staging")
    assert (staging.status, staging.json["code"]) == (404, "nothing_deployed")
    assert staging.json["title"] == "Nothing deployed"


async def test_another_projects_prompt_is_unknown(scripted: Project, world: World) -> None:
    from fixtures.api import new_project

    await scripted.prompt("hello")
    async with new_project(world) as other:
        answer = await other.api.run("hello")
    assert (answer.status, answer.json["code"]) == (404, "prompt_not_found")


async def test_a_version_that_names_no_provider_of_the_project_is_told(project: Project) -> None:
    await project.prompt("lost", model="nowhere/model")
    answer = await project.api.run("lost")
    assert (answer.status, answer.json["code"]) == (409, "provider_not_configured")


_BODIES: list[tuple[bytes, int, str]] = [
    (b"", 400, "invalid_json"),
    (b"[]", 400, "invalid_json"),
    (b'{"variables": {"n": NaN}}', 400, "invalid_json"),
    (b'{"variables": {"n": "\\ud800"}}', 400, "invalid_json"),
    (b'{"variables": {"n": "\\u0000"}}', 400, "invalid_json"),
    (b'{"variables": {"n": 1, "n": 2}}', 400, "invalid_json"),
    (b"[" * 900 + b"]" * 900, 400, "invalid_json"),
    (b'{"variables": []}', 422, "invalid_request"),
    (b'{"variables": {}, "stream": "yes"}', 422, "invalid_request"),
    (b'{"variables": {}, "template": "{{ x }}"}', 422, "invalid_request"),
    (b'{"variables": {}, "model": "gpt"}', 422, "invalid_request"),
    (b'{"variables": {}, "model": "openai/gpt"}', 409, "provider_not_configured"),
    (b'{"variables": {}, "base_url": "http://x"}', 422, "invalid_request"),
]


@pytest.mark.parametrize(("raw", "status", "code"), _BODIES)
async def test_a_bad_body_is_told_by_its_code(
    scripted: Project, raw: bytes, status: int, code: str
) -> None:
    await scripted.prompt("hello")
    answer = await scripted.api.send("POST", "/api/v1/run/hello", raw=raw)
    assert (answer.status, answer.json["code"]) == (status, code)


@pytest.mark.parametrize(("size", "status"), [(-1, 200), (0, 200), (1, 413)])
async def test_a_body_up_to_the_limit_is_taken(scripted: Project, size: int, status: int) -> None:
    await scripted.prompt("hello")
    empty = b'{"variables": {"text": ""}}'
    text = b"x" * (1024 * 1024 - len(empty) + size)
    raw = b'{"variables": {"text": "' + text + b'"}}'
    answer = await scripted.api.send("POST", "/api/v1/run/hello", raw=raw)
    assert answer.status == status


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Encoding": "gzip"}])
async def test_only_plain_json_is_taken(scripted: Project, headers: dict[str, str]) -> None:
    answer = await scripted.api.send("POST", "/api/v1/run/x", raw=b"{}", headers=headers)
    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


async def test_an_unknown_query_parameter_is_refused(scripted: Project) -> None:
    answer = await scripted.api.post("/api/v1/run/x?environment=prod", {})
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


_FAILURES = [
    ("401", 502, "provider_auth", 401),
    ("429:2", 429, "provider_rate_limited", 429),
    ("500", 502, "provider_error", 500),
    ("toolong", 422, "context_too_long", 400),
]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("script", "status", "code", "upstream"), _FAILURES)
async def test_a_refusal_of_the_provider_is_a_problem_and_a_failed_run(
    scripted: Project, *, stream: bool, script: str, status: int, code: str, upstream: int
) -> None:
    await scripted.prompt("failing", "prompt-canary", model=f"scripted/{script}")
    answer = await scripted.api.run("failing", stream=stream)
    problem = answer.json
    assert (answer.status, problem["code"]) == (status, code)
    assert (problem["provider"], problem["upstream_status"]) == ("scripted", upstream)
    assert "canary" not in answer.text
    if code == "provider_rate_limited":
        assert answer.headers["Retry-After"] == "2"
    run = (await scripted.api.get(f"/api/v1/runs/{problem['run_id']}")).json
    assert (run["status"], run["error"]["code"]) == ("failed", code)
    assert run["attempts"][0]["upstream_status"] == upstream


_BREAKS = ["half:3", "reset:3", "badutf8", "hugeline", "error:2"]


@pytest.mark.parametrize("script", _BREAKS)
async def test_a_stream_that_breaks_ends_with_exactly_one_error(
    scripted: Project, script: str
) -> None:
    await scripted.prompt("breaking", model=f"scripted/{script}")
    events = parse_events((await scripted.api.run("breaking", stream=True)).text)
    assert [event.name for event in events if event.name in ("done", "error")] == ["error"]
    assert events[-1].data["code"] == "provider_error"
    partial = "".join(event.data["text"] for event in events if event.name == "delta")
    run = (await scripted.api.get(f"/api/v1/runs/{events[0].data['run_id']}")).json
    assert (run["status"], run["output"]) == ("failed", partial)


async def test_multibyte_text_cut_at_every_byte_arrives_whole(scripted: Project) -> None:
    await scripted.prompt("split", model="scripted/split1")
    events = parse_events((await scripted.api.run("split", stream=True)).text)
    text = "".join(event.data["text"] for event in events if event.name == "delta")
    assert events[-1].name == "done"
    assert "\ufffd" not in text
    run = (await scripted.api.get(f"/api/v1/runs/{events[0].data['run_id']}")).json
    assert run["output"] == text


async def test_usage_that_the_provider_does_not_tell_is_unknown_not_zero(
    scripted: Project,
) -> None:
    await scripted.prompt("silent", model="scripted/nousage")
    usage = (await scripted.api.run("silent")).json["usage"]
    assert usage["input_tokens"] is usage["output_tokens"] is usage["cost_usd"] is None


async def _leave_while_streaming(api: Api, alias: str, *, after_delta: bool) -> None:
    task = asyncio.current_task()
    assert task is not None
    async with api.request("POST", f"/api/v1/run/{alias}", body={"stream": True}) as response:
        async for line in response.content:
            if line.startswith(b"event: delta") or not after_delta:
                response.close()
                return


@pytest.mark.parametrize("script", ["chunks:2000+slow:20", "stall:3"])
async def test_a_client_that_leaves_cancels_the_upstream_within_a_second(
    world: World, scripted: Project, script: str
) -> None:
    await scripted.prompt("leaving", model=f"scripted/{script}")
    await _leave_while_streaming(scripted.api, "leaving", after_delta=True)
    call = await world.provider.wait_for_call(model=script)
    assert await call.wait_aborted(1.0)

    async def recorded() -> list[Json]:
        return (await scripted.api.get("/api/v1/runs")).json["data"]

    runs, _ = await eventually(recorded, 10)
    assert [run["status"] for run in runs] == ["cancelled"]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_before_the_first_token_cancels_too(
    world: World, scripted: Project, *, stream: bool
) -> None:
    script = f"silent+first:{int(stream)}"
    await scripted.prompt("leaving", model=f"scripted/{script}")
    running = asyncio.create_task(scripted.api.run("leaving", stream=stream))
    call = await world.provider.wait_for_call(model=script)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await call.wait_aborted(1.0)


async def test_the_price_of_a_known_model_is_exact(world: World, project: Project) -> None:
    await project.add_provider(
        "openai", kind="openai", credentials={"api_key": "sk-test-0123456789abcdef"}
    )
    world.provider.say("gpt-4o-mini", "one two three")
    await project.prompt("priced", "a b c d", model="openai/gpt-4o-mini")
    usage = (await project.api.run("priced")).json["usage"]
    assert usage["input_tokens"] == 4
    # gpt-4o-mini: 0.15 and 0.60 US dollars a million tokens.
    expected = 4 * Decimal("0.00000015") + usage["output_tokens"] * Decimal("0.0000006")
    assert Decimal(usage["cost_usd"]) == expected


async def test_the_limit_of_a_key_is_exact_over_http(scripted: Project) -> None:
    await scripted.prompt("hello")
    caller = await scripted.key("run", requests_per_minute=1, burst=100)
    answers = await asyncio.gather(*(caller.run("hello") for _ in range(200)))
    statuses = [answer.status for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (100, 100)
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.json["code"] == "rate_limited"
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.headers["RateLimit-Policy"] == '"key";q=100;w=6000'
    taken = sorted(
        int(answer.headers["X-RateLimit-Remaining"]) for answer in answers if answer.status == 200
    )
    assert taken == list(range(100))


async def test_a_call_that_fails_costs_a_request_too(scripted: Project) -> None:
    caller = await scripted.key("run", requests_per_minute=1, burst=3)
    answers = [await caller.run("unknown") for _ in range(4)]
    assert [answer.status for answer in answers] == [404, 404, 404, 429]
    assert answers[0].headers["X-RateLimit-Remaining"] == "2"
