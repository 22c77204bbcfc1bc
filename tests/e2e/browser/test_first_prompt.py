"""From nothing to a prompt that is released and called: the main way through the product."""

import json
import re

from playwright.async_api import Locator, expect

from browser.desk import LOCAL_MODEL, Desk
from fixtures.api import Json, made
from platform_process import Command


async def test_from_an_empty_list_to_a_prompt_that_a_command_line_calls(desk: Desk) -> None:
    await make_from_a_template(desk)
    await fill_and_preview(desk)
    await keep_answers_short(desk)
    await run_on_the_local_model(desk)
    await compare_with_a_second_variant(desk)
    await save_the_first_version(desk)
    await save_a_change_as_a_patch(desk)
    await release_and_roll_back(desk)
    await look_at_the_history(desk)
    await call_it_as_the_page_says(desk)


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
    for name, value in (("sentences", "two"), ("text", "It's closed on Monday.")):
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
    kept = (await desk.draft("summary"))["content"]["config"]["parameters"]
    assert kept["max_tokens"] == 24
    assert kept["temperature"] == 0


async def run_on_the_local_model(desk: Desk) -> None:
    await desk.field("editor.builder.task").press("Control+Enter")
    output = desk.page.get_by_test_id("output-A")
    await expect(output).to_have_attribute("data-status", "done", timeout=60_000)
    await expect(output).not_to_have_text("")
    variant = desk.named("region", desk.words("editor.run.variant", letter="A"))
    await expect(variant).to_contain_text(desk.words("editor.run.tokensOut"))
    await expect(variant).to_contain_text("$0")
    run = (await runs(desk))[0]
    assert run["output"] == await output.inner_text()
    assert run["variables"] == {"sentences": "two", "text": "It's closed on Monday."}
    assert run["model"] == LOCAL_MODEL


async def compare_with_a_second_variant(desk: Desk) -> None:
    await desk.button("editor.run.compare").click()
    settings = desk.words("editor.run.settingsOf", letter="B")
    await desk.page.get_by_role("button", name=settings).click()
    panel = desk.dialog("editor.run.settingsOf", letter="B")
    await desk.field("editor.config.temperature", panel).fill("1.5")
    await desk.field("editor.config.maxTokens", panel).fill("8")
    await desk.page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await desk.button("editor.run.runAll").click()
    for letter in "AB":
        output = desk.page.get_by_test_id(f"output-{letter}")
        await expect(output).to_have_attribute("data-status", "done", timeout=60_000)
    newest = (await runs(desk))[:2]
    assert sorted(run["usage"]["output_tokens"] <= 8 for run in newest) == [False, True]
    await desk.named("button", desk.words("editor.run.remove", letter="B")).click()


async def runs(desk: Desk) -> list[Json]:
    found = (await made(await desk.project.api.get("/api/v1/runs?prompt=summary"), 200))["data"]
    return [
        await made(await desk.project.api.get(f"/api/v1/runs/{run['id']}"), 200) for run in found
    ]


async def save_the_first_version(desk: Desk) -> None:
    await desk.page.keyboard.press("Control+s")
    dialog = desk.dialog("editor.saveDialog.title")
    await expect(dialog).to_contain_text(desk.words("editor.saveDialog.first"))
    await expect(desk.field("editor.saveDialog.version", dialog)).to_have_value("1.0.0")
    await desk.field("editor.saveDialog.message", dialog).fill("The beginning")
    await desk.button("editor.saveDialog.save", dialog, version="1.0.0").click()
    await desk.told("editor.saveDialog.saved", version="1.0.0")
    await expect(dialog).to_be_hidden()


async def save_a_change_as_a_patch(desk: Desk) -> None:
    await desk.button("editor.builder.addConstraint").click()
    await desk.field("editor.builder.constraint", number=3).fill("Name no person.")
    await desk.saved()
    await desk.button("editor.saveVersion").click()
    dialog = desk.dialog("editor.saveDialog.title")
    await expect(dialog).to_contain_text(desk.words("editor.saveDialog.hint", version="1.0.0"))
    await expect(desk.field("editor.saveDialog.version", dialog)).to_have_value("1.0.1")
    await expect(dialog).to_contain_text(desk.words("editor.saveDialog.bumps.patch"))
    await expect(diff_in(desk, dialog)).to_contain_text("Name no person.")
    await desk.field("editor.saveDialog.message", dialog).fill("People stay private")
    await desk.button("editor.saveDialog.save", dialog, version="1.0.1").click()
    await desk.told("editor.saveDialog.saved", version="1.0.1")


def diff_in(desk: Desk, place: Locator) -> Locator:
    return desk.named("region", desk.words("editor.diff.text"), place)


async def release_and_roll_back(desk: Desk) -> None:
    await desk.button("editor.viewNames.releases").click()
    await promote(desk, "staging", "1.0.1", None)
    await promote(desk, "prod", "1.0.0", None)
    await promote(desk, "prod", "1.0.1", "1.0.0")
    card = desk.page.get_by_test_id("environment-prod")
    await expect(card).to_contain_text("1.0.1")
    await desk.button("editor.release.rollBack", card).click()
    dialog = desk.dialog("editor.release.rollBackTitle", environment="prod")
    await expect(dialog).to_contain_text(
        desk.words("editor.release.rollBackFromTo", before="1.0.1", after="1.0.0")
    )
    await desk.button("editor.release.rollBack", dialog).click()
    await desk.told("editor.release.rolledBack", version="1.0.0", environment="prod")
    await expect(card).to_contain_text("1.0.0")
    ledger = desk.named("region", desk.words("editor.release.ledger"))
    await desk.field("editor.release.environment", ledger).select_option(label="prod")
    entries = ledger.get_by_role("listitem")
    await expect(entries).to_have_count(3)
    await expect(entries.first).to_contain_text("1.0.1 → 1.0.0")
    await expect(entries.first).to_contain_text(desk.words("editor.release.kinds.rollback"))
    await expect(entries.nth(1)).to_contain_text("Because it is time")
    await expect(entries.nth(1)).to_contain_text(desk.user.name)


async def promote(desk: Desk, environment: str, version: str, before: str | None) -> None:
    card = desk.page.get_by_test_id(f"environment-{environment}")
    await desk.button("editor.release.promote", card).click()
    dialog = desk.dialog("editor.release.promoteTitle", environment=environment)
    await desk.field("editor.release.version", dialog).select_option(version)
    await desk.field("editor.release.reason", dialog).fill("Because it is time")
    if before is None:
        first = desk.words("editor.release.promoteFirst", environment=environment)
        await expect(dialog).to_contain_text(first)
        names = {"version": version, "environment": environment}
        await desk.button("editor.release.putInto", dialog, **names).click()
    else:
        told = {"version": before, "environment": environment}
        await expect(dialog).to_contain_text(desk.words("editor.release.promoteReplaces", **told))
        await expect(diff_in(desk, dialog)).to_contain_text("Name no person.")
        await desk.button("editor.release.replace", dialog, before=before, after=version).click()
    await desk.told("editor.release.released", version=version, environment=environment)
    await expect(card).to_contain_text(version)


async def look_at_the_history(desk: Desk) -> None:
    await desk.button("editor.viewNames.history").click()
    versions = desk.named("list", desk.words("editor.history.versions")).get_by_role("listitem")
    await expect(versions).to_have_count(2)
    await expect(versions.first).to_contain_text("People stay private")
    newest = desk.named("region", desk.words("editor.history.versionNumber", version="1.0.1"))
    compare = desk.named("combobox", desk.words("editor.history.compareWith"), newest)
    await compare.select_option("1.0.0")
    await expect(diff_in(desk, newest)).to_contain_text("Name no person.")
    await desk.button("common.more", newest).click()
    await desk.named("menuitem", desk.words("editor.history.deprecate")).click()
    await expect(versions.first).to_contain_text(desk.words("editor.history.deprecated"))
    await desk.button("common.more", newest).click()
    await desk.named("menuitem", desk.words("editor.history.undeprecate")).click()
    await expect(versions.first).not_to_contain_text(desk.words("editor.history.deprecated"))
    await versions.nth(1).get_by_role("button").click()
    older = desk.named("region", desk.words("editor.history.versionNumber", version="1.0.0"))
    await desk.button("editor.history.restore", older).click()
    await desk.told("editor.history.restored", version="1.0.0")
    await expect(desk.field("editor.builder.constraint", number=2)).to_be_visible()
    await expect(desk.field("editor.builder.constraint", number=3)).to_be_hidden()
    draft = await desk.draft("summary")
    assert draft["base_version"] == "1.0.0"
    assert len(draft["content"]["structure"]["constraints"]) == 2


async def call_it_as_the_page_says(desk: Desk) -> None:
    await desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await desk.button("editor.viewNames.use").click()
    code = desk.page.get_by_test_id("code-curl")
    await expect(code).to_contain_text("env=prod")
    await desk.button("editor.useIt.copy").click()
    await expect(desk.button("common.copied")).to_be_visible()
    copied: str = await desk.page.evaluate("navigator.clipboard.readText()")
    assert copied == await code.text_content()
    caller = await desk.project.key("run")
    command = Command.read(copied)
    assert command.headers["X-API-Key"] == "$PROMPTOPS_API_KEY"
    command.headers["X-API-Key"] = caller.key or ""
    sent = json.loads(command.body)["variables"]
    assert sent == {"sentences": "two", "text": "It's closed on Monday."}
    path = command.url.removeprefix(desk.project.api.url)
    answer = await desk.project.api.with_key(None).send(
        "POST", path, raw=command.body.encode(), headers=command.headers
    )
    assert answer.status == 200, answer.text
    assert answer.json["version"] == "1.0.0"
    assert answer.json["output"]
