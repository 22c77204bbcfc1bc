"""Percentiles from counts by step, against the runs themselves."""

import bisect
import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from promptops_server.usage.hours.figures import merged
from promptops_server.usage.hours.histogram import BOUNDS_MS, SIZE, merge_counts, percentile_ms
from promptops_server.usage.types import UsageFigures


def _counted(times: list[float]) -> list[float]:
    counts = [0.0] * SIZE
    for time in times:
        counts[bisect.bisect_right(BOUNDS_MS, time)] += 1
    return counts


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("scale", [40.0, 900.0, 30_000.0])
def test_a_percentile_is_told_to_within_a_tenth(share: float, scale: float) -> None:
    source = random.Random(7)  # the same numbers every time
    times = sorted(source.lognormvariate(0, 0.8) * scale for _ in range(5000))
    told = percentile_ms(_counted(times), share)
    true = times[int(share * len(times))]
    assert told == pytest.approx(true, rel=0.1)


def test_the_ends_of_the_scale_are_told_as_such() -> None:
    assert percentile_ms(_counted([3.0] * 4), 0.5) == 5.0
    assert percentile_ms(_counted([10_000_000.0]), 0.5) == BOUNDS_MS[-1]
    assert percentile_ms([0.0] * SIZE, 0.5) is None
    assert percentile_ms(None, 0.5) is None


def test_the_steps_are_those_that_the_database_was_counted_by() -> None:
    assert len(BOUNDS_MS) == SIZE - 1
    assert (BOUNDS_MS[0], BOUNDS_MS[4], BOUNDS_MS[8]) == (10.0, 20.0, 40.0)
    assert BOUNDS_MS[-1] == pytest.approx(463_410, rel=0.001)


def test_what_was_not_counted_takes_nothing_from_what_was() -> None:
    counts = _counted([20.0, 30.0])
    assert merge_counts([None, counts, None, counts]) == [2 * count for count in counts]
    assert merge_counts([None]) is None
    ended = datetime(2026, 1, 1, tzinfo=UTC)
    one = UsageFigures(runs=2, cost_usd=Decimal("0.1"), latency_histogram=counts)
    other = UsageFigures(runs=1, unpriced=1, last_run_at=ended)
    total = merged([one, other])
    assert (total.runs, total.unpriced, total.cost_usd) == (3, 1, Decimal("0.1"))
    assert (total.last_run_at, total.latency_histogram) == (ended, counts)
