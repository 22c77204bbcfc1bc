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
    """Which runs a list shows or a sum holds; None, and no prompt at all, let everything pass."""

    prompt_ids: tuple[UUID, ...] = ()
    environment: str | None = None
    status: str | None = None
    source: str | None = None
    provider: str | None = None
    model: str | None = None
    version_id: UUID | None = None
    api_key_id: UUID | None = None
    user_ref: str | None = None
    session_ref: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    since_ms: int | None = None
    until_ms: int | None = None


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


UsageGroup = Literal["prompt", "version", "model", "key", "source", "environment", "day"]


@dataclass(frozen=True, slots=True)
class UsageLine:
    """What a group of runs used; `unpriced` counts the runs whose cost is not known."""

    group: Mapping[str, Any]
    runs: int
    failed: int
    cancelled: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost_usd: Decimal
    unpriced: int
    average_latency_ms: float
    # None where all of it was summed before this was kept.
    last_run_at: datetime | None
