"""The public address decides about the cookie; and what prints a sign-in link."""

import asyncio
import os
import re
import sys

import asyncpg
import pytest
from pydantic import ValidationError

from fixtures.api import Api, Project
from fixtures.people import accept_link, browser_of
from fixtures.servers import World
from promptops_server.access.cookies import SessionCookie
from promptops_server.core.errors import Forbidden
from promptops_server.core.settings import Settings
from promptops_server.wiring import make_sign_in_link, prepare_installation


@pytest.mark.parametrize(
    ("url", "name", "secure"),
    [
        ("https://prompts.example.com", "__Host-promptops_session", True),
        ("https://127.0.0.1:8443", "__Host-promptops_session", True),
        ("http://127.0.0.1:8000", "promptops_session", False),
        ("http://localhost:8000", "promptops_session", False),
        ("http://app.localhost", "promptops_session", False),
        ("http://[::1]:8000", "promptops_session", False),
    ],
)
def test_the_address_decides_about_the_cookie(url: str, name: str, *, secure: bool) -> None:
    cookie = SessionCookie(url)
    line = cookie.setting("t")
    assert line.startswith(f"{name}=t; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax")
    assert line.endswith("; Secure") == secure
    assert "Domain" not in line
    assert cookie.find(f"a=b; {name}=t; c=d") == "t"
    assert (cookie.is_exposed, cookie.is_refused) == (False, False)


@pytest.mark.parametrize(
    "url", ["http://prompts.example.com", "http://10.0.0.5:8000", "http://localhost.example.com"]
)
def test_plain_http_elsewhere_is_refused_with_two_ways_out(url: str) -> None:
    refused = SessionCookie(url)
    assert (refused.is_refused, refused.find("promptops_session=t")) == (True, None)
    assert "PROMPTOPS_PUBLIC_URL" in refused.refusal
    assert "PROMPTOPS_INSECURE_HTTP=1" in refused.refusal
    allowed = SessionCookie(url, allow_insecure=True)
    assert (allowed.is_exposed, allowed.is_refused) == (True, False)
    assert allowed.find("promptops_session=t") == "t"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Prompts.Example.com:443/", "https://prompts.example.com"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://a.example:8443", "https://a.example:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_origin_is_spelt_as_browsers_spell_it(url: str, origin: str) -> None:
    assert SessionCookie(url).origin == origin


@pytest.mark.parametrize(
    "header",
    ["", ";", "promptops_session", "promptops_sessio=t", "xpromptops_session=t", "=t", "a=b;;c"],
)
def test_another_cookie_is_not_ours(header: str) -> None:
    assert not SessionCookie("http://localhost").find(header)


@pytest.mark.parametrize(
    "url",
    ["prompts.example.com", "ftp://x", "https://", "https://x/path", "https://u@x", "http://x?y"],
)
def test_a_public_address_is_scheme_host_and_port(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(public_url=url)


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (Settings(host="0.0.0.0", port=8001), "http://127.0.0.1:8001"),
        (Settings(host="::", port=8001), "http://[::1]:8001"),
        (Settings(public_url="https://a.example/"), "https://a.example"),
    ],
)
def test_without_a_public_address_it_is_the_listening_one(settings: Settings, address: str) -> None:
    assert settings.web_address() == address


async def _users_link(world: World, *words: str, **changes: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "promptops_server.cli", "users", "link", *words),
        env={**os.environ, **world.environment, **changes},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode().strip(), errors.decode()


async def test_the_command_prints_a_link_that_signs_in_an_owner(
    world: World, project: Project, api: Api
) -> None:
    slug = (await project.api.get("/api/v1/projects")).json["data"][0]["slug"]
    status, link, _ = await _users_link(world, "--project", slug)
    assert status == 0
    assert re.fullmatch(rf"{world.url}/link#[\w-]{{43}}", link)
    browser = browser_of(api, await accept_link(api, link.partition("#")[2]))
    session = await browser.send("GET", "/api/v1/session")
    assert session.json["user"]["is_instance_admin"] is True
    assert (slug, "owner") in [(one["slug"], one["role"]) for one in session.json["projects"]]


async def test_the_first_administrators_link_is_shown_until_one_is_used(
    world: World, api: Api
) -> None:
    connection = await asyncpg.connect(world.settings.database_url)
    await connection.execute("UPDATE users SET signed_in_at = NULL WHERE is_instance_admin")
    await connection.close()
    first = (await prepare_installation(world.settings, with_demo=True))["sign_in"]
    second = (await prepare_installation(world.settings, with_demo=True))["sign_in"]
    tokens = [str(link).partition("#")[2] for link in (first, second)]
    assert (await accept_link(api, tokens[0])).status == 410
    session = await accept_link(api, tokens[1])
    roles = {one["slug"]: one["role"] for one in session.json["projects"]}
    assert roles["demo"] == "owner"
    assert (await prepare_installation(world.settings, with_demo=True))["sign_in"] is None
    exposed = world.settings.model_copy(update={"public_url": "http://10.0.0.5"})
    with pytest.raises(Forbidden, match="PROMPTOPS_INSECURE_HTTP=1"):
        await make_sign_in_link(exposed, project=None)


@pytest.mark.parametrize(
    ("words", "changes", "said"),
    [
        (("--project", "nobody"), {}, "no project with the slug 'nobody'"),
        ((), {"PROMPTOPS_PUBLIC_URL": "http://10.0.0.5"}, "PROMPTOPS_INSECURE_HTTP=1"),
        ((), {"PROMPTOPS_PUBLIC_URL": "10.0.0.5"}, "PROMPTOPS_PUBLIC_URL: "),
        ((), {"PROMPTOPS_DATABASE_URL": "postgresql://localhost:1/x"}, "does not answer"),
    ],
)
async def test_the_command_refuses_with_one_sentence(
    world: World, words: tuple[str, ...], changes: dict[str, str], said: str
) -> None:
    status, output, errors = await _users_link(world, *words, **changes)
    assert (status, output) == (2, "")
    assert said in errors
    assert "Traceback" not in errors


async def test_beside_nothing_that_runs_the_command_says_so(world: World) -> None:
    environment = {name: value for name, value in os.environ.items() if "PROMPTOPS" not in name}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "promptops_server.cli", "users", "link"),
        env={**environment, "PROMPTOPS_DATA_DIR": str(world.settings.data_dir)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert errors.startswith(b"promptops-server: No database: set PROMPTOPS_DATABASE_URL")
