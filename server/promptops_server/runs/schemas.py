"""What runs give over HTTP."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from promptops_server.kit.ids import to_public
from promptops_server.runs.conversation import MAX_MESSAGES, ConversationMessage
from promptops_server.runs.events import money
from promptops_server.runs.request import (
    MAX_METADATA,
    MAX_METADATA_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_TIMEOUT_S,
    MAX_VARIABLES,
)
from promptops_server.runs.types import Labels, RunState, UnendedRun
from promptops_server.usage.types import FeedbackSummary, RunRecord, RunStatus, Source, Store


class UsageRead(BaseModel):
    """Tokens and cost; null is what the provider did not tell, or whose price is unknown."""

    input_tokens: int | None
    cached_input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: str | None


class RunError(BaseModel):
    """Why a run failed."""

    code: str
    detail: str


class RunFeedback(BaseModel):
    """What was said about a run, in numbers."""

    up: int
    down: int
    comments: int
    scores: int
    average_score: float | None


class RunSummary(BaseModel):
    """A run as a list shows it. One that has not ended yet has no usage and no latency.

    `prompt` is the alias under which it ran; `prompt_name` and `api_key_name` are as they are now.
    """

    id: str
    status: RunStatus | RunState
    source: Source
    prompt: str | None
    prompt_id: str | None
    prompt_name: str | None
    version: str | None
    version_id: str | None
    environment: str | None
    model: str | None
    api_key_id: str | None
    api_key_name: str | None
    user: str | None
    session: str | None
    metadata: dict[str, str]
    usage: UsageRead
    error: RunError | None
    feedback: RunFeedback
    started_at: datetime
    ended_at: datetime | None
    first_token_ms: float | None
    latency_ms: float | None

    @classmethod
    def of(cls, run: RunRecord | UnendedRun, labels: Labels) -> Self:
        """The public form of a row."""
        return cls(**_summary(run, labels))


class RunRead(RunSummary):
    """A run in full: what went to the model, and what came back."""

    content_hash: str | None
    parameters: dict[str, Any] | None
    overrides: dict[str, Any] | None
    variables: dict[str, Any] | None
    input_messages: list[dict[str, Any]] | None
    messages: list[dict[str, Any]] | None
    output: str | None
    tool_calls: list[Any] | None
    finish_reason: str | None
    attempts: list[dict[str, Any]]
    request_id: str | None

    @classmethod
    def of(cls, run: RunRecord | UnendedRun, labels: Labels) -> Self:
        """The public form of a row; of a run that has not ended, as far as it is known."""
        known = _summary(run, labels)
        if isinstance(run, UnendedRun):
            unknown: dict[str, Any] = dict.fromkeys(cls.model_fields)
            return cls.model_validate({**unknown, **known, "attempts": []})
        return cls(
            **known,
            content_hash=None if run.content_hash is None else run.content_hash.hex(),
            parameters=run.parameters,
            overrides=run.overrides,
            variables=run.variables,
            input_messages=run.input_messages,
            messages=run.messages,
            output=run.output,
            tool_calls=run.tool_calls,
            finish_reason=run.finish_reason,
            attempts=run.attempts,
            request_id=run.request_id,
        )


class RunSettingsBody(BaseModel):
    """What this project keeps of its runs: `full`, or `metadata` without any text.

    `retention_days` is how long a run is kept; null is for ever.
    """

    model_config = ConfigDict(extra="forbid")

    store: Store
    retention_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class DeletedRuns(BaseModel):
    """How many runs were deleted."""

    deleted: int


class RunCancelling(BaseModel):
    """The cancel is on its way; the run tells when it has ended."""

    id: str
    status: Literal["cancelling"]


def _milliseconds(since: datetime, until: datetime) -> float:
    return round((until - since).total_seconds() * 1000, 1)


def _public(prefix: str, identifier: UUID | None) -> str | None:
    return None if identifier is None else to_public(prefix, identifier)


def _summary(run: RunRecord | UnendedRun, labels: Labels) -> dict[str, Any]:
    prompt_id, key_id = run.prompt_id, run.api_key_id
    said = labels.feedback.get(run.id, FeedbackSummary())
    return {
        "id": to_public("run", run.id),
        "status": run.status,
        "source": run.source,
        "prompt": run.prompt_alias,
        "prompt_id": _public("prm", prompt_id),
        "prompt_name": None if prompt_id is None else labels.prompts.get(prompt_id),
        "version_id": _public("ver", run.version_id),
        "environment": run.environment,
        "api_key_id": _public("key", key_id),
        "api_key_name": None if key_id is None else labels.keys.get(key_id),
        "user": run.user_ref,
        "session": run.session_ref,
        "metadata": run.metadata or {},
        "feedback": RunFeedback(**asdict(said)),
        "started_at": run.started_at,
        **(_ending(run) if isinstance(run, RunRecord) else _no_ending(run)),
    }


def _ending(run: RunRecord) -> dict[str, Any]:
    first = run.first_token_at
    return {
        "version": run.version_num or "draft",
        "model": None if run.provider is None else f"{run.provider}/{run.model}",
        "usage": UsageRead(
            input_tokens=run.tokens.input,
            cached_input_tokens=run.tokens.cached_input,
            output_tokens=run.tokens.output,
            reasoning_tokens=run.tokens.reasoning,
            cost_usd=money(run.cost_usd),
        ),
        "error": None if run.error is None else RunError.model_validate(run.error),
        "ended_at": run.ended_at,
        "first_token_ms": None if first is None else _milliseconds(run.started_at, first),
        "latency_ms": _milliseconds(run.started_at, run.ended_at),
    }


def _no_ending(run: UnendedRun) -> dict[str, Any]:
    return {
        "version": run.version,
        "model": run.model,
        "usage": UsageRead(**dict.fromkeys(UsageRead.model_fields)),
        **dict.fromkeys(("error", "ended_at", "first_token_ms", "latency_ms")),
    }


class RunAnswer(BaseModel):
    """The answer to a run that was not streamed."""

    run_id: str
    prompt: str
    version: str
    environment: str | None
    model: str
    output: str
    tool_calls: list[Any] | None = None
    finish_reason: str | None
    latency_ms: int
    usage: UsageRead


class RunAccepted(BaseModel):
    """The answer to a run that was asked for with `Prefer: respond-async`."""

    run_id: str
    status: Literal["queued"]
    url: str
    events_url: str


class RunCreate(BaseModel):
    """The body of a run. Without `stream`, the Accept header decides, and JSON is the default.

    `messages` are the caller's turns of a conversation; they go to the prompt's placeholder, or to
    its end, and are never rendered as templates. `parameters` and `model` change what the version
    allows, for this run alone.
    """

    variables: Annotated[dict[str, Any], Field(max_length=MAX_VARIABLES)] = {}
    messages: Annotated[list[ConversationMessage], Field(max_length=MAX_MESSAGES)] = []
    parameters: dict[str, Any] = {}
    model: str | None = None
    stream: bool = False
    user: (
        Annotated[str, StringConstraints(min_length=1, max_length=MAX_REFERENCE_LENGTH)] | None
    ) = None
    session: (
        Annotated[str, StringConstraints(min_length=1, max_length=MAX_REFERENCE_LENGTH)] | None
    ) = None
    metadata: Annotated[
        dict[str, Annotated[str, StringConstraints(max_length=MAX_METADATA_LENGTH)]],
        Field(max_length=MAX_METADATA),
    ] = {}
    timeout_s: Annotated[float, Field(ge=0.001, le=MAX_TIMEOUT_S)] | None = None
