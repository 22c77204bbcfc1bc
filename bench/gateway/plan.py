"""What is measured, and for how long."""

from dataclasses import dataclass

from bench.gateway.calls import Cell

LATENCIES_MS = (0, 20)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which cells are measured for how many seconds, and how often a start is timed."""

    seconds_by_cell: dict[Cell, float]
    warm_s: float
    starts: int
    library_s: float
    library_concurrency: tuple[int, ...]
    is_quick: bool


def full_plan() -> Plan:
    """The plan whose figures are published: about ten minutes."""
    seconds = {
        Cell(latency_ms, stream, concurrency): 4.0
        for latency_ms in LATENCIES_MS
        for stream in (False, True)
        for concurrency in (1, 16, 64)
    }
    # The ratios are made from these.
    seconds |= {Cell(0, stream, many): 7.0 for stream in (False, True) for many in (1, 16)}
    return Plan(seconds, 0.7, 3, 5.0, (1, 16), is_quick=False)


def quick_plan() -> Plan:
    """A plan for whoever changes the code: about two minutes, and less to rely on."""
    seconds = {Cell(0, stream, many): 2.0 for stream in (False, True) for many in (1, 16)}
    seconds |= {Cell(20, stream, 16): 1.5 for stream in (False, True)}
    return Plan(seconds, 0.5, 1, 2.0, (16,), is_quick=True)
