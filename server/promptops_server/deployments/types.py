"""What other slices see of a deployment, and what deployments asks of those above and below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


class SubjectKind(StrEnum):
    """What can be deployed."""

    PROMPT = "prompt"


class Subject(Protocol):
    """Something that can be deployed."""

    @property
    def id(self) -> UUID:
        """Its identity."""
        ...

    @property
    def alias(self) -> str:
        """The name that callers use."""
        ...


class SubjectVersion(Protocol):
    """A version of a subject that may be deployed."""

    @property
    def id(self) -> UUID:
        """Its identity."""
        ...

    @property
    def number(self) -> str:
        """Its number."""
        ...


class Subjects(Protocol):
    """Looks up what is to be deployed; each kind of subject fills it (see wiring.py)."""

    async def find(self, session: AsyncSession, project_id: UUID, ref: str) -> Subject | None:
        """The subject of this public id or alias, or None."""
        ...

    async def find_version(
        self, session: AsyncSession, project_id: UUID, subject_id: UUID, number: str
    ) -> SubjectVersion | None:
        """The subject's version of this number where it may be deployed, or None."""
        ...

    async def numbers(
        self, session: AsyncSession, project_id: UUID, version_ids: Sequence[UUID]
    ) -> dict[UUID, str]:
        """The number of each version."""
        ...

    async def aliases(
        self, session: AsyncSession, project_id: UUID, subject_ids: Sequence[UUID]
    ) -> dict[UUID, str]:
        """The alias of each subject."""
        ...


SubjectsByKind = Mapping[SubjectKind, Subjects]


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """What serves an environment at the moment."""

    deployment_id: UUID
    version_id: UUID
