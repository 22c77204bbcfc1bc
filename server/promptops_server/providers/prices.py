"""What a model costs. The table is LiteLLM's, which ships inside its package; nothing is guessed.

The file is read without importing LiteLLM (that would take seconds and 190 MB), and numbers are
read as Decimal, since money is never a float.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from promptops_server.usage.types import TokenUsage

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
        cached = tokens.cached_input or 0
        thought = tokens.reasoning or 0
        cached_rate = rates.input if rates.cached_input is None else rates.cached_input
        reasoning_rate = rates.output if rates.reasoning is None else rates.reasoning
        return (
            rates.input * (tokens.input - cached)
            + cached_rate * cached
            + rates.output * (tokens.output - thought)
            + reasoning_rate * thought
        )


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
def _table() -> dict[tuple[str, str], Price]:
    """Every chat model in the table, by LiteLLM's name of its provider and its own."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    text = (Path(spec.origin).parent / _FILE).read_text(encoding="utf-8")
    entries = cast("dict[str, dict[str, object]]", json.loads(text, parse_float=Decimal))
    table: dict[tuple[str, str], Price] = {}
    for name, entry in entries.items():
        provider = str(entry.get("litellm_provider", ""))
        if entry.get("mode") not in ("chat", "responses"):
            continue
        price = _price(entry)
        if price is not None:
            table[provider, name.removeprefix(f"{provider}/")] = price
    return table


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
    table = _table()
    names = _NAMES_IN_TABLE.get(kind, (kind,))
    return next((price for name in names if (price := table.get((name, model)))), None)
