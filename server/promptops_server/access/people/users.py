"""The people of the installation, managed by instance administrators and the command line."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.errors import LastAdministrator, UserDisabled, UserNotFound
from promptops_server.access.models import Project, User
from promptops_server.access.people import repository
from promptops_server.access.people.passwords import at_fault
from promptops_server.access.people.schemas import UserCreate, UserUpdate
from promptops_server.access.people.sessions import flush_email
from promptops_server.access.policy import ROLE_SCOPES
from promptops_server.access.repository import (
    delete_unused_links,
    lock_first_administrator,
    revoke_sessions,
)
from promptops_server.access.schemas import ProjectCreate
from promptops_server.access.service import make_first_key, make_link_for, make_member, make_project
from promptops_server.access.types import (
    LINK_LIFETIMES,
    SESSION_REQUESTS_PER_MINUTE,
    Caller,
    KnownSession,
    LinkKind,
    Role,
)
from promptops_server.audit.service import Actor, Target, record
from promptops_server.core.db import mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id


async def list_users(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[User]:
    """One page of people, newest first, and one more where there is a next page."""
    return await repository.list_users(session, after, limit)


async def list_all(session: AsyncSession) -> Sequence[User]:
    """Everybody, who was made first coming first."""
    return await repository.list_all_users(session)


async def create_user(session: AsyncSession, actor: Actor, wanted: UserCreate) -> tuple[User, str]:
    """A new person, and the token of the link that sets their password. Raises EmailTaken."""
    user = User(
        id=new_id(),
        email=wanted.email,
        name=wanted.name,
        is_instance_admin=wanted.is_instance_admin,
        created_at=utc_now(),
        signed_in_at=None,
        password_hash=None,
        password_set_at=None,
        disabled_at=None,
    )
    repository.add(session, user)
    await flush_email(session)
    facts = {"is_instance_admin": wanted.is_instance_admin}
    record(session, "user.made", actor, Target("user", user.id), facts=facts)
    token = await make_link_for(session, LinkKind.INVITATION, user.id, created_by=actor.id)
    return user, token


async def update_user(
    session: AsyncSession, actor: Actor, public_id: str, wanted: UserUpdate
) -> User:
    """The person after the change; who is disabled has no session and no link any more.

    Raises UserNotFound, and LastAdministrator where no administrator would be left.
    """
    # Of two administrators who disable each other at once, one sees the other gone.
    await lock_first_administrator(session)
    user = await _get_user(session, public_id)
    moment = utc_now()
    if wanted.name is not None:
        user.name = wanted.name
    is_lost = wanted.disabled is True or wanted.is_instance_admin is False
    if is_lost and user.is_instance_admin and user.disabled_at is None:
        others = await repository.list_administrators(session)
        if set(others) <= {user.id}:
            raise LastAdministrator("This is the last administrator: make another one first.")
    if wanted.is_instance_admin is not None and wanted.is_instance_admin != user.is_instance_admin:
        user.is_instance_admin = wanted.is_instance_admin
        facts = {"is_instance_admin": wanted.is_instance_admin}
        record(session, "user.changed", actor, Target("user", user.id), facts=facts)
    if wanted.disabled is not None and wanted.disabled != (user.disabled_at is not None):
        user.disabled_at = moment if wanted.disabled else None
        action = "user.disabled" if wanted.disabled else "user.enabled"
        record(session, action, actor, Target("user", user.id))
        if wanted.disabled:
            await delete_unused_links(session, user.id)
            await revoke_sessions(session, user.id, moment)
    mark_changed(session)
    return user


async def make_reset_link(
    session: AsyncSession, actor: Actor, public_id: str
) -> tuple[User, str, datetime]:
    """The person, the token of a link that resets their password, and until when it is valid.

    Raises UserNotFound and UserDisabled.
    """
    return await _reset(session, actor, await _get_user(session, public_id))


async def make_reset_link_by_email(session: AsyncSession, actor: Actor, email: str) -> str:
    """The token of such a link for who has this address. Raises UserNotFound and UserDisabled."""
    user = await repository.find_user_by_email(session, email.strip().lower(), lock=True)
    if user is None:
        raise UserNotFound("Nobody has this e-mail address.")
    return (await _reset(session, actor, user))[1]


async def _reset(session: AsyncSession, actor: Actor, user: User) -> tuple[User, str, datetime]:
    if user.disabled_at is not None:
        raise UserDisabled("This person is disabled.")
    token = await make_link_for(session, LinkKind.PASSWORD_RESET, user.id, created_by=actor.id)
    record(session, "user.reset_link_made", actor, Target("user", user.id))
    return user, token, utc_now() + LINK_LIFETIMES[LinkKind.PASSWORD_RESET]


async def create_project(
    session: AsyncSession, known: KnownSession, wanted: ProjectCreate
) -> tuple[Project, str | None]:
    """A new project with its first owner: who is named, or the administrator who makes it.

    The text of its first key only for an owner who makes it: an administrator sees into no
    project by that alone. Raises ProjectSlugTaken, and InvalidRequest where nobody who may sign
    in has the owner's address.
    """
    owner_id = known.user_id
    if wanted.owner is not None:
        owner = await repository.find_user_by_email(session, wanted.owner)
        if owner is None or owner.disabled_at is not None:
            raise at_fault("owner", "Nobody who may sign in has this e-mail address.")
        owner_id = owner.id
    project = await make_project(session, wanted)
    await make_member(session, project.id, owner_id, Role.OWNER)
    record(
        session,
        "project.made",
        Actor("user", known.user_id),
        Target("project", project.id),
        project_id=project.id,
    )
    if owner_id != known.user_id:
        return project, None
    caller = Caller(
        kind="user",
        id=known.user_id,
        name=known.user_name,
        project_id=project.id,
        scopes=ROLE_SCOPES[Role.OWNER],
        requests_per_minute=SESSION_REQUESTS_PER_MINUTE,
        burst=SESSION_REQUESTS_PER_MINUTE,
    )
    return project, await make_first_key(session, caller, project)


async def _get_user(session: AsyncSession, public_id: str) -> User:
    user_id = from_public("usr", public_id)
    found = user_id and await repository.find_user(session, user_id, lock=True)
    if not found:
        raise UserNotFound("There is no such person.")
    return found
