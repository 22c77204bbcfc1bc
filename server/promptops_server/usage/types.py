"""A run as the ledger keeps it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
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
    metadata: dict[str, object] | None = None
    first_token_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs a list shows; None lets everything pass."""

    prompt_id: UUID | None = None
    environment: str | None = None
    status: str | None = None
    source: str | None = None
    provider: str | None = None
    model: str | None = None
    api_key_id: UUID | None = None
    since_ms: int | None = None
    until_ms: int | None = None
