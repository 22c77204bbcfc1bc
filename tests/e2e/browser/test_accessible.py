"""Every page as axe-core sees it, light and dark, wide and narrow; nothing scrolls sideways."""

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from browser.desk import LOCAL_MODEL, Desk, Studio
from browser.words import Locale
from fixtures.api import Json, Project, made

_AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_LOOK = """async (tags) => {
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
  return found.violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`).join(' | ')}`);
}"""
_FORM: Json = {
    "role": "You are kind.",
    "task": "Greet {{ name }} in {{ language }}.",
    "constraints": ["First.", "Second."],
    "few_shot": [{"input": "Ada", "output": "Hello Ada"}],
}


@functools.cache
def axe() -> str:
    return _AXE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("locale", "narrow_is_dark"), [("en", True), ("zh-CN", False)])
async def test_every_page_is_for_everybody(
    studio: Studio, project: Project, locale: Locale, narrow_is_dark: bool
) -> None:
    await fill(project)
    found: list[str] = []
    async with studio.desk(project, locale) as desk:
        for go in _STATES:
            # One visit is looked at twice: as on a phone, then as on a desk in the other colours.
            await dress(desk.page, 390, is_dark=narrow_is_dark)
            shown = await go(desk)
            found += await look(desk, f"{go.__name__} narrow")
            await dress(desk.page, 1440, is_dark=not narrow_is_dark)
            await expect(shown).to_be_visible()
            found += await look(desk, f"{go.__name__} wide")
    assert not found, "\n".join(found)


async def dress(page: Page, width: int, *, is_dark: bool) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if is_dark else "light")


async def look(desk: Desk, state: str) -> list[str]:
    """What is wrong with the page as it stands."""
    page = desk.page
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe())
    found: list[str] = await page.evaluate(_LOOK, _TAGS)
    size: Any = await page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    if size[0] > size[1]:
        found.append(f"scrolls sideways: {size[0]} > {size[1]}")
    return [f"{state}: {one}" for one in found]


async def fill(project: Project) -> None:
    await project.publish("greeting", {"structure": _FORM}, model=LOCAL_MODEL)
    changed: Json = {
        "structure": {**_FORM, "role": "You are very kind."},
        "config": {"model": LOCAL_MODEL, "parameters": {"max_tokens": 4}},
    }
    api = project.api
    put = await api.send("PUT", "/api/v1/prompts/greeting/draft", body=changed)
    assert put.status in {200, 201}, put.text
    await made(await api.post("/api/v1/prompts/greeting/versions", {"message": "Kinder"}))
    await project.deploy("greeting", "1.0.1")
    await project.publish("letter", {"template": "Write to {{ name }}."}, model=LOCAL_MODEL)
    tags = {"tags": ["mail"], "name": "Mail/Letter"}
    await made(await api.send("PATCH", "/api/v1/prompts/letter", body=tags), 200)


# Each goes to a state and returns what is to be seen there.


async def the_list(desk: Desk) -> Locator:
    await desk.open("/prompts")
    return await seen(desk.page.get_by_role("link", name="Mail/Letter", exact=True))


async def nothing_found(desk: Desk) -> Locator:
    await desk.open("/prompts?q=nowhere")
    return await seen(desk.page.get_by_text(desk.words("prompts.nothingFound"), exact=True))


async def a_new_prompt(desk: Desk) -> Locator:
    await desk.open("/prompts?new=1")
    return await seen(desk.dialog("prompts.newTitle"))


async def the_palette(desk: Desk) -> Locator:
    await desk.open("/prompts")
    await desk.page.keyboard.press("Control+k")
    return await seen(desk.dialog("common.palette.title").get_by_role("option").first)


async def no_such_prompt(desk: Desk) -> Locator:
    desk.watch.expect_status(404, "/api/v1/prompts/nowhere")
    await desk.open("/prompts/nowhere")
    return await seen(desk.page.get_by_text(desk.words("editor.noSuchPrompt")))


async def the_form(desk: Desk) -> Locator:
    await desk.open_prompt("greeting")
    return await seen(desk.field("editor.builder.role"))


async def the_code(desk: Desk) -> Locator:
    await desk.open_prompt("letter")
    return await seen(desk.page.locator(".view-line", has_text="Write to").first)


async def an_answer(desk: Desk) -> Locator:
    await desk.open_prompt("greeting")
    await desk.named("tab", desk.words("editor.variables.title")).click()
    for name, value in (("name", "Ada"), ("language", "French")):
        await desk.page.get_by_label(name, exact=True).fill(value)
    await desk.button("editor.run.run").click()
    output = desk.page.get_by_test_id("output-A")
    await expect(output).to_have_attribute("data-status", "done", timeout=60_000)
    return output


async def the_history(desk: Desk) -> Locator:
    await desk.open("/prompts/greeting?view=history")
    newest = desk.named("region", desk.words("editor.history.versionNumber", version="1.0.1"))
    compare = desk.named("combobox", desk.words("editor.history.compareWith"), newest)
    await compare.select_option("1.0.0")
    difference = desk.named("region", desk.words("editor.diff.text"), newest)
    await expect(difference).to_contain_text("very kind")
    return difference


async def the_releases(desk: Desk) -> Locator:
    await desk.open("/prompts/greeting?view=releases")
    ledger = desk.named("region", desk.words("editor.release.ledger"))
    await expect(ledger.get_by_role("listitem")).to_have_count(1)
    return ledger


async def a_promotion(desk: Desk) -> Locator:
    await desk.open("/prompts/greeting?view=releases")
    card = desk.page.get_by_test_id("environment-prod")
    await desk.button("editor.release.promote", card).click()
    dialog = desk.dialog("editor.release.promoteTitle", environment="prod")
    difference = desk.named("region", desk.words("editor.diff.text"), dialog)
    await expect(difference).to_contain_text("very kind")
    return difference


async def how_to_use_it(desk: Desk) -> Locator:
    await desk.open("/prompts/greeting?view=use")
    code = desk.page.get_by_test_id("code-curl")
    await expect(code).to_contain_text("curl")
    return code


async def the_settings(desk: Desk) -> Locator:
    return await titled(desk, "/settings", "settings.title")


async def the_providers(desk: Desk) -> Locator:
    return await titled(desk, "/settings/providers", "settings.providers.title")


async def the_keys(desk: Desk) -> Locator:
    return await titled(desk, "/settings/keys", "settings.keys.title")


async def the_environments(desk: Desk) -> Locator:
    return await titled(desk, "/settings/environments", "settings.environments.title")


async def the_members(desk: Desk) -> Locator:
    return await titled(desk, "/members", "people.members.title")


async def the_account(desk: Desk) -> Locator:
    return await titled(desk, "/account", "people.account")


async def titled(desk: Desk, path: str, key: str) -> Locator:
    await desk.open(path)
    return await seen(desk.page.get_by_role("heading", level=1, name=desk.words(key), exact=True))


async def the_sign_in(desk: Desk) -> Locator:
    await desk.page.goto("/sign-in")
    return await seen(desk.field("people.password"))


async def a_link(desk: Desk) -> Locator:
    user = await desk.studio.people.make("Somebody")
    await desk.page.goto(f"/link#{await desk.studio.people.link(user)}")
    return await seen(desk.field("people.newPassword"))


async def seen(locator: Locator) -> Locator:
    await expect(locator).to_be_visible()
    return locator


_STATES: tuple[Callable[[Desk], Awaitable[Locator]], ...] = (
    the_list,
    nothing_found,
    a_new_prompt,
    the_palette,
    no_such_prompt,
    the_form,
    the_code,
    an_answer,
    the_history,
    the_releases,
    a_promotion,
    how_to_use_it,
    the_settings,
    the_providers,
    the_keys,
    the_environments,
    the_members,
    the_account,
    the_sign_in,
    a_link,
)
