"""What the adaptor is asked: one call to one model, in an envelope that says of whom and where."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import orjson

from promptops_server.core.addresses import AddressRefused, endpoint_of
from promptops_server.providers.kinds import FieldRefused, check_base_url, check_credentials
from promptops_server.providers.translation.failures import as_object, invalid_request
from promptops_server.providers.types import ProviderKind

JsonObject = dict[str, object]

# OpenAI's parameters, and the two of other providers that have no OpenAI name. Whatever else a
# request holds is dropped and named: LiteLLM reads addresses, keys and headers from such names.
_PARAMS = frozenset(
    (
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "stop",
        "n",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "user",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "reasoning_effort",
        "modalities",
        "service_tier",
        "web_search_options",
        "thinking",
        "top_k",
    )
)
_HANDLED = frozenset(("model", "messages", "stream", "stream_options"))
_MESSAGE_FIELDS = frozenset(
    (
        "role",
        "content",
        "name",
        "tool_calls",
        "tool_call_id",
        "refusal",
        "reasoning_content",
        "thinking_blocks",
        "cache_control",
        "prefix",
    )
)
_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# No space, control character, `?`, `#`, `%`, `..` or `//`: the name becomes a part of a URL.
_MODEL = re.compile(r"(?!.*(?:\.\.|//))[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,255}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# A key becomes a header's value (RFC 9110, section 5.5): visible ASCII only. LiteLLM would read
# `os.environ/NAME` as the name of a variable of this process.
_KEY = re.compile(r"(?!os\.environ/)[!-~]{1,4096}")
# The kinds whose host follows from fields of their own.
_BY_FIELDS = {
    kind.value: kind for kind in (ProviderKind.AZURE, ProviderKind.BEDROCK, ProviderKind.VERTEX_AI)
}
_DATA_URL = re.compile(r"data:[a-z0-9.+-]+/[a-z0-9.+-]+;base64,[a-z0-9+/_=-]+", re.IGNORECASE)
_HTTPS_URL = re.compile(r"https://[!-~]{1,4096}")
_ADDRESS = re.compile(r"://|^\s*(?:https?|gs|s3|ftp|file):", re.IGNORECASE)
# Who takes an image by its address and fetches it itself; LiteLLM passes the address on unread.
_FETCHES_IMAGES = frozenset(("anthropic",))


@dataclass(frozen=True, slots=True)
class Envelope:
    """One call. `params` are OpenAI's, without nulls; `dropped` names what no provider is given.

    `api_key` is empty for a provider that has none; `fields` holds what such a one has instead.
    """

    provider: str
    base_url: str | None
    api_key: str = field(repr=False)
    first_token_timeout_s: float | None
    model: str
    stream: bool
    messages: list[JsonObject] = field(repr=False)
    params: JsonObject = field(repr=False)
    dropped: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


def read_envelope(body: bytes) -> Envelope:
    """The call that a request body asks for.

    Raises CallFailed (400) with a sentence that names the field, never its value.
    """
    try:
        document = as_object(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise invalid_request("The body is not valid JSON.") from None
    request = as_object(document.get("request"))
    wanted = {name: value for name, value in request.items() if value is not None}
    provider = _text(document, "provider", _PROVIDER)
    base_url = _base_url(document.get("base_url"))
    credentials = as_object(document.get("credentials"))
    kind = _BY_FIELDS.get(provider)
    fields = {} if kind is None else _fields(kind, base_url, credentials)
    return Envelope(
        provider=provider,
        base_url=base_url,
        api_key=_text(credentials, "api_key", _KEY) if kind is None else fields.get("api_key", ""),
        first_token_timeout_s=_seconds(document.get("first_token_timeout_s")),
        model=_text(request, "model", _MODEL),
        stream=request.get("stream") is True,
        messages=_messages(request.get("messages"), provider),
        params={name: value for name, value in wanted.items() if name in _PARAMS},
        dropped=tuple(
            name for name in wanted if name not in _PARAMS | _HANDLED and _NAME.fullmatch(name)
        ),
        fields=fields,
    )


def _fields(kind: ProviderKind, base_url: str | None, credentials: JsonObject) -> dict[str, str]:
    """The credentials of a kind whose host follows from them, checked once more."""
    fields = {name: value for name, value in credentials.items() if isinstance(value, str)}
    try:
        check_base_url(kind, base_url)
        check_credentials(kind, fields)
    except FieldRefused as refused:
        raise invalid_request(refused.message) from None
    return fields


def _text(holder: JsonObject, name: str, pattern: re.Pattern[str]) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise invalid_request(f"The field {name!r} is missing or is not what it must be.")
    return value


def _base_url(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise invalid_request("The field 'base_url' must be a URL or null.")
    try:
        endpoint_of(value)
    except AddressRefused as refused:
        raise invalid_request(refused.detail) from None
    return value.rstrip("/")


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86400:
        raise invalid_request("The field 'first_token_timeout_s' must be seconds up to a day.")
    return float(value)


def _messages(value: object, provider: str) -> list[JsonObject]:
    if not isinstance(value, list) or not value:
        raise invalid_request("The field 'messages' must be a list of messages.")
    messages: list[JsonObject] = []
    for item in cast("list[object]", value):
        message = as_object(item)
        if not isinstance(message.get("role"), str):
            raise invalid_request("Each message must be an object with a role.")
        content = message.get("content")
        for part in cast("list[object]", content) if isinstance(content, list) else []:
            _refuse_what_would_be_fetched(part, provider)
        messages.append({name: part for name, part in message.items() if name in _MESSAGE_FIELDS})
    return messages


def _refuse_what_would_be_fetched(part: object, provider: str) -> None:
    """Refuses an image or a file that is given by its address, unless the provider takes it so.

    LiteLLM would fetch it, with a client of its own that checks no address.
    """
    fields = as_object(part)
    if not fields:
        raise invalid_request("Each part of a message's content must be an object.")
    if fields.get("type") in ("text", "thinking", "redacted_thinking"):
        return
    if fields.get("type") == "image_url":
        told = fields.get("image_url")
        # Some write the address in place of the object that holds it.
        image = {"url": told} if isinstance(told, str) else as_object(told)
        url = image.get("url")
        if not isinstance(url, str) or not _is_taken(url, provider):
            raise invalid_request(
                f"{provider} takes an image as a data: URL (data:image/png;base64,...), not by an "
                "address: nothing is fetched on its behalf."
            )
        fields = {name: value for name, value in image.items() if name != "url"}
    if _names_an_address(fields):
        raise invalid_request("Images and files must be given as data: URLs, not by an address.")


def _is_taken(url: str, provider: str) -> bool:
    if _DATA_URL.fullmatch(url):
        return True
    return provider in _FETCHES_IMAGES and _HTTPS_URL.fullmatch(url) is not None


def _names_an_address(value: object) -> bool:
    if isinstance(value, str):
        return _ADDRESS.search(value) is not None and not _DATA_URL.fullmatch(value)
    if isinstance(value, dict):
        return any(_names_an_address(item) for item in cast("JsonObject", value).values())
    if isinstance(value, list):
        return any(_names_an_address(item) for item in cast("list[object]", value))
    return False
