"""The results as JSON for machines and as Markdown tables for people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import median
from typing import cast

from bench.gateway.calls import Cell
from bench.gateway.contender import Name
from bench.gateway.results import Results, Row, Target
from bench.tables import number, table

_NAMES: Mapping[Name, str] = {
    "direct": "upstream itself",
    "promptops": "PromptOps",
    "litellm_proxy": "LiteLLM proxy",
    "portkey": "Portkey",
}


def to_json(results: Results) -> dict[str, object]:
    """Everything: ratios first, then what they were made from."""
    targets = results.targets()
    return {
        "ratios": {target.key: _rounded(target.ratio, 4) for target in targets},
        "targets": [_target_json(target) for target in targets],
        "is_steady": all(drift.is_small for drift in results.drifts()),
        "drifts": [asdict(drift) | {"share": round(drift.share, 3)} for drift in results.drifts()],
        "ledger": asdict(results.ledger),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "is_quick": results.is_quick,
        "seconds": results.seconds,
        **results.facts,
        "starts": [asdict(start) for start in results.starts],
        "acompletion": [asdict(library) for library in results.library],
        "rows": [_row_json(results, row) for row in results.rows],
    }


def _target_json(target: Target) -> dict[str, object]:
    return {
        **asdict(target),
        "product": _rounded(target.product, 4),
        "ratio": _rounded(target.ratio, 4),
        "is_met": target.is_met,
    }


def _row_json(results: Results, row: Row) -> dict[str, object]:
    cell = asdict(row.cell)
    direct = results.find("direct", row.cell)[0].measured
    added = {
        f"added_{field}": round(getattr(row.measured, field) - getattr(direct, field), 4)
        for field in ("p50_ms", "p99_ms", "first_word_p50_ms")
    }
    measured = {name: value for name, value in asdict(row.measured).items() if name != "failure"}
    cpu = {"cpu_us": row.cpu_us, "stores_cpu_us": row.stores_cpu_us}
    return {"contender": row.contender, "round": row.round, **cell, **measured, **added, **cpu}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def to_markdown(results: Results) -> str:
    """The figures as tables, the ratios last, and what is wrong with them where something is."""
    parts = [_facts(results)]
    for latency_ms in sorted({cell.latency_ms for cell in results.cells()}):
        for stream in (False, True):
            cells = [
                cell
                for cell in results.cells()
                if (cell.latency_ms, cell.stream) == (latency_ms, stream)
            ]
            parts.append(_figures(results, latency_ms, cells, stream=stream))
    parts += [_processes(results), _library(results), _ratios(results), _notes(results)]
    return "\n\n".join(parts) + "\n"


def _facts(results: Results) -> str:
    machine = cast("Mapping[str, object]", results.facts["machine"])
    versions = cast("Mapping[str, object]", results.facts["versions"])
    durable = cast("Mapping[str, object]", results.facts["postgresql_settings"])
    told = ", ".join(f"{name} {value}" for name, value in versions.items())
    settings = ", ".join(f"{name} {value}" for name, value in durable.items())
    when = datetime.now(UTC).date().isoformat()
    return (
        f"{when}, {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB,"
        f" {machine['system']}; {results.seconds:.0f} s in all"
        f"{', the quick form' if results.is_quick else ''}.\n\n"
        f"Versions: {told}.\n\nPostgreSQL: {settings}."
    )


def _figures(results: Results, latency_ms: int, cells: Sequence[Cell], *, stream: bool) -> str:
    fields = ("first_word_p50_ms", "p50_ms", "p99_ms") if stream else ("p50_ms", "p99_ms")
    names = ("first word p50", "p50", "p99") if stream else ("p50", "p99")
    head = [""]
    for cell in cells:
        head += [f"{cell.concurrency} at once: /s", *names]
    rows: list[list[str]] = []
    for name in results.contenders():
        line = [_NAMES[name]]
        for cell in cells:
            line.append(number(results.rps(name, cell)))
            line += [_milliseconds(results, name, cell, field) for field in fields]
        rows.append(line)
    what = "Streams (11 events)" if stream else "Whole answers"
    title = (
        f"**{what}, upstream at {latency_ms} ms.** Times in ms: the upstream's own, and what each"
        " contender adds to it."
    )
    return f"{title}\n\n{table(head, rows)}"


def _milliseconds(results: Results, name: Name, cell: Cell, field: str) -> str:
    if name == "direct":
        return f"{getattr(results.find(name, cell)[0].measured, field):.2f}"
    added = results.added_ms(name, cell, field)
    return "-" if added is None else f"{added:+.2f}"


def _processes(results: Results) -> str:
    whole, streams = Cell(0, stream=False, concurrency=16), Cell(0, stream=True, concurrency=16)
    rows: list[list[str]] = []
    for start in results.starts:
        name = start.contender
        rows.append(
            [
                _NAMES[name],
                number(median(start.seconds)),
                number(start.rss_mb),
                number(results.cpu_us(name, whole, with_stores=False)),
                number(results.cpu_us(name, streams, with_stores=False)),
            ]
        )
        if start.stores_mb:
            both = results.cpu_us(name, whole, with_stores=True)
            both_of_streams = results.cpu_us(name, streams, with_stores=True)
            memory = number(start.rss_mb + start.stores_mb)
            with_stores = f"{_NAMES[name]} with PostgreSQL and Valkey"
            rows.append([with_stores, "", memory, number(both), number(both_of_streams)])
    head = ["", "start to first answer, s", "idle memory, MB", "CPU a request, µs", "a stream, µs"]
    return f"**The processes**, CPU at 16 at once.\n\n{table(head, rows)}"


def _library(results: Results) -> str:
    rows = [
        [
            f"{'streams' if one.stream else 'whole answers'}, {one.concurrency} at once",
            number(one.rps),
            f"{one.p50_ms:.2f}",
            f"{one.p99_ms:.2f}",
            number(one.cpu_us),
        ]
        for one in results.library
    ]
    head = ["", "calls/s", "p50, ms", "p99, ms", "CPU a call, µs"]
    return f"**Bare `litellm.acompletion`**, no gateway, one process.\n\n{table(head, rows)}"


def _ratios(results: Results) -> str:
    rows: list[list[str]] = []
    for target in results.targets():
        met = {True: "yes", False: "NO", None: "not measured"}[target.is_met]
        rows.append(
            [
                target.what,
                f"{number(target.product)} {target.unit}",
                f"{number(target.rival)} {target.unit}",
                "-" if target.ratio is None else _ratio(target.ratio),
                f"{'>=' if target.is_at_least else '<='} {_ratio(target.limit)}",
                met,
            ]
        )
    head = ["against", "PromptOps", "rival", "ratio", "target", "met"]
    title = (
        "**Ratios**, PromptOps over its rival, upstream at 0 ms: rates and CPU at 16 at once, added"
        " time at 1."
    )
    return f"{title}\n\n{table(head, rows)}"


def _ratio(value: float) -> str:
    """As `17.3x`, or as `1/9.4` below one."""
    return f"{value:.1f}x" if value >= 1 else f"1/{1 / value:.1f}"


def _notes(results: Results) -> str:
    ledger = results.ledger
    first = (
        f"- The ledger holds {ledger.rows:,} runs, one for each of {ledger.answers:,} answers of"
        " PromptOps; no contender gave an answer that was not 2xx and whole."
    )
    lines = [first]
    for drift in results.drifts():
        verdict = "" if drift.is_small else ": MORE THAN 20 %, the machine was not quiet"
        lines.append(
            f"- PromptOps before and after its rivals, {drift.what}: {number(drift.first)} and"
            f" {number(drift.second)}, {drift.share:.0%} apart{verdict}."
        )
    return "\n".join(lines)
