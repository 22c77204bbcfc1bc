"""A run on its way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, Self, cast
from uuid import UUID

import orjson

from promptops_server.access.types import Caller
from promptops_server.kit.ids import timestamp_ms, to_public
from promptops_server.providers.types import ModelTarget
from promptops_server.ratelimit.admission import Grant
from promptops_server.usage.types import FeedbackSummary, RunFilter, Source, Store

# Where a run is before it has ended: it waits for a process, or one is doing it.
RunState = Literal["queued", "running"]
WORK_KIND = "run"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Everything that a run needs to be done, and nothing of the process that planned it.

    It is what a unit of work carries, so that any process can do the run. `models` are tried in
    their order. `request_fields` are tools and output schema as OpenAI's body takes them.
    """

    id: UUID
    project_id: UUID
    source: Source
    request_id: str
    prompt_id: UUID
    prompt_alias: str
    version_id: UUID | None
    version_num: str | None
    content_hash: bytes
    environment: str | None
    api_key_id: UUID | None
    models: tuple[str, ...]
    parameters: Mapping[str, object]
    request_fields: Mapping[str, object]
    variables: Mapping[str, object]
    messages: list[dict[str, object]]
    started_at: datetime
    deadline_s: float
    max_retries: int
    store: Store = "full"
    overrides: Mapping[str, object] = field(default_factory=dict[str, object])
    input_messages: list[dict[str, object]] | None = None
    user: str | None = None
    session: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def public_id(self) -> str:
        """The run's id as callers see it."""
        return to_public("run", self.id)

    @property
    def version(self) -> str:
        """The version's number, or `draft`."""
        return self.version_num or "draft"

    @property
    def deadline_at(self) -> datetime:
        """When the run is ended if it has not come to its end."""
        return self.started_at + timedelta(seconds=self.deadline_s)

    def dump(self) -> bytes:
        """The plan as JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["content_hash"] = self.content_hash.hex()
        # The driver's UUIDs are of a class of its own.
        return orjson.dumps(values, default=str)

    @classmethod
    def load(cls, payload: Mapping[str, object]) -> Self:
        """The plan that `dump` wrote."""
        values = cast("dict[str, Any]", dict(payload))
        for name in ("id", "project_id", "prompt_id", "version_id", "api_key_id"):
            if values[name] is not None:
                values[name] = UUID(values[name])
        values["content_hash"] = bytes.fromhex(values["content_hash"])
        values["started_at"] = datetime.fromisoformat(values["started_at"])
        values["models"] = tuple(values["models"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run that passed every check and was rendered; nothing was sent to a model yet.

    `target` is the first of the plan's models. `headers` go with every answer to it.
    """

    plan: RunPlan
    target: ModelTarget
    caller: Caller
    grant: Grant
    headers: Mapping[str, str]


class RunListener(Protocol):
    """Hears of the runs of this process; must not wait for anything."""

    def began(self, plan: RunPlan) -> None:
        """A run is about to be sent to its model."""
        ...

    def changed(self, project_id: UUID, run_id: UUID) -> None:
        """A run has ended, and its row is committed."""
        ...


@dataclass(frozen=True, slots=True)
class UnendedRun:
    """A run that is queued or running, as far as it is known."""

    id: UUID
    status: RunState
    source: Source
    version: str
    started_at: datetime
    model: str
    prompt_id: UUID | None = None
    prompt_alias: str | None = None
    version_id: UUID | None = None
    environment: str | None = None
    api_key_id: UUID | None = None
    user_ref: str | None = None
    session_ref: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    def is_wanted(self, wanted: RunFilter) -> bool:
        """Whether the filter lets it pass."""
        if wanted.asks_for_an_end or wanted.has_comment is not None:
            return False
        milliseconds = timestamp_ms(self.id)
        if wanted.since_ms is not None and milliseconds < wanted.since_ms:
            return False
        if wanted.until_ms is not None and milliseconds >= wanted.until_ms:
            return False
        provider, _, model = self.model.partition("/")
        models = {(provider, model), (provider, "")}
        if wanted.models and models.isdisjoint(wanted.models):
            return False
        if not wanted.metadata.items() <= self.metadata.items():
            return False
        return all(
            not values or value in values
            for value, values in (
                (self.status, wanted.statuses),
                (self.prompt_id, wanted.prompt_ids),
                (self.version_id, wanted.version_ids),
                (self.environment, wanted.environments),
                (self.source, wanted.sources),
                (self.api_key_id, wanted.api_key_ids),
                (self.user_ref, wanted.users),
                (self.session_ref, wanted.sessions),
            )
        )


@dataclass(frozen=True, slots=True)
class Labels:
    """What rows of runs say beyond the ledger: names of prompts and keys, and feedback, by id."""

    prompts: dict[UUID, str] = field(default_factory=dict[UUID, str])
    keys: dict[UUID, str] = field(default_factory=dict[UUID, str])
    feedback: dict[UUID, FeedbackSummary] = field(default_factory=dict[UUID, FeedbackSummary])
