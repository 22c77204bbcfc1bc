"""The wire protocol of both lanes: OpenAI chat completions, read with as little work as possible.

https://platform.openai.com/docs/api-reference/chat. A stream is server-sent events, each `data:`
line one JSON chunk, ended by `data: [DONE]`.
"""

from collections.abc import Iterator
from typing import cast

import orjson

from promptops_server.providers.types import ChatDelta
from promptops_server.usage.types import TokenUsage

MAX_LINE_BYTES = 4 * 1024 * 1024
_CONTEXT_CODES = frozenset(
    {"context_length_exceeded", "context_too_long", "exceed_context_size_error"}
)
_KINDS = {
    "context_too_long": _CONTEXT_CODES,
    "content_filter": frozenset({"content_filter", "content_policy_violation"}),
    # An account that is used up is a 429 of OpenAI's, which waiting does not mend.
    "quota": frozenset({"insufficient_quota", "billing_hard_limit_reached"}),
    "auth": frozenset({"auth", "invalid_api_key"}),
}

JsonObject = dict[str, object]


class WireError(ValueError):
    """What arrived is not the protocol; the text is our own words."""


class UpstreamFailed(Exception):
    """An error object arrived inside a stream, after it had begun."""

    def __init__(self, error: JsonObject) -> None:
        """Keeps the error object for its code."""
        super().__init__("the upstream reported an error")
        self.error = error


class LineReader:
    """Parts a stream of bytes into the data of its server-sent events."""

    def __init__(self) -> None:
        """Starts with nothing read."""
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The data of each event that is complete with this chunk.

        Raises WireError for a line beyond the limit.
        """
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_LINE_BYTES:
            raise WireError("a line of the answer is too long")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()


def as_object(value: object) -> JsonObject:
    """The value where it is a JSON object, else an empty one."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def usage_of(value: object) -> TokenUsage | None:
    """The token counts of a `usage` object, or None where there is none."""
    usage = as_object(value)
    if not usage:
        return None
    return TokenUsage(
        input=_count(usage.get("prompt_tokens")),
        cached_input=_count(as_object(usage.get("prompt_tokens_details")).get("cached_tokens")),
        output=_count(usage.get("completion_tokens")),
        reasoning=_count(as_object(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    )


def _load(data: bytes) -> JsonObject:
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise WireError("the answer is not valid JSON") from None
    if not isinstance(value, dict):
        raise WireError("the answer is not a JSON object")
    return cast("JsonObject", value)


def _choice(answer: JsonObject) -> JsonObject:
    choices = answer.get("choices")
    return (
        as_object(cast("list[object]", choices)[0]) if isinstance(choices, list) and choices else {}
    )


def _delta(message: JsonObject, choice: JsonObject, answer: JsonObject) -> ChatDelta:
    text = message.get("content")
    calls = message.get("tool_calls")
    reason = choice.get("finish_reason")
    return ChatDelta(
        text=text if isinstance(text, str) else "",
        tool_calls=cast("list[object]", calls) if isinstance(calls, list) and calls else None,
        finish_reason=reason if isinstance(reason, str) else None,
        usage=usage_of(answer.get("usage")),
    )


def read_chunk(data: bytes) -> ChatDelta:
    """One chunk of a stream. Raises WireError, and UpstreamFailed for an error object."""
    answer = _load(data)
    if "error" in answer:
        raise UpstreamFailed(as_object(answer["error"]))
    choice = _choice(answer)
    return _delta(as_object(choice.get("delta")), choice, answer)


def read_completion(body: bytes) -> ChatDelta:
    """A whole answer, as one delta. Raises WireError where it holds no choice."""
    answer = _load(body)
    choice = _choice(answer)
    if not choice:
        raise WireError("the answer holds no choice")
    return _delta(as_object(choice.get("message")), choice, answer)


def failure_kind(error: JsonObject) -> str | None:
    """What an error object's codes tell beside its status, a key of _KINDS, or None."""
    codes = {str(error.get(name)) for name in ("code", "type", "kind")}
    return next((kind for kind, known in _KINDS.items() if codes & known), None)


def adaptor_refusal(error: JsonObject) -> str | None:
    """The model adaptor's own sentence on a request that it did not send, None for anything else.

    Only for an error that came from the adaptor: a provider's words are never passed on.
    """
    if error.get("type") != "adaptor_error" or error.get("kind") != "invalid_request":
        return None
    return str(error.get("message"))


def error_object(body: bytes) -> JsonObject:
    """The `error` object of a failure's body, or an empty one."""
    try:
        return as_object(_load(body).get("error"))
    except WireError:
        return {}
