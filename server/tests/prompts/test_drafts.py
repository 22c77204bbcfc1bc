"""Where a draft began, how it is discarded, and that nothing is published over what is unseen."""

import asyncio

from fixtures.api import Answer, Api, Json, Project, made

_PATH = "/api/v1/prompts/hello"
_CONFIG: Json = {"model": "scripted/ok"}


async def _save(api: Api, template: str, query: str = "", edit: int | None = None) -> Answer:
    headers = {} if edit is None else {"If-Match": f'"{edit}"'}
    body = {"template": template, "config": _CONFIG}
    return await api.send("PUT", f"{_PATH}/draft{query}", body=body, headers=headers)


async def _publish(api: Api, **fields: object) -> Answer:
    return await api.post(f"{_PATH}/versions", fields)


async def _hello(api: Api) -> None:
    await made(await api.post("/api/v1/prompts", {"name": "Hello", "alias": "hello"}))


async def test_a_draft_tells_the_version_that_it_began_from(api: Api) -> None:
    await _hello(api)
    assert (await made(await _save(api, "one"), 200))["base_version"] is None
    await made(await _publish(api))
    assert (await made(await _save(api, "two"), 200))["base_version"] == "1.0.0"
    await made(await _publish(api))
    # Begun while the page showed an older version; merged with the newest later.
    draft = await made(await _save(api, "three", "?base_version=1.0.0"), 200)
    assert draft["base_version"] == "1.0.0"
    draft = await made(await _save(api, "four", edit=1), 200)
    assert draft["base_version"] == "1.0.0"
    draft = await made(await _save(api, "five", "?base_version=1.0.1", edit=2), 200)
    assert draft["base_version"] == "1.0.1"
    assert (await api.get(f"{_PATH}/draft")).json["base_version"] == "1.0.1"
    for query, status in (("2.0.0", 404), ("draft", 422), ("1", 422)):
        answer = await _save(api, "six", f"?base_version={query}", edit=3)
        assert answer.status == status
    assert (await api.get(f"{_PATH}/draft")).json["edit"] == 3


async def test_nothing_is_published_over_a_version_that_was_not_seen(project: Project) -> None:
    mine, theirs = project.api, await project.key("author")
    await _hello(mine)
    await made(await _save(mine, "one"), 200)
    early = await _publish(mine, expected_latest="1.0.0")
    assert (early.status, early.json["code"]) == (409, "version_conflict")
    assert early.json["latest_version"] is None
    await made(await _publish(mine, expected_latest=None))
    await made(await _save(mine, "mine"), 200)
    await made(await _save(theirs, "theirs"), 200)
    # A lower number than the highest is no less unseen.
    await made(await _publish(theirs, version="0.5.0", expected_latest="1.0.0"))
    late = await _publish(mine, expected_latest="1.0.0")
    assert (late.status, late.json["code"]) == (409, "version_conflict")
    assert late.json["latest_version"] == "0.5.0"
    assert (await _publish(mine, expected_latest=None)).status == 409
    # The draft is still there, and is published once the other version was seen.
    assert (await _published(mine, expected_latest="0.5.0"))["version"] == "1.0.1"


async def _published(api: Api, **fields: object) -> Json:
    return await made(await _publish(api, **fields))


async def test_of_two_who_publish_at_once_one_learns_of_the_other(project: Project) -> None:
    authors = [project.api, *[await project.key("author") for _ in range(3)]]
    await _hello(project.api)
    for number, author in enumerate(authors):
        await made(await _save(author, f"text {number}"), 200)
    answers = await asyncio.gather(
        *(
            _publish(author, version=f"{number}.0.0", expected_latest=None)
            for number, author in enumerate(authors)
        )
    )
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    published = next(one.json["version"] for one in answers if one.status == 201)
    told = {one.json["latest_version"] for one in answers if one.status == 409}
    assert told == {published}


async def test_a_stale_save_tells_the_edit_that_is_there(api: Api) -> None:
    await _hello(api)
    none_yet = await _save(api, "one", edit=1)
    assert (none_yet.status, none_yet.json["current_edit"]) == (412, None)
    await made(await _save(api, "one"), 200)
    await made(await _save(api, "two", edit=1), 200)
    stale = await _save(api, "three", edit=1)
    assert (stale.status, stale.json["code"]) == (412, "edit_conflict")
    assert stale.json["current_edit"] == 2


async def test_of_drafts_begun_at_once_one_is_kept(api: Api) -> None:
    await _hello(api)
    answers = await asyncio.gather(*(_save(api, f"text {number}") for number in range(6)))
    lost = [answer for answer in answers if answer.status != 200]
    assert len(lost) == 5
    assert {answer.status for answer in lost} <= {412, 428}
    draft = (await api.get(f"{_PATH}/draft")).json
    won = next(answer.json for answer in answers if answer.status == 200)
    assert (draft["edit"], draft["content"]) == (1, won["content"])


async def test_a_draft_is_discarded(project: Project) -> None:
    api, other = project.api, await project.key("author")
    await _hello(api)
    gone = await api.send("DELETE", f"{_PATH}/draft")
    assert (gone.status, gone.json["code"]) == (404, "draft_not_found")
    for author in (api, other):
        await made(await _save(author, "mine"), 200)
    headers = {"If-Match": '"7"'}
    stale = await api.send("DELETE", f"{_PATH}/draft", headers=headers)
    assert (stale.status, stale.json["current_edit"]) == (412, 1)
    headers = {"If-Match": '"1"'}
    assert (await api.send("DELETE", f"{_PATH}/draft", headers=headers)).status == 204
    assert (await api.get(f"{_PATH}/draft")).status == 404
    assert (await other.get(f"{_PATH}/draft")).status == 200
    assert (await other.send("DELETE", f"{_PATH}/draft")).status == 204


async def test_a_copy_has_the_newest_content_as_its_draft(project: Project) -> None:
    api, other = project.api, await project.key("author")
    fields = {"name": "F/Hello", "alias": "hello", "tags": ["a"], "description": "Greets."}
    await made(await api.post("/api/v1/prompts", fields))

    async def copy(author: Api, alias: str) -> Json:
        body = {"name": f"Copy {alias}", "alias": alias}
        return await made(await author.post(f"{_PATH}/duplicate", body))

    empty = await copy(api, "empty")
    assert (empty["tags"], empty["description"], empty["kind"]) == (["a"], "Greets.", None)
    await made(await _save(api, "one"), 200)
    await made(await _publish(api))
    await made(await _save(api, "two"), 200)
    for author, alias, template in ((api, "mine", "two"), (other, "theirs", "one")):
        made_as = await copy(author, alias)
        assert (made_as["name"], made_as["versions"]) == (f"Copy {alias}", 0)
        draft = (await author.get(f"/api/v1/prompts/{alias}/draft")).json
        assert draft["content"]["template"] == template
        assert (draft["base_version"], draft["edit"]) == (None, 1)
    taken = await api.post(f"{_PATH}/duplicate", {"name": "x", "alias": "mine"})
    assert (taken.status, taken.json["code"]) == (409, "alias_taken")
    assert (
        await api.post("/api/v1/prompts/none/duplicate", {"name": "x", "alias": "y"})
    ).status == 404


async def test_a_builder_prompt_and_a_chat_are_copied_as_they_are(api: Api) -> None:
    contents: list[Json] = [
        {"structure": {"role": "A {{ who }}", "task": "Say {% hi %}"}, "config": _CONFIG},
        {"messages": [{"role": "user", "content": "{{ a }}"}], "config": _CONFIG},
    ]
    for number, content in enumerate(contents):
        alias = f"p{number}"
        body = {"name": alias, "alias": alias, "content": content}
        await made(await api.post("/api/v1/prompts", body))
        body = {"name": alias, "alias": f"{alias}-copy"}
        await made(await api.post(f"/api/v1/prompts/{alias}/duplicate", body))
        drafts = [
            (await api.get(f"/api/v1/prompts/{one}/draft")).json["content"]
            for one in (alias, f"{alias}-copy")
        ]
        assert drafts[0] == drafts[1]
