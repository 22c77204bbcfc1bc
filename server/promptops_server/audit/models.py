"""The table of audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from promptops_server.core.db import Base


class AuditEntry(Base):
    """One thing that somebody did."""

    __tablename__ = "audit_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    action: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    target_kind: Mapped[str]
    target_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
