"""Every SQL statement of providers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.core.db import Pool
from promptops_server.core.scoping import of_project, page_of
from promptops_server.providers.models import Provider, ProviderCredential
from promptops_server.providers.types import ProviderKind, ProviderTarget, SealedCredential


def add(session: AsyncSession, *rows: Provider | ProviderCredential) -> None:
    session.add_all(rows)


def credential_identity(project_id: UUID, credential_id: UUID, origin: str) -> str:
    """What a credential is sealed for: this record, and the host that it may be sent to."""
    return f"provider_credentials|{project_id}|{credential_id}|{origin}"


async def find_provider(
    session: AsyncSession,
    project_id: UUID,
    *,
    provider_id: UUID | None,
    name: str,
    lock: bool = False,
) -> Provider | None:
    statement = of_project(Provider, project_id)
    if provider_id is not None:
        statement = statement.where(Provider.id == provider_id)
    else:
        statement = statement.where(Provider.name == name)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def delete_provider(session: AsyncSession, provider: Provider) -> None:
    await session.delete(provider)


async def delete_credential(session: AsyncSession, credential: ProviderCredential) -> None:
    await session.delete(credential)
    # Gone before its successor is added: a provider has one credential.
    await session.flush()


async def list_providers(
    session: AsyncSession, project_id: UUID, after: UUID | None, limit: int
) -> Sequence[Provider]:
    statement = page_of(of_project(Provider, project_id), Provider, after, limit)
    return (await session.execute(statement)).scalars().all()


async def credentials_of(
    session: AsyncSession, project_id: UUID, provider_ids: Sequence[UUID]
) -> dict[UUID, ProviderCredential]:
    statement = select(ProviderCredential).where(
        ProviderCredential.project_id == project_id,
        ProviderCredential.provider_id.in_(provider_ids),
    )
    rows = (await session.execute(statement)).scalars().all()
    return {row.provider_id: row for row in rows}


async def load_target(pool: Pool, project_id: UUID, name: str) -> ProviderTarget | None:
    """The provider of this name with its sealed credential; read with the role `system`."""
    row = await pool.fetchrow(
        "SELECT p.id, p.name, p.kind, p.base_url, c.id AS credential_id, c.origin, c.sealed "
        "FROM providers p LEFT JOIN provider_credentials c ON c.provider_id = p.id "
        "WHERE p.project_id = $1 AND p.name = $2",
        project_id,
        name,
    )
    if row is None:
        return None
    credential = None
    if row["sealed"] is not None:
        identity = credential_identity(project_id, row["credential_id"], row["origin"])
        credential = SealedCredential(row["sealed"], identity)
    kind = ProviderKind(row["kind"])
    return ProviderTarget(row["id"], row["name"], kind, row["base_url"], credential)


async def has_provider_of(pool: Pool, kinds: Sequence[str]) -> bool:
    """Whether any project has a provider of these kinds; read with the role `system`."""
    found = await pool.fetchval(
        "SELECT EXISTS (SELECT FROM providers WHERE kind = ANY($1::text[]))", list(kinds)
    )
    return bool(found)
