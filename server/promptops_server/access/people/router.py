"""Sessions and links over HTTP."""

from typing import Any

from fastapi import APIRouter, Response

from promptops_server.access import service
from promptops_server.access.deps import Authentication, Db, Person
from promptops_server.access.errors import (
    CsrfFailed,
    EmailTaken,
    InvalidCredentials,
    LinkSpent,
    NoticeNotFound,
    TooManyAttempts,
)
from promptops_server.access.people import links, sessions
from promptops_server.access.people.deps import (
    ClientAddress,
    CountedAttempts,
    HashedPasswords,
    OwnPage,
    SignedInAlready,
)
from promptops_server.access.people.schemas import (
    LinkAccept,
    LinkInspect,
    LinkRead,
    PasswordChange,
    ProfileUpdate,
    SessionCreate,
    SessionEnd,
    SessionRead,
)
from promptops_server.core.db import Database
from promptops_server.core.problems import errors

router = APIRouter(prefix="/api/v1")
_NO_STORE = {"Cache-Control": "no-store"}
# These need neither a key nor a session.
_STRANGERS: dict[str, Any] = {"security": []}


@router.post(
    "/session",
    tags=["Session"],
    responses=errors(InvalidCredentials, CsrfFailed, TooManyAttempts, body=True),
    dependencies=[OwnPage],
    openapi_extra=_STRANGERS,
)
async def create_session(
    wanted: SessionCreate,
    response: Response,
    db: Db,
    authentication: Authentication,
    passwords: HashedPasswords,
    attempts: CountedAttempts,
    address: ClientAddress,
) -> SessionRead:
    """Signs in by e-mail address and password, and sets the session's cookie."""
    token = await sessions.sign_in(db, passwords, attempts, wanted, address)
    return await _opened(response, db, authentication, token)


@router.get("/session", tags=["Session"], responses=errors())
async def get_session(person: Person, response: Response, db: Db) -> SessionRead:
    """Who is signed in, their projects and roles, and what they are told."""
    response.headers.update(_NO_STORE)
    return await _read(db, person)


@router.post(
    "/session/end", tags=["Session"], status_code=204, responses=errors(CsrfFailed, body=True)
)
async def end_session(
    wanted: SessionEnd, person: Person, db: Db, authentication: Authentication
) -> Response:
    """Signs out, in force everywhere within a second."""
    async with db.transaction(None) as session:
        await service.sign_out(session, person.session, everywhere=wanted.everywhere)
    return Response(status_code=204, headers={"Set-Cookie": authentication.cookie.clearing()})


@router.put(
    "/session/password",
    tags=["Session"],
    status_code=204,
    responses=errors(CsrfFailed, TooManyAttempts, body=True),
)
async def change_password(
    wanted: PasswordChange,
    person: Person,
    db: Db,
    passwords: HashedPasswords,
    attempts: CountedAttempts,
    address: ClientAddress,
) -> None:
    """Sets one's password, and ends every other session of one's own."""
    await sessions.change_password(db, passwords, attempts, person.session, wanted, address)


@router.patch(
    "/session/user", tags=["Session"], responses=errors(CsrfFailed, EmailTaken, body=True)
)
async def update_profile(
    wanted: ProfileUpdate, person: Person, response: Response, db: Db
) -> SessionRead:
    """Changes one's own name and e-mail address."""
    async with db.transaction(None) as session:
        await sessions.update_profile(session, person.session, wanted)
    response.headers.update(_NO_STORE)
    return await _read(db, person)


@router.post(
    "/session/notices/{notice}/dismiss",
    tags=["Session"],
    status_code=204,
    responses=errors(CsrfFailed, NoticeNotFound),
)
async def dismiss_notice(notice: str, person: Person, db: Db) -> None:
    """Says that a notice was read: it is shown no more."""
    async with db.transaction(None) as session:
        await sessions.dismiss_notice(session, person.session, notice)


@router.post(
    "/links/inspect",
    tags=["Session"],
    responses=errors(LinkSpent, CsrfFailed, body=True),
    dependencies=[OwnPage],
    openapi_extra=_STRANGERS,
)
async def inspect_link(
    wanted: LinkInspect, response: Response, db: Db, signed_in: SignedInAlready
) -> LinkRead:
    """What a link is for; spends nothing."""
    response.headers.update(_NO_STORE)
    async with db.transaction(None) as session:
        return LinkRead.of(await links.get_link(session, wanted.token), signed_in)


@router.post(
    "/links/accept",
    tags=["Session"],
    responses=errors(
        InvalidCredentials, LinkSpent, EmailTaken, CsrfFailed, TooManyAttempts, body=True
    ),
    dependencies=[OwnPage],
    openapi_extra=_STRANGERS,
)
async def accept_link(
    wanted: LinkAccept,
    response: Response,
    db: Db,
    authentication: Authentication,
    passwords: HashedPasswords,
    attempts: CountedAttempts,
    address: ClientAddress,
    signed_in: SignedInAlready,
) -> SessionRead:
    """Uses a link, once: does what it is for, signs in, and sets the session's cookie."""
    token = await links.accept(
        db, passwords, attempts, wanted, signed_in=signed_in, address=address
    )
    return await _opened(response, db, authentication, token)


async def _opened(
    response: Response, db: Database, authentication: Authentication, token: str
) -> SessionRead:
    response.headers.update(_NO_STORE)
    response.headers["Set-Cookie"] = authentication.cookie.setting(token)
    return await _read(db, await authentication.opened(token))


async def _read(db: Database, person: service.SignedIn) -> SessionRead:
    async with db.transaction(None) as session:
        fresh, notices = await sessions.describe(session, person.session)
    return SessionRead.of(fresh, person.csrf_token, notices)
