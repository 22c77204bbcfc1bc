"""How long runs took, as counts in 64 steps, so that hours can be added and percentiles told.

The steps grow by the fourth root of two from 10 ms to eight minutes, so a percentile is told to
within a tenth. What is kept in the database was counted by these very steps: they never change.
"""

from collections.abc import Sequence

SIZE = 64
_FIRST_MS = 10.0
_GROWTH = 2 ** (1 / 4)
# Where one step ends and the next begins.
BOUNDS_MS = tuple(round(_FIRST_MS * _GROWTH**step, 3) for step in range(SIZE - 1))


def percentile_ms(counts: Sequence[float] | None, share: float) -> float | None:
    """The time within which this share of the runs was done; None where none was counted.

    Within a step runs are taken to be spread evenly on the scale of the steps.
    """
    total = sum(counts or ())
    if counts is None or total <= 0:
        return None
    wanted = share * total
    for step, count in enumerate(counts):
        if count > 0 and wanted <= count:
            return _inside(step, wanted / count)
        wanted -= count
    return BOUNDS_MS[-1]


def _inside(step: int, share: float) -> float:
    if step == 0:
        return round(BOUNDS_MS[0] * share, 1)
    if step == SIZE - 1:
        # It has no end: what is known is that it took longer.
        return BOUNDS_MS[-1]
    return round(BOUNDS_MS[step - 1] * _GROWTH**share, 1)


def merge_counts(histograms: Sequence[Sequence[float] | None]) -> list[float] | None:
    """The histogram of all; None where none is given."""
    given = [counts for counts in histograms if counts is not None]
    return [sum(step) for step in zip(*given, strict=True)] if given else None
