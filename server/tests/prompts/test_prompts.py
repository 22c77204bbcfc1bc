"""Prompts, drafts and versions over HTTP."""

import asyncio

import asyncpg
import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.servers import World

_CONFIG: Json = {"model": "scripted/ok", "parameters": {"temperature": 0.2}}


def _text(template: str) -> Json:
    return {"template": template, "config": _CONFIG}


async def _prompt(api: Api, alias: str = "hello", content: Json | None = None) -> Json:
    body: Json = {"name": "Hello", "alias": alias}
    if content is not None:
        body["content"] = content
    return await made(await api.post("/api/v1/prompts", body))


async def test_a_draft_becomes_a_version_that_never_changes(api: Api, world: World) -> None:
    await _prompt(api, content=_text("Hi {{ name }}"))
    version = await made(await api.post("/api/v1/prompts/hello/versions", {"message": "first"}))
    assert (version["version"], version["status"]) == ("1.0.0", "Published")
    assert version["variables"] == {"names": ["name"], "required": ["name"]}
    assert (await api.get("/api/v1/prompts/hello/draft")).status == 404
    assert (await api.get("/api/v1/prompts/hello/versions/1.0.0")).json == version
    connection = await asyncpg.connect(world.settings.database_url)
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute(
            "UPDATE prompt_versions SET compiled_template = 'x' WHERE version_num = '1.0.0'"
        )
    await connection.close()


async def test_identical_content_makes_no_new_version(api: Api) -> None:
    await _prompt(api, content=_text("Same"))
    first = await made(await api.post("/api/v1/prompts/hello/versions", {}))
    await made(await api.send("PUT", "/api/v1/prompts/hello/draft", body=_text("Same")), 200)
    again = await api.post("/api/v1/prompts/hello/versions", {"bump": "major"})
    assert (again.status, again.json) == (200, first)


@pytest.mark.parametrize(("bump", "number"), [("patch", "1.0.1"), ("minor", "1.1.0")])
async def test_the_next_number_follows_the_bump(api: Api, bump: str, number: str) -> None:
    await _prompt(api, content=_text("One"))
    await made(await api.post("/api/v1/prompts/hello/versions", {}))
    await made(await api.send("PUT", "/api/v1/prompts/hello/draft", body=_text("Two")), 200)
    second = await made(await api.post("/api/v1/prompts/hello/versions", {"bump": bump}))
    assert second["version"] == number
    listed = (await api.get("/api/v1/prompts/hello/versions")).json["data"]
    assert [one["version"] for one in listed] == [number, "1.0.0"]


async def test_a_number_that_exists_is_refused_and_the_draft_kept(api: Api) -> None:
    await _prompt(api, content=_text("One"))
    await made(await api.post("/api/v1/prompts/hello/versions", {}))
    await made(await api.send("PUT", "/api/v1/prompts/hello/draft", body=_text("Two")), 200)
    taken = await api.post("/api/v1/prompts/hello/versions", {"version": "1.0.0"})
    assert (taken.status, taken.json["code"]) == (409, "version_taken")
    draft = (await api.get("/api/v1/prompts/hello/draft")).json
    assert draft["content"]["template"] == "Two"


async def test_of_two_publications_at_once_one_number_is_made(project: Project) -> None:
    await _prompt(project.api)
    authors = [await project.key("author") for _ in range(6)]
    for number, author in enumerate(authors):
        body = _text(f"Text {number}")
        await made(await author.send("PUT", "/api/v1/prompts/hello/draft", body=body), 200)
    answers = await asyncio.gather(
        *(a.post("/api/v1/prompts/hello/versions", {"version": "1.0.0"}) for a in authors)
    )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 5


async def test_each_author_has_a_draft_of_their_own(project: Project) -> None:
    await _prompt(project.api, content=_text("Mine"))
    other = await project.key("author")
    assert (await other.get("/api/v1/prompts/hello/draft")).json["code"] == "draft_not_found"


async def test_a_draft_is_never_overwritten_unseen(api: Api) -> None:
    await _prompt(api, content=_text("One"))
    path = "/api/v1/prompts/hello/draft"
    read = await api.get(path)
    etag = read.headers["ETag"]
    unnamed = await api.send("PUT", path, body=_text("Two"))
    assert (unnamed.status, unnamed.json["code"]) == (428, "edit_not_named")
    saved = await api.send("PUT", path, body=_text("Two"), headers={"If-Match": etag})
    assert saved.status == 200
    stale = await api.send("PUT", path, body=_text("Three"), headers={"If-Match": etag})
    assert (stale.status, stale.json["code"]) == (412, "edit_conflict")
    assert (await api.get(path)).json["content"]["template"] == "Two"


async def test_an_unfinished_template_is_kept_told_and_not_published(api: Api) -> None:
    await _prompt(api, content=_text("Hi {{ name"))
    draft = (await api.get("/api/v1/prompts/hello/draft")).json
    assert draft["content"]["template"] == "Hi {{ name"
    assert draft["problem"]["code"] == "template_syntax"
    refused = await api.post("/api/v1/prompts/hello/versions", {})
    assert (refused.status, refused.json["code"]) == (422, "template_syntax")
    assert (await api.get("/api/v1/prompts/hello/draft")).status == 200


async def test_a_builder_prompt_is_compiled_by_the_server(api: Api) -> None:
    structure = {
        "role": "You translate.",
        "task": "Translate {{ text }}",
        "context": "braces {% stay %} {{ 1 }}",
        "constraints": ["Be short."],
        "few_shot": [{"input": "cat", "output": "猫"}],
    }
    await _prompt(api, content={"structure": structure, "config": _CONFIG})
    version = await made(await api.post("/api/v1/prompts/hello/versions", {}))
    assert version["content"]["structure"] == structure
    assert [message["role"] for message in version["content"]["messages"]] == ["system", "user"]
    assert version["variables"]["required"] == ["text"]


@pytest.mark.parametrize(
    "alias", ["", "Hello", "a/b", "a.b", "a@b", "a:b", "-a", "a" * 101, "你好", "prm_" + "0" * 26]
)
async def test_an_alias_that_cannot_stand_in_an_address_is_refused(api: Api, alias: str) -> None:
    answer = await api.post("/api/v1/prompts", {"name": "x", "alias": alias})
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("length", [99, 100])
async def test_an_alias_up_to_the_limit_is_taken(api: Api, length: int) -> None:
    assert (await _prompt(api, alias="a" * length))["alias"] == "a" * length


async def test_an_alias_is_unique_in_its_project(api: Api, world: World) -> None:
    await _prompt(api)
    again = await api.post("/api/v1/prompts", {"name": "x", "alias": "hello"})
    assert (again.status, again.json["code"]) == (409, "alias_taken")
    async with new_project(world) as other:
        await _prompt(other.api)


async def test_content_is_of_exactly_one_form(api: Api) -> None:
    both = {"template": "x", "messages": [{"role": "user", "content": "x"}], "config": _CONFIG}
    for content in (both, {"config": _CONFIG}):
        answer = await api.post("/api/v1/prompts", {"name": "x", "alias": "x", "content": content})
        assert answer.status == 422
        assert "exactly one of" in answer.json["detail"]


async def test_a_list_comes_in_pages_that_miss_nothing(api: Api) -> None:
    for number in range(5):
        await _prompt(api, alias=f"p{number}")
    seen: list[str] = []
    path = "/api/v1/prompts?limit=2"
    while True:
        page = (await api.get(path)).json
        seen += [one["alias"] for one in page["data"]]
        if not page["has_more"]:
            break
        path = f"/api/v1/prompts?limit=2&cursor={page['next_cursor']}"
    assert seen == ["p4", "p3", "p2", "p1", "p0"]


async def test_a_cursor_of_another_project_is_refused(api: Api, world: World) -> None:
    for number in range(2):
        await _prompt(api, alias=f"p{number}")
    cursor = (await api.get("/api/v1/prompts?limit=1")).json["next_cursor"]
    async with new_project(world) as other:
        answer = await other.api.get(f"/api/v1/prompts?cursor={cursor}")
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "#/query/cursor")


async def test_another_projects_prompt_is_unknown(api: Api, world: World) -> None:
    prompt = await _prompt(api, content=_text("secret"))
    async with new_project(world) as other:
        for ref in ("hello", prompt["id"]):
            for tail in ("", "/draft", "/versions", "/versions/1.0.0"):
                answer = await other.api.get(f"/api/v1/prompts/{ref}{tail}")
                assert (answer.status, answer.json["code"]) == (404, "prompt_not_found")


async def test_a_chat_says_where_the_conversation_goes(api: Api) -> None:
    messages = [{"role": "system", "content": "Be {{ how }}"}, {"placeholder": "messages"}]
    await _prompt(api, content={"messages": messages, "config": _CONFIG})
    version = await made(await api.post("/api/v1/prompts/hello/versions", {}))
    assert version["content"]["messages"] == messages
    assert version["variables"]["names"] == ["how"]


@pytest.mark.parametrize(
    "messages",
    [
        [{"placeholder": "messages"}],
        [{"placeholder": "messages"}] * 2 + [{"role": "user", "content": "x"}],
        [{"placeholder": "others"}, {"role": "user", "content": "x"}],
        [{"placeholder": "messages", "role": "user", "content": "x"}],
        [{"role": "user"}],
    ],
)
async def test_what_is_no_chat_is_refused(api: Api, messages: list[Json]) -> None:
    content = {"messages": messages, "config": _CONFIG}
    answer = await api.post("/api/v1/prompts", {"name": "x", "alias": "x", "content": content})
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


async def test_tools_are_kept_with_their_order_of_properties(api: Api) -> None:
    properties = {"zeta": {"type": "string"}, "a": {"type": ["integer", "null"], "default": None}}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"properties": properties}}}
    content = {"template": "x", "config": {**_CONFIG, "tools": [tool]}}
    await _prompt(api, content=content)
    version = await made(await api.post("/api/v1/prompts/hello/versions", {}))
    read = version["content"]["config"]["tools"][0]["function"]["parameters"]
    assert list(read["properties"].items()) == list(properties.items())
