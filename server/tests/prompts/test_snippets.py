"""Snippets: text prompts that stand inside others, pinned when those are published."""

import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.servers import World

_CONFIG: Json = {"model": "scripted/ok"}


async def _save(api: Api, alias: str, content: Json) -> Json:
    content = {"config": _CONFIG, **content}
    body = {"name": alias, "alias": alias, "content": content}
    path = f"/api/v1/prompts/{alias}/draft"
    if (await api.get(f"/api/v1/prompts/{alias}")).status == 404:
        await made(await api.post("/api/v1/prompts", body))
    else:
        before = await api.get(path)
        headers = {"If-Match": before.headers["ETag"]} if before.status == 200 else {}
        await made(await api.send("PUT", path, body=content, headers=headers), 200)
    return await made(await api.get(path), 200)


async def _publish(api: Api, alias: str, template: str, **wanted: object) -> Json:
    await _save(api, alias, {"template": template})
    return await made(await api.post(f"/api/v1/prompts/{alias}/versions", wanted))


async def _rendered(api: Api, alias: str, **body: object) -> list[str]:
    answer = await made(await api.post(f"/api/v1/prompts/{alias}/render", body), 200)
    return [message["content"] for message in answer["messages"]]


async def test_a_snippet_is_pinned_when_its_prompt_is_published(api: Api) -> None:
    await _publish(api, "tone", "Be {{ how }}.")
    source = 'Do it. {% include "tone" %} {{ x }}'
    version = await _publish(api, "main", source)
    assert version["content"]["template"] == source
    assert version["variables"]["names"] == ["how", "x"]
    assert [(s["alias"], s["version"]) for s in version["snippets"]] == [("tone", "1.0.0")]
    await _publish(api, "tone", "Be {{ how }}!", bump="major")
    variables = {"how": "kind", "x": "{% include 'tone' %}"}
    rendered = await _rendered(api, "main", version="1.0.0", variables=variables)
    assert rendered == ["Do it. Be kind. {% include 'tone' %}"]
    # The same source is other content now, because the highest version of the snippet is.
    newer = await _publish(api, "main", source)
    assert newer["version"] == "1.0.1"
    assert newer["snippets"][0]["version"] == "2.0.0"
    pinned = await _publish(api, "main", '{% include "tone@1.0.0" %}', bump="major")
    assert pinned["snippets"][0]["version"] == "1.0.0"


async def test_what_runs_is_the_text_with_its_snippets(project: Project) -> None:
    await project.add_provider()
    await _publish(project.api, "tone", "Be kind.")
    await project.publish("main", {"template": 'A {% include "tone" %}'})
    await project.deploy("main")
    answer = await made(await project.api.run("main"), 200)
    assert answer is not None
    runs = (await project.api.get("/api/v1/runs")).json["data"]
    run = (await project.api.get(f"/api/v1/runs/{runs[0]['id']}")).json
    assert run["messages"] == [{"role": "user", "content": "A Be kind."}]


async def test_chats_and_previews_have_snippets_too(api: Api) -> None:
    await _publish(api, "tone", "Be kind.")
    chat = [{"role": "system", "content": '{% include "tone" %}'}, {"placeholder": "messages"}]
    draft = await _save(api, "chat", {"messages": chat})
    assert draft["content"]["messages"] == chat
    assert draft["problem"] is None
    assert await _rendered(api, "chat") == ["Be kind."]
    free = await made(await api.post("/api/v1/render", {"template": "{% include 'tone' %}"}), 200)
    assert free["messages"][0]["content"] == "Be kind."


async def test_the_signs_of_a_tag_trim_around_a_snippet(api: Api) -> None:
    await _publish(api, "tone", " kind ")
    await _save(api, "main", {"template": 'a \n{%- include "tone" -%}\n b{%+ include "tone" %} c'})
    assert await _rendered(api, "main") == ["a kind b kind  c"]


async def test_an_include_that_is_data_stays(api: Api) -> None:
    source = '{% raw %}{% include "x" %}{% endraw %}{# {% include "y" %} #}{{ "{% include %}" }}'
    await _publish(api, "main", source)
    assert await _rendered(api, "main", version="1.0.0") == ['{% include "x" %}{% include %}']
    structure = {"task": '{% include "x" %}'}
    await _save(api, "form", {"structure": structure})
    assert await _rendered(api, "form") == ['# Task\n{% include "x" %}']


async def test_snippets_nest_up_to_the_limit(api: Api) -> None:
    await _publish(api, "s0", "end")
    for depth in range(1, 6):
        await _publish(api, f"s{depth}", f'{depth} {{% include "s{depth - 1}" %}}')
    version = await made(await api.get("/api/v1/prompts/s5/versions/1.0.0"), 200)
    listed = [(snippet["alias"], snippet["depth"]) for snippet in version["snippets"]]
    assert listed == [("s4", 1), ("s3", 2), ("s2", 3), ("s1", 4), ("s0", 5)]
    assert await _rendered(api, "s5", version="1.0.0") == ["5 4 3 2 1 end"]
    draft = await _save(api, "s6", {"template": '{% include "s5" %}'})
    assert draft["problem"]["code"] == "template_limit_exceeded"
    refused = await api.post("/api/v1/prompts/s6/versions", {})
    assert (refused.status, refused.json["code"]) == (422, "template_limit_exceeded")


async def test_a_prompt_cannot_include_itself_also_through_others(api: Api) -> None:
    await _publish(api, "a", "one")
    await _publish(api, "b", '{% include "a" %}')
    draft = await _save(api, "a", {"template": '{% include "b" %}'})
    assert draft["problem"]["code"] == "snippet_cycle"
    assert "Line 1: with b this prompt would include itself" in draft["problem"]["detail"]
    refused = await api.post("/api/v1/prompts/a/versions", {})
    assert (refused.status, refused.json["code"]) == (422, "snippet_cycle")
    itself = await _save(api, "b", {"template": '{% include "b" %}'})
    assert itself["problem"]["code"] == "snippet_cycle"


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ('x\n{% include "nobody" %}', "snippet_not_found", "Line 2: there is no published prompt"),
        ('{% include "tone@9.0.0" %}', "snippet_not_found", "tone@9.0.0"),
        ('{% include "drafted" %}', "snippet_not_found", "drafted"),
        ('{% include "gone" %}', "snippet_not_found", "gone"),
        ('{% include "chat" %}', "template_unsupported", "chat is no text prompt"),
        ("{% include name %}", "template_unsupported", "in quotes"),
        ('{% include "tone" ignore missing %}', "template_unsupported", "in quotes"),
        ('{% include ["tone"] %}', "template_unsupported", "in quotes"),
        ('{% include "../tone" %}', "template_unsupported", "in quotes"),
        ('{% include "big" %}' * 3, "template_limit_exceeded", "256 KiB"),
        ('{% include "tone" %}{{ "', "template_syntax", ""),
    ],
)  # fmt: skip
async def test_what_cannot_be_included_is_told_with_its_place(
    api: Api, source: str, code: str, words: str
) -> None:
    await _publish(api, "tone", "Be kind.")
    await _publish(api, "big", "x" * 100_000)
    await _save(api, "drafted", {"template": "x"})
    await _publish(api, "gone", "x")
    await made(await api.post("/api/v1/prompts/gone/archive", {}), 200)
    await _save(api, "chat", {"messages": [{"role": "user", "content": "x"}]})
    await made(await api.post("/api/v1/prompts/chat/versions", {}))
    draft = await _save(api, "main", {"template": source})
    assert draft["content"]["template"] == source
    assert draft["problem"]["code"] == code
    assert words in draft["problem"]["detail"]
    refused = await api.post("/api/v1/prompts/main/versions", {})
    assert (refused.status, refused.json["code"]) == (422, code)
    assert refused.json["errors"][0]["pointer"] == "#/template"
    for path in ("/api/v1/prompts/main/render", "/api/v1/render"):
        body = {"template": source} if path.endswith("v1/render") else {}
        assert (await api.post(path, body)).json["code"] == code


async def test_another_projects_prompt_is_no_snippet(api: Api, world: World) -> None:
    await _publish(api, "tone", "secret")
    async with new_project(world) as other:
        draft = await _save(other.api, "main", {"template": '{% include "tone" %}'})
        assert draft["problem"]["code"] == "snippet_not_found"


async def test_an_archived_prompt_is_not_included_anew_and_goes_on_where_it_is(api: Api) -> None:
    await _publish(api, "tone", "Be kind.")
    await _publish(api, "main", '{% include "tone" %}')
    await made(await api.post("/api/v1/prompts/tone/archive", {}), 200)
    assert await _rendered(api, "main", version="1.0.0") == ["Be kind."]
    draft = await _save(api, "main", {"template": '{% include "tone" %}!'})
    assert draft["problem"]["code"] == "snippet_not_found"


async def test_a_deprecated_version_is_included_by_its_number_only(api: Api) -> None:
    await _publish(api, "tone", "old")
    await _publish(api, "tone", "new")
    await made(await api.post("/api/v1/prompts/tone/versions/1.0.1/deprecate", {}), 200)
    await _save(api, "main", {"template": '{% include "tone" %} {% include "tone@1.0.1" %}'})
    assert await _rendered(api, "main") == ["old new"]


async def test_a_draft_runs_with_its_snippets_of_now(project: Project) -> None:
    api = project.api
    await project.add_provider()
    await _publish(api, "tone", "Be kind.")
    await _save(api, "main", {"template": 'A {% include "tone" %}'})
    await _publish(api, "tone", "Be brief.")
    await made(await api.post("/api/v1/run/main?version=draft", {}), 200)
    run = (await api.get("/api/v1/runs")).json["data"][0]
    run = (await api.get(f"/api/v1/runs/{run['id']}")).json
    assert run["messages"] == [{"role": "user", "content": "A Be brief."}]
    assert await _rendered(api, "main") == ["A Be brief."]
    await _save(api, "main", {"template": '{% include "nobody" %}'})
    refused = await api.post("/api/v1/run/main?version=draft", {})
    assert (refused.status, refused.json["code"]) == (422, "snippet_not_found")


async def test_a_prompt_written_with_a_snippet_is_other_content(api: Api) -> None:
    await _publish(api, "tone", "Be kind.")
    plain = await _publish(api, "main", "Be kind.")
    assert plain["snippets"] == []
    included = await _publish(api, "main", '{% include "tone" %}')
    assert (included["version"], included["content"]["template"]) == (
        "1.0.1",
        '{% include "tone" %}',
    )
    diff = (await api.get("/api/v1/prompts/main/diff?from=1.0.0&to=1.0.1")).json
    assert (diff["identical"], diff["text"]) == (False, [])
    again = await _save(api, "main", {"template": '{% include "tone" %}'})
    assert again["content_hash"] == included["content_hash"]
    answer = await api.post("/api/v1/prompts/main/versions", {})
    assert (answer.status, answer.json["version"]) == (200, "1.0.1")


async def test_a_snippet_too_many_is_a_problem_with_its_place(api: Api) -> None:
    await _publish(api, "wide", "\n" * 60_000)
    # As JSON a line end takes two bytes: the texts alone would fit.
    chat = [
        {"role": "user", "content": "x"},
        {"role": "user", "content": '{% include "wide" %}' * 4},
    ]
    draft = await _save(api, "chat", {"messages": chat})
    assert (draft["problem"]["code"], draft["content"]["messages"]) == (
        "template_limit_exceeded",
        chat,
    )
    tags = "".join(f'{{% include "wide@1.0.{n}" %}}' for n in range(2_000))
    draft = await _save(api, "many", {"template": tags})
    assert draft["problem"]["code"] == "template_limit_exceeded"
    chat[1]["content"] = 'x\n{%- include "nobody" %}'
    refused = await api.post("/api/v1/render", {"messages": chat})
    assert (refused.status, refused.json["code"]) == (422, "snippet_not_found")
    assert refused.json["errors"][0]["pointer"] == "#/messages/1/content"
    assert refused.json["detail"].startswith("Line 2: ")
