"""What may follow a call of a model that failed, as long as nothing of an answer was passed on.

This is the one retry layer: neither the HTTP client nor LiteLLM behind the adaptor tries again by
itself. The waits are exponential backoff with full jitter ("Exponential Backoff And Jitter", AWS
Architecture Blog, 2015).
"""

import secrets
from typing import Literal

from promptops_server.core.addresses import AddressRefused
from promptops_server.core.errors import AppError, SecretsUnavailable
from promptops_server.core.sidecars import SidecarUnavailable
from promptops_server.providers.errors import (
    ContextTooLong,
    ProviderAuth,
    ProviderContentFilter,
    ProviderError,
    ProviderNotConfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    RequestUnsupported,
)

Verdict = Literal["retry", "fallback", "stop"]

_FIRST_DELAY_S = 0.25
_LONGEST_DELAY_S = 8.0
# A provider that wants a longer rest is not waited for.
_LONGEST_REST_S = 20
_CHANCE = secrets.SystemRandom()

# Another try of the same model may go better.
_RETRY = (ProviderError, ProviderRateLimited, ProviderTimeout, SidecarUnavailable)
# The same model would fail again, and another provider or model may not: a refused key, a
# used-up account, a missing or forbidden address, a shorter context, another filter.
_FALLBACK = (
    *(ProviderAuth, ProviderNotConfigured, ProviderContentFilter, ContextTooLong),
    *(AddressRefused, SecretsUnavailable, RequestUnsupported, ProviderQuota),
)
# Statuses with which a provider says that this request will never pass as it is.
_FINAL_STATUSES = frozenset({400, 404, 405, 409, 410, 413, 415, 422})


def verdict_of(error: AppError) -> Verdict:
    """What may follow: the same model again, the next one, or nothing, as for a fault of ours."""
    if isinstance(error, _FALLBACK):
        return "fallback"
    if not isinstance(error, _RETRY):
        return "stop"
    if error.facts.get("upstream_status") in _FINAL_STATUSES or _rest_s(error) > _LONGEST_REST_S:
        return "fallback"
    return "retry"


def delay_before(attempt: int, error: AppError) -> float:
    """Seconds to wait before retry number `attempt` (from 1): what the provider asked for, or more.

    Requires that the verdict on the error is `retry`.
    """
    longest = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** (attempt - 1))
    return _rest_s(error) + _CHANCE.uniform(0, longest)


def _rest_s(error: AppError) -> int:
    told = error.headers.get("Retry-After", "")
    # A rate-limited provider that does not say is taken to mean a moment, which the jitter is.
    return int(told) if told.isdigit() and told != "1" and len(told) < 7 else 0
