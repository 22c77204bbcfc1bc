"""A part of the installation as it is found."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from promptops_server.core.db import Connection

PartName = Literal[
    "api", "postgresql", "valkey", "local_model", "adaptor", "storage", "sweeper", "partitions"
]
# `off`: not there, and not needed by what is set up.
PartStatus = Literal["ok", "degraded", "down", "off"]


@dataclass(frozen=True, slots=True)
class Part:
    """How a part is: facts about it, and where it is not well one sentence that says what to do."""

    name: PartName
    status: PartStatus
    problem: str | None = None
    facts: Mapping[str, str | int | float | None] = field(
        default_factory=dict[str, "str | int | float | None"]
    )


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What the database says of itself."""

    version: str
    pgvector: str | None
    revision: str | None


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """How the ledger of runs is kept."""

    swept_at: datetime | None
    summed_until: datetime
    # The months from this one on that have a partition, without a gap.
    months_ready: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of an installation are looked for."""

    # Opens a connection of the role `system`; the caller closes it.
    connect: Callable[[], Awaitable[Connection]] | None
    redis_url: str | None
    local_model_url: str | None
    # As `unix:/path` or `http://host:port`; None where there is no adaptor.
    adaptor_url: str | None
    # Whether the adaptor is started when it is first needed.
    starts_adaptor: bool
    data_dir: Path
    # None where the API itself asks.
    api_url: str | None
