"""What the routes of runs ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from promptops_server.runs.live import LiveRuns
from promptops_server.runs.reading import RunReader


def _reader(request: Request) -> RunReader:
    return cast("RunReader", request.app.state.run_reader)


def _live(request: Request) -> LiveRuns:
    return cast("LiveRuns", request.app.state.live_runs)


Live = Annotated[LiveRuns, Depends(_live)]
Runs = Annotated[RunReader, Depends(_reader)]
