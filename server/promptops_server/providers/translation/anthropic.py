"""Anthropic's messages API over HTTP: its address, its events, its errors inside a stream.

https://docs.anthropic.com/en/api/messages and .../messages-streaming.
"""

from promptops_server.providers.translation.envelope import Envelope
from promptops_server.providers.translation.failures import (
    CallFailed,
    as_object,
    from_status,
)
from promptops_server.providers.translation.port import (
    Delta,
    JsonObject,
    ProviderRequest,
    StreamTranslator,
    Translator,
)

_NAME = "anthropic"
# An error inside a stream has a type and no status: https://docs.anthropic.com/en/api/errors.
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class AnthropicWire:
    """How Anthropic is spoken to."""

    default_base_url = "https://api.anthropic.com"

    def url(self, base_url: str, envelope: Envelope) -> str:
        """The address of a call; a base URL may end with /v1 already."""
        del envelope  # The model stands in the body.
        return f"{base_url.removesuffix('/v1')}/v1/messages"

    def reader(self, translator: Translator, request: ProviderRequest) -> "AnthropicReader":
        """A reader for one stream."""
        return AnthropicReader(translator.stream(request))


class AnthropicReader:
    """Reads the events of one message."""

    def __init__(self, translator: StreamTranslator) -> None:
        """Takes the translator of this stream."""
        self._translator = translator
        self.ended = False
        self.model: str | None = None
        self.usage: JsonObject | None = None

    def read(self, event: JsonObject) -> list[Delta]:
        """The pieces that an event carries. Raises CallFailed for an `error` event."""
        kind = event.get("type")
        if kind == "content_block_delta":
            delta = as_object(event.get("delta"))
            if delta.get("type") == "text_delta" and len(delta) == 2:
                # Nothing is to be translated in the one event that makes up most of a stream;
                # through LiteLLM's objects it would cost many times as much.
                return [Delta({"content": delta.get("text")})] if delta.get("text") else []
        elif kind == "message_start":
            message = as_object(event.get("message"))
            self._take_usage(message)
            model = message.get("model")
            self.model = model if isinstance(model, str) else None
            return []
        elif kind == "message_stop":
            self.ended = True
            return []
        elif kind == "error":
            raise _failure(event)
        elif kind == "message_delta":
            self._take_usage(event)
        elif kind not in ("content_block_start", "content_block_stop"):
            # A ping, or an event of a later version.
            return []
        return self._translator.deltas(event)

    def _take_usage(self, holder: JsonObject) -> None:
        """Keeps the counts: those of message_delta are totals and may leave out what was told."""
        told = {
            name: count
            for name, count in as_object(holder.get("usage")).items()
            if count is not None
        }
        if told:
            self.usage = {**(self.usage or {}), **told}


def _failure(event: JsonObject) -> CallFailed:
    error = as_object(event.get("error"))
    status = _STATUSES.get(str(error.get("type")), 500)
    return from_status(_NAME, status, {}, str(error.get("message", "")).encode())
