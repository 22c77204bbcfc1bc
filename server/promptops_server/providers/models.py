"""The tables of providers."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from promptops_server.core.db import Base

_TIME = TIMESTAMP(timezone=True)


class Provider(Base):
    """Somewhere that models are called."""

    __tablename__ = "providers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    name: Mapped[str]
    kind: Mapped[str]
    base_url: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(_TIME)
    updated_at: Mapped[datetime] = mapped_column(_TIME)


class ProviderCredential(Base):
    """A provider's credential, sealed; `hints` holds the last characters of each field."""

    __tablename__ = "provider_credentials"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    provider_id: Mapped[UUID]
    origin: Mapped[str]
    master_key_id: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    hints: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_TIME)


class ModelPrice(Base):
    """A price of a project's own, in US dollars a million tokens, from a moment on.

    Without `input` and `output` the price is unknown from then on.
    """

    __tablename__ = "model_prices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    provider: Mapped[str]
    model: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(_TIME)
    input: Mapped[Decimal | None]
    cached_input: Mapped[Decimal | None]
    output: Mapped[Decimal | None]
    reasoning: Mapped[Decimal | None]
    created_at: Mapped[datetime] = mapped_column(_TIME)
