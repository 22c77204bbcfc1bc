"""Members and invitations over HTTP."""

import asyncio
import secrets

import asyncpg
import pytest

from fixtures.api import Project, made, new_project
from fixtures.people import (
    Browser,
    People,
    accept_link,
    browser_of,
    inspect_link,
    member,
    sign_in,
    sign_in_by_password,
)
from fixtures.servers import World
from fixtures.waiting import eventually
from promptops_server.access.tokens import digest
from promptops_server.access.types import Role

_PASSWORD = "correct horse battery"
_INVITATIONS = "/api/v1/invitations"
_MEMBERS = "/api/v1/members"


def _email() -> str:
    return f"u-{secrets.token_hex(6)}@example.com"


async def _invite(owner: Browser, email: str, role: str = "editor") -> str:
    """The token of a new invitation."""
    created = await made(await owner.send("POST", _INVITATIONS, {"email": email, "role": role}))
    assert created["mailed"] is False
    address, _, token = created["url"].partition("/link#")
    assert address == owner.api.url
    return token


async def _id(browser: Browser) -> str:
    return (await browser.send("GET", "/api/v1/session")).json["user"]["id"]


async def test_an_invitation_makes_a_person_with_that_role(
    project: Project, people: People, world: World
) -> None:
    owner = await member(people, project)
    email = _email()
    token = await _invite(owner, email.upper(), "runner")
    listed = (await owner.send("GET", _INVITATIONS)).json["data"]
    assert [(one["email"], one["role"], one["invited_by"]) for one in listed] == [
        (email, "runner", "Ada")
    ]
    assert token not in str(listed)
    seen = (await inspect_link(project.api, token)).json
    assert (seen["kind"], seen["email"], seen["user_name"]) == ("invitation", email, None)
    assert (seen["role"], seen["needs_password"]) == ("runner", True)
    for missing, pointer in (
        ({"name": "Grace"}, "#/password"),
        ({"password": _PASSWORD}, "#/name"),
    ):
        refused = await accept_link(project.api, token, missing)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)
    address_as_password = {"name": "Grace", "password": email}
    assert (await accept_link(project.api, token, address_as_password)).status == 422
    answer = await accept_link(project.api, token, {"name": "Grace", "password": _PASSWORD})
    assert [one["role"] for one in answer.json["projects"]] == ["runner"]
    assert answer.json["user"]["email"] == email
    assert (await owner.send("GET", _INVITATIONS)).json["data"] == []
    rows = (await owner.send("GET", _MEMBERS)).json["data"]
    assert [(one["name"], one["role"], one["has_signed_in"]) for one in rows] == [
        ("Ada", "owner", True),
        ("Grace", "runner", True),
    ]
    assert rows[1]["email"] == email
    own = (await browser_of(project.api, answer).send("GET", _MEMBERS)).json["data"]
    assert [one["email"] for one in own] == [None, email]
    assert (await sign_in_by_password(project.api, email, _PASSWORD)).status == 200
    log = world.log.read_text()
    for secret in (token, email, _PASSWORD):
        assert secret not in log


async def test_of_many_who_accept_an_invitation_at_once_one_is_made(
    project: Project, people: People
) -> None:
    owner = await member(people, project)
    token = await _invite(owner, _email())
    fields = {"name": "Grace", "password": _PASSWORD}
    answers = await asyncio.gather(*(accept_link(project.api, token, fields) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [410] * 7
    assert len((await owner.send("GET", _MEMBERS)).json["data"]) == 2


async def test_an_invitation_takes_no_account_over(project: Project, people: People) -> None:
    owner = await member(people, project)
    user = await people.make("Grace", email=_email(), password=_PASSWORD)
    email = user.email or ""
    token = await _invite(owner, email)
    seen = (await inspect_link(project.api, token)).json
    assert (seen["user_name"], seen["needs_password"]) == ("Grace", True)
    for fields, status in (
        ({}, 422),
        ({"password": "another long password"}, 401),
        ({"password": _PASSWORD, "name": "Mallory"}, 422),
        ({"password": _PASSWORD, "email": _email()}, 422),
    ):
        assert (await accept_link(project.api, token, fields)).status == status
    # Another person's session is not this person's.
    other = await sign_in(project.api, await people.link(await people.make()))
    assert (await accept_link(project.api, token, {}, other.headers)).status == 422
    mine = await sign_in(project.api, await people.link(user))
    without_token = {**mine.headers, "X-CSRF-Token": "x"}
    assert (await accept_link(project.api, token, {}, without_token)).status == 422
    seen = await mine.send("POST", "/api/v1/links/inspect", {"token": token})
    assert seen.json["needs_password"] is False
    answer = await accept_link(project.api, token, {}, mine.headers)
    assert [one["role"] for one in answer.json["projects"]] == ["editor"]
    assert (await sign_in_by_password(project.api, email, _PASSWORD)).status == 200


async def test_who_has_an_account_joins_by_its_password_and_guesses_are_held_back(
    project: Project, people: People
) -> None:
    owner = await member(people, project)
    user = await people.make(email=_email(), password=_PASSWORD)
    token = await _invite(owner, user.email or "", "viewer")
    answer = await accept_link(project.api, token, {"password": _PASSWORD})
    assert [one["role"] for one in answer.json["projects"]] == ["viewer"]
    guessed = await people.make(email=_email(), password=_PASSWORD)
    token = await _invite(owner, guessed.email or "")
    headers = {"X-Forwarded-For": f"2001:db8:{secrets.randbits(16):x}::1"}
    statuses = [
        (await accept_link(project.api, token, {"password": "guess"}, headers)).status
        for _ in range(6)
    ]
    assert statuses == [401] * 5 + [429]


async def test_an_account_without_a_password_is_not_given_one_by_an_invitation(
    project: Project, people: People
) -> None:
    owner = await member(people, project)
    user = await people.make(email=_email())
    token = await _invite(owner, user.email or "")
    answer = await accept_link(project.api, token, {"password": _PASSWORD})
    assert (answer.status, answer.json["code"]) == (403, "forbidden")
    mine = await sign_in(project.api, await people.link(user))
    assert (await accept_link(project.api, token, {}, mine.headers)).status == 200


async def test_an_invitation_ends_when_withdrawn_replaced_or_old(
    project: Project, people: People, world: World
) -> None:
    owner = await member(people, project)
    email = _email()
    first = await _invite(owner, email)
    second = await _invite(owner, email)
    assert (await inspect_link(project.api, first)).status == 410
    listed = (await owner.send("GET", _INVITATIONS)).json["data"]
    async with new_project(world) as other:
        foreign = await member(people, other)
        path = f"{_INVITATIONS}/{listed[0]['id']}"
        assert (await foreign.send("DELETE", path)).json["code"] == "invitation_not_found"
    assert (await inspect_link(project.api, second)).status == 200
    assert (await owner.send("DELETE", path)).status == 204
    assert (await owner.send("DELETE", path)).status == 404
    assert (await inspect_link(project.api, second)).status == 410
    third = await _invite(owner, email)
    connection = await asyncpg.connect(world.settings.database_url)
    changed = await connection.execute(
        "UPDATE links SET expires_at = now() WHERE token_sha256 = $1 "
        "AND expires_at BETWEEN now() + interval '6 days' AND now() + interval '7 days'",
        digest(third),
    )
    await connection.close()
    assert changed == "UPDATE 1"
    assert (await inspect_link(project.api, third)).status == 410
    assert (await owner.send("GET", _INVITATIONS)).json["data"] == []


async def test_a_member_is_not_invited_again(project: Project, people: People) -> None:
    owner = await member(people, project)
    user = await people.make(email=_email())
    await people.join(user, project, Role.VIEWER)
    body = {"email": user.email, "role": "owner"}
    answer = await owner.send("POST", _INVITATIONS, body)
    assert (answer.status, answer.json["code"]) == (409, "already_member")


async def test_an_invitation_leaves_the_role_of_who_joined_meanwhile(
    project: Project, people: People
) -> None:
    owner = await member(people, project)
    user = await people.make(email=_email(), password=_PASSWORD)
    token = await _invite(owner, user.email or "", "viewer")
    await people.join(user, project, Role.OWNER)
    answer = await accept_link(project.api, token, {"password": _PASSWORD})
    assert [one["role"] for one in answer.json["projects"]] == ["owner"]


async def test_a_role_is_changed_within_a_second_and_audited(
    project: Project, people: People, world: World
) -> None:
    owner, viewer = await member(people, project), await member(people, project, Role.VIEWER)
    path = f"{_MEMBERS}/{await _id(viewer)}"
    assert (await viewer.send("PATCH", path, {"role": "owner"})).status == 403
    assert (await owner.send("PATCH", path, {"role": "king"})).status == 422
    changed = await made(await owner.send("PATCH", path, {"role": "editor"}), 200)
    assert changed["role"] == "editor"

    async def may_write() -> bool:
        answer = await viewer.send("POST", "/api/v1/prompts", {})
        return answer.status == 422

    _, seconds = await eventually(may_write, 10)
    assert seconds < 1.0
    connection = await asyncpg.connect(world.settings.database_url)
    rows = await connection.fetch(
        "SELECT actor_kind, facts FROM audit_entries WHERE action = 'member.role_changed' "
        "AND project_id = (SELECT id FROM projects WHERE slug = $1)",
        (await project.api.get("/api/v1/projects")).json["data"][0]["slug"],
    )
    await connection.close()
    assert [tuple(row) for row in rows] == [("user", '{"to": "editor", "from": "viewer"}')]


async def test_a_member_is_taken_out_or_leaves(project: Project, people: People) -> None:
    owner = await member(people, project)
    one, two = await member(people, project, Role.VIEWER), await member(people, project)
    one_id, two_id = await _id(one), await _id(two)
    refused = await one.send("DELETE", f"{_MEMBERS}/{two_id}")
    assert (refused.status, refused.json["code"]) == (403, "forbidden")
    assert (await one.send("DELETE", f"{_MEMBERS}/{one_id}")).status == 204
    assert (await owner.send("DELETE", f"{_MEMBERS}/{two_id}")).status == 204
    again = await owner.send("DELETE", f"{_MEMBERS}/{two_id}")
    assert (again.status, again.json["code"]) == (404, "member_not_found")

    async def are_out() -> bool:
        answers = [await left.send("GET", "/api/v1/prompts") for left in (one, two)]
        return [answer.status for answer in answers] == [403, 403]

    _, seconds = await eventually(are_out, 10)
    assert seconds < 1.0


async def test_the_last_owner_stays_however_many_leave_at_once(
    project: Project, people: People
) -> None:
    owners = [await member(people, project) for _ in range(3)]
    paths = [f"{_MEMBERS}/{await _id(owner)}" for owner in owners]
    answers = await asyncio.gather(
        owners[0].send("DELETE", paths[0]),
        owners[1].send("PATCH", paths[1], {"role": "viewer"}),
        owners[2].send("DELETE", paths[2]),
    )
    codes = [answer.json["code"] if answer.status >= 400 else "" for answer in answers]
    assert sorted(codes) == ["", "", "last_owner"]


async def test_members_of_another_project_are_unknown(
    project: Project, people: People, world: World
) -> None:
    owner = await member(people, project)
    async with new_project(world) as other:
        stranger = await _id(await member(people, other))
        for answer in (
            await owner.send("PATCH", f"{_MEMBERS}/{stranger}", {"role": "viewer"}),
            await owner.send("DELETE", f"{_MEMBERS}/{stranger}"),
        ):
            assert (answer.status, answer.json["code"]) == (404, "member_not_found")


@pytest.mark.parametrize(
    "email", ["", "x", "a@b c", "a@b\n", "@", "é@example.com", None, 1, ["a@b"]]
)
async def test_what_is_no_address_is_not_invited(
    project: Project, people: People, email: object
) -> None:
    owner = await member(people, project)
    answer = await owner.send("POST", _INVITATIONS, {"email": email, "role": "viewer"})
    if email == "a@b\n":
        # White space around an address is no part of it.
        assert answer.status == 201
        return
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "#/email")
