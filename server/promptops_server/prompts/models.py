"""The tables of prompts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from promptops_server.core.db import Base

_TIME = TIMESTAMP(timezone=True)


class Prompt(Base):
    """A prompt: a name for people, an alias for callers.

    Its alias, and those that it had before, stand in prompt_aliases too.
    """

    __tablename__ = "prompts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    name: Mapped[str]
    alias: Mapped[str]
    description: Mapped[str | None] = mapped_column(default=None)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    archived_at: Mapped[datetime | None] = mapped_column(_TIME)
    created_at: Mapped[datetime] = mapped_column(_TIME)
    updated_at: Mapped[datetime] = mapped_column(_TIME)


class PromptAlias(Base):
    """An alias that a prompt answers to; `renamed_at` is set on one that it had before."""

    __tablename__ = "prompt_aliases"

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    prompt_id: Mapped[UUID]
    renamed_at: Mapped[datetime | None] = mapped_column(_TIME, default=None)


class PromptVersion(Base):
    """A version: a Draft without a number, or a numbered one that never changes.

    `base_version` is the number that a Draft began from.
    """

    __tablename__ = "prompt_versions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    prompt_id: Mapped[UUID]
    version_num: Mapped[str | None]
    status: Mapped[str]
    kind: Mapped[str]
    structure_json: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    compiled_template: Mapped[str]
    source_template: Mapped[str | None] = mapped_column(default=None)
    snippets_json: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    config_json: Mapped[dict[str, Any]] = mapped_column(JSON)
    variables_json: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    message: Mapped[str | None]
    author_kind: Mapped[str]
    author_id: Mapped[UUID]
    edit: Mapped[int]
    base_version: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(_TIME)
    updated_at: Mapped[datetime] = mapped_column(_TIME)
    published_at: Mapped[datetime | None] = mapped_column(_TIME)
    deprecated_at: Mapped[datetime | None] = mapped_column(_TIME, default=None)


class PromptSample(Base):
    """Named values of a prompt's variables."""

    __tablename__ = "prompt_samples"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    prompt_id: Mapped[UUID]
    name: Mapped[str]
    values_json: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(_TIME)
    updated_at: Mapped[datetime] = mapped_column(_TIME)
