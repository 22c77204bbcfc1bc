"""What the routes of instance ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from promptops_server.instance.types import Places


def _places(request: Request) -> Places:
    return cast("Places", request.app.state.places)


PartPlaces = Annotated[Places, Depends(_places)]
