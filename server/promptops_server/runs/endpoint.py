"""`POST /api/v1/run/{prompt_alias}` as a bare ASGI endpoint: the one route where time counts."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import cast
from uuid import UUID

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from promptops_server.access.service import Authenticator
from promptops_server.core.asgi import check_json_type, read_body, request_id_of, send_json
from promptops_server.core.errors import PROBLEM_CONTENT_TYPE, ShuttingDown
from promptops_server.core.jobs.types import IdempotencyKey, KnownClaim
from promptops_server.core.strict_json import MAX_RUN_BODY_BYTES
from promptops_server.kit.ids import to_public
from promptops_server.runs.answers import answer_of, events_of, failure_of
from promptops_server.runs.cancelling import Cancellations
from promptops_server.runs.durable import DurableRun, DurableRuns
from promptops_server.runs.errors import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    RunNotFound,
)
from promptops_server.runs.events import PING, STREAM_HEADERS, EventWriter
from promptops_server.runs.execution import RunExecution
from promptops_server.runs.reading import RunReader
from promptops_server.runs.request import RunRequest, parse_idempotency_key
from promptops_server.runs.service import AdmittedCall, RunPreparer
from promptops_server.runs.types import PreparedRun
from promptops_server.usage.types import RunRecord

PATH = "/api/v1/run/{prompt_alias}"
PING_EVERY_S = 15.0
# An answer that comes sooner needs no task that looks whether its client is still there.
_WATCH_AFTER_S = 0.05
_ROUTE = "run"

MakeExecution = Callable[[PreparedRun, bool], RunExecution]


class RunEndpoint:
    """Runs a prompt by its alias and answers with a stream of events or one JSON body."""

    def __init__(
        self,
        authenticator: Authenticator,
        preparer: RunPreparer,
        make_execution: MakeExecution,
        *,
        durable: DurableRuns,
        reader: RunReader,
        cancellations: Cancellations,
        ping_every_s: float = PING_EVERY_S,
    ) -> None:
        """Takes what it calls, in this order."""
        self._authenticator = authenticator
        self._preparer = preparer
        self._make_execution = make_execution
        self._durable = durable
        self._reader = reader
        self._cancellations = cancellations
        self._ping_every_s = ping_every_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises AppError until the answer has begun."""
        scope["route_pattern"] = PATH
        headers = Headers(scope=scope)
        caller = await self._authenticator.caller_of(headers, "POST")
        check_json_type(headers)
        body = await read_body(receive, MAX_RUN_BODY_BYTES)
        alias = cast("str", scope["path_params"]["prompt_alias"])
        query = cast("bytes", scope["query_string"])
        call = await self._preparer.admit(caller, alias, query, body, request_id_of(scope))
        connection = _Connection(receive, send, self._ping_every_s)
        try:
            await self._run(call, connection, headers, alias, query, body)
        except BaseException:
            # What a run of its own took is settled with it; this is for a call that made none.
            if not call.has_begun:
                self._preparer.give_back(call)
            raise

    async def _run(
        self,
        call: AdmittedCall,
        connection: "_Connection",
        headers: Headers,
        alias: str,
        query: bytes,
        body: bytes,
    ) -> None:
        wants_async = "respond-async" in headers.get("prefer", "")
        key = parse_idempotency_key(headers.get("idempotency-key"))
        caller = call.caller
        once = None
        if key is not None:
            fingerprint = _fingerprint(alias, query, body)
            once = IdempotencyKey(caller.project_id, _ROUTE, key, fingerprint)
            known = await self._durable.known(once)
            if known is not None:
                self._preparer.give_back(call)
                stream = "text/event-stream" in headers.get("accept", "") or _asks_to_stream(body)
                await self._answer_known(
                    once, known, call.grant.headers, connection, stream, wants_async
                )
                return
        run, request = await self._preparer.prepare(call)
        stream = _wants_stream(request, headers)
        if once is None and not wants_async:
            call.has_begun = True
            await self._run_plainly(run, stream, connection)
            return
        began = (
            await self._durable.queue(run, once)
            if wants_async
            else await self._durable.begin(run, once)
        )
        if not began:
            # Another request with this key was faster by a moment.
            known = await self._durable.known(cast("IdempotencyKey", once))
            if known is None:
                raise IdempotencyInProgress(_IN_PROGRESS, headers={"Retry-After": "1"})
            self._preparer.give_back(call)
            await self._answer_known(
                cast("IdempotencyKey", once), known, run.headers, connection, stream, wants_async
            )
            return
        call.has_begun = True
        if isinstance(began, DurableRun):
            await self._answer_durable(began, run.headers, connection, stream)
        else:
            await _accept(run.plan.id, run.headers, connection.send)

    async def _run_plainly(self, run: PreparedRun, stream: bool, connection: "_Connection") -> None:
        execution = self._make_execution(run, stream)
        run_id = run.plan.id
        writer = EventWriter(run.plan.public_id)

        async def emit(name: str, data: Mapping[str, object]) -> None:
            await connection.write(writer.event(name, data))

        try:
            async with connection:
                self._cancellations.add(run_id, connection.cancel)
                if stream:
                    await execution.start()
                    await connection.begin_stream(run.headers)
                    await emit("meta", execution.meta())
                    await execution.stream_to(emit)
                    await connection.end_stream()
                else:
                    await connection.answer(200, await execution.run_whole(), run.headers)
        except asyncio.CancelledError:
            # Cancelled by our own watcher or by the end of this process: either way the request
            # comes to its end here, in order.
            cast("asyncio.Task[None]", asyncio.current_task()).uncancel()
            if connection.client_left:
                await execution.abandon()
                return
            ends = execution.cancel if connection.is_cancelled else execution.shut_down
            error = await ends()
            if not connection.has_begun:
                raise error from None
            await emit("error", execution.problem(error))
            await connection.end_stream()
        finally:
            self._cancellations.remove(run_id)

    async def _answer_durable(
        self,
        run: DurableRun,
        headers: Mapping[str, str],
        connection: "_Connection",
        stream: bool,
    ) -> None:
        """Tells what becomes of a run that goes on whether or not its client stays."""
        writer = EventWriter(run.plan.public_id)
        last: tuple[str, bytes] = ("", b"")
        try:
            async with connection, aclosing(run.follow(0)) as events:
                async for number, name, data in events:
                    last = name, data
                    if not stream:
                        continue
                    if not connection.has_begun:
                        if name == "error":
                            break
                        await connection.begin_stream(headers)
                    await connection.write(writer.numbered(number, name, data))
                if connection.has_begun:
                    await connection.end_stream()
                    return
        except asyncio.CancelledError:
            cast("asyncio.Task[None]", asyncio.current_task()).uncancel()
            if connection.client_left:
                return
            raise _shutting_down(run.plan.public_id) from None
        if last[0] == "error":
            problem = cast("dict[str, object]", orjson.loads(last[1]))
            told = run.failure.headers if run.failure is not None else {}
            sent = {**headers, **told, "Content-Type": PROBLEM_CONTENT_TYPE}
            await send_json(connection.send, cast("int", problem["status"]), last[1], sent)
        elif run.record is not None and last[0] == "done":
            await connection.answer(200, answer_of(run.record), headers)
        else:
            raise run.failure or _shutting_down(run.plan.public_id)

    async def _answer_known(
        self,
        once: IdempotencyKey,
        known: KnownClaim,
        headers: Mapping[str, str],
        connection: "_Connection",
        stream: bool,
        wants_async: bool,
    ) -> None:
        """Answers a request whose idempotency key was used before: once more what came of it."""
        limits = {name: value for name, value in headers.items() if name != "X-Run-Id"}
        if known.fingerprint != once.fingerprint:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request.", headers=limits
            )
        public_id = to_public("run", known.work_id)
        sent = {**limits, "X-Run-Id": public_id, "Idempotency-Replayed": "true"}
        if wants_async:
            await _accept(known.work_id, sent, connection.send)
            return
        record = await self._reader.find(once.project_id, known.work_id)
        if record is not None:
            await _replay(record, sent, connection, stream)
            return
        state = await self._durable.find(once.project_id, known.work_id)
        if state is None or state.state == "ended":
            # It may have ended between the two looks.
            record = await self._reader.find(once.project_id, known.work_id)
            if record is None:
                raise RunNotFound("What this Idempotency-Key stood for was deleted.")
            await _replay(record, sent, connection, stream)
            return
        raise IdempotencyInProgress(
            _IN_PROGRESS, headers={**limits, "Retry-After": "1"}, facts={"run_id": public_id}
        )


_IN_PROGRESS = "The first request with this Idempotency-Key is still under way."


def _shutting_down(run_id: str) -> ShuttingDown:
    return ShuttingDown(
        "The server is being restarted. The run goes on: ask for it by its id.",
        headers={"Retry-After": "1"},
        facts={"run_id": run_id},
    )


async def _accept(run_id: UUID, headers: Mapping[str, str], send: Send) -> None:
    """Answers 202: the run is queued, and where to ask for it."""
    public_id = to_public("run", run_id)
    address = f"/api/v1/runs/{public_id}"
    body = {
        "run_id": public_id,
        "status": "queued",
        "url": address,
        "events_url": f"{address}/events",
    }
    sent = {
        **headers,
        "Content-Type": "application/json",
        "Location": address,
        "Preference-Applied": "respond-async",
    }
    await send_json(send, 202, orjson.dumps(body), sent)


async def _replay(
    run: RunRecord, headers: Mapping[str, str], connection: "_Connection", stream: bool
) -> None:
    first, events = events_of(run, instance=f"/api/v1/run/{run.prompt_alias}")
    if run.status != "succeeded" and not (stream and run.deltas and len(run.deltas) > 1):
        error = failure_of(run)
        error.headers = {**headers, **error.headers}
        raise error
    if not stream:
        await connection.answer(200, answer_of(run), headers)
        return
    await connection.begin_stream(headers)
    writer = EventWriter(to_public("run", run.id))
    for number, (name, data) in enumerate(events, first):
        await connection.write(writer.numbered(number, name, orjson.dumps(data)))
    await connection.end_stream()


def _fingerprint(alias: str, query: bytes, body: bytes) -> bytes:
    """What two requests must have in common to be the same: address and JSON, spaces apart."""
    try:
        canonical = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        canonical = body
    return hashlib.sha256(b"\0".join((alias.encode(), query, canonical))).digest()


def _asks_to_stream(body: bytes) -> bool:
    try:
        fields: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(fields, dict) and cast("dict[str, object]", fields).get("stream") is True


def _wants_stream(request: RunRequest, headers: Headers) -> bool:
    if request.stream is not None:
        return request.stream
    return "text/event-stream" in headers.get("accept", "")


class _Connection:
    """The client's end: says when it has left, and keeps a silent stream alive."""

    def __init__(self, receive: Receive, send: Send, ping_every_s: float) -> None:
        self._receive = receive
        self.send = send
        self._ping_every_s = ping_every_s
        self._watcher: asyncio.Task[None] | asyncio.TimerHandle | None = None
        self._pinger: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._last_sent = 0.0
        self._has_ended = False
        self.has_begun = False
        self.client_left = False
        self.is_cancelled = False

    async def __aenter__(self) -> None:
        self._task = cast("asyncio.Task[None]", asyncio.current_task())
        loop = asyncio.get_running_loop()
        self._watcher = loop.call_later(_WATCH_AFTER_S, self._begin_to_watch, self._task)

    async def __aexit__(self, *_: object) -> None:
        for helper in (self._watcher, self._pinger):
            if helper is not None:
                helper.cancel()

    def cancel(self) -> None:
        """Ends the run that this connection waits for, because somebody asked for it."""
        if self._task is not None and not self._has_ended:
            self.is_cancelled = True
            self._task.cancel()

    def _begin_to_watch(self, task: asyncio.Task[None]) -> None:
        self._watcher = asyncio.create_task(self._watch(task))

    async def _watch(self, task: asyncio.Task[None]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.client_left = True
        task.cancel()

    async def _ping_forever(self) -> None:
        while not self._has_ended:
            await asyncio.sleep(self._ping_every_s)
            if time.monotonic() - self._last_sent >= self._ping_every_s:
                await self.write(PING)

    async def begin_stream(self, headers: Mapping[str, str]) -> None:
        raw = [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in {**STREAM_HEADERS, **headers}.items()
        ]
        await self.send({"type": "http.response.start", "status": 200, "headers": raw})
        self.has_begun = True
        self._pinger = asyncio.create_task(self._ping_forever())

    async def write(self, chunk: bytes) -> None:
        self._last_sent = time.monotonic()
        await self.send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end_stream(self) -> None:
        self._has_ended = True
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def answer(
        self, status: int, body: Mapping[str, object], headers: Mapping[str, str]
    ) -> None:
        self._has_ended = True
        sent = {"Content-Type": "application/json", **headers}
        await send_json(self.send, status, orjson.dumps(body), sent)
