"""What runs give over HTTP."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from promptops_server.core.fields import EnvironmentName, Limit, Text
from promptops_server.core.pagination import DEFAULT_LIMIT
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
from promptops_server.runs.types import RunState
from promptops_server.usage.types import (
    Feedback,
    RunRecord,
    RunStatus,
    Source,
    Store,
    UsageGroup,
    UsageLine,
)

# Enough for a page of prompts.
MAX_PROMPTS = 100


class RunQuery(BaseModel):
    """Which runs a list shows. `model` is `provider/model`; times without a zone are UTC."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[Text | None, Field(description="An alias or id of a prompt.")] = None
    version: Annotated[Text | None, Field(description="The id of a version.")] = None
    environment: EnvironmentName | None = None
    status: RunStatus | None = None
    source: Source | None = None
    model: Annotated[Text | None, Field(description="As `provider/model`.")] = None
    key: Annotated[Text | None, Field(description="The id of an API key.")] = None
    user: Annotated[Text | None, Field(description="The `user` of the run.")] = None
    session: Annotated[Text | None, Field(description="The `session` of the run.")] = None
    metadata: Annotated[
        list[Text], Field(max_length=16, description="As `name=text`; each must be there.")
    ] = []
    since: Annotated[datetime | None, Field(description="Started at or after.")] = None
    until: Annotated[datetime | None, Field(description="Started before.")] = None
    limit: Limit = DEFAULT_LIMIT
    cursor: str | None = None

    def question(self) -> str:
        """What a cursor is bound to: the filters, without the page."""
        return repr(self.model_dump(exclude={"limit", "cursor"}))


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


class RunSummary(BaseModel):
    """A run as a list shows it. One that has not ended yet has no usage and no latency."""

    id: str
    status: RunStatus | RunState
    source: Source
    prompt: str | None
    version: str | None
    environment: str | None
    model: str | None
    api_key_id: str | None
    user: str | None
    session: str | None
    metadata: dict[str, str]
    usage: UsageRead
    error: RunError | None
    started_at: datetime
    first_token_ms: float | None
    latency_ms: float | None

    @classmethod
    def of(cls, run: RunRecord) -> Self:
        """The public form of a row."""
        return cls(**_summary(run))


class RunRead(RunSummary):
    """A run in full: what went to the model, and what came back."""

    prompt_id: str | None
    version_id: str | None
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
    ended_at: datetime | None

    @classmethod
    def of(cls, run: RunRecord) -> Self:
        """The public form of a row."""
        return cls(
            **_summary(run),
            prompt_id=None if run.prompt_id is None else to_public("prm", run.prompt_id),
            version_id=None if run.version_id is None else to_public("ver", run.version_id),
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
            ended_at=run.ended_at,
        )

    @classmethod
    def of_unended(cls, known: Mapping[str, Any]) -> Self:
        """A run that is queued or running, as far as it is known."""
        values: dict[str, Any] = {**dict.fromkeys(cls.model_fields), **known}
        key = known["api_key_id"]
        values["api_key_id"] = None if key is None else to_public("key", key)
        values["metadata"] = {}
        values["usage"] = dict.fromkeys(UsageRead.model_fields)
        values["attempts"] = []
        return cls.model_validate(values)


class FeedbackCreate(BaseModel):
    """What somebody says about a run: a thumb, a score, a comment, at least one of them."""

    model_config = ConfigDict(extra="forbid")

    rating: Literal["up", "down"] | None = None
    score: Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)] | None = None
    comment: Annotated[Text, StringConstraints(min_length=1, max_length=4000)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.rating is None and self.score is None and self.comment is None:
            raise ValueError("Give a rating, a score or a comment.")
        return self


class FeedbackRead(BaseModel):
    """What somebody said about a run."""

    id: str
    run_id: str
    rating: Literal["up", "down"] | None
    score: float | None
    comment: str | None
    author_kind: str
    author_id: str
    created_at: datetime

    @classmethod
    def of(cls, feedback: Feedback) -> Self:
        """The public form of a row."""
        prefix = "key" if feedback.author_kind == "api_key" else "usr"
        return cls(
            id=to_public("fbk", feedback.id),
            run_id=to_public("run", feedback.run_id),
            rating=feedback.rating,
            score=feedback.score,
            comment=feedback.comment,
            author_kind=feedback.author_kind,
            author_id=to_public(prefix, feedback.author_id),
            created_at=feedback.created_at,
        )


class FeedbackList(BaseModel):
    """What was said about a run, oldest first, at most a hundred entries."""

    data: list[FeedbackRead]


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


class UsageQuery(BaseModel):
    """Which usage is summed, and by what; times without a zone are UTC, rounded to whole hours."""

    model_config = ConfigDict(extra="forbid")

    group_by: Annotated[list[UsageGroup], Field(min_length=1, max_length=7)] = ["day"]
    since: Annotated[datetime | None, Field(description="Ended at or after.")] = None
    until: Annotated[datetime | None, Field(description="Ended before.")] = None
    timezone: Annotated[
        str, StringConstraints(max_length=64), Field(description="Where a day begins.")
    ] = "UTC"
    prompt: Annotated[
        list[Text], Field(max_length=MAX_PROMPTS, description="Aliases or ids of prompts.")
    ] = []
    version: Annotated[Text | None, Field(description="The id of a version.")] = None
    model: Annotated[Text | None, Field(description="As `provider/model`.")] = None
    key: Annotated[Text | None, Field(description="The id of an API key.")] = None
    source: Source | None = None
    environment: EnvironmentName | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100

    def as_run_query(self) -> RunQuery:
        """The filters that runs have in the same form."""
        return RunQuery(
            version=self.version,
            model=self.model,
            key=self.key,
            source=self.source,
            environment=self.environment,
        )


class UsageLineRead(BaseModel):
    """One group; of what it is grouped by, the fields are set. Cost leaves unpriced runs out.

    `last_run_at` is when its last run ended, null where it was summed before this was kept.
    """

    day: date | None
    prompt_id: str | None
    prompt: str | None
    version_id: str | None
    version: str | None
    model: str | None
    api_key_id: str | None
    source: str | None
    environment: str | None
    runs: int
    failed: int
    cancelled: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost_usd: str
    unpriced_runs: int
    average_latency_ms: float
    last_run_at: datetime | None

    @classmethod
    def of(cls, line: UsageLine) -> Self:
        """The public form of a line."""
        group = line.group
        ids = {
            name: None if group.get(column) is None else to_public(prefix, group[column])
            for name, column, prefix in (
                ("prompt_id", "prompt_id", "prm"),
                ("version_id", "version_id", "ver"),
                ("api_key_id", "api_key_id", "key"),
            )
        }
        provider = group.get("provider")
        return cls(
            **ids,
            day=group.get("day"),
            prompt=group.get("prompt_alias"),
            version=group.get("version_num"),
            model=None if provider is None else f"{provider}/{group.get('model')}",
            source=group.get("source"),
            environment=group.get("environment"),
            runs=line.runs,
            failed=line.failed,
            cancelled=line.cancelled,
            input_tokens=line.input_tokens,
            cached_input_tokens=line.cached_input_tokens,
            output_tokens=line.output_tokens,
            reasoning_tokens=line.reasoning_tokens,
            cost_usd=money(line.cost_usd) or "0",
            unpriced_runs=line.unpriced,
            average_latency_ms=line.average_latency_ms,
            last_run_at=line.last_run_at,
        )


class UsageList(BaseModel):
    """Usage by group: the newest day first, else the dearest."""

    since: datetime
    until: datetime
    data: list[UsageLineRead]


def _milliseconds(since: datetime, until: datetime) -> float:
    return round((until - since).total_seconds() * 1000, 1)


def _summary(run: RunRecord) -> dict[str, Any]:
    first = run.first_token_at
    return {
        "id": to_public("run", run.id),
        "status": run.status,
        "source": run.source,
        "prompt": run.prompt_alias,
        "version": run.version_num or "draft",
        "environment": run.environment,
        "model": None if run.provider is None else f"{run.provider}/{run.model}",
        "api_key_id": None if run.api_key_id is None else to_public("key", run.api_key_id),
        "user": run.user_ref,
        "session": run.session_ref,
        "metadata": run.metadata or {},
        "usage": UsageRead(
            input_tokens=run.tokens.input,
            cached_input_tokens=run.tokens.cached_input,
            output_tokens=run.tokens.output,
            reasoning_tokens=run.tokens.reasoning,
            cost_usd=money(run.cost_usd),
        ),
        "error": None if run.error is None else RunError.model_validate(run.error),
        "started_at": run.started_at,
        "first_token_ms": None if first is None else _milliseconds(run.started_at, first),
        "latency_ms": _milliseconds(run.started_at, run.ended_at),
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
