"""`POST /api/v1/run/{prompt_alias}` as a bare ASGI endpoint: the one route where time counts."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import cast

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from promptops_server.access.service import Authenticator
from promptops_server.core.asgi import check_json_type, read_body, request_id_of, send_json
from promptops_server.core.strict_json import MAX_RUN_BODY_BYTES
from promptops_server.runs.events import PING, STREAM_HEADERS, EventWriter
from promptops_server.runs.execution import RunExecution
from promptops_server.runs.request import RunRequest
from promptops_server.runs.service import RunPreparer
from promptops_server.runs.types import PreparedRun

PATH = "/api/v1/run/{prompt_alias}"
PING_EVERY_S = 15.0

MakeExecution = Callable[[PreparedRun, bool], RunExecution]


class RunEndpoint:
    """Runs a prompt by its alias and answers with a stream of events or one JSON body."""

    def __init__(
        self,
        authenticator: Authenticator,
        preparer: RunPreparer,
        make_execution: MakeExecution,
        *,
        ping_every_s: float = PING_EVERY_S,
    ) -> None:
        """Takes what it calls, in this order."""
        self._authenticator = authenticator
        self._preparer = preparer
        self._make_execution = make_execution
        self._ping_every_s = ping_every_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises AppError until the answer has begun."""
        scope["route_pattern"] = PATH
        headers = Headers(scope=scope)
        caller = await self._authenticator.authenticate(headers.get("x-api-key"))
        check_json_type(headers)
        body = await read_body(receive, MAX_RUN_BODY_BYTES)
        alias = cast("str", scope["path_params"]["prompt_alias"])
        run, request = await self._preparer.prepare(
            caller, alias, scope["query_string"], body, request_id_of(scope)
        )
        stream = _wants_stream(request, headers)
        execution = self._make_execution(run, stream)
        connection = _Connection(run, receive, send, self._ping_every_s)
        try:
            async with connection:
                await execution.start()
                if stream:
                    await connection.begin_stream(run.limit_headers)
                    await connection.emit("meta", execution.meta())
                    await execution.stream_to(connection.emit)
                    await connection.end_stream()
                else:
                    answer = orjson.dumps(await execution.complete())
                    sent = {"Content-Type": "application/json", **run.limit_headers}
                    await send_json(send, 200, answer, sent)
        except asyncio.CancelledError:
            # Cancelled by our own watcher or by the end of this process: either way the request
            # comes to its end here, in order.
            cast("asyncio.Task[None]", asyncio.current_task()).uncancel()
            if connection.client_left:
                await execution.abandon()
                return
            error = await execution.shut_down()
            if not connection.has_begun:
                raise error from None
            await connection.emit("error", execution.problem(error))
            await connection.end_stream()


def _wants_stream(request: RunRequest, headers: Headers) -> bool:
    if request.stream is not None:
        return request.stream
    return "text/event-stream" in headers.get("accept", "")


class _Connection:
    """The client's end: says when it has left, and keeps a silent stream alive."""

    def __init__(self, run: PreparedRun, receive: Receive, send: Send, ping_every_s: float) -> None:
        self._receive = receive
        self._send = send
        self._ping_every_s = ping_every_s
        self._writer = EventWriter(run.public_id)
        self._watcher: asyncio.Task[None] | None = None
        self._last_sent = 0.0
        self._has_ended = False
        self.has_begun = False
        self.client_left = False

    async def __aenter__(self) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._watcher = asyncio.create_task(self._watch(task))

    async def __aexit__(self, *_: object) -> None:
        if self._watcher is not None:
            self._watcher.cancel()

    async def _watch(self, task: asyncio.Task[None]) -> None:
        while True:
            try:
                async with asyncio.timeout(self._ping_every_s):
                    message = await self._receive()
            except TimeoutError:
                await self._ping()
                continue
            if message["type"] == "http.disconnect":
                self.client_left = True
                task.cancel()
                return

    async def _ping(self) -> None:
        silent_s = time.monotonic() - self._last_sent
        if self.has_begun and not self._has_ended and silent_s >= self._ping_every_s:
            await self._write(PING)

    async def begin_stream(self, headers: Mapping[str, str]) -> None:
        raw = [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in {**STREAM_HEADERS, **headers}.items()
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": raw})
        self.has_begun = True

    async def emit(self, name: str, data: Mapping[str, object]) -> None:
        await self._write(self._writer.event(name, data))

    async def _write(self, chunk: bytes) -> None:
        self._last_sent = time.monotonic()
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end_stream(self) -> None:
        self._has_ended = True
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
