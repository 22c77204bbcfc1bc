"""What prices and the list of models take and give over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    StringConstraints,
    model_validator,
)

from promptops_server.core.fields import Slug
from promptops_server.kit.ids import to_public
from promptops_server.providers.models import ModelPrice
from promptops_server.providers.prices import in_plain, per_million
from promptops_server.providers.types import EncodingName, ModelRow

ModelName = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,256}$")]
# Twelve places: a millionth of a millionth of a dollar a million tokens is finer than any price.
Rate = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,7}(\.[0-9]{1,12})?$")]


# Between these the database's times and Python's are the same; year 1 would be its minus infinity.
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 1, 1, tzinfo=UTC)


def _in_utc(moment: datetime) -> datetime:
    # Compared first, since to bring a moment of year 1 to UTC may leave the calendar.
    if not _FIRST <= moment <= _LAST:
        raise ValueError("Give a moment from the year 1970 on and before 9999.")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Prices(BaseModel):
    """US dollars a million tokens, as decimals in strings; null is not known, or no own rate."""

    input: str | None
    output: str | None
    cached_input: str | None
    reasoning: str | None


class PricesWrite(BaseModel):
    """US dollars a million tokens, as decimals in strings.

    Cached input and reasoning cost as input and output do where they have no rate of their own.
    Where `input` and `output` are null, the price is unknown.
    """

    model_config = ConfigDict(extra="forbid")

    input: Rate | None
    output: Rate | None
    cached_input: Rate | None = None
    reasoning: Rate | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.input is None) != (self.output is None):
            raise ValueError("Give both input and output, or null for both.")
        if self.input is None and not (self.cached_input is None and self.reasoning is None):
            raise ValueError("A price that is unknown has no rates.")
        return self


class PriceWrite(BaseModel):
    """What a model costs this project from `starts_at` on; from now on where that is left out."""

    model_config = ConfigDict(extra="forbid")

    provider: Slug
    model: ModelName
    starts_at: Moment | None = None
    prices: PricesWrite


class PriceRead(BaseModel):
    """A price of the project's own."""

    id: str
    provider: str
    model: str
    starts_at: datetime
    prices: Prices
    created_at: datetime

    @classmethod
    def of(cls, price: ModelPrice) -> Self:
        """The public form of a row."""
        return cls(
            id=to_public("prc", price.id),
            provider=price.provider,
            model=price.model,
            starts_at=price.starts_at,
            prices=Prices(
                input=in_plain(price.input),
                output=in_plain(price.output),
                cached_input=in_plain(price.cached_input),
                reasoning=in_plain(price.reasoning),
            ),
            created_at=price.created_at,
        )


class ModelSupports(BaseModel):
    """What a model can do; null where the table does not have the model."""

    tools: bool | None
    vision: bool | None
    json_schema: bool | None
    reasoning: bool | None


class TokenizerRead(BaseModel):
    """How the model's input is counted; null is an estimate by o200k_base.

    `exact` says whether the provider counts a text the same.
    """

    encoding: EncodingName | None
    exact: bool


class ModelRead(BaseModel):
    """A model of one of the project's providers; `model` is its name in a version's config.

    `configured` is false for one whose provider the project does not have: its kind stands there.
    """

    model: str
    provider: str
    name: str
    prices: Prices
    price_source: Literal["project", "litellm"] | None
    configured: bool
    tokenizer: TokenizerRead
    context_window: int | None
    max_output_tokens: int | None
    supports: ModelSupports

    @classmethod
    def of(cls, row: ModelRow) -> Self:
        """The public form of a row; of a price in tiers the lowest tier's rates."""
        rates, known = None if row.price is None else row.price.rates, row.known
        return cls(
            model=row.full_name,
            provider=row.provider,
            name=row.name,
            prices=Prices(
                input=rates and per_million(rates.input),
                output=rates and per_million(rates.output),
                cached_input=rates and per_million(rates.cached_input),
                reasoning=rates and per_million(rates.reasoning),
            ),
            price_source=row.price_source,
            configured=row.configured,
            tokenizer=TokenizerRead(encoding=row.tokenizer.encoding, exact=row.tokenizer.exact),
            context_window=known and known.context_window,
            max_output_tokens=known and known.max_output_tokens,
            supports=ModelSupports(
                tools=known and known.tools,
                vision=known and known.vision,
                json_schema=known and known.json_schema,
                reasoning=known and known.reasoning,
            ),
        )
