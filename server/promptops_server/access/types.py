"""Who is asking, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

_T = TypeVar("_T")


class Scope(StrEnum):
    """What an API key may do in its project."""

    RUN = "run"
    READ = "read"
    AUTHOR = "author"
    ADMIN = "admin"


class Role(StrEnum):
    """What a person is in a project."""

    OWNER = "owner"
    EDITOR = "editor"
    RUNNER = "runner"
    VIEWER = "viewer"


class LinkKind(StrEnum):
    """What using a link does."""

    SIGN_IN = "sign_in"
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 # No secret.


class NoticeKind(StrEnum):
    """What a person is told."""

    PASSWORD_RESET = "password_reset"  # noqa: S105 # No secret.


LINK_LIFETIMES: Mapping[LinkKind, timedelta] = MappingProxyType(
    {
        LinkKind.SIGN_IN: timedelta(hours=1),
        LinkKind.INVITATION: timedelta(days=7),
        LinkKind.PASSWORD_RESET: timedelta(hours=24),
    }
)

# A session ends after this time without use, and in any case after the other.
SESSION_IDLE = timedelta(days=14)
SESSION_LIFETIME = timedelta(days=90)
SESSION_REQUESTS_PER_MINUTE = 600

DEFAULT_ENVIRONMENTS = ("prod", "staging")
# Protected from the beginning, where nothing else is said.
PROTECTED_ENVIRONMENT = "prod"
MAX_ENVIRONMENTS = 100


@dataclass(frozen=True, slots=True)
class EnvironmentRef:
    """An environment, the checks without which nothing is released to it, and who may."""

    name: str
    required_checks: tuple[str, ...]
    is_protected: bool


@dataclass(frozen=True, slots=True)
class AllowLists:
    """What a key is narrowed to; None is everything in its project, an empty list is nothing."""

    prompts: frozenset[UUID] | None = None
    flows: frozenset[UUID] | None = None
    environments: frozenset[str] | None = None


class ResourceNames(Protocol):
    """Tells the identity of what an allow-list names; the slice that owns it fills this."""

    async def find_id(self, session: AsyncSession, project_id: UUID, ref: str) -> UUID | None:
        """The id of what has this alias or public id in the project, or None."""
        ...


# By the name of the allow-list's field.
ResourceKind = Literal["prompts", "flows"]
NamesByKind = Mapping[ResourceKind, ResourceNames]
NO_NAMES: NamesByKind = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, in which project, with which rights and limits.

    `kind` and `id` name the actor wherever something is recorded.
    """

    kind: Literal["api_key", "user", "system"]
    id: UUID
    name: str
    project_id: UUID
    scopes: frozenset[Scope]
    requests_per_minute: int
    burst: int
    # None is without limit, or without a list: everything in the project.
    tokens_per_minute: int | None = None
    concurrent_runs: int | None = None
    prompts: frozenset[UUID] | None = None
    flows: frozenset[UUID] | None = None
    environments: frozenset[str] | None = None

    def may(self, scope: Scope) -> bool:
        """Whether the caller has this right."""
        return scope in self.scopes

    def covers(self, lists: AllowLists) -> bool:
        """Whether the caller may do everything that a key with these lists may."""
        return (
            _is_within(lists.prompts, self.prompts)
            and _is_within(lists.flows, self.flows)
            and _is_within(lists.environments, self.environments)
        )


def _is_within(inner: frozenset[_T] | None, outer: frozenset[_T] | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """An API key as a process keeps it in memory, looked up by the SHA-256 of its text.

    `expires_at` is when this text stops to be valid, by its age or by a rotation.
    """

    caller: Caller
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """A project that a person belongs to, and what they are there."""

    project_id: UUID
    slug: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session as a process keeps it in memory.

    `callers` has the person as a caller in each of their projects, by its slug and its public id.
    """

    id: UUID
    user_id: UUID
    user_name: str
    email: str | None
    is_instance_admin: bool
    has_password: bool
    members: tuple[Member, ...]
    callers: Mapping[str, Caller]
    expires_at: datetime
