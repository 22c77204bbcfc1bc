from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import orjson
import pytest

from promptops_server.core.addresses import AddressRefused
from promptops_server.providers.translation.failures import (
    from_status,
    from_transport,
    kind_of,
    retry_after_s,
)

GOOGLE_RETRY = orjson.dumps(
    {
        "error": {
            "code": 429,
            "details": [
                {"@type": "type.googleapis.com/google.rpc.Help"},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17.3s"},
            ],
        }
    }
)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, b"", "rate_limited"),
        (401, b"", "auth"),
        (403, b"", "auth"),
        (400, b'{"error": {"details": [{"reason": "API_KEY_INVALID"}]}}', "auth"),
        (400, b"prompt is too long: 250000 tokens > 200000 maximum", "context_too_long"),
        (
            400,
            b"The input token count (9) exceeds the maximum number of tokens",
            "context_too_long",
        ),
        (400, b'{"error": {"code": "context_length_exceeded"}}', "context_too_long"),
        (413, b"", "context_too_long"),
        (400, b'{"error": {"code": "content_filter"}}', "content_filter"),
        (404, b"", "invalid_request"),
        (422, b"", "invalid_request"),
        (408, b"", "timeout"),
        (504, b"", "timeout"),
        (529, b"", "overloaded"),
        (503, b"", "overloaded"),
        (500, b"prompt is too long", "server_error"),
        (302, b"", "server_error"),
    ],
)
def test_kind_follows_status_and_known_phrases(status: int, body: bytes, kind: str) -> None:
    assert kind_of(status, body) == kind


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, b"", None),
        ({"Retry-After": "7"}, GOOGLE_RETRY, 7),
        ({"Retry-After": "0.2"}, b"", 1),
        ({"Retry-After": "-5"}, b"", None),
        ({"Retry-After": "999999999"}, b"", 86400),
        ({"Retry-After": "soon"}, b"", None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"", 0),
        ({}, GOOGLE_RETRY, 18),
        ({}, b"[" + GOOGLE_RETRY + b"]", 18),
        ({}, b"[]", None),
        ({}, b'{"error": {"details": "17s"}}', None),
        ({}, b"not json", None),
    ],
)
def test_retry_after_is_read_where_it_is_told(
    headers: Mapping[str, str], body: bytes, seconds: int | None
) -> None:
    assert retry_after_s(headers, body) == seconds


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    seconds = retry_after_s({"Retry-After": date})
    assert seconds is not None
    assert 85 <= seconds <= 91


def test_status_that_is_no_error_is_answered_with_502() -> None:
    failure = from_status("gemini", 302, {}, b"")
    assert failure.status == 502
    assert failure.upstream_status == 302


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (aiohttp.ServerDisconnectedError(), 502, "connect"),
        (ConnectionResetError(), 502, "connect"),
        (aiohttp.ConnectionTimeoutError(), 504, "timeout"),
        (TimeoutError(), 504, "timeout"),
        (aiohttp.InvalidUrlClientError("x"), 400, "invalid_request"),
        (AddressRefused("example.org:9 is a private address."), 422, "invalid_request"),
    ],
)
def test_transport_failure_has_a_status_of_its_own(
    error: Exception, status: int, kind: str
) -> None:
    failure = from_transport("anthropic", error)
    assert (failure.status, failure.kind) == (status, kind)
    assert failure.upstream_status is None
