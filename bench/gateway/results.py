"""What a run of the benchmark found, and what follows from it by arithmetic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from bench.gateway.calls import Cell, Measured
from bench.gateway.contender import Name

# Two rounds of PromptOps that differ by more than this say that the machine was not quiet.
STEADY_WITHIN = 0.2
# A figure of PromptOps and of a rival; None where it was not measured.
_Both = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Row:
    """What one contender gave in one cell. CPU is a request's share, in microseconds.

    `round` is 2 where PromptOps is measured again after its rivals.
    """

    contender: Name
    round: int
    cell: Cell
    measured: Measured
    cpu_us: float
    stores_cpu_us: float


@dataclass(frozen=True, slots=True)
class Start:
    """How long a contender took from its start to its first answer, and its memory after that."""

    contender: Name
    seconds: Sequence[float]
    rss_mb: float
    stores_mb: float


@dataclass(frozen=True, slots=True)
class Library:
    """Bare `litellm.acompletion`, see acompletion.py."""

    stream: bool
    concurrency: int
    rps: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """Answers that PromptOps gave, and runs that its database held afterwards."""

    answers: int
    rows: int


@dataclass(frozen=True, slots=True)
class Drift:
    """A figure of PromptOps before and after its rivals."""

    what: str
    first: float
    second: float

    @property
    def share(self) -> float:
        """By how much they differ, as a share of their mean."""
        return abs(self.first - self.second) / fmean((self.first, self.second))

    @property
    def is_small(self) -> bool:
        """Whether they agree within the limit."""
        return self.share <= STEADY_WITHIN


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio to reach: `product` over `rival`, both in the unit. None: not measured."""

    key: str
    what: str
    unit: str
    product: float | None
    rival: float | None
    limit: float
    is_at_least: bool

    @property
    def ratio(self) -> float | None:
        """The measured ratio."""
        if self.product is None or not self.rival:
            return None
        return self.product / self.rival

    @property
    def is_met(self) -> bool | None:
        """Whether the measured ratio is good enough."""
        if self.ratio is None:
            return None
        return self.ratio >= self.limit if self.is_at_least else self.ratio <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything that was measured."""

    rows: Sequence[Row]
    starts: Sequence[Start]
    library: Sequence[Library]
    ledger: Ledger
    facts: Mapping[str, object]
    is_quick: bool
    seconds: float

    def cells(self) -> list[Cell]:
        """The cells that were measured, each once."""
        return sorted({row.cell for row in self.rows})

    def contenders(self) -> list[Name]:
        """Who was measured, in that order."""
        return list(dict.fromkeys(row.contender for row in self.rows))

    def find(self, contender: Name, cell: Cell) -> list[Row]:
        """The rows of a contender in a cell: two of PromptOps, one of the others."""
        return [row for row in self.rows if (row.contender, row.cell) == (contender, cell)]

    def rps(self, contender: Name, cell: Cell) -> float | None:
        """Answers a second, the mean of the rounds; None where it was not measured."""
        rows = self.find(contender, cell)
        return fmean(row.measured.rps for row in rows) if rows else None

    def added_ms(self, contender: Name, cell: Cell, field: str) -> float | None:
        """What a contender adds to the upstream's own time, by a field of Measured in ms."""
        rows, direct = self.find(contender, cell), self.find("direct", cell)
        if not rows or not direct:
            return None
        own: float = getattr(direct[0].measured, field)
        return fmean(getattr(row.measured, field) for row in rows) - own

    def cpu_us(self, contender: Name, cell: Cell, *, with_stores: bool) -> float | None:
        """Microseconds of CPU a request, of the process alone or with the stores it writes to."""
        rows = self.find(contender, cell)
        if not rows:
            return None
        return fmean(row.cpu_us + (row.stores_cpu_us if with_stores else 0) for row in rows)

    def start(self, contender: Name) -> Start | None:
        """How it started, or None where it was not measured."""
        return next((start for start in self.starts if start.contender == contender), None)

    def find_library(self, *, stream: bool, concurrency: int) -> Library | None:
        """Bare acompletion, called so."""
        wanted = (stream, concurrency)
        return next((one for one in self.library if (one.stream, one.concurrency) == wanted), None)

    def drifts(self) -> list[Drift]:
        """PromptOps' figures that the ratios lean on, before and after its rivals."""
        return [
            self._drift("requests/s at concurrency 16", Cell(0, stream=False, concurrency=16)),
            self._drift("streams/s at concurrency 16", Cell(0, stream=True, concurrency=16)),
            self._drift("p50 at concurrency 1, ms", Cell(0, stream=False, concurrency=1), "p50_ms"),
        ]

    def _drift(self, what: str, cell: Cell, field: str = "rps") -> Drift:
        first, second = (getattr(row.measured, field) for row in self.find("promptops", cell))
        return Drift(what, first, second)

    def targets(self) -> list[Target]:
        """The ratios, each with what it should be."""
        one, many = Cell(0, stream=False, concurrency=1), Cell(0, stream=False, concurrency=16)
        streams = Cell(0, stream=True, concurrency=16)
        library = self.find_library(stream=False, concurrency=16)
        cpu = (self.cpu_us("promptops", many, with_stores=True), library and library.cpu_us)
        ready, memory = self._both("litellm_proxy", _ready_s), self._both("litellm_proxy", _rss_mb)
        litellm = self._both_rps("litellm_proxy", many)
        litellm_streams = self._both_rps("litellm_proxy", streams)
        added = (
            self.added_ms("promptops", one, "p50_ms"),
            self.added_ms("litellm_proxy", one, "p50_ms"),
        )
        proxy = "LiteLLM proxy"
        return [
            _at_least(12, "rps_c16_vs_litellm_proxy", f"requests/s, {proxy}", litellm),
            _at_least(12, "streams_c16_vs_litellm_proxy", f"streams/s, {proxy}", litellm_streams),
            _at_least(
                1.5, "rps_c16_vs_portkey", "requests/s, Portkey", self._both_rps("portkey", many)
            ),
            _at_most(1 / 8, "added_p50_c1_vs_litellm_proxy", f"added p50, {proxy}", "ms", added),
            _at_most(1 / 3, "cpu_vs_acompletion", "CPU a request, bare acompletion", "µs", cpu),
            _at_most(
                1 / 3, "ready_vs_litellm_proxy", f"start to first answer, {proxy}", "s", ready
            ),
            _at_most(1 / 2, "rss_vs_litellm_proxy", f"idle memory, {proxy}", "MB", memory),
        ]

    def _both_rps(self, rival: Name, cell: Cell) -> _Both:
        return self.rps("promptops", cell), self.rps(rival, cell)

    def _both(self, rival: Name, figure: Callable[[Start], float]) -> _Both:
        ours, theirs = self.start("promptops"), self.start(rival)
        return ours and figure(ours), theirs and figure(theirs)


def _ready_s(start: Start) -> float:
    return median(start.seconds)


def _rss_mb(start: Start) -> float:
    return start.rss_mb


def _at_least(limit: float, key: str, what: str, both: _Both) -> Target:
    return Target(key, what, "1/s", *both, limit, is_at_least=True)


def _at_most(limit: float, key: str, what: str, unit: str, both: _Both) -> Target:
    return Target(key, what, unit, *both, limit, is_at_least=False)
