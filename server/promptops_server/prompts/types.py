"""What other slices see of a prompt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from promptops_server.prompts.rendering import PromptTemplate


class VersionStatus(StrEnum):
    """Where a version is in its life; only a Draft changes."""

    DRAFT = "Draft"
    PUBLISHED = "Published"
    DEPRECATED = "Deprecated"


@dataclass(frozen=True, slots=True)
class PromptRef:
    """A prompt by its identity.

    `renamed_at` is set where it was asked for by an alias that it had before.
    """

    id: UUID
    alias: str
    name: str
    renamed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """What a list tells of a prompt's content.

    `latest_version` is the one published last; the draft is that of who asks. `kind` is the
    draft's, else the latest version's.
    """

    latest_version: str | None
    versions: int
    draft_updated_at: datetime | None
    kind: Literal["text", "chat"] | None


@dataclass(frozen=True, slots=True)
class RunnableVersion:
    """A version ready to run: its template compiled, its model and parameters at hand."""

    id: UUID
    prompt_id: UUID
    version_num: str | None
    template: PromptTemplate
    model: str
    parameters: Mapping[str, object]
    # Tools, tool_choice, parallel_tool_calls and response_format, as OpenAI's body takes them.
    request_fields: Mapping[str, object] = field(default_factory=dict[str, object])
    # Tried in this order where `model` fails for a reason that another model may not share.
    fallback_models: tuple[str, ...] = ()
    # Which parameters (and "model") a call may override.
    overridable: frozenset[str] = frozenset()
    max_retries: int = 2
    # How long the whole run may take, in seconds; None is the server's own limit.
    timeout_s: float | None = None
    content_hash: bytes = b""
