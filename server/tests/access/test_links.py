"""Links: what they are for, and that each is used once."""

import asyncio
import secrets

import asyncpg
import pytest

from fixtures.api import Api, Json, Project
from fixtures.people import (
    COOKIE,
    People,
    accept_link,
    browser_of,
    cookie_of,
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


def _email(name: str) -> str:
    return f"{name}-{secrets.token_hex(6)}@example.com"


async def test_inspecting_spends_nothing_and_accepting_signs_in_once(
    api: Api, people: People, world: World
) -> None:
    stranger = api.with_key(None)
    token = await people.link(await people.make())
    for _ in range(2):
        seen = await inspect_link(stranger, token)
        assert seen.status == 200
        assert (seen.json["kind"], seen.json["user_name"]) == ("sign_in", "Ada")
        assert seen.json["needs_password"] is False
        assert seen.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in seen.headers
    signed_in = await accept_link(stranger, token, headers={"Origin": world.url})
    assert signed_in.status == 200
    assert signed_in.headers["Cache-Control"] == "no-store"
    assert signed_in.json["user"]["has_password"] is False
    name, _, rest = signed_in.headers["Set-Cookie"].partition("=")
    value, *attributes = rest.split("; ")
    assert (name, len(value)) == (COOKIE, 43)
    assert attributes == ["Path=/", "Max-Age=7776000", "HttpOnly", "SameSite=Lax"]
    for again in (await inspect_link(stranger, token), await accept_link(stranger, token)):
        assert (again.status, again.json["code"]) == (410, "link_spent")
        assert "Set-Cookie" not in again.headers
    log = world.log.read_text()
    for secret in (token, value, signed_in.json["csrf_token"]):
        assert secret not in log


async def test_of_many_who_use_a_link_at_once_one_is_signed_in(api: Api, people: People) -> None:
    user = await people.make(email=_email("ada"))
    for token, fields in (
        (await people.link(user), {}),
        (await people.reset_link(user), {"password": _PASSWORD}),
    ):
        answers = await asyncio.gather(*(accept_link(api, token, fields) for _ in range(10)))
        assert sorted(answer.status for answer in answers) == [200] + [410] * 9


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://127.0.0.1", ""])
async def test_a_page_of_another_site_uses_no_link_and_signs_nobody_in(
    api: Api, people: People, origin: str
) -> None:
    user = await people.make(email=_email("ada"), password=_PASSWORD)
    token = await people.link(user)
    headers = {"Origin": origin}
    refused = [
        await accept_link(api, token, headers=headers),
        await inspect_link(api, token, **headers),
        await sign_in_by_password(api, user.email or "", _PASSWORD, headers),
    ]
    for answer in refused:
        assert (answer.status, answer.json["code"]) == (403, "csrf_failed")
    assert (await inspect_link(api, token)).status == 200


@pytest.mark.parametrize(
    "token", ["", "x", "x" * 43, "é" * 43, "<script>alert(1)</script>", "x" * 200]
)
async def test_a_token_that_nobody_made_is_spent(api: Api, token: str) -> None:
    for answer in (await inspect_link(api, token), await accept_link(api, token)):
        assert (answer.status, answer.json["code"]) == (410, "link_spent")


async def test_a_link_ends_after_an_hour_or_with_the_next_one(
    api: Api, people: People, world: World
) -> None:
    user = await people.make()
    first = await people.link(user)
    second = await people.link(user)
    assert (await accept_link(api, first)).status == 410
    assert (await inspect_link(api, second)).status == 200
    connection = await asyncpg.connect(world.settings.database_url)
    await connection.execute(
        "UPDATE links SET expires_at = now() WHERE token_sha256 = $1 "
        "AND expires_at > now() + interval '59 minutes'",
        digest(second),
    )
    await connection.close()
    for answer in (await inspect_link(api, second), await accept_link(api, second)):
        assert answer.status == 410


async def test_who_lacks_them_sets_address_and_password_by_the_first_link(
    api: Api, people: People
) -> None:
    user, email = await people.make(), _email("Grace")
    fields = {"email": email, "password": _PASSWORD, "name": "Grace"}
    answer = await accept_link(api, await people.link(user), fields)
    assert answer.json["user"] == {
        "id": answer.json["user"]["id"],
        "name": "Grace",
        "email": email.lower(),
        "is_instance_admin": False,
        "has_password": True,
    }
    again = await sign_in_by_password(api, email, _PASSWORD)
    assert again.json["user"] == answer.json["user"]
    # Who has them changes them as a person who is signed in, not by a link.
    for changed, pointer in (
        ({"email": _email("x")}, "#/email"),
        ({"password": _PASSWORD}, "#/password"),
    ):
        token = await people.link(user)
        refused = await accept_link(api, token, changed)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)
        assert (await accept_link(api, token)).status == 200


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({}, "#/password"),
        ({"password": "short"}, "#/password"),
        ({"password": "x" * 201}, "#/password"),
        ({"password": "Ada Lovelace ph.D"}, "#/password"),
        ({"password": " ada lovelace PH.D"}, "#/password"),
        ({"password": None}, "#/password"),
        ({"password": _PASSWORD, "name": "Other"}, "#/name"),
        ({"password": _PASSWORD, "email": "a@b.example"}, "#/email"),
        ({"password": _PASSWORD, "role": "owner"}, "#/role"),
    ],
)
async def test_what_is_refused_does_not_spend_a_link(
    api: Api, people: People, fields: Json, pointer: str
) -> None:
    user = await people.make("Ada Lovelace Ph.D", email=_email("ada"))
    token = await people.reset_link(user)
    refused = await accept_link(api, token, fields)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)
    assert (await accept_link(api, token, {"password": _PASSWORD})).status == 200


async def test_an_address_that_another_person_has_is_not_taken(api: Api, people: People) -> None:
    taken = await people.make(email=_email("ada"))
    token = await people.link(await people.make())
    answer = await accept_link(api, token, {"email": taken.email})
    assert (answer.status, answer.json["code"]) == (409, "email_taken")
    assert (await accept_link(api, token, {"email": _email("free")})).status == 200


async def test_a_reset_ends_every_session_and_is_told_to_the_person_and_their_owners(
    project: Project, people: People
) -> None:
    user = await people.make("Grace", email=_email("grace"), password="forgotten so long ago")
    await people.join(user, project, Role.EDITOR)
    owner = await member(people, project)
    editor = await member(people, project, Role.EDITOR)
    before = await sign_in(project.api, await people.link(user))
    unused = await people.link(user)
    token = await people.reset_link(user)
    seen = await inspect_link(project.api, token)
    assert (seen.json["kind"], seen.json["email"]) == ("password_reset", user.email)
    assert seen.json["needs_password"] is True
    answer = await accept_link(project.api, token, {"password": _PASSWORD})
    after = browser_of(project.api, answer)

    async def is_out() -> bool:
        return (await before.send("GET", "/api/v1/session")).status == 401

    _, seconds = await eventually(is_out, 10)
    assert seconds < 1.0
    assert (await accept_link(project.api, unused)).status == 410
    assert (await after.send("GET", "/api/v1/session")).status == 200
    email = user.email or ""
    assert (await sign_in_by_password(project.api, email, "forgotten so long ago")).status == 401
    assert (await sign_in_by_password(project.api, email, _PASSWORD)).status == 200
    for browser, count in ((after, 1), (owner, 1), (editor, 0)):
        session = (await browser.send("GET", "/api/v1/session")).json
        kinds = [(one["kind"], one["user_name"]) for one in session["notices"]]
        assert kinds == [("password_reset", "Grace")] * count
    notice = (await owner.send("GET", "/api/v1/session")).json["notices"][0]["id"]
    path = f"/api/v1/session/notices/{notice}/dismiss"
    foreign = await after.send("POST", path)
    assert (foreign.status, foreign.json["code"]) == (404, "notice_not_found")
    for _ in range(2):
        assert (await owner.send("POST", path)).status == 204
    assert (await owner.send("GET", "/api/v1/session")).json["notices"] == []
    assert len((await after.send("GET", "/api/v1/session")).json["notices"]) == 1


async def test_a_disabled_person_has_no_links(api: Api, people: People, world: World) -> None:
    user = await people.make(email=_email("ada"))
    token = await people.link(user)
    connection = await asyncpg.connect(world.settings.database_url)
    await connection.execute("UPDATE users SET disabled_at = now() WHERE id = $1", user.id)
    await connection.close()
    for answer in (await inspect_link(api, token), await accept_link(api, token)):
        assert answer.status == 410


async def test_a_link_that_is_accepted_gives_a_cookie_that_works(api: Api, people: People) -> None:
    answer = await accept_link(api, await people.link(await people.make()))
    assert len(cookie_of(answer)) == 43
    session = await browser_of(api, answer).send("GET", "/api/v1/session")
    assert session.json == answer.json
