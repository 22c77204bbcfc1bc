"""What narrows an API key, how it changes, and how it is rotated."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.servers import World
from fixtures.waiting import eventually
from promptops_server.access.keys import digest
from promptops_server.access.repository import load_known_key
from promptops_server.access.service import (
    LastUse,
    key_use_of,
    require_environment,
    require_prompt,
)
from promptops_server.access.types import Caller
from promptops_server.core.db import open_pool, url_of
from promptops_server.core.errors import Forbidden
from promptops_server.kit.ids import from_public, new_id


async def _create(api: Api, **fields: object) -> Json:
    body = {"name": "narrow", "scopes": ["admin"], **fields}
    return await made(await api.post("/api/v1/keys", body))


async def _caller(world: World, key: str) -> Caller:
    pool = await open_pool(url_of(world.settings, "system"), "system", size=1)
    try:
        known = await load_known_key(pool, digest(key))
    finally:
        await pool.close()
    assert known is not None
    return known.caller


async def test_limits_and_lists_are_kept_by_id_and_reach_the_caller(
    project: Project, world: World
) -> None:
    prompt = await made(await project.api.post("/api/v1/prompts", {"name": "a", "alias": "a"}))
    created = await _create(
        project.api,
        tokens_per_minute=1_000_000_000,
        concurrent_runs=10_000,
        prompts=["a", prompt["id"]],
        flows=[],
        environments=["staging"],
    )
    shown = created["api_key"]
    assert (shown["tokens_per_minute"], shown["concurrent_runs"]) == (1_000_000_000, 10_000)
    assert (shown["prompts"], shown["flows"]) == ([prompt["id"]], [])
    assert shown["environments"] == ["staging"]
    assert (await project.api.get(f"/api/v1/keys/{shown['id']}")).json == shown
    caller = await _caller(world, created["key"])
    allowed = from_public("prm", prompt["id"])
    assert allowed is not None
    assert (caller.tokens_per_minute, caller.concurrent_runs) == (1_000_000_000, 10_000)
    assert caller.prompts == frozenset({allowed})
    assert caller.flows == frozenset()
    require_prompt(caller, allowed)
    require_environment(caller, "staging")
    with pytest.raises(Forbidden, match="this prompt"):
        require_prompt(caller, new_id())
    with pytest.raises(Forbidden, match="this environment"):
        require_environment(caller, "prod")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"prompts": ["nobody"]}, "#/prompts/0"),
        ({"prompts": ["known", "nobody"]}, "#/prompts/1"),
        ({"prompts": ["prm_00000000000000000000000000"]}, "#/prompts/0"),
        ({"flows": ["known"]}, "#/flows/0"),
        ({"environments": ["prod", "moon"]}, "#/environments/1"),
        ({"tokens_per_minute": 0}, "#/tokens_per_minute"),
        ({"tokens_per_minute": 1_000_000_001}, "#/tokens_per_minute"),
        ({"concurrent_runs": 0}, "#/concurrent_runs"),
        ({"concurrent_runs": 10_001}, "#/concurrent_runs"),
        ({"prompts": ["a\x00b"]}, None),
    ],
)
async def test_a_limit_out_of_range_and_an_unknown_name_are_told(
    project: Project, fields: Json, pointer: str | None
) -> None:
    await made(await project.api.post("/api/v1/prompts", {"name": "k", "alias": "known"}))
    answer = await project.api.post("/api/v1/keys", {"name": "x", "scopes": ["run"], **fields})
    assert answer.status == (422 if pointer else 400)
    if pointer:
        assert [one["pointer"] for one in answer.json["errors"]] == [pointer]


async def test_another_projects_prompt_cannot_be_named(project: Project, world: World) -> None:
    prompt = await made(await project.api.post("/api/v1/prompts", {"name": "a", "alias": "a"}))
    async with new_project(world) as other:
        body = {"name": "x", "scopes": ["run"], "prompts": [prompt["id"]]}
        assert (await other.api.post("/api/v1/keys", body)).status == 422


async def test_a_change_is_in_force_within_a_second(project: Project) -> None:
    created = await _create(project.api)
    key_id = created["api_key"]["id"]
    narrow = project.api.with_key(created["key"])
    assert (await narrow.get("/api/v1/keys")).status == 200
    change = {"name": "new", "requests_per_minute": 7, "environments": ["staging"]}
    path = f"/api/v1/keys/{key_id}"
    changed = await made(await project.api.send("PATCH", path, body=change), 200)
    assert {name: changed[name] for name in change} == change
    assert changed["burst"] == 7

    async def is_narrow() -> bool:
        body = {"name": "wide", "scopes": ["run"]}
        return (await narrow.post("/api/v1/keys", body)).status == 403

    _, seconds = await eventually(is_narrow, 10)
    assert seconds < 1.0
    widened = await project.api.send("PATCH", path, body={"environments": None, "burst": 9})
    assert (widened.json["environments"], widened.json["burst"]) == (None, 9)
    assert widened.json["name"] == "new"


@pytest.mark.parametrize(
    "change",
    [{"name": None}, {"requests_per_minute": None}, {"scopes": ["admin"]}, {"expires_at": "2020"}],
)
async def test_what_cannot_be_changed_so_is_refused(project: Project, change: Json) -> None:
    created = await _create(project.api)
    path = f"/api/v1/keys/{created['api_key']['id']}"
    answer = await project.api.send("PATCH", path, body=change)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, f"#/{next(iter(change))}")


async def test_a_narrow_key_makes_and_changes_none_that_is_wider(project: Project) -> None:
    await made(await project.api.post("/api/v1/prompts", {"name": "a", "alias": "a"}))
    await made(await project.api.post("/api/v1/prompts", {"name": "b", "alias": "b"}))
    wide = await _create(project.api)
    created = await _create(project.api, prompts=["a"])
    narrow = project.api.with_key(created["key"])
    own = f"/api/v1/keys/{created['api_key']['id']}"
    other = f"/api/v1/keys/{wide['api_key']['id']}"
    refused = [
        await narrow.post("/api/v1/keys", {"name": "x", "scopes": ["run"]}),
        await narrow.post("/api/v1/keys", {"name": "x", "scopes": ["run"], "prompts": ["a", "b"]}),
        await narrow.send("PATCH", own, body={"prompts": None}),
        await narrow.send("PATCH", own, body={"prompts": ["a", "b"]}),
        await narrow.send("PATCH", other, body={"prompts": ["a"]}),
        await narrow.post(f"{other}/rotate", {}),
        await narrow.post("/api/v1/projects", {"name": "x", "slug": f"p{new_id().hex}"}),
    ]
    assert {(one.status, one.json["code"]) for one in refused} == {(403, "forbidden")}
    await _create(narrow, prompts=["a"], environments=["prod"])
    assert (await narrow.get("/api/v1/prompts/b")).status == 200


async def test_a_rotated_key_has_two_texts_and_never_three(project: Project) -> None:
    created = await _create(project.api)
    path = f"/api/v1/keys/{created['api_key']['id']}/rotate"
    second = await made(await project.api.post(path, {}), 200)
    until = datetime.fromisoformat(second["api_key"]["previous_until"])
    assert abs(until - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=1)
    assert second["api_key"]["id"] == created["api_key"]["id"]
    assert second["api_key"]["last4"] == second["key"][-4:]
    for text in (created["key"], second["key"]):
        assert (await project.api.with_key(text).get("/api/v1/keys")).status == 200
    third = await made(await project.api.post(path, {"overlap_s": 2_592_000}), 200)

    async def first_is_refused() -> bool:
        return (await project.api.with_key(created["key"]).get("/api/v1/keys")).status == 401

    _, seconds = await eventually(first_is_refused, 10)
    assert seconds < 1.0
    for text in (second["key"], third["key"]):
        assert (await project.api.with_key(text).get("/api/v1/keys")).status == 200
    await made(await project.api.post(path, {"overlap_s": 0}), 200)

    async def third_is_refused() -> bool:
        return (await project.api.with_key(third["key"]).get("/api/v1/keys")).status == 401

    await eventually(third_is_refused, 10)


async def test_both_texts_of_a_rotated_key_die_with_it(project: Project) -> None:
    created = await _create(project.api)
    path = f"/api/v1/keys/{created['api_key']['id']}"
    rotated = await made(await project.api.post(f"{path}/rotate", {}), 200)
    assert (await project.api.send("DELETE", path)).status == 204

    async def both_are_refused() -> bool:
        answers = [
            await project.api.with_key(text).get("/api/v1/keys")
            for text in (created["key"], rotated["key"])
        ]
        return all(answer.status == 401 for answer in answers)

    await eventually(both_are_refused, 10)
    for method, tail, body in (("POST", "/rotate", {}), ("PATCH", "", {"name": "x"})):
        answer = await project.api.send(method, f"{path}{tail}", body=body)
        assert (answer.status, answer.json["code"]) == (409, "api_key_revoked")


@pytest.mark.parametrize("overlap", [-1, 2_592_001, "day", 1.5])
async def test_an_overlap_out_of_range_is_refused(project: Project, overlap: object) -> None:
    created = await _create(project.api)
    path = f"/api/v1/keys/{created['api_key']['id']}/rotate"
    answer = await project.api.post(path, {"overlap_s": overlap})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "#/overlap_s")


async def test_the_last_use_is_written_behind_the_answer(project: Project) -> None:
    created = await _create(project.api)
    path = f"/api/v1/keys/{created['api_key']['id']}"
    assert (await project.api.get(path)).json["last_used_at"] is None
    before = datetime.now(UTC)
    assert (await project.api.with_key(created["key"]).get("/api/v1/prompts")).status == 200

    async def last_used_at() -> str | None:
        return (await project.api.get(path)).json["last_used_at"]

    found, _ = await eventually(last_used_at, 15)
    assert before <= datetime.fromisoformat(found) <= datetime.now(UTC)


async def test_uses_are_written_once_a_minute_and_never_go_back(
    project: Project, world: World
) -> None:
    created = await _create(project.api)
    key_id = from_public("key", created["api_key"]["id"])
    assert key_id is not None
    pool = await open_pool(url_of(world.settings, "system"), "system", size=1)
    moments = [datetime(2030, 1, day, tzinfo=UTC) for day in (1, 2, 3)]

    async def stored() -> datetime:
        return await pool.fetchval("SELECT last_used_at FROM api_keys WHERE id = $1", key_id)

    try:
        use = key_use_of(pool)
        use.note(key_id, moments[1])
        await use.write_due()
        assert await stored() == moments[1]
        use.note(key_id, moments[2])
        await use.write_due()
        assert await stored() == moments[1]
        await use.close()
        assert await stored() == moments[2]
        late = key_use_of(pool)
        late.note(key_id, moments[0])
        late.note(new_id(), moments[0])
        await asyncio.gather(late.close(), late.close())
        assert await stored() == moments[2]
    finally:
        await pool.close()


async def test_a_use_that_could_not_be_written_is_written_later() -> None:
    tried: list[datetime] = []
    key_id = new_id()

    async def write(uses: Mapping[UUID, datetime]) -> None:
        tried.append(uses[key_id])
        if len(tried) == 1:
            raise asyncpg.InterfaceError("the server is away")

    use = LastUse(write)
    moments = [datetime(2030, 1, day, tzinfo=UTC) for day in (1, 2)]
    use.note(key_id, moments[0])
    await use.write_due()
    use.note(key_id, moments[1])
    await use.write_due()
    await use.close()
    assert tried == moments
