"""The run itself: the product's own server, a real browser, one page after another."""

import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    Response,
    ViewportSize,
    async_playwright,
)
from tests.e2e.browser.chromium import Program, find_or_install_browser

from bench.gateway.errors import BenchFailed
from bench.gateway.facts import find_facts
from bench.web.bare import build_bare, served
from bench.web.bundle import FirstLoad, first_load
from bench.web.keystrokes import Typed, long_tasks_of_typing, open_product, type_into_product, watch
from bench.web.lighthouse import Score, install_lighthouse, score_pages
from bench.web.results import NoSpace, Results
from bench.web.studio import COOKIE, FORM, Studio, running_studio
from bench.web.texts import Sample, samples, without_spaces

_SIZE: ViewportSize = {"width": 1440, "height": 900}
_PLACES = ("start", "name")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the benchmark finds the product and keeps what it makes."""

    root: Path
    build: Path
    data: Path

    @property
    def site(self) -> Path:
        """The built web application."""
        return self.root / "server" / "promptops_server" / "_site"


async def run(places: Places, *, is_quick: bool) -> Results:
    """Everything that was measured. Raises BenchFailed, and leaves no process behind."""
    began = time.monotonic()
    keys = 40 if is_quick else 200
    program = find_or_install_browser()
    logs = places.build / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    bare = places.build / "bare-monaco"
    await build_bare(places.root / "web", bare)
    async with (
        running_studio(places.data, logs) as studio,
        async_playwright() as playwright,
        _launched(playwright, program) as browser,
    ):
        loads = [await _load(browser, studio, places.site, *page) for page in _pages(studio)]
        typed = [
            await _typed(browser, studio, sample, place, keys)
            for sample in samples()
            for place in _PLACES
        ]
        async with served(bare) as address:
            bare_tasks = {
                sample.name: await _bare(browser, address, sample, keys) for sample in samples()
            }
            no_space = await _no_space(browser, studio, address, keys)
        scores = [] if is_quick else await _scores(playwright, program, places, studio)
        facts = await find_facts(studio.stores, places.data, has_node=False)
        versions = dict(_versions(facts)) | {"chromium": browser.version}
        return Results(
            loads,
            typed,
            bare_tasks,
            no_space,
            scores,
            time.monotonic() - began,
            is_quick,
            {"machine": facts["machine"], "versions": versions},
        )


def _versions(facts: Mapping[str, object]) -> Mapping[str, object]:
    versions = cast("Mapping[str, object]", facts["versions"])
    return {name: versions[name] for name in ("promptops", "commit")}


@asynccontextmanager
async def _launched(playwright: Playwright, program: Program) -> AsyncGenerator[Browser]:
    browser = await playwright.chromium.launch(
        executable_path=program.path,
        args=list(program.arguments),
        env={**os.environ, **program.environment},
    )
    try:
        yield browser
    finally:
        await browser.close()


def _pages(studio: Studio) -> list[tuple[str, str, str]]:
    """Name, address and what is there once the page is ready."""
    return [
        ("list", f"{studio.url}/prompts", 'tbody a[href^="/prompts/"]'),
        ("editor with code", studio.editor_url(samples()[0].alias), ".monaco-editor .view-line"),
        ("editor with a form", studio.editor_url(FORM), "[data-testid=preview-text]"),
    ]


@asynccontextmanager
async def _signed_in(browser: Browser, studio: Studio) -> AsyncGenerator[BrowserContext]:
    context = await browser.new_context(viewport=_SIZE, locale="en-US")
    await context.add_cookies([{"name": COOKIE, "value": studio.session, "url": studio.url}])
    try:
        yield context
    finally:
        await context.close()


async def _load(
    browser: Browser, studio: Studio, site: Path, name: str, url: str, ready: str
) -> FirstLoad:
    async with _signed_in(browser, studio) as context:
        page = await context.new_page()
        asked: list[str] = []

        def note(response: Response) -> None:
            asked.append(response.url)

        context.on("response", note)
        await page.goto(url)
        await page.locator(ready).first.wait_for()
        if name != "list":
            await _wait_tokens(page)
        await page.wait_for_load_state("networkidle")
        return first_load(name, asked, site)


async def _wait_tokens(page: Page) -> None:
    told = page.get_by_test_id("input-tokens").filter(has_text="tokens")
    await told.wait_for(timeout=60_000)


async def _typed(browser: Browser, studio: Studio, sample: Sample, place: str, keys: int) -> Typed:
    async with _signed_in(browser, studio) as context:
        page = await context.new_page()
        await watch(page)
        await open_product(page, studio.editor_url(sample.alias), has_variables=True)
        typed = await type_into_product(browser, page, sample, place, keys)
        print(f"  {sample.name}, {typed.where}: {len(typed.busy_ms)} keys")
        return typed


async def _bare(browser: Browser, address: str, sample: Sample, keys: int) -> list[float]:
    context = await browser.new_context(viewport=_SIZE)
    try:
        page = await context.new_page()
        await watch(page)
        await page.goto(f"{address}/index.html")
        await page.evaluate("(text) => window.openText(text)", sample.text)
        await page.locator(".monaco-editor .view-line").first.wait_for()
        await page.evaluate("window.editor.focus()")
        return await long_tasks_of_typing(page, sample, keys, None)
    finally:
        await context.close()


async def _no_space(browser: Browser, studio: Studio, address: str, keys: int) -> NoSpace:
    sample = without_spaces()
    bare = await _bare(browser, address, sample, keys // 4)
    async with _signed_in(browser, studio) as context:
        page = await context.new_page()
        await watch(page)
        await open_product(page, studio.editor_url(sample.alias), has_variables=False)
        tasks = await long_tasks_of_typing(page, sample, keys // 4, "promptops:preview")
        told = await page.get_by_test_id("input-tokens").inner_text()
    return NoSpace(told, tasks, bare)


async def _scores(
    playwright: Playwright, program: Program, places: Places, studio: Studio
) -> list[Score]:
    if program.environment:
        raise BenchFailed("Lighthouse needs a Chromium that is installed on the machine.")
    folder = await install_lighthouse(places.build / "lighthouse")
    pages = {"list": f"{studio.url}/prompts", "editor": studio.editor_url(samples()[0].alias)}
    browser = (program.path, program.arguments)
    return await score_pages(playwright, browser, folder, pages, studio.session)
