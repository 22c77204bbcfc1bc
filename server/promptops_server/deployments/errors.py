"""What deployments refuses."""

from promptops_server.core.errors import Conflict, NotFound


class NothingDeployed(NotFound):
    """The prompt exists, and no version of it serves this environment."""

    code = "nothing_deployed"
    title = "Nothing deployed"


class DeploymentNotFound(NotFound):
    """There is no such deployment in the caller's project."""

    code = "deployment_not_found"


class EnvironmentNotFound(NotFound):
    """The project has no such environment."""

    code = "environment_not_found"


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
