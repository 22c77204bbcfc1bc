"""LiteLLM's own calls, for the providers whose protocol is not translated here.

Beside litellm_bridge the only file that touches LiteLLM, and imported by the adaptor process alone.
"""

# LiteLLM's functions take and return bare dicts; what leaves this file is checked or cast.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import copy
import logging
from collections.abc import AsyncGenerator, Mapping
from typing import cast

import litellm
from litellm.exceptions import (
    APIConnectionError,
    ContentPolicyViolationError,
    ContextWindowExceededError,
    InternalServerError,
    Timeout,
)
from litellm.llms.bedrock.base_aws_llm import BaseAWSLLM
from litellm.types.utils import ModelResponse
from multidict import CIMultiDict

from promptops_server.providers.kinds import base_url_of
from promptops_server.providers.translation.envelope import Envelope
from promptops_server.providers.translation.failures import (
    CallFailed,
    broken_answer,
    broken_off,
    from_status,
    timed_out,
)
from promptops_server.providers.translation.port import Completion, Delta, JsonObject
from promptops_server.providers.translation.shapes import choices, message_fields, usage_object
from promptops_server.providers.types import ProviderKind

_log = logging.getLogger("promptops.adaptor")


def _failure(provider: str, error: Exception) -> CallFailed:
    """The failure that one of LiteLLM's exceptions stands for."""
    if isinstance(error, Timeout | TimeoutError):
        return timed_out(provider, "no answer came")
    headers: object = getattr(error, "litellm_response_headers", None)
    status: object = getattr(error, "status_code", None)
    if isinstance(error, APIConnectionError | InternalServerError) and headers is None:
        # LiteLLM invents a status where there was no answer that could have had one.
        return broken_off(provider)
    if not isinstance(status, int) or status < 400:
        _log.warning("LiteLLM failed: %s", type(error).__name__)
        return broken_answer(provider, "the answer cannot be read")
    text = str(error).encode(errors="replace")
    if isinstance(error, ContextWindowExceededError):
        text = b"context_length_exceeded"
    elif isinstance(error, ContentPolicyViolationError):
        text = b"content_filter"
    told = CIMultiDict(cast("Mapping[str, str]", headers or {}))
    return from_status(provider, status, told, text)


def _forget(api_key: str) -> None:
    """Drops the SDK clients that LiteLLM keeps for ten minutes, keys and all.

    LiteLLM closes a dropped client itself, once no call uses it any more.
    """
    cache = litellm.in_memory_llm_clients_cache
    for name, client in list(cache.cache_dict.items()):
        if getattr(client, "api_key", None) == api_key:
            cache.delete_cache(name)


def _credentials(envelope: Envelope) -> JsonObject:
    """What LiteLLM signs a call with, and the host where it follows from the fields."""
    if envelope.provider == ProviderKind.AZURE:
        return {**envelope.fields, "api_base": envelope.base_url}
    if envelope.provider == ProviderKind.BEDROCK:
        host = base_url_of(ProviderKind.BEDROCK, None, envelope.fields)
        return {**envelope.fields, "aws_bedrock_runtime_endpoint": host}
    return {"api_key": envelope.api_key}


def _tells_usage(stream: litellm.CustomStreamWrapper) -> bool:
    """Whether the provider told its usage; else what LiteLLM says is a guess."""
    return any(getattr(chunk, "usage", None) is not None for chunk in stream.chunks)


class LongTail:
    """Calls of LiteLLM's own, with its own HTTP client and its own hosts."""

    def dropped(self, envelope: Envelope) -> tuple[str, ...]:
        """The parameters that this provider cannot take, as LiteLLM knows it."""
        supported = litellm.get_supported_openai_params(
            model=envelope.model, custom_llm_provider=envelope.provider
        )
        names = set(supported or ()) if supported is not None else set(envelope.params)
        return (*envelope.dropped, *(name for name in envelope.params if name not in names))

    async def complete(self, envelope: Envelope) -> Completion:
        """A whole answer. Raises CallFailed."""
        try:
            response = await self._call(envelope)
        except Exception as error:  # noqa: BLE001 - Whatever it is, it quotes the request.
            raise _failure(envelope.provider, error) from None
        answer = cast("ModelResponse", response)
        usage: object = getattr(answer, "usage", None)
        told = usage_object(usage) if usage is not None else {}
        # LiteLLM fills in zeros where the provider told nothing.
        return Completion(
            choices(answer.choices), answer.model, told if told.get("total_tokens") else None
        )

    async def stream(self, envelope: Envelope) -> AsyncGenerator[Delta | JsonObject]:
        """The pieces of an answer, and its usage as an object. Raises CallFailed."""
        try:
            response = cast("litellm.CustomStreamWrapper", await self._call(envelope))
            try:
                async for chunk in response:
                    for choice in chunk.choices:
                        delta = message_fields(choice.delta, streamed=True)
                        if delta or choice.finish_reason:
                            yield Delta(delta, choice.finish_reason, choice.index)
                    if (usage := getattr(chunk, "usage", None)) and _tells_usage(response):
                        yield usage_object(usage)
            finally:
                await response.aclose()
        except Exception as error:  # noqa: BLE001 - Whatever it is, it quotes the request.
            raise _failure(envelope.provider, error) from None

    async def _call(self, envelope: Envelope) -> object:
        try:
            return await self._complete(envelope)
        finally:
            _forget(envelope.api_key)
            if envelope.provider == ProviderKind.BEDROCK:
                # LiteLLM keeps what it signs with for an hour.
                BaseAWSLLM().iam_cache.flush_cache()

    async def _complete(self, envelope: Envelope) -> object:
        streamed: JsonObject = {"stream": True, "stream_options": {"include_usage": True}}
        return await litellm.acompletion(  # pyright: ignore[reportCallIssue]
            model=f"{envelope.provider}/{envelope.model}",
            messages=copy.deepcopy(envelope.messages),
            **_credentials(envelope),  # pyright: ignore[reportArgumentType]
            drop_params=True,
            # Else a call with tools imports LiteLLM's proxy, which needs packages of its own.
            _skip_mcp_handler=True,
            max_retries=0,
            num_retries=0,
            timeout=600.0,
            **copy.deepcopy(envelope.params),  # pyright: ignore[reportArgumentType]
            **(streamed if envelope.stream else {}),  # pyright: ignore[reportArgumentType]
        )
