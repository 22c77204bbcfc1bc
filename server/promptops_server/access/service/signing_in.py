"""People: the first administrator, sign-in links, and the sessions that they open."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import repository, tokens
from promptops_server.access.models import Link, Membership, Session, User
from promptops_server.access.types import (
    LINK_LIFETIMES,
    SESSION_IDLE,
    SESSION_LIFETIME,
    KnownSession,
    LinkKind,
    Role,
)
from promptops_server.core.db import mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import new_id

_ADMINISTRATOR = "Administrator"


async def ensure_administrator(session: AsyncSession) -> User:
    """The first administrator of the installation, made where there is none."""
    found = await repository.lock_first_administrator(session)
    if found is not None:
        return found
    user = User(
        id=new_id(),
        email=None,
        name=_ADMINISTRATOR,
        is_instance_admin=True,
        created_at=utc_now(),
        signed_in_at=None,
        password_hash=None,
        password_set_at=None,
        disabled_at=None,
    )
    repository.add(session, user)
    # Flushed here, since rows that refer to the person may follow in any order.
    await session.flush()
    return user


async def make_member(
    session: AsyncSession, project_id: UUID, user_id: UUID, role: Role, *, keep: bool = False
) -> None:
    """Makes the person a member with this role; a member gets it too, unless `keep` is said."""
    found = await repository.find_membership(session, project_id, user_id)
    if found is not None:
        found.role = found.role if keep else role.value
    else:
        repository.add(
            session,
            Membership(
                project_id=project_id, user_id=user_id, role=role.value, created_at=utc_now()
            ),
        )
    mark_changed(session)


async def is_member_somewhere(session: AsyncSession, user_id: UUID) -> bool:
    """Whether the person belongs to any project."""
    return await repository.has_memberships(session, user_id)


async def make_sign_in_link(session: AsyncSession, user_id: UUID) -> str:
    """The token of a new sign-in link, valid once and for an hour; those before it end."""
    return await make_link_for(session, LinkKind.SIGN_IN, user_id)


async def make_link_for(
    session: AsyncSession, kind: LinkKind, user_id: UUID, *, created_by: UUID | None = None
) -> str:
    """The token of a new link of this kind for the person; those of the kind before it end."""
    await repository.delete_unused_links(session, user_id, kind)
    token = tokens.make_token()
    moment = utc_now()
    link = Link(
        id=new_id(),
        kind=kind.value,
        user_id=user_id,
        project_id=None,
        email=None,
        role=None,
        token_sha256=tokens.digest(token),
        created_by=created_by,
        created_at=moment,
        expires_at=moment + LINK_LIFETIMES[kind],
        used_at=None,
    )
    repository.add(session, link)
    return token


async def open_session(session: AsyncSession, user: User) -> str:
    """The token of a new session of the person; their sessions that have ended are deleted."""
    moment = utc_now()
    user.signed_in_at = moment
    await repository.delete_ended_sessions(session, user.id, moment, moment - SESSION_IDLE)
    token = tokens.make_token()
    repository.add(
        session,
        Session(
            id=new_id(),
            user_id=user.id,
            token_sha256=tokens.digest(token),
            created_at=moment,
            last_used_at=moment,
            expires_at=moment + SESSION_LIFETIME,
            revoked_at=None,
        ),
    )
    return token


async def sign_out(session: AsyncSession, known: KnownSession, *, everywhere: bool) -> None:
    """Ends the session, or every session of its person; in force everywhere within a second."""
    only = None if everywhere else known.id
    await repository.revoke_sessions(session, known.user_id, utc_now(), only=only)
    mark_changed(session)
