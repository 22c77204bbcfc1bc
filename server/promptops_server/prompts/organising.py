"""How a team keeps its prompts in order: names, aliases, folders, tags, the archive."""

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.core.db import mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.prompts import repository
from promptops_server.prompts.errors import AliasInUse, AliasNotFound, AliasTaken
from promptops_server.prompts.models import Prompt, PromptAlias
from promptops_server.prompts.schemas import (
    PromptCreate,
    PromptDuplicate,
    PromptRead,
    PromptUpdate,
    content_of,
)
from promptops_server.prompts.service import create_prompt, get_prompt


async def update_prompt(
    session: AsyncSession, caller: Caller, ref: str, wanted: PromptUpdate
) -> Prompt:
    """The prompt with what was given changed; its alias of before goes on answering.

    Raises PromptNotFound, and AliasTaken where another prompt has the alias or had it before.
    """
    prompt = await get_prompt(session, caller, ref, lock=True)
    given = wanted.model_dump(exclude_unset=True)
    alias = given.pop("alias", prompt.alias)
    for name, value in given.items():
        setattr(prompt, name, value)
    prompt.updated_at = utc_now()
    if alias != prompt.alias:
        await _rename(session, prompt, alias)
    mark_changed(session)
    return prompt


async def duplicate(
    session: AsyncSession, caller: Caller, ref: str, wanted: PromptDuplicate
) -> Prompt:
    """A new prompt with the tags and description of this one; its newest content is the draft.

    That is the caller's own draft, else the version published last. Raises PromptNotFound,
    AliasTaken, and TemplateLimitExceeded where the content is too large with today's snippets.
    """
    source = await get_prompt(session, caller, ref)
    project_id = caller.project_id
    newest = await repository.find_draft(session, project_id, source.id, caller.id, lock=False)
    if newest is None:
        newest = await repository.find_newest_version(session, project_id, source.id)
    copy = PromptCreate(
        name=wanted.name,
        alias=wanted.alias,
        description=source.description,
        tags=list(source.tags),
        content=None if newest is None else content_of(newest),
    )
    return await create_prompt(session, caller, copy)


async def _rename(session: AsyncSession, prompt: Prompt, alias: str) -> None:
    taken = AliasTaken("Another prompt of this project has this alias, or had it before.")
    former = await repository.find_alias(session, prompt.project_id, prompt.alias)
    if former is not None:
        former.renamed_at = prompt.updated_at
    claim = await repository.find_alias(session, prompt.project_id, alias)
    if claim is None:
        claim = PromptAlias(project_id=prompt.project_id, alias=alias, prompt_id=prompt.id)
        repository.add(session, claim)
    elif claim.prompt_id != prompt.id:
        raise taken
    claim.renamed_at = None
    prompt.alias = alias
    try:
        # Flushed here so that an alias taken at the same moment is told as such.
        await session.flush()
    except IntegrityError as error:
        raise taken from error


async def release_alias(session: AsyncSession, caller: Caller, ref: str, alias: str) -> None:
    """Lets go of an alias that the prompt had before: from now on another prompt may take it.

    Raises PromptNotFound, AliasNotFound, and AliasInUse for the alias that the prompt has now.
    """
    prompt = await get_prompt(session, caller, ref, lock=True)
    if alias == prompt.alias:
        raise AliasInUse("The prompt has this alias now. Give it another one first.")
    former = await repository.find_alias(session, caller.project_id, alias)
    if former is None or former.prompt_id != prompt.id:
        raise AliasNotFound("This prompt never had this alias, or it was released.")
    await session.delete(former)
    mark_changed(session)


async def set_archived(
    session: AsyncSession, caller: Caller, ref: str, *, archived: bool
) -> Prompt:
    """The prompt, put into the archive or taken out of it; an archived one does not run.

    Nothing changes where it is there already. Raises PromptNotFound.
    """
    prompt = await get_prompt(session, caller, ref, lock=True)
    if (prompt.archived_at is not None) != archived:
        moment = utc_now()
        prompt.archived_at = moment if archived else None
        prompt.updated_at = moment
        mark_changed(session)
    return prompt


async def describe(
    session: AsyncSession, caller: Caller, prompts: Sequence[Prompt]
) -> list[PromptRead]:
    """The public form of each prompt, in order: its former aliases, and what there is of it."""
    ids = [prompt.id for prompt in prompts]
    former = await repository.former_aliases(session, caller.project_id, ids)
    glances = await repository.glances(session, caller.project_id, caller.id, ids)
    return [
        PromptRead.of(prompt, former.get(prompt.id, []), glances[prompt.id]) for prompt in prompts
    ]
