"""How the difference of two states is told over HTTP."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from promptops_server.prompts.contract import Reason, ReasonCode
from promptops_server.prompts.models import PromptVersion
from promptops_server.prompts.schemas import MessageRole
from promptops_server.prompts.types import VersionStatus
from promptops_server.versioned.diff import MemberChange
from promptops_server.versioned.semver import Bump


class LineRead(BaseModel):
    """A line; `spans` are the [start, end) of its characters that changed within it."""

    model_config = ConfigDict(from_attributes=True)

    op: Literal["equal", "remove", "add"]
    text: str
    spans: list[tuple[int, int]]


class HunkRead(BaseModel):
    """Changed lines with some around them; `before_line` and `after_line` are its first, from 1."""

    model_config = ConfigDict(from_attributes=True)

    before_line: int
    after_line: int
    lines: list[LineRead]


class MessageDiff(BaseModel):
    """A message, with its index in either state; a placeholder has no role."""

    change: Literal["equal", "added", "removed", "changed"]
    before: int | None
    after: int | None
    role: MessageRole | None
    text: list[HunkRead]


class MemberDiff(BaseModel):
    """Something with a name that differs; null stands for what was not there."""

    name: str
    before: Any
    after: Any

    @classmethod
    def of(cls, change: MemberChange) -> Self:
        """The public form of a change."""
        return cls(name=change.name, before=change.before, after=change.after)


class VariablesDiff(BaseModel):
    """How the variables differ, each list in the template's order."""

    added: list[str]
    removed: list[str]
    now_required: list[str]
    now_optional: list[str]


class DiffState(BaseModel):
    """One side of a diff; `version` is null for the draft."""

    version: str | None
    status: VersionStatus
    content_hash: str

    @classmethod
    def of(cls, version: PromptVersion) -> Self:
        """The public form of a row."""
        return cls(
            version=version.version_num,
            status=VersionStatus(version.status),
            content_hash=version.content_hash.hex(),
        )


class DiffRead(BaseModel):
    """How two states differ. `text` is for two texts, `messages` where one of them is a chat.

    `identical` says that both would run alike.
    """

    before: DiffState
    after: DiffState
    identical: bool
    text: list[HunkRead] | None
    messages: list[MessageDiff] | None
    model: MemberDiff | None
    parameters: list[MemberDiff]
    tools: list[MemberDiff]
    output_schema: MemberDiff | None
    settings: list[MemberDiff]
    variables: VariablesDiff


class BumpReasonRead(BaseModel):
    """One change that calls for a bump; `name` says of which variable, tool or version."""

    code: ReasonCode
    name: str | None
    detail: str

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """The public form of a reason."""
        return cls(code=reason.code, name=reason.name, detail=reason.sentence)


class BumpRead(BaseModel):
    """The number that publishing your draft would give, and why.

    `bump` is null for a first version, and for content that a version has already.
    """

    bump: Bump | None
    version: str
    reasons: list[BumpReasonRead]
