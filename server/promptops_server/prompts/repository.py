"""Every SQL statement of prompts."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.core.db import Pool
from promptops_server.core.scoping import of_project, page_of
from promptops_server.prompts.models import Prompt, PromptVersion
from promptops_server.prompts.rendering import parse_compiled
from promptops_server.prompts.types import PromptRef, RunnableVersion, VersionStatus


def add(session: AsyncSession, *rows: Prompt | PromptVersion) -> None:
    session.add_all(rows)


async def find_prompt(
    session: AsyncSession, project_id: UUID, *, prompt_id: UUID | None, alias: str
) -> Prompt | None:
    statement = of_project(Prompt, project_id)
    if prompt_id is not None:
        statement = statement.where(Prompt.id == prompt_id)
    else:
        statement = statement.where(Prompt.alias == alias)
    return (await session.execute(statement)).scalar_one_or_none()


async def list_prompts(
    session: AsyncSession, project_id: UUID, after: UUID | None, limit: int
) -> Sequence[Prompt]:
    statement = page_of(of_project(Prompt, project_id), Prompt, after, limit)
    return (await session.execute(statement)).scalars().all()


async def find_draft(
    session: AsyncSession, project_id: UUID, prompt_id: UUID, author_id: UUID, *, lock: bool
) -> PromptVersion | None:
    statement = of_project(PromptVersion, project_id).where(
        PromptVersion.prompt_id == prompt_id,
        PromptVersion.author_id == author_id,
        PromptVersion.status == VersionStatus.DRAFT.value,
    )
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def find_version(
    session: AsyncSession, project_id: UUID, prompt_id: UUID, version_num: str
) -> PromptVersion | None:
    statement = of_project(PromptVersion, project_id).where(
        PromptVersion.prompt_id == prompt_id, PromptVersion.version_num == version_num
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def find_version_by_content(
    session: AsyncSession, project_id: UUID, prompt_id: UUID, content_hash: bytes
) -> PromptVersion | None:
    statement = of_project(PromptVersion, project_id).where(
        PromptVersion.prompt_id == prompt_id,
        PromptVersion.content_hash == content_hash,
        PromptVersion.status != VersionStatus.DRAFT.value,
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def list_versions(
    session: AsyncSession, project_id: UUID, prompt_id: UUID, after: UUID | None, limit: int
) -> Sequence[PromptVersion]:
    statement = of_project(PromptVersion, project_id).where(
        PromptVersion.prompt_id == prompt_id,
        PromptVersion.status != VersionStatus.DRAFT.value,
    )
    page = page_of(statement, PromptVersion, after, limit)
    return (await session.execute(page)).scalars().all()


async def version_numbers(
    session: AsyncSession, project_id: UUID, prompt_id: UUID
) -> Sequence[str]:
    statement = select(PromptVersion.version_num).where(
        PromptVersion.project_id == project_id,
        PromptVersion.prompt_id == prompt_id,
        PromptVersion.version_num.is_not(None),
    )
    return [str(number) for number in (await session.execute(statement)).scalars()]


async def numbers_by_id(
    session: AsyncSession, project_id: UUID, version_ids: Sequence[UUID]
) -> dict[UUID, str]:
    statement = select(PromptVersion.id, PromptVersion.version_num).where(
        PromptVersion.project_id == project_id, PromptVersion.id.in_(version_ids)
    )
    rows = (await session.execute(statement)).all()
    return {identifier: str(number) for identifier, number in rows}


async def aliases_by_id(
    session: AsyncSession, project_id: UUID, prompt_ids: Sequence[UUID]
) -> dict[UUID, str]:
    statement = select(Prompt.id, Prompt.alias).where(
        Prompt.project_id == project_id, Prompt.id.in_(prompt_ids)
    )
    rows = (await session.execute(statement)).all()
    return {identifier: str(alias) for identifier, alias in rows}


async def load_prompt_ref(pool: Pool, project_id: UUID, alias: str) -> PromptRef | None:
    """The prompt that answers to the alias; read with the role `system`."""
    row = await pool.fetchrow(
        "SELECT id, alias, name FROM prompts "
        "WHERE project_id = $1 AND alias = $2 AND archived_at IS NULL",
        project_id,
        alias,
    )
    return None if row is None else PromptRef(row["id"], row["alias"], row["name"])


async def load_runnable(pool: Pool, project_id: UUID, version_id: UUID) -> RunnableVersion | None:
    """The version, compiled; read with the role `system`."""
    row = await pool.fetchrow(
        "SELECT id, prompt_id, version_num, kind, compiled_template, "
        "config_json->>'model' AS model, config_json->'parameters' AS parameters "
        "FROM prompt_versions WHERE project_id = $1 AND id = $2",
        project_id,
        version_id,
    )
    if row is None:
        return None
    return RunnableVersion(
        id=row["id"],
        prompt_id=row["prompt_id"],
        version_num=row["version_num"],
        template=parse_compiled(row["kind"], row["compiled_template"]),
        model=row["model"],
        parameters=orjson.loads(row["parameters"] or "{}"),
    )
