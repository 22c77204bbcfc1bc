"""What runs refuses."""

from promptops_server.core.errors import NotFound


class RunNotFound(NotFound):
    """There is no such run in the caller's project."""

    code = "run_not_found"
