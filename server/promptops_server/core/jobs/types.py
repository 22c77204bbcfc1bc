"""A unit of work as whoever does it sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# How long a claim holds without being renewed: so long a crash delays the work.
LEASE_S = 30.0
RENEW_EVERY_S = 5.0
# After so many claims that came to nothing, the work is given up.
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A claimed unit of work; `fence` must be named by whoever ends it."""

    id: UUID
    project_id: UUID
    attempt: int
    fence: int
    payload: Mapping[str, object]
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class WorkState:
    """Where a unit of work is: `queued`, `running` or `ended`."""

    id: UUID
    project_id: UUID
    state: str
    attempt: int
    payload: Mapping[str, object]
    created_at: datetime
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A claim on doing something once: the same key with another fingerprint is refused."""

    project_id: UUID
    route: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class KnownClaim:
    """What an idempotency key was used for before."""

    work_id: UUID
    fingerprint: bytes
