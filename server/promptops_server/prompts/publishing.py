"""How a draft becomes a version, which number it gets, and how a version is deprecated."""

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.core.db import mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.prompts import repository
from promptops_server.prompts.compiling import Compiled
from promptops_server.prompts.contract import Reason, ReasonCode, contract_of, suggest_bump
from promptops_server.prompts.errors import VersionConflict, VersionTaken
from promptops_server.prompts.models import Prompt, PromptVersion
from promptops_server.prompts.schemas import VersionCreate, content_of
from promptops_server.prompts.service import (
    compile_for,
    get_draft,
    get_prompt,
    get_version,
    make_version,
)
from promptops_server.prompts.types import VersionStatus
from promptops_server.versioned.etag import check_edit
from promptops_server.versioned.semver import Bump, choose_number, highest, next_number


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The bump that a draft calls for, the number that it leads to, and why.

    `bump` is None where there is nothing to bump: for a first version, and for content that a
    version has already.
    """

    bump: Bump | None
    version: str
    reasons: list[Reason]


async def publish(
    session: AsyncSession, caller: Caller, ref: str, wanted: VersionCreate, if_match: str | None
) -> tuple[PromptVersion, bool]:
    """The version that the caller's draft became, and whether it is new.

    Content that an existing version has makes no new one: that version is returned. Without a
    number and a bump the suggested bump is taken. The draft is gone afterwards. Raises
    PromptNotFound, DraftNotFound, VersionTaken, VersionConflict where another version was published
    last than `expected_latest`, EditConflict where `if_match` names another edit
    than the draft's, and what is wrong with the template.
    """
    # Held, so that of two who publish at once the second sees the version of the first.
    prompt = await get_prompt(session, caller, ref, lock=True)
    draft = await get_draft(session, caller, ref)
    if if_match is not None:
        check_edit(draft.edit, if_match)
    if "expected_latest" in wanted.model_fields_set:
        await _check_latest(session, prompt, wanted.expected_latest)
    compiled = await _publishable(session, caller, draft)
    existing = await repository.find_version_by_content(
        session, caller.project_id, draft.prompt_id, compiled.content_hash
    )
    await session.delete(draft)
    if existing is not None:
        return existing, False
    version = make_version(caller, draft.prompt_id, compiled)
    version.version_num = await _number(session, version, wanted)
    version.status = VersionStatus.PUBLISHED.value
    version.message = wanted.message
    version.published_at = version.created_at
    prompt.updated_at = version.created_at
    repository.add(session, version)
    try:
        # Flushed here so that a number published at the same moment is told as such.
        await session.flush()
    except IntegrityError as error:
        raise VersionTaken(
            f"Version {version.version_num} exists already. Choose another number."
        ) from error
    return version, True


async def _check_latest(session: AsyncSession, prompt: Prompt, expected: str | None) -> None:
    newest = await repository.find_newest_version(session, prompt.project_id, prompt.id)
    latest = None if newest is None else newest.version_num
    if latest != expected:
        raise VersionConflict(
            f"Version {latest} was published meanwhile. Compare it with your draft."
            if latest
            else "No version was published yet.",
            facts={"latest_version": latest},
        )


async def suggest(session: AsyncSession, caller: Caller, ref: str) -> Suggestion:
    """What publishing the caller's draft would make of it, against the highest version.

    Raises PromptNotFound, DraftNotFound, and what is wrong with the template.
    """
    draft = await get_draft(session, caller, ref)
    compiled = await _publishable(session, caller, draft)
    existing = await repository.find_version_by_content(
        session, caller.project_id, draft.prompt_id, compiled.content_hash
    )
    if existing is not None:
        number = str(existing.version_num)
        return Suggestion(None, number, [Reason(ReasonCode.SAME_CONTENT, number)])
    return await _suggest(session, make_version(caller, draft.prompt_id, compiled))


async def _publishable(session: AsyncSession, caller: Caller, draft: PromptVersion) -> Compiled:
    compiled = await compile_for(session, caller, draft.prompt_id, content_of(draft))
    if compiled.problem is not None:
        raise compiled.problem
    return compiled


async def _number(session: AsyncSession, version: PromptVersion, wanted: VersionCreate) -> str:
    if wanted.version is None and wanted.bump is None:
        return (await _suggest(session, version)).version
    numbers = await repository.version_numbers(session, version.project_id, version.prompt_id)
    return choose_number(numbers, wanted.version, wanted.bump or "patch")


async def _suggest(session: AsyncSession, version: PromptVersion) -> Suggestion:
    project_id, prompt_id = version.project_id, version.prompt_id
    numbers = await repository.version_numbers(session, project_id, prompt_id)
    newest = highest(numbers)
    before = newest and await repository.find_version(session, project_id, prompt_id, newest)
    if not before:
        return Suggestion(None, next_number((), "patch"), [Reason(ReasonCode.FIRST_VERSION)])
    bump, reasons = suggest_bump(
        contract_of(before.config_json, before.variables_json),
        contract_of(version.config_json, version.variables_json),
    )
    return Suggestion(bump, next_number(numbers, bump), reasons)


async def set_deprecated(
    session: AsyncSession, caller: Caller, ref: str, number: str, *, deprecated: bool
) -> PromptVersion:
    """The version, deprecated or not any more; it serves either way.

    Nothing changes where it is so already. Raises PromptNotFound and VersionNotFound.
    """
    version = await get_version(session, caller, ref, number)
    if (version.deprecated_at is not None) != deprecated:
        moment = utc_now()
        status = VersionStatus.DEPRECATED if deprecated else VersionStatus.PUBLISHED
        version.status = status.value
        version.deprecated_at = moment if deprecated else None
        version.updated_at = moment
        mark_changed(session)
    return version
