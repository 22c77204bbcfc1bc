"""The rules of deployments, a file per use case."""

from promptops_server.deployments.service.active import ActiveVersions
from promptops_server.deployments.service.reading import (
    describe,
    describe_releases,
    get_deployment,
    list_deployments,
)
from promptops_server.deployments.service.releasing import deploy, promote, roll_back

__all__ = [
    "ActiveVersions",
    "deploy",
    "describe",
    "describe_releases",
    "get_deployment",
    "list_deployments",
    "promote",
    "roll_back",
]
