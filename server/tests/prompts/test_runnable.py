"""What the run path reads of prompts: by alias, id and number, and drafts with their snapshots."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

import pytest

from fixtures.api import Api, Json, Project, made, new_project
from fixtures.servers import World
from promptops_server.core.db import Pool, open_pool, url_of
from promptops_server.core.errors import AppError
from promptops_server.core.freshness import Freshness
from promptops_server.kit.ids import from_public
from promptops_server.prompts.errors import VersionNotFound
from promptops_server.prompts.runnable import RunnablePrompts

_CONFIG: Json = {
    "model": "scripted/ok",
    "parameters": {"temperature": 0.2},
    "fallback_models": ["scripted/other"],
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "overridable": ["model"],
    "max_retries": 1,
    "timeout_s": 7.0,
}


@dataclass(frozen=True)
class Reading:
    """The run path's view, and the pool under it."""

    prompts: RunnablePrompts
    pool: Pool


@pytest.fixture
async def reading(world: World) -> AsyncGenerator[Reading]:
    pool = await open_pool(url_of(world.settings, "system"), "system", size=2)
    freshness = Freshness(url_of(world.settings, "system"))
    await freshness.start()
    await freshness.wait_first()
    yield Reading(RunnablePrompts(pool, freshness), pool)
    await freshness.close()
    await pool.close()


def _uuid(public: str) -> UUID:
    found = from_public(public.partition("_")[0], public)
    assert found is not None
    return found


async def _project_id(reading: Reading, prompt_id: UUID) -> UUID:
    return await reading.pool.fetchval("SELECT project_id FROM prompts WHERE id = $1", prompt_id)


async def _draft(api: Api, alias: str, template: str) -> UUID:
    content = {"template": template, "config": _CONFIG}
    body = {"name": alias, "alias": alias, "content": content}
    return _uuid((await made(await api.post("/api/v1/prompts", body)))["id"])


async def _author(reading: Reading, prompt_id: UUID) -> UUID:
    return await reading.pool.fetchval(
        "SELECT author_id FROM prompt_versions WHERE prompt_id = $1 AND status = 'Draft'", prompt_id
    )


async def test_a_version_carries_all_that_its_run_needs(api: Api, reading: Reading) -> None:
    prompt_id = await _draft(api, "hello", "Hi {{ name }}")
    project_id = await _project_id(reading, prompt_id)
    assert await reading.prompts.numbered(project_id, prompt_id, "1.0.0") is None
    version = await made(await api.post("/api/v1/prompts/hello/versions", {}))
    found = await reading.prompts.numbered(project_id, prompt_id, "1.0.0")
    assert found is not None
    assert found is await reading.prompts.version(project_id, found.id)
    assert found.template.render({"name": "Ada"}) == [{"role": "user", "content": "Hi Ada"}]
    assert (found.model, found.parameters) == ("scripted/ok", {"temperature": 0.2})
    assert found.request_fields == {"tools": _CONFIG["tools"]}
    assert found.fallback_models == ("scripted/other",)
    assert found.overridable == {"model"}
    assert (found.max_retries, found.timeout_s) == (1, 7.0)
    assert found.content_hash.hex() == version["content_hash"]
    reference = await reading.prompts.by_id(project_id, prompt_id)
    assert reference == await reading.prompts.find(project_id, "hello")
    assert await reading.prompts.deprecated_at(project_id, found.id) is None


async def test_another_project_finds_none_of_it(api: Api, reading: Reading, world: World) -> None:
    prompt_id = await _draft(api, "hello", "Hi")
    author_id = await _author(reading, prompt_id)
    version = await made(await api.post("/api/v1/prompts/hello/versions", {}))
    async with new_project(world) as other:
        foreign = await _project_id(reading, await _draft(other.api, "mine", "x"))
        assert await reading.prompts.find(foreign, "hello") is None
        assert await reading.prompts.by_id(foreign, prompt_id) is None
        assert await reading.prompts.numbered(foreign, prompt_id, "1.0.0") is None
        assert await reading.prompts.draft(foreign, prompt_id, author_id) is None
        with pytest.raises(VersionNotFound):
            await reading.prompts.version(foreign, _uuid(version["id"]))


async def test_a_draft_runs_as_it_is_now_and_its_content_is_kept(
    project: Project, reading: Reading
) -> None:
    prompt_id = await _draft(project.api, "hello", "One {{ a }}")
    project_id, author = await _project_id(reading, prompt_id), await _author(reading, prompt_id)
    first = await reading.prompts.draft(project_id, prompt_id, author)
    again = await reading.prompts.draft(project_id, prompt_id, author)
    assert first is not None
    assert again is not None
    assert first.template is again.template
    assert first.version_num is None
    saved = {"template": "Two", "config": _CONFIG}
    path = "/api/v1/prompts/hello/draft"
    await made(await project.api.send("PUT", path, body=saved, headers={"If-Match": '"1"'}), 200)
    second = await reading.prompts.draft(project_id, prompt_id, author)
    assert second is not None
    assert second.template.render({}) == [{"role": "user", "content": "Two"}]
    rows = await reading.pool.fetch(
        "SELECT content_hash, compiled_template FROM prompt_snapshots "
        "WHERE project_id = $1 ORDER BY created_at",
        project_id,
    )
    assert [tuple(row) for row in rows] == [
        (first.content_hash, "One {{ a }}"),
        (second.content_hash, "Two"),
    ]
    version = await made(await project.api.post("/api/v1/prompts/hello/versions", {}))
    assert version["content_hash"] == second.content_hash.hex()
    assert await reading.prompts.draft(project_id, prompt_id, author) is None


async def test_a_draft_that_cannot_run_says_why(api: Api, reading: Reading) -> None:
    prompt_id = await _draft(api, "hello", "{{ broken")
    project_id, author = await _project_id(reading, prompt_id), await _author(reading, prompt_id)
    with pytest.raises(AppError) as caught:
        await reading.prompts.draft(project_id, prompt_id, author)
    assert caught.value.code == "template_syntax"
    kept = await reading.pool.fetchval(
        "SELECT count(*) FROM prompt_snapshots WHERE project_id = $1", project_id
    )
    assert kept == 0
