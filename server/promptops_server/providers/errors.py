"""What goes wrong between us and a provider. No document ever holds the provider's own words."""

from collections.abc import Mapping

from promptops_server.core.errors import AppError, Conflict, NotFound


class ProviderNotFound(NotFound):
    """There is no such provider in the caller's project."""

    code = "provider_not_found"


class ProviderNameTaken(Conflict):
    """Another provider of this project has this name."""

    code = "provider_name_taken"


class PriceNotFound(NotFound):
    """There is no such price in the caller's project."""

    code = "price_not_found"


class ProviderNotConfigured(Conflict):
    """A version names a provider that its project does not have, or that lacks its key."""

    code = "provider_not_configured"
    title = "Provider not configured"


class ProviderError(AppError):
    """The provider failed, or answered what is not an answer."""

    code = "provider_error"
    title = "The provider failed"
    status = 502
    retryable = True


class ProviderAuth(AppError):
    """The provider refused the stored key."""

    code = "provider_auth"
    title = "The provider refused the key"
    status = 502


class ProviderQuota(AppError):
    """The account at the provider is used up or unpaid; waiting does not help."""

    code = "provider_quota"
    title = "The provider's account is used up"
    status = 502


class ProviderRateLimited(AppError):
    """The provider's own limit is used up."""

    code = "provider_rate_limited"
    title = "The provider limits requests"
    status = 429
    retryable = True


class ProviderTimeout(AppError):
    """The provider did not answer in time."""

    code = "provider_timeout"
    title = "The provider did not answer in time"
    status = 504
    retryable = True


class ProviderContentFilter(AppError):
    """The provider's filter refused the request."""

    code = "provider_content_filter"
    title = "Refused by the provider's filter"
    status = 422


class RequestUnsupported(AppError):
    """The provider cannot be sent this request as it is, for example an image by its address."""

    code = "request_unsupported"
    title = "Not possible with this provider"
    status = 422


class ContextTooLong(AppError):
    """The rendered prompt does not fit into the model's context."""

    code = "context_too_long"
    title = "Too long for the model"
    status = 422


_AUTH_STATUSES = frozenset({401, 403})
_UNPAID_STATUS = 402
_TIMEOUT_STATUSES = frozenset({408, 504})


def upstream_failure(
    provider: str, status: int, kind: str | None, retry_after: str | None
) -> AppError:
    """The error for an upstream status; `kind` is what the body's code told, where it told it."""
    facts: Mapping[str, object] = {"provider": provider, "upstream_status": status}
    if kind == "context_too_long":
        return ContextTooLong("The prompt is too long for this model.", facts=facts)
    if kind == "content_filter":
        return ProviderContentFilter("The provider's content filter refused this.", facts=facts)
    if kind == "quota" or status == _UNPAID_STATUS:
        return ProviderQuota(f"The account at {provider} is used up or unpaid.", facts=facts)
    if kind == "auth" or status in _AUTH_STATUSES:
        sentence = f"{provider} refused the stored API key (status {status})."
        return ProviderAuth(sentence, facts=facts)
    if status == 429:
        seconds = retry_after if retry_after and retry_after.isdigit() else "1"
        sentence = f"{provider} limits requests at the moment. Try again in {seconds} s."
        return ProviderRateLimited(sentence, facts=facts, headers={"Retry-After": seconds})
    if status in _TIMEOUT_STATUSES:
        return ProviderTimeout(f"{provider} did not answer in time.", facts=facts)
    return ProviderError(f"{provider} answered with status {status}.", facts=facts)


def broken_answer(provider: str, what: str) -> ProviderError:
    """The error for an answer that broke off or cannot be read; `what` is our own sentence part."""
    return ProviderError(f"{provider}: {what}.", facts={"provider": provider})


def timed_out(provider: str, what: str, seconds: float) -> ProviderTimeout:
    """The error for a limit of ours that ran out; `what` names it, as `no first token`."""
    return ProviderTimeout(
        f"{provider}: {what} within {seconds:g} s.", facts={"provider": provider}
    )
