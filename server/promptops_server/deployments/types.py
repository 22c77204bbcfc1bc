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


class ReleaseKind(StrEnum):
    """How a version came to serve an environment."""

    DEPLOY = "deploy"
    PROMOTE = "promote"
    ROLLBACK = "rollback"


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

    @property
    def is_archived(self) -> bool:
        """Whether it was put away, and may not be deployed."""
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

    @property
    def is_deprecated(self) -> bool:
        """Whether its authors advise against it."""
        ...


class Subjects(Protocol):
    """Looks up what is to be deployed; each kind of subject fills it (see wiring.py)."""

    async def find(self, session: AsyncSession, project_id: UUID, ref: str) -> Subject | None:
        """The subject of this public id or alias, or None."""
        ...

    async def ids_of(
        self, session: AsyncSession, project_id: UUID, refs: Sequence[str]
    ) -> Mapping[str, UUID]:
        """The subject of each public id or alias; those that there are none of are left out."""
        ...

    async def find_version(
        self, session: AsyncSession, project_id: UUID, subject_id: UUID, number: str
    ) -> SubjectVersion | None:
        """The subject's version of this number where it may be deployed, or None."""
        ...

    async def by_id(
        self, session: AsyncSession, project_id: UUID, subject_ids: Sequence[UUID]
    ) -> Mapping[UUID, Subject]:
        """Each subject by its id."""
        ...

    async def versions_by_id(
        self, session: AsyncSession, project_id: UUID, version_ids: Sequence[UUID]
    ) -> Mapping[UUID, SubjectVersion]:
        """Each version by its id."""
        ...


SubjectsByKind = Mapping[SubjectKind, Subjects]


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """What serves an environment at the moment."""

    deployment_id: UUID
    version_id: UUID


@dataclass(frozen=True, slots=True)
class ProposedRelease:
    """What a check is asked about: `to_version_id` is to take the place of `from_version_id`."""

    project_id: UUID
    kind: ReleaseKind
    subject_kind: SubjectKind
    subject_id: UUID
    environment: str
    from_version_id: UUID | None
    to_version_id: UUID
    # Whether the environment names this check among its required ones.
    is_required: bool


class ReleaseCheck(Protocol):
    """Says whether a version may be released; asked under the lock of the deployment's row."""

    @property
    def name(self) -> str:
        """The name that an environment's `required_checks` uses."""
        ...

    async def find_refusal(self, session: AsyncSession, release: ProposedRelease) -> str | None:
        """The sentence that says why not, or None where the release may go ahead."""
        ...


ReleaseChecks = Sequence[ReleaseCheck]
