"""Pure ASGI middleware: the request's id, the last net for errors, and strict bodies.

Pure ASGI, because one BaseHTTPMiddleware costs two thirds of the throughput of a server.
"""

import json
import logging
import re
import time
from collections.abc import Mapping
from typing import cast

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from promptops_server.core import strict_json
from promptops_server.core.errors import (
    PROBLEM_CONTENT_TYPE,
    AppError,
    InternalError,
    InvalidRequest,
    NotFound,
    UnsupportedMediaType,
)
from promptops_server.kit.ids import new_id, to_public

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_SECURITY_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
MAX_WRITE_BODY_BYTES = 2 * 1024 * 1024
_log = logging.getLogger("promptops.access")


def request_id_of(scope: Scope) -> str:
    """The id of the request that this scope belongs to."""
    return cast("str", scope["state"]["request_id"])


def render_problem(error: AppError, scope: Scope) -> tuple[bytes, dict[str, str]]:
    """The body of a problem document and the headers that go with it."""
    document = error.problem(instance=scope["path"], request_id=request_id_of(scope))
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", errors="replace")
    headers = {"Content-Type": PROBLEM_CONTENT_TYPE, **error.headers}
    return body, headers


async def send_json(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """Sends a whole response with these headers and its length."""
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def send_problem(error: AppError, scope: Scope, send: Send) -> None:
    """Sends an error as a problem document."""
    body, headers = render_problem(error, scope)
    await send_json(send, error.status, body, headers)


async def read_body(receive: Receive, limit_bytes: int) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as it is over the limit.

    A client that leaves in the middle gives an empty rest, which no parser takes for whole.
    """
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        chunk = cast("bytes", message.get("body", b""))
        size += len(chunk)
        if size > limit_bytes:
            raise strict_json.too_large(limit_bytes)
        chunks.append(chunk)
        more = bool(message.get("more_body", False))
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def check_json_type(headers: Headers) -> None:
    """Passes for application/json in UTF-8, uncompressed. Raises UnsupportedMediaType otherwise."""
    content_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if content_type.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise UnsupportedMediaType("Send the body as application/json in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body uncompressed.")


class RequestContext:
    """Gives each request its id and headers, logs it, and answers what nobody else caught."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps the whole application, outermost."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one HTTP request; other scopes pass through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = ""
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                given = value.decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else to_public("req", new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, request_id)
            await send(message)

        try:
            _check_address(scope)
            await self.app(scope, receive, send_with_headers)
        except AppError as error:
            if status:
                raise
            await send_problem(error, scope, send_with_headers)
        except Exception as error:
            # The type and the place, never the message: it may hold what a caller sent.
            _log.exception("unhandled %s", type(error).__name__, exc_info=_bare(error))
            if status:
                raise
            await send_problem(
                InternalError("Something went wrong on our side."), scope, send_with_headers
            )
        finally:
            _log.info(
                "request",
                extra={
                    "fields": {
                        "method": scope["method"],
                        "route": route_of(scope),
                        "status": status,
                        "duration_ms": round((time.perf_counter() - began) * 1000, 2),
                        "request_id": request_id,
                    }
                },
            )


def _add_headers(message: Message, request_id: str) -> None:
    """Adds the request's id, and the security headers that the answer does not set itself."""
    headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
    there = {name for name, _ in headers}
    headers += [entry for entry in _SECURITY_HEADERS if entry[0] not in there]
    headers.append((b"x-request-id", request_id.encode()))
    message["headers"] = headers


def _check_address(scope: Scope) -> None:
    """Refuses NUL, which no text of ours holds and PostgreSQL does not take."""
    if "\x00" in scope["path"]:
        raise NotFound("There is nothing at this address.")
    if b"%00" in scope["query_string"]:
        raise InvalidRequest("The address holds a NUL character.")


def route_of(scope: Scope) -> str:
    """The route's pattern, as `/api/v1/run/{prompt_alias}`: a path may hold what is secret."""
    route = scope.get("route")
    return cast("str", getattr(route, "path", "")) or scope.get("route_pattern", "(unrouted)")


def _bare(error: BaseException) -> BaseException:
    """The same failure and place without its message, which may quote a caller's input."""
    bare = type("Unhandled", (Exception,), {})(type(error).__name__)
    return bare.with_traceback(error.__traceback__)


class StrictJsonBodies:
    """Reads the body of every write, refuses what strict_json refuses, and hands it on whole."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps the routes whose body is JSON."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Checks one request; raises AppError for RequestContext to answer."""
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = await read_body(receive, MAX_WRITE_BODY_BYTES)
        if body:
            check_json_type(headers)
            strict_json.parse(body)
        elif headers.get("content-length", "0") != "0":
            raise InvalidRequest("The body did not arrive whole.")
        delivered = False

        async def receive_again() -> Message:
            nonlocal delivered
            if delivered:
                return await receive()
            delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, receive_again, send)
