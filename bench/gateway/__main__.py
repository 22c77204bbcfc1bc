"""Runs the benchmark, prints its tables and writes build/bench/gateway.json and gateway.md."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from bench.document import put_into
from bench.gateway.errors import BenchFailed
from bench.gateway.plan import Plan, full_plan, quick_plan
from bench.gateway.processes import cancelled_by
from bench.gateway.report import to_json, to_markdown
from bench.gateway.results import Results
from bench.gateway.run import Bench, Places
from promptops_server.embedded.errors import PartFailed, StartRefused

_ROOT = Path(__file__).parents[2]
_BUILD = _ROOT / "build" / "bench"
_DOCUMENT = _ROOT / "docs" / "explanation" / "performance.md"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.gateway",
        description="Measure PromptOps beside the LiteLLM proxy and the Portkey gateway.",
    )
    parser.add_argument("--quick", action="store_true", help="two minutes in place of ten")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=_BUILD / "data",
        help="a folder, emptied first, for PostgreSQL's files (build/bench/data)",
    )
    parser.add_argument(
        "--write-doc",
        action="store_true",
        help="put the tables into docs/explanation/performance.md",
    )
    return parser.parse_args()


def _two_cores() -> tuple[int, int]:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise BenchFailed("The benchmark needs two cores: one for the contender, one for the rest.")
    return cores[0], cores[1]


async def _run(plan: Plan, places: Places) -> Results:
    with cancelled_by(signal.SIGTERM):
        return await Bench(plan, places, _two_cores()).run()


def _write(results: Results, *, to_document: bool) -> None:
    tables = to_markdown(results)
    print(f"\n{tables}")
    (_BUILD / "gateway.json").write_text(
        json.dumps(to_json(results), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (_BUILD / "gateway.md").write_text(tables, encoding="utf-8")
    print(f"Written: {(_BUILD / 'gateway.json').relative_to(_ROOT)}")
    if to_document:
        put_into(_DOCUMENT, "bench-gateway", tables)


def main() -> int:
    """0 where everything was measured, 1 where the run is void, whatever the figures say."""
    given = _arguments()
    plan = quick_plan() if given.quick else full_plan()
    places = Places(_ROOT / ".tools" / "uv" / "bin" / "uv", _BUILD, given.data_dir.absolute())
    try:
        results = asyncio.run(_run(plan, places))
    except (BenchFailed, PartFailed, StartRefused) as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("bench: interrupted", file=sys.stderr)
        return 1
    _write(results, to_document=given.write_doc)
    return 0


if __name__ == "__main__":
    sys.exit(main())
