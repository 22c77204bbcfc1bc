"""The people of the installation over HTTP, for instance administrators; and new projects."""

from fastapi import APIRouter, Response

from promptops_server.access import service
from promptops_server.access.deps import (
    Administrator,
    Authentication,
    Db,
    PageCursors,
    ProjectMaker,
)
from promptops_server.access.errors import (
    CsrfFailed,
    EmailTaken,
    LastAdministrator,
    ProjectSlugTaken,
    UserDisabled,
    UserNotFound,
)
from promptops_server.access.people import users
from promptops_server.access.people.deps import Mail
from promptops_server.access.people.mail import letter_of
from promptops_server.access.people.passwords import at_fault
from promptops_server.access.people.schemas import (
    ResetLink,
    UserCreate,
    UserCreated,
    UserRead,
    UserUpdate,
)
from promptops_server.access.schemas import ProjectCreate, ProjectCreated, ProjectRead
from promptops_server.access.types import Caller, LinkKind
from promptops_server.audit.service import Actor
from promptops_server.core.fields import Limit
from promptops_server.core.pagination import DEFAULT_LIMIT, Page
from promptops_server.core.problems import errors

router = APIRouter(prefix="/api/v1")


@router.post(
    "/projects",
    tags=["Projects"],
    status_code=201,
    responses=errors(ProjectSlugTaken, CsrfFailed, body=True),
)
async def create_project(wanted: ProjectCreate, maker: ProjectMaker, db: Db) -> ProjectCreated:
    """Makes a project with the environments prod and staging, and its first key.

    A person needs to be an instance administrator, and names its `owner` (or is it). The key is
    told to a key that makes a project, and to an owner who does.
    """
    async with db.transaction(None) as session:
        if isinstance(maker, Caller):
            if wanted.owner is not None:
                raise at_fault("owner", "Only a person names an owner.")
            project, key = await service.create_project(session, maker, wanted)
        else:
            project, key = await users.create_project(session, maker, wanted)
    return ProjectCreated(project=ProjectRead.of(project), api_key=key)


@router.get("/users", tags=["Users"], responses=errors())
async def list_users(
    _administrator: Administrator,
    db: Db,
    cursors: PageCursors,
    limit: Limit = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[UserRead]:
    """The people of this installation, newest first."""
    after = cursors.after(cursor, "users")
    async with db.transaction(None) as session:
        found = await users.list_users(session, after, limit)
    rows = [UserRead.of(user) for user in found]
    return cursors.page(rows, [user.id for user in found], limit, "users")


@router.post(
    "/users", tags=["Users"], status_code=201, responses=errors(EmailTaken, CsrfFailed, body=True)
)
async def create_user(
    wanted: UserCreate,
    administrator: Administrator,
    response: Response,
    db: Db,
    authentication: Authentication,
    mail: Mail,
) -> UserCreated:
    """Makes a person, and the link by which they set their password within seven days."""
    actor = Actor("user", administrator.user_id)
    async with db.transaction(None) as session:
        user, token = await users.create_user(session, actor, wanted)
    response.headers["Cache-Control"] = "no-store"
    url = authentication.cookie.link(token)
    mailed = await mail.send(wanted.email, letter_of(LinkKind.INVITATION, None), url)
    return UserCreated(user=UserRead.of(user), url=url, mailed=mailed)


@router.patch(
    "/users/{user}",
    tags=["Users"],
    responses=errors(UserNotFound, LastAdministrator, CsrfFailed, body=True),
)
async def update_user(
    user: str, wanted: UserUpdate, administrator: Administrator, db: Db
) -> UserRead:
    """Renames, disables or enables a person, or makes them an administrator; one always stays.

    Disabling ends every session and link of theirs.
    """
    actor = Actor("user", administrator.user_id)
    async with db.transaction(None) as session:
        return UserRead.of(await users.update_user(session, actor, user, wanted))


@router.post(
    "/users/{user}/reset",
    tags=["Users"],
    responses=errors(UserNotFound, UserDisabled, CsrfFailed),
)
async def make_reset_link(
    user: str,
    administrator: Administrator,
    response: Response,
    db: Db,
    authentication: Authentication,
    mail: Mail,
) -> ResetLink:
    """Makes a link by which a person sets a new password within a day.

    When it is used, their sessions end, and they and the owners of their projects are told.
    """
    actor = Actor("user", administrator.user_id)
    async with db.transaction(None) as session:
        found, token, expires_at = await users.make_reset_link(session, actor, user)
    response.headers["Cache-Control"] = "no-store"
    url = authentication.cookie.link(token)
    mailed = False
    if found.email is not None:
        letter = letter_of(LinkKind.PASSWORD_RESET, None)
        mailed = await mail.send(found.email, letter, url)
    return ResetLink(url=url, expires_at=expires_at, mailed=mailed)
