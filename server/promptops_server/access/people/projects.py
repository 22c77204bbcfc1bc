"""The projects of the installation, managed from outside by instance administrators."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.errors import ProjectNotFound
from promptops_server.access.models import Project
from promptops_server.access.people import repository
from promptops_server.access.people.schemas import InstanceProjectUpdate
from promptops_server.audit.service import Actor, Target, record
from promptops_server.core.db import mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public


async def list_all(
    session: AsyncSession, after: UUID | None, limit: int
) -> list[tuple[Project, int]]:
    """One page of projects with the number of their members, and one more where there is more."""
    return await repository.list_all_projects(session, after, limit)


async def update_project(
    session: AsyncSession, actor: Actor, public_id: str, wanted: InstanceProjectUpdate
) -> tuple[Project, int]:
    """The project after the change, and how many belong to it. Raises ProjectNotFound.

    To an archived project no key and no member finds a way any more; what it holds stays, and is
    found again when it is taken out of the archive.
    """
    project_id = from_public("prj", public_id)
    project = project_id and await repository.find_project_held(session, project_id)
    if not project:
        raise ProjectNotFound("There is no such project.")
    if wanted.name is not None and wanted.name != project.name:
        project.name = wanted.name
        _tell(session, actor, project, "project.renamed")
    if wanted.archived is not None and wanted.archived != (project.archived_at is not None):
        project.archived_at = utc_now() if wanted.archived else None
        _tell(
            session, actor, project, "project.archived" if wanted.archived else "project.unarchived"
        )
    mark_changed(session)
    return project, await repository.count_members(session, project.id)


def _tell(session: AsyncSession, actor: Actor, project: Project, action: str) -> None:
    record(session, action, actor, Target("project", project.id), project_id=project.id)
