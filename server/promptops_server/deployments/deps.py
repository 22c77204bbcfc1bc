"""What the routes of deployments ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from promptops_server.deployments.types import SubjectsByKind


def _subjects(request: Request) -> SubjectsByKind:
    return cast("SubjectsByKind", request.app.state.subjects)


Deployable = Annotated[SubjectsByKind, Depends(_subjects)]
