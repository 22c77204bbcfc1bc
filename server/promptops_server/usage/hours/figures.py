"""Adding up what groups of runs used."""

from collections.abc import Sequence
from decimal import Decimal

from promptops_server.usage.hours.histogram import merge_counts
from promptops_server.usage.types import UsageFigures


def merged(figures: Sequence[UsageFigures]) -> UsageFigures:
    """The figures of all these runs together."""
    ended = [one.last_run_at for one in figures if one.last_run_at is not None]
    return UsageFigures(
        runs=sum(one.runs for one in figures),
        failed=sum(one.failed for one in figures),
        cancelled=sum(one.cancelled for one in figures),
        input_tokens=sum(one.input_tokens for one in figures),
        cached_input_tokens=sum(one.cached_input_tokens for one in figures),
        output_tokens=sum(one.output_tokens for one in figures),
        reasoning_tokens=sum(one.reasoning_tokens for one in figures),
        unpriced=sum(one.unpriced for one in figures),
        cost_usd=sum((one.cost_usd for one in figures), Decimal(0)),
        latency_ms=sum(one.latency_ms for one in figures),
        last_run_at=max(ended, default=None),
        latency_histogram=merge_counts([one.latency_histogram for one in figures]),
        first_token_histogram=merge_counts([one.first_token_histogram for one in figures]),
    )
