"""Pages of other origins change nothing, and a request without the token is refused."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

from browser.desk import LOCAL_MODEL, Studio
from fixtures.api import Json, Project
from fixtures.servers import free_port

_PROMPT: Json = {
    "name": "Evil",
    "alias": "evil",
    "content": {"template": "x", "config": {"model": LOCAL_MODEL, "parameters": {}}},
}
# What a form of another site can ask for: no JSON, no header, but with the cookie.
_FORM = """<form id="form" method="post" action="ORIGIN/api/v1/prompts/ours/archive"></form>"""
_FETCH = """async ([url, headers, body]) => {
  try {
    const answer = await fetch(url, { method: 'POST', credentials: 'include', headers, body });
    return answer.type === 'opaque' ? 'unread' : answer.status;
  } catch { return 'refused'; }
}"""


@asynccontextmanager
async def other_origin(page: str) -> AsyncGenerator[str]:
    """The address of a page on another port of this machine, whose cookies are the same."""

    async def show(request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", show)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port := free_port())
    await site.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_a_page_of_another_origin_changes_nothing(studio: Studio, project: Project) -> None:
    await project.publish("ours", {"template": "x"}, model=LOCAL_MODEL)
    ours = studio.url
    async with (
        other_origin(_FORM.replace("ORIGIN", ours)) as theirs,
        studio.desk(project) as desk,
    ):
        desk.watch.expect_origin(theirs)
        desk.watch.expect_console("blocked by CORS policy")
        desk.watch.expect_console("net::ERR_FAILED")
        desk.watch.expect_status(403, "/api/v1/prompts/ours/archive")
        desk.watch.expect_status(415, "/api/v1/prompts")
        await desk.page.goto(theirs)
        prompts, archive = (f"{ours}/api/v1/prompts{path}" for path in ("", "/ours/archive"))
        csrf: str = desk.session["csrf_token"]
        # What needs no leave of the server arrives with the cookie, and is refused all the same.
        plain, body = {"Content-Type": "text/plain"}, json.dumps(_PROMPT)
        assert await desk.page.evaluate(_FETCH, [prompts, plain, body]) == "refused"
        assert await desk.page.evaluate(_FETCH, [archive, {}, None]) == "refused"
        # With JSON or the token the browser asks first, and gets no leave.
        full = {"Content-Type": "application/json", "X-CSRF-Token": csrf}
        assert await desk.page.evaluate(_FETCH, [prompts, full, body]) == "refused"
        async with desk.page.expect_response(archive) as posted:
            await desk.page.evaluate("document.getElementById('form').submit()")
        answer = await posted.value
        sent = await answer.request.all_headers()
        assert "promptops_session=" in sent["cookie"]
        assert sent["origin"] == theirs
        assert (answer.status, (await answer.json())["code"]) == (403, "csrf_failed")
        found = (await project.api.get("/api/v1/prompts")).json["data"]
        assert [(one["alias"], one["archived_at"]) for one in found] == [("ours", None)]


async def test_a_request_of_our_own_page_needs_the_token(studio: Studio, project: Project) -> None:
    async with studio.desk(project) as desk:
        await desk.open("/prompts")
        desk.watch.expect_status(403, "/api/v1/prompts")
        csrf: str = desk.session["csrf_token"]
        wrong = ("y" if csrf.startswith("x") else "x") + csrf[1:]
        sent: Json = {"Content-Type": "application/json", "X-Project": desk.session_project}
        for token, status in ((None, 403), (wrong, 403), (csrf, 201)):
            headers = sent if token is None else {**sent, "X-CSRF-Token": token}
            wanted = ["/api/v1/prompts", headers, json.dumps(_PROMPT)]
            assert await desk.page.evaluate(_FETCH, wanted) == status
        found = (await project.api.get("/api/v1/prompts")).json["data"]
        assert [prompt["alias"] for prompt in found] == ["evil"]
