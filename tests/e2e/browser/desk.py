"""Somebody at a desk: a person of a project, their browser, and the API beside it."""

import json
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import aiohttp
from playwright.async_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    expect,
)

from browser.watched import Watch
from browser.words import Locale, Words
from fixtures.api import Api, Json, Project, made
from fixtures.people import People
from fixtures.scripted_provider import ScriptedProvider
from platform_process import Platform
from promptops_server.access.models import User
from promptops_server.access.types import Role
from promptops_server.core.settings import Settings
from promptops_server.wiring import create_project

expect.set_options(timeout=15_000)
LOCAL_MODEL = "local/smollm2-135m-instruct"


@dataclass(frozen=True)
class Studio:
    """The whole platform, a browser, and what makes projects and people in it."""

    platform: Platform
    # Where people come in: the platform's own address, unless a test leads them another way.
    url: str
    settings: Settings
    people: People
    browser: Browser
    provider: ScriptedProvider

    @asynccontextmanager
    async def project(self) -> AsyncGenerator[Project]:
        """A fresh project, with the local model."""
        slug = f"p{secrets.token_hex(6)}"
        key = await create_project(self.settings, name=f"Project {slug}", slug=slug)
        async with aiohttp.ClientSession() as session:
            project = Project(Api(session, self.platform.url, key), self.provider.url)
            local = {"name": "local", "kind": "local"}
            await made(await project.api.post("/api/v1/providers", local))
            yield project

    async def person(self, project: Project, role: Role = Role.OWNER) -> User:
        """A new member of the project."""
        user = await self.people.make(f"Person {secrets.token_hex(3)}")
        await self.people.join(user, project, role)
        return user

    @asynccontextmanager
    async def context(
        self, locale: Locale = "en", *, width: int = 1440, height: int = 900, dark: bool = False
    ) -> AsyncGenerator[tuple[BrowserContext, Watch]]:
        """A browser of its own, of nobody yet; at its end nothing may have gone wrong in it."""
        context = await self.browser.new_context(
            base_url=self.url,
            ignore_https_errors=True,
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        watch = Watch(self.url)
        watch.follow(context)
        try:
            yield context, watch
            watch.check()
        finally:
            await context.close()

    async def sign_in(self, context: BrowserContext, user: User) -> Json:
        """Signs the person in by a one-time link, and returns the session."""
        token = await self.people.link(user)
        answer = await context.request.post(
            "/api/v1/links/accept",
            data={"token": token},
            headers={"Origin": self.url},
        )
        assert answer.status == 200, await answer.text()
        return await answer.json()

    @asynccontextmanager
    async def desk(
        self,
        project: Project,
        locale: Locale = "en",
        role: Role = Role.OWNER,
        *,
        user: User | None = None,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
    ) -> AsyncGenerator["Desk"]:
        """A member, a new one where none is given, signed in."""
        user = user or await self.person(project, role)
        async with self.context(locale, width=width, height=height, dark=dark) as (context, watch):
            session = await self.sign_in(context, user)
            page = await context.new_page()
            yield Desk(self, project, user, context, watch, page, Words(locale), session)


@dataclass(frozen=True)
class Desk:
    """One person's browser with a page of the product, which is spoken of in their language."""

    studio: Studio
    project: Project
    user: User
    context: BrowserContext
    watch: Watch
    page: Page
    words: Words
    session: Json

    async def another_tab(self) -> "Desk":
        """The same browser with a second page."""
        return replace(self, page=await self.context.new_page())

    async def open(self, path: str) -> None:
        """Goes to a page and returns when the frame of the product is there."""
        await self.page.goto(path)
        await expect(self.page.locator("main#content")).to_be_visible()

    async def open_prompt(self, alias: str) -> None:
        """Goes to a prompt's editor and returns when its text can be changed."""
        await self.open(f"/prompts/{alias}")
        await expect(self.page.get_by_test_id("save-state")).to_be_visible()

    def button(self, key: str, inside: Locator | None = None, **values: object) -> Locator:
        """A button by the key of its name, which its shortcut may follow."""
        return self.named("button", self.words(key, **values), inside)

    def named(self, role: "str", name: str, inside: Locator | None = None) -> Locator:
        """What has this role and this whole name; a hint of a shortcut is no part of it."""
        place = self.page if inside is None else inside
        return place.get_by_role(role, name=name, exact=True)  # pyright: ignore[reportArgumentType]

    def field(self, key: str, inside: Locator | None = None, **values: object) -> Locator:
        """A control by the key of its label."""
        place = self.page if inside is None else inside
        return place.get_by_label(self.words(key, **values), exact=True)

    def dialog(self, key: str, **values: object) -> Locator:
        """A dialog by the key of its title."""
        return self.named("dialog", self.words(key, **values))

    async def told(self, key: str, **values: object) -> None:
        """Returns when a message says this."""
        region = self.named("region", self.words("common.messages"))
        await expect(region.get_by_text(self.words(key, **values), exact=True)).to_be_visible()

    async def saved(self) -> None:
        """Returns when everything that was typed is with the server."""
        state = self.page.get_by_test_id("save-state")
        await expect(state).to_have_attribute("data-status", "saved")

    async def type_code(self, text: str, number: int | None = None) -> None:
        """Types into the code, into one message of a chat where a number is given."""
        if number is None:
            place = self.field("editor.code.template")
        else:
            place = self.field("editor.code.messageNumber", number=number)
        await place.focus()
        await self.page.keyboard.type(text)

    async def draft(self, alias: str) -> Json:
        """The draft as the server has it for this person."""
        answer = await self.context.request.get(
            f"/api/v1/prompts/{alias}/draft", headers={"X-Project": self.session_project}
        )
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def call(self, method: str, path: str, body: object) -> int:
        """The status of a request that the person's own page could send."""
        headers = {
            "Origin": self.studio.url,
            "X-CSRF-Token": str(self.session["csrf_token"]),
            "X-Project": self.session_project,
            **({} if body is None else {"Content-Type": "application/json"}),
        }
        data = None if body is None else json.dumps(body)
        request = self.context.request
        return (await request.fetch(path, method=method, headers=headers, data=data)).status

    @property
    def session_project(self) -> str:
        """The slug of the person's project."""
        return str(self.session["projects"][0]["slug"])
