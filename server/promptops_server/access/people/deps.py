"""What the routes about people ask for."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request

from promptops_server.access.deps import Authentication
from promptops_server.access.errors import CsrfFailed
from promptops_server.access.people.attempts import Attempts, client_address
from promptops_server.access.people.mail import Mailer
from promptops_server.access.people.passwords import Passwords
from promptops_server.core.errors import Forbidden, Unauthorized


def _passwords(request: Request) -> Passwords:
    return cast("Passwords", request.app.state.passwords)


def _attempts(request: Request) -> Attempts:
    return cast("Attempts", request.app.state.attempts)


def _mail(request: Request) -> Mailer:
    return cast("Mailer", request.app.state.mailer)


def _client(request: Request) -> str:
    peer = None if request.client is None else request.client.host
    return client_address(peer, request.headers.get("x-forwarded-for"))


def _own_page(request: Request, authentication: Authentication) -> None:
    """Passes where a cookie may be set, and no page of another site asks for it."""
    cookie = authentication.cookie
    if cookie.is_refused:
        raise Forbidden(cookie.refusal)
    if request.headers.get("origin", cookie.origin) != cookie.origin:
        raise CsrfFailed(f"Only a page at {cookie.origin} may sign somebody in.")


async def _signed_in_already(request: Request, authentication: Authentication) -> UUID | None:
    """Who sends this with the cookie and the token of their session, if anybody does."""
    try:
        person = await authentication.session_of(request.headers, request.method)
    except (Unauthorized, CsrfFailed):
        return None
    return person.session.user_id


HashedPasswords = Annotated[Passwords, Depends(_passwords)]
CountedAttempts = Annotated[Attempts, Depends(_attempts)]
Mail = Annotated[Mailer, Depends(_mail)]
ClientAddress = Annotated[str, Depends(_client)]
OwnPage = Depends(_own_page)
SignedInAlready = Annotated[UUID | None, Depends(_signed_in_already)]
