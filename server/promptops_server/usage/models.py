"""The tables of usage; runs are written by insert_runs only."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from promptops_server.core.db import Base

_TIME = TIMESTAMP(timezone=True)


class Run(Base):
    """One ended run."""

    __tablename__ = "runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    source: Mapped[str]
    status: Mapped[str]
    prompt_id: Mapped[UUID | None]
    prompt_alias: Mapped[str | None]
    version_id: Mapped[UUID | None]
    version_num: Mapped[str | None]
    environment: Mapped[str | None]
    api_key_id: Mapped[UUID | None]
    provider_id: Mapped[UUID | None]
    provider: Mapped[str | None]
    model: Mapped[str | None]
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    variables: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    messages: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    output: Mapped[str | None]
    tool_calls: Mapped[list[Any] | None] = mapped_column(JSONB)
    finish_reason: Mapped[str | None]
    attempts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    input_tokens: Mapped[int | None]
    cached_input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    reasoning_tokens: Mapped[int | None]
    cost_usd: Mapped[Decimal | None]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    user_ref: Mapped[str | None]
    session_ref: Mapped[str | None]
    # `metadata` is a reserved name of SQLAlchemy's classes.
    run_metadata: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONB)
    request_id: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(_TIME)
    first_token_at: Mapped[datetime | None] = mapped_column(_TIME)
    ended_at: Mapped[datetime] = mapped_column(_TIME)
    content_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    overrides: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    input_messages: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    deltas: Mapped[list[Any] | None] = mapped_column(JSONB)


class RunFeedback(Base):
    """What somebody said about a run."""

    __tablename__ = "run_feedback"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    run_id: Mapped[UUID]
    rating: Mapped[str | None]
    score: Mapped[float | None]
    comment: Mapped[str | None]
    author_kind: Mapped[str]
    author_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(_TIME)
    updated_at: Mapped[datetime | None] = mapped_column(_TIME)


class RunSettingsRow(Base):
    """What a project keeps of its runs."""

    __tablename__ = "run_settings"

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    store: Mapped[str]
    retention_days: Mapped[int | None]
    updated_at: Mapped[datetime] = mapped_column(_TIME)
