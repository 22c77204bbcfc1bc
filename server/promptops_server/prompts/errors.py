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
    """Another prompt of this project has this alias, or had it before."""

    code = "alias_taken"


class AliasNotFound(NotFound):
    """The prompt has not had this alias, or it was released."""

    code = "alias_not_found"


class AliasInUse(Conflict):
    """The alias is the one that the prompt has now."""

    code = "alias_in_use"


class VersionTaken(Conflict):
    """This version number exists already, with other content."""

    code = "version_taken"


class VersionConflict(Conflict):
    """A version was published that the caller has not seen; `latest_version` names it."""

    code = "version_conflict"


class SampleNotFound(NotFound):
    """The prompt has no such sample."""

    code = "sample_not_found"


class SampleTaken(Conflict):
    """Another sample of this prompt has this name."""

    code = "sample_taken"


class TooManySamples(Conflict):
    """The prompt has as many samples as it can have."""

    code = "too_many_samples"
