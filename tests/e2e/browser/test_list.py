"""The list of prompts, the palette over it, and what somebody sees who may change nothing."""

from playwright.async_api import Page, expect

from browser.desk import LOCAL_MODEL, Desk
from fixtures.api import Json, Project, made


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
