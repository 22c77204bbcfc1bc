"""Pages of other origins change nothing, and a request without the token is refused."""

import json

from browser.desk import LOCAL_MODEL, Studio
from fixtures.api import Json, Project

_PROMPT: Json = {
    "name": "Evil",
    "alias": "evil",
    "content": {"template": "x", "config": {"model": LOCAL_MODEL, "parameters": {}}},
}
# The `=` that a form puts between name and value has to stand in a text.
_FORM = """<form id="form" method="post" action="ORIGIN/api/v1/prompts" enctype="text/plain">
<input name='{"name": "Evil", "alias": "evil", "description": "' value='"}'></form>"""
_FETCH = """async ([url, headers, body]) => {
  try {
    const answer = await fetch(url, { method: 'POST', credentials: 'include', headers, body });
    return answer.type === 'opaque' ? 'unread' : answer.status;
  } catch { return 'refused'; }
}"""


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
