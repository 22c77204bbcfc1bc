"""What the routes of instance ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from promptops_server.core.settings import Settings
from promptops_server.instance.types import Places


def _places(request: Request) -> Places:
    return cast("Places", request.app.state.places)


def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


OwnSettings = Annotated[Settings, Depends(_settings)]
PartPlaces = Annotated[Places, Depends(_places)]
