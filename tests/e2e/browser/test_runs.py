"""The table of runs: a failed one is found, read, opened in the editor and run again."""

import re

from playwright.async_api import expect

from browser.desk import Desk

_ANSWER = "Hello from the scripted provider."


async def test_a_failed_run_is_found_read_opened_and_run_again(desk: Desk) -> None:
    project, page = desk.project, desk.page
    await project.add_provider()
    for alias, model in (("works", "ok"), ("breaks", "500")):
        structure = {"task": "Write about {{ topic }}."}
        await project.publish(alias, {"structure": structure}, model=f"scripted/{model}")
        await project.deploy(alias)
        await project.api.run(alias, {"topic": f"owls of {alias}"})
    await desk.open("/runs")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(2)
    await page.get_by_label(desk.words("runs.filters.status"), exact=True).select_option("failed")
    await expect(rows).to_have_count(1)
    await expect(page).to_have_url(re.compile(r"/runs\?status=failed$"))
    await expect(rows).to_contain_text("provider_error")
    await page.reload()
    await expect(rows).to_have_count(1)
    await rows.get_by_role("button").click()
    details = page.get_by_role("dialog")
    await expect(details.get_by_role("alert")).to_contain_text("provider_error")
    await expect(details).to_contain_text("owls of breaks")
    await page.keyboard.press("Escape")
    await expect(details).to_be_hidden()
    await page.get_by_label(desk.words("runs.filters.status"), exact=True).select_option("")
    await rows.filter(has_text="works").get_by_role("button").click()
    await expect(details).to_contain_text(_ANSWER)
    await desk.named("link", desk.words("runs.openInEditor"), details).click()
    await expect(page.get_by_label("topic", exact=True)).to_have_value("owls of works")
    await expect(page).to_have_url(re.compile(r"/prompts/works$"))
    await desk.button("editor.run.run").click()
    await expect(page.get_by_test_id("output-A")).to_have_text(_ANSWER)


async def test_runs_come_by_themselves_until_they_are_paused(desk: Desk) -> None:
    project, page = desk.project, desk.page
    await project.add_provider()
    await project.publish("told", {"template": "Hi"}, model="scripted/ok")
    await project.deploy("told")
    await desk.open("/runs")
    await expect(
        page.get_by_role("status").filter(has_text=desk.words("runs.live"))
    ).to_be_visible()
    await expect(page.get_by_text(desk.words("runs.empty"))).to_be_visible()
    await project.api.run("told")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(1)
    await rows.get_by_role("button").click()
    details = page.get_by_role("dialog")
    await desk.button("runs.feedback.up", details).click()
    await expect(desk.button("runs.feedback.up", details)).to_have_attribute("aria-pressed", "true")
    comment = details.get_by_label(desk.words("runs.feedback.comment"), exact=True)
    await comment.fill("Just right.")
    await page.keyboard.press("Enter")
    await expect(details).to_contain_text("Just right.")
    await page.keyboard.press("Escape")
    await page.get_by_label(desk.words("runs.filters.rating"), exact=True).select_option("down")
    await expect(page.get_by_text(desk.words("runs.nothingFound"))).to_be_visible()
    await page.get_by_label(desk.words("runs.filters.rating"), exact=True).select_option("up")
    await expect(rows).to_have_count(1)
    async with page.expect_download() as saved:
        await desk.button("runs.export").click()
    assert "told" in (await (await saved.value).path()).read_text("utf-8-sig")
