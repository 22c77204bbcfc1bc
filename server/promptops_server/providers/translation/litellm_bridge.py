"""LiteLLM's translators behind types of ours; only this file and litellm_calls touch LiteLLM.

Importing it imports LiteLLM (about 7 s of CPU and 190 MB), so only the adaptor process does, after
it has put LITELLM_ENVIRONMENT into its environment. The calls are those of LiteLLM 1.106.2, which
is pinned exactly: their signatures move from release to release.
"""

# LiteLLM's functions take and return bare dicts; what leaves this file is checked or cast.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import copy
import functools
import logging
from collections.abc import Callable
from typing import TypeVar, cast

import httpx
import litellm
from litellm.litellm_core_utils.litellm_logging import Logging
from litellm.llms.anthropic.chat.handler import ModelResponseIterator as AnthropicIterator
from litellm.llms.anthropic.chat.transformation import (
    ANTHROPIC_TOOL_NAME_REVERSE_MAP_KEY,
    AnthropicConfig,
)
from litellm.llms.base_llm.chat.transformation import BaseConfig
from litellm.llms.gemini.chat.transformation import GoogleAIStudioGeminiConfig
from litellm.llms.vertex_ai.gemini.transformation import (
    transform_request_body,
    transform_system_message,
)
from litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini import (
    ModelResponseIterator as GeminiIterator,
)
from litellm.types.utils import ModelResponse

from promptops_server.providers.translation.envelope import Envelope
from promptops_server.providers.translation.failures import (
    CallFailed,
    as_object,
    broken_answer,
    invalid_request,
)
from promptops_server.providers.translation.port import (
    Completion,
    Delta,
    JsonObject,
    ProviderRequest,
    StreamTranslator,
)
from promptops_server.providers.translation.shapes import choices, message_fields, usage_object

_T = TypeVar("_T")
_log = logging.getLogger("promptops.adaptor")

# Mapped one to one where a model takes them; LiteLLM leaves them out in silence where it does not.
_SAMPLING = ("temperature", "top_p")


def configure() -> None:
    """Makes LiteLLM silent and forgetful: no logs, callbacks, telemetry, caches or retries."""
    litellm.suppress_debug_info = True
    litellm.drop_params = True
    litellm.turn_off_message_logging = True
    litellm.disable_streaming_logging = True
    litellm.callbacks = []
    litellm.cache = None
    litellm.num_retries = 0
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        # Its messages quote prompts and the bodies of answers.
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)


class _Silent:
    """Stands in for LiteLLM's logging object: keeps nothing, and every other method is a no-op."""

    def __init__(self, optional_params: JsonObject) -> None:
        self.model_call_details: JsonObject = {}
        # Gemini's iterator looks here whether the old `functions` were asked for.
        self.optional_params = optional_params

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def _silent(optional_params: JsonObject) -> Logging:
    return cast("Logging", _Silent(optional_params))


def _guarded(action: Callable[[], _T], failure: CallFailed) -> _T:
    """What the action returns. Raises the failure in place of whatever LiteLLM raises.

    LiteLLM's messages repeat prompts and answers, so nothing of them is kept but the type's name.
    """
    try:
        return action()
    except CallFailed:
        raise
    except Exception as error:  # noqa: BLE001 - LiteLLM raises anything, KeyError included.
        _log.warning("LiteLLM could not translate: %s", type(error).__name__)
        raise failure from None


@functools.lru_cache(maxsize=512)
def _supported(config: BaseConfig, model: str) -> frozenset[str]:
    """OpenAI's parameters that a model takes; LiteLLM looks through its price list each time."""
    return frozenset(config.get_supported_openai_params(model=model))


def _mapped(config: BaseConfig, envelope: Envelope) -> tuple[JsonObject, tuple[str, ...]]:
    """The parameters in the provider's own words, and the names of those that it cannot take."""
    supported = _supported(config, envelope.model)
    taken = {
        name: copy.deepcopy(value) for name, value in envelope.params.items() if name in supported
    }
    params = cast(
        "JsonObject",
        config.map_openai_params(
            non_default_params=taken, optional_params={}, model=envelope.model, drop_params=True
        ),
    )
    known = supported | {"top_k"}
    dropped = [name for name in envelope.params if name not in known]
    dropped += [name for name in _SAMPLING if name in taken and name not in params]
    if "top_k" in envelope.params:
        params["top_k"] = envelope.params["top_k"]
    return params, (*envelope.dropped, *dropped)


def _untranslatable(envelope: Envelope) -> CallFailed:
    return invalid_request(f"This request cannot be translated for {envelope.provider}.")


class AnthropicTranslator:
    """Translates for Anthropic's messages API with LiteLLM's AnthropicConfig."""

    def __init__(self) -> None:
        """Makes the one config object, which holds nothing of a call."""
        self._config = AnthropicConfig()
        self._unreadable = broken_answer("anthropic", "the answer cannot be read")

    def request(self, envelope: Envelope) -> ProviderRequest:
        """Anthropic's request. Raises CallFailed (400) for what it cannot express."""
        return _guarded(lambda: self._request(envelope), _untranslatable(envelope))

    def _request(self, envelope: Envelope) -> ProviderRequest:
        # Everything that is handed over is a copy: the config changes what it is given.
        messages = copy.deepcopy(envelope.messages)
        params, dropped = _mapped(self._config, envelope)
        json_mode = params.pop("json_mode", False)
        notes: JsonObject = {"drop_params": True}
        headers = self._config.validate_environment(
            headers={},
            model=envelope.model,
            messages=messages,  # pyright: ignore[reportArgumentType] - LiteLLM's TypedDicts.
            optional_params=params,
            litellm_params=notes,
            api_key=envelope.api_key,
            api_base=envelope.base_url,
        )
        body = self._config.transform_request(
            model=envelope.model,
            messages=messages,  # pyright: ignore[reportArgumentType] - LiteLLM's TypedDicts.
            optional_params=params,
            litellm_params=notes,
            headers=headers,
        )
        if envelope.stream:
            body["stream"] = True
        return ProviderRequest(
            headers=cast("dict[str, str]", headers),
            body=body,
            dropped=dropped,
            notes={
                "json_mode": json_mode is True,
                "renamed": notes.get(ANTHROPIC_TOOL_NAME_REVERSE_MAP_KEY) or {},
            },
        )

    def completion(self, request: ProviderRequest, body: JsonObject) -> Completion:
        """A whole answer. Raises CallFailed (502)."""
        usage = as_object(body.get("usage"))
        # The counts are read below: with its own, LiteLLM would guess the tokens of the thinking.
        nothing = {"output_tokens_details": {"thinking_tokens": 0}}
        response = _guarded(
            lambda: self._config.transform_parsed_response(
                completion_response={**body, "usage": nothing},
                raw_response=httpx.Response(200),
                model_response=ModelResponse(),
                json_mode=request.notes["json_mode"] is True,
                tool_name_reverse_map=cast("dict[str, str]", request.notes["renamed"]),
            ),
            self._unreadable,
        )
        told = self.usage(usage) if usage else None
        model = body.get("model")
        named = model if isinstance(model, str) else None
        return Completion(choices(response.choices), named, told)

    def stream(self, request: ProviderRequest) -> StreamTranslator:
        """A translator for one stream."""
        iterator = AnthropicIterator(
            streaming_response=None,
            sync_stream=False,
            json_mode=request.notes["json_mode"] is True,
            tool_name_reverse_map=cast("dict[str, str]", request.notes["renamed"]),
        )
        return _AnthropicStream(iterator, self._unreadable)

    def usage(self, told: JsonObject) -> JsonObject:
        """OpenAI's usage: cached tokens count as prompt tokens there. Raises CallFailed (502)."""
        return _guarded(
            lambda: usage_object(
                self._config.calculate_usage(usage_object=told, reasoning_content=None)
            ),
            self._unreadable,
        )


class _AnthropicStream:
    def __init__(self, iterator: AnthropicIterator, unreadable: CallFailed) -> None:
        self._iterator = iterator
        self._unreadable = unreadable

    def deltas(self, event: JsonObject) -> list[Delta]:
        # Without its usage, of which LiteLLM would make a guess a second time.
        plain = {name: value for name, value in event.items() if name != "usage"}
        chunk = _guarded(lambda: self._iterator.chunk_parser(chunk=plain), self._unreadable)
        choice = chunk.choices[0]
        ends = as_object(event.get("delta")).get("stop_reason") is not None
        delta = message_fields(choice.delta, streamed=True)
        if not delta and not ends:
            return []
        return [Delta(delta, choice.finish_reason if ends else None)]


class GeminiTranslator:
    """Translates for Gemini's generateContent with LiteLLM's GoogleAIStudioGeminiConfig."""

    def __init__(self) -> None:
        """Makes the one config object, which holds nothing of a call."""
        self._config = GoogleAIStudioGeminiConfig()
        self._unreadable = broken_answer("gemini", "the answer cannot be read")

    def request(self, envelope: Envelope) -> ProviderRequest:
        """Gemini's request. Raises CallFailed (400) for what it cannot express."""
        return _guarded(lambda: self._request(envelope), _untranslatable(envelope))

    def _request(self, envelope: Envelope) -> ProviderRequest:
        messages = copy.deepcopy(envelope.messages)
        params, dropped = _mapped(self._config, envelope)
        if "temperature" not in envelope.params:
            # For models that it takes for Gemini 3 or later, LiteLLM adds one of its own.
            params.pop("temperature", None)
        notes: JsonObject = {"optional_params": dict(params)}
        # A model that LiteLLM does not know yet would be told the system message as a user's.
        system, conversation = transform_system_message(
            supports_system_message=not envelope.model.startswith("gemma"),
            messages=messages,  # pyright: ignore[reportArgumentType] - LiteLLM's TypedDicts.
        )
        body = transform_request_body(
            messages=conversation,
            model=envelope.model,
            optional_params=params,
            custom_llm_provider="gemini",
            litellm_params={},
            cached_content=None,
        )
        if system is not None:
            body["system_instruction"] = system
        # The config's own headers would carry the key as a bearer token.
        headers = {"Content-Type": "application/json", "x-goog-api-key": envelope.api_key}
        return ProviderRequest(headers, cast("JsonObject", body), dropped, notes)

    def completion(self, request: ProviderRequest, body: JsonObject) -> Completion:
        """A whole answer. Raises CallFailed (502)."""
        usage = as_object(body.get("usageMetadata"))
        optional = cast("JsonObject", request.notes["optional_params"])
        response = _guarded(
            lambda: self._config.transform_google_generate_content_to_openai_model_response(
                completion_response={**body, "usageMetadata": usage},
                model_response=ModelResponse(),
                model="",
                logging_obj=_silent(optional),
                raw_response=httpx.Response(200),
            ),
            self._unreadable,
        )
        found = choices(response.choices)
        if not found:
            raise self._unreadable
        return Completion(found, response.model, self.usage(body) if usage else None)

    def stream(self, request: ProviderRequest) -> StreamTranslator:
        """A translator for one stream."""
        optional = cast("JsonObject", request.notes["optional_params"])
        iterator = GeminiIterator(
            streaming_response=None, sync_stream=False, logging_obj=_silent(optional)
        )
        return _GeminiStream(iterator, self._unreadable)

    def usage(self, told: JsonObject) -> JsonObject:
        """OpenAI's usage, from a chunk with `usageMetadata`. Raises CallFailed (502)."""
        return _guarded(
            lambda: usage_object(
                self._config.calculate_usage(
                    completion_response=told  # pyright: ignore[reportArgumentType]
                )
            ),
            self._unreadable,
        )


class VertexTranslator(GeminiTranslator):
    """Translates for Gemini on Vertex AI, which differs in its sign-in alone."""

    def request(self, envelope: Envelope) -> ProviderRequest:
        """Gemini's request with a bearer token. Raises CallFailed (400)."""
        request = super().request(envelope)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {envelope.api_key}",
        }
        return ProviderRequest(headers, request.body, request.dropped, request.notes)


class _GeminiStream:
    def __init__(self, iterator: GeminiIterator, unreadable: CallFailed) -> None:
        self._iterator = iterator
        self._unreadable = unreadable

    def deltas(self, event: JsonObject) -> list[Delta]:
        plain = {name: value for name, value in event.items() if name != "usageMetadata"}
        chunk = _guarded(lambda: self._iterator.chunk_parser(chunk=plain), self._unreadable)
        if chunk is None:
            return []
        # LiteLLM says `stop` on every chunk: only Gemini's own finishReason is an end.
        blocked = "blockReason" in as_object(event.get("promptFeedback"))
        candidates = cast("list[object]", event.get("candidates") or [])
        ended = {
            as_object(candidate).get("index", at)
            for at, candidate in enumerate(candidates)
            if as_object(candidate).get("finishReason")
        }
        found: list[Delta] = []
        for choice in chunk.choices:
            ends = blocked or choice.index in ended
            if (delta := message_fields(choice.delta, streamed=True)) or ends:
                found.append(Delta(delta, choice.finish_reason if ends else None, choice.index))
        return found
