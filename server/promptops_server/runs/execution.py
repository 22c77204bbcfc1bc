"""One run from its first byte to its row in the ledger.

Whatever happens, a run that was sent to a model ends with one row, written before the caller is
told that it is done: succeeded, failed, or cancelled when its client left.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from decimal import Decimal

from promptops_server.core.errors import AppError, ShuttingDown
from promptops_server.kit.clock import utc_now
from promptops_server.providers.client import ChatCall, ModelClient
from promptops_server.providers.errors import timed_out
from promptops_server.providers.types import ChatDelta, lane_of
from promptops_server.runs.events import money, usage_data
from promptops_server.runs.types import PreparedRun
from promptops_server.usage.ledger import Ledger
from promptops_server.usage.types import RunRecord, RunStatus, TokenUsage

Emit = Callable[[str, Mapping[str, object]], Awaitable[None]]
_log = logging.getLogger(__name__)


class RunExecution:
    """Executes a prepared run; used once."""

    def __init__(
        self,
        run: PreparedRun,
        *,
        stream: bool,
        client: ModelClient,
        ledger: Ledger,
        deadline_s: float,
    ) -> None:
        """Takes the run and what it needs; nothing is sent yet."""
        self._run = run
        self._stream = stream
        self._client = client
        self._ledger = ledger
        self._deadline_s = deadline_s
        self._call: ChatCall | None = None
        self._pieces: list[str] = []
        self._tool_calls: list[object] = []
        self._tokens = TokenUsage()
        self._finish_reason: str | None = None
        self._first_token_at: datetime | None = None
        self._is_recorded = False

    async def start(self) -> None:
        """Sends the run to its model; returns once the provider has accepted it.

        A refusal is recorded as a failed run. Raises AppError, with the run's id among its facts.
        """
        try:
            self._call = await self._client.start_call(self._run.resolved.target, self._body())
        except AppError as error:
            raise await self._failed(error) from None

    async def stream_to(self, emit: Emit) -> None:
        """Emits the answer: `delta`..., then `usage` and `done`, or one `error`.

        `done` is emitted after the run's row is committed.
        """
        try:
            async with self._deadline(), aclosing(self._deltas()) as deltas:
                async for delta in deltas:
                    if delta.text:
                        await emit("delta", {"text": delta.text})
                    if delta.tool_calls:
                        await emit("delta", {"tool_calls": delta.tool_calls})
            cost = await self._succeeded()
        except AppError as error:
            await emit("error", self.problem(await self._failed(error)))
            return
        await emit("usage", usage_data(self._tokens, cost))
        await emit("done", self._ending())

    async def complete(self) -> dict[str, object]:
        """The whole answer as one JSON object, its row committed. Raises AppError."""
        try:
            async with self._deadline(), aclosing(self._deltas()) as deltas:
                async for _ in deltas:
                    pass
            cost = await self._succeeded()
        except AppError as error:
            raise await self._failed(error) from None
        answer = {**self.meta(), **self._ending(), "output": "".join(self._pieces)}
        if self._tool_calls:
            answer["tool_calls"] = self._tool_calls
        answer["usage"] = usage_data(self._tokens, cost)
        return answer

    def meta(self) -> dict[str, object]:
        """What is known when the run begins: the data of the `meta` event."""
        run = self._run
        return {
            "run_id": run.public_id,
            "prompt": run.resolved.prompt.alias,
            "version": run.resolved.version.version_num,
            "environment": run.environment,
            "model": run.resolved.version.model,
        }

    async def abandon(self) -> None:
        """Closes the upstream at once and records the run as cancelled: its client has left."""
        await self._close()
        await self._record_or_log("cancelled", None)

    async def shut_down(self) -> AppError:
        """Ends the run because this process is being stopped; returns the error to tell."""
        await self._close()
        return await self._failed(
            ShuttingDown(
                "The server is being restarted. Run it again.", headers={"Retry-After": "1"}
            )
        )

    def problem(self, error: AppError) -> dict[str, object]:
        """The problem document of an error, for an event of this run's stream."""
        instance = f"/api/v1/run/{self._run.resolved.prompt.alias}"
        return error.problem(instance=instance, request_id=self._run.request_id)

    def _body(self) -> dict[str, object]:
        run = self._run
        body: dict[str, object] = {"messages": run.messages, **run.resolved.version.parameters}
        if self._stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        return body

    @asynccontextmanager
    async def _deadline(self) -> AsyncGenerator[None]:
        """Ends the block when the run's time is up. Raises ProviderTimeout."""
        left = self._deadline_s - (utc_now() - self._run.started_at).total_seconds()
        try:
            async with asyncio.timeout(max(left, 0.001)):
                yield
        except TimeoutError:
            await self._close()
            name = self._run.resolved.target.provider.name
            raise timed_out(name, "no complete answer", self._deadline_s) from None

    async def _deltas(self) -> AsyncGenerator[ChatDelta]:
        """The pieces, each kept before it is passed on. Raises AppError where the answer breaks."""
        if self._call is None:
            raise AssertionError("a run is started before its answer is read")
        try:
            async with aclosing(self._call.deltas()) as deltas:
                async for delta in deltas:
                    self._keep(delta)
                    yield delta
        finally:
            await self._close()

    def _keep(self, delta: ChatDelta) -> None:
        if delta.text or delta.tool_calls:
            if self._first_token_at is None:
                self._first_token_at = utc_now()
            self._pieces.append(delta.text)
            self._tool_calls.extend(delta.tool_calls or ())
        if delta.finish_reason is not None:
            self._finish_reason = delta.finish_reason
        if delta.usage is not None:
            self._tokens = delta.usage

    def _ending(self) -> dict[str, object]:
        elapsed = utc_now() - self._run.started_at
        return {
            "run_id": self._run.public_id,
            "finish_reason": self._finish_reason,
            "latency_ms": round(elapsed.total_seconds() * 1000),
        }

    async def _succeeded(self) -> Decimal | None:
        """Records the run and returns its cost. Raises StorageUnavailable."""
        record = self._record("succeeded", None)
        self._is_recorded = True
        await self._ledger.record(record)
        return record.cost_usd

    async def _failed(self, error: AppError) -> AppError:
        """Records the run as failed, where it has no row yet, and returns the error to tell."""
        error.facts = {**error.facts, "run_id": self._run.public_id}
        error.headers = {**self._run.limit_headers, **error.headers}
        await self._record_or_log("failed", error)
        return error

    async def _record_or_log(self, status: RunStatus, error: AppError | None) -> None:
        if self._is_recorded:
            return
        self._is_recorded = True
        try:
            await self._ledger.record(self._record(status, error))
        except AppError as trouble:
            _log.error("run %s not recorded: %s", self._run.public_id, trouble.code)

    def _record(self, status: RunStatus, error: AppError | None) -> RunRecord:
        run = self._run
        resolved = run.resolved
        target = resolved.target
        ended_at = utc_now()
        price = target.price
        cost = None if price is None else price.cost_usd(self._tokens)
        return RunRecord(
            id=run.id,
            project_id=run.caller.project_id,
            source="api",
            status=status,
            request_id=run.request_id,
            started_at=run.started_at,
            ended_at=ended_at,
            first_token_at=self._first_token_at,
            prompt_id=resolved.prompt.id,
            prompt_alias=resolved.prompt.alias,
            version_id=resolved.version.id,
            version_num=resolved.version.version_num,
            environment=run.environment,
            api_key_id=run.caller.id,
            provider_id=target.provider.id,
            provider=target.provider.name,
            model=target.model,
            parameters=dict(resolved.version.parameters),
            variables=dict(run.variables),
            messages=run.messages,
            output="".join(self._pieces),
            tool_calls=self._tool_calls or None,
            finish_reason=self._finish_reason,
            attempts=[self._attempt(status, error, ended_at, cost)],
            tokens=self._tokens,
            cost_usd=cost,
            error=None if error is None else {"code": error.code, "detail": error.detail},
        )

    def _attempt(
        self, status: RunStatus, error: AppError | None, ended_at: datetime, cost: Decimal | None
    ) -> dict[str, object]:
        target = self._run.resolved.target
        began = self._run.started_at
        first = self._first_token_at
        return {
            "provider": target.provider.name,
            "model": target.model,
            "lane": lane_of(target.provider.kind),
            "outcome": status if error is None else error.code,
            "upstream_status": None if error is None else error.facts.get("upstream_status"),
            "started_at": began.isoformat(),
            "first_token_ms": None if first is None else _milliseconds(began, first),
            "duration_ms": _milliseconds(began, ended_at),
            "input_tokens": self._tokens.input,
            "output_tokens": self._tokens.output,
            "cost_usd": money(cost),
        }

    async def _close(self) -> None:
        if self._call is not None:
            await self._call.close()


def _milliseconds(since: datetime, until: datetime) -> float:
    return round((until - since).total_seconds() * 1000, 3)
