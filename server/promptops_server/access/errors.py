"""What access refuses."""

from promptops_server.core.errors import (
    AppError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    Unauthorized,
)


def not_signed_in() -> Unauthorized:
    """One answer for no key, a malformed, an unknown, an expired and a revoked one."""
    return Unauthorized(
        "Send a valid API key in the X-API-Key header.",
        headers={"WWW-Authenticate": 'ApiKey realm="promptops"'},
    )


class ApiKeyNotFound(NotFound):
    """There is no such key in the caller's project."""

    code = "api_key_not_found"


class ApiKeyRevoked(Conflict):
    """A revoked key cannot be changed or rotated."""

    code = "api_key_revoked"


class ProjectSlugTaken(Conflict):
    """Another project has this slug."""

    code = "project_slug_taken"


class EnvironmentNotFound(NotFound):
    """The project has no such environment."""

    code = "environment_not_found"


class EnvironmentTaken(Conflict):
    """The project has an environment of this name already."""

    code = "environment_taken"


class EnvironmentInUse(Conflict):
    """An environment stays while something is deployed there, and the last one always."""

    code = "environment_in_use"


class ProjectNotFound(NotFound):
    """The person belongs to no such project."""

    code = "project_not_found"


class ProjectNotNamed(InvalidRequest):
    """A person of several projects has to say which one is meant."""

    code = "project_not_named"


class CsrfFailed(Forbidden):
    """A change by cookie that a page of the product did not ask for."""

    code = "csrf_failed"
    title = "Not asked for by this product's page"


class InvalidCredentials(AppError):
    """The e-mail address and the password are not those of a person who may sign in."""

    code = "invalid_credentials"
    title = "Not signed in"
    status = 401

    def __init__(self) -> None:
        """Says the same for every cause."""
        super().__init__("This e-mail address and password do not go together.")


class TooManyAttempts(AppError):
    """Too many passwords were tried for this account, or from this address."""

    code = "too_many_attempts"
    title = "Too many attempts"
    status = 429
    retryable = True

    def __init__(self, seconds: int, *, is_first: bool) -> None:
        """Takes when to try again, and whether this is the first refusal for a while."""
        unit = "second" if seconds == 1 else "seconds"
        super().__init__(
            f"Too many attempts. Try again in {seconds} {unit}.",
            headers={"Retry-After": str(seconds)},
        )
        self.is_first = is_first


class LinkSpent(AppError):
    """The link was used, has ended, was replaced by a newer one, or was never made."""

    code = "link_spent"
    title = "Link not valid"
    status = 410

    def __init__(self) -> None:
        """Says the same for every cause."""
        super().__init__("This link is not valid: it was used, has ended, or a newer one was made.")


class EmailTaken(Conflict):
    """Another person has this e-mail address."""

    code = "email_taken"


class NoticeNotFound(NotFound):
    """The person has no such notice."""

    code = "notice_not_found"


class MemberNotFound(NotFound):
    """The project has no such member."""

    code = "member_not_found"


class LastOwner(Conflict):
    """A project keeps an owner who can sign in."""

    code = "last_owner"


class AlreadyMember(Conflict):
    """Who is invited belongs to the project already."""

    code = "already_member"


class InvitationNotFound(NotFound):
    """The project has no such invitation that can be used still."""

    code = "invitation_not_found"


class UserNotFound(NotFound):
    """There is no such person in this installation."""

    code = "user_not_found"


class UserDisabled(Conflict):
    """The person is disabled: they get no link."""

    code = "user_disabled"


class LastAdministrator(Conflict):
    """An installation keeps an administrator who can sign in."""

    code = "last_administrator"
