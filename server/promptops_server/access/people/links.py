"""Links: what one is for, and using it.

Whoever has a link may be anybody: its token was mailed, copied, perhaps shown to the owner who
invited. So an invitation never gives a password to an account that exists: it asks for that
account's own, or for its session.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import tokens
from promptops_server.access.errors import InvalidCredentials, LinkSpent
from promptops_server.access.models import NoticeRow, User
from promptops_server.access.people import repository
from promptops_server.access.people.attempts import Attempts
from promptops_server.access.people.passwords import Passwords, at_fault, require_own
from promptops_server.access.people.schemas import LinkAccept
from promptops_server.access.people.sessions import count_attempt, flush_email, put_password
from promptops_server.access.people.types import OpenLink
from promptops_server.access.service import make_member, open_session
from promptops_server.access.types import LinkKind, NoticeKind, Role
from promptops_server.audit.service import Actor, Target, record
from promptops_server.core.db import Database, mark_changed
from promptops_server.core.errors import Forbidden
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import new_id

_SHORTEST = 12


async def get_link(session: AsyncSession, token: str) -> OpenLink:
    """The link of this token; it is not spent. Raises LinkSpent."""
    found = None
    if tokens.is_token(token):
        found = await repository.find_open_link(session, tokens.digest(token), utc_now())
    if found is None:
        raise LinkSpent
    account = found.account
    if account is not None and account.disabled_at is not None and not found.is_for_an_account:
        raise LinkSpent
    return found


async def accept(
    db: Database,
    passwords: Passwords,
    attempts: Attempts,
    wanted: LinkAccept,
    *,
    signed_in: UUID | None,
    address: str,
) -> str:
    """Spends the link and does what it is for; the token of a new session.

    Of many who send it at once one is signed in. A link that is refused for what was sent with it
    is not spent. `signed_in` is whose session came along. Raises LinkSpent, InvalidRequest,
    InvalidCredentials, TooManyAttempts, EmailTaken and Forbidden.
    """
    async with db.transaction(None) as session:
        found = await get_link(session, wanted.token)
    _check(found, wanted)
    hashed = None
    if found.is_for_an_account:
        await _check_account(db, passwords, attempts, found, wanted, signed_in, address)
    elif wanted.password is not None:
        hashed = await passwords.hash(wanted.password.get_secret_value())
    async with db.transaction(None) as session:
        if not await repository.spend_link(session, tokens.digest(wanted.token), utc_now()):
            raise LinkSpent
        user = await _use(session, found, wanted, hashed)
        return await open_session(session, user)


def _check(found: OpenLink, wanted: LinkAccept) -> None:
    """Refuses what does not go with this link, and what it lacks."""
    account = found.account
    is_sign_in = found.kind == LinkKind.SIGN_IN
    may_set_email = is_sign_in and account is not None and account.email is None
    if wanted.email is not None and not may_set_email:
        raise at_fault("email", "This link sets no e-mail address.")
    if found.is_for_an_account:
        if wanted.name is not None:
            raise at_fault("name", "You have an account already, with a name.")
        return
    if wanted.name is not None and found.kind == LinkKind.PASSWORD_RESET:
        raise at_fault("name", "This link sets no name.")
    if wanted.name is None and account is None:
        raise at_fault("name", "This field is required.")
    if wanted.password is None:
        if not is_sign_in:
            raise at_fault("password", "This field is required.")
        return
    if is_sign_in and account is not None and account.password_hash is not None:
        raise at_fault("password", "You have a password already; change it when you are signed in.")
    password = wanted.password.get_secret_value()
    if len(password) < _SHORTEST:
        raise at_fault("password", f"A password has at least {_SHORTEST} characters.")
    known = () if account is None else (account.name, account.email)
    require_own(password, wanted.name, wanted.email, found.link.email, *known, pointer="password")


async def _check_account(
    db: Database,
    passwords: Passwords,
    attempts: Attempts,
    found: OpenLink,
    wanted: LinkAccept,
    signed_in: UUID | None,
    address: str,
) -> None:
    account = found.account
    if account is None:
        raise AssertionError("asked only where the invited person has an account")
    if account.disabled_at is not None:
        raise Forbidden("This account is disabled.")
    if account.id == signed_in:
        return
    if account.password_hash is None:
        raise Forbidden("This account has no password yet. Sign in first, then use this link.")
    if wanted.password is None:
        raise at_fault("password", "Give the password of your account.")
    email = account.email or str(account.id)
    await count_attempt(db, attempts, email, address)
    if not await passwords.verify(wanted.password.get_secret_value(), account.password_hash):
        raise InvalidCredentials
    await attempts.clear(email)


async def _use(
    session: AsyncSession, found: OpenLink, wanted: LinkAccept, hashed: str | None
) -> User:
    """The person after the link did its work; looks again at what was seen before."""
    user = await _user_of(session, found)
    if user is None:
        user = User(
            id=new_id(),
            email=found.link.email,
            name=wanted.name or "",
            is_instance_admin=False,
            created_at=utc_now(),
            signed_in_at=None,
            password_hash=None,
            password_set_at=None,
            disabled_at=None,
        )
        repository.add(session, user)
        # Flushed here, since what refers to the person may follow in any order.
        await flush_email(session)
    elif wanted.name is not None:
        user.name = wanted.name
    if wanted.email is not None:
        user.email = wanted.email
        await flush_email(session)
    if hashed is not None:
        await put_password(session, user, hashed)
    _tell(session, found, user, has_set=hashed is not None)
    if found.kind == LinkKind.PASSWORD_RESET:
        await _notify(session, user)
    project_id, role = found.link.project_id, found.link.role
    if project_id is not None and role is not None:
        await make_member(session, project_id, user.id, Role(role), keep=True)
    mark_changed(session)
    return user


async def _user_of(session: AsyncSession, found: OpenLink) -> User | None:
    before = found.account
    if before is None:
        return None
    user = await repository.find_user(session, before.id, lock=True)
    if (
        user is None
        or user.disabled_at is not None
        or user.password_hash != before.password_hash
        or user.email != before.email
    ):
        raise LinkSpent
    return user


def _tell(session: AsyncSession, found: OpenLink, user: User, *, has_set: bool) -> None:
    actor, target = Actor("user", user.id), Target("user", user.id)
    if found.kind == LinkKind.INVITATION:
        facts = {} if found.link.role is None else {"role": found.link.role}
        record(
            session,
            "invitation.accepted",
            actor,
            target,
            project_id=found.link.project_id,
            facts=facts,
        )
    elif found.kind == LinkKind.PASSWORD_RESET:
        record(session, "password.reset", actor, target)
    elif has_set:
        record(session, "password.set", actor, target)


async def _notify(session: AsyncSession, user: User) -> None:
    """Tells the person, and the owners of their projects, that the password was reset."""
    moment = utc_now()
    for reader in [user.id, *await repository.list_owners_around(session, user.id)]:
        row = NoticeRow(
            id=new_id(),
            user_id=reader,
            kind=NoticeKind.PASSWORD_RESET.value,
            about=user.id,
            created_at=moment,
            dismissed_at=None,
        )
        repository.add(session, row)
