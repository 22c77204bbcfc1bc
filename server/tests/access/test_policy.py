"""One table says who may do what; every route of the API is asked as each role and each scope."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import promptops_server
from fixtures.api import Answer, Project, made
from fixtures.people import People, member, sign_in
from promptops_server.access.policy import (
    IMPLIED,
    ROLE_SCOPES,
    ROUTES,
    RULES,
    Operation,
    Reach,
    allows,
    operations_of,
)
from promptops_server.access.types import Role, Scope
from promptops_server.app import make_api

_DOCS = Path(promptops_server.__file__).parents[2] / "docs" / "reference" / "roles.md"
_PATHS: dict[str, Any] = make_api().openapi()["paths"]
_ROUTES = {f"{method.upper()} {path}" for path, entry in _PATHS.items() for method in entry}
_MARK = "yes"


def _concrete(route: str) -> tuple[str, str, object]:
    """A request to the route that names nothing which is there, and changes nothing."""
    method, path = route.split(" ")
    has_body = "requestBody" in _PATHS[path][method.lower()]
    path = re.sub(r"\{[a-z_]+\}", "nothing", path)
    query = {"DELETE /api/v1/runs": "?user=nobody", "GET /api/v1/runs/live": "?for_s=0"}
    return method, path + query.get(route, ""), {"nothing": 1} if has_body else None


def test_every_route_has_its_operation_and_every_operation_its_rule() -> None:
    assert set(ROUTES) == _ROUTES
    assert set(RULES) == set(Operation)


@pytest.mark.parametrize("role", Role)
async def test_every_route_opens_to_a_role_as_the_table_says(
    project: Project, people: People, role: Role
) -> None:
    browser = await member(people, project, role)
    asked: dict[str, Answer] = {}
    for route, operation in ROUTES.items():
        if isinstance(operation, Operation):
            method, path, body = _concrete(route)
            asked[route] = await browser.send(method, path, body)
    opened = {route for route, answer in asked.items() if answer.status != 403}
    expected = {
        route
        for route, operation in ROUTES.items()
        if isinstance(operation, Operation) and operation in operations_of(role)
    }
    assert opened == expected
    for route, answer in asked.items():
        assert answer.status < 500, (route, answer.text)
        if route not in expected:
            assert answer.json["code"] == "forbidden", (route, answer.text)


async def test_the_installation_opens_to_its_administrators_alone(
    project: Project, people: People
) -> None:
    owner = await member(people, project, Role.OWNER)
    user = await people.make(is_instance_admin=True)
    administrator = await sign_in(project.api, await people.link(user))
    for route, reach in ROUTES.items():
        if reach not in (Reach.INSTANCE, Reach.PROJECT_MAKER):
            continue
        method, path, body = _concrete(route)
        assert (await owner.send(method, path, body)).status == 403, route
        assert (await administrator.send(method, path, body)).status in (200, 404, 422), route
        by_key = await project.api.send(method, path, body=body)
        assert by_key.status == (401 if reach == Reach.INSTANCE else 422), route
        without_token = await administrator.send(method, path, body, x_csrf_token=None)
        assert without_token.status == (200 if method == "GET" else 403), route


@pytest.mark.parametrize("scope", Scope)
async def test_every_route_opens_to_a_key_as_the_table_says(project: Project, scope: Scope) -> None:
    key = await project.key(scope.value)
    refused: set[str] = set()
    expected: set[str] = set()
    for route, operation in ROUTES.items():
        if not isinstance(operation, Operation):
            continue
        method, path, body = _concrete(route)
        answer = await key.send(method, path, body=body)
        # What is for people only does not look at keys.
        for_people = RULES[operation].is_for_people
        if answer.status == (401 if for_people else 403):
            refused.add(route)
        if for_people or not allows(IMPLIED[scope], operation):
            expected.add(route)
    assert refused == expected


def test_a_higher_role_may_all_that_a_lower_one_may() -> None:
    roles = [Role.VIEWER, Role.RUNNER, Role.EDITOR, Role.OWNER]
    for lower, higher in pairwise(roles):
        assert set(operations_of(lower)) < set(operations_of(higher))
        assert ROLE_SCOPES[lower] < ROLE_SCOPES[higher]
    assert operations_of(Role.OWNER) == list(Operation)


async def test_a_session_tells_what_its_person_may(project: Project, people: People) -> None:
    browser = await member(people, project, Role.RUNNER)
    session = await made(await browser.send("GET", "/api/v1/session"), 200)
    assert session["projects"][0]["may"] == operations_of(Role.RUNNER)
    assert "runs.run" in session["projects"][0]["may"]
    assert "prompts.write" not in session["projects"][0]["may"]


def _row(operation: Operation) -> str:
    rule = RULES[operation]
    roles = (Role.VIEWER, Role.RUNNER, Role.EDITOR, Role.OWNER)
    marks = [_MARK if operation in operations_of(role) else "" for role in roles]
    scopes = ", ".join(f"`{scope.value}`" for scope in Scope if allows(IMPLIED[scope], operation))
    if rule.is_for_people:
        scopes = "people only"
    cells = " | ".join([f"`{operation.value}`", rule.text, *marks, scopes])
    return re.sub(r" +", " ", f"| {cells} |")


def test_the_page_shows_this_table() -> None:
    page = _DOCS.read_text()
    rows = [line for line in page.splitlines() if re.match(r"\| `[a-z]+\.", line)]
    assert rows == [_row(operation) for operation in Operation]
