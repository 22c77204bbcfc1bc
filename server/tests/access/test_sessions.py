"""Sign-in links and sessions over HTTP."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from fixtures.api import Api, Project, made, new_project
from fixtures.people import COOKIE, Browser, People, accept_link, cookie_of, member, sign_in
from fixtures.servers import World
from fixtures.waiting import eventually
from promptops_server.access.keys import make_key
from promptops_server.access.policy import operations_of
from promptops_server.access.tokens import digest, make_token
from promptops_server.access.types import Role
from promptops_server.kit.ids import new_id


async def _execute(world: World, sql: str, *values: object) -> None:
    connection = await asyncpg.connect(world.settings.database_url)
    await connection.execute(sql, *values)
    await connection.close()


async def test_a_session_says_who_is_signed_in(project: Project, people: People) -> None:
    user = await people.make("Grace 葛丽丝")
    mine = await people.join(user, project, Role.EDITOR)
    browser = await sign_in(project.api, await people.link(user))
    answer = await browser.send("GET", "/api/v1/session")
    assert answer.headers["Cache-Control"] == "no-store"
    session = answer.json
    assert (session["user"]["name"], session["user"]["is_instance_admin"]) == (user.name, False)
    member = {name: mine[name] for name in ("id", "slug", "name")}
    assert session["projects"] == [{**member, "role": "editor", "may": operations_of(Role.EDITOR)}]
    left = datetime.fromisoformat(session["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89) < left < timedelta(days=91)
    assert (await browser.send("GET", "/api/v1/projects")).json["data"] == [mine]


@pytest.mark.parametrize(
    ("role", "method", "path", "allowed"),
    [
        (Role.VIEWER, "GET", "/api/v1/prompts", True),
        (Role.VIEWER, "POST", "/api/v1/run/x", False),
        (Role.VIEWER, "POST", "/api/v1/prompts", False),
        (Role.RUNNER, "GET", "/api/v1/prompts", True),
        (Role.RUNNER, "POST", "/api/v1/run/x", True),
        (Role.RUNNER, "POST", "/api/v1/prompts", False),
        (Role.EDITOR, "POST", "/api/v1/run/x", True),
        (Role.EDITOR, "POST", "/api/v1/prompts", True),
        (Role.EDITOR, "GET", "/api/v1/keys", False),
        (Role.EDITOR, "POST", "/api/v1/environments", False),
        (Role.OWNER, "GET", "/api/v1/keys", True),
        (Role.OWNER, "POST", "/api/v1/keys", True),
    ],
)
async def test_a_role_opens_what_it_names(
    project: Project, people: People, role: Role, method: str, path: str, *, allowed: bool
) -> None:
    browser = await member(people, project, role)
    answer = await browser.send(method, path, {} if method == "POST" else None)
    assert (answer.status == 403) == (not allowed), answer.text
    if not allowed:
        assert answer.json["code"] == "forbidden"
        assert answer.json["detail"].startswith("Your role lacks")


@pytest.mark.parametrize("path", ["/api/v1/prompts", "/api/v1/run/x", "/api/v1/session/end"])
async def test_a_change_by_cookie_needs_the_origin_and_the_token(
    project: Project, people: People, path: str
) -> None:
    browser = await member(people, project)
    other = await member(people, project)
    forged: list[dict[str, str | None]] = [
        {"origin": None},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": browser.api.url.replace("http", "https")},
        {"x_csrf_token": None},
        {"x_csrf_token": ""},
        {"x_csrf_token": "é"},
        {"x_csrf_token": browser.cookie},
        {"x_csrf_token": other.csrf_token},
    ]
    for changes in forged:
        answer = await browser.send("POST", path, {"nothing": 1}, **changes)
        assert (answer.status, answer.json["code"]) == (403, "csrf_failed"), changes
    answer = await browser.send("POST", path, {"nothing": 1})
    assert answer.status in (404, 422), answer.text
    # Reading needs neither.
    answer = await browser.send("GET", "/api/v1/prompts", origin=None, x_csrf_token=None)
    assert answer.status == 200


async def test_a_person_runs_a_prompt_and_makes_one(project: Project, people: People) -> None:
    await project.add_provider()
    await project.prompt("hello", "Hi")
    browser = await member(people, project)
    answer = await browser.send("POST", "/api/v1/run/hello", {"variables": {}})
    assert answer.status == 200, answer.text
    assert answer.headers["X-RateLimit-Limit"] == "600"
    created = await browser.send("POST", "/api/v1/prompts", {"name": "Mine", "alias": "mine"})
    assert created.status == 201, created.text
    deployment = {"subject": "hello", "environment": "staging", "version": "1.0.0"}
    deployed = await made(await browser.send("POST", "/api/v1/deployments", deployment), 200)
    path = f"/api/v1/deployments/{deployed['id']}/releases"
    release = (await browser.send("GET", path)).json["data"][0]
    assert (release["actor_kind"], release["actor_name"]) == ("user", "Ada")


async def test_a_key_that_is_sent_decides_before_the_cookie(
    project: Project, people: People, world: World
) -> None:
    browser = await member(people, project)
    for wrong in ("", "nonsense", make_key()):
        answer = await browser.send("GET", "/api/v1/projects", x_api_key=wrong)
        assert answer.status == 401
    async with new_project(world) as other:
        key = other.api.key
        answer = await browser.send("GET", "/api/v1/projects", x_api_key=key)
        assert answer.json == (await other.api.get("/api/v1/projects")).json
        # With a key no token is asked for: no page of another site can send one.
        made_by_key = await browser.send(
            "POST", "/api/v1/prompts", {"name": "x", "alias": "x"}, x_api_key=key, origin=None
        )
        assert made_by_key.status == 201


async def test_a_key_has_no_session(api: Api) -> None:
    assert (await api.get("/api/v1/session")).status == 401
    assert (await api.post("/api/v1/session/end", {})).status == 401


@pytest.mark.parametrize("value", ["", "x", "x" * 43, '"', "é", "\t", "x" * 4000])
async def test_a_cookie_that_nobody_made_is_refused(api: Api, value: str) -> None:
    browser = Browser(api.with_key(None), value)
    for method, path in (("GET", "/api/v1/session"), ("POST", "/api/v1/run/x")):
        answer = await browser.send(method, path, {} if method == "POST" else None)
        assert (answer.status, answer.json["code"]) == (401, "unauthorized")


async def test_who_belongs_to_several_projects_names_one(
    project: Project, people: People, world: World
) -> None:
    async with new_project(world) as other, new_project(world) as foreign:
        user = await people.make()
        first = await people.join(user, project, Role.OWNER)
        second = await people.join(user, other, Role.VIEWER)
        theirs = (await foreign.api.get("/api/v1/projects")).json["data"][0]
        browser = await sign_in(project.api, await people.link(user))
        answer = await browser.send("GET", "/api/v1/environments")
        assert (answer.status, answer.json["code"]) == (422, "project_not_named")
        for named in (first, second):
            for how in ("slug", "id"):
                answer = await browser.send("GET", "/api/v1/environments", x_project=named[how])
                assert answer.status == 200
        answer = await browser.send("GET", "/api/v1/keys", x_project=second["id"])
        assert answer.status == 403
        for name in (theirs["slug"], theirs["id"], "", "nobody"):
            answer = await browser.send("GET", "/api/v1/environments", x_project=name)
            assert (answer.status, answer.json["code"]) == (404, "project_not_found")


async def test_an_instance_admin_sees_no_project_by_that_alone(
    project: Project, people: People
) -> None:
    admin = await people.make("Root", is_instance_admin=True)
    browser = await sign_in(project.api, await people.link(admin))
    session = (await browser.send("GET", "/api/v1/session")).json
    assert (session["user"]["is_instance_admin"], session["projects"]) == (True, [])
    for path in ("/api/v1/prompts", "/api/v1/runs", "/api/v1/keys", "/api/v1/projects"):
        answer = await browser.send("GET", path)
        assert (answer.status, answer.json["code"]) == (403, "forbidden")
    mine = (await project.api.get("/api/v1/projects")).json["data"][0]
    answer = await browser.send("GET", "/api/v1/prompts", x_project=mine["slug"])
    assert answer.status == 404
    # A role is in force within a second.
    await people.join(admin, project, Role.VIEWER)

    async def sees_it() -> bool:
        return (await browser.send("GET", "/api/v1/prompts")).status == 200

    _, seconds = await eventually(sees_it, 10)
    assert seconds < 1.0


async def test_who_makes_a_project_owns_it(project: Project, people: People) -> None:
    root = await people.make(is_instance_admin=True)
    browser = await sign_in(project.api, await people.link(root))
    slug = f"p{new_id().hex}"
    created = await browser.send("POST", "/api/v1/projects", {"name": "New", "slug": slug})
    assert created.status == 201, created.text

    async def is_owner() -> bool:
        answer = await browser.send("GET", "/api/v1/keys", x_project=slug)
        return answer.status == 200

    _, seconds = await eventually(is_owner, 10)
    assert seconds < 1.0


@pytest.mark.parametrize("everywhere", [False, True])
async def test_signing_out_ends_this_session_or_all(
    project: Project, people: People, *, everywhere: bool
) -> None:
    user = await people.make()
    await people.join(user, project, Role.OWNER)
    here = await sign_in(project.api, await people.link(user))
    there = await sign_in(project.api, await people.link(user))
    stranger = await member(people, project)
    ended = await here.send("POST", "/api/v1/session/end", {"everywhere": everywhere})
    assert ended.status == 204
    assert ended.headers["Set-Cookie"].startswith(f"{COOKIE}=; Path=/; Max-Age=0;")

    async def is_out() -> bool:
        answers = [
            await one.send("GET", "/api/v1/session") for one in ([here, there][: 1 + everywhere])
        ]
        return all(answer.status == 401 for answer in answers)

    _, seconds = await eventually(is_out, 10)
    assert seconds < 1.0
    assert (await there.send("GET", "/api/v1/session")).status == (401 if everywhere else 200)
    assert (await stranger.send("GET", "/api/v1/session")).status == 200


@pytest.mark.parametrize(
    ("change", "is_valid"),
    [
        ("last_used_at = now() - interval '13 days'", True),
        ("last_used_at = now() - interval '15 days'", False),
        ("expires_at = now() + interval '1 minute'", True),
        ("expires_at = now()", False),
    ],
)
async def test_a_session_ends_by_age_and_without_use(
    project: Project, people: People, world: World, change: str, *, is_valid: bool
) -> None:
    user = await people.make()
    # Pressed without looking at the session after it, so that no process has it in memory.
    cookie = cookie_of(await accept_link(project.api, await people.link(user)))
    await _execute(world, f"UPDATE sessions SET {change} WHERE token_sha256 = $1", digest(cookie))
    browser = Browser(project.api.with_key(None), cookie)
    expected = 200 if is_valid else 401
    assert (await browser.send("GET", "/api/v1/session")).status == expected


async def test_the_use_of_a_session_is_written_behind_the_answer(
    project: Project, people: People, world: World
) -> None:
    user = await people.make()
    cookie = cookie_of(await accept_link(project.api, await people.link(user)))
    long_ago = datetime.now(UTC) - timedelta(days=13)
    await _execute(
        world,
        "UPDATE sessions SET last_used_at = $2 WHERE token_sha256 = $1",
        digest(cookie),
        long_ago,
    )
    browser = Browser(project.api.with_key(None), cookie)
    assert (await browser.send("GET", "/api/v1/session")).status == 200
    connection = await asyncpg.connect(world.settings.database_url)

    async def is_written() -> bool:
        found = await connection.fetchval(
            "SELECT last_used_at FROM sessions WHERE token_sha256 = $1", digest(cookie)
        )
        return found > long_ago

    await eventually(is_written, 15)
    await connection.close()


def test_a_token_has_256_bits() -> None:
    tokens = {make_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}


async def test_a_changed_address_is_in_the_audit_log_without_the_address(
    world: World, project: Project, people: People
) -> None:
    user = await people.make()
    await people.join(user, project, Role.VIEWER)
    browser = await sign_in(project.api, await people.link(user))
    address = f"canary-{user.id.hex}@example.com"
    for _ in range(2):
        answer = await browser.send("PATCH", "/api/v1/session/user", {"email": address})
        assert answer.status < 300, answer.text
    connection = await asyncpg.connect(str(world.settings.database_url))
    rows = await connection.fetch(
        "SELECT actor_kind, facts::text AS facts FROM audit_entries "
        "WHERE action = 'user.email_changed' AND target_id = $1",
        user.id,
    )
    await connection.close()
    # Once: the second time nothing changed.
    assert [(row["actor_kind"], row["facts"]) for row in rows] == [("user", "{}")]
