"""The errors that a caller can act on, and the problem document that each becomes.

AppError is the root. A slice's errors are subclasses that say `code` (the stable contract),
`title`, `status` and `retryable`; the constructor takes the facts and builds the sentence.
The document is RFC 9457 (application/problem+json). Input is never echoed raw, secrets never.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

PROBLEM_CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong, at its place: `pointer` is a JSON pointer as `#/variables/topic`."""

    code: str
    pointer: str
    message: str

    def as_json(self) -> dict[str, str]:
        """The entry of the problem document's `errors` list."""
        return {"code": self.code, "pointer": self.pointer, "message": self.message}


class AppError(Exception):
    """A failure with a code, a status and a sentence for a person.

    `detail` is the sentence. `errors` names each field at fault. `headers` are added to the answer,
    `facts` to the document beside the standard members.
    """

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        """Keeps the sentence and the facts; nothing is formatted here."""
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.facts = dict(facts or {})

    def problem(self, *, instance: str, request_id: str) -> dict[str, object]:
        """The problem document as a JSON object, for a response body or an SSE `error` event."""
        document: dict[str, object] = {
            "type": f"urn:promptops:error:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "request_id": request_id,
            "retryable": self.retryable,
            **self.facts,
        }
        if self.errors:
            document["errors"] = [error.as_json() for error in self.errors]
        return document


class InternalError(AppError):
    """A bug of ours: the document says nothing of the cause, the log does."""


class InvalidRequest(AppError):
    """A field of the request is wrong, missing or unknown."""

    code = "invalid_request"
    title = "Invalid request"
    status = 422


class InvalidJson(AppError):
    """The body is not the JSON that this API takes."""

    code = "invalid_json"
    title = "Invalid JSON"
    status = 400


class BodyTooLarge(AppError):
    """The body is over the published limit."""

    code = "body_too_large"
    title = "Body too large"
    status = 413


class UnsupportedMediaType(AppError):
    """The body is of a type that this endpoint does not take."""

    code = "unsupported_media_type"
    title = "Unsupported media type"
    status = 415


class Unauthorized(AppError):
    """No API key, or none that is valid: one sentence for every cause."""

    code = "unauthorized"
    title = "Not signed in"
    status = 401


class Forbidden(AppError):
    """The caller is known and may not do this."""

    code = "forbidden"
    title = "Not allowed"
    status = 403


class NotFound(AppError):
    """There is no such thing in the caller's project."""

    code = "not_found"
    title = "Not found"
    status = 404


class MethodNotAllowed(AppError):
    """The address exists, and does not take this method."""

    code = "method_not_allowed"
    title = "Method not allowed"
    status = 405


class Conflict(AppError):
    """The thing was changed, or exists, since the caller last looked."""

    code = "conflict"
    title = "Conflict"
    status = 409


class StorageUnavailable(AppError):
    """PostgreSQL did not answer in time."""

    code = "storage_unavailable"
    title = "Storage unavailable"
    status = 503
    retryable = True


class SecretsUnavailable(AppError):
    """A stored credential cannot be opened."""

    code = "secrets_unavailable"
    title = "Secrets unavailable"
    status = 503
    retryable = True


class ShuttingDown(AppError):
    """This process is being stopped and takes no new work."""

    code = "shutting_down"
    title = "Shutting down"
    status = 503
    retryable = True
