"""The projects of the installation over HTTP, for instance administrators."""

from fastapi import APIRouter

from promptops_server.access.deps import Administrator, Db, PageCursors
from promptops_server.access.errors import CsrfFailed, ProjectNotFound
from promptops_server.access.people import projects
from promptops_server.access.people.schemas import InstanceProject, InstanceProjectUpdate
from promptops_server.audit.service import Actor
from promptops_server.core.fields import Limit
from promptops_server.core.pagination import DEFAULT_LIMIT, Page
from promptops_server.core.problems import errors

router = APIRouter(prefix="/api/v1/instance/projects", tags=["Instance"])
_QUESTION = "instance-projects"


@router.get("", responses=errors())
async def list_projects(
    _administrator: Administrator,
    db: Db,
    cursors: PageCursors,
    limit: Limit = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[InstanceProject]:
    """The projects of this installation, newest first, archived ones included."""
    after = cursors.after(cursor, _QUESTION)
    async with db.transaction(None) as session:
        found = await projects.list_all(session, after, limit)
    rows = [InstanceProject.of(project, members) for project, members in found]
    return cursors.page(rows, [project.id for project, _ in found], limit, _QUESTION)


@router.patch("/{project}", responses=errors(ProjectNotFound, CsrfFailed, body=True))
async def update_project(
    project: str, wanted: InstanceProjectUpdate, administrator: Administrator, db: Db
) -> InstanceProject:
    """Renames a project, puts it into the archive or takes it out again.

    An archived project answers no key and no member, within a second; nothing of it is deleted.
    """
    actor = Actor("user", administrator.user_id)
    async with db.transaction(None) as session:
        found, members = await projects.update_project(session, actor, project, wanted)
    return InstanceProject.of(found, members)
