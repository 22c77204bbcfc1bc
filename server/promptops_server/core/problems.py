"""What a FastAPI route answers when it fails, and how that stands in the OpenAPI document."""

from collections.abc import Sequence
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from promptops_server.core.asgi import render_problem
from promptops_server.core.errors import (
    PROBLEM_CONTENT_TYPE,
    AppError,
    BodyTooLarge,
    FieldProblem,
    Forbidden,
    InternalError,
    InvalidJson,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    StorageUnavailable,
    Unauthorized,
    UnsupportedMediaType,
)


class ProblemField(BaseModel):
    """One field at fault; `pointer` is a JSON pointer into the request."""

    code: str
    pointer: str
    message: str


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is the contract, `detail` the sentence for a person."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    retryable: bool
    errors: list[ProblemField] | None = None


# What a route can always answer, and what one that takes a body can.
ALWAYS: tuple[type[AppError], ...] = (Unauthorized, Forbidden, StorageUnavailable, InternalError)
WITH_BODY: tuple[type[AppError], ...] = (
    InvalidJson,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidRequest,
)


def errors(*classes: type[AppError], body: bool = False) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can fail in these ways, beside what every route can."""
    return problem_responses([*classes, *ALWAYS, *(WITH_BODY if body else (InvalidRequest,))])


def problem_responses(classes: Sequence[type[AppError]]) -> dict[int | str, dict[str, Any]]:
    """One entry a status, naming the codes that come with it, in the order of the statuses."""
    by_status: dict[int, list[type[AppError]]] = {}
    for error in classes:
        kept = by_status.setdefault(error.status, [])
        if error not in kept:
            kept.append(error)
    return {
        status: {
            "description": "; ".join(f"`{error.code}`: {error.title}" for error in found),
            "content": {PROBLEM_CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, found in sorted(by_status.items())
    }


def invalid_request(problems: Sequence[tuple[str, str]]) -> InvalidRequest:
    """The error for fields at fault, each a (pointer, sentence); the first is the detail."""
    fields = [FieldProblem("invalid_request", pointer, message) for pointer, message in problems]
    first = fields[0]
    return InvalidRequest(f"{first.pointer}: {first.message}", errors=fields)


def install(app: FastAPI) -> None:
    """Makes every failure of the application's routes a problem document."""

    def answer(error: AppError, request: Request) -> Response:
        body, headers = render_problem(error, request.scope)
        return Response(body, error.status, headers)

    async def on_app_error(request: Request, error: Exception) -> Response:
        return answer(cast("AppError", error), request)

    async def on_validation(request: Request, error: Exception) -> Response:
        # Only the place and the rule are told: the message of some rules quotes the input.
        found = cast("RequestValidationError", error).errors()
        return answer(
            invalid_request([(_pointer(item["loc"]), _sentence(item)) for item in found]), request
        )

    async def on_http(request: Request, error: Exception) -> Response:
        status = cast("HTTPException", error).status_code
        known: dict[int, AppError] = {
            404: NotFound("There is nothing at this address."),
            405: MethodNotAllowed("This address does not take that method."),
        }
        default = InvalidRequest("This request cannot be read.")
        return answer(known.get(status, default), request)

    async def on_a_bug(request: Request, _error: Exception) -> Response:
        # Starlette raises it again when this is answered; RequestContext logs it then.
        return answer(InternalError("Something went wrong on our side."), request)

    app.add_exception_handler(AppError, on_app_error)
    app.add_exception_handler(Exception, on_a_bug)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


def _pointer(location: Sequence[int | str]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    if parts and parts[0] == "body":
        parts = parts[1:]
    return "#/" + "/".join(parts)


_SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is unknown.",
    "string_pattern_mismatch": "This text has characters or a form that is not allowed here.",
    "json_invalid": "This is not valid JSON.",
    # The library's own sentences on these quote the input.
    "union_tag_invalid": "This is of a kind that is not taken here.",
    "union_tag_not_found": "This lacks the field that says of which kind it is.",
}


def _sentence(item: dict[str, Any]) -> str:
    kind = str(item["type"])
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind == "value_error":
        # Raised by our own validators, whose sentences quote nothing.
        return str(item["msg"]).removeprefix("Value error, ")
    return f"{item['msg']}."
