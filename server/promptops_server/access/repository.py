"""Every SQL statement of access."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.models import ApiKey, Environment, Project
from promptops_server.access.types import IMPLIED, Caller, KnownKey, Scope
from promptops_server.core.db import Pool
from promptops_server.core.scoping import of_project, page_of


def add(session: AsyncSession, *rows: Project | Environment | ApiKey) -> None:
    session.add_all(rows)


async def find_project(session: AsyncSession, project_id: UUID) -> Project | None:
    return await session.get(Project, project_id)


async def find_project_by_slug(session: AsyncSession, slug: str) -> Project | None:
    return (await session.execute(select(Project).where(Project.slug == slug))).scalar_one_or_none()


async def list_environments(session: AsyncSession, project_id: UUID) -> Sequence[Environment]:
    statement = of_project(Environment, project_id).order_by(Environment.name)
    return (await session.execute(statement)).scalars().all()


async def find_api_key(session: AsyncSession, project_id: UUID, key_id: UUID) -> ApiKey | None:
    statement = of_project(ApiKey, project_id).where(ApiKey.id == key_id)
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
        "SELECT id, project_id, name, scopes, requests_per_minute, burst, expires_at "
        "FROM api_keys WHERE secret_sha256 = $1 AND revoked_at IS NULL",
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
    )
    return KnownKey(caller, row["expires_at"])
