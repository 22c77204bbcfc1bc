"""Runs the benchmark, prints its tables and writes build/bench/web.json and web.md."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from bench.document import put_into
from bench.gateway.errors import BenchFailed
from bench.gateway.processes import cancelled_by
from bench.web.report import to_json, to_markdown
from bench.web.results import Results
from bench.web.run import Places, run
from promptops_server.embedded.errors import PartFailed, StartRefused

_ROOT = Path(__file__).parents[2]
_BUILD = _ROOT / "build" / "bench"
_DOCUMENT = _ROOT / "docs" / "explanation" / "performance.md"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.web", description="Measure the web application in a real browser."
    )
    parser.add_argument("--quick", action="store_true", help="fewer keys, and no Lighthouse")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=_BUILD / "data-web",
        help="a folder, emptied first, for PostgreSQL's files (build/bench/data-web)",
    )
    parser.add_argument(
        "--write-doc",
        action="store_true",
        help="put the tables into docs/explanation/performance.md",
    )
    return parser.parse_args()


async def _run(places: Places, *, is_quick: bool) -> Results:
    with cancelled_by(signal.SIGTERM):
        return await run(places, is_quick=is_quick)


def main() -> int:
    """0 where everything was measured, 1 where it was not, whatever the figures say."""
    given = _arguments()
    places = Places(_ROOT, _BUILD, given.data_dir.absolute())
    try:
        results = asyncio.run(_run(places, is_quick=given.quick))
    except (BenchFailed, PartFailed, StartRefused) as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("bench: interrupted", file=sys.stderr)
        return 1
    tables = to_markdown(results)
    print(f"\n{tables}")
    path = _BUILD / "web.json"
    path.write_text(json.dumps(to_json(results), indent=1, ensure_ascii=False) + "\n", "utf-8")
    (_BUILD / "web.md").write_text(tables, encoding="utf-8")
    print(f"Written: {path.relative_to(_ROOT)}")
    if given.write_doc:
        put_into(_DOCUMENT, "bench-web", tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
