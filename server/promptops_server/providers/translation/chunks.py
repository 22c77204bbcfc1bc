"""Writes answers as an OpenAI-compatible server does.

https://platform.openai.com/docs/api-reference/chat: a completion, or server-sent events with one
chunk each, a last chunk with the usage and no choices, and `data: [DONE]`.
"""

import secrets
import time

import orjson

from promptops_server.providers.translation.failures import CallFailed
from promptops_server.providers.translation.port import Completion, Delta, JsonObject

DONE = b"data: [DONE]\n\n"


def event(document: JsonObject) -> bytes:
    """One server-sent event with a JSON document."""
    return b"data: " + orjson.dumps(document) + b"\n\n"


def failure_event(failure: CallFailed) -> bytes:
    """The last event of a stream that failed; no [DONE] follows it."""
    return event(failure.as_json())


def _head(model: str, kind: str) -> JsonObject:
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
    }


def completion_body(completion: Completion, model: str) -> bytes:
    """The body of a whole answer; without `usage` where the provider told none."""
    document = _head(completion.model or model, "chat.completion")
    document["choices"] = completion.choices
    if completion.usage is not None:
        document["usage"] = completion.usage
    return orjson.dumps(document)


class ChunkWriter:
    """Writes the chunks of one stream, all with one id; the first of a choice says the role."""

    def __init__(self, model: str) -> None:
        """Takes the model's name as the answer shows it."""
        self._head = _head(model, "chat.completion.chunk")
        self._begun: set[int] = set()

    def delta(self, delta: Delta) -> bytes:
        """The event of one piece."""
        content = delta.content
        if delta.index not in self._begun:
            self._begun.add(delta.index)
            content = {"role": "assistant", "content": "", **content}
        choice: JsonObject = {
            "index": delta.index,
            "delta": content,
            "finish_reason": delta.finish_reason,
        }
        return event({**self._head, "choices": [choice]})

    def usage(self, usage: JsonObject) -> bytes:
        """The event of the usage: a chunk without choices."""
        return event({**self._head, "choices": [], "usage": usage})
