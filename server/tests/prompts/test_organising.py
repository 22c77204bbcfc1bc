"""Names, aliases, folders, tags and the archive over HTTP."""

from urllib.parse import quote

import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.servers import World
from fixtures.waiting import eventually

_CONFIG: Json = {"model": "scripted/ok"}


async def _prompt(api: Api, alias: str, name: str | None = None, **fields: object) -> Json:
    return await made(
        await api.post("/api/v1/prompts", {"name": name or alias, "alias": alias, **fields})
    )


async def _patch(api: Api, ref: str, body: Json) -> Json:
    return await made(await api.send("PATCH", f"/api/v1/prompts/{ref}", body=body), 200)


async def _runs(api: Api, alias: str) -> bool:
    return (await api.run(alias)).status == 200


async def _is_gone(api: Api, alias: str) -> bool:
    answer = await api.run(alias)
    return answer.status == 404 and answer.json["code"] == "prompt_not_found"


async def _aliases(api: Api, query: str) -> list[str]:
    return [one["alias"] for one in (await api.get(f"/api/v1/prompts?{query}")).json["data"]]


async def test_what_is_given_changes_and_the_rest_stays(api: Api) -> None:
    before = await _prompt(api, "a", tags=["one"], description="Greets.")
    after = await _patch(api, "a", {"name": " Help / Greeting ", "tags": ["x", "two"]})
    assert after == {
        **before,
        "name": "Help/Greeting",
        "tags": ["x", "two"],
        "updated_at": after["updated_at"],
    }
    assert (await _patch(api, before["id"], {"description": None}))["description"] is None
    assert (await api.get("/api/v1/prompts/a")).json["name"] == "Help/Greeting"


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"alias": None},
        {"tags": None},
        {"name": "a//b"},
        {"name": "/a"},
        {"name": "a/ "},
        {"tags": ["a", "a"]},
        {"tags": ["Upper"]},
        {"tags": ["a" * 51]},
        {"tags": [f"t{n}" for n in range(21)]},
        {"alias": "folders"},
        {"alias": "a b"},
        {"description": "x" * 2001},
        {"archived_at": None},
    ],
)
async def test_a_wrong_change_is_refused(api: Api, body: Json) -> None:
    await _prompt(api, "a")
    answer = await api.send("PATCH", "/api/v1/prompts/a", body=body)
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


async def test_a_former_alias_goes_on_running_until_it_is_released(project: Project) -> None:
    api = project.api
    await project.add_provider()
    await project.prompt("old")
    renamed = await _patch(api, "old", {"alias": "new"})
    assert (renamed["alias"], renamed["former_aliases"]) == ("new", ["old"])
    await eventually(lambda: _runs(api, "new"), 5)
    assert (await api.run("old")).status == 200
    assert (await api.get("/api/v1/prompts/old")).json["alias"] == "new"
    taken = await api.post("/api/v1/prompts", {"name": "x", "alias": "old"})
    assert (taken.status, taken.json["code"]) == (409, "alias_taken")
    released = await api.send("DELETE", "/api/v1/prompts/new/aliases/old")
    assert released.status == 204
    await eventually(lambda: _is_gone(api, "old"), 5)
    await _prompt(api, "old")


async def test_an_alias_is_taken_back_from_the_same_prompt(api: Api) -> None:
    await _prompt(api, "a")
    await _patch(api, "a", {"alias": "b"})
    back = await _patch(api, "b", {"alias": "a"})
    assert (back["alias"], back["former_aliases"]) == ("a", ["b"])


async def test_the_alias_of_another_prompt_is_taken_archived_or_not(api: Api) -> None:
    await _prompt(api, "a")
    await _prompt(api, "b")
    await made(await api.post("/api/v1/prompts/b/archive", {}), 200)
    answer = await api.send("PATCH", "/api/v1/prompts/a", body={"alias": "b"})
    assert (answer.status, answer.json["code"]) == (409, "alias_taken")
    assert (await api.get("/api/v1/prompts/a")).json["former_aliases"] == []


@pytest.mark.parametrize(
    ("alias", "status", "code"),
    [
        ("a", 409, "alias_in_use"),
        ("never", 404, "alias_not_found"),
        ("b", 404, "alias_not_found"),
        ("%00", 404, "not_found"),
    ],
)
async def test_only_a_former_alias_can_be_released(
    api: Api, alias: str, status: int, code: str
) -> None:
    await _prompt(api, "a")
    await _prompt(api, "b")
    answer = await api.send("DELETE", f"/api/v1/prompts/a/aliases/{alias}")
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_an_archived_prompt_keeps_everything_and_does_not_run(project: Project) -> None:
    api = project.api
    await project.add_provider()
    await project.prompt("a")
    archived = await made(await api.post("/api/v1/prompts/a/archive", {}), 200)
    assert archived["archived_at"] is not None
    again = await made(await api.post("/api/v1/prompts/a/archive", {}), 200)
    assert again["archived_at"] == archived["archived_at"]
    await eventually(lambda: _is_gone(api, "a"), 5)
    assert await _aliases(api, "") == []
    assert await _aliases(api, "archived=true") == ["a"]
    assert (await api.get("/api/v1/prompts/a/versions/1.0.0")).status == 200
    restored = await made(await api.post("/api/v1/prompts/a/unarchive", {}), 200)
    assert restored["archived_at"] is None
    await eventually(lambda: _runs(api, "a"), 5)


async def test_folders_are_listed_with_what_is_under_them(api: Api) -> None:
    for alias, name in (("a", "X/Y/a"), ("b", "X/b"), ("c", "c"), ("d", "X_/d"), ("e", "x/e")):
        await _prompt(api, alias, name)
    await _prompt(api, "f", "Gone/f")
    await made(await api.post("/api/v1/prompts/f/archive", {}), 200)
    folders = (await api.get("/api/v1/prompts/folders")).json["data"]
    assert {one["folder"]: one["prompts"] for one in folders} == {"X": 2, "X/Y": 1, "X_": 1, "x": 1}
    assert await _aliases(api, "folder=X") == ["b", "a"]
    assert await _aliases(api, "folder=X/Y") == ["a"]
    assert await _aliases(api, "folder=X_") == ["d"]
    assert await _aliases(api, f"folder={quote('%')}") == []


async def test_a_list_is_narrowed_by_every_tag(api: Api) -> None:
    await _prompt(api, "a", tags=["red"])
    await _prompt(api, "b", tags=["red", "blue"])
    assert await _aliases(api, "tag=red") == ["b", "a"]
    assert await _aliases(api, "tag=red&tag=blue") == ["b"]


async def test_a_search_takes_every_character_as_it_is(api: Api) -> None:
    await _prompt(api, "a", "100%_Sure\\")
    await _prompt(api, "b", "1000 Sure", tags=["tagged-one"])
    assert await _aliases(api, f"q={quote('0%_s')}") == ["a"]
    assert await _aliases(api, f"q={quote(chr(92))}") == ["a"]
    assert await _aliases(api, "q=SURE") == ["b", "a"]
    assert await _aliases(api, "q=tagged") == ["b"]


async def test_a_text_is_found_in_the_newest_version_and_in_the_own_draft(
    project: Project,
) -> None:
    api = project.api
    for alias, content in (
        ("old", {"template": "needle one"}),
        ("chat", {"messages": [{"role": "user", "content": 'say "Needle"\nnow'}]}),
    ):
        await _prompt(api, alias, content={**content, "config": _CONFIG})
        await made(await api.post(f"/api/v1/prompts/{alias}/versions", {}))
    await _prompt(api, "draft", content={"template": "a needle", "config": _CONFIG})
    assert await _aliases(api, "q=needle") == []
    assert await _aliases(api, "q=needle&in=text") == ["draft", "chat", "old"]
    quoted = quote('"needle"\nN')
    assert await _aliases(api, f"q={quoted}&in=text") == ["chat"]
    body = {"template": "newer", "config": _CONFIG}
    await made(await api.send("PUT", "/api/v1/prompts/old/draft", body=body), 200)
    await made(await api.post("/api/v1/prompts/old/versions", {}))
    assert await _aliases(api, "q=needle&in=text") == ["draft", "chat"]
    other = await project.key("author")
    assert await _aliases(other, "q=needle&in=text") == ["chat"]


@pytest.mark.parametrize(
    "query", ["q=", "q=%00", "tag=A", "folder=", "folder=a//b", "in=name", "archived=x", "more=1"]
)
async def test_a_filter_that_means_nothing_is_refused(api: Api, query: str) -> None:
    answer = await api.get(f"/api/v1/prompts?{query}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


async def test_a_cursor_holds_for_its_filters(api: Api) -> None:
    for number in range(3):
        await _prompt(api, f"p{number}", tags=["t"])
    cursor = (await api.get("/api/v1/prompts?limit=1&tag=t")).json["next_cursor"]
    assert await _aliases(api, f"limit=1&tag=t&cursor={cursor}") == ["p1"]
    assert (await api.get(f"/api/v1/prompts?limit=1&cursor={cursor}")).status == 422


async def test_a_name_that_no_alias_can_be_is_not_found(api: Api) -> None:
    for ref in ("a%FF", "prm_" + "!" * 26, "x" * 3000):
        answer = await api.get(f"/api/v1/prompts/{ref}")
        assert (answer.status, answer.json["code"]) == (404, "prompt_not_found")
    await _prompt(api, "a")
    assert (await api.get("/api/v1/prompts/a/versions/%00")).status == 404


async def test_another_project_can_neither_change_nor_release(api: Api, world: World) -> None:
    prompt = await _prompt(api, "a")
    await _patch(api, "a", {"alias": "b"})
    async with new_project(world) as other:
        for method, tail, body in (
            ("PATCH", "", {"name": "x"}),
            ("DELETE", "/aliases/a", None),
            ("POST", "/archive", {}),
            ("POST", "/unarchive", {}),
        ):
            path = f"/api/v1/prompts/{prompt['id']}{tail}"
            answer = await other.api.send(method, path, body=body)
            assert (answer.status, answer.json["code"]) == (404, "prompt_not_found")
        await _prompt(other.api, "a")


async def _drafts(api: Api, alias: str, template: str, **headers: str) -> Json:
    body = {"template": template, "config": _CONFIG}
    path = f"/api/v1/prompts/{alias}/draft"
    return await made(await api.send("PUT", path, body=body, headers=headers), 200)


async def test_a_list_tells_what_there_is_of_each_prompt(project: Project) -> None:
    api = project.api
    empty = await _prompt(api, "empty")
    assert (empty["latest_version"], empty["versions"]) == (None, 0)
    assert (empty["draft_updated_at"], empty["kind"]) == (None, None)
    await project.publish("text", {"template": "one"})
    draft = await _drafts(api, "text", "two")
    content = {"messages": [{"role": "user", "content": "x"}], "config": _CONFIG}
    await _prompt(api, "chat", content=content)
    await project.publish("twice", {"template": "one"})
    await _drafts(api, "twice", "two")
    await made(await api.post("/api/v1/prompts/twice/versions", {"version": "0.9.0"}))
    other = await project.key("author")
    rows = {one["alias"]: one for one in (await other.get("/api/v1/prompts")).json["data"]}
    told = {
        alias: (row["latest_version"], row["versions"], row["kind"]) for alias, row in rows.items()
    }
    # The latest is the one that was published last, whatever its number; drafts are one's own.
    assert told == {
        "empty": (None, 0, None),
        "text": ("1.0.0", 1, "text"),
        "chat": (None, 0, None),
        "twice": ("0.9.0", 2, "text"),
    }
    assert {row["draft_updated_at"] for row in rows.values()} == {None}
    rows = {one["alias"]: one for one in (await api.get("/api/v1/prompts")).json["data"]}
    assert rows["text"]["draft_updated_at"] == draft["updated_at"]
    assert (rows["chat"]["kind"], rows["twice"]["draft_updated_at"]) == ("chat", None)
    assert (await api.get("/api/v1/prompts/text")).json == rows["text"]


async def _in_order(api: Api, query: str) -> list[str]:
    """The aliases of every page of one prompt each."""
    found: list[str] = []
    cursor = ""
    while True:
        page = (await api.get(f"/api/v1/prompts?limit=1&{query}{cursor}")).json
        found += [one["alias"] for one in page["data"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def test_a_list_is_sorted(project: Project) -> None:
    api = project.api
    for alias, name in (("a", "beta"), ("b", "Alpha"), ("c", "beta"), ("d", "F/好"), ("e", "Z")):
        await _prompt(api, alias, name)
    await _patch(api, "b", {"description": "changed"})
    await _drafts(api, "d", "mine")
    assert await _in_order(api, "sort=created") == ["e", "d", "c", "b", "a"]
    assert await _in_order(api, "") == ["e", "d", "c", "b", "a"]
    assert await _in_order(api, "sort=updated") == ["d", "b", "e", "c", "a"]
    assert (await _in_order(api, "sort=name"))[:3] == ["b", "a", "c"]
    # Somebody else's draft is not seen, and a version that was published is.
    other = await project.key("author")
    assert await _in_order(other, "sort=updated") == ["b", "e", "d", "c", "a"]
    await made(await api.post("/api/v1/prompts/d/versions", {}))
    assert (await _in_order(other, "sort=updated"))[0] == "d"
    page = (await api.get("/api/v1/prompts?sort=name&limit=1")).json
    answer = await api.get(f"/api/v1/prompts?sort=updated&limit=1&cursor={page['next_cursor']}")
    assert answer.status == 422
    assert (await api.get("/api/v1/prompts?sort=colour")).status == 422
