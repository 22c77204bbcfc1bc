"""Gemini's generateContent over HTTP: its address, its chunks, its errors inside a stream.

https://ai.google.dev/api/generate-content. The stream is asked for without `alt=sse`, since
core.http sends no URL with a query; it is then a JSON array with one element a chunk, which the
lane tells from server-sent events by the Content-Type.
"""

from typing import cast

from promptops_server.providers.translation.envelope import Envelope
from promptops_server.providers.translation.failures import (
    CallFailed,
    as_object,
    from_status,
    invalid_request,
)
from promptops_server.providers.translation.port import (
    Delta,
    JsonObject,
    ProviderRequest,
    StreamTranslator,
    Translator,
)

_NAME = "gemini"
_TUNED = "tunedModels/"


class GeminiWire:
    """How Gemini is spoken to."""

    default_base_url = "https://generativelanguage.googleapis.com"

    def url(self, base_url: str, envelope: Envelope) -> str:
        """The address of a call; a base URL may name its API version already."""
        model = envelope.model.removeprefix("models/")
        if "/" in model.removeprefix(_TUNED):
            raise invalid_request("This is not the name of a Gemini model.")
        path = model if model.startswith(_TUNED) else f"models/{model}"
        versioned = base_url.endswith(("/v1", "/v1beta", "/v1alpha"))
        base = base_url if versioned else f"{base_url}/v1beta"
        return f"{base}/{path}:{'streamGenerateContent' if envelope.stream else 'generateContent'}"

    def reader(self, translator: Translator, request: ProviderRequest) -> "GeminiReader":
        """A reader for one stream."""
        return GeminiReader(translator.stream(request))


class GeminiReader:
    """Reads the chunks of one answer."""

    def __init__(self, translator: StreamTranslator) -> None:
        """Takes the translator of this stream."""
        self._translator = translator
        self.ended = False
        self.model: str | None = None
        self.usage: JsonObject | None = None

    def read(self, event: JsonObject) -> list[Delta]:
        """The pieces that a chunk carries. Raises CallFailed for an error in place of a chunk."""
        if "error" in event:
            raise _failure(event)
        model = event.get("modelVersion")
        self.model = model if isinstance(model, str) else self.model
        if usage := as_object(event.get("usageMetadata")):
            # Each chunk tells the counts so far; the translator wants them beside the candidates.
            self.usage = event | {"usageMetadata": usage}
        found = event.get("candidates")
        candidates = cast("list[object]", found) if isinstance(found, list) else []
        if len(candidates) == 1 and (text := _only_text(as_object(candidates[0]))) is not None:
            return [Delta({"content": text})] if text else []
        finished = any(as_object(candidate).get("finishReason") for candidate in candidates)
        if finished or "blockReason" in as_object(event.get("promptFeedback")):
            self.ended = True
        return self._translator.deltas(event)


def _only_text(candidate: JsonObject) -> str | None:
    """The text of a first candidate that holds nothing else, as most chunks do; else None.

    Nothing is to be translated there; through LiteLLM's objects it would cost many times as much.
    """
    if candidate.get("finishReason") or candidate.get("index", 0) != 0:
        return None
    parts = as_object(candidate.get("content")).get("parts")
    texts: list[str] = []
    for part in cast("list[object]", parts) if isinstance(parts, list) else [None]:
        fields = as_object(part)
        text = fields.get("text")
        if len(fields) != 1 or not isinstance(text, str):
            return None
        texts.append(text)
    return "".join(texts)


def _failure(event: JsonObject) -> CallFailed:
    error = as_object(event.get("error"))
    code = error.get("code")
    status = code if isinstance(code, int) and 400 <= code <= 599 else 500
    return from_status(_NAME, status, {}, str(error.get("message", "")).encode())
