"""Projects and their environments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import repository
from promptops_server.access.errors import ProjectSlugTaken
from promptops_server.access.models import Environment, Project
from promptops_server.access.schemas import ApiKeyCreate, ProjectCreate
from promptops_server.access.service.keys import create_api_key
from promptops_server.access.types import (
    DEFAULT_ENVIRONMENTS,
    PROTECTED_ENVIRONMENT,
    AllowLists,
    Caller,
    Scope,
)
from promptops_server.core.errors import Forbidden
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import new_id


async def create_project(
    session: AsyncSession, caller: Caller | None, wanted: ProjectCreate
) -> tuple[Project, str]:
    """A new project with its default environments, and the text of its first key (scope admin).

    `caller` is None for the command line. Raises ProjectSlugTaken, and Forbidden for a key with
    an allow-list: the first key of a project has none.
    """
    if caller is not None and not caller.covers(AllowLists()):
        raise Forbidden("An API key with an allow-list makes no projects.")
    project = await make_project(session, wanted)
    return project, await make_first_key(session, caller, project)


async def make_project(session: AsyncSession, wanted: ProjectCreate) -> Project:
    """A new project with its default environments. Raises ProjectSlugTaken."""
    moment = utc_now()
    project = Project(
        id=new_id(), name=wanted.name, slug=wanted.slug, created_at=moment, archived_at=None
    )
    repository.add(session, project)
    try:
        # Flushed here so that a taken slug is told as such.
        await session.flush()
    except IntegrityError as error:
        raise ProjectSlugTaken("Another project has this slug.") from error
    for name in DEFAULT_ENVIRONMENTS:
        environment = Environment(
            id=new_id(),
            project_id=project.id,
            name=name,
            required_checks=[],
            protected=name == PROTECTED_ENVIRONMENT,
            created_at=moment,
        )
        repository.add(session, environment)
    return project


async def make_first_key(session: AsyncSession, caller: Caller | None, project: Project) -> str:
    """The text of the project's first key, which has the scope admin."""
    first_key = ApiKeyCreate(name="First key", scopes=[Scope.ADMIN])
    _, text = await create_api_key(session, caller, project.id, first_key)
    return text


async def find_project_id(session: AsyncSession, slug: str) -> UUID | None:
    """The id of the project with this slug, or None."""
    project = await repository.find_project_by_slug(session, slug)
    return None if project is None else project.id


async def list_projects(session: AsyncSession, caller: Caller) -> Sequence[Project]:
    """The caller's project, or for a person every project that they belong to, by slug."""
    if caller.kind == "user":
        return await repository.list_projects_of_user(session, caller.id)
    found = await repository.find_project(session, caller.project_id)
    return [found] if found else []
