"""What access refuses."""

from promptops_server.core.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unauthorized


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
