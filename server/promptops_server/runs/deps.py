"""What the routes of runs ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from promptops_server.runs.reading import RunReader


def _reader(request: Request) -> RunReader:
    return cast("RunReader", request.app.state.run_reader)


Runs = Annotated[RunReader, Depends(_reader)]
