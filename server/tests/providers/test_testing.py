"""The test of a provider: one real call, and a reason that a person can act on."""

import pytest

from fixtures.api import Project, new_project
from fixtures.servers import World, free_port

_CANARY = "sk-canary-of-a-test-0123456789"
PATH = "/api/v1/providers/scripted/test"


async def test_a_provider_that_answers_is_ok(project: Project, world: World) -> None:
    await project.add_provider(credentials={"api_key": _CANARY})
    world.provider.clear()
    answer = await project.api.post(PATH, {"model": "ok"})
    assert answer.status == 200
    assert answer.json["latency_ms"] >= 0
    assert {**answer.json, "latency_ms": 0} == {
        "ok": True,
        "model": "ok",
        "latency_ms": 0,
        "code": None,
        "reason": None,
    }
    [call] = world.provider.calls
    assert call.key == _CANARY
    assert call.body["max_tokens"] == 1


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [
        ("401", "provider_auth", "refused the stored API key"),
        ("403", "provider_auth", "refused the stored API key"),
        ("429:7", "provider_rate_limited", "Try again in 7 s"),
        # A fraction of a second, as some providers send it, is no reason to forget the rest.
        ("429:6.2", "provider_rate_limited", "Try again in 7 s"),
        ("500", "provider_error", "status 500"),
        ("no-such-model", "provider_error", "no model 'no-such-model'"),
        ("half:0", "provider_error", "broke off"),
    ],
)
async def test_a_failure_is_an_answer_with_its_reason_and_without_the_providers_words(
    project: Project, model: str, code: str, words: str
) -> None:
    await project.add_provider(credentials={"api_key": _CANARY})
    answer = await project.api.post(PATH, {"model": model})
    assert (answer.status, answer.json["ok"], answer.json["code"]) == (200, False, code)
    assert words in answer.json["reason"]
    assert "scripted error" not in answer.text
    assert _CANARY not in answer.text


async def test_an_address_where_nobody_listens_is_told(project: Project) -> None:
    await project.add_provider("gone", base_url="https://nobody.invalid/v1")
    answer = await project.api.post("/api/v1/providers/gone/test", {"model": "ok"})
    assert (answer.status, answer.json["ok"]) == (200, False)
    private = await project.api.post(
        "/api/v1/providers",
        {
            "name": "x",
            "kind": "openai_compatible",
            "base_url": f"http://127.0.0.1:{free_port()}",
        },
    )
    assert private.status == 422


async def test_a_test_is_for_administrators_and_for_ones_own_providers(
    project: Project, world: World
) -> None:
    await project.add_provider()
    author = await project.key("author", "run")
    assert (await author.post(PATH, {"model": "ok"})).status == 403
    async with new_project(world) as other:
        assert (await other.api.post(PATH, {"model": "ok"})).status == 404
    nameless = await project.api.post(PATH, {})
    assert (nameless.status, nameless.json["errors"][0]["pointer"]) == (422, "#/model")
    hostile: list[object] = [{"model": "a b"}, {"model": ""}, {"model": 1}, {"stream": True}, "x"]
    for body in hostile:
        assert 400 <= (await project.api.post(PATH, body)).status < 500


async def test_new_credentials_are_used_at_once(project: Project, world: World) -> None:
    await project.add_provider(credentials={"api_key": "sk-before-0123456789"})
    for key in ("sk-one-0123456789", "sk-two-0123456789"):
        body = {"credentials": {"api_key": key}}
        assert (
            await project.api.send("PATCH", "/api/v1/providers/scripted", body=body)
        ).status == 200
        world.provider.clear()
        assert (await project.api.post(PATH, {"model": "ok"})).json["ok"]
        assert world.provider.calls[-1].key == key
