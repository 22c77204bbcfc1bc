"""The platform and a browser for the browser tests: once a worker, a project for each test."""

from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import async_playwright

from browser.chromium import find_or_install_browser
from browser.desk import Desk, Studio
from browser.words import LOCALES, Locale
from fixtures.api import Project
from fixtures.people import People
from fixtures.scripted_provider import ScriptedProvider
from fixtures.servers import free_port, settings_from
from platform_process import Platform
from promptops_server.core.db import Database
from promptops_server.embedded.postgres import temporary_postgres
from promptops_server.embedded.temporary import folder_for_a_test


@pytest.fixture(scope="session")
async def studio() -> AsyncGenerator[Studio]:
    program = find_or_install_browser()
    with folder_for_a_test() as folder, ScriptedProvider() as provider:
        async with temporary_postgres() as database_url, async_playwright() as playwright:
            # A database that the tests can reach too, to make people of every role.
            environment = {
                "PROMPTOPS_DATABASE_URL": database_url,
                "PROMPTOPS_PRIVATE_MODEL_HOSTS": provider.url.removeprefix("http://"),
            }
            platform = Platform(folder / "data", free_port(), environment)
            await platform.start()
            settings = settings_from({**environment, "PROMPTOPS_DATA_DIR": str(folder / "data")})
            database = Database(settings)
            browser = await playwright.chromium.launch(
                executable_path=program.path,
                args=list(program.arguments),
                env={**program.environment},
            )
            try:
                yield Studio(platform, platform.url, settings, People(database), browser, provider)
            finally:
                await browser.close()
                await database.close()
                await platform.stop()


@pytest.fixture
async def project(studio: Studio) -> AsyncGenerator[Project]:
    async with studio.project() as fresh:
        yield fresh


@pytest.fixture(params=LOCALES)
def locale(request: pytest.FixtureRequest) -> Locale:
    chosen: Locale = request.param
    return chosen


@pytest.fixture
async def desk(studio: Studio, project: Project, locale: Locale) -> AsyncGenerator[Desk]:
    """An owner's desk, in each language."""
    async with studio.desk(project, locale) as made:
        yield made
