"""Providers over HTTP."""

from fastapi import APIRouter

from promptops_server.access.deps import Admin, Db, PageCursors, Reader
from promptops_server.core.fields import Limit
from promptops_server.core.pagination import DEFAULT_LIMIT, Page
from promptops_server.core.problems import errors
from promptops_server.providers import service, testing
from promptops_server.providers.deps import Client, Key, Policy
from promptops_server.providers.errors import ProviderNameTaken, ProviderNotFound
from promptops_server.providers.schemas import (
    ProviderCreate,
    ProviderKindRead,
    ProviderKinds,
    ProviderPatch,
    ProviderRead,
    ProviderTest,
    ProviderTestRead,
)
from promptops_server.providers.types import ProviderKind

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


@router.get("/kinds", responses=errors())
async def list_kinds(_: Reader) -> ProviderKinds:
    """Every kind of provider: how it is called, and what it is configured with."""
    return ProviderKinds(data=[ProviderKindRead.of(kind) for kind in ProviderKind])


@router.get("/{provider}", responses=errors(ProviderNotFound))
async def get_provider(provider: str, caller: Reader, db: Db) -> ProviderRead:
    """One provider, by its id or its name."""
    async with db.transaction(caller.project_id) as session:
        return ProviderRead.of(*await service.get_provider(session, caller, provider))


@router.patch("/{provider}", responses=errors(ProviderNotFound, ProviderNameTaken, body=True))
async def update_provider(
    provider: str, wanted: ProviderPatch, caller: Admin, db: Db, master_key: Key, policy: Policy
) -> ProviderRead:
    """Changes a provider: its name, its address, or all of its credentials."""
    async with db.transaction(caller.project_id) as session:
        changed, credential = await service.update_provider(
            session, caller, provider, wanted, master_key=master_key, policy=policy
        )
    return ProviderRead.of(changed, credential)


@router.delete("/{provider}", status_code=204, responses=errors(ProviderNotFound))
async def delete_provider(provider: str, caller: Admin, db: Db) -> None:
    """Deletes a provider with its credentials; versions that name it do not run any more."""
    async with db.transaction(caller.project_id) as session:
        await service.delete_provider(session, caller, provider)


@router.post("/{provider}/test", responses=errors(ProviderNotFound, body=True))
async def test_provider(
    provider: str, wanted: ProviderTest, caller: Admin, db: Db, client: Client
) -> ProviderTestRead:
    """Makes the smallest real call: 200 with `ok`, or with the reason why it failed."""
    async with db.transaction(caller.project_id) as session:
        target = await service.get_test_target(session, caller, provider, wanted.model)
    # The provider is called with no transaction open.
    return ProviderTestRead.of(await testing.call_once(client, target))
