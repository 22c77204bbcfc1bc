"""A project's own prices, and the list of models, over HTTP."""

import json
from typing import Annotated

from fastapi import APIRouter, Query

from promptops_server.access.deps import Admin, Db, PageCursors, Reader
from promptops_server.core.fields import Limit, Slug
from promptops_server.core.pagination import DEFAULT_LIMIT, Page
from promptops_server.core.problems import errors
from promptops_server.providers import pricing
from promptops_server.providers.errors import PriceNotFound, ProviderNotFound
from promptops_server.providers.price_schemas import ModelName, ModelRead, PriceRead, PriceWrite

# Enough for every model of most providers in one answer.
MAX_MODELS = 1000

router = APIRouter(prefix="/api/v1", tags=["Providers"])


@router.get("/prices", responses=errors())
async def list_prices(
    caller: Reader,
    db: Db,
    cursors: PageCursors,
    provider: Slug | None = None,
    model: ModelName | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[PriceRead]:
    """The prices that this project has written, the newest written first."""
    question = f"prices|{caller.project_id}|{json.dumps([provider, model])}"
    after = cursors.after(cursor, question)
    async with db.transaction(caller.project_id) as session:
        found = await pricing.list_prices(
            session, caller, after, limit, provider=provider, model=model
        )
    rows = [PriceRead.of(price) for price in found]
    return cursors.page(rows, [price.id for price in found], limit, question)


@router.put("/prices", responses=errors(ProviderNotFound, body=True))
async def put_price(wanted: PriceWrite, caller: Admin, db: Db) -> PriceRead:
    """Says what a model costs from a moment on; replaces what was said for that moment."""
    async with db.transaction(caller.project_id) as session:
        return PriceRead.of(await pricing.put_price(session, caller, wanted))


@router.delete("/prices/{price_id}", status_code=204, responses=errors(PriceNotFound))
async def delete_price(price_id: str, caller: Admin, db: Db) -> None:
    """Deletes a price: the one before it holds again, or LiteLLM's table."""
    async with db.transaction(caller.project_id) as session:
        await pricing.delete_price(session, caller, price_id)


@router.get("/models", responses=errors())
async def list_models(
    caller: Reader,
    db: Db,
    cursors: PageCursors,
    provider: Slug | None = None,
    q: Annotated[str | None, Query(max_length=256)] = None,
    every: Annotated[
        bool, Query(alias="all", description="Of providers, too, that the project does not have.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=MAX_MODELS)] = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[ModelRead]:
    """The models of this project's providers by name, with what they cost now and can do."""
    question = f"models|{caller.project_id}|{json.dumps([provider, q, every])}"
    after = cursors.after_name(cursor, question)
    async with db.transaction(caller.project_id) as session:
        wanted = pricing.ModelFilter(provider, q, every)
        found = await pricing.list_models(session, caller, after, limit, wanted)
    rows = [ModelRead.of(row) for row in found]
    return cursors.page_by_name(rows, [row.full_name for row in found], limit, question)
