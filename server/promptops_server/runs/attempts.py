"""The calls that a run makes of models: how each went, what it cost, and which comes next."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from promptops_server.core.errors import AppError
from promptops_server.kit.clock import utc_now
from promptops_server.providers.types import ModelTarget, lane_of
from promptops_server.runs.events import money
from promptops_server.usage.types import TokenUsage


@dataclass(slots=True)
class Attempt:
    """One call of a model."""

    target: ModelTarget
    started_at: datetime = field(default_factory=utc_now)
    first_token_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = "running"
    upstream_status: object = None
    tokens: TokenUsage = field(default_factory=TokenUsage)

    @property
    def model(self) -> str:
        """The model as versions name it, `provider/model`."""
        return f"{self.target.provider.name}/{self.target.model}"

    @property
    def cost_usd(self) -> Decimal | None:
        """What the call cost, or None where its tokens or its price are not known."""
        price = self.target.price_at(self.started_at)
        return None if price is None else price.cost_usd(self.tokens)

    def end(self, outcome: str, error: AppError | None = None) -> None:
        """Notes how the call ended, once."""
        if self.ended_at is None:
            self.ended_at = utc_now()
            self.outcome = outcome if error is None else error.code
            self.upstream_status = None if error is None else error.facts.get("upstream_status")

    def as_json(self) -> dict[str, object]:
        """The entry of the run's list of attempts."""
        ended_at = self.ended_at or utc_now()
        first = self.first_token_at
        return {
            "provider": self.target.provider.name,
            "model": self.target.model,
            "lane": lane_of(self.target.provider.kind),
            "outcome": self.outcome,
            "upstream_status": self.upstream_status,
            "started_at": self.started_at.isoformat(),
            "first_token_ms": None if first is None else milliseconds(self.started_at, first),
            "duration_ms": milliseconds(self.started_at, ended_at),
            "input_tokens": self.tokens.input,
            "output_tokens": self.tokens.output,
            "cost_usd": money(self.cost_usd),
        }


def milliseconds(since: datetime, until: datetime) -> float:
    """The time between two moments in milliseconds, to the microsecond."""
    return round((until - since).total_seconds() * 1000, 3)


def total_cost(attempts: list[Attempt]) -> Decimal | None:
    """What all calls cost; None where the last one's cost is not known.

    A failed call that told no tokens was, as far as anybody knows, not charged.
    """
    if not attempts or attempts[-1].cost_usd is None:
        return None
    return sum((attempt.cost_usd or Decimal(0) for attempt in attempts), Decimal(0))
