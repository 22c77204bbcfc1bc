"""Runs over HTTP, apart from making one, which is endpoint.py's."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from promptops_server.access.deps import Admin, Db, Identified, PageCursors, Reader
from promptops_server.core.asgi import request_id_of
from promptops_server.core.errors import AppError
from promptops_server.core.pagination import Page
from promptops_server.core.problems import errors
from promptops_server.kit.ids import from_public
from promptops_server.prompts.errors import PromptNotFound
from promptops_server.runs import listing, managing
from promptops_server.runs.deps import Runs
from promptops_server.runs.errors import OutputNotStored, RunEnded, RunNotFound
from promptops_server.runs.events import PING, STREAM_HEADERS, EventWriter
from promptops_server.runs.query import RunQuery
from promptops_server.runs.reading import RunReader, first_wanted
from promptops_server.runs.schemas import (
    DeletedRuns,
    RunCancelling,
    RunRead,
    RunSettingsBody,
    RunSummary,
)
from promptops_server.usage import service as usage

router = APIRouter(prefix="/api/v1", tags=["Runs"])
_PING_EVERY_S = 15.0


@router.get("/runs", responses=errors(PromptNotFound))
async def list_runs(
    wanted: Annotated[RunQuery, Query()], caller: Reader, db: Db, cursors: PageCursors, runs: Runs
) -> Page[RunSummary]:
    """The runs of this project, newest first; those that have not ended where they are asked for.

    Of a filter that is given several times, one of the values has to hold.
    """
    question = f"runs|{caller.project_id}|{wanted.question()}"
    after = cursors.after(wanted.cursor, question)
    async with db.transaction(caller.project_id) as session:
        chosen = await listing.filter_of(session, caller, wanted)
    found, labels = await listing.list_runs(db, runs.unended, caller, chosen, after, wanted.limit)
    rows = [RunSummary.of(run, labels) for run in found]
    return cursors.page(rows, [run.id for run in found], wanted.limit, question)


@router.delete("/runs", responses=errors())
async def delete_runs_of_user(
    caller: Admin, db: Db, user: Annotated[str, Query(min_length=1, max_length=255)]
) -> DeletedRuns:
    """Deletes every ended run of one `user`, and what was said about it."""
    async with db.transaction(caller.project_id) as session:
        deleted = await usage.delete_runs_of_user(session, caller.project_id, user)
    return DeletedRuns(deleted=deleted)


@router.get("/runs/{run_id}", responses=errors(RunNotFound))
async def get_run(run_id: str, caller: Identified, runs: Runs, db: Db) -> RunRead:
    """One run in full: what went to the model, what came back, each attempt.

    A key without the scope `read` sees the runs that it started.
    """
    found = await runs.get(caller, run_id)
    async with db.transaction(caller.project_id) as session:
        labels = await listing.labels_of(session, caller.project_id, [found])
    return RunRead.of(found, labels)


@router.delete("/runs/{run_id}", status_code=202, responses=errors(RunNotFound, RunEnded))
async def cancel_run(run_id: str, caller: Identified, runs: Runs) -> RunCancelling:
    """Cancels a run that is queued or running, whatever process does it."""
    await runs.cancel(caller, run_id)
    return RunCancelling(id=run_id, status="cancelling")


@router.delete("/runs/{run_id}/record", status_code=204, responses=errors(RunNotFound))
async def delete_run(run_id: str, caller: Admin, db: Db) -> Response:
    """Deletes an ended run from the ledger, and what was said about it."""
    async with db.transaction(caller.project_id) as session:
        await managing.delete_run(session, caller, run_id)
    return Response(status_code=204)


@router.get(
    "/runs/{run_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The run's events, as the run itself streams them.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **errors(RunNotFound, OutputNotStored),
    },
)
async def follow_run(
    run_id: str,
    request: Request,
    caller: Identified,
    runs: Runs,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """The events of a run after `Last-Event-ID`, those to come included; no model is called again.

    Live for ten minutes after its end, later from the ledger. A plain run, which nobody can
    resume, is told when it has ended. A second `meta` says that the run was begun anew.
    """
    after = first_wanted(last_event_id, run_id)
    await runs.get(caller, run_id)
    events = _events(runs, caller.project_id, run_id, after, request)
    # The first piece is awaited here, so that what cannot be told is a problem document.
    first = await anext(events)

    async def chunks() -> AsyncGenerator[bytes]:
        yield first
        async for chunk in events:
            yield chunk

    headers = {name: text for name, text in STREAM_HEADERS.items() if name != "Content-Type"}
    return StreamingResponse(chunks(), media_type="text/event-stream", headers=headers)


async def _events(
    runs: RunReader, project_id: object, public_id: str, after: int, request: Request
) -> AsyncGenerator[bytes]:
    identifier = from_public("run", public_id)
    if identifier is None:
        raise RunNotFound("There is no such run in this project.")
    writer = EventWriter(public_id)
    last_sent = time.monotonic()
    has_begun = False
    instance = request.url.path
    following = runs.follow(project_id, identifier, after, instance=instance)  # pyright: ignore[reportArgumentType] # a UUID
    try:
        async with aclosing(following):
            async for event in following:
                if event is not None:
                    yield writer.numbered(*event)
                elif not has_begun or time.monotonic() - last_sent >= _PING_EVERY_S:
                    yield PING
                else:
                    continue
                has_begun = True
                last_sent = time.monotonic()
        if not has_begun:
            yield PING
    except AppError as error:
        if not has_begun:
            raise
        problem = error.problem(instance=instance, request_id=request_id_of(request.scope))
        yield writer.event("error", problem)


@router.get("/run-settings", responses=errors())
async def get_run_settings(caller: Reader, db: Db) -> RunSettingsBody:
    """What this project keeps of its runs, and for how long."""
    async with db.transaction(caller.project_id) as session:
        found = await usage.find_settings(session, caller.project_id)
    return RunSettingsBody(store=found.store, retention_days=found.retention_days)


@router.put("/run-settings", responses=errors(body=True))
async def put_run_settings(wanted: RunSettingsBody, caller: Admin, db: Db) -> RunSettingsBody:
    """Says what this project keeps of the runs that come, and how long it keeps any."""
    async with db.transaction(caller.project_id) as session:
        await managing.put_settings(session, caller, wanted)
    return wanted
