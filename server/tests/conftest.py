"""Fixtures of the server's tests: one world a worker, one project a test."""

from collections.abc import AsyncGenerator

import pytest

from fixtures.api import Api, Project, new_project
from fixtures.people import People, made_people
from fixtures.servers import World, running_world


@pytest.fixture(scope="session")
async def world() -> AsyncGenerator[World]:
    async with running_world() as running:
        yield running


@pytest.fixture
async def project(world: World) -> AsyncGenerator[Project]:
    async with new_project(world) as fresh:
        yield fresh


@pytest.fixture
def api(project: Project) -> Api:
    return project.api


@pytest.fixture
async def people(world: World) -> AsyncGenerator[People]:
    async with made_people(world) as makers:
        yield makers
