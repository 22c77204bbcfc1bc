"""What the routes of prompts ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from promptops_server.providers.service import ModelTargets


def _targets(request: Request) -> ModelTargets:
    return cast("ModelTargets", request.app.state.targets)


Targets = Annotated[ModelTargets, Depends(_targets)]
