"""What the routes of deployments ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from promptops_server.deployments.types import ReleaseChecks, SubjectsByKind


def _subjects(request: Request) -> SubjectsByKind:
    return cast("SubjectsByKind", request.app.state.subjects)


def _checks(request: Request) -> ReleaseChecks:
    return cast("ReleaseChecks", request.app.state.release_checks)


Deployable = Annotated[SubjectsByKind, Depends(_subjects)]
Checks = Annotated[ReleaseChecks, Depends(_checks)]
