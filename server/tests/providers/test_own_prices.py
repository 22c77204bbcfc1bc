"""A project's own prices over HTTP, and what runs cost by them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.servers import World
from fixtures.waiting import eventually
from promptops_server.providers.prices import FREE, find_price
from promptops_server.usage.types import TokenUsage

_MILLION = Decimal(1_000_000)
_UNKNOWN: Json = {"input": None, "output": None}


@pytest.fixture
async def scripted(project: Project) -> Project:
    await project.add_provider()
    return project


async def _put(api: Api, model: str = "ok", **fields: object) -> Json:
    body: Json = {"provider": "scripted", "model": model, "prices": _of("1", "2"), **fields}
    return await made(await api.send("PUT", "/api/v1/prices", body=body), 200)


def _of(given: str, wanted: str, **more: str) -> Json:
    return {"input": given, "output": wanted, **more}


async def _usage(project: Project, alias: str) -> Json:
    answer = await project.api.run(alias)
    assert answer.status == 200, answer.text
    return answer.json["usage"]


async def _cost_becomes(project: Project, alias: str, cost: str | None) -> None:
    """Returns once a run costs this: every process knows of a change within a second."""

    async def look() -> bool:
        found = (await _usage(project, alias))["cost_usd"]
        return found is None if cost is None else found is not None and found == cost

    await eventually(look, 5)


def _cost(usage: Json, given: str, wanted: str) -> str:
    cost = usage["input_tokens"] * Decimal(given) + usage["output_tokens"] * Decimal(wanted)
    return format((cost / _MILLION).normalize(), "f")


async def test_an_own_price_makes_a_compatible_servers_runs_cost(scripted: Project) -> None:
    written = await _put(scripted.api, prices=_of("0.15", "2.50"))
    assert written["prices"] == {
        "input": "0.15",
        "output": "2.5",
        "cached_input": None,
        "reasoning": None,
    }
    await scripted.prompt("priced", "a b c d")
    usage = await _usage(scripted, "priced")
    assert usage["input_tokens"] == 4
    assert usage["output_tokens"] > 0
    assert usage["cost_usd"] == _cost(usage, "0.15", "2.5")


async def test_a_price_of_zero_is_known(scripted: Project) -> None:
    await _put(scripted.api, prices=_of("0", "0.000"))
    await scripted.prompt("free")
    assert (await _usage(scripted, "free"))["cost_usd"] == "0"


async def test_cached_input_and_reasoning_have_their_own_rates(scripted: Project) -> None:
    model = "cached:3+reasoning:2"
    await _put(
        scripted.api, model, prices=_of("3", "15", cached_input="0.3", reasoning="20.000000000001")
    )
    await scripted.prompt("parted", "a b c d", model=f"scripted/{model}")
    usage = await _usage(scripted, "parted")
    assert (usage["input_tokens"], usage["cached_input_tokens"]) == (4, 3)
    assert usage["reasoning_tokens"] == 2
    expected = (
        1 * Decimal(3)
        + 3 * Decimal("0.3")
        + (usage["output_tokens"] - 2) * Decimal(15)
        + 2 * Decimal("20.000000000001")
    ) / _MILLION
    assert Decimal(usage["cost_usd"]) == expected


async def test_parts_without_a_rate_cost_as_their_whole(scripted: Project) -> None:
    model = "cached:3+reasoning:2"
    await _put(scripted.api, model, prices=_of("3", "15"))
    await scripted.prompt("whole", "a b c d", model=f"scripted/{model}")
    usage = await _usage(scripted, "whole")
    assert usage["cost_usd"] == _cost(usage, "3", "15")


async def test_parts_that_are_more_than_their_whole_are_cut(scripted: Project) -> None:
    model = "cached:500+reasoning:400"
    await _put(scripted.api, model, prices=_of("3", "15", cached_input="0.3", reasoning="20"))
    await scripted.prompt("cut", "a b c d", model=f"scripted/{model}")
    usage = await _usage(scripted, "cut")
    assert usage["cost_usd"] == _cost(usage, "0.3", "20")


async def test_a_price_counts_from_its_moment_on(scripted: Project) -> None:
    await _put(scripted.api, prices=_of("1", "1"))
    far = datetime.now(UTC) + timedelta(days=1)
    await _put(scripted.api, prices=_of("9", "9"), starts_at=far.isoformat())
    await scripted.prompt("dated", "a b")
    usage = await _usage(scripted, "dated")
    assert usage["cost_usd"] == _cost(usage, "1", "1")
    soon = datetime.now(UTC) + timedelta(seconds=1)
    await _put(scripted.api, prices=_of("5", "7"), starts_at=soon.isoformat())
    await _cost_becomes(scripted, "dated", _cost(usage, "5", "7"))
    assert datetime.now(UTC) >= soon


async def test_what_was_deleted_falls_back_to_what_stood_before(
    world: World, project: Project
) -> None:
    world.provider.say("gpt-4o-mini", "one two three")
    await project.add_provider("openai", kind="openai", credentials={"api_key": "sk-test-01234567"})
    await project.prompt("listed", "a b c d", model="openai/gpt-4o-mini")
    usage = await _usage(project, "listed")
    listed = _cost(usage, "0.15", "0.6")
    assert usage["cost_usd"] == listed
    old = {"provider": "openai", "starts_at": "2026-01-01T00:00:00Z"}
    first = await _put(project.api, "gpt-4o-mini", prices=_of("1", "2"), **old)
    await _cost_becomes(project, "listed", _cost(usage, "1", "2"))
    unknown = await _put(project.api, "gpt-4o-mini", prices=_UNKNOWN, provider="openai")
    await _cost_becomes(project, "listed", None)
    assert (await _delete(project.api, unknown["id"])) == 204
    await _cost_becomes(project, "listed", _cost(usage, "1", "2"))
    assert (await _delete(project.api, first["id"])) == 204
    await _cost_becomes(project, "listed", listed)
    assert (await _delete(project.api, first["id"])) == 404


async def _delete(api: Api, price_id: str) -> int:
    return (await api.send("DELETE", f"/api/v1/prices/{price_id}")).status


async def test_the_same_moment_is_written_over(scripted: Project) -> None:
    moment = "2026-02-03T04:05:06+02:00"
    first = await _put(scripted.api, starts_at=moment)
    again = await _put(scripted.api, starts_at=moment, prices=_of("3", "4"))
    assert (first["id"], first["starts_at"]) == (again["id"], "2026-02-03T02:05:06Z")
    listed = (await scripted.api.get("/api/v1/prices")).json["data"]
    assert [(row["id"], row["prices"]["input"]) for row in listed] == [(first["id"], "3")]


async def test_prices_have_pages_and_filters(scripted: Project) -> None:
    await scripted.add_provider("other")
    ids = [(await _put(scripted.api, f"m{number}"))["id"] for number in range(3)]
    await _put(scripted.api, "m0", provider="other")
    path = "/api/v1/prices?provider=scripted&limit=2"
    page = (await scripted.api.get(path)).json
    assert [row["id"] for row in page["data"]] == [ids[2], ids[1]]
    rest = (await scripted.api.get(f"{path}&cursor={page['next_cursor']}")).json
    assert ([row["id"] for row in rest["data"]], rest["next_cursor"]) == ([ids[0]], None)
    same = (await scripted.api.get("/api/v1/prices?model=m0")).json["data"]
    assert [row["provider"] for row in same] == ["other", "scripted"]
    moved = await scripted.api.get(f"/api/v1/prices?limit=2&cursor={page['next_cursor']}")
    assert (moved.status, moved.json["errors"][0]["pointer"]) == (422, "#/query/cursor")


async def test_prices_follow_their_provider_and_go_with_it(scripted: Project) -> None:
    await _put(scripted.api)
    renamed = {"name": "renamed"}
    await made(await scripted.api.send("PATCH", "/api/v1/providers/scripted", body=renamed), 200)
    [price] = (await scripted.api.get("/api/v1/prices")).json["data"]
    assert price["provider"] == "renamed"
    assert (await scripted.api.send("DELETE", "/api/v1/providers/renamed")).status == 204
    assert (await scripted.api.get("/api/v1/prices")).json["data"] == []


async def test_reading_needs_read_and_writing_needs_admin(scripted: Project, world: World) -> None:
    price = await _put(scripted.api)
    reader, author = await scripted.key("read"), await scripted.key("author")
    runner = await scripted.key("run")
    assert (await reader.get("/api/v1/prices")).status == 200
    assert (await reader.get("/api/v1/models")).status == 200
    for path in ("/api/v1/prices", "/api/v1/models"):
        assert (await runner.get(path)).status == 403
    body: Json = {"provider": "scripted", "model": "ok", "prices": _UNKNOWN}
    assert (await author.send("PUT", "/api/v1/prices", body=body)).status == 403
    assert await _delete(author, price["id"]) == 403
    async with new_project(world) as other:
        assert await _delete(other.api, price["id"]) == 404
        assert (await other.api.get("/api/v1/prices")).json["data"] == []
        refused = await other.api.send("PUT", "/api/v1/prices", body=body)
        assert (refused.status, refused.json["code"]) == (404, "provider_not_found")


_REFUSED: list[tuple[Json, str]] = [
    ({"prices": _of("-1", "1")}, "#/prices/input"),
    ({"prices": _of("1", "NaN")}, "#/prices/output"),
    ({"prices": _of("1", "1e3")}, "#/prices/output"),
    ({"prices": _of("1" * 400, "1")}, "#/prices/input"),
    ({"prices": _of("0." + "1" * 13, "1")}, "#/prices/input"),
    ({"prices": {"input": 1.5, "output": "1"}}, "#/prices/input"),
    ({"prices": {"input": "1"}}, "#/prices/output"),
    ({"prices": {"input": "1", "output": None}}, "#/prices"),
    ({"prices": {**_UNKNOWN, "reasoning": "1"}}, "#/prices"),
    ({"prices": {**_UNKNOWN, "batch": "1"}}, "#/prices/batch"),
    ({"prices": None}, "#/prices"),
    ({"model": ""}, "#/model"),
    ({"model": "a b"}, "#/model"),
    ({"model": "m" * 257}, "#/model"),
    ({"provider": "\u00e9"}, "#/provider"),
    ({"starts_at": "2026-01-01T00:00:00"}, "#/starts_at"),
    ({"starts_at": "0001-01-01T00:00:00+14:00"}, "#/starts_at"),
    ({"starts_at": "9999-12-31T23:59:59-14:00"}, "#/starts_at"),
    ({"starts_at": "0001-01-01T00:00:00Z"}, "#/starts_at"),
    ({"starts_at": "9999-12-31T23:59:59.999999Z"}, "#/starts_at"),
    ({"starts_at": 1e300}, "#/starts_at"),
    ({"project_id": "x"}, "#/project_id"),
]


@pytest.mark.parametrize(("fields", "pointer"), _REFUSED)
async def test_what_is_no_price_is_refused_at_its_field(
    scripted: Project, fields: Json, pointer: str
) -> None:
    body: Json = {"provider": "scripted", "model": "ok", "prices": _of("1", "2"), **fields}
    answer = await scripted.api.send("PUT", "/api/v1/prices", body=body)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z"])
async def test_the_first_and_last_moment_are_kept(scripted: Project, moment: str) -> None:
    assert (await _put(scripted.api, starts_at=moment))["starts_at"] == moment


@pytest.mark.parametrize("field", ["provider", "model", "starts_at"])
@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 100_000])
async def test_hostile_text_is_refused(scripted: Project, field: str, text: str) -> None:
    body: Json = {"provider": "scripted", "model": "ok", "prices": _of("1", "2"), field: text}
    answer = await scripted.api.send("PUT", "/api/v1/prices", body=body)
    assert answer.status in (400, 422)


@pytest.mark.parametrize("ref", ["x", "prc_x", "prc_" + "0" * 26, quote("\ud7ff")])
async def test_a_price_that_is_not_there_is_not_found(api: Api, ref: str) -> None:
    answer = await api.send("DELETE", f"/api/v1/prices/{ref}")
    assert (answer.status, answer.json["code"]) == (404, "price_not_found")


def test_a_local_model_costs_nothing() -> None:
    assert find_price("local", "any") is FREE
    assert FREE.cost_usd(TokenUsage(input=7, cached_input=9, output=3, reasoning=5)) == 0
