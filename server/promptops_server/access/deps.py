"""What a route asks for to know its caller: the scope it needs stands in its signature."""

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from promptops_server.access.service import Authenticator, require
from promptops_server.access.types import Caller, NamesByKind, Scope
from promptops_server.core.db import Database
from promptops_server.core.pagination import Cursors

_HEADER = APIKeyHeader(
    name="X-API-Key", scheme_name="ApiKey", description="An API key: `sk-po_...`", auto_error=False
)


def _with(scope: Scope | None) -> Callable[..., Awaitable[Caller]]:
    async def caller(request: Request, key: Annotated[str | None, Security(_HEADER)]) -> Caller:
        authenticator = cast("Authenticator", request.app.state.authenticator)
        found = await authenticator.authenticate(key)
        if scope is not None:
            require(found, scope)
        return found

    return caller


# Any key in force: what it may see, the route says.
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
