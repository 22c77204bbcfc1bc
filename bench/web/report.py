"""The results as JSON for machines and as Markdown tables for people."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import cast

from bench.tables import table
from bench.web.results import Results, p50, p95


def to_json(results: Results) -> dict[str, object]:
    """Everything: the budget first, then what it was made from."""
    return {
        "budget": [asdict(line) | {"is_met": line.is_met} for line in results.budget()],
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "is_quick": results.is_quick,
        "seconds": round(results.seconds),
        **results.facts,
        "first_loads": [asdict(load) | {"gzip_kb": load.gzip_kb} for load in results.loads],
        "typed": [asdict(typed) for typed in results.typed],
        "bare_long_tasks_ms": dict(results.bare_long_tasks_ms),
        "without_a_space": asdict(results.no_space),
        "lighthouse": [asdict(score) for score in results.scores],
    }


def to_markdown(results: Results) -> str:
    """The figures as tables: the budget, then what each key and each first load took."""
    parts = [_facts(results), _budget(results), _keys(results), _loads(results), _notes(results)]
    return "\n\n".join(parts) + "\n"


def _facts(results: Results) -> str:
    machine = cast("Mapping[str, object]", results.facts["machine"])
    versions = cast("Mapping[str, object]", results.facts["versions"])
    told = ", ".join(f"{name} {value}" for name, value in versions.items())
    return (
        f"{datetime.now(UTC).date().isoformat()}, {machine['cpu']}, {machine['cores']} cores,"
        f" {machine['memory_gb']} GB, {machine['system']}; {told}; {results.seconds:.0f} s in all"
        f"{', the quick form' if results.is_quick else ''}."
    )


def _budget(results: Results) -> str:
    rows = [
        [
            line.what,
            f"{line.measured:g} {line.unit}",
            f"{'>=' if line.is_at_least else '<='} {line.limit:g}",
            "yes" if line.is_met else "NO",
        ]
        for line in results.budget()
    ]
    return f"**Budget**\n\n{table(['', 'measured', 'limit', 'met'], rows)}"


def _keys(results: Results) -> str:
    rows = [
        [
            f"{typed.sample}, {typed.where}",
            *(f"{p50(times)} / {p95(times)}" for times in (typed.busy_ms, typed.cpu_ms)),
            *(f"{p50(times)} / {p95(times)}" for times in (typed.elapsed_ms, typed.tokens_ms)),
        ]
        for typed in results.typed
    ]
    head = ["", "main thread at work", "its CPU", "by the clock", "then tokens and cost"]
    title = "**A key**: from Monaco's change to preview and variables in the page, p50 / p95 in ms."
    return f"{title}\n\n{table(head, rows)}"


def _loads(results: Results) -> str:
    rows = [
        [
            load.page,
            f"{load.gzip_kb:g}",
            str(len(load.scripts)),
            ", ".join(f"{late} {size:g}" for late, size in load.late_kb().items()) or "-",
        ]
        for load in results.loads
    ]
    head = ["", "JavaScript, KB of gzip -9", "files", "late, KB"]
    return f"**First load**\n\n{table(head, rows)}"


def _notes(results: Results) -> str:
    lines = [
        f"- 100 KB without a space: the meter says `{results.no_space.told}`.",
        *(
            f"- Lighthouse, {score.page}: largest paint after {score.largest_paint_ms:.0f} ms,"
            f" {score.blocking_ms:.0f} ms blocked."
            for score in results.scores
        ),
    ]
    return "\n".join(lines)
