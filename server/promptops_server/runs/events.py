"""A run's answer as server-sent events (WHATWG HTML, section 9.2) and as one JSON body."""

from collections.abc import Mapping
from decimal import Decimal

import orjson

from promptops_server.usage.types import TokenUsage

PING = b": ping\n\n"
STREAM_HEADERS: Mapping[str, str] = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}


class EventWriter:
    """Writes the events of one run, numbered from 1: `id: run_...:1`."""

    def __init__(self, public_id: str) -> None:
        """Takes the run's public id."""
        self._id = public_id.encode()
        self._number = 0

    def event(self, name: str, data: Mapping[str, object]) -> bytes:
        """One event as bytes; JSON has no line breaks, so its data is one line."""
        self._number += 1
        return self.numbered(self._number, name, orjson.dumps(data))

    def numbered(self, number: int, name: str, data: bytes) -> bytes:
        """An event that has its number already; `data` is JSON."""
        return b"id: %b:%d\nevent: %b\ndata: %b\n\n" % (self._id, number, name.encode(), data)


def named_event(name: str, data: bytes) -> bytes:
    """An event without a number, which nobody can resume after; `data` is JSON."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def money(amount: Decimal | None) -> str | None:
    """An amount in plain decimal notation, as money is never a float; None where it is unknown."""
    return None if amount is None else format(amount.normalize(), "f")


def usage_data(tokens: TokenUsage, cost_usd: Decimal | None) -> dict[str, object]:
    """The data of the `usage` event; null is what the provider did not tell."""
    return {
        "input_tokens": tokens.input,
        "cached_input_tokens": tokens.cached_input,
        "output_tokens": tokens.output,
        "reasoning_tokens": tokens.reasoning,
        "cost_usd": money(cost_usd),
    }
