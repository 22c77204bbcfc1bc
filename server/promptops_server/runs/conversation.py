"""The caller's own turns of a conversation: checked, never rendered as templates."""

from typing import Annotated, Literal, cast

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from promptops_server.core.errors import FieldProblem, InvalidRequest

MAX_MESSAGES = 200
MAX_MESSAGES_BYTES = 768 * 1024
MAX_PARTS = 50

_Call = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class TextPart(_Part):
    """A text among images."""

    type: Literal["text"]
    text: str


class ImageUrl(_Part):
    """An image, in the address itself (`data:`) or where the provider fetches it (`https:`)."""

    url: Annotated[
        str, StringConstraints(pattern=r"^(https://[^\s]+|data:image/[a-z+.-]+;base64,[^\s]+)$")
    ]
    detail: Literal["auto", "low", "high"] | None = None


class ImagePart(_Part):
    """An image for a model that sees."""

    type: Literal["image_url"]
    image_url: ImageUrl


class Function(_Part):
    """What a model asked to be called; `arguments` is the JSON text that it wrote."""

    name: _Call
    arguments: str


class ToolCall(_Part):
    """A model's call of a tool."""

    id: _Call
    type: Literal["function"] = "function"
    function: Function


Content = (
    str
    | Annotated[
        list[Annotated[TextPart | ImagePart, Field(discriminator="type")]],
        Field(min_length=1, max_length=MAX_PARTS),
    ]
)


class UserMessage(_Part):
    """What a user said."""

    role: Literal["user"]
    content: Content


class AssistantMessage(_Part):
    """What the model answered before: a text, calls of tools, or both."""

    role: Literal["assistant"]
    content: str | None = None
    tool_calls: Annotated[list[ToolCall], Field(min_length=1, max_length=128)] | None = None


class ToolMessage(_Part):
    """What a tool gave back for the call of this id."""

    role: Literal["tool"]
    tool_call_id: _Call
    content: str


ConversationMessage = Annotated[
    UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")
]
_MESSAGES: TypeAdapter[list[ConversationMessage]] = TypeAdapter(
    Annotated[list[ConversationMessage], Field(max_length=MAX_MESSAGES)]
)


def check_messages(value: object) -> list[dict[str, object]]:
    """The messages as OpenAI's chat completions take them, exactly as they came.

    Only the roles user, assistant and tool are taken: what the system says is the prompt's. Raises
    InvalidRequest naming the place.
    """
    try:
        found = _MESSAGES.validate_python(value)
    except ValidationError as error:
        found_errors = error.errors(include_url=False, include_input=False)
        # Of a union's members, the one that came nearest says the most.
        first = max(found_errors, key=lambda item: len(item["loc"]))
        names = ("user", "assistant", "tool", "text", "image_url", "str")
        # Pydantic names the members of a union too; a pointer holds only what the caller wrote.
        where = [
            str(part)
            for n, part in enumerate(first["loc"])
            if not (part in names and _is_tag(first["loc"], n))
            and not str(part).startswith("list[")
        ]
        raise _refuse(
            "/".join(["#/messages", *where]), _sentence(first["type"], first["msg"])
        ) from None
    for index, message in enumerate(found):
        if isinstance(message, AssistantMessage) and not (message.content or message.tool_calls):
            raise _refuse(
                f"#/messages/{index}", "An assistant's message has content or tool_calls."
            )
    messages = cast("list[dict[str, object]]", value)
    if len(orjson.dumps(messages)) > MAX_MESSAGES_BYTES:
        raise _refuse(
            "#/messages", f"The messages are longer than {MAX_MESSAGES_BYTES // 1024} KiB."
        )
    return messages


def _sentence(kind: str, message: str) -> str:
    # The library's own sentence on an unknown tag quotes it.
    return "This is of a kind that is not taken here." if "tag" in kind else f"{message}."


def _is_tag(location: tuple[int | str, ...], position: int) -> bool:
    """Whether this part is a union's tag: one stands behind an index or a field `content`."""
    before = location[position - 1] if position else None
    return isinstance(before, int) or before == "content"


def _refuse(pointer: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, errors=[FieldProblem("invalid_request", pointer, message)])
