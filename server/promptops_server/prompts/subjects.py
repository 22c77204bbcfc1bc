"""Prompts as something that can be deployed: fills the port that deployments declares.

The shape is structural (a Protocol above), so nothing from above is imported here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.kit.ids import from_public
from promptops_server.prompts import repository
from promptops_server.prompts.types import PromptRef


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version that may be deployed."""

    id: UUID
    number: str


class PromptSubjects:
    """Looks up prompts and their published versions for a release."""

    async def find(self, session: AsyncSession, project_id: UUID, ref: str) -> PromptRef | None:
        """The prompt of this public id or alias in the project, or None."""
        prompt = await repository.find_prompt(
            session, project_id, prompt_id=from_public("prm", ref), alias=ref
        )
        return None if prompt is None else PromptRef(prompt.id, prompt.alias, prompt.name)

    async def find_version(
        self, session: AsyncSession, project_id: UUID, subject_id: UUID, number: str
    ) -> PublishedVersion | None:
        """The prompt's version of this number, or None."""
        version = await repository.find_version(session, project_id, subject_id, number)
        return None if version is None else PublishedVersion(version.id, number)

    async def numbers(
        self, session: AsyncSession, project_id: UUID, version_ids: Sequence[UUID]
    ) -> dict[UUID, str]:
        """The number of each version."""
        return await repository.numbers_by_id(session, project_id, version_ids)

    async def aliases(
        self, session: AsyncSession, project_id: UUID, subject_ids: Sequence[UUID]
    ) -> dict[UUID, str]:
        """The alias of each prompt."""
        return await repository.aliases_by_id(session, project_id, subject_ids)
