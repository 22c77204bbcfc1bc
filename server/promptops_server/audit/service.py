"""Writes entries into the audit log, in the transaction of what they tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.audit import repository
from promptops_server.audit.models import AuditEntry
from promptops_server.core.db import PooledConnection
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import new_id

_NO_FACTS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it; only people and keys have an id."""

    kind: Literal["user", "api_key", "stranger", "command_line", "system"]
    id: UUID | None = None


STRANGER = Actor("stranger")
COMMAND_LINE = Actor("command_line")
# What the installation does by itself.
SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class Target:
    """To what it was done."""

    kind: Literal["user", "invitation", "project", "address"]
    id: UUID | None = None


def record(
    session: AsyncSession,
    action: str,
    actor: Actor,
    target: Target,
    *,
    project_id: UUID | None = None,
    facts: Mapping[str, object] = _NO_FACTS,
) -> None:
    """Adds an entry. `facts` are plain values without a secret or a person's address."""
    entry = AuditEntry(
        id=new_id(),
        project_id=project_id,
        created_at=utc_now(),
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.id,
        target_kind=target.kind,
        target_id=target.id,
        facts=dict(facts),
    )
    repository.add(session, entry)


async def record_for_projects(
    connection: PooledConnection, action: str, facts: Mapping[UUID, Mapping[str, object]]
) -> None:
    """The same for what the installation did by itself, to each of these projects.

    In the transaction of a bare connection of the role `system`.
    """
    moment = utc_now()
    rows = [
        (new_id(), project_id, moment, action, SYSTEM.kind, orjson.dumps(told).decode())
        for project_id, told in facts.items()
    ]
    await repository.insert_for_projects(connection, rows)
