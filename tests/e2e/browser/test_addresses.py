"""What the public address decides: https, this machine, or plain http elsewhere."""

from playwright.async_api import BrowserContext, expect

from browser.desk import LOCAL_MODEL, Desk, Studio
from browser.doors import another_address, behind_a_line, self_signed
from fixtures.api import Json, Project
from fixtures.servers import free_port
from promptops_server.embedded.temporary import folder_for_a_test


async def test_over_https_the_cookie_belongs_to_the_host_alone(
    studio: Studio, project: Project
) -> None:
    with folder_for_a_test() as folder:
        async with (
            behind_a_line(studio, self_signed(folder)) as (there, _),
            there.desk(project) as desk,
        ):
            assert there.url.startswith("https://")
            cookie = await session_cookie(desk.context)
            assert (cookie["name"], cookie["secure"]) == ("__Host-promptops_session", True)
            await write_a_prompt(desk)


async def test_on_this_machine_the_cookie_needs_no_tls(studio: Studio, project: Project) -> None:
    async with studio.desk(project) as desk:
        cookie = await session_cookie(desk.context)
        assert (cookie["name"], cookie["secure"]) == ("promptops_session", False)
        await write_a_prompt(desk)


async def session_cookie(context: BrowserContext) -> Json:
    """The only cookie, which no script reads and no other site's form sends."""
    (found,) = await context.cookies()
    cookie: Json = {**found}
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    return cookie


async def write_a_prompt(desk: Desk) -> None:
    """Changes something by the page itself, which reads no cookie."""
    await desk.project.publish("here", {"structure": {"task": "Greet."}}, model=LOCAL_MODEL)
    await desk.open_prompt("here")
    assert await desk.page.evaluate("document.cookie") == ""
    await desk.field("editor.builder.task").fill("Greet warmly.")
    await desk.saved()
    assert (await desk.draft("here"))["content"]["structure"]["task"] == "Greet warmly."


async def test_nobody_signs_in_over_plain_http_elsewhere(studio: Studio) -> None:
    user = await studio.people.make("Somebody")
    token = await studio.people.link(user)
    sentence = (
        "Nobody can sign in over plain HTTP at http://prompts.example: put a TLS proxy in front and"
        " set PROMPTOPS_PUBLIC_URL to its https address, or set PROMPTOPS_INSECURE_HTTP=1."
    )
    port = free_port()
    async with another_address(studio, "http://prompts.example", port) as there:
        here = f"http://127.0.0.1:{port}"
        async with there.context("en") as (context, watch):
            watch.expect_origin(here)
            watch.expect_status(403, "/api/v1/")
            watch.expect_status(401, "/api/v1/session")
            page = await context.new_page()
            await page.goto(f"{here}/link#{token}")
            await expect(page.get_by_text(sentence)).to_be_visible()
            await page.goto(f"{here}/sign-in")
            await page.locator("input[type=email]").fill("a@example.com")
            await page.locator("input[type=password]").fill("correct horse battery")
            await page.keyboard.press("Enter")
            await expect(page.get_by_text(sentence)).to_be_visible()
            assert await context.cookies() == []
    # Nothing was spent: at an address where it can be, the same link signs in.
    async with studio.context("en") as (context, _):
        page = await context.new_page()
        await page.goto(f"{studio.url}/link#{token}")
        await page.locator("button[type=submit]").click()
        await page.wait_for_url("**/prompts")
