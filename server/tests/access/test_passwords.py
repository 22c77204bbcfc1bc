"""Passwords: signing in, changing them, and what holds back who guesses."""

import asyncio
import secrets

import asyncpg
import pytest

from fixtures.api import Api, Project, new_project
from fixtures.people import (
    COOKIE,
    People,
    browser_of,
    member,
    sign_in,
    sign_in_by_password,
)
from fixtures.servers import ApiProcess, World, free_port
from fixtures.waiting import eventually
from promptops_server.access.models import User
from promptops_server.access.people.attempts import client_address
from promptops_server.access.people.passwords import Passwords

_PASSWORD = "correct horse battery"
_SESSION = "/api/v1/session"


def _email() -> str:
    return f"u-{secrets.token_hex(6)}@example.com"


def _elsewhere() -> dict[str, str]:
    """Headers of a client address of one's own, as a proxy on this machine adds them."""
    return {"X-Forwarded-For": f"203.0.113.{secrets.randbelow(256)}, 2001:db8:{_group()}::1"}


def _group() -> str:
    return ":".join(f"{secrets.randbits(16):x}" for _ in range(2))


async def _person(people: People) -> User:
    return await people.make(email=_email(), password=_PASSWORD)


async def _execute(world: World, sql: str, *values: object) -> None:
    connection = await asyncpg.connect(world.settings.database_url)
    await connection.execute(sql, *values)
    await connection.close()


async def test_who_knows_the_password_is_signed_in(api: Api, people: People) -> None:
    user = await _person(people)
    for spelling in (user.email or "", f" {(user.email or '').upper()} "):
        answer = await sign_in_by_password(api, spelling, _PASSWORD, _elsewhere())
        assert answer.headers["Set-Cookie"].startswith(f"{COOKIE}=")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json["user"]["has_password"] is True
        session = await browser_of(api, answer).send("GET", _SESSION)
        assert session.json == answer.json


async def test_every_other_cause_has_the_same_answer(
    api: Api, people: People, world: World
) -> None:
    right, disabled = await _person(people), await _person(people)
    without = await people.make(email=_email())
    await _execute(world, "UPDATE users SET disabled_at = now() WHERE id = $1", disabled.id)
    bodies: set[str] = set()
    for email, password in (
        (_email(), _PASSWORD),
        ("no address", _PASSWORD),
        ("", ""),
        (right.email, "something else altogether"),
        (right.email, ""),
        (without.email, _PASSWORD),
        (without.email, ""),
        (disabled.email, _PASSWORD),
    ):
        answer = await sign_in_by_password(api, email or "", password, _elsewhere())
        assert (answer.status, answer.json["code"]) == (401, "invalid_credentials")
        assert "Set-Cookie" not in answer.headers
        bodies.add(str({**answer.json, "request_id": ""}))
    assert len(bodies) == 1


async def test_guesses_are_held_back_and_the_right_password_clears_them(
    api: Api, people: People, world: World
) -> None:
    user = await _person(people)
    email = user.email or ""
    for _ in range(4):
        assert (await sign_in_by_password(api, email, "guess", _elsewhere())).status == 401
    assert (await sign_in_by_password(api, email, _PASSWORD, _elsewhere())).status == 200
    answers = await asyncio.gather(
        *(sign_in_by_password(api, email, f"guess {one}", _elsewhere()) for one in range(12))
    )
    assert sorted(answer.status for answer in answers) == [401] * 5 + [429] * 7
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.json["code"] == "too_many_attempts"
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    # Also who knows it waits: else an answer would tell that a guess is right.
    assert (await sign_in_by_password(api, email, _PASSWORD, _elsewhere())).status == 429
    connection = await asyncpg.connect(world.settings.database_url)
    told = await connection.fetch(
        "SELECT actor_kind, facts FROM audit_entries "
        "WHERE action = 'session.throttled' AND target_id = $1",
        user.id,
    )
    await connection.close()
    assert [tuple(row) for row in told] == [("stranger", "{}")]


async def test_one_address_tries_thirty_a_minute_whomever_it_means(api: Api) -> None:
    network = f"2001:db8:{_group()}"
    answers = await asyncio.gather(
        *(
            sign_in_by_password(api, _email(), "x", {"X-Forwarded-For": f"{network}::{host}"})
            for host in range(40)
        )
    )
    statuses = [answer.status for answer in answers]
    # One comes back every two seconds, and hashing takes a while.
    assert 30 <= statuses.count(401) <= 36
    assert statuses.count(429) == 40 - statuses.count(401)
    assert (await sign_in_by_password(api, _email(), "x", _elsewhere())).status == 401


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "made-up, 198.51.100.1", "198.51.100.1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("not an address", "198.51.100.1", "not an address"),
        (None, "198.51.100.1", ""),
    ],
)
def test_only_a_proxy_nearby_says_who_asks(
    peer: str | None, forwarded: str | None, expected: str
) -> None:
    assert client_address(peer, forwarded) == expected


async def test_without_valkey_a_process_holds_back_by_itself(
    people: People, world: World, api: Api
) -> None:
    user = await _person(people)
    port = free_port()
    environment = {
        **world.environment,
        "PROMPTOPS_PORT": str(port),
        "PROMPTOPS_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }
    process = ApiProcess(environment, world.log.with_name("no-valkey.log"))
    await process.launch_live()
    alone = Api(api.session, process.url, None)
    try:
        for password, status in [("guess", 401)] * 4 + [(_PASSWORD, 200)] + [("guess", 401)] * 5:
            answer = await sign_in_by_password(alone, user.email or "", password)
            assert answer.status == status, answer.text
        assert (await sign_in_by_password(alone, user.email or "", "guess")).status == 429
    finally:
        await process.stop()


async def test_a_password_is_changed_and_every_other_session_ends(
    project: Project, people: People
) -> None:
    user = await _person(people)
    email = user.email or ""
    here, there = [
        browser_of(
            project.api, await sign_in_by_password(project.api, email, _PASSWORD, _elsewhere())
        )
        for _ in range(2)
    ]
    new = "a new and longer one"
    changed = await here.send(
        "PUT", f"{_SESSION}/password", {"current_password": _PASSWORD, "new_password": new}
    )
    assert changed.status == 204, changed.text

    async def is_out() -> bool:
        return (await there.send("GET", _SESSION)).status == 401

    _, seconds = await eventually(is_out, 10)
    assert seconds < 1.0
    assert (await here.send("GET", _SESSION)).status == 200
    for password, status in ((_PASSWORD, 401), (new, 200)):
        answer = await sign_in_by_password(project.api, email, password, _elsewhere())
        assert answer.status == status


@pytest.mark.parametrize(
    ("current", "new", "pointer"),
    [
        (None, "long enough for all", "#/current_password"),
        ("wrong", "long enough for all", "#/current_password"),
        (_PASSWORD, "elevenchars", "#/new_password"),
        (_PASSWORD, "", "#/new_password"),
        (_PASSWORD, None, "#/new_password"),
        (_PASSWORD, "x" * 201, "#/new_password"),
        (_PASSWORD, "x" * 100_000, "#/new_password"),
        (_PASSWORD, ["long enough for all"], "#/new_password"),
        (_PASSWORD, "Ada of the long name", "#/new_password"),
        (_PASSWORD, "ada of the LONG name ", "#/new_password"),
    ],
)
async def test_a_password_that_will_not_do_is_told_at_its_field(
    api: Api, people: People, current: str | None, new: object, pointer: str
) -> None:
    user = await people.make("Ada of the long name", email=_email(), password=_PASSWORD)
    browser = await sign_in(api, await people.link(user))
    body = {"current_password": current, "new_password": new}
    answer = await browser.send("PUT", f"{_SESSION}/password", body)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)
    assert _PASSWORD not in answer.text
    if isinstance(new, str) and new:
        assert new not in answer.text


async def test_guesses_of_the_current_password_are_held_back(api: Api, people: People) -> None:
    user = await _person(people)
    browser = await sign_in(api, await people.link(user))
    body = {"current_password": "guess", "new_password": "long enough for all"}
    statuses = [
        (
            await browser.send("PUT", f"{_SESSION}/password", body, x_forwarded_for="2001:db8::9")
        ).status
        for _ in range(6)
    ]
    assert statuses == [422] * 5 + [429]


async def test_who_has_no_password_sets_one_and_the_session_tells(
    project: Project, people: People
) -> None:
    browser = await member(people, project)
    assert (await browser.send("GET", _SESSION)).json["user"]["has_password"] is False
    answer = await browser.send("PUT", f"{_SESSION}/password", {"new_password": _PASSWORD})
    assert answer.status == 204
    assert (await browser.send("GET", _SESSION)).json["user"]["has_password"] is True


async def test_a_person_changes_their_name_and_address(api: Api, people: People) -> None:
    user, other = await _person(people), await _person(people)
    browser = await sign_in(api, await people.link(user))
    email = f"New-{secrets.token_hex(6)}@Example.com"
    changed = await browser.send("PATCH", f"{_SESSION}/user", {"name": "Grace", "email": email})
    assert changed.status == 200, changed.text
    assert (changed.json["user"]["name"], changed.json["user"]["email"]) == ("Grace", email.lower())
    assert (await browser.send("PATCH", f"{_SESSION}/user", {})).json == changed.json
    taken = await browser.send("PATCH", f"{_SESSION}/user", {"email": other.email})
    assert (taken.status, taken.json["code"]) == (409, "email_taken")
    for wrong in (
        "x",
        "a@",
        "@b",
        "a b@c.example",
        "a@b\r\nBcc: c@d",
        "ü@b.example",
        "a@-b.example",
    ):
        answer = await browser.send("PATCH", f"{_SESSION}/user", {"email": wrong})
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "#/email")


async def test_no_password_token_or_address_is_in_a_log_or_an_error(
    api: Api, people: People, world: World
) -> None:
    secret = f"canary-{secrets.token_hex(8)}"
    email = f"{secret}@example.com"
    user = await people.make(email=email, password=secret)
    browser = await sign_in(api, await people.link(user))
    asked = [
        await sign_in_by_password(api, email, f"{secret}-wrong", _elsewhere()),
        await sign_in_by_password(api, f"{secret}-other@example.com", secret, _elsewhere()),
        await api.post(_SESSION, {"email": [email], "password": {secret: secret}}),
        await api.post(_SESSION, {"email": email, "password": secret, secret: 1}),
        await api.post("/api/v1/links/accept", {"token": secret, "password": secret}),
        await browser.send(
            "PUT", f"{_SESSION}/password", {"current_password": secret, "new_password": email}
        ),
    ]
    for answer in asked:
        assert answer.status >= 400
        assert secret not in answer.text.replace(f"#/{secret}", "")
    assert (await sign_in_by_password(api, email, secret, _elsewhere())).status == 200
    log = world.log.read_text()
    assert "/api/v1/session" in log
    assert secret not in log


async def test_the_same_characters_by_another_keyboard_are_the_same_password() -> None:
    passwords = Passwords()
    stored = await passwords.hash("ｅ\u0301tude en forme pleine")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify("étude en forme pleine", stored)
    assert not await passwords.verify("étude en forme plein", stored)
    assert not await passwords.verify("étude en forme pleine", None)
    assert not await passwords.verify("x", "not a hash")


async def test_a_person_of_another_project_signs_in_to_theirs(world: World, people: People) -> None:
    async with new_project(world) as other:
        browser = await member(people, other)
        assert (await browser.send("GET", "/api/v1/prompts")).status == 200
