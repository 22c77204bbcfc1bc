"""A run on its way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from promptops_server.access.types import Caller
from promptops_server.deployments.types import ActiveVersion
from promptops_server.prompts.types import PromptRef, RunnableVersion
from promptops_server.providers.types import ModelTarget


@dataclass(frozen=True, slots=True)
class ResolvedRun:
    """What an alias and an environment stand for at this moment."""

    prompt: PromptRef
    active: ActiveVersion
    version: RunnableVersion
    target: ModelTarget


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run that passed every check and was rendered; nothing was sent to a model yet."""

    id: UUID
    public_id: str
    request_id: str
    caller: Caller
    environment: str
    resolved: ResolvedRun
    variables: Mapping[str, object]
    messages: list[dict[str, object]]
    started_at: datetime
    limit_headers: Mapping[str, str]
