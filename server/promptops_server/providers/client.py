"""The port to models: one call to one model, through either lane.

The run path speaks one protocol (providers/wire.py). The direct lane sends it to the provider, the
adaptor lane to the model adaptor, a process of ours in which LiteLLM translates.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Protocol, cast

import aiohttp
import orjson

from promptops_server.core.errors import AppError
from promptops_server.core.http import OutboundClient
from promptops_server.core.secrets import MasterKey
from promptops_server.core.sidecars import SidecarAddress, Sidecars, SidecarUnavailable
from promptops_server.providers import wire
from promptops_server.providers.errors import (
    ProviderNotConfigured,
    RequestUnsupported,
    broken_answer,
    timed_out,
    upstream_failure,
)
from promptops_server.providers.translation.failures import retry_after_s
from promptops_server.providers.types import (
    DEFAULT_BASE_URLS,
    ChatDelta,
    ModelTarget,
    ProviderKind,
    ProviderTarget,
    lane_of,
)

_ERROR_BODY_BYTES = 64 * 1024
_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_END_S = 0.1


class Timeouts:
    """How long a call may take: to connect, to a first token, between tokens, in all (seconds)."""

    def __init__(
        self, *, connect_s: float, first_token_s: float, idle_s: float, deadline_s: float
    ) -> None:
        """Keeps the limits."""
        self.connect_s = connect_s
        self.first_token_s = first_token_s
        self.idle_s = idle_s
        self.deadline_s = deadline_s


class ChatCall(Protocol):
    """A call whose answer has begun: the provider accepted it."""

    def deltas(self) -> AsyncGenerator[ChatDelta]:
        """The answer piece by piece. Raises AppError where it breaks."""
        ...

    async def close(self) -> None:
        """Closes the connection to the upstream at once, whatever it was doing."""
        ...


class ModelClient:
    """Calls models; one instance a process."""

    def __init__(
        self,
        *,
        outbound: OutboundClient,
        sidecars: Sidecars,
        master_key: MasterKey,
        timeouts: Timeouts,
        local_model_url: str | None,
    ) -> None:
        """Opens nothing yet."""
        self._outbound = outbound
        self._sidecars = sidecars
        self._master_key = master_key
        self._timeouts = timeouts
        self._local_model_url = local_model_url
        self._adaptor: tuple[str, aiohttp.ClientSession] | None = None

    async def start_call(self, target: ModelTarget, body: Mapping[str, object]) -> ChatCall:
        """The call, once the provider has accepted it; `body` is OpenAI's, without the model.

        Raises AppError: of providers/errors.py, AddressRefused, SecretsUnavailable or
        SidecarUnavailable.
        """
        stream = bool(body.get("stream"))
        # A whole answer comes when it is ready: only the deadline bounds it.
        limit = self._timeouts.first_token_s if stream else self._timeouts.deadline_s
        what = "no first token" if stream else "no answer"
        provider = target.provider
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(limit):
                response = await self._send(target, body)
                if response.status != 200:
                    raise await _failure(provider, response)
        except TimeoutError:
            raise timed_out(provider.name, what, limit) from None
        except aiohttp.ClientError as error:
            sentence = f"the connection failed ({type(error).__name__})"
            raise broken_answer(provider.name, sentence) from None
        return _HttpCall(
            response,
            provider.name,
            stream=stream,
            first_limit=(what, limit, limit - (loop.time() - began)),
            idle_s=self._timeouts.idle_s,
        )

    async def _send(
        self, target: ModelTarget, body: Mapping[str, object]
    ) -> aiohttp.ClientResponse:
        provider = target.provider
        credentials = self._open_credential(provider)
        request = {**body, "model": target.model}
        if lane_of(provider.kind) == "adaptor":
            envelope = {
                "provider": provider.kind.value,
                "base_url": provider.base_url,
                "credentials": credentials,
                "request": request,
            }
            return await self._send_to_adaptor(orjson.dumps(envelope))
        headers = {"Content-Type": "application/json"}
        if key := credentials.get("api_key"):
            headers["Authorization"] = f"Bearer {key}"
        if provider.kind is ProviderKind.LOCAL:
            # llama.cpp's server sometimes drops a connection that is used again.
            headers["Connection"] = "close"
        url = f"{self._base_url(provider).rstrip('/')}/chat/completions"
        return await self._outbound.send("POST", url, headers=headers, body=orjson.dumps(request))

    def _base_url(self, provider: ProviderTarget) -> str:
        url = provider.base_url or DEFAULT_BASE_URLS.get(provider.kind)
        if provider.kind is ProviderKind.LOCAL:
            url = self._local_model_url
        if url is None:
            raise ProviderNotConfigured(
                f"The provider {provider.name!r} has no address: this server runs no local model."
            )
        return url

    def _open_credential(self, provider: ProviderTarget) -> dict[str, str]:
        stored = provider.credential
        if stored is None:
            return {}
        opened = self._master_key.open(stored.sealed, stored.identity)
        return cast("dict[str, str]", orjson.loads(opened))

    async def _send_to_adaptor(self, body: bytes) -> aiohttp.ClientResponse:
        try:
            return await self._post_to_adaptor(await self._sidecars.ensure("adaptor"), body)
        except aiohttp.ClientConnectorError:
            # It died since it was last asked for: whoever starts it is asked again.
            self._sidecars.forget("adaptor")
            await self._close_adaptor()
        try:
            return await self._post_to_adaptor(await self._sidecars.ensure("adaptor"), body)
        except aiohttp.ClientConnectorError:
            raise SidecarUnavailable("The model adaptor does not answer.") from None

    async def _post_to_adaptor(
        self, address: SidecarAddress, body: bytes
    ) -> aiohttp.ClientResponse:
        session = await self._adaptor_session(address.url)
        base = "http://adaptor" if address.url.startswith("unix:") else address.url.rstrip("/")
        headers = {"Content-Type": "application/json"}
        if address.token:
            headers["Authorization"] = f"Bearer {address.token}"
        return await session.post(f"{base}/v1/chat/completions", data=body, headers=headers)

    async def _adaptor_session(self, url: str) -> aiohttp.ClientSession:
        if self._adaptor is not None and self._adaptor[0] != url:
            await self._close_adaptor()
        if self._adaptor is None:
            connector = (
                aiohttp.UnixConnector(url.removeprefix("unix:"), limit=1000)
                if url.startswith("unix:")
                else aiohttp.TCPConnector(limit=1000)
            )
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect_s)
            self._adaptor = url, aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self._adaptor[1]

    async def _close_adaptor(self) -> None:
        if self._adaptor is not None:
            (_, session), self._adaptor = self._adaptor, None
            await session.close()

    async def close(self) -> None:
        """Closes every connection."""
        await self._close_adaptor()
        await self._outbound.close()


async def _failure(provider: ProviderTarget, response: aiohttp.ClientResponse) -> AppError:
    """The error that a response other than 200 stands for; its connection is closed."""
    try:
        body = await response.content.read(_ERROR_BODY_BYTES)
    finally:
        response.close()
    error = wire.error_object(body)
    if lane_of(provider.kind) == "adaptor" and (reason := wire.adaptor_refusal(error)):
        return RequestUnsupported(reason, facts={"provider": provider.name})
    status, after = response.status, retry_after_s(response.headers)
    # The adaptor tells what its upstream answered; a direct upstream's status is its own, and what
    # its body says of another is nothing that it could know.
    if lane_of(provider.kind) == "adaptor":
        told, asked = error.get("upstream_status"), error.get("retry_after_s")
        status = told if isinstance(told, int) else status
        after = asked if isinstance(asked, int) else after
    retry_after = None if after is None else str(after)
    return upstream_failure(provider.name, status, wire.failure_kind(error), retry_after)


class _HttpCall:
    """A call over HTTP, by either lane."""

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        provider: str,
        *,
        stream: bool,
        first_limit: tuple[str, float, float],
        idle_s: float,
    ) -> None:
        self._response = response
        self._provider = provider
        self._stream = stream
        self._next_limit = first_limit
        self._idle_s = idle_s

    async def close(self) -> None:
        """Closes the connection at once, unless the answer was read to its end."""
        # Of an answer that was read to its end, the connection is already back in the pool.
        self._response.close()

    async def deltas(self) -> AsyncGenerator[ChatDelta]:
        """The answer piece by piece. Raises AppError where it breaks."""
        try:
            if not self._stream:
                yield wire.read_completion(await self._read_whole())
                return
            reader = wire.LineReader()
            # The limit holds for reading only: whoever takes the pieces may be slow.
            while chunk := await self._read():
                for data in reader.feed(chunk):
                    if data == b"[DONE]":
                        await self._finish()
                        return
                    yield wire.read_chunk(data)
            raise broken_answer(self._provider, "the answer broke off")
        except wire.WireError as error:
            raise broken_answer(self._provider, str(error)) from None
        except wire.UpstreamFailed as failed:
            status = failed.error.get("upstream_status")
            known = status if isinstance(status, int) else 502
            kind = wire.failure_kind(failed.error)
            raise upstream_failure(self._provider, known, kind, None) from None
        except aiohttp.ClientError:
            raise broken_answer(self._provider, "the answer broke off") from None

    async def _read(self) -> bytes:
        """The next bytes of a stream, empty at the end. Raises ProviderTimeout."""
        what, limit, left = self._next_limit
        try:
            async with asyncio.timeout(max(left, 0.001)):
                chunk = await self._response.content.readany()
        except TimeoutError:
            raise timed_out(self._provider, what, limit) from None
        self._next_limit = ("nothing new", self._idle_s, self._idle_s)
        return chunk

    async def _finish(self) -> None:
        """Reads past the end, so that the connection can be used again; an upstream may dawdle."""
        with contextlib.suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(_END_S):
                while await self._response.content.readany():
                    pass

    async def _read_whole(self) -> bytes:
        what, limit, left = self._next_limit
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(max(left, 0.001)):
                while chunk := await self._response.content.readany():
                    size += len(chunk)
                    if size > _MAX_ANSWER_BYTES:
                        raise wire.WireError("the answer is too long")
                    chunks.append(chunk)
        except TimeoutError:
            raise timed_out(self._provider, what, limit) from None
        return b"".join(chunks)
