"""What access refuses."""

from promptops_server.core.errors import Conflict, NotFound, Unauthorized


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
