"""What a fault of ours is answered with."""

import json
import logging
from typing import cast

import pytest
from fastapi import FastAPI
from starlette.types import Message, Scope

from promptops_server.core import problems
from promptops_server.core.asgi import RequestContext

_CANARY = "canary-7f3a"


def _scope(path: str, query: bytes = b"") -> Scope:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [],
    }


async def _answers(scope: Scope) -> tuple[list[Message], bool]:
    """What is sent, and whether the failure went on to the server, which logs it."""
    api = FastAPI()
    problems.install(api)

    @api.get("/broken")
    async def broken() -> None:  # pyright: ignore[reportUnusedFunction] # The route calls it.
        raise RuntimeError(_CANARY)

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    try:
        await RequestContext(api)(scope, receive, send)
    except RuntimeError:
        return sent, True
    return sent, False


async def test_a_bug_is_a_problem_document_that_says_nothing_of_its_cause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        (start, body), went_on = await _answers(_scope("/broken"))
    assert went_on
    assert start["status"] == 500
    assert (b"content-type", b"application/problem+json") in start["headers"]
    document = json.loads(cast("bytes", body["body"]))
    assert document["code"] == "internal"
    assert _CANARY not in json.dumps(document)
    assert "unhandled RuntimeError" in caplog.text
    assert _CANARY not in caplog.text


@pytest.mark.parametrize(
    ("path", "query", "status"), [("/a\x00b", b"", 404), ("/broken", b"a=%00", 422)]
)
async def test_an_address_that_holds_nul_is_refused(path: str, query: bytes, status: int) -> None:
    (start, body), went_on = await _answers(_scope(path, query))
    assert (start["status"], went_on) == (status, False)
    assert json.loads(cast("bytes", body["body"]))["status"] == status
