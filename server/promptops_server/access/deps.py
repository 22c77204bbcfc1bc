"""What a route asks for to know its caller: the scope it needs stands in its signature."""

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader

from promptops_server.access.policy import ROUTES, Operation, Reach
from promptops_server.access.service import Authenticator, SignedIn, require, require_operation
from promptops_server.access.types import Caller, KnownSession, NamesByKind, Scope
from promptops_server.core.asgi import route_of
from promptops_server.core.db import Database
from promptops_server.core.errors import Forbidden
from promptops_server.core.pagination import Cursors

_HEADER = APIKeyHeader(
    name="X-API-Key", scheme_name="ApiKey", description="An API key: `sk-po_...`", auto_error=False
)

_COOKIE = APIKeyCookie(
    name="__Host-promptops_session",
    scheme_name="Session",
    description="A person's session (over plain HTTP without `__Host-`); changes need X-CSRF-Token",
    auto_error=False,
)


def _authenticator(request: Request) -> Authenticator:
    return cast("Authenticator", request.app.state.authenticator)


def _with(scope: Scope | None) -> Callable[..., Awaitable[Caller]]:
    # The two schemes are named for the OpenAPI document; the Authenticator reads the headers.
    async def caller(
        request: Request,
        _key: Annotated[str | None, Security(_HEADER)],
        _cookie: Annotated[str | None, Security(_COOKIE)],
    ) -> Caller:
        found = await _authenticator(request).caller_of(request.headers, request.method)
        if scope is not None:
            require(found, scope)
        # What the table says of the route holds, too: the two cannot drift apart unseen.
        operation = ROUTES.get(f"{request.method} {route_of(request.scope)}")
        if isinstance(operation, Operation):
            require_operation(found, operation)
        return found

    return caller


async def _signed_in(
    request: Request, _cookie: Annotated[str | None, Security(_COOKIE)]
) -> SignedIn:
    return await _authenticator(request).session_of(request.headers, request.method)


async def _person_in_project(
    request: Request, _cookie: Annotated[str | None, Security(_COOKIE)]
) -> Caller:
    person = await _authenticator(request).session_of(request.headers, request.method)
    caller = person.caller_in(request.headers.get("x-project"))
    operation = ROUTES.get(f"{request.method} {route_of(request.scope)}")
    if operation is None or isinstance(operation, Reach):
        raise AssertionError("a route of a project has an operation")
    require_operation(caller, operation)
    return caller


async def _administrator(
    request: Request, _cookie: Annotated[str | None, Security(_COOKIE)]
) -> KnownSession:
    person = await _authenticator(request).session_of(request.headers, request.method)
    if not person.session.is_instance_admin:
        raise Forbidden("Only an instance administrator may do this.")
    return person.session


async def _project_maker(
    request: Request,
    key: Annotated[str | None, Security(_HEADER)],
    cookie: Annotated[str | None, Security(_COOKIE)],
) -> Caller | KnownSession:
    if key is None:
        return await _administrator(request, cookie)
    caller = await _authenticator(request).authenticate(key)
    require(caller, Scope.ADMIN)
    return caller


# Any caller: what it may see, the route says.
Identified = Annotated[Caller, Depends(_with(None))]
Reader = Annotated[Caller, Depends(_with(Scope.READ))]
Author = Annotated[Caller, Depends(_with(Scope.AUTHOR))]
Admin = Annotated[Caller, Depends(_with(Scope.ADMIN))]


def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


def _cursors(request: Request) -> Cursors:
    return cast("Cursors", request.app.state.cursors)


def _names(request: Request) -> NamesByKind:
    return cast("NamesByKind", request.app.state.resource_names)


Db = Annotated[Database, Depends(_database)]
PageCursors = Annotated[Cursors, Depends(_cursors)]
Names = Annotated[NamesByKind, Depends(_names)]
Authentication = Annotated[Authenticator, Depends(_authenticator)]
Person = Annotated[SignedIn, Depends(_signed_in)]
# A person, and no key, in the project that they name; the route's operation is asked for.
PersonInProject = Annotated[Caller, Depends(_person_in_project)]
Administrator = Annotated[KnownSession, Depends(_administrator)]
# A key with the scope admin, or an instance administrator.
ProjectMaker = Annotated[Caller | KnownSession, Depends(_project_maker)]
