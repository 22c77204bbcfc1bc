"""A run as the ledger keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

Source = Literal["api", "playground", "webhook", "flow", "evaluation", "judge", "test"]
RunStatus = Literal["succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens as the provider counted them; None where it did not say. Never guessed."""

    input: int | None = None
    cached_input: int | None = None
    output: int | None = None
    reasoning: int | None = None


@dataclass(slots=True)
class RunRecord:
    """One ended run, complete: what went to the model, what came back, what it cost."""

    id: UUID
    project_id: UUID
    source: Source
    status: RunStatus
    request_id: str
    started_at: datetime
    ended_at: datetime
    prompt_id: UUID | None = None
    prompt_alias: str | None = None
    version_id: UUID | None = None
    version_num: str | None = None
    environment: str | None = None
    api_key_id: UUID | None = None
    provider_id: UUID | None = None
    provider: str | None = None
    model: str | None = None
    parameters: dict[str, object] | None = None
    variables: dict[str, object] | None = None
    messages: list[dict[str, object]] | None = None
    output: str | None = None
    tool_calls: list[object] | None = None
    finish_reason: str | None = None
    attempts: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    tokens: TokenUsage = field(default_factory=TokenUsage)
    cost_usd: Decimal | None = None
    error: dict[str, object] | None = None
    user_ref: str | None = None
    session_ref: str | None = None
    metadata: dict[str, str] | None = None
    first_token_at: datetime | None = None
    # What a version or draft said that ran, by its content.
    content_hash: bytes | None = None
    # What the caller changed for this run alone: parameters, and "model".
    overrides: dict[str, object] | None = None
    # The caller's own turns of a conversation, as they came.
    input_messages: list[dict[str, object]] | None = None
    # Of a run that can be resumed: each delta that was emitted, a text as its length.
    deltas: list[object] | None = None


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs a list shows or a sum holds: one of the values of each field that has any.

    A model is its provider and its name; no name is every model of the provider. What concerns
    feedback has to be true of one and the same entry.
    """

    prompt_ids: tuple[UUID, ...] = ()
    version_ids: tuple[UUID, ...] = ()
    environments: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    api_key_ids: tuple[UUID, ...] = ()
    users: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    since_ms: int | None = None
    until_ms: int | None = None
    ratings: tuple[str, ...] = ()
    min_score: float | None = None
    max_score: float | None = None
    has_comment: bool | None = None
    min_latency_ms: float | None = None
    min_cost_usd: Decimal | None = None

    @property
    def asks_for_feedback(self) -> bool:
        """Whether only runs that somebody said something about are wanted."""
        scores = self.min_score is not None or self.max_score is not None
        return bool(self.ratings) or scores or self.has_comment is True

    @property
    def asks_for_an_end(self) -> bool:
        """Whether only a run that has ended can be wanted, whatever its status."""
        measured = self.min_latency_ms is not None or self.min_cost_usd is not None
        return self.asks_for_feedback or measured or bool(self.codes)


@dataclass(frozen=True, slots=True)
class FeedbackSummary:
    """What was said about a run, in numbers."""

    up: int = 0
    down: int = 0
    comments: int = 0
    scores: int = 0
    average_score: float | None = None


# Text of a run that `metadata` keeps is none: what it cost, when and by whom stays.
Store = Literal["full", "metadata"]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a project keeps of its runs, and for how many days (None: for ever)."""

    store: Store = "full"
    retention_days: int | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said about a run."""

    id: UUID
    run_id: UUID
    rating: Literal["up", "down"] | None
    score: float | None
    comment: str | None
    author_kind: str
    author_id: UUID
    created_at: datetime
    # When its author changed it; None where they did not.
    updated_at: datetime | None = None


UsageDimension = Literal["prompt", "version", "model", "key", "source", "environment"]
UsageBucket = Literal["hour", "day"]
UsageOrder = Literal["runs", "cost"]
UsageGroup = Literal["prompt", "version", "model", "key", "source", "environment", "day", "hour"]


@dataclass(frozen=True, slots=True)
class UsageFigures:
    """What some runs used; `unpriced` counts those whose cost is not known.

    `latency_ms` is the sum. The histograms count by the steps of usage/hours/histogram.py, and are
    None where all of it was summed before they were kept, as is `last_run_at`.
    """

    runs: int = 0
    failed: int = 0
    cancelled: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    unpriced: int = 0
    cost_usd: Decimal = Decimal(0)
    latency_ms: float = 0.0
    last_run_at: datetime | None = None
    latency_histogram: list[float] | None = None
    first_token_histogram: list[float] | None = None


@dataclass(frozen=True, slots=True)
class UsageScope:
    """Which runs are summed: those that ended in the time, whose both ends are whole hours.

    `timezone` says where a day begins.
    """

    project_id: UUID
    since: datetime
    until: datetime
    timezone: str
    wanted: RunFilter


@dataclass(frozen=True, slots=True)
class UsageLine:
    """What a group of runs used."""

    group: Mapping[str, Any]
    figures: UsageFigures
