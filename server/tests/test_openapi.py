"""The OpenAPI document is the contract: committed, complete and true."""

import json
from pathlib import Path
from typing import Any

import pytest

import promptops_server
from fixtures.api import Api
from promptops_server.app import make_api

_SCHEMA: dict[str, Any] = make_api().openapi()
_OPERATIONS = [
    (method, path, operation)
    for path, entry in _SCHEMA["paths"].items()
    for method, operation in entry.items()
]
_IDS = [f"{method} {path}" for method, path, _ in _OPERATIONS]
# Whoever watches the process has no key.
_SESSION = "/api/v1/session"
_PUBLIC = {"/api/v1/health/live", "/api/v1/health/ready"}
_FOR_PEOPLE = (
    _SESSION,
    "/api/v1/members",
    "/api/v1/invitations",
    "/api/v1/users",
    "/api/v1/instance",
    "/api/v1/health/parts",
)
# What signs in is sent by who has neither a key nor a session.
_SIGNING_IN = {
    ("post", path) for path in (_SESSION, "/api/v1/links/inspect", "/api/v1/links/accept")
}


def test_the_committed_document_is_what_the_code_says() -> None:
    committed = Path(promptops_server.__file__).parents[1] / "openapi.json"
    assert json.loads(committed.read_text()) == _SCHEMA


@pytest.mark.parametrize(("method", "path", "operation"), _OPERATIONS, ids=_IDS)
def test_an_operation_says_what_it_does_and_how_it_fails(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation.get("description")
    assert operation["tags"]
    if path in _PUBLIC:
        return
    schemes = [name for one in operation["security"] for name in one]
    if (method, path) in _SIGNING_IN:
        assert schemes == []
        return
    for_people = path.startswith(_FOR_PEOPLE)
    assert schemes == (["Session"] if for_people else ["ApiKey", "Session"])
    for status in ("401", "403", "503"):
        content = operation["responses"][status]["content"]
        assert list(content) == ["application/problem+json"]


def test_what_is_always_sent_is_never_optional() -> None:
    for name, schema in _SCHEMA["components"]["schemas"].items():
        if name.endswith("Read") or name.startswith("Page_"):
            assert set(schema["properties"]) == set(schema["required"]), name


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(_SCHEMA)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(_SCHEMA["components"]["schemas"])


@pytest.mark.parametrize(("method", "path", "operation"), _OPERATIONS, ids=_IDS)
async def test_no_operation_answers_a_stranger(
    api: Api, method: str, path: str, operation: dict[str, Any]
) -> None:
    stranger = api.with_key(None)
    body: dict[str, Any] | None = {} if "requestBody" in operation else None
    concrete = path.replace("{", "").replace("}", "")
    for spelling in (concrete, concrete.replace("/api/", "//api/"), concrete.upper()):
        answer = await stranger.send(method.upper(), spelling, body=body)
        if path in _PUBLIC and spelling == concrete:
            assert answer.status == 200
        elif (method, path) in _SIGNING_IN and spelling == concrete:
            assert answer.status == 422
        else:
            assert answer.status in (401, 404), (spelling, answer.text)
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["X-Request-Id"]


async def test_every_answer_carries_the_policy_for_browsers(api: Api) -> None:
    for path in ("/docs", "/openapi.json", "/api/v1/prompts", "/nowhere"):
        answer = await api.get(path)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("given", ["abcdefgh", "A-b_9" * 10])
async def test_a_callers_request_id_is_kept(api: Api, given: str) -> None:
    answer = await api.send("GET", "/nowhere", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] == answer.json["request_id"] == given


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space and more", "<script>alert"])
async def test_any_other_request_id_is_replaced(api: Api, given: str) -> None:
    answer = await api.send("GET", "/nowhere", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] != given


async def test_a_wrong_method_is_a_problem_document(api: Api) -> None:
    answer = await api.send("PATCH", "/api/v1/prompts", body={})
    assert (answer.status, answer.json["code"]) == (405, "method_not_allowed")
    answer = await api.get("/api/v1/run/x")
    assert (answer.status, answer.json["code"]) == (405, "method_not_allowed")
