"""Sessions: signing in by password, and what people change of themselves.

What hashes a password works between two transactions, so that none is held open for it; the second
one looks again at what the first has seen.
"""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.errors import (
    EmailTaken,
    InvalidCredentials,
    NoticeNotFound,
    TooManyAttempts,
    not_signed_in,
)
from promptops_server.access.models import User
from promptops_server.access.people import repository
from promptops_server.access.people.attempts import Attempts
from promptops_server.access.people.passwords import Passwords, at_fault, require_own
from promptops_server.access.people.schemas import PasswordChange, ProfileUpdate, SessionCreate
from promptops_server.access.people.types import Notice
from promptops_server.access.repository import delete_unused_links, revoke_sessions
from promptops_server.access.service import open_session
from promptops_server.access.types import KnownSession
from promptops_server.audit.service import STRANGER, Actor, Target, record
from promptops_server.core.db import Database, mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public


async def sign_in(
    db: Database, passwords: Passwords, attempts: Attempts, wanted: SessionCreate, address: str
) -> str:
    """The token of a new session.

    Raises InvalidCredentials for an unknown address, a wrong password, an account without one and
    a disabled one, after the same work; and TooManyAttempts.
    """
    await count_attempt(db, attempts, wanted.email, address)
    async with db.transaction(None) as session:
        found = await repository.find_user_by_email(session, wanted.email)
    stored = None if found is None or found.disabled_at is not None else found.password_hash
    if not await passwords.verify(wanted.password.get_secret_value(), stored):
        raise InvalidCredentials
    async with db.transaction(None) as session:
        user = await repository.find_user_by_email(session, wanted.email, lock=True)
        if user is None or user.disabled_at is not None or user.password_hash != stored:
            raise InvalidCredentials
        token = await open_session(session, user)
    await attempts.clear(wanted.email)
    return token


async def count_attempt(db: Database, attempts: Attempts, account: str, address: str) -> None:
    """Takes a try. Raises TooManyAttempts, of which the first in a minute is in the audit log."""
    try:
        await attempts.take(account, address)
    except TooManyAttempts as error:
        if error.is_first:
            async with db.transaction(None) as session:
                found = await repository.find_user_by_email(session, account)
                target = Target("user", None if found is None else found.id)
                record(session, "session.throttled", STRANGER, target)
        raise


async def describe(session: AsyncSession, known: KnownSession) -> tuple[KnownSession, list[Notice]]:
    """The session as it is in the database now, and what its person is told, newest first.

    Raises Unauthorized where the person is gone.
    """
    user = await repository.find_user(session, known.user_id)
    if user is None:
        raise not_signed_in()
    fresh = replace(
        known,
        user_name=user.name,
        email=user.email,
        is_instance_admin=user.is_instance_admin,
        has_password=user.password_hash is not None,
        members=await repository.list_projects_of(session, user.id),
    )
    return fresh, await repository.list_notices(session, user.id)


async def change_password(
    db: Database,
    passwords: Passwords,
    attempts: Attempts,
    known: KnownSession,
    wanted: PasswordChange,
    address: str,
) -> None:
    """Sets the person's password, and ends every other session of theirs.

    Raises InvalidRequest where the current password is not given or wrong, or the new one is the
    name or the address itself; and TooManyAttempts.
    """
    new = wanted.new_password.get_secret_value()
    async with db.transaction(None) as session:
        before = await _get_user(session, known.user_id)
    require_own(new, before.name, before.email, pointer="new_password")
    stored = before.password_hash
    if stored is not None:
        given = wanted.current_password
        if given is None:
            raise at_fault("current_password", "Give the password that you have now.")
        account = before.email or str(before.id)
        await count_attempt(db, attempts, account, address)
        if not await passwords.verify(given.get_secret_value(), stored):
            raise at_fault("current_password", "This is not your password.")
        await attempts.clear(account)
    hashed = await passwords.hash(new)
    async with db.transaction(None) as session:
        user = await _get_user(session, known.user_id, lock=True)
        if user.password_hash != stored:
            raise at_fault("current_password", "Your password was changed just now.")
        await put_password(session, user, hashed, but=known.id)
        record(session, "password.set", Actor("user", user.id), Target("user", user.id))


async def put_password(
    session: AsyncSession, user: User, hashed: str, *, but: UUID | None = None
) -> None:
    """Gives the person this password, and ends their links and their sessions, `but` one."""
    moment = utc_now()
    user.password_hash = hashed
    user.password_set_at = moment
    await delete_unused_links(session, user.id)
    await revoke_sessions(session, user.id, moment, but=but)
    mark_changed(session)


async def update_profile(session: AsyncSession, known: KnownSession, wanted: ProfileUpdate) -> None:
    """Changes the person's name and e-mail address. Raises EmailTaken."""
    user = await _get_user(session, known.user_id, lock=True)
    if wanted.name is not None:
        user.name = wanted.name
    if wanted.email is not None and wanted.email != user.email:
        user.email = wanted.email
        record(session, "user.email_changed", Actor("user", user.id), Target("user", user.id))
    await flush_email(session)
    mark_changed(session)


async def flush_email(session: AsyncSession) -> None:
    """Writes what is pending, so that a taken address is told as such. Raises EmailTaken."""
    try:
        await session.flush()
    except IntegrityError as error:
        raise EmailTaken("Another person has this e-mail address.") from error


async def dismiss_notice(session: AsyncSession, known: KnownSession, public_id: str) -> None:
    """Tells the person no more of it. Raises NoticeNotFound."""
    notice_id = from_public("ntc", public_id)
    if notice_id is None or not await repository.dismiss_notice(
        session, known.user_id, notice_id, utc_now()
    ):
        raise NoticeNotFound("You have no such notice.")


async def _get_user(session: AsyncSession, user_id: UUID, *, lock: bool = False) -> User:
    user = await repository.find_user(session, user_id, lock=lock)
    if user is None or user.disabled_at is not None:
        raise not_signed_in()
    return user
