"""Watching runs over HTTP."""

import math
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Annotated, cast

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from promptops_server.access.deps import Db, Reader
from promptops_server.access.service import Authenticator, require
from promptops_server.access.types import Scope
from promptops_server.core.asgi import request_id_of
from promptops_server.core.errors import AppError
from promptops_server.core.problems import errors
from promptops_server.prompts.errors import PromptNotFound
from promptops_server.prompts.service import get_prompt_ids
from promptops_server.runs.deps import Live
from promptops_server.runs.errors import TooManyWatchers
from promptops_server.runs.events import PING, STREAM_HEADERS, named_event
from promptops_server.runs.live import Watcher
from promptops_server.runs.query import LiveQuery

router = APIRouter(prefix="/api/v1/runs", tags=["Runs"])
_PING_EVERY_S = 15.0
# A session that has ended, or a key that was revoked, watches no longer than this.
_LOOK_EVERY_S = 1.0
_RETRY = b"retry: 2000\n"


@router.get(
    "/live",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "`ready`, then `runs` with rows as in the list, and `reread`.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **errors(TooManyWatchers, PromptNotFound),
    },
)
async def watch_runs(
    request: Request,
    wanted: Annotated[LiveQuery, Query()],
    caller: Reader,
    live: Live,
    db: Db,
) -> StreamingResponse:
    """The runs of this project as they begin and end, as server-sent events.

    `ready` comes first, `reread` where something was missed: at both, read the list, since runs
    that end from then on are told. `runs` has `data`, rows that take the place of those with the
    same id. Nothing is replayed: after a break the stream begins with `ready` again.
    """
    async with db.transaction(caller.project_id) as session:
        prompt_ids = frozenset(await get_prompt_ids(session, caller, wanted.prompt))
    events = _events(request, live.watch(caller.project_id, prompt_ids), wanted.for_s)
    # The first piece is awaited here, so that a refusal is a problem document.
    first = await anext(events)

    async def chunks() -> AsyncGenerator[bytes]:
        yield first
        async for chunk in events:
            yield chunk

    headers = {name: text for name, text in STREAM_HEADERS.items() if name != "Content-Type"}
    return StreamingResponse(chunks(), media_type="text/event-stream", headers=headers)


async def _events(
    request: Request, watching: AbstractAsyncContextManager[Watcher], for_s: float | None
) -> AsyncGenerator[bytes]:
    until = math.inf if for_s is None else time.monotonic() + for_s
    async with watching as watcher:
        yield _RETRY + named_event("ready", b"{}")
        last_sent = time.monotonic()
        while (left := until - time.monotonic()) > 0:
            waiting = await watcher.next(min(_LOOK_EVERY_S, left))
            refused = await _refusal(request)
            if refused is not None:
                yield named_event("error", refused)
                return
            for name, data in waiting:
                yield named_event(name, data)
            if watcher.is_over:
                return
            if waiting:
                last_sent = time.monotonic()
            elif time.monotonic() - last_sent >= _PING_EVERY_S:
                yield PING
                last_sent = time.monotonic()


async def _refusal(request: Request) -> bytes | None:
    """Why who asked may watch no longer, as a problem document; None where they may."""
    authenticator = cast("Authenticator", request.app.state.authenticator)
    try:
        require(await authenticator.caller_of(request.headers, "GET"), Scope.READ)
    except AppError as error:
        problem = error.problem(instance=request.url.path, request_id=request_id_of(request.scope))
        return orjson.dumps(problem)
    return None
