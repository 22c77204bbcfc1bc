"""The people of the installation: over HTTP for administrators, and from the command line."""

import asyncio
import os
import secrets
import sys

import asyncpg

from fixtures.api import Api, Project, made
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

_PASSWORD = "correct horse battery"
_USERS = "/api/v1/users"


def _email() -> str:
    return f"u-{secrets.token_hex(6)}@example.com"


async def _administrator(api: Api, people: People) -> Browser:
    user = await people.make("Root", is_instance_admin=True, email=_email(), password=_PASSWORD)
    return await sign_in(api, await people.link(user))


async def _actions(world: World, email: str) -> list[tuple[str, str]]:
    connection = await asyncpg.connect(world.settings.database_url)
    rows = await connection.fetch(
        "SELECT action, actor_kind FROM audit_entries "
        "WHERE target_id = (SELECT id FROM users WHERE email = $1) ORDER BY id",
        email,
    )
    everything = await connection.fetchval("SELECT string_agg(facts::text, '') FROM audit_entries")
    await connection.close()
    assert email not in everything
    return [(row["action"], row["actor_kind"]) for row in rows]


async def test_an_administrator_makes_a_person_who_sets_their_password(
    api: Api, people: People, world: World
) -> None:
    root, email = await _administrator(api, people), _email()
    created = await made(await root.send("POST", _USERS, {"email": email, "name": "Grace"}))
    user = created["user"]
    assert (user["email"], user["has_password"], user["signed_in_at"]) == (email, False, None)
    taken = await root.send("POST", _USERS, {"email": email.upper(), "name": "Again"})
    assert (taken.status, taken.json["code"]) == (409, "email_taken")
    token = created["url"].partition("/link#")[2]
    seen = (await inspect_link(api, token)).json
    assert (seen["kind"], seen["user_name"], seen["project_name"]) == ("invitation", "Grace", None)
    assert (await accept_link(api, token)).status == 422
    answer = await accept_link(api, token, {"password": _PASSWORD, "name": "Grace H."})
    assert (answer.json["user"]["name"], answer.json["projects"]) == ("Grace H.", [])
    assert (await accept_link(api, token, {"password": _PASSWORD})).status == 410
    listed = (await root.send("GET", f"{_USERS}?limit=1")).json
    assert [one["email"] for one in listed["data"]] == [email]
    assert listed["has_more"] is True
    follow = f"{_USERS}?limit=1&cursor={listed['next_cursor']}"
    assert (await root.send("GET", follow)).json["data"][0]["id"] != user["id"]
    assert await _actions(world, email) == [("user.made", "user"), ("invitation.accepted", "user")]


async def test_a_reset_is_made_by_an_administrator_and_replaces_the_one_before(
    api: Api, people: People, world: World
) -> None:
    root = await _administrator(api, people)
    user = await people.make(email=_email(), password="forgotten so long ago")
    email = user.email or ""
    found = (await root.send("GET", _USERS)).json["data"][0]
    assert found["email"] == email
    links = [
        await made(await root.send("POST", f"{_USERS}/{found['id']}/reset"), 200) for _ in range(2)
    ]
    first, second = [link["url"].partition("/link#")[2] for link in links]
    assert links[0]["mailed"] is False
    assert (await inspect_link(api, first)).status == 410
    # Until it is used, everything stays as it was.
    assert (await sign_in_by_password(api, email, "forgotten so long ago")).status == 200
    assert (await accept_link(api, second, {"password": _PASSWORD})).status == 200
    assert (await sign_in_by_password(api, email, "forgotten so long ago")).status == 401
    assert await _actions(world, email) == [
        ("user.reset_link_made", "user"),
        ("user.reset_link_made", "user"),
        ("password.reset", "user"),
    ]
    unknown = await root.send("POST", f"{_USERS}/usr_{'0' * 26}/reset")
    assert (unknown.status, unknown.json["code"]) == (404, "user_not_found")


async def test_who_is_disabled_is_out_within_a_second_and_comes_back_by_signing_in(
    api: Api, people: People
) -> None:
    root = await _administrator(api, people)
    user = await people.make(email=_email(), password=_PASSWORD)
    email = user.email or ""
    theirs = await sign_in(api, await people.link(user))
    unused = await people.link(user)
    path = f"{_USERS}/{(await root.send('GET', _USERS)).json['data'][0]['id']}"
    disabled = await made(await root.send("PATCH", path, {"disabled": True}), 200)
    assert disabled["disabled"] is True

    async def is_out() -> bool:
        return (await theirs.send("GET", "/api/v1/session")).status == 401

    _, seconds = await eventually(is_out, 10)
    assert seconds < 1.0
    assert (await sign_in_by_password(api, email, _PASSWORD)).status == 401
    assert (await accept_link(api, unused)).status == 410
    refused = await root.send("POST", f"{path}/reset")
    assert (refused.status, refused.json["code"]) == (409, "user_disabled")
    enabled = await made(await root.send("PATCH", path, {"disabled": False, "name": "Back"}), 200)
    assert (enabled["disabled"], enabled["name"]) == (False, "Back")
    assert (await theirs.send("GET", "/api/v1/session")).status == 401
    assert (await sign_in_by_password(api, email, _PASSWORD)).status == 200


async def test_the_last_administrator_stays_however_many_are_disabled_at_once(
    api: Api, people: People, world: World
) -> None:
    connection = await asyncpg.connect(world.settings.database_url)
    await connection.execute("UPDATE users SET is_instance_admin = false")
    await connection.close()
    roots = [await _administrator(api, people) for _ in range(2)]
    paths = [
        f"{_USERS}/{(await root.send('GET', '/api/v1/session')).json['user']['id']}"
        for root in roots
    ]
    answers = await asyncio.gather(
        roots[0].send("PATCH", paths[1], {"disabled": True}),
        roots[1].send("PATCH", paths[0], {"is_instance_admin": False}),
    )
    codes = [answer.json["code"] if answer.status >= 400 else "" for answer in answers]
    assert sorted(codes) == ["", "last_administrator"]
    left = roots[0] if codes[1] else roots[1]
    for body in ({"disabled": True}, {"is_instance_admin": False}):
        own = paths[roots.index(left)]
        assert (await left.send("PATCH", own, body)).json["code"] == "last_administrator"


async def test_an_administrator_makes_a_project_for_its_owner_and_does_not_see_it(
    api: Api, people: People
) -> None:
    root = await _administrator(api, people)
    owner = await people.make(email=_email(), password=_PASSWORD)
    slug = f"p{secrets.token_hex(8)}"
    wanted = {"name": "Theirs", "slug": slug, "owner": (owner.email or "").upper()}
    created = await made(await root.send("POST", "/api/v1/projects", wanted))
    assert created["api_key"] is None
    answer = await root.send("GET", "/api/v1/prompts", x_project=slug)
    assert (answer.status, answer.json["code"]) == (404, "project_not_found")
    theirs = browser_of(api, await sign_in_by_password(api, owner.email or "", _PASSWORD))
    assert (await theirs.send("GET", "/api/v1/keys", x_project=slug)).json["data"] == []
    unknown = await root.send(
        "POST", "/api/v1/projects", {"name": "x", "slug": f"{slug}x", "owner": _email()}
    )
    assert (unknown.status, unknown.json["errors"][0]["pointer"]) == (422, "#/owner")
    mine = {"name": "Mine", "slug": f"{slug}m"}
    created = await made(await root.send("POST", "/api/v1/projects", mine))
    assert (await api.with_key(created["api_key"]).get("/api/v1/prompts")).status == 200
    by_key = await api.post("/api/v1/projects", wanted)
    assert (by_key.status, by_key.json["errors"][0]["pointer"]) == (422, "#/owner")


async def test_an_owner_who_is_no_administrator_makes_no_project(
    project: Project, people: People
) -> None:
    owner = await member(people, project)
    slug = f"p{secrets.token_hex(8)}"
    answer = await owner.send("POST", "/api/v1/projects", {"name": "x", "slug": slug})
    assert (answer.status, answer.json["code"]) == (403, "forbidden")


async def _users(world: World, *words: str, **changes: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "promptops_server.cli", "users", *words),
        env={**os.environ, **world.environment, **changes},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode().strip(), errors.decode()


async def test_the_command_makes_lists_and_resets_people(world: World, api: Api) -> None:
    email = _email()
    status, link, note = await _users(world, "add", email, "--name", "Grace 葛", "--admin")
    assert (status, link.partition("/link#")[0]) == (0, world.url)
    assert "seven days" in note
    answer = await accept_link(api, link.partition("#")[2], {"password": _PASSWORD})
    assert answer.json["user"]["is_instance_admin"] is True
    status, listed, _ = await _users(world, "list")
    rows = [line.split("\t") for line in listed.splitlines()]
    assert status == 0
    assert [row[1:] for row in rows if row[1] == email] == [[email, "Grace 葛", "administrator"]]
    status, link, _ = await _users(world, "reset", email.upper())
    assert status == 0
    token = link.partition("#")[2]
    assert (await accept_link(api, token, {"password": "another long one"})).status == 200
    assert await _actions(world, email) == [
        ("user.made", "command_line"),
        ("invitation.accepted", "user"),
        ("user.reset_link_made", "command_line"),
        ("password.reset", "user"),
    ]


async def test_the_command_refuses_with_one_sentence(world: World) -> None:
    exposed = {"PROMPTOPS_PUBLIC_URL": "http://10.0.0.5"}
    for words, changes, said in (
        (("reset", _email()), {}, "Nobody has this e-mail address."),
        (("add", "no address", "--name", "x"), {}, "email: "),
        (("add", _email(), "--name", ""), {}, "name: "),
        (("add", _email(), "--name", "x"), exposed, "PROMPTOPS_INSECURE_HTTP=1"),
    ):
        status, output, errors = await _users(world, *words, **changes)
        assert (status, output) == (2, "")
        assert said in errors
        assert "Traceback" not in errors
