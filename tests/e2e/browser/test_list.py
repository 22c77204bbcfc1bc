"""The list of prompts, the palette over it, and what somebody sees who may change nothing."""

import pytest
from playwright.async_api import Page, expect

from browser.desk import LOCAL_MODEL, Desk, Studio
from browser.words import Locale
from fixtures.api import Json, Project, made
from promptops_server.access.types import Role


@pytest.fixture
def locale() -> Locale:
    """The main way is gone in both languages; here one is enough."""
    return "zh-CN"


async def fill(project: Project) -> None:
    for name, alias, tags, task in (
        ("Support/Refund", "refund", ["mail", "money"], "Refund {{ order }} with regret."),
        ("Support/Greeting", "greeting", ["mail"], "Greet {{ name }}."),
        ("Poem", "poem", [], "Write a poem about {{ topic }}."),
    ):
        body: Json = {
            "name": name,
            "alias": alias,
            "tags": tags,
            "content": {
                "structure": {"task": task},
                "config": {"model": LOCAL_MODEL, "parameters": {}},
            },
        }
        await made(await project.api.post("/api/v1/prompts", body))
        await made(await project.api.post(f"/api/v1/prompts/{alias}/versions", {}))


async def shown(page: Page, *names: str) -> None:
    """Returns when the list has these prompts and no other."""
    rows = page.locator("tbody").get_by_role("row")
    await expect(rows).to_have_count(len(names))
    for name in names:
        await expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


async def test_prompts_are_found_by_text_folder_and_tag(desk: Desk) -> None:
    await fill(desk.project)
    page = desk.page
    await desk.open("/prompts")
    await shown(page, "Support/Refund", "Support/Greeting", "Poem")
    search = desk.field("prompts.search")
    await search.fill("poem")
    await shown(page, "Poem")
    await search.fill("regret")
    nothing = page.get_by_text(desk.words("prompts.nothingFound"), exact=True)
    await expect(nothing).to_be_visible()
    await desk.field("prompts.inText").check()
    await shown(page, "Support/Refund")
    # What is shown stands in the address, to be shared.
    await page.reload()
    await shown(page, "Support/Refund")
    await search.fill("nowhere to be found")
    await expect(nothing).to_be_visible()
    await desk.button("prompts.clearFilter").click()
    await shown(page, "Support/Refund", "Support/Greeting", "Poem")
    folders = desk.named("navigation", desk.words("prompts.folders"))
    await folders.get_by_role("button", name="Support").click()
    await shown(page, "Support/Refund", "Support/Greeting")
    await desk.button("prompts.onlyTag", tag="money").click()
    await shown(page, "Support/Refund")
    await desk.button("prompts.removeTag", tag="money").click()
    await desk.button("prompts.allFolders", folders).click()
    await shown(page, "Support/Refund", "Support/Greeting", "Poem")


async def test_a_prompt_is_described_copied_archived_and_taken_back(desk: Desk) -> None:
    await fill(desk.project)
    page = desk.page
    await desk.open("/prompts")
    await choose(desk, "Poem", "editDetails")
    details = desk.dialog("prompts.detailsTitle")
    await desk.field("prompts.tags", details).fill("rhyme")
    await desk.button("common.save", details).click()
    await expect(desk.button("prompts.onlyTag", tag="rhyme")).to_be_visible()
    await choose(desk, "Poem", "archiveOne")
    await desk.told("prompts.archivedNow", name="Poem")
    await shown(page, "Support/Refund", "Support/Greeting")
    await desk.button("prompts.archive").click()
    await shown(page, "Poem")
    await choose(desk, "Poem", "unarchive")
    await desk.told("prompts.unarchived", name="Poem")
    empty = page.get_by_text(desk.words("prompts.archiveEmpty"), exact=True)
    await expect(empty).to_be_visible()
    await desk.button("prompts.leaveArchive").click()
    await shown(page, "Support/Refund", "Support/Greeting", "Poem")
    await choose(desk, "Poem", "duplicate")
    copying = desk.dialog("prompts.duplicateTitle", name="Poem")
    await expect(desk.field("prompts.alias", copying)).to_have_value("poem-copy")
    await desk.button("prompts.duplicate", copying).click()
    await page.wait_for_url("**/prompts/poem-copy")
    await expect(desk.field("editor.builder.task")).to_have_value("Write a poem about {{ topic }}.")


async def choose(desk: Desk, name: str, command: str) -> None:
    await desk.button("prompts.actionsOf", name=name).click()
    await desk.named("menuitem", desk.words(f"prompts.{command}")).click()


async def test_the_palette_leads_everywhere_by_keyboard_alone(desk: Desk) -> None:
    await fill(desk.project)
    page, keyboard = desk.page, desk.page.keyboard
    await desk.open("/prompts")
    await shown(page, "Support/Refund", "Support/Greeting", "Poem")
    palette = desk.dialog("common.palette.title")
    await open_palette(desk)
    await keyboard.type("refu")
    option = palette.get_by_role("option")
    await expect(option).to_have_count(1)
    await expect(option).to_contain_text("Support/Refund")
    await keyboard.press("Enter")
    await page.wait_for_url("**/prompts/refund")
    await expect(palette).to_be_hidden()
    task = desk.field("editor.builder.task")
    await task.focus()
    await open_palette(desk)
    await keyboard.type(desk.words("common.palette.items.theme"))
    await expect(option).to_have_count(1)
    await keyboard.press("Enter")
    await expect(page.locator("html.dark")).to_be_attached()
    await keyboard.press("Control+k")
    await expect(palette).to_be_visible()
    await keyboard.press("Escape")
    await expect(palette).to_be_hidden()
    # The focus comes back to where it was.
    await expect(task).to_be_focused()
    await open_palette(desk)
    await keyboard.type(desk.words("common.palette.items.list"))
    await keyboard.press("Enter")
    await expect(desk.named("heading", desk.words("prompts.title"))).to_be_visible()
    await keyboard.press("n")
    await expect(desk.dialog("prompts.newTitle")).to_be_visible()


async def open_palette(desk: Desk) -> None:
    await desk.page.keyboard.press("Control+k")
    typed = desk.dialog("common.palette.title").get_by_role("combobox")
    await expect(typed).to_be_focused()


async def test_a_viewer_reads_everything_and_finds_nothing_to_change_it(
    studio: Studio, project: Project, locale: Locale
) -> None:
    await fill(project)
    await project.deploy("poem")
    async with studio.desk(project, locale, Role.VIEWER) as desk:
        await desk.open("/prompts")
        await shown(desk.page, "Support/Refund", "Support/Greeting", "Poem")
        await expect(desk.button("prompts.new")).to_be_hidden()
        await expect(desk.button("prompts.actionsOf", name="Poem")).to_be_hidden()
        await desk.page.keyboard.press("n")
        await desk.page.get_by_role("link", name="Poem", exact=True).click()
        await expect(desk.page.get_by_role("dialog")).to_have_count(0)
        task = desk.field("editor.builder.task")
        await expect(task).to_have_attribute("readonly", "")
        told = desk.page.get_by_text(desk.words("editor.save.readOnly"), exact=True)
        await expect(told).to_be_visible()
        for hidden in ("saveVersion", "builder.addConstraint", "builder.addExample", "run.run"):
            await expect(desk.button(f"editor.{hidden}")).to_be_hidden()
        await desk.page.keyboard.press("Control+s")
        await desk.button("editor.viewNames.releases").click()
        card = desk.page.get_by_test_id("environment-prod")
        await expect(card).to_contain_text(desk.words("editor.release.onlyOwner"))
        await expect(card.get_by_role("button")).to_have_count(0)
        staging = desk.page.get_by_test_id("environment-staging")
        await expect(staging).to_contain_text(desk.words("editor.release.onlyEditor"))
        await desk.button("editor.viewNames.history").click()
        versions = desk.named("list", desk.words("editor.history.versions"))
        await expect(versions).to_contain_text("1.0.0")
        await expect(desk.button("editor.history.restore")).to_be_hidden()
        await expect(desk.button("common.more")).to_be_hidden()
        await expect(desk.page.get_by_role("dialog")).to_have_count(0)
        await refused(desk)


async def refused(desk: Desk) -> None:
    """The server says no to what the page does not offer."""
    content: Json = {"template": "Mine", "config": {"model": LOCAL_MODEL, "parameters": {}}}
    for method, path, body in (
        ("PUT", "/prompts/poem/draft", content),
        ("POST", "/prompts/poem/versions", {}),
        ("PATCH", "/prompts/poem", {"name": "Mine"}),
        ("POST", "/prompts/poem/archive", None),
        ("POST", "/prompts", {"name": "Mine", "alias": "mine"}),
        ("POST", "/run/poem", {"variables": {"topic": "owls"}}),
        (
            "POST",
            "/deployments",
            {"subject": "poem", "environment": "staging", "version": "1.0.0"},
        ),
    ):
        status = await desk.call(method, f"/api/v1{path}", body)
        assert status == 403, (method, path, status)
