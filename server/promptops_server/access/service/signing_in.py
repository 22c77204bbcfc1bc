"""People: the first administrator, sign-in links, and the sessions that they open."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import repository, tokens
from promptops_server.access.models import Membership, Session, SignInLink, User
from promptops_server.access.types import (
    SESSION_IDLE,
    SESSION_LIFETIME,
    SIGN_IN_LINK_LIFETIME,
    KnownSession,
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
    )
    repository.add(session, user)
    # Flushed here, since rows that refer to the person may follow in any order.
    await session.flush()
    return user


async def make_member(session: AsyncSession, project_id: UUID, user_id: UUID, role: Role) -> None:
    """Makes the person a member with this role; one who is a member gets the role."""
    found = await repository.find_membership(session, project_id, user_id)
    if found is not None:
        found.role = role.value
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
    """The token of a new link, valid once and for an hour; links before it end."""
    await repository.delete_unused_links(session, user_id)
    token = tokens.make_token()
    moment = utc_now()
    link = SignInLink(
        id=new_id(),
        user_id=user_id,
        token_sha256=tokens.digest(token),
        created_at=moment,
        expires_at=moment + SIGN_IN_LINK_LIFETIME,
        used_at=None,
    )
    repository.add(session, link)
    return token


async def is_open_link(session: AsyncSession, token: str) -> bool:
    """Whether the link of this token would sign somebody in now; it is not spent."""
    if not tokens.is_token(token):
        return False
    return await repository.is_open_link(session, tokens.digest(token), utc_now())


async def sign_in(session: AsyncSession, token: str) -> str | None:
    """The token of a new session, or None where the link is not valid (any more).

    Spends the link: of two who send it at once, one is signed in.
    """
    if not tokens.is_token(token):
        return None
    moment = utc_now()
    user = await repository.spend_link(session, tokens.digest(token), moment)
    if user is None:
        return None
    user.signed_in_at = moment
    await repository.delete_ended_sessions(session, user.id, moment, moment - SESSION_IDLE)
    session_token = tokens.make_token()
    repository.add(
        session,
        Session(
            id=new_id(),
            user_id=user.id,
            token_sha256=tokens.digest(session_token),
            created_at=moment,
            last_used_at=moment,
            expires_at=moment + SESSION_LIFETIME,
            revoked_at=None,
        ),
    )
    return session_token


async def sign_out(session: AsyncSession, known: KnownSession, *, everywhere: bool) -> None:
    """Ends the session, or every session of its person; in force everywhere within a second."""
    session_id = None if everywhere else known.id
    await repository.revoke_sessions(session, known.user_id, session_id, utc_now())
    mark_changed(session)
