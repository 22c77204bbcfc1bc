"""Providers over HTTP."""

from fastapi import APIRouter

from promptops_server.access.deps import Admin, Db, PageCursors, Reader
from promptops_server.core.fields import Limit
from promptops_server.core.pagination import DEFAULT_LIMIT, Page
from promptops_server.core.problems import errors
from promptops_server.providers import service
from promptops_server.providers.deps import Key, Policy
from promptops_server.providers.errors import ProviderNameTaken, ProviderNotFound
from promptops_server.providers.schemas import ProviderCreate, ProviderRead

router = APIRouter(prefix="/api/v1/providers", tags=["Providers"])


@router.get("", responses=errors())
async def list_providers(
    caller: Reader,
    db: Db,
    cursors: PageCursors,
    limit: Limit = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[ProviderRead]:
    """The providers of this project, newest first."""
    question = f"providers|{caller.project_id}"
    after = cursors.after(cursor, question)
    async with db.transaction(caller.project_id) as session:
        found = await service.list_providers(session, caller, after, limit)
    rows = [ProviderRead.of(provider, credential) for provider, credential in found]
    return cursors.page(rows, [provider.id for provider, _ in found], limit, question)


@router.post("", status_code=201, responses=errors(ProviderNameTaken, body=True))
async def create_provider(
    wanted: ProviderCreate, caller: Admin, db: Db, master_key: Key, policy: Policy
) -> ProviderRead:
    """Adds a provider. Its credentials are sealed at once and never shown again."""
    async with db.transaction(caller.project_id) as session:
        provider, credential = await service.create_provider(
            session, caller, wanted, master_key=master_key, policy=policy
        )
    return ProviderRead.of(provider, credential)


@router.get("/{provider}", responses=errors(ProviderNotFound))
async def get_provider(provider: str, caller: Reader, db: Db) -> ProviderRead:
    """One provider, by its id or its name."""
    async with db.transaction(caller.project_id) as session:
        return ProviderRead.of(*await service.get_provider(session, caller, provider))
