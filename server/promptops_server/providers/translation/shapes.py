"""Reads the objects that LiteLLM answers with, by the names that OpenAI gave their fields."""

from collections.abc import Iterable
from typing import Protocol, cast

JsonObject = dict[str, object]


class Dumpable(Protocol):
    """A Pydantic model."""

    def model_dump(self) -> JsonObject:
        """Its fields."""
        ...


class Choice(Protocol):
    """One choice of a whole answer."""

    @property
    def index(self) -> int:
        """Which choice it is."""
        ...

    @property
    def message(self) -> object:
        """What the model said."""
        ...

    @property
    def finish_reason(self) -> str:
        """Why it ended."""
        ...


def _plain(value: object) -> JsonObject:
    """A JSON object from one of LiteLLM's models or from a dict, without nulls."""
    fields = (
        cast("JsonObject", value)
        if isinstance(value, dict)
        else cast("Dumpable", value).model_dump()
    )
    return {name: item for name, item in fields.items() if item is not None}


def _tool_call(value: object, *, streamed: bool) -> JsonObject:
    call = _plain(value)
    call["function"] = _plain(call.get("function") or {})
    if streamed and "id" not in call:
        # OpenAI names the type with the id, in the first piece of a call only.
        call.pop("type", None)
    if not streamed:
        call.pop("index", None)
    return {name: call[name] for name in ("index", "id", "type", "function") if name in call}


def message_fields(message: object, *, streamed: bool) -> JsonObject:
    """OpenAI's fields of a message or a delta, and the reasoning where there is some."""
    fields: JsonObject = {}
    text: object = getattr(message, "content", None)
    if text or not streamed:
        fields["content"] = text
    for name in ("reasoning_content", "thinking_blocks"):
        if value := getattr(message, name, None):
            fields[name] = value
    if calls := getattr(message, "tool_calls", None):
        found = cast("list[object]", calls)
        fields["tool_calls"] = [_tool_call(call, streamed=streamed) for call in found]
    return fields


def choices(found: Iterable[Choice]) -> list[JsonObject]:
    """OpenAI's choices of a whole answer."""
    return [
        {
            "index": choice.index,
            "message": {"role": "assistant", **message_fields(choice.message, streamed=False)},
            "finish_reason": choice.finish_reason,
        }
        for choice in found
    ]


def usage_object(usage: object) -> JsonObject:
    """OpenAI's usage object; the details only where they say something."""
    told: JsonObject = {
        name: getattr(usage, name)
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    }
    details = {
        "prompt_tokens_details": ("cached_tokens", "cache_creation_tokens"),
        "completion_tokens_details": ("reasoning_tokens",),
    }
    for group, names in details.items():
        holder: object = getattr(usage, group, None)
        found = {name: getattr(holder, name, None) for name in names}
        if kept := {name: count for name, count in found.items() if count}:
            told[group] = kept
    return told
