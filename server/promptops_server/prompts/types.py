"""What other slices see of a prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from promptops_server.prompts.rendering import PromptTemplate


class VersionStatus(StrEnum):
    """Where a version is in its life; only a Draft changes."""

    DRAFT = "Draft"
    PUBLISHED = "Published"
    DEPRECATED = "Deprecated"


@dataclass(frozen=True, slots=True)
class PromptRef:
    """A prompt by its identity."""

    id: UUID
    alias: str
    name: str


@dataclass(frozen=True, slots=True)
class RunnableVersion:
    """A version ready to run: its template compiled, its model and parameters at hand."""

    id: UUID
    prompt_id: UUID
    version_num: str | None
    template: PromptTemplate
    model: str
    parameters: Mapping[str, object]
