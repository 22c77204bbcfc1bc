"""Two states of a prompt beside each other: texts, messages, model, tools, output, variables."""

from typing import Any, cast

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.prompts.compiling import in_its_place
from promptops_server.prompts.config import PromptConfig
from promptops_server.prompts.diff_schemas import (
    DiffRead,
    DiffState,
    HunkRead,
    MemberDiff,
    MessageDiff,
    VariablesDiff,
)
from promptops_server.prompts.models import PromptVersion
from promptops_server.prompts.service import get_draft, get_version
from promptops_server.versioned.diff import Block, diff_members, diff_sequences, diff_text

DRAFT = "draft"
# What a diff shows under a heading of its own.
_APART = frozenset({"model", "parameters", "tools", "response_format"})
# A role and a content, its snippets in it; the placeholder has the role "".
_Message = tuple[str, str]


async def compare(
    session: AsyncSession, caller: Caller, ref: str, before: str, after: str
) -> DiffRead:
    """How the state `after` differs from `before`; each is a version's number or "draft".

    Texts are compared with their snippets in them, so that a newer snippet is a difference.

    Raises PromptNotFound, VersionNotFound and DraftNotFound.
    """
    old = await _state(session, caller, ref, before)
    new = await _state(session, caller, ref, after)
    # Comparing is some ten times the work of compiling.
    size = 10 * (len(old.compiled_template) + len(new.compiled_template))
    return await in_its_place(size, _compare, old, new)


async def _state(session: AsyncSession, caller: Caller, ref: str, name: str) -> PromptVersion:
    if name == DRAFT:
        return await get_draft(session, caller, ref)
    return await get_version(session, caller, ref, name)


def _compare(old: PromptVersion, new: PromptVersion) -> DiffRead:
    both_texts = old.kind == new.kind == "text"
    before, after = _config(old), _config(new)
    headings = diff_members(
        {name: before[name] for name in ("model", "response_format")},
        {name: after[name] for name in ("model", "response_format")},
    )
    changed = {change.name: MemberDiff.of(change) for change in headings}
    return DiffRead(
        before=DiffState.of(old),
        after=DiffState.of(new),
        identical=old.content_hash == new.content_hash,
        text=_hunks(old.compiled_template, new.compiled_template) if both_texts else None,
        messages=None if both_texts else _messages(_chat(old), _chat(new)),
        model=changed.get("model"),
        parameters=_members(before["parameters"], after["parameters"]),
        tools=_members(_tools(before), _tools(after)),
        output_schema=changed.get("response_format"),
        settings=_members(
            {name: value for name, value in before.items() if name not in _APART},
            {name: value for name, value in after.items() if name not in _APART},
        ),
        variables=_variables(old.variables_json, new.variables_json),
    )


def _config(row: PromptVersion) -> dict[str, Any]:
    """The configuration with its defaults, so that one said aloud is no difference."""
    return PromptConfig.model_validate(row.config_json).model_dump(mode="json")


def _tools(config: dict[str, Any]) -> dict[str, Any]:
    return {tool["function"]["name"]: tool["function"] for tool in config["tools"]}


def _members(before: dict[str, Any], after: dict[str, Any]) -> list[MemberDiff]:
    return [MemberDiff.of(change) for change in diff_members(before, after)]


def _hunks(before: str, after: str) -> list[HunkRead]:
    return [HunkRead.model_validate(hunk) for hunk in diff_text(before, after)]


def _chat(row: PromptVersion) -> list[_Message]:
    """The messages of a state; a text is one message of a user."""
    if row.kind == "text":
        return [("user", row.compiled_template)]
    entries: list[dict[str, str]] = orjson.loads(row.compiled_template)
    return [(entry.get("role", ""), entry.get("content", "")) for entry in entries]


def _messages(before: list[_Message], after: list[_Message]) -> list[MessageDiff]:
    """Every message of both, in order; those that took another's place stand with it."""
    found: list[MessageDiff] = []
    old = new = 0
    for block in (*diff_sequences(before, after), Block(len(before), 0, len(after), 0)):
        while old < block.before_start:
            found.append(_message(before, after, old, new))
            old, new = old + 1, new + 1
        while old < block.before_end or new < block.after_end:
            has_old, has_new = old < block.before_end, new < block.after_end
            if has_old and has_new and before[old][0] != after[new][0]:
                # Another role is another message.
                has_new = False
            found.append(
                _message(before, after, old if has_old else None, new if has_new else None)
            )
            old, new = old + has_old, new + has_new
    return found


def _message(
    before: list[_Message], after: list[_Message], old: int | None, new: int | None
) -> MessageDiff:
    was = None if old is None else before[old]
    now = None if new is None else after[new]
    role = (now or was or ("", ""))[0]
    if was is None or now is None:
        change = "added" if was is None else "removed"
    else:
        change = "equal" if was == now else "changed"
    return MessageDiff(
        change=change,
        before=old,
        after=new,
        role=cast("Any", role or None),
        text=[] if change == "equal" else _hunks(was[1] if was else "", now[1] if now else ""),
    )


def _variables(before: dict[str, Any], after: dict[str, Any]) -> VariablesDiff:
    def those(names: list[str], condition: set[str]) -> list[str]:
        return [name for name in names if name in condition]

    old, new = set(before["names"]), set(after["names"])
    old_required, new_required = set(before["required"]), set(after["required"])
    kept = old & new
    return VariablesDiff(
        added=those(after["names"], new - old),
        removed=those(before["names"], old - new),
        now_required=those(after["names"], kept & (new_required - old_required)),
        now_optional=those(after["names"], kept & (old_required - new_required)),
    )
