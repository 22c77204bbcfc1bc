"""What was measured of the web application, and the budget that it is held to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.web.bundle import FirstLoad
from bench.web.keystrokes import Typed
from bench.web.lighthouse import Score

_LIST_KB, _EDITOR_MORE_KB = 200, 30
_PREVIEW_MS = {10: 8, 100: 16}
_TOKENS_MS = {10: 16, 100: 50}
_PERFORMANCE = {"list": 95, "editor": 90}


@dataclass(frozen=True, slots=True)
class Limit:
    """A line of the budget: what was measured, the limit and whether it is met."""

    key: str
    what: str
    measured: float
    unit: str
    limit: float
    is_at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure is on the right side of its limit."""
        if self.is_at_least:
            return self.measured >= self.limit
        return self.measured <= self.limit


@dataclass(frozen=True, slots=True)
class Results:
    """All of one run. `bare_long_tasks_ms` is by the name of the text, as in `typed`."""

    loads: Sequence[FirstLoad]
    typed: Sequence[Typed]
    bare_long_tasks_ms: Mapping[str, Sequence[float]]
    no_space: "NoSpace"
    scores: Sequence[Score]
    seconds: float
    is_quick: bool
    facts: Mapping[str, object] = field(default_factory=dict[str, object])

    def budget(self) -> list[Limit]:
        """The budget of the issue, in its order."""
        return [*self._scripts(), *self._scores(), *self._typing(), *self._long_tasks()]

    def _scripts(self) -> list[Limit]:
        sizes = {load.page: load.gzip_kb for load in self.loads}
        first = sizes["list"]
        lines = [Limit("list_kb", "JavaScript of the list's first load", first, "KB", _LIST_KB)]
        for page, size in sizes.items():
            if page != "list":
                key = f"{page.replace(' ', '_')}_more_kb"
                what = f"{page}: more than the list"
                lines.append(Limit(key, what, round(size - first, 1), "KB", _EDITOR_MORE_KB))
        return lines

    def _scores(self) -> list[Limit]:
        lines: list[Limit] = []
        for score in self.scores:
            wanted = _PERFORMANCE[score.page]
            for name, got, least in (
                ("performance", score.performance, wanted),
                ("accessibility", score.accessibility, 100),
                ("best practices", score.best_practices, 100),
            ):
                key = f"lighthouse_{score.page}_{name.replace(' ', '_')}"
                what = f"Lighthouse, {score.page}: {name}"
                lines.append(Limit(key, what, got, "of 100", least, is_at_least=True))
        return lines

    def _typing(self) -> list[Limit]:
        lines: list[Limit] = []
        for typed in self.typed:
            key = f"{typed.sample}_{typed.place}".lower().replace(" ", "_")
            what = f"{typed.sample}, {typed.where}"
            for kind, times, limit in (
                ("preview", typed.busy_ms, _PREVIEW_MS[typed.size_kb]),
                ("tokens", typed.tokens_ms, _TOKENS_MS[typed.size_kb]),
            ):
                lines.append(
                    Limit(f"{key}_{kind}", f"{what}: {kind}, p95", p95(times), "ms", limit)
                )
        return lines

    def _long_tasks(self) -> list[Limit]:
        lines: list[Limit] = []
        for typed in self.typed:
            bare = max(self.bare_long_tasks_ms[typed.sample], default=50.0)
            key = f"{typed.sample}_{typed.place}_long".lower().replace(" ", "_")
            what = f"{typed.sample}, {typed.where}: longest task, beside bare Monaco's"
            longest = max(typed.long_tasks_ms, default=0.0)
            lines.append(Limit(key, what, round(longest, 1), "ms", round(bare, 1)))
        bare = max(self.no_space.bare_long_tasks_ms, default=50.0)
        longest = max(self.no_space.long_tasks_ms, default=0.0)
        what = "100 KB without a space: longest task, beside bare Monaco's"
        lines.append(Limit("no_space_long", what, round(longest, 1), "ms", round(bare, 1)))
        return lines


@dataclass(frozen=True, slots=True)
class NoSpace:
    """Keys struck in one long word; `told` is what stands for its tokens."""

    told: str
    long_tasks_ms: Sequence[float]
    bare_long_tasks_ms: Sequence[float]


def p95(times: Sequence[float]) -> float:
    """The time that one of twenty is above, in ms."""
    return round(sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)], 1)


def p50(times: Sequence[float]) -> float:
    """The middle one of the times, in ms."""
    return round(sorted(times)[len(times) // 2], 1)
