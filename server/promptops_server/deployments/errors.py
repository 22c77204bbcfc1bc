"""What deployments refuses."""

from promptops_server.core.errors import Conflict, NotFound


class NothingDeployed(NotFound):
    """The prompt exists, and no version of it serves this environment."""

    code = "nothing_deployed"
    title = "Nothing deployed"


class DeploymentNotFound(NotFound):
    """There is no such deployment in the caller's project."""

    code = "deployment_not_found"


class SubjectNotFound(NotFound):
    """What is to be deployed does not exist in the caller's project."""

    code = "subject_not_found"


class SubjectVersionNotFound(NotFound):
    """What is to be deployed has no such version."""

    code = "version_not_found"


class DeploymentMoved(Conflict):
    """Another version serves the environment than the one that the caller meant to replace."""

    code = "deployment_moved"
    title = "Another version is deployed"


class SubjectArchived(Conflict):
    """What was archived cannot be deployed."""

    code = "subject_archived"
    title = "Archived"


class NothingToRollBackTo(Conflict):
    """No release lies behind the present one, or none of the version that was named."""

    code = "nothing_to_roll_back_to"


class ReleaseRefused(Conflict):
    """A check that guards releases refused this one."""

    code = "release_refused"
    title = "Release refused"


class ReleaseCheckMissing(Conflict):
    """The environment requires a check that this installation does not have."""

    code = "release_check_missing"
    title = "Release check missing"
