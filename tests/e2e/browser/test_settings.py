"""Settings: keys that are limited, providers that are tested, and what a viewer cannot do there."""

import json

import aiohttp
from playwright.async_api import expect

from browser.desk import Desk, Studio
from browser.words import Locale, Words
from fixtures.api import Api, Json, Project
from platform_process import Command

_WRONG = "sk-wrong-0123456789abcdef"
_RIGHT = "sk-right-0123456789fedcba"


async def test_a_key_is_made_used_up_limited_anew_and_revoked(desk: Desk) -> None:
    await desk.project.add_provider()
    await desk.project.prompt("greet", "Hi {{ name }}")
    page = desk.page
    await desk.open("/settings/keys")
    secret = await make_key(desk)
    caller = desk.project.api.with_key(secret)
    row = page.get_by_test_id("api-key").filter(has_text="Shop")
    await expect(row).to_contain_text(desk.words("settings.keys.neverUsed"))
    await expect(row).to_contain_text(desk.words("settings.keys.shown.requests", count=2))
    # Two a minute, both of which may come at once.
    answers = [(await caller.run("greet", {"name": "Ada"})).status for _ in range(3)]
    assert answers == [200, 200, 429]
    await expect(row).not_to_contain_text(desk.words("settings.keys.neverUsed"), timeout=40_000)
    await expect(row).to_contain_text(desk.words("settings.keys.lastUsed"))

    await desk.button("settings.keys.actionsOf", row, name="Shop").click()
    await desk.named("menuitem", desk.words("settings.keys.commands.edit")).click()
    editing = desk.dialog("settings.keys.editTitle", name="Shop")
    await desk.field("settings.keys.limits.requestsPerMinute.title", editing).fill("none")
    await desk.button("common.save", editing).click()
    await expect(editing.get_by_role("alert")).to_have_text(desk.words("settings.keys.limitRule"))
    await desk.field("settings.keys.limits.requestsPerMinute.title", editing).fill("1000")
    # What was typed is not thrown away unasked.
    await page.keyboard.press("Escape")
    await desk.button("common.keepEditing", editing).click()
    await desk.button("common.save", editing).click()
    await expect(editing).to_be_hidden()
    shown = desk.words("settings.keys.shown.requests", count="1,000")
    await expect(row).to_contain_text(shown)

    await desk.button("settings.keys.actionsOf", row, name="Shop").click()
    await desk.named("menuitem", desk.words("settings.keys.commands.revoke")).click()
    asking = desk.dialog("settings.keys.revokeTitle", name="Shop")
    await desk.button("settings.keys.revoke", asking).click()
    await desk.told("settings.keys.revokedNow", name="Shop")
    assert (await caller.get("/api/v1/projects")).status == 401
    assert secret not in await page.content()


async def make_key(desk: Desk) -> str:
    """The text of a new key that may run one prompt twice a minute."""
    await desk.button("settings.keys.new").click()
    dialog = desk.dialog("settings.keys.newTitle")
    await desk.button("settings.keys.create", dialog).click()
    needed = dialog.get_by_text(desk.words("settings.keys.nameNeeded"), exact=True)
    await expect(needed).to_be_visible()
    await desk.field("settings.keys.name", dialog).fill("Shop")
    await desk.field("settings.keys.limits.requestsPerMinute.title", dialog).fill("2")
    await desk.field("settings.keys.onlyPrompts", dialog).check()
    await desk.button("settings.keys.addPrompt", dialog, name="greet").click()
    await desk.button("settings.keys.create", dialog).click()
    shown = desk.dialog("settings.keys.secretTitle", name="Shop")
    secret = await desk.field("settings.keys.secret", shown).input_value()
    assert secret.startswith("sk-")
    code = shown.get_by_role("region", name=desk.words("settings.keys.tryIt"), exact=True)
    await expect(code).to_contain_text("/api/v1/run/greet?env=prod")
    command = Command.read(await code.inner_text())
    assert command.headers["X-API-Key"] == secret
    assert '"name"' in command.body
    # The way out is a decision: a key does not go by a wrong key press.
    await desk.page.keyboard.press("Escape")
    await desk.button("settings.keys.secretDone", shown).click()
    await expect(shown).to_be_hidden()
    return secret


async def test_a_provider_is_added_and_a_wrong_key_is_explained_and_replaced(desk: Desk) -> None:
    page = desk.page
    await desk.open("/settings/providers")
    await desk.button("settings.providers.add").click()
    choosing = desk.dialog("settings.providers.chooseKind")
    await choosing.get_by_role("combobox").fill("openai_comp")
    await page.keyboard.press("Enter")
    kind = desk.words("settings.providers.kinds.openai_compatible")
    adding = desk.dialog("settings.providers.addTitle", kind=kind)
    await desk.field("settings.providers.name", adding).fill("house")
    await desk.button("settings.providers.addAndTest", adding).click()
    await expect(adding.get_by_role("alert")).to_have_text(desk.words("settings.providers.needed"))
    await desk.field("settings.providers.baseUrl", adding).fill(f"{desk.project.provider_url}/v1")
    await desk.field("settings.providers.fields.api_key", adding).fill(_WRONG)
    await desk.button("settings.providers.addAndTest", adding).click()

    model = desk.field("settings.providers.testModel")
    await model.fill("401")
    await desk.button("settings.providers.testNow").click()
    for part in ("what", "next"):
        said = desk.words(f"settings.providers.failed.provider_auth.{part}")
        await expect(page.get_by_text(said, exact=True)).to_be_visible()
    await expect(page.get_by_text(f"••••{_WRONG[-4:]}")).to_be_visible()

    await desk.button("settings.providers.replaceKey").click()
    editing = desk.dialog("settings.providers.editTitle", name="house")
    await desk.field("settings.providers.fields.api_key", editing).fill(_RIGHT)
    await desk.button("common.save", editing).click()
    await desk.told("settings.providers.saved", name="house")
    await expect(page.get_by_text(f"••••{_RIGHT[-4:]}")).to_be_visible()
    await model.fill("ok")
    await desk.button("settings.providers.testNow").click()
    works = desk.words("settings.providers.works", model="ok", latency="@").partition("@")[0]
    await expect(page.get_by_text(works)).to_be_visible()
    call = desk.studio.provider.calls[-1]
    assert call.model == "ok"
    assert call.headers["authorization"] == f"Bearer {_RIGHT}"
    content = await page.content()
    assert _WRONG not in content
    assert _RIGHT not in content

    await desk.button("settings.providers.actionsOf", name="house").click()
    await desk.named("menuitem", desk.words("settings.providers.remove")).click()
    removing = desk.dialog("settings.providers.removeTitle", name="house")
    await desk.button("common.delete", removing).click()
    await desk.told("settings.providers.removed", name="house")
    names = [one["name"] for one in (await providers_of(desk.project))]
    assert names == ["local"]


async def providers_of(project: Project) -> list[Json]:
    """The project's providers."""
    return (await project.api.get("/api/v1/providers")).json["data"]


async def test_a_colleague_is_invited_as_a_viewer_and_changes_nothing(
    studio: Studio, desk: Desk
) -> None:
    await desk.open("/members")
    await desk.button("people.members.invite").click()
    inviting = desk.dialog("people.members.invite")
    email = f"bo-{desk.user.id.hex}@example.com"
    await desk.field("people.email", inviting).fill(email)
    await desk.field("people.members.role", inviting).select_option("viewer")
    await desk.button("people.members.makeLink", inviting).click()
    made = desk.dialog("people.members.linkTitle", email=email)
    link = await desk.field("people.members.link", made).input_value()

    async with studio.context(desk.words.locale) as (context, watch):
        page = await context.new_page()
        await page.goto(link)
        words: Words = desk.words
        await page.get_by_label(words("people.name"), exact=True).fill("Bo")
        password = page.get_by_label(words("people.newPassword"), exact=True)
        await password.fill("a very long password")
        button = words("people.kinds.invitation.button")
        await page.get_by_role("button", name=button, exact=True).click()
        await page.wait_for_url("**/prompts")
        await page.goto("/settings/providers")
        await expect(page.get_by_text("local", exact=True)).to_be_visible()
        only = page.get_by_text(words("settings.ownersOnly"), exact=True)
        await expect(only).to_be_visible()
        for key in ("add", "test"):
            name = words(f"settings.providers.{key}")
            await expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
        keys = page.get_by_role("link", name=words("settings.sections.keys.title"), exact=True)
        await keys.click()
        refused = page.get_by_text(words("settings.keys.forbidden"), exact=True)
        await expect(refused).to_be_visible()
        new = page.get_by_role("button", name=words("settings.keys.new"), exact=True)
        await expect(new).to_have_count(0)
        # Nor does the server do what the pages do not offer.
        session = await (await context.request.get("/api/v1/session")).json()
        watch.expect_status(403, "/api/v1/")
        headers = {
            "Origin": studio.platform.url,
            "X-CSRF-Token": str(session["csrf_token"]),
            "Content-Type": "application/json",
        }
        for path, body in (
            ("/api/v1/providers", {"name": "x", "kind": "local"}),
            ("/api/v1/keys", {"name": "x", "scopes": ["run"]}),
        ):
            answer = await context.request.post(path, data=json.dumps(body), headers=headers)
            assert answer.status == 403, path
        assert (await context.request.get("/api/v1/keys")).status == 403


async def test_runs_are_kept_as_said_and_those_of_a_user_deleted(desk: Desk) -> None:
    await desk.project.add_provider()
    await desk.project.prompt("greet")
    for user in ("ada", "bo"):
        assert (await desk.project.api.run("greet", user=user)).status == 200
    page = desk.page
    await desk.open("/settings/storage")
    await desk.field("settings.storage.stores.metadata.title").check()
    await desk.field("settings.storage.limited").check()
    days = desk.field("settings.storage.days")
    await days.fill("0")
    await desk.button("common.save").click()
    await expect(page.get_by_text(desk.words("settings.storage.daysRule"))).to_be_visible()
    await days.fill("30")
    # A link does not lead away from what is not saved.
    page.once("dialog", lambda dialog: dialog.dismiss())
    await page.get_by_role("link", name=desk.words("settings.sections.keys.title")).click()
    await expect(days).to_have_value("30")
    await desk.button("common.save").click()
    asking = desk.dialog("settings.storage.deleteTitle", days=30)
    await desk.button("settings.storage.deleteOlder", asking).click()
    await desk.told("settings.storage.saved")
    kept = (await desk.project.api.get("/api/v1/run-settings")).json
    assert kept == {"store": "metadata", "retention_days": 30}

    await desk.field("settings.storage.user").fill("ada")
    await desk.button("settings.storage.deleteRuns").click()
    deleting = desk.dialog("settings.storage.ofUserAsk", user="ada")
    await desk.button("settings.storage.deleteRuns", deleting).click()
    await desk.told("settings.storage.ofUserDone", user="ada", count=1)
    runs = (await desk.project.api.get("/api/v1/runs")).json["data"]
    assert [run["user"] for run in runs] == ["bo"]


async def test_a_newcomer_has_a_first_answer_after_one_click(
    studio: Studio, locale: Locale
) -> None:
    key = (studio.platform.data_dir / "demo.key").read_text().strip()
    async with aiohttp.ClientSession() as session:
        demo = Project(Api(session, studio.platform.url, key), studio.provider.url)
        async with studio.desk(demo, locale) as desk:
            await desk.open("/prompts")
            card = desk.page.get_by_test_id("start")
            await expect(card.get_by_text(desk.words("start.localModel"))).to_be_visible()
            await desk.button("start.run", card).click()
            answer = desk.page.get_by_test_id("first-answer")
            await expect(answer).to_have_attribute("data-status", "done", timeout=60_000)
            await expect(desk.named("heading", desk.words("start.nextTitle"), card)).to_be_visible()
            title = desk.words("start.steps.write.title")
            await desk.button("start.dismiss", card, title=title).click()
            # What was done and put away stays so.
            await desk.page.reload()
            provider = desk.named("link", desk.words("start.steps.provider.title"), card)
            await expect(provider).to_be_visible()
            await expect(desk.named("link", title, card)).to_have_count(0)
            await expect(desk.button("start.run", card)).to_have_count(0)
            await desk.button("start.close", card).click()
            await expect(card).to_have_count(0)
