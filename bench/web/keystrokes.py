"""Keys struck in a real editor, and what each of them costs.

The page itself marks when Monaco reports a change, when preview and variables are in the page, and
when tokens and cost are; Chromium's trace says how much of the time between the marks the main
thread was at work.
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from playwright.async_api import Browser, Page
from playwright.async_api import Error as PlaywrightError

from bench.gateway.errors import BenchFailed
from bench.web.texts import VARIABLES, Sample

CHANGE, PREVIEW, TOKENS = "promptops:change", "promptops:preview", "promptops:tokens"
_WATCH = (Path(__file__).parent / "watch.js").read_text(encoding="utf-8")
_CATEGORIES = ["toplevel", "blink.user_timing", "devtools.timeline"]
_TASKS = ("ThreadControllerImpl::RunTask", "RunTask")
_WARM_KEYS = 20
_PAUSE_S = 0.05
# The text is kept in the browser and saved after the last key: that belongs to typing too.
_AFTER_S = 2.0
_ANSWER_LIMIT_S = 10.0
_LETTERS = {False: "etaoinshr", True: "的一是不了在人有我"}


@dataclass(frozen=True, slots=True)
class Typed:
    """Keys struck in one text at one place; all lists have one figure for each key, in ms."""

    sample: str
    size_kb: int
    place: str
    busy_ms: Sequence[float]
    cpu_ms: Sequence[float]
    elapsed_ms: Sequence[float]
    tokens_ms: Sequence[float]
    long_tasks_ms: Sequence[float]

    @property
    def where(self) -> str:
        """The place in words."""
        return "in a name" if self.place == "name" else "at the start"


async def type_into_product(
    browser: Browser, page: Page, sample: Sample, place: str, keys: int
) -> Typed:
    """Strikes keys at the beginning of an open prompt, or in a name of a variable there."""
    await _warm(page, sample, place)
    await page.evaluate("bench.marks = []; bench.longTasks = []")
    await browser.start_tracing(page=page, categories=_CATEGORIES)
    await _strike(page, sample, keys, TOKENS)
    trace = json.loads(await browser.stop_tracing())
    await asyncio.sleep(_AFTER_S)
    marks = cast("list[tuple[str, float]]", await page.evaluate("bench.marks"))
    busy, cpu = _work(cast("list[dict[str, Any]]", trace["traceEvents"]))
    elapsed, tokens = _between(marks, CHANGE, PREVIEW), _between(marks, PREVIEW, TOKENS)
    if min(len(busy), len(elapsed), len(tokens)) < keys:
        raise BenchFailed(f"{sample.name}: {len(elapsed)} previews for {keys} keys.")
    long_tasks = await page.evaluate("bench.longTasks")
    return Typed(
        sample.name,
        sample.size_kb,
        place,
        busy,
        cpu,
        elapsed,
        tokens,
        cast("list[float]", long_tasks),
    )


async def long_tasks_of_typing(
    page: Page, sample: Sample, keys: int, mark: str | None
) -> list[float]:
    """The long tasks, in ms, while keys are struck in whatever editor has the focus."""
    await page.keyboard.press("Control+Home")
    await _strike(page, sample, _WARM_KEYS, mark)
    await page.evaluate("bench.longTasks = []")
    await _strike(page, sample, keys, mark)
    await asyncio.sleep(_AFTER_S)
    return cast("list[float]", await page.evaluate("bench.longTasks"))


async def watch(page: Page) -> None:
    """Has the page gather its marks and long tasks from the start."""
    await page.add_init_script(_WATCH)


async def open_product(page: Page, url: str, *, has_variables: bool) -> None:
    """Opens a prompt's editor, waits for all that it loads, gives its variables values."""
    await page.goto(url)
    await page.locator(".monaco-editor .view-line").first.wait_for()
    await page.get_by_test_id("preview-text").first.wait_for()
    await page.get_by_test_id("input-tokens").filter(has_text="tokens").wait_for(timeout=60_000)
    if has_variables:
        for name in VARIABLES:
            await page.locator(f"#variable-{name}").fill(f"a value of {name}")
    await page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first.focus()


async def _warm(page: Page, sample: Sample, place: str) -> None:
    await page.keyboard.press("Control+Home")
    if place == "name":
        await page.keyboard.insert_text("{{ name }} ")
        for _ in range(4):
            await page.keyboard.press("ArrowLeft")
    await _strike(page, sample, _WARM_KEYS, TOKENS)
    await asyncio.sleep(_AFTER_S)


async def _strike(page: Page, sample: Sample, keys: int, until: str | None) -> None:
    """Strikes keys one after another, each once the one before was answered by this mark."""
    letters = _LETTERS[sample.is_chinese]
    for number in range(keys):
        seen = (
            0
            if until is None
            else cast("int", await page.evaluate("(name) => bench.seen(name)", until))
        )
        letter = letters[number % len(letters)]
        # Chinese comes from an input method, as a text.
        await (page.keyboard.insert_text if sample.is_chinese else page.keyboard.press)(letter)
        if until is not None:
            await _answer(page, until, seen)
        await asyncio.sleep(_PAUSE_S)


async def _answer(page: Page, mark: str, seen: int) -> None:
    try:
        async with asyncio.timeout(_ANSWER_LIMIT_S):
            await page.evaluate("([name, many]) => bench.more(name, many)", [mark, seen])
    except (TimeoutError, PlaywrightError) as failed:
        raise BenchFailed(f"A key was not answered by {mark}: {failed}.") from failed


def _between(marks: Iterable[tuple[str, float]], first: str, then: str) -> list[float]:
    """From each mark to the next one of the other name, in ms."""
    found: list[float] = []
    began: float | None = None
    for name, moment in marks:
        if name == first:
            began = moment
        elif name == then and began is not None:
            found.append(moment - began)
            began = None
    return found


def _work(events: Sequence[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """From each change to its preview: ms of work by the clock, and ms of the thread's own CPU."""
    marks = sorted(
        (event for event in events if event["name"] in (CHANGE, PREVIEW)),
        key=lambda event: event["ts"],
    )
    if not marks:
        return [], []
    thread = (marks[0]["pid"], marks[0]["tid"])
    tasks = sorted(
        (event["ts"], event["ts"] + event["dur"], event.get("tdur", 0) / max(event["dur"], 1))
        for event in events
        if event["name"] in _TASKS and event.get("dur") and (event["pid"], event["tid"]) == thread
    )
    busy: list[float] = []
    cpu: list[float] = []
    began: float | None = None
    for mark in marks:
        if mark["name"] == CHANGE:
            began = mark["ts"]
        elif began is not None:
            by_clock, by_cpu = _overlap(tasks, began, mark["ts"])
            busy.append(by_clock)
            cpu.append(by_cpu)
            began = None
    return busy, cpu


def _overlap(
    tasks: Sequence[tuple[float, float, float]], began: float, ended: float
) -> tuple[float, float]:
    by_clock = by_cpu = 0.0
    seen = began
    for start, end, share in tasks:
        # A task inside of another one is part of it.
        overlap = min(end, ended) - max(start, seen)
        if overlap > 0:
            by_clock += overlap
            by_cpu += overlap * share
            seen = min(end, ended)
    return by_clock / 1000, by_cpu / 1000
