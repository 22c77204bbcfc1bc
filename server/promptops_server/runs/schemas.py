"""What runs give over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from promptops_server.core.fields import EnvironmentName, Limit, Text
from promptops_server.core.pagination import DEFAULT_LIMIT
from promptops_server.kit.ids import to_public
from promptops_server.runs.events import money
from promptops_server.usage.types import RunRecord, RunStatus, Source


class RunQuery(BaseModel):
    """Which runs a list shows. `model` is `provider/model`; times without a zone are UTC."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[Text | None, Field(description="An alias or id of a prompt.")] = None
    environment: EnvironmentName | None = None
    status: RunStatus | None = None
    source: Source | None = None
    model: Annotated[Text | None, Field(description="As `provider/model`.")] = None
    key: Annotated[Text | None, Field(description="The id of an API key.")] = None
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
    """A run as a list shows it."""

    id: str
    status: RunStatus
    source: Source
    prompt: str | None
    version: str | None
    environment: str | None
    model: str | None
    api_key_id: str | None
    usage: UsageRead
    error: RunError | None
    started_at: datetime
    first_token_ms: float | None
    latency_ms: float

    @classmethod
    def of(cls, run: RunRecord) -> Self:
        """The public form of a row."""
        return cls(**_summary(run))


class RunRead(RunSummary):
    """A run in full: what went to the model, and what came back."""

    prompt_id: str | None
    version_id: str | None
    parameters: dict[str, Any] | None
    variables: dict[str, Any] | None
    messages: list[dict[str, Any]] | None
    output: str | None
    tool_calls: list[Any] | None
    finish_reason: str | None
    attempts: list[dict[str, Any]]
    request_id: str
    ended_at: datetime

    @classmethod
    def of(cls, run: RunRecord) -> Self:
        """The public form of a row."""
        return cls(
            **_summary(run),
            prompt_id=None if run.prompt_id is None else to_public("prm", run.prompt_id),
            version_id=None if run.version_id is None else to_public("ver", run.version_id),
            parameters=run.parameters,
            variables=run.variables,
            messages=run.messages,
            output=run.output,
            tool_calls=run.tool_calls,
            finish_reason=run.finish_reason,
            attempts=run.attempts,
            request_id=run.request_id,
            ended_at=run.ended_at,
        )


def _milliseconds(since: datetime, until: datetime) -> float:
    return round((until - since).total_seconds() * 1000, 1)


def _summary(run: RunRecord) -> dict[str, Any]:
    first = run.first_token_at
    return {
        "id": to_public("run", run.id),
        "status": run.status,
        "source": run.source,
        "prompt": run.prompt_alias,
        "version": run.version_num,
        "environment": run.environment,
        "model": None if run.provider is None else f"{run.provider}/{run.model}",
        "api_key_id": None if run.api_key_id is None else to_public("key", run.api_key_id),
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
    environment: str
    model: str
    output: str
    tool_calls: list[Any] | None
    finish_reason: str | None
    latency_ms: int
    usage: UsageRead


class RunCreate(BaseModel):
    """The body of a run. Without `stream`, the Accept header decides, and JSON is the default."""

    variables: dict[str, Any] = {}
    stream: bool = False
