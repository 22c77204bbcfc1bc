"""The tables of access."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from promptops_server.core.db import Base

_TIME = TIMESTAMP(timezone=True)


class Project(Base):
    """A tenant: everything else belongs to one."""

    __tablename__ = "projects"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_TIME)
    # Since when it is there for administrators only.
    archived_at: Mapped[datetime | None] = mapped_column(_TIME)


class Environment(Base):
    """A place that a version can be deployed to."""

    __tablename__ = "environments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    name: Mapped[str]
    required_checks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    protected: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(_TIME)


class ApiKey(Base):
    """An API key: of its text only a hash, the beginning and the last four characters."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    name: Mapped[str]
    prefix: Mapped[str]
    last4: Mapped[str]
    secret_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    requests_per_minute: Mapped[int]
    burst: Mapped[int]
    tokens_per_minute: Mapped[int | None] = mapped_column(BigInteger)
    concurrent_runs: Mapped[int | None]
    allowed_prompts: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    allowed_flows: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    allowed_environments: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    # The text before the last rotation, valid a while longer.
    previous_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_until: Mapped[datetime | None] = mapped_column(_TIME)
    expires_at: Mapped[datetime | None] = mapped_column(_TIME)
    revoked_at: Mapped[datetime | None] = mapped_column(_TIME)
    last_used_at: Mapped[datetime | None] = mapped_column(_TIME)
    created_by_kind: Mapped[str]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(_TIME)


class User(Base):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    name: Mapped[str]
    is_instance_admin: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(_TIME)
    signed_in_at: Mapped[datetime | None] = mapped_column(_TIME)
    password_hash: Mapped[str | None]
    password_set_at: Mapped[datetime | None] = mapped_column(_TIME)
    disabled_at: Mapped[datetime | None] = mapped_column(_TIME)


class Membership(Base):
    """What a person is in a project."""

    __tablename__ = "memberships"

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_TIME)


class Session(Base):
    """A time for which a person is signed in; of its token only a hash."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(_TIME)
    last_used_at: Mapped[datetime] = mapped_column(_TIME)
    expires_at: Mapped[datetime] = mapped_column(_TIME)
    revoked_at: Mapped[datetime | None] = mapped_column(_TIME)


class Link(Base):
    """An address that somebody may use once; of its token only a hash.

    It is for a person (`user_id`), or invites an e-mail address into a project.
    """

    __tablename__ = "links"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    user_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None]
    email: Mapped[str | None]
    role: Mapped[str | None]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(_TIME)
    expires_at: Mapped[datetime] = mapped_column(_TIME)
    used_at: Mapped[datetime | None] = mapped_column(_TIME)


class NoticeRow(Base):
    """Something that a person is told about somebody until they dismiss it."""

    __tablename__ = "notices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    kind: Mapped[str]
    about: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(_TIME)
    dismissed_at: Mapped[datetime | None] = mapped_column(_TIME)
