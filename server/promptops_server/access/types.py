"""Who is asking, and what they may do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID


class Scope(StrEnum):
    """What an API key may do in its project."""

    RUN = "run"
    READ = "read"
    AUTHOR = "author"
    ADMIN = "admin"


# A scope brings those that its work needs: an author reads, an administrator does everything.
IMPLIED: dict[Scope, frozenset[Scope]] = {
    Scope.RUN: frozenset({Scope.RUN}),
    Scope.READ: frozenset({Scope.READ}),
    Scope.AUTHOR: frozenset({Scope.AUTHOR, Scope.READ}),
    Scope.ADMIN: frozenset(Scope),
}

DEFAULT_ENVIRONMENTS = ("prod", "staging")


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


@dataclass(frozen=True, slots=True)
class KnownKey:
    """An API key as a process keeps it in memory, looked up by the SHA-256 of its text."""

    caller: Caller
    expires_at: datetime | None
