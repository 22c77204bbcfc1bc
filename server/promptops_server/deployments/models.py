"""The tables of deployments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from promptops_server.core.db import Base

_TIME = TIMESTAMP(timezone=True)


class Deployment(Base):
    """Which version of a subject serves an environment."""

    __tablename__ = "deployments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    environment: Mapped[str]
    active_version_id: Mapped[UUID]
    # The release that put it there.
    release_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(_TIME)
    updated_at: Mapped[datetime] = mapped_column(_TIME)


class Release(Base):
    """One line of the ledger: who put which version in the place of which, when and why."""

    __tablename__ = "releases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    deployment_id: Mapped[UUID]
    kind: Mapped[str]
    # The release that a rollback from this one goes back to.
    returns_to: Mapped[UUID | None]
    from_version_id: Mapped[UUID | None]
    to_version_id: Mapped[UUID]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(_TIME)
