"""Prompts, drafts and versions over HTTP. `{prompt}` is an alias or a public id."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.deps import Author, Db, PageCursors, Reader
from promptops_server.access.types import Caller
from promptops_server.core.fields import Limit
from promptops_server.core.pagination import DEFAULT_LIMIT, Page
from promptops_server.core.problems import errors
from promptops_server.prompts import comparing, organising, preview, publishing, repository, service
from promptops_server.prompts.deps import Targets
from promptops_server.prompts.diff_schemas import BumpRead, BumpReasonRead, DiffRead
from promptops_server.prompts.errors import (
    AliasInUse,
    AliasNotFound,
    AliasTaken,
    DraftNotFound,
    PromptNotFound,
    VersionConflict,
    VersionNotFound,
    VersionTaken,
)
from promptops_server.prompts.models import Prompt, PromptVersion
from promptops_server.prompts.schemas import (
    Content,
    DraftRead,
    FolderList,
    FolderRead,
    PromptCreate,
    PromptDuplicate,
    PromptQuery,
    PromptRead,
    PromptRender,
    PromptUpdate,
    RenderRead,
    State,
    TemplateRender,
    VersionCreate,
    VersionNumber,
    VersionRead,
)
from promptops_server.prompts.template_errors import (
    SnippetCycle,
    SnippetNotFound,
    TemplateLimitExceeded,
    TemplateRenderFailed,
    TemplateSyntax,
    TemplateUnsupported,
)
from promptops_server.versioned.etag import EditConflict, EditNotNamed, etag_of

router = APIRouter(prefix="/api/v1/prompts", tags=["Prompts"])
render_router = APIRouter(prefix="/api/v1/render", tags=["Prompts"])
# How a template can be at fault, and how a preview can fail beside that.
_TEMPLATE = (
    TemplateSyntax,
    TemplateUnsupported,
    TemplateLimitExceeded,
    SnippetNotFound,
    SnippetCycle,
)
_RENDERING = (*_TEMPLATE, TemplateRenderFailed)
MAX_FOLDERS = 5_000

IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag that you read.")]


@router.get("", responses=errors())
async def list_prompts(
    wanted: Annotated[PromptQuery, Query()], caller: Reader, db: Db, cursors: PageCursors
) -> Page[PromptRead]:
    """The prompts of this project that fit every filter, newest first or as `sort` says."""
    question = f"prompts|{caller.project_id}|{wanted.question()}"
    after = cursors.after_name(wanted.cursor, question)
    async with db.transaction(caller.project_id) as session:
        found = await repository.list_prompts(session, caller.project_id, caller.id, wanted, after)
        rows = await organising.describe(session, caller, [prompt for prompt, _ in found])
    return cursors.page_by_name(rows, [place for _, place in found], wanted.limit, question)


@router.post("", status_code=201, responses=errors(AliasTaken, TemplateLimitExceeded, body=True))
async def create_prompt(wanted: PromptCreate, caller: Author, db: Db) -> PromptRead:
    """Makes a prompt; `content`, where it is given, becomes your draft."""
    async with db.transaction(caller.project_id) as session:
        made = await service.create_prompt(session, caller, wanted)
        return await _described(session, caller, made)


@router.get("/folders", responses=errors())
async def list_folders(caller: Reader, db: Db) -> FolderList:
    """The folders of this project's prompts, up to 5,000, each with how many prompts it holds."""
    async with db.transaction(caller.project_id) as session:
        found = await repository.list_folders(session, caller.project_id, MAX_FOLDERS)
    return FolderList(data=[FolderRead(folder=name, prompts=count) for name, count in found])


async def _described(session: AsyncSession, caller: Caller, prompt: Prompt) -> PromptRead:
    return (await organising.describe(session, caller, [prompt]))[0]


@router.get("/{prompt}", responses=errors(PromptNotFound))
async def get_prompt(prompt: str, caller: Reader, db: Db) -> PromptRead:
    """One prompt."""
    async with db.transaction(caller.project_id) as session:
        found = await service.get_prompt(session, caller, prompt)
        return await _described(session, caller, found)


@router.post(
    "/{prompt}/duplicate",
    status_code=201,
    responses=errors(PromptNotFound, AliasTaken, TemplateLimitExceeded, body=True),
)
async def duplicate_prompt(
    prompt: str, wanted: PromptDuplicate, caller: Author, db: Db
) -> PromptRead:
    """Makes a prompt from this one: your draft of it, else its latest version, is your draft."""
    async with db.transaction(caller.project_id) as session:
        copy = await organising.duplicate(session, caller, prompt, wanted)
        return await _described(session, caller, copy)


@router.patch("/{prompt}", responses=errors(PromptNotFound, AliasTaken, body=True))
async def update_prompt(prompt: str, wanted: PromptUpdate, caller: Author, db: Db) -> PromptRead:
    """Changes what is given. An alias of before goes on answering until it is released."""
    async with db.transaction(caller.project_id) as session:
        found = await organising.update_prompt(session, caller, prompt, wanted)
        return await _described(session, caller, found)


@router.delete(
    "/{prompt}/aliases/{alias}",
    status_code=204,
    responses=errors(PromptNotFound, AliasNotFound, AliasInUse),
)
async def release_alias(prompt: str, alias: str, caller: Author, db: Db) -> None:
    """Lets go of an alias that the prompt had before; calls by it fail from then on."""
    async with db.transaction(caller.project_id) as session:
        await organising.release_alias(session, caller, prompt, alias)


@router.post("/{prompt}/archive", responses=errors(PromptNotFound))
async def archive_prompt(prompt: str, caller: Author, db: Db) -> PromptRead:
    """Puts the prompt into the archive: it keeps everything and does not run."""
    async with db.transaction(caller.project_id) as session:
        found = await organising.set_archived(session, caller, prompt, archived=True)
        return await _described(session, caller, found)


@router.post("/{prompt}/unarchive", responses=errors(PromptNotFound))
async def unarchive_prompt(prompt: str, caller: Author, db: Db) -> PromptRead:
    """Takes the prompt out of the archive: it runs again."""
    async with db.transaction(caller.project_id) as session:
        found = await organising.set_archived(session, caller, prompt, archived=False)
        return await _described(session, caller, found)


@router.get("/{prompt}/draft", responses=errors(PromptNotFound, DraftNotFound))
async def get_draft(prompt: str, caller: Author, db: Db, response: Response) -> DraftRead:
    """Your own draft, and what keeps it from being published."""
    async with db.transaction(caller.project_id) as session:
        draft, problem = await service.read_draft(session, caller, prompt)
    response.headers["ETag"] = etag_of(draft.edit)
    return DraftRead.of(draft, problem, caller.name if caller.kind == "user" else None)


@router.put(
    "/{prompt}/draft",
    responses=errors(
        PromptNotFound,
        VersionNotFound,
        EditConflict,
        EditNotNamed,
        TemplateLimitExceeded,
        body=True,
    ),
)
async def save_draft(
    prompt: str,
    content: Content,
    caller: Author,
    db: Db,
    response: Response,
    if_match: IfMatch = None,
    base_version: Annotated[
        VersionNumber | None,
        Query(description="The version that it began from, was restored to or merged with."),
    ] = None,
) -> DraftRead:
    """Saves your draft. A template that cannot run yet is kept, and `problem` says why."""
    async with db.transaction(caller.project_id) as session:
        draft, problem = await service.save_draft(
            session, caller, prompt, content, if_match, base_version
        )
    response.headers["ETag"] = etag_of(draft.edit)
    return DraftRead.of(draft, problem, caller.name if caller.kind == "user" else None)


@router.delete(
    "/{prompt}/draft",
    status_code=204,
    responses=errors(PromptNotFound, DraftNotFound, EditConflict),
)
async def discard_draft(prompt: str, caller: Author, db: Db, if_match: IfMatch = None) -> None:
    """Discards your draft; `If-Match`, where it is sent, has to name its edit."""
    async with db.transaction(caller.project_id) as session:
        await service.discard_draft(session, caller, prompt, if_match)


@router.get(
    "/{prompt}/draft/bump",
    responses=errors(PromptNotFound, DraftNotFound, *_TEMPLATE),
)
async def suggest_bump(prompt: str, caller: Author, db: Db) -> BumpRead:
    """The number that your draft would get, from what changed for those who rely on the prompt."""
    async with db.transaction(caller.project_id) as session:
        found = await publishing.suggest(session, caller, prompt)
    reasons = [BumpReasonRead.of(reason) for reason in found.reasons]
    return BumpRead(bump=found.bump, version=found.version, reasons=reasons)


async def _with_author(session: AsyncSession, version: PromptVersion) -> VersionRead:
    authors = await service.author_names(session, [version])
    return VersionRead.of(version, authors.get(version.author_id))


@router.get("/{prompt}/versions", responses=errors(PromptNotFound))
async def list_versions(
    prompt: str,
    caller: Reader,
    db: Db,
    cursors: PageCursors,
    limit: Limit = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[VersionRead]:
    """The published versions of a prompt, newest first."""
    async with db.transaction(caller.project_id) as session:
        owner = await service.get_prompt(session, caller, prompt)
        question = f"versions|{caller.project_id}|{owner.id}"
        after = cursors.after(cursor, question)
        found = await repository.list_versions(session, caller.project_id, owner.id, after, limit)
        authors = await service.author_names(session, found)
    rows = [VersionRead.of(version, authors.get(version.author_id)) for version in found]
    return cursors.page(rows, [version.id for version in found], limit, question)


@router.post(
    "/{prompt}/versions",
    status_code=201,
    responses={
        200: {"model": VersionRead, "description": "A version with this very content exists."},
        **errors(
            PromptNotFound,
            DraftNotFound,
            VersionTaken,
            VersionConflict,
            EditConflict,
            *_TEMPLATE,
            body=True,
        ),
    },
)
async def publish(
    prompt: str,
    wanted: VersionCreate,
    caller: Author,
    db: Db,
    response: Response,
    if_match: IfMatch = None,
) -> VersionRead:
    """Publishes your draft as a version that never changes."""
    async with db.transaction(caller.project_id) as session:
        version, is_new = await publishing.publish(session, caller, prompt, wanted, if_match)
        response.status_code = 201 if is_new else 200
        return await _with_author(session, version)


@router.get("/{prompt}/versions/{version}", responses=errors(PromptNotFound, VersionNotFound))
async def get_version(
    prompt: str, version: str, caller: Reader, db: Db, response: Response
) -> VersionRead:
    """One version, by its number; a deprecated one is answered with `Deprecation` (RFC 9745)."""
    async with db.transaction(caller.project_id) as session:
        found = await service.get_version(session, caller, prompt, version)
        if found.deprecated_at is not None:
            response.headers["Deprecation"] = f"@{int(found.deprecated_at.timestamp())}"
        return await _with_author(session, found)


@router.post(
    "/{prompt}/versions/{version}/deprecate", responses=errors(PromptNotFound, VersionNotFound)
)
async def deprecate_version(prompt: str, version: str, caller: Author, db: Db) -> VersionRead:
    """Says that the version should not be used any more; it goes on serving."""
    async with db.transaction(caller.project_id) as session:
        found = await publishing.set_deprecated(session, caller, prompt, version, deprecated=True)
        return await _with_author(session, found)


@router.post(
    "/{prompt}/versions/{version}/restore", responses=errors(PromptNotFound, VersionNotFound)
)
async def restore_version(prompt: str, version: str, caller: Author, db: Db) -> VersionRead:
    """Takes the deprecation back."""
    async with db.transaction(caller.project_id) as session:
        found = await publishing.set_deprecated(session, caller, prompt, version, deprecated=False)
        return await _with_author(session, found)


@router.get("/{prompt}/diff", responses=errors(PromptNotFound, VersionNotFound, DraftNotFound))
async def compare_states(
    prompt: str,
    caller: Reader,
    db: Db,
    before: Annotated[State, Query(alias="from")],
    after: Annotated[State, Query(alias="to")],
) -> DiffRead:
    """How two states differ; each is a version's number, or `draft` for your own."""
    async with db.transaction(caller.project_id) as session:
        return await comparing.compare(session, caller, prompt, before, after)


@router.post(
    "/{prompt}/render",
    responses=errors(PromptNotFound, VersionNotFound, DraftNotFound, *_RENDERING, body=True),
)
async def render_prompt(
    prompt: str, wanted: PromptRender, caller: Reader, db: Db, targets: Targets
) -> RenderRead:
    """What a version or your draft becomes with these variables; nothing is sent to a model."""
    async with db.transaction(caller.project_id) as session:
        source = await preview.source_of_prompt(session, caller, prompt, wanted.version)
    conversation = [message.model_dump(exclude_unset=True) for message in wanted.messages]
    return await preview.render_preview(
        caller.project_id, source, wanted.variables, conversation, targets
    )


@render_router.post("", responses=errors(*_RENDERING, body=True))
async def render_template(
    wanted: TemplateRender, caller: Reader, db: Db, targets: Targets
) -> RenderRead:
    """What a template becomes with these variables; it is neither kept nor sent to a model."""
    async with db.transaction(caller.project_id) as session:
        source = await preview.source_of_template(session, caller, wanted)
    return await preview.render_preview(caller.project_id, source, wanted.variables, [], targets)
