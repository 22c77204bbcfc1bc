"""Gemini on Google's Vertex AI: Gemini's protocol at another address, with a token for a key.

https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference.
"""

import dataclasses
import re
import time

import aiohttp
import orjson

from promptops_server.core.addresses import AddressRefused
from promptops_server.core.http import OutboundClient
from promptops_server.providers.kinds import base_url_of
from promptops_server.providers.service_account import TOKEN_URL, read_service_account
from promptops_server.providers.translation.envelope import Envelope
from promptops_server.providers.translation.failures import (
    CallFailed,
    as_object,
    broken_answer,
    from_status,
    from_transport,
    invalid_request,
)
from promptops_server.providers.translation.gemini import GeminiReader
from promptops_server.providers.translation.port import Answer, Lane, ProviderRequest, Translator
from promptops_server.providers.types import ProviderKind

_NAME = "vertex_ai"
_MODEL = re.compile(r"[a-z0-9][a-z0-9.@_-]{0,127}")
_TOKEN_BYTES = 16 * 1024
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class VertexWire:
    """How Gemini on Vertex AI is spoken to."""

    default_base_url = ""

    def url(self, base_url: str, envelope: Envelope) -> str:
        """The address of a call, from the fields of the credentials alone."""
        del base_url  # A Vertex provider has none: its host follows from its location.
        if not _MODEL.fullmatch(envelope.model):
            raise invalid_request("This is not the name of a Gemini model.")
        fields = envelope.fields
        host = base_url_of(ProviderKind.VERTEX_AI, None, fields)
        place = f"projects/{fields['vertex_project']}/locations/{fields['vertex_location']}"
        verb = "streamGenerateContent" if envelope.stream else "generateContent"
        return f"{host}/v1/{place}/publishers/google/models/{envelope.model}:{verb}"

    def reader(self, translator: Translator, request: ProviderRequest) -> GeminiReader:
        """A reader for one stream."""
        return GeminiReader(translator.stream(request))


class VertexLane:
    """Signs in with the service account of each call, then calls as Gemini's lane does."""

    def __init__(self, client: OutboundClient, inner: Lane, *, token_url: str = TOKEN_URL) -> None:
        """Takes the lane that sends a translated request with a token as its key."""
        self._client = client
        self._inner = inner
        self._token_url = token_url

    async def answer(self, envelope: Envelope) -> Answer:
        """The answer, once its first piece has come. Raises CallFailed before that."""
        token = await self._token(envelope.fields["vertex_credentials"])
        return await self._inner.answer(dataclasses.replace(envelope, api_key=token))

    async def _token(self, key_file: str) -> str:
        """A token for an hour; asked for with each call, since the adaptor keeps no key."""
        account = read_service_account(key_file)
        assertion = account.assertion(int(time.time()))
        body = orjson.dumps({"grant_type": _GRANT, "assertion": assertion})
        headers = {"Content-Type": "application/json"}
        try:
            response = await self._client.send("POST", self._token_url, headers=headers, body=body)
            try:
                told = await response.content.read(_TOKEN_BYTES)
            finally:
                response.close()
        except (aiohttp.ClientError, TimeoutError, AddressRefused, OSError) as error:
            raise from_transport(_NAME, error) from None
        if response.status != 200:
            raise _refused(response.status, response)
        try:
            token = as_object(orjson.loads(told)).get("access_token")
        except orjson.JSONDecodeError:
            token = None
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]{1,4096}", token):
            raise broken_answer(_NAME, "the answer to the sign-in cannot be read")
        return token


def _refused(status: int, response: aiohttp.ClientResponse) -> CallFailed:
    # Google answers 400 `invalid_grant` for a key that it does not know.
    shown = 401 if status == 400 else status
    return from_status(_NAME, shown, response.headers, b"")
