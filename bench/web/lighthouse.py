"""Lighthouse, from npm at a pinned version, on pages of the running product."""

import asyncio
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from playwright.async_api import Playwright

from bench.gateway.errors import BenchFailed
from bench.gateway.processes import free_port
from bench.web.studio import COOKIE

_HERE = Path(__file__).parent / "lighthouse"
_FILES = ("package.json", "package-lock.json")
_CATEGORIES = ("performance", "accessibility", "best-practices")
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Score:
    """What Lighthouse says of a page as of a desktop: 0 to 100, the median of several rounds."""

    page: str
    performance: int
    accessibility: int
    best_practices: int
    # Milliseconds of the round with the middle performance.
    largest_paint_ms: float
    blocking_ms: float


async def install_lighthouse(folder: Path) -> Path:
    """A folder with Lighthouse and the Node that it needs. Raises BenchFailed."""
    await asyncio.to_thread(_prepare, folder)
    if not _program(folder).exists():
        quiet = ("--no-audit", "--no-fund", "--loglevel", "error")
        # Its Node comes as a package for one kind of machine, which needs no script of its own.
        await _call("npm", "ci", "--prefix", str(folder), "--ignore-scripts", *quiet)
    return folder


def _prepare(folder: Path) -> None:
    if all(
        (folder / name).exists() and (folder / name).read_bytes() == (_HERE / name).read_bytes()
        for name in _FILES
    ):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _FILES:
        shutil.copyfile(_HERE / name, folder / name)


async def score_pages(
    playwright: Playwright,
    browser: tuple[str, tuple[str, ...]],
    folder: Path,
    pages: Mapping[str, str],
    session: str,
) -> list[Score]:
    """The scores of pages (name to address) for who has this session. Raises BenchFailed."""
    program, arguments = browser
    port = free_port()
    profile = folder / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    context = await playwright.chromium.launch_persistent_context(
        str(profile), executable_path=program, args=[*arguments, f"--remote-debugging-port={port}"]
    )
    try:
        scores: list[Score] = []
        for name, url in pages.items():
            await context.add_cookies([{"name": COOKIE, "value": session, "url": url}])
            rounds = [await _score(folder, name, url, port) for _ in range(_ROUNDS)]
            scores.append(sorted(rounds, key=lambda score: score.performance)[_ROUNDS // 2])
        return scores
    finally:
        await context.close()


async def _score(folder: Path, name: str, url: str, port: int) -> Score:
    report = folder / "report.json"
    await _call(
        *_node(folder),
        str(_program(folder)),
        url,
        "--quiet",
        "--preset=desktop",
        f"--port={port}",
        "--disable-storage-reset",
        f"--only-categories={','.join(_CATEGORIES)}",
        "--output=json",
        f"--output-path={report}",
    )
    told = cast("dict[str, Any]", json.loads(report.read_text(encoding="utf-8")))
    shutil.copyfile(report, folder / f"{name}.json")
    if told.get("runtimeError"):
        raise BenchFailed(f"Lighthouse on the {name}: {told['runtimeError']['message']}")
    if not str(told["finalDisplayedUrl"]).startswith(url):
        raise BenchFailed(f"Lighthouse saw {told['finalDisplayedUrl']} in place of the {name}.")
    points = {one: round(told["categories"][one]["score"] * 100) for one in _CATEGORIES}
    audits = told["audits"]
    return Score(
        name,
        points["performance"],
        points["accessibility"],
        points["best-practices"],
        audits["largest-contentful-paint"]["numericValue"],
        audits["total-blocking-time"]["numericValue"],
    )


def _program(folder: Path) -> Path:
    return folder / "node_modules" / "lighthouse" / "cli" / "index.js"


def _node(folder: Path) -> tuple[str]:
    """The Node that Lighthouse needs is newer than the one that the product is built with."""
    found = sorted((folder / "node_modules").glob("node-linux-*/bin/node"))
    return (str(found[0]),) if found else ("node",)


async def _call(*argv: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise BenchFailed(f"{Path(argv[0]).name} failed: {said.decode()[-1500:]}")
