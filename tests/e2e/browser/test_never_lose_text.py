"""Whatever happens while somebody writes, their text stays."""

import secrets

import pytest
from playwright.async_api import Route, expect

from browser.desk import LOCAL_MODEL, Desk, Studio
from browser.words import Locale
from fixtures.api import Json, Project, made
from fixtures.people import sign_in
from fixtures.waiting import eventually
from promptops_server.access.types import Role

_TEMPLATE: Json = {"structure": {"task": "Greet {{ name }}."}}


@pytest.fixture
def locale() -> Locale:
    """The main way is gone in both languages; here one is enough."""
    return "en"


async def open_greeting(desk: Desk) -> None:
    await desk.project.publish("greeting", _TEMPLATE, model=LOCAL_MODEL)
    await desk.open_prompt("greeting")


async def hold_saves(desk: Desk) -> None:
    """From here on a save is on its way for ever."""

    async def hold(route: Route) -> None:
        if route.request.method != "PUT":
            await route.continue_()

    await desk.context.route("**/api/v1/prompts/*/draft*", hold)


async def test_a_reload_before_the_save_keeps_the_text(desk: Desk) -> None:
    await open_greeting(desk)
    await hold_saves(desk)
    task = desk.field("editor.builder.task")
    await task.press("Control+End")
    await task.press_sequentially(" In verse.")
    await desk.page.reload()
    await expect(task).to_have_value("Greet {{ name }}. In verse.")
    restored = desk.page.get_by_text(desk.words("editor.banners.restored"), exact=True)
    await expect(restored).to_be_visible()
    await desk.context.unroute_all(behavior="ignoreErrors")
    await desk.page.reload()
    await expect(task).to_have_value("Greet {{ name }}. In verse.")
    await desk.saved()
    draft = await desk.draft("greeting")
    assert draft["content"]["structure"]["task"] == "Greet {{ name }}. In verse."
    await desk.page.reload()
    await expect(task).to_have_value("Greet {{ name }}. In verse.")
    await expect(restored).to_be_hidden()


async def test_a_tab_that_dies_before_the_save_leaves_the_text_to_the_next(desk: Desk) -> None:
    await open_greeting(desk)
    await hold_saves(desk)
    await desk.field("editor.builder.task").fill("Greet {{ name }} like an old friend.")
    # The page's policy allows no text as code, which wait_for_function would need.
    is_kept = (
        "() => Object.values(localStorage).some((text) => text.includes('like an old friend'))"
    )
    await eventually(lambda: desk.page.evaluate(is_kept), 10)
    await desk.page.close()
    await desk.context.unroute_all(behavior="ignoreErrors")
    later = await desk.another_tab()
    await later.open_prompt("greeting")
    await expect(later.field("editor.builder.task")).to_have_value(
        "Greet {{ name }} like an old friend."
    )
    await later.saved()
    draft = await later.draft("greeting")
    assert draft["content"]["structure"]["task"] == "Greet {{ name }} like an old friend."


async def test_a_session_that_ends_while_one_writes_costs_no_word(
    studio: Studio, project: Project, locale: Locale
) -> None:
    email, password = f"{secrets.token_hex(6)}@example.com", "correct horse battery"
    user = await studio.people.make("Ada", email=email, password=password)
    await studio.people.join(user, project, Role.EDITOR)
    async with studio.desk(project, locale, user=user) as desk:
        await open_greeting(desk)
        task = desk.field("editor.builder.task")
        await task.press("Control+End")
        await task.press_sequentially(" One.")
        await desk.saved()
        # The session is over, as the person wants from another device; the page still sends it.
        elsewhere = await sign_in(project.api, await studio.people.link(user))
        ended = await elsewhere.send("POST", "/api/v1/session/end", {"everywhere": True})
        assert ended.status == 204
        desk.watch.expect_status(401, "/api/v1/")
        await task.press_sequentially(" Two.")
        dialog = desk.dialog("people.endedTitle")
        await expect(desk.field("people.email", dialog)).to_have_value(email)
        await expect(task).to_have_value("Greet {{ name }}. One. Two.")
        typed = desk.field("people.password", dialog)
        await typed.fill("wrong horse")
        await typed.press("Enter")
        wrong = desk.words("common.errors.invalid_credentials")
        await expect(dialog.get_by_role("alert")).to_contain_text(wrong)
        await typed.fill(password)
        await typed.press("Enter")
        await expect(dialog).to_be_hidden()
        await desk.saved()
        await task.press_sequentially(" Three.")
        await desk.saved()
        await desk.page.reload()
        await expect(task).to_have_value("Greet {{ name }}. One. Two. Three.")
        # The new session's own request: the old cookie would be refused.
        kept = await desk.draft("greeting")
        assert kept["content"]["structure"]["task"] == "Greet {{ name }}. One. Two. Three."


@pytest.mark.parametrize("choice", ["keepMine", "takeTheirs"])
async def test_the_same_draft_in_two_tabs_is_a_choice(desk: Desk, choice: str) -> None:
    await open_greeting(desk)
    task = desk.field("editor.builder.task")
    await task.fill("Greet {{ name }} once.")
    await desk.saved()
    other = await desk.another_tab()
    await other.open_prompt("greeting")
    await other.field("editor.builder.task").fill("Greet {{ name }} elsewhere.")
    await other.saved()
    desk.watch.expect_status(412, "/api/v1/prompts/")
    await desk.page.bring_to_front()
    await task.fill("Greet {{ name }} here.")
    await expect(
        desk.page.get_by_text(desk.words("editor.banners.conflict"), exact=True)
    ).to_be_visible()
    await expect(desk.page.get_by_test_id("save-state")).to_have_attribute(
        "data-status", "conflict"
    )
    await desk.button("editor.banners.decide").click()
    dialog = desk.dialog("editor.conflict.title")
    difference = desk.named("region", desk.words("editor.diff.text"), dialog)
    seen = {
        "both": ("elsewhere", "here"),
        "mine": ("once", "here"),
        "theirs": ("once", "elsewhere"),
    }
    for pair, words in seen.items():
        await desk.button(f"editor.conflict.pairs.{pair}", dialog).click()
        for word in words:
            await expect(difference).to_contain_text(word)
    await desk.button(f"editor.conflict.{choice}", dialog).click()
    await expect(dialog).to_be_hidden()
    kept = f"Greet {{{{ name }}}} {'here' if choice == 'keepMine' else 'elsewhere'}."
    await expect(task).to_have_value(kept)
    await desk.saved()
    assert (await desk.draft("greeting"))["content"]["structure"]["task"] == kept


async def test_a_version_that_somebody_published_meanwhile_is_compared(desk: Desk) -> None:
    await open_greeting(desk)
    await desk.field("editor.builder.task").fill("Greet {{ name }} warmly.")
    await desk.saved()
    api, prompt = desk.project.api, "/api/v1/prompts/greeting"
    theirs: Json = {
        "structure": {"task": "Greet {{ name }} coldly."},
        "config": {"model": LOCAL_MODEL, "parameters": {}},
    }
    put = await api.send("PUT", f"{prompt}/draft", body=theirs)
    assert put.status in {200, 201}, put.text
    await made(await api.post(f"{prompt}/versions", {}))
    await desk.page.reload()
    behind = desk.words("editor.banners.behind", latest="1.0.1", base="1.0.0")
    banner = desk.page.get_by_text(behind, exact=True)
    await expect(banner).to_be_visible()
    await desk.button("editor.banners.compare").click()
    dialog = desk.dialog("editor.behind.title", version="1.0.1")
    difference = desk.named("region", desk.words("editor.diff.text"), dialog)
    draft = desk.words("editor.behind.draft")
    for pair, names, words in (
        ("theirs", {"from": "1.0.0", "to": "1.0.1"}, ("coldly",)),
        ("mine", {"from": "1.0.0", "to": draft}, ("warmly",)),
        ("both", {"from": "1.0.1", "to": draft}, ("coldly", "warmly")),
    ):
        await desk.button(f"editor.behind.pairs.{pair}", dialog, **names).click()
        for word in words:
            await expect(difference).to_contain_text(word)
    await desk.button("editor.behind.goOn", dialog, version="1.0.1").click()
    await expect(banner).to_be_hidden()
    kept = await desk.draft("greeting")
    assert kept["base_version"] == "1.0.1"
    assert kept["content"]["structure"]["task"] == "Greet {{ name }} warmly."
