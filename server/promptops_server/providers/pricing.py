"""A project's own prices, and the models that it can name with what they cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.core.db import mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id
from promptops_server.providers import bundled, repository
from promptops_server.providers.errors import PriceNotFound, ProviderNotFound
from promptops_server.providers.models import ModelPrice
from promptops_server.providers.price_schemas import PriceWrite
from promptops_server.providers.prices import dated_price, find_price, known_models
from promptops_server.providers.tokens import tokenizer_of
from promptops_server.providers.types import ModelRow, PriceSource, ProviderKind


async def put_price(session: AsyncSession, caller: Caller, wanted: PriceWrite) -> ModelPrice:
    """The price as it is stored; one of the same model and moment is replaced.

    Raises ProviderNotFound.
    """
    # Locked, so that it is not deleted in between.
    provider = await repository.find_provider(
        session, caller.project_id, provider_id=None, name=wanted.provider, lock=True
    )
    if provider is None:
        raise ProviderNotFound("There is no such provider in this project.")
    moment = utc_now()
    prices = wanted.prices
    mark_changed(session)
    return await repository.put_price(
        session,
        ModelPrice(
            id=new_id(),
            project_id=caller.project_id,
            provider=wanted.provider,
            model=wanted.model,
            starts_at=wanted.starts_at or moment,
            input=_decimal(prices.input),
            cached_input=_decimal(prices.cached_input),
            output=_decimal(prices.output),
            reasoning=_decimal(prices.reasoning),
            created_at=moment,
        ),
    )


def _decimal(rate: str | None) -> Decimal | None:
    return None if rate is None else Decimal(rate)


async def list_prices(
    session: AsyncSession,
    caller: Caller,
    after: UUID | None,
    limit: int,
    *,
    provider: str | None,
    model: str | None,
) -> Sequence[ModelPrice]:
    """One page of the project's prices, newest first, and one more where there is one."""
    return await repository.list_prices(
        session, caller.project_id, after, limit, provider=provider, model=model
    )


async def delete_price(session: AsyncSession, caller: Caller, ref: str) -> None:
    """Deletes a price by its public id: what stood before holds again. Raises PriceNotFound."""
    price_id = from_public("prc", ref)
    price = None
    if price_id is not None:
        price = await repository.find_price(session, caller.project_id, price_id)
    if price is None:
        raise PriceNotFound("There is no such price in this project.")
    await repository.delete_price(session, price)
    mark_changed(session)


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """Which models a list shows: of this provider, with this part in the name in whichever case."""

    provider: str | None = None
    part: str | None = None
    # Those of kinds, too, of which the project has no provider.
    every: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where models are: a provider, or a kind that the project has none of."""

    name: str
    kind: str
    configured: bool


async def list_models(
    session: AsyncSession,
    caller: Caller,
    after: str | None,
    limit: int,
    wanted: ModelFilter,
) -> list[ModelRow]:
    """One page of models, ascending by `provider/model`, and one more where there is one.

    They are those that LiteLLM's table has for the project's providers, the local one, and those
    that have a price of the project's own; with `every` also those of the kinds of which the
    project has no provider.
    """
    moment = utc_now()
    # All of them, whatever is filtered: their names and kinds say what else `every` adds.
    found = await repository.all_providers(session, caller.project_id, None)
    places = [_Place(one.name, one.kind, configured=True) for one in found]
    if wanted.every:
        taken = {name for place in places for name in (place.name, place.kind)}
        places += [
            _Place(kind.value, kind.value, configured=False)
            for kind in ProviderKind
            if kind.value not in taken
        ]
    own: dict[str, dict[str, ModelPrice]] = {}
    for price in await repository.prices_at(session, caller.project_id, moment):
        own.setdefault(price.provider, {})[price.model] = price
    rows: list[ModelRow] = []
    # By the whole beginning of a model's name: `a-b/` stands before `a/`.
    for place in sorted(places, key=lambda it: f"{it.name}/"):
        if wanted.provider not in (None, place.name):
            continue
        for row in _models_of(place, own.get(place.name, {}), moment):
            name = row.full_name
            if (after is None or name > after) and (wanted.part or "").lower() in name.lower():
                rows.append(row)
                if len(rows) > limit:
                    return rows
    return rows


def _models_of(
    place: _Place, own: Mapping[str, ModelPrice], moment: datetime
) -> Iterator[ModelRow]:
    known = known_models(place.kind)
    if place.kind == ProviderKind.LOCAL:
        known = bundled.KNOWN
    for name in sorted({*known, *own}) if own else known:
        price = find_price(place.kind, name)
        listed = price is not None and place.kind != ProviderKind.LOCAL
        source: PriceSource | None = "litellm" if listed else None
        written = own.get(name)
        if written is not None and written.starts_at <= moment:
            source = "project"
            price = dated_price(
                written.starts_at,
                input=written.input,
                cached_input=written.cached_input,
                output=written.output,
                reasoning=written.reasoning,
            ).price
        tokenizer = tokenizer_of(place.kind, name)
        yield ModelRow(
            place.name, name, known.get(name), price, source, tokenizer, place.configured
        )
