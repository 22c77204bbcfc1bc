"""Prompts as something that can be deployed: fills the port that deployments declares.

The shape is structural (a Protocol above), so nothing from above is imported here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.kit.ids import from_public
from promptops_server.prompts import repository
from promptops_server.prompts.models import Prompt
from promptops_server.prompts.types import VersionStatus


@dataclass(frozen=True, slots=True)
class DeployablePrompt:
    """A prompt; one that is archived may not be deployed."""

    id: UUID
    alias: str
    is_archived: bool


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version that may be deployed."""

    id: UUID
    number: str
    is_deprecated: bool


class PromptSubjects:
    """Looks up prompts and their published versions for a release."""

    async def find(
        self, session: AsyncSession, project_id: UUID, ref: str
    ) -> DeployablePrompt | None:
        """The prompt of this public id or alias in the project, or None."""
        prompt = await repository.find_prompt(
            session, project_id, prompt_id=from_public("prm", ref), alias=ref
        )
        return None if prompt is None else _deployable(prompt)

    async def ids_of(
        self, session: AsyncSession, project_id: UUID, refs: Sequence[str]
    ) -> dict[str, UUID]:
        """The prompt of each public id or alias; those that there are none of are left out."""
        return await repository.prompt_ids(session, project_id, refs)

    async def find_version(
        self, session: AsyncSession, project_id: UUID, subject_id: UUID, number: str
    ) -> PublishedVersion | None:
        """The prompt's version of this number, or None."""
        version = await repository.find_version(session, project_id, subject_id, number)
        if version is None:
            return None
        is_deprecated = version.status == VersionStatus.DEPRECATED.value
        return PublishedVersion(version.id, number, is_deprecated)

    async def by_id(
        self, session: AsyncSession, project_id: UUID, subject_ids: Sequence[UUID]
    ) -> dict[UUID, DeployablePrompt]:
        """Each prompt by its id."""
        found = await repository.prompts_by_id(session, project_id, subject_ids)
        return {prompt.id: _deployable(prompt) for prompt in found}

    async def versions_by_id(
        self, session: AsyncSession, project_id: UUID, version_ids: Sequence[UUID]
    ) -> dict[UUID, PublishedVersion]:
        """Each version by its id."""
        found = await repository.versions_by_id(session, project_id, version_ids)
        return {
            identifier: PublishedVersion(identifier, number, status is VersionStatus.DEPRECATED)
            for identifier, number, status in found
        }


def _deployable(prompt: Prompt) -> DeployablePrompt:
    return DeployablePrompt(prompt.id, prompt.alias, prompt.archived_at is not None)
