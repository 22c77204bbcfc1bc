"""One run from its first byte to its row in the ledger.

Whatever happens, a run that was sent to a model ends with one row, written before the caller is
told that it is done: succeeded, failed, or cancelled.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from promptops_server.core.errors import AppError, ShuttingDown, StorageUnavailable
from promptops_server.kit.clock import utc_now
from promptops_server.providers.client import ChatCall, ModelClient
from promptops_server.providers.errors import ProviderNotConfigured, timed_out
from promptops_server.providers.retrying import delay_before, verdict_of
from promptops_server.providers.service import ModelTargets
from promptops_server.providers.types import ChatDelta, ModelTarget
from promptops_server.runs.answers import (
    answer_of,
    ending_of,
    meta_of_plan,
    without_texts,
)
from promptops_server.runs.attempts import Attempt, total_cost
from promptops_server.runs.errors import RunCancelled
from promptops_server.runs.events import usage_data
from promptops_server.runs.tool_calls import merge_tool_calls
from promptops_server.runs.types import RunListener, RunPlan
from promptops_server.usage.ledger import Ledger
from promptops_server.usage.types import RunRecord, RunStatus, TokenUsage

Emit = Callable[[str, Mapping[str, object]], Awaitable[None]]
# Called once, when the run has ended, with the tokens that it used where they are known.
Settle = Callable[[int | None], None]
# A run that survives its process goes on trying to be recorded, beyond the ledger's patience.
_MORE_TRIES_TO_RECORD = 12
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunTools:
    """What every run of a process needs to be executed."""

    client: ModelClient
    targets: ModelTargets
    ledger: Ledger
    listener: RunListener


class RunExecution:
    """Executes a planned run; used once."""

    def __init__(
        self,
        plan: RunPlan,
        target: ModelTarget | None,
        tools: RunTools,
        *,
        stream: bool,
        settle: Settle,
        headers: Mapping[str, str] | None = None,
        fence: int | None = None,
        first_event: int | None = None,
    ) -> None:
        """Takes the run and what it needs; nothing is sent yet.

        `target` is the first of the plan's models, where it was looked up already. `fence` is that
        of its unit of work, where it has one; `first_event` is the number of its first event, where
        it is to be resumable from the ledger.
        """
        self.plan = plan
        self._stream = stream
        self._tools = tools
        self._settle = settle
        self._headers = headers or {}
        self._fence = fence
        self._call: ChatCall | None = None
        self._models = list(plan.models[1:])
        self._target = target
        self._retries = 0
        self._attempts: list[Attempt] = []
        self._pieces: list[str] = []
        self._tool_calls: list[object] = []
        self._marks: list[object] | None = None if first_event is None else [first_event]
        self._finish_reason: str | None = None
        self._has_answer = False
        self._is_recorded = False
        self._record: RunRecord | None = None

    async def start(self) -> None:
        """Sends the run to its model; returns once a provider has accepted it.

        A refusal is recorded as a failed run. Raises AppError, with the run's id among its facts;
        StorageUnavailable without a record where a run that survives can be begun later.
        """
        self._tools.listener.began(self.plan)
        try:
            async with self._deadline():
                await self._call_until_accepted()
        except AppError as error:
            is_for_later = self._fence is not None and not self._attempts
            if is_for_later and isinstance(error, StorageUnavailable):
                # The model could not be looked up, and nothing was sent: whoever claims the work
                # next may have more luck.
                await self.let_go()
                raise
            raise await self._failed(error) from None
        except TimeoutError:
            raise await self._out_of_time() from None

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
            run = await self._succeeded()
        except AppError as error:
            await emit("error", self.problem(await self._failed(error)))
            return
        except TimeoutError:
            await emit("error", self.problem(await self._out_of_time()))
            return
        await emit("usage", usage_data(run.tokens, run.cost_usd))
        await emit("done", ending_of(run))

    async def run_whole(self) -> dict[str, object]:
        """Sends the run; the whole answer as one JSON object, its row committed. Raises AppError.

        In place of `start`, for who wants no stream.
        """
        self._tools.listener.began(self.plan)
        try:
            async with self._deadline():
                await self._call_until_accepted()
                async with aclosing(self._deltas()) as deltas:
                    async for _ in deltas:
                        pass
            return answer_of(await self._succeeded())
        except AppError as error:
            raise await self._failed(error) from None
        except TimeoutError:
            raise await self._out_of_time() from None

    def meta(self) -> dict[str, object]:
        """What is known when the run begins: the data of the `meta` event."""
        return meta_of_plan(self.plan, self._attempts[-1].model)

    @property
    def record(self) -> RunRecord | None:
        """The run as it ended, texts included, once it has."""
        return self._record

    async def abandon(self) -> None:
        """Closes the upstream at once and records the run as cancelled: its client has left."""
        await self._close()
        await self._record_or_log("cancelled", None)

    async def cancel(self) -> AppError:
        """Closes the upstream and records the run as cancelled, because somebody asked for it.

        Returns the error to tell.
        """
        await self._close()
        error = self._told(RunCancelled("This run was cancelled."))
        await self._record_or_log("cancelled", error)
        return error

    async def shut_down(self) -> AppError:
        """Ends the run because this process is being stopped; returns the error to tell."""
        await self._close()
        return await self._failed(
            ShuttingDown(
                "The server is being restarted. Run it again.", headers={"Retry-After": "1"}
            )
        )

    async def let_go(self) -> None:
        """Closes the upstream without a record: another process takes the run over."""
        self._is_recorded = True
        await self._close()
        self._settle(None)

    async def give_up(self, error: AppError) -> AppError:
        """Records the run as failed for this reason, which is none of its providers'."""
        return await self._failed(error)

    def problem(self, error: AppError) -> dict[str, object]:
        """The problem document of an error, for an event of this run's stream."""
        return error.problem(
            instance=f"/api/v1/run/{self.plan.prompt_alias}", request_id=self.plan.request_id
        )

    def _body(self) -> dict[str, object]:
        plan = self.plan
        body = {"messages": plan.messages, **plan.parameters, **plan.request_fields}
        if self._stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        return body

    def _deadline(self) -> asyncio.Timeout:
        """Ends the block with TimeoutError when the run's time is up."""
        plan = self.plan
        left = plan.deadline_s - (utc_now() - plan.started_at).total_seconds()
        return asyncio.timeout(max(left, 0.001))

    async def _out_of_time(self) -> AppError:
        await self._close()
        name = self._provider_and_model()[0]
        return await self._failed(timed_out(name, "no complete answer", self.plan.deadline_s))

    async def _call_until_accepted(self) -> None:
        """Calls the model, and where it fails, again or the next one. Raises AppError."""
        while True:
            target = self._target or await self._first_target()
            self._attempts.append(Attempt(target))
            try:
                self._call = await self._tools.client.start_call(target, self._body())
            except AppError as error:
                if not await self._goes_on_after(error):
                    raise
            else:
                return

    async def _goes_on_after(self, error: AppError) -> bool:
        """Whether another call may follow this failure, after the time that it should wait."""
        self._attempts[-1].end("failed", error)
        verdict = verdict_of(error)
        if verdict == "stop":
            return False
        if verdict == "retry" and self._retries < self.plan.max_retries:
            self._retries += 1
            await asyncio.sleep(delay_before(self._retries, error))
            return True
        return await self._next_target() is not None

    async def _first_target(self) -> ModelTarget:
        """The first of the plan's models that is configured. Raises as `targets.get` does."""
        try:
            self._target = await self._tools.targets.get(self.plan.project_id, self.plan.models[0])
        except ProviderNotConfigured:
            found = await self._next_target()
            if found is None:
                raise
            return found
        return self._target

    async def _next_target(self) -> ModelTarget | None:
        while self._models:
            name = self._models.pop(0)
            try:
                self._target = await self._tools.targets.get(self.plan.project_id, name)
            except ProviderNotConfigured:
                # A model that is not configured here is no reason to give up before the next.
                continue
            self._retries = 0
            return self._target
        return None

    def _provider_and_model(self) -> tuple[str, str]:
        if self._target is not None:
            return self._target.provider.name, self._target.model
        provider, _, model = self.plan.models[0].partition("/")
        return provider, model

    async def _deltas(self) -> AsyncGenerator[ChatDelta]:
        """The pieces, each kept before it is passed on. Raises AppError where the answer breaks."""
        try:
            while True:
                if self._call is None:
                    raise AssertionError("a run is started before its answer is read")
                try:
                    async with aclosing(self._call.deltas()) as deltas:
                        async for delta in deltas:
                            self._keep(delta)
                            yield delta
                except AppError as error:
                    # What was passed on cannot be taken back: then a failure is final.
                    if self._has_answer:
                        raise
                    await self._close()
                    if not await self._goes_on_after(error):
                        raise
                    await self._call_until_accepted()
                else:
                    return
        finally:
            await self._close()

    def _keep(self, delta: ChatDelta) -> None:
        attempt = self._attempts[-1]
        if delta.text or delta.tool_calls:
            self._has_answer = True
            if attempt.first_token_at is None:
                attempt.first_token_at = utc_now()
            if delta.text:
                self._pieces.append(delta.text)
                if self._marks is not None:
                    self._marks.append(len(delta.text))
            if delta.tool_calls:
                self._tool_calls.extend(delta.tool_calls)
                if self._marks is not None:
                    self._marks.append(delta.tool_calls)
        if delta.finish_reason is not None:
            self._finish_reason = delta.finish_reason
        if delta.usage is not None:
            attempt.tokens = delta.usage

    async def _succeeded(self) -> RunRecord:
        """Records the run and returns it. Raises StorageUnavailable."""
        self._attempts[-1].end("succeeded")
        self._is_recorded = True
        return await self._commit(self._make_record("succeeded", None))

    def _told(self, error: AppError) -> AppError:
        error.facts = {**error.facts, "run_id": self.plan.public_id}
        error.headers = {**self._headers, **error.headers}
        return error

    async def _failed(self, error: AppError) -> AppError:
        """Records the run as failed, where it has no row yet, and returns the error to tell."""
        await self._record_or_log("failed", self._told(error))
        return error

    async def _record_or_log(self, status: RunStatus, error: AppError | None) -> None:
        if self._is_recorded:
            return
        self._is_recorded = True
        if self._attempts:
            self._attempts[-1].end(status, error)
        try:
            await self._commit(self._make_record(status, error))
        except AppError as trouble:
            _log.error("run %s not recorded: %s", self.plan.public_id, trouble.code)

    async def _commit(self, run: RunRecord) -> RunRecord:
        self._record = run
        self._settle(_tokens_used(run.tokens))
        keeps_texts = self.plan.store == "full"
        tries_left = 0 if self._fence is None else _MORE_TRIES_TO_RECORD
        while True:
            row = run if keeps_texts else without_texts(run)
            try:
                await self._tools.ledger.record(row, fence=self._fence)
            except StorageUnavailable:
                tries_left -= 1
                if tries_left < 0:
                    raise
                run = replace(run, ended_at=utc_now())
            else:
                self._record = run
                self._tools.listener.changed(run.project_id, run.id)
                return run

    def _make_record(self, status: RunStatus, error: AppError | None) -> RunRecord:
        plan = self.plan
        last = self._attempts[-1] if self._attempts else None
        provider, model = self._provider_and_model()
        return RunRecord(
            id=plan.id,
            project_id=plan.project_id,
            source=plan.source,
            status=status,
            request_id=plan.request_id,
            started_at=plan.started_at,
            ended_at=utc_now(),
            first_token_at=None if last is None else last.first_token_at,
            prompt_id=plan.prompt_id,
            prompt_alias=plan.prompt_alias,
            version_id=plan.version_id,
            version_num=plan.version_num,
            environment=plan.environment,
            api_key_id=plan.api_key_id,
            provider_id=None if self._target is None else self._target.provider.id,
            provider=provider,
            model=model,
            parameters=dict(plan.parameters),
            variables=dict(plan.variables),
            messages=plan.messages,
            output="".join(self._pieces),
            tool_calls=merge_tool_calls(self._tool_calls) if self._tool_calls else None,
            finish_reason=self._finish_reason,
            attempts=[attempt.as_json() for attempt in self._attempts],
            tokens=TokenUsage() if last is None else last.tokens,
            cost_usd=total_cost(self._attempts),
            error=None if error is None else {"code": error.code, "detail": error.detail},
            user_ref=plan.user,
            session_ref=plan.session,
            metadata=dict(plan.metadata) or None,
            content_hash=plan.content_hash or None,
            overrides=dict(plan.overrides) or None,
            input_messages=plan.input_messages,
            deltas=self._marks,
        )

    async def _close(self) -> None:
        if self._call is not None:
            await self._call.close()


def _tokens_used(tokens: TokenUsage) -> int | None:
    if tokens.input is None or tokens.output is None:
        return None
    return tokens.input + tokens.output
