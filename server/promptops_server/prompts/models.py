"""The tables of prompts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from promptops_server.core.db import Base

_TIME = TIMESTAMP(timezone=True)


class Prompt(Base):
    """A prompt: a name for people, an alias for callers."""

    __tablename__ = "prompts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    name: Mapped[str]
    alias: Mapped[str]
    archived_at: Mapped[datetime | None] = mapped_column(_TIME)
    created_at: Mapped[datetime] = mapped_column(_TIME)
    updated_at: Mapped[datetime] = mapped_column(_TIME)


class PromptVersion(Base):
    """A version: a Draft without a number, or a numbered one that never changes."""

    __tablename__ = "prompt_versions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    prompt_id: Mapped[UUID]
    version_num: Mapped[str | None]
    status: Mapped[str]
    kind: Mapped[str]
    structure_json: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    compiled_template: Mapped[str]
    config_json: Mapped[dict[str, Any]] = mapped_column(JSONB)
    variables_json: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    message: Mapped[str | None]
    author_kind: Mapped[str]
    author_id: Mapped[UUID]
    edit: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(_TIME)
    updated_at: Mapped[datetime] = mapped_column(_TIME)
    published_at: Mapped[datetime | None] = mapped_column(_TIME)
