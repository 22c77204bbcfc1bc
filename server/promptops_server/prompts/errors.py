"""What prompts refuse; what is wrong with a template stands in template_errors.py."""

from promptops_server.core.errors import Conflict, NotFound


class PromptNotFound(NotFound):
    """There is no such prompt in the caller's project."""

    code = "prompt_not_found"


class VersionNotFound(NotFound):
    """The prompt has no such version."""

    code = "version_not_found"


class DraftNotFound(NotFound):
    """The caller has no draft of this prompt."""

    code = "draft_not_found"


class AliasTaken(Conflict):
    """Another prompt of this project has this alias."""

    code = "alias_taken"


class VersionTaken(Conflict):
    """This version number exists already, with other content."""

    code = "version_taken"
