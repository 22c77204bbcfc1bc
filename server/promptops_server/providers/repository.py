"""Every SQL statement of providers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.core.db import Pool
from promptops_server.core.scoping import of_project, page_of
from promptops_server.providers.models import ModelPrice, Provider, ProviderCredential
from promptops_server.providers.prices import DatedPrice, dated_price
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


async def load_prices(pool: Pool, project_id: UUID, provider: str, model: str) -> list[DatedPrice]:
    """The project's own prices of a model, newest first; read with the role `system`."""
    rows = await pool.fetch(
        "SELECT starts_at, input, cached_input, output, reasoning FROM model_prices "
        "WHERE project_id = $1 AND provider = $2 AND model = $3 ORDER BY starts_at DESC",
        project_id,
        provider,
        model,
    )
    return [dated_price(**row) for row in rows]


async def put_price(session: AsyncSession, price: ModelPrice) -> ModelPrice:
    """The price as it is stored: one of the same model and moment is replaced and keeps its id."""
    rates = {
        "input": price.input,
        "cached_input": price.cached_input,
        "output": price.output,
        "reasoning": price.reasoning,
    }
    statement = insert(ModelPrice).values(
        id=price.id,
        project_id=price.project_id,
        provider=price.provider,
        model=price.model,
        starts_at=price.starts_at,
        created_at=price.created_at,
        **rates,
    )
    statement = statement.on_conflict_do_update(
        constraint="model_prices_moment_key", set_=rates
    ).returning(ModelPrice)
    return (await session.execute(statement)).scalar_one()


async def list_prices(
    session: AsyncSession,
    project_id: UUID,
    after: UUID | None,
    limit: int,
    *,
    provider: str | None,
    model: str | None,
) -> Sequence[ModelPrice]:
    statement = page_of(of_project(ModelPrice, project_id), ModelPrice, after, limit)
    if provider is not None:
        statement = statement.where(ModelPrice.provider == provider)
    if model is not None:
        statement = statement.where(ModelPrice.model == model)
    return (await session.execute(statement)).scalars().all()


async def find_price(session: AsyncSession, project_id: UUID, price_id: UUID) -> ModelPrice | None:
    statement = of_project(ModelPrice, project_id).where(ModelPrice.id == price_id)
    return (await session.execute(statement.with_for_update())).scalar_one_or_none()


async def delete_price(session: AsyncSession, price: ModelPrice) -> None:
    await session.delete(price)


async def all_providers(
    session: AsyncSession, project_id: UUID, name: str | None
) -> Sequence[Provider]:
    """Every provider of the project, or the one of this name."""
    statement = of_project(Provider, project_id)
    if name is not None:
        statement = statement.where(Provider.name == name)
    return (await session.execute(statement)).scalars().all()


async def prices_at(
    session: AsyncSession, project_id: UUID, moment: datetime
) -> Sequence[ModelPrice]:
    """One row for each model that has own prices: the one in force, else one that begins later."""
    statement = (
        of_project(ModelPrice, project_id)
        .distinct(ModelPrice.provider, ModelPrice.model)
        .order_by(
            ModelPrice.provider,
            ModelPrice.model,
            (ModelPrice.starts_at <= moment).desc(),
            ModelPrice.starts_at.desc(),
        )
    )
    return (await session.execute(statement)).scalars().all()
