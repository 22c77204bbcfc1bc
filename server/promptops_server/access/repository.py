"""Every SQL statement of access."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.models import (
    ApiKey,
    Environment,
    Link,
    Membership,
    Project,
    Session,
    User,
)
from promptops_server.access.policy import ROLE_SCOPES, scopes_of
from promptops_server.access.types import (
    SESSION_REQUESTS_PER_MINUTE,
    Caller,
    KnownKey,
    KnownSession,
    LinkKind,
    Member,
    Role,
    Scope,
)
from promptops_server.core.db import Pool
from promptops_server.core.scoping import of_project, page_of
from promptops_server.kit.ids import to_public

_T = TypeVar("_T")


_Row = Project | Environment | ApiKey | User | Membership | Session | Link


def add(session: AsyncSession, *rows: _Row) -> None:
    session.add_all(rows)


async def find_project(session: AsyncSession, project_id: UUID) -> Project | None:
    return await session.get(Project, project_id)


async def find_project_by_slug(session: AsyncSession, slug: str) -> Project | None:
    return (await session.execute(select(Project).where(Project.slug == slug))).scalar_one_or_none()


async def list_projects_of_user(session: AsyncSession, user_id: UUID) -> Sequence[Project]:
    statement = (
        select(Project)
        .join(Membership, Membership.project_id == Project.id)
        .where(Membership.user_id == user_id, Project.archived_at.is_(None))
        .order_by(Project.slug)
    )
    return (await session.execute(statement)).scalars().all()


async def lock_project(session: AsyncSession, project_id: UUID) -> None:
    # Not the key: rows that refer to the project may be inserted meanwhile.
    statement = select(Project.id).where(Project.id == project_id)
    await session.execute(statement.with_for_update(key_share=True))


async def find_environment(
    session: AsyncSession, project_id: UUID, name: str, *, lock: Literal["share", "update"]
) -> Environment | None:
    statement = of_project(Environment, project_id).where(Environment.name == name)
    statement = statement.with_for_update(read=lock == "share")
    return (await session.execute(statement)).scalar_one_or_none()


async def delete_environment(session: AsyncSession, environment: Environment) -> None:
    await session.delete(environment)


async def list_environments(session: AsyncSession, project_id: UUID) -> Sequence[Environment]:
    statement = of_project(Environment, project_id).order_by(Environment.name)
    return (await session.execute(statement)).scalars().all()


async def find_api_key(
    session: AsyncSession, project_id: UUID, key_id: UUID, *, lock: bool = False
) -> ApiKey | None:
    statement = of_project(ApiKey, project_id).where(ApiKey.id == key_id)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def list_api_keys(
    session: AsyncSession, project_id: UUID, after: UUID | None, limit: int
) -> Sequence[ApiKey]:
    statement = page_of(of_project(ApiKey, project_id), ApiKey, after, limit)
    return (await session.execute(statement)).scalars().all()


async def api_key_names(
    session: AsyncSession, project_id: UUID, key_ids: Sequence[UUID]
) -> dict[UUID, str]:
    statement = select(ApiKey.id, ApiKey.name).where(
        ApiKey.project_id == project_id, ApiKey.id.in_(key_ids)
    )
    return {row.id: row.name for row in await session.execute(statement)}


async def user_names(session: AsyncSession, user_ids: Sequence[UUID]) -> dict[UUID, str]:
    statement = select(User.id, User.name).where(User.id.in_(user_ids))
    return {row.id: row.name for row in await session.execute(statement)}


async def revoke_api_key(
    session: AsyncSession, project_id: UUID, key_id: UUID, moment: datetime
) -> None:
    await session.execute(
        update(ApiKey)
        .where(ApiKey.project_id == project_id, ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=moment)
    )


async def load_known_key(pool: Pool, digest: bytes) -> KnownKey | None:
    """The key with this hash, unless it is unknown or revoked; read with the role `system`."""
    row = await pool.fetchrow(
        "SELECT id, project_id, name, scopes, requests_per_minute, burst, tokens_per_minute, "
        "concurrent_runs, allowed_prompts, allowed_flows, allowed_environments, "
        "least(expires_at, CASE WHEN previous_sha256 = $1 THEN previous_until END) AS expires_at "
        "FROM api_keys WHERE (secret_sha256 = $1 OR previous_sha256 = $1) AND revoked_at IS NULL "
        "AND NOT EXISTS (SELECT FROM projects "
        "WHERE projects.id = api_keys.project_id AND projects.archived_at IS NOT NULL)",
        digest,
    )
    if row is None:
        return None
    scopes = scopes_of(Scope(scope) for scope in row["scopes"])
    caller = Caller(
        kind="api_key",
        id=row["id"],
        name=row["name"],
        project_id=row["project_id"],
        scopes=scopes,
        requests_per_minute=row["requests_per_minute"],
        burst=row["burst"],
        tokens_per_minute=row["tokens_per_minute"],
        concurrent_runs=row["concurrent_runs"],
        prompts=_set_of(row["allowed_prompts"]),
        flows=_set_of(row["allowed_flows"]),
        environments=_set_of(row["allowed_environments"]),
    )
    return KnownKey(caller, row["expires_at"])


def _set_of(values: Sequence[_T] | None) -> frozenset[_T] | None:
    return None if values is None else frozenset(values)


async def lock_first_administrator(session: AsyncSession) -> User | None:
    """The first administrator who can sign in, held: of two who ask at once one makes them."""
    name = "promptops_first_administrator"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    statement = select(User).where(User.is_instance_admin, User.disabled_at.is_(None))
    statement = statement.order_by(User.id).limit(1)
    return (await session.execute(statement)).scalar_one_or_none()


async def find_membership(
    session: AsyncSession, project_id: UUID, user_id: UUID
) -> Membership | None:
    return await session.get(Membership, (project_id, user_id))


async def has_memberships(session: AsyncSession, user_id: UUID) -> bool:
    statement = select(Membership.user_id).where(Membership.user_id == user_id).limit(1)
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def delete_unused_links(
    session: AsyncSession, user_id: UUID, kind: LinkKind | None = None
) -> None:
    """Deletes the person's links that nobody has used: of one kind, or all."""
    statement = delete(Link).where(Link.user_id == user_id, Link.used_at.is_(None))
    if kind is not None:
        statement = statement.where(Link.kind == kind.value)
    await session.execute(statement)


async def delete_ended_sessions(
    session: AsyncSession, user_id: UUID, moment: datetime, idle_since: datetime
) -> None:
    ended = or_(
        Session.expires_at <= moment,
        Session.last_used_at <= idle_since,
        Session.revoked_at.is_not(None),
    )
    await session.execute(delete(Session).where(Session.user_id == user_id, ended))


async def revoke_sessions(
    session: AsyncSession,
    user_id: UUID,
    moment: datetime,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> None:
    """Revokes the sessions of the person: all, `only` one, or all `but` one."""
    statement = update(Session).where(Session.user_id == user_id, Session.revoked_at.is_(None))
    if only is not None:
        statement = statement.where(Session.id == only)
    if but is not None:
        statement = statement.where(Session.id != but)
    await session.execute(statement.values(revoked_at=moment))


async def load_session(
    pool: Pool, digest: bytes, moment: datetime, idle_since: datetime
) -> KnownSession | None:
    """The session with this token's hash, unless it has ended; read with the role `system`."""
    rows = await pool.fetch(
        "SELECT s.id, s.user_id, s.expires_at, u.name, u.email, u.is_instance_admin, "
        "u.password_set_at, m.role, "
        "p.id AS project_id, p.slug, p.name AS project_name "
        "FROM sessions s JOIN users u ON u.id = s.user_id "
        "LEFT JOIN memberships m ON m.user_id = u.id "
        "LEFT JOIN projects p ON p.id = m.project_id AND p.archived_at IS NULL "
        "WHERE s.token_sha256 = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 "
        "AND u.disabled_at IS NULL AND s.last_used_at > $3 ORDER BY p.slug",
        digest,
        moment,
        idle_since,
    )
    if not rows:
        return None
    first = rows[0]
    members = tuple(
        Member(row["project_id"], row["slug"], row["project_name"], Role(row["role"]))
        for row in rows
        if row["project_id"] is not None
    )
    callers = {member.slug: _person(first, member) for member in members}
    callers |= {to_public("prj", member.project_id): callers[member.slug] for member in members}
    return KnownSession(
        id=first["id"],
        user_id=first["user_id"],
        user_name=first["name"],
        email=first["email"],
        is_instance_admin=first["is_instance_admin"],
        has_password=first["password_set_at"] is not None,
        members=members,
        callers=callers,
        expires_at=first["expires_at"],
    )


def _person(row: asyncpg.Record, member: Member) -> Caller:
    return Caller(
        kind="user",
        id=row["user_id"],
        name=row["name"],
        project_id=member.project_id,
        scopes=ROLE_SCOPES[member.role],
        requests_per_minute=SESSION_REQUESTS_PER_MINUTE,
        burst=SESSION_REQUESTS_PER_MINUTE,
    )


async def write_session_uses(pool: Pool, uses: Mapping[UUID, datetime]) -> None:
    """Notes when each session was last used; written with the role `system`."""
    await pool.execute(_WRITE_USES.format(table="sessions"), list(uses), list(uses.values()))


async def write_key_uses(pool: Pool, uses: Mapping[UUID, datetime]) -> None:
    """Notes when each key was last used; written with the role `system`."""
    await pool.execute(_WRITE_USES.format(table="api_keys"), list(uses), list(uses.values()))


# Locked in one order, so that two processes that write at once do not wait for each other.
_WRITE_USES = """
WITH used AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)),
locked AS (SELECT id FROM {table} WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)
UPDATE {table} AS target SET last_used_at = greatest(target.last_used_at, used.at)
FROM locked JOIN used USING (id) WHERE target.id = locked.id
"""
