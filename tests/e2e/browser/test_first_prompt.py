"""From nothing to a prompt that is released and called: the main way through the product."""

import re

from playwright.async_api import expect

from browser.desk import Desk


async def test_from_an_empty_list_to_a_prompt_that_is_called_from_a_shell(desk: Desk) -> None:
    await make_from_a_template(desk)
    await fill_and_preview(desk)
    await keep_answers_short(desk)
    await run_on_the_local_model(desk)


async def make_from_a_template(desk: Desk) -> None:
    await desk.open("/prompts")
    await expect(desk.page.get_by_text(desk.words("prompts.empty"), exact=True)).to_be_visible()
    await desk.button("prompts.first").click()
    dialog = desk.dialog("prompts.newTitle")
    await desk.field("prompts.templates.summarize.title", dialog).check()
    await desk.field("prompts.name", dialog).fill("News/Summary")
    await expect(desk.field("prompts.alias", dialog)).not_to_have_value("")
    await desk.field("prompts.alias", dialog).fill("summary")
    await desk.button("prompts.create", dialog).click()
    await desk.page.wait_for_url("**/prompts/summary")
    await expect(desk.named("heading", "News/Summary")).to_be_visible()
    await expect(desk.field("editor.builder.role")).to_have_value(
        desk.words("prompts.templates.summarize.role")
    )


async def fill_and_preview(desk: Desk) -> None:
    preview = desk.page.get_by_test_id("preview")
    for name, value in (("sentences", "two"), ("text", "The library is closed on Monday.")):
        await desk.page.get_by_label(name, exact=True).fill(value)
        await expect(preview).to_contain_text(value)
    task = desk.field("editor.builder.task")
    await task.press_sequentially(" Be kind.")
    await expect(preview).to_contain_text("Be kind.")
    tokens = desk.page.get_by_test_id("input-tokens")
    await expect(tokens).to_have_text(re.compile(r"\d"))
    before = await tokens.inner_text()
    await task.press_sequentially(" And so on and so forth, for many more words than before.")
    await expect(tokens).not_to_have_text(before)
    await expect(desk.page.get_by_test_id("cost-radar")).to_contain_text("$0")
    await desk.saved()


async def keep_answers_short(desk: Desk) -> None:
    await desk.button("editor.config.parameters").click()
    parameters = desk.dialog("editor.config.parameters")
    await desk.named("spinbutton", "max_tokens", parameters).fill("24")
    await desk.named("spinbutton", "temperature", parameters).fill("0")
    await desk.page.keyboard.press("Escape")
    await expect(parameters).to_be_hidden()
    await desk.saved()
    parameters_kept = (await desk.draft("summary"))["content"]["config"]["parameters"]
    assert parameters_kept["max_tokens"] == 24
    assert parameters_kept["temperature"] == 0


async def run_on_the_local_model(desk: Desk) -> None:
    await desk.field("editor.builder.task").press("Control+Enter")
    output = desk.page.get_by_test_id("output-A")
    await expect(output).to_have_attribute("data-status", "done", timeout=60_000)
    await expect(output).not_to_have_text("")
