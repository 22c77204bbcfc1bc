"""What a model costs and can do, by LiteLLM's table, which ships inside its package.

Nothing is guessed: what the table does not tell is None.

The file is read without importing LiteLLM (that would take seconds and 190 MB), and numbers are
read as Decimal, since money is never a float.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from promptops_server.usage.types import TokenUsage

_MILLION_DIGITS = 6
_FILE = "model_prices_and_context_window_backup.json"
_TIER = re.compile(r"^(input|output)_cost_per_token_above_([0-9]+)k_tokens$")


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars a token."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    reasoning: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """A model's rates, and those that hold above a number of input tokens, ascending."""

    rates: Rates
    tiers: tuple[tuple[int, Rates], ...] = ()

    def cost_usd(self, tokens: TokenUsage) -> Decimal | None:
        """The cost of a call in US dollars, or None where the provider did not count the tokens.

        Cached input is part of the input, and reasoning part of the output, as the providers
        count. Each is priced by its own rate where there is one.
        """
        if tokens.input is None or tokens.output is None:
            return None
        rates = self.rates
        for threshold, tier in self.tiers:
            if tokens.input > threshold:
                rates = tier
        cached = _part(tokens.cached_input, tokens.input)
        thought = _part(tokens.reasoning, tokens.output)
        cached_rate = rates.input if rates.cached_input is None else rates.cached_input
        reasoning_rate = rates.output if rates.reasoning is None else rates.reasoning
        return (
            rates.input * (tokens.input - cached)
            + cached_rate * cached
            + rates.output * (tokens.output - thought)
            + reasoning_rate * thought
        )


def _part(part: int | None, whole: int) -> int:
    """The part within its whole: a provider that counts more than all would make it negative."""
    return max(0, min(part or 0, whole))


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """A price of a project's own, from a moment on; None says that it is unknown from then on."""

    starts_at: datetime
    price: Price | None


def dated_price(
    starts_at: datetime,
    *,
    input: Decimal | None,  # noqa: A002 - the name of the column, and of the field over HTTP
    cached_input: Decimal | None,
    output: Decimal | None,
    reasoning: Decimal | None,
) -> DatedPrice:
    """The price from a moment on, of rates in US dollars a million tokens."""
    if input is None or output is None:
        return DatedPrice(starts_at, None)

    def one(rate: Decimal) -> Decimal:
        return rate.scaleb(-_MILLION_DIGITS)

    rates = Rates(
        input=one(input),
        output=one(output),
        cached_input=None if cached_input is None else one(cached_input),
        reasoning=None if reasoning is None else one(reasoning),
    )
    return DatedPrice(starts_at, Price(rates))


def per_million(rate: Decimal | None) -> str | None:
    """A rate a token as US dollars a million tokens, in plain decimal notation."""
    return None if rate is None else in_plain(rate.scaleb(_MILLION_DIGITS))


def in_plain(amount: Decimal | None) -> str | None:
    """An amount in plain decimal notation, no zeros at its end."""
    return None if amount is None else format(amount.normalize(), "f")


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model as LiteLLM's table has it; sizes are in tokens."""

    price: Price | None
    context_window: int | None
    max_output_tokens: int | None
    tools: bool
    vision: bool
    json_schema: bool
    reasoning: bool


# Where LiteLLM's table files a kind under other names. What an Azure deployment runs is not told by
# its name, nor what stands behind a proxy: their prices are unknown.
_NAMES_IN_TABLE: dict[str, tuple[str, ...]] = {
    "azure": (),
    "litellm_proxy": (),
    "openai_compatible": (),
    "bedrock": ("bedrock", "bedrock_converse"),
    "vertex_ai": ("vertex_ai-language-models",),
}
FREE = Price(Rates(Decimal(0), Decimal(0)))


@cache
def _table() -> dict[str, dict[str, KnownModel]]:
    """Every chat model in the table, by LiteLLM's name of its provider and then by its own."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    text = (Path(spec.origin).parent / _FILE).read_text(encoding="utf-8")
    entries = cast("dict[str, dict[str, object]]", json.loads(text, parse_float=Decimal))
    table: dict[str, dict[str, KnownModel]] = {}
    for name, entry in entries.items():
        provider = str(entry.get("litellm_provider", ""))
        if entry.get("mode") not in ("chat", "responses"):
            continue
        models = table.setdefault(provider, {})
        model = name.removeprefix(f"{provider}/").removeprefix("vertex_ai/")
        known = _known(entry)
        # Some models stand there twice, by their plain name and with their provider's before it.
        if known.price is not None or model not in models:
            models[model] = known
    return table


def _known(entry: Mapping[str, object]) -> KnownModel:
    def size(key: str) -> int | None:
        value = entry.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def can(what: str) -> bool:
        return entry.get(f"supports_{what}") is True

    return KnownModel(
        price=_price(entry),
        context_window=size("max_input_tokens"),
        max_output_tokens=size("max_output_tokens"),
        tools=can("function_calling"),
        vision=can("vision"),
        json_schema=can("response_schema"),
        reasoning=can("reasoning"),
    )


def _price(entry: Mapping[str, object]) -> Price | None:
    rates = _rates(entry, "")
    if rates is None:
        return None
    thousands = sorted({int(match[2]) for key in entry if (match := _TIER.match(key))})
    tiers = [
        (thousand * 1000, tier)
        for thousand in thousands
        if (tier := _rates(entry, f"_above_{thousand}k_tokens"))
    ]
    return Price(rates, tuple(tiers))


def _rates(entry: Mapping[str, object], suffix: str) -> Rates | None:
    def number(key: str) -> Decimal | None:
        value = entry.get(key)
        return Decimal(value) if isinstance(value, int | Decimal) else None

    given = number(f"input_cost_per_token{suffix}")
    wanted = number(f"output_cost_per_token{suffix}")
    if given is None or wanted is None:
        return None
    return Rates(
        input=given,
        output=wanted,
        cached_input=number(f"cache_read_input_token_cost{suffix}"),
        reasoning=number(f"output_cost_per_reasoning_token{suffix}"),
    )


def find_price(kind: str, model: str) -> Price | None:
    """The price of a model of a provider kind, or None where it is not known.

    A local model runs on the operator's own machine: it costs nothing. What stands behind an
    OpenAI-compatible address is not known.
    """
    if kind == "local":
        return FREE
    known = known_models(kind).get(model)
    return None if known is None else known.price


@cache
def known_models(kind: str) -> Mapping[str, KnownModel]:
    """The chat models that the table has for a provider kind, ascending by name."""
    found: dict[str, KnownModel] = {}
    for name in reversed(_NAMES_IN_TABLE.get(kind, (kind,))):
        found |= _table().get(name, {})
    return dict(sorted(found.items()))
