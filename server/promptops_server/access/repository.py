"""Every SQL statement of access."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.models import ApiKey, Environment, Project
from promptops_server.access.types import IMPLIED, Caller, KnownKey, Scope
from promptops_server.core.db import Pool
from promptops_server.core.scoping import of_project, page_of

_T = TypeVar("_T")


def add(session: AsyncSession, *rows: Project | Environment | ApiKey) -> None:
    session.add_all(rows)


async def find_project(session: AsyncSession, project_id: UUID) -> Project | None:
    return await session.get(Project, project_id)


async def find_project_by_slug(session: AsyncSession, slug: str) -> Project | None:
    return (await session.execute(select(Project).where(Project.slug == slug))).scalar_one_or_none()


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
        "FROM api_keys WHERE (secret_sha256 = $1 OR previous_sha256 = $1) AND revoked_at IS NULL",
        digest,
    )
    if row is None:
        return None
    scopes = frozenset(implied for scope in row["scopes"] for implied in IMPLIED[Scope(scope)])
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
