"""Which failures are worth another call, and when."""

import pytest

from promptops_server.core.addresses import AddressRefused
from promptops_server.core.errors import AppError, InternalError, ShuttingDown
from promptops_server.core.sidecars import SidecarUnavailable
from promptops_server.providers.errors import (
    ProviderNotConfigured,
    broken_answer,
    timed_out,
    upstream_failure,
)
from promptops_server.providers.retrying import delay_before, verdict_of
from promptops_server.providers.wire import failure_kind


def _upstream(status: int, kind: str | None = None, after: str | None = None) -> AppError:
    return upstream_failure("x", status, kind, after)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        *((_upstream(status), "retry") for status in (408, 429, 500, 502, 503, 504, 529)),
        *((_upstream(status), "fallback") for status in (400, 401, 403, 404, 422)),
        (_upstream(429, after="20"), "retry"),
        (_upstream(429, after="21"), "fallback"),
        (_upstream(400, "context_too_long"), "fallback"),
        (_upstream(400, "content_filter"), "fallback"),
        # What waiting does not mend, whatever the status is.
        (_upstream(429, failure_kind({"code": "insufficient_quota"})), "fallback"),
        (_upstream(402), "fallback"),
        (_upstream(400, failure_kind({"kind": "auth"})), "fallback"),
        (broken_answer("x", "the answer broke off"), "retry"),
        (timed_out("x", "no first token", 1), "retry"),
        (SidecarUnavailable("x"), "retry"),
        (ProviderNotConfigured("x"), "fallback"),
        (AddressRefused("x"), "fallback"),
        (InternalError("x"), "stop"),
        (ShuttingDown("x"), "stop"),
    ],
)
def test_what_may_follow_a_failure(error: AppError, verdict: str) -> None:
    assert verdict_of(error) == verdict


@pytest.mark.parametrize(
    ("attempt", "after", "least", "most"),
    [(1, None, 0, 0.25), (2, None, 0, 0.5), (6, None, 0, 8), (9, None, 0, 8), (1, "3", 3, 3.25)],
)
def test_the_wait_grows_is_spread_and_is_what_the_provider_asked_for(
    attempt: int, after: str | None, least: float, most: float
) -> None:
    waits = [delay_before(attempt, _upstream(429, after=after)) for _ in range(200)]
    assert all(least <= wait <= most for wait in waits)
    assert max(waits) - min(waits) > (most - least) / 4


def test_a_refused_key_and_a_used_up_account_are_told_by_their_codes() -> None:
    told = {
        "insufficient_quota": _upstream(429, failure_kind({"code": "insufficient_quota"})),
        "invalid_api_key": _upstream(400, failure_kind({"code": "invalid_api_key"})),
    }
    assert told["insufficient_quota"].code == "provider_quota"
    assert told["invalid_api_key"].code == "provider_auth"
    assert not told["insufficient_quota"].retryable
