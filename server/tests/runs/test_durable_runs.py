"""Runs that outlive their client: Idempotency-Key, respond-async, resume and cancel."""

import asyncio
from collections import Counter
from typing import Any, cast

import pytest

from fixtures.api import Answer, Api, Event, Json, Project, parse_events
from fixtures.servers import World
from fixtures.waiting import eventually


@pytest.fixture
async def scripted(project: Project) -> Project:
    await project.add_provider()
    return project


async def _run(api: Api, alias: str, body: Json | None = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.send("POST", f"/api/v1/run/{alias}", body=body or {}, headers=named)


async def _ended(api: Api, run_id: str) -> Json:
    async def look() -> Json | None:
        run = (await api.get(f"/api/v1/runs/{run_id}")).json
        return run if run["status"] not in ("queued", "running") else None

    return (await eventually(look, 20))[0]


async def _events_of(api: Api, run_id: str, after: str = "") -> list[Event]:
    answer = await api.send(
        "GET", f"/api/v1/runs/{run_id}/events", headers={"Last-Event-ID": after}
    )
    assert answer.status == 200, answer.text
    return parse_events(answer.text)


async def test_50_requests_with_one_key_are_one_execution(world: World, scripted: Project) -> None:
    model = "chunks:4+slow:30"
    await scripted.prompt("once", model=f"scripted/{model}")
    before = len([call for call in world.provider.calls if call.model == model])
    answers = await asyncio.gather(
        *(_run(scripted.api, "once", Idempotency_Key="the-one") for _ in range(50))
    )
    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) <= {200, 409}
    assert statuses[200] >= 1
    refused = [answer for answer in answers if answer.status == 409]
    assert {answer.json["code"] for answer in refused} == {"idempotency_in_progress"}
    assert all(answer.headers["Retry-After"] == "1" for answer in refused)
    again = await _run(scripted.api, "once", Idempotency_Key="the-one")
    assert again.status == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert {answer.text for answer in answers if answer.status == 200} == {again.text}
    calls = [call for call in world.provider.calls if call.model == model]
    assert len(calls) - before == 1
    assert len((await scripted.api.get("/api/v1/runs")).json["data"]) == 1


async def test_a_key_used_for_another_request_is_refused(scripted: Project) -> None:
    await scripted.prompt("greet", "Hi {{ name }}")
    first = await _run(scripted.api, "greet", {"variables": {"name": "a"}}, Idempotency_Key="k")
    assert first.status == 200
    spaced = await scripted.api.send(
        "POST",
        "/api/v1/run/greet",
        raw=b'{ "variables" : {"name": "a"} }',
        headers={"Idempotency-Key": "k"},
    )
    assert spaced.text == first.text
    other = await _run(scripted.api, "greet", {"variables": {"name": "b"}}, Idempotency_Key="k")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "a" * 256, "sp ace"])
async def test_a_malformed_key_is_refused(scripted: Project, key: str) -> None:
    answer = await _run(scripted.api, "x", Idempotency_Key=key)
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


async def test_what_was_wrong_with_a_request_is_not_remembered(scripted: Project) -> None:
    await scripted.prompt("greet", "Hi {{ name }}")
    missing = await _run(scripted.api, "greet", Idempotency_Key="k")
    assert missing.status == 400
    mended = await _run(scripted.api, "greet", {"variables": {"name": "a"}}, Idempotency_Key="k")
    assert mended.status == 200


@pytest.mark.parametrize("stream", [True, False])
async def test_a_failure_of_the_model_is_replayed_too(
    world: World, scripted: Project, *, stream: bool
) -> None:
    model = f"401+first:{7 + stream}"
    await scripted.prompt("fails", model=f"scripted/{model}")
    first = await _run(scripted.api, "fails", {"stream": stream}, Idempotency_Key="k")
    again = await _run(scripted.api, "fails", {"stream": stream}, Idempotency_Key="k")
    assert [first.status, again.status] == [502, 502]
    assert again.json["code"] == first.json["code"] == "provider_auth"
    assert again.json["run_id"] == first.json["run_id"]
    assert len([call for call in world.provider.calls if call.model == model]) == 1


async def test_a_stream_is_replayed_event_by_event(scripted: Project) -> None:
    await scripted.prompt("told", model="scripted/split1")
    first = await _run(scripted.api, "told", {"stream": True}, Idempotency_Key="k")
    again = await _run(scripted.api, "told", {"stream": True}, Idempotency_Key="k")
    assert again.text == first.text
    assert parse_events(first.text)[-1].name == "done"


async def test_a_client_that_leaves_does_not_end_a_run_with_a_key(
    world: World, scripted: Project
) -> None:
    model = "gate:2+chunks:6"
    await scripted.prompt("goes-on", model=f"scripted/{model}")
    world.provider.shut()
    path, headers = "/api/v1/run/goes-on", {"Idempotency-Key": "k"}
    last_id = ""
    async with scripted.api.request(
        "POST", path, body={"stream": True}, headers=headers
    ) as response:
        async for line in response.content:
            if line.startswith(b"id: "):
                last_id = line[4:].decode().strip()
            if line.startswith(b"event: delta"):
                response.close()
                break
    run_id = last_id.rpartition(":")[0]
    seen = (await scripted.api.get(f"/api/v1/runs/{run_id}")).json
    assert (seen["status"], seen["prompt"], seen["latency_ms"]) == ("running", "goes-on", None)
    following = asyncio.create_task(_events_of(scripted.api, run_id, last_id))
    world.provider.release()
    rest = await following
    assert rest[0].id == f"{run_id}:{int(last_id.rpartition(':')[2]) + 1}"
    assert rest[-1].name == "done"
    run = await _ended(scripted.api, run_id)
    assert run["output"].endswith("".join(e.data["text"] for e in rest if e.name == "delta"))
    assert len([call for call in world.provider.calls if call.model == model]) == 1


async def test_an_async_run_is_accepted_polled_and_followed(
    world: World, scripted: Project
) -> None:
    await scripted.prompt("later", "Hi {{ name }}", model="scripted/tool+chunks:3")
    caller = await scripted.key("run")
    answer = await _run(caller, "later", {"variables": {"name": "x"}}, Prefer="respond-async")
    assert answer.status == 202, answer.text
    assert answer.headers["Preference-Applied"] == "respond-async"
    accepted = answer.json
    assert answer.headers["Location"] == accepted["url"]
    # The key that started it may ask for it, though it has not the scope read.
    run = await _ended(caller, accepted["run_id"])
    assert run["status"] == "succeeded"
    live = await _events_of(caller, accepted["run_id"])
    assert [live[0].name, live[-1].name] == ["meta", "done"]
    assert live[0].id == f"{accepted['run_id']}:1"
    # Once Valkey has forgotten them, the same events come from the ledger.
    import redis.asyncio

    client = redis.asyncio.Redis.from_url(str(world.settings.redis_url))  # pyright: ignore[reportUnknownMemberType] # untyped
    await client.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType] # untyped
    await client.aclose()
    assert await _events_of(caller, accepted["run_id"]) == live
    assert await _events_of(caller, accepted["run_id"], live[1].id) == live[2:]
    other = await scripted.key("run")
    assert (await other.get(f"/api/v1/runs/{accepted['run_id']}")).status == 404


async def test_an_async_run_with_a_key_is_one_run(scripted: Project) -> None:
    await scripted.prompt("later")
    answers = [
        await _run(scripted.api, "later", Prefer="respond-async", Idempotency_Key="k")
        for _ in range(3)
    ]
    assert [answer.status for answer in answers] == [202] * 3
    assert len({answer.json["run_id"] for answer in answers}) == 1


@pytest.mark.parametrize("how", ["plain", "async"])
async def test_a_run_is_cancelled_upstream_within_a_second(
    world: World, scripted: Project, how: str
) -> None:
    model = f"stall:2+first:{1 if how == 'plain' else 2}"
    await scripted.prompt("stalls", model=f"scripted/{model}")
    headers = {"Prefer": "respond-async"} if how == "async" else {}
    running = asyncio.create_task(_run(scripted.api, "stalls", {"stream": True}, **headers))
    call = await world.provider.wait_for_call(model=model)
    assert await call.wait_chunks(2, 5)
    if how == "async":
        run_id = (await running).json["run_id"]
    else:
        run_id = await _only_running(world)
    assert (await scripted.api.get(f"/api/v1/runs/{run_id}")).json["status"] == "running"
    cancelled = await scripted.api.send("DELETE", f"/api/v1/runs/{run_id}")
    assert (cancelled.status, cancelled.json["status"]) == (202, "cancelling")
    assert await call.wait_aborted(1.0)
    if how == "plain":
        events = parse_events((await running).text)
        assert events[-1].data["code"] == "run_cancelled"
    run = await _ended(scripted.api, run_id)
    assert (run["status"], run["output"]) == ("cancelled", "Hello from")
    again = await scripted.api.send("DELETE", f"/api/v1/runs/{run_id}")
    assert (again.status, again.json["code"]) == (409, "run_ended")


async def _only_running(world: World) -> str:
    import redis.asyncio

    client = redis.asyncio.Redis.from_url(str(world.settings.redis_url))  # pyright: ignore[reportUnknownMemberType] # untyped
    try:
        keys: list[bytes] = [key async for key in cast("Any", client).scan_iter("run:*")]
    finally:
        await client.aclose()
    assert len(keys) == 1
    return keys[0].decode().removeprefix("run:")


@pytest.mark.parametrize("last", ["run_x:1", "nothing", "9" * 40])
async def test_an_id_of_another_runs_event_is_refused(scripted: Project, last: str) -> None:
    await scripted.prompt("hello")
    run_id = (await scripted.api.run("hello")).json["run_id"]
    answer = await scripted.api.send(
        "GET", f"/api/v1/runs/{run_id}/events", headers={"Last-Event-ID": last}
    )
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


async def test_a_plain_runs_events_come_from_the_ledger(scripted: Project) -> None:
    await scripted.prompt("hello")
    run_id = (await scripted.api.run("hello")).json["run_id"]
    events = await _events_of(scripted.api, run_id)
    assert [event.name for event in events] == ["meta", "delta", "usage", "done"]
    unknown = await scripted.api.get("/api/v1/runs/run_00000000000000000000000000/events")
    assert (unknown.status, unknown.json["code"]) == (404, "run_not_found")
