"""The rules of prompts: one draft an author, versions that never change."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from promptops_server.access.service import person_names
from promptops_server.access.types import Caller
from promptops_server.core.db import mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id
from promptops_server.prompts import repository, snippets
from promptops_server.prompts.compiling import Compiled
from promptops_server.prompts.errors import (
    AliasTaken,
    DraftNotFound,
    PromptNotFound,
    VersionNotFound,
)
from promptops_server.prompts.models import Prompt, PromptAlias, PromptVersion
from promptops_server.prompts.schemas import (
    Content,
    PromptCreate,
    TemplateProblem,
    content_of,
)
from promptops_server.prompts.types import VersionStatus
from promptops_server.versioned.etag import EditConflict, check_edit


async def create_prompt(session: AsyncSession, caller: Caller, wanted: PromptCreate) -> Prompt:
    """A new prompt, and the caller's draft where content came with it. Raises AliasTaken."""
    moment = utc_now()
    prompt = Prompt(
        id=new_id(),
        project_id=caller.project_id,
        name=wanted.name,
        alias=wanted.alias,
        description=wanted.description,
        tags=wanted.tags,
        archived_at=None,
        created_at=moment,
        updated_at=moment,
    )
    repository.add(session, prompt)
    # Flushed here because the alias below refers to it, and a taken alias is told as such.
    try:
        await session.flush()
        alias = PromptAlias(project_id=prompt.project_id, alias=prompt.alias, prompt_id=prompt.id)
        repository.add(session, alias)
        await session.flush()
    except IntegrityError as error:
        raise AliasTaken(
            "Another prompt of this project has this alias, or had it before."
        ) from error
    if wanted.content is not None:
        compiled = await compile_for(session, caller, prompt.id, wanted.content)
        repository.add(session, make_version(caller, prompt.id, compiled))
    mark_changed(session)
    return prompt


async def get_prompt(
    session: AsyncSession, caller: Caller, ref: str, *, lock: bool = False
) -> Prompt:
    """The prompt of this public id, or of this alias, now or before. Raises PromptNotFound."""
    prompt = await repository.find_prompt(
        session, caller.project_id, prompt_id=from_public("prm", ref), alias=ref, lock=lock
    )
    if prompt is None:
        raise PromptNotFound("There is no such prompt in this project.")
    return prompt


async def get_prompt_ids(session: AsyncSession, caller: Caller, refs: Sequence[str]) -> list[UUID]:
    """The prompt of each public id or alias, in order. Raises PromptNotFound for any other."""
    found = await repository.prompt_ids(session, caller.project_id, refs)
    if not found.keys() >= set(refs):
        raise PromptNotFound("There is no such prompt in this project.")
    return [found[ref] for ref in refs]


async def prompt_names(
    session: AsyncSession, project_id: UUID, prompt_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """The name of each of these prompts, as it is now; of no others."""
    if not prompt_ids:
        return {}
    found = await repository.prompts_by_id(session, project_id, prompt_ids)
    return {prompt.id: prompt.name for prompt in found}


async def author_names(session: AsyncSession, versions: Sequence[PromptVersion]) -> dict[UUID, str]:
    """The names of the people among those who wrote these."""
    return await person_names(session, [(v.author_kind, v.author_id) for v in versions])


async def compile_for(
    session: AsyncSession, caller: Caller, prompt_id: UUID, content: Content
) -> Compiled:
    """What is stored of the content as a state of this prompt, with its snippets as of now.

    `problem` and what it raises are those of compile_with_snippets.
    """
    find = snippets.finder(session, caller.project_id)
    return await snippets.compile_with_snippets(find, prompt_id, content)


def make_version(caller: Caller, prompt_id: UUID, compiled: Compiled) -> PromptVersion:
    """A new row with this content, the caller's, as a draft without a number."""
    moment = utc_now()
    draft = PromptVersion(
        id=new_id(),
        project_id=caller.project_id,
        prompt_id=prompt_id,
        version_num=None,
        status=VersionStatus.DRAFT.value,
        message=None,
        author_kind=caller.kind,
        author_id=caller.id,
        edit=1,
        created_at=moment,
        updated_at=moment,
        published_at=None,
    )
    _put_content(draft, compiled)
    return draft


def _put_content(row: PromptVersion, compiled: Compiled) -> None:
    row.kind = compiled.kind
    row.structure_json = compiled.structure
    row.compiled_template = compiled.compiled_template
    row.source_template = compiled.source_template
    row.snippets_json = compiled.snippets
    row.config_json = compiled.config
    # An order of keys that changed is a change, and == does not see it.
    flag_modified(row, "config_json")
    row.variables_json = dict(compiled.variables)
    row.content_hash = compiled.content_hash


def _told(compiled: Compiled) -> TemplateProblem | None:
    problem = compiled.problem
    return None if problem is None else TemplateProblem(code=problem.code, detail=problem.detail)


async def save_draft(
    session: AsyncSession,
    caller: Caller,
    ref: str,
    content: Content,
    if_match: str | None,
    base: str | None = None,
) -> tuple[PromptVersion, TemplateProblem | None]:
    """The caller's draft with the new content, and what keeps it from being published.

    `base` is the version that the content began from; left out, a new draft began from the one
    published last, and another from what it began from before. Raises PromptNotFound,
    VersionNotFound for a `base` that there is none of, EditConflict, EditNotNamed, and
    TemplateLimitExceeded for what is too large; any other fault of a template is told and the text
    kept.
    """
    prompt = await get_prompt(session, caller, ref)
    if base is not None:
        await _version_of(session, prompt, base)
    compiled = await compile_for(session, caller, prompt.id, content)
    draft = await repository.find_draft(session, caller.project_id, prompt.id, caller.id, lock=True)
    check_edit(None if draft is None else draft.edit, if_match)
    if draft is None:
        draft = await _begin_draft(session, caller, prompt, compiled)
    else:
        _put_content(draft, compiled)
        draft.edit += 1
        draft.updated_at = utc_now()
    if base is not None:
        draft.base_version = base
    return draft, _told(compiled)


async def _begin_draft(
    session: AsyncSession, caller: Caller, prompt: Prompt, compiled: Compiled
) -> PromptVersion:
    draft = make_version(caller, prompt.id, compiled)
    newest = await repository.find_newest_version(session, prompt.project_id, prompt.id)
    draft.base_version = None if newest is None else newest.version_num
    repository.add(session, draft)
    try:
        # Flushed here so that a draft begun at the same moment is told as such.
        await session.flush()
    except IntegrityError as error:
        raise EditConflict(
            "You began a draft of this prompt elsewhere at the same moment. Read it.",
            facts={"current_edit": 1},
        ) from error
    return draft


async def discard_draft(
    session: AsyncSession, caller: Caller, ref: str, if_match: str | None
) -> None:
    """Deletes the caller's draft: what they see then is the version published last.

    Raises PromptNotFound, DraftNotFound, and EditConflict where `if_match` names another edit.
    """
    prompt = await get_prompt(session, caller, ref)
    draft = await repository.find_draft(session, caller.project_id, prompt.id, caller.id, lock=True)
    if draft is None:
        raise _no_draft()
    if if_match is not None:
        check_edit(draft.edit, if_match)
    await session.delete(draft)


async def read_draft(
    session: AsyncSession, caller: Caller, ref: str
) -> tuple[PromptVersion, TemplateProblem | None]:
    """The caller's draft, and what keeps it from being published. Raises as get_draft."""
    draft = await get_draft(session, caller, ref)
    compiled = await compile_for(session, caller, draft.prompt_id, content_of(draft))
    return draft, _told(compiled)


async def get_draft(session: AsyncSession, caller: Caller, ref: str) -> PromptVersion:
    """The caller's own draft of the prompt. Raises PromptNotFound and DraftNotFound."""
    prompt = await get_prompt(session, caller, ref)
    draft = await repository.find_draft(
        session, caller.project_id, prompt.id, caller.id, lock=False
    )
    if draft is None:
        raise _no_draft()
    return draft


def _no_draft() -> DraftNotFound:
    return DraftNotFound("You have no draft of this prompt.")


async def get_version(
    session: AsyncSession, caller: Caller, ref: str, version_num: str
) -> PromptVersion:
    """The numbered version of the prompt. Raises PromptNotFound and VersionNotFound."""
    prompt = await get_prompt(session, caller, ref)
    return await _version_of(session, prompt, version_num)


async def _version_of(session: AsyncSession, prompt: Prompt, version_num: str) -> PromptVersion:
    version = await repository.find_version(session, prompt.project_id, prompt.id, version_num)
    if version is None:
        raise VersionNotFound("This prompt has no such version.")
    return version
