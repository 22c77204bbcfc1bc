"""Why a call to a provider failed, in our own words.

What an upstream says in an error often repeats the prompt, so its words are read for a few known
phrases and then forgotten: they reach neither a log nor an answer.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, cast

import aiohttp
import orjson

from promptops_server.core.addresses import AddressRefused

Kind = Literal[
    "rate_limited",
    "auth",
    "invalid_request",
    "context_too_long",
    "content_filter",
    "overloaded",
    "server_error",
    "connect",
    "timeout",
]
Source = Literal["upstream_error", "adaptor_error"]

_MAX_RETRY_AFTER_S = 24 * 3600
# Phrases of Anthropic ("prompt is too long"), Gemini ("exceeds the maximum number of tokens"),
# OpenAI and those who speak its protocol ("maximum context length", "context_length_exceeded").
_TOO_LONG = re.compile(
    rb"prompt is too long|exceeds? the maximum number of (input )?tokens"
    rb"|maximum context length|context[_ ]length[_ ]exceeded|exceed context limit"
    rb"|model's (context|maximum context)|exceeds the available context|maximum input length",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    rb"content[_ ]filter|content[_ ]policy|safety system|content management policy", re.IGNORECASE
)
# Gemini answers a wrong key with 400 and this reason.
_BAD_KEY = re.compile(rb"API_KEY_INVALID|api key not valid", re.IGNORECASE)
_RETRY_DELAY = re.compile(r"(\d+(?:\.\d+)?)s\Z")

_SENTENCES: dict[Kind, str] = {
    "rate_limited": "limits the rate of calls",
    "auth": "refused the key",
    "invalid_request": "refused the request",
    "context_too_long": "takes no prompt of this length with this model",
    "content_filter": "refused the request with its content filter",
    "overloaded": "is overloaded",
    "server_error": "failed",
    "connect": "could not be reached, or closed the connection",
    "timeout": "did not answer in time",
}


class CallFailed(Exception):
    """A call that failed: the status to answer with, and the facts for the error object."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        kind: Kind,
        source: Source = "upstream_error",
        upstream_status: int | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        """Keeps the facts; `message` is a sentence of ours."""
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind: Kind = kind
        self.source: Source = source
        self.upstream_status = upstream_status
        self.retry_after_s = retry_after_s

    def as_json(self) -> dict[str, object]:
        """The document {"error": {...}}, for a body or for the last event of a stream."""
        return {
            "error": {
                "message": self.message,
                "type": self.source,
                "upstream_status": self.upstream_status,
                "kind": self.kind,
                "retry_after_s": self.retry_after_s,
            }
        }


def invalid_request(message: str) -> CallFailed:
    """The failure of a request that cannot be sent as it is; `message` says what is wrong."""
    return CallFailed(message, status=400, kind="invalid_request", source="adaptor_error")


def broken_answer(provider: str, what: str) -> CallFailed:
    """The failure of an answer that cannot be read; `what` is a part of a sentence of ours."""
    return CallFailed(f"{provider}: {what}.", status=502, kind="server_error")


def broken_off(provider: str) -> CallFailed:
    """The failure of an answer that ended before its end."""
    return CallFailed(f"{provider} broke off its answer.", status=502, kind="connect")


def timed_out(provider: str, what: str) -> CallFailed:
    """The failure of a limit that ran out; `what` names what did not come."""
    return CallFailed(f"{provider}: {what} in time.", status=504, kind="timeout")


def from_transport(provider: str, error: Exception) -> CallFailed:
    """The failure that an exception of core.http stands for."""
    if isinstance(error, AddressRefused):
        return CallFailed(
            error.detail, status=error.status, kind="invalid_request", source="adaptor_error"
        )
    # aiohttp's own timeouts are both a TimeoutError and a ClientError.
    if isinstance(error, TimeoutError):
        return CallFailed(f"{provider} {_SENTENCES['timeout']}.", status=504, kind="timeout")
    if isinstance(error, aiohttp.InvalidURL):
        return invalid_request("The base URL is not a URL.")
    return CallFailed(f"{provider} {_SENTENCES['connect']}.", status=502, kind="connect")


def from_status(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> CallFailed:
    """The failure that an answer other than 200 stands for.

    The status stays the upstream's own where it is a 4xx or 5xx, and is 502 for any other.
    """
    kind = kind_of(status, body)
    shown = status if 400 <= status <= 599 else 502
    sentence = _SENTENCES[kind] if shown == status else "answered with a redirect or no answer"
    return CallFailed(
        f"{provider} {sentence} (status {status}).",
        status=shown,
        kind=kind,
        upstream_status=status,
        retry_after_s=retry_after_s(headers, body),
    )


def kind_of(status: int, body: bytes = b"") -> Kind:
    """What an upstream status means, where 4xx bodies tell more than the number."""
    if status == 429:
        return "rate_limited"
    if status in (401, 403) or (status == 400 and _BAD_KEY.search(body)):
        return "auth"
    if status in (408, 504):
        return "timeout"
    if status in (503, 529):
        return "overloaded"
    if not 400 <= status < 500:
        return "server_error"
    if status == 413 or _TOO_LONG.search(body):
        return "context_too_long"
    return "content_filter" if _FILTERED.search(body) else "invalid_request"


def retry_after_s(headers: Mapping[str, str], body: bytes = b"") -> int | None:
    """Whole seconds until another try makes sense, or None where the upstream does not say.

    Read from Retry-After (RFC 9110, section 10.2.3: seconds or a date), else from the RetryInfo
    of a Google error (https://cloud.google.com/apis/design/errors).
    """
    value = headers.get("Retry-After", "").strip()
    seconds: float | None = None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        seconds = float(value)
    elif value:
        seconds = _seconds_until(value)
    elif body:
        seconds = _retry_delay(body)
    if seconds is None:
        return None
    return min(max(0, math.ceil(seconds)), _MAX_RETRY_AFTER_S)


def _seconds_until(date: str) -> float | None:
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (at - datetime.now(UTC)).total_seconds() if at.tzinfo else None


def _retry_delay(body: bytes) -> float | None:
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    # A Google stream's error may be the only element of an array.
    if isinstance(document, list):
        elements = cast("list[object]", document)
        document = elements[0] if elements else None
    details = as_object(as_object(document).get("error")).get("details")
    if not isinstance(details, list):
        return None
    for detail in cast("list[object]", details):
        if match := _RETRY_DELAY.fullmatch(str(as_object(detail).get("retryDelay", ""))):
            return float(match[1])
    return None


def as_object(value: object) -> dict[str, object]:
    """The value where it is a JSON object, else an empty one."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
