"""The way to a provider whose protocol we speak over our own HTTP client: Anthropic and Gemini."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import cast

import aiohttp
import orjson

from promptops_server.core.addresses import AddressRefused
from promptops_server.core.http import OutboundClient
from promptops_server.providers.translation.chunks import (
    DONE,
    ChunkWriter,
    completion_body,
    failure_event,
)
from promptops_server.providers.translation.envelope import Envelope
from promptops_server.providers.translation.failures import (
    CallFailed,
    broken_answer,
    broken_off,
    from_status,
    from_transport,
    timed_out,
)
from promptops_server.providers.translation.frames import (
    ArrayReader,
    FrameReader,
    FrameTooLong,
    SseReader,
)
from promptops_server.providers.translation.port import (
    Answer,
    JsonObject,
    ProviderRequest,
    StreamReader,
    Translator,
    Wire,
)

MAX_ANSWER_BYTES = 32 * 1024 * 1024
_ERROR_BODY_BYTES = 64 * 1024
# After the provider said that the answer is complete, the end of its HTTP body is waited for this
# long, so that the connection can be used again.
_AFTER_END_S = 1.0


class WireLane:
    """Sends translated requests to one provider; holds nothing of a call."""

    def __init__(self, client: OutboundClient, wire: Wire, translator: Translator) -> None:
        """Takes the client, and what is this provider's own."""
        self._client = client
        self._wire = wire
        self._translator = translator

    async def answer(self, envelope: Envelope) -> Answer:
        """The answer, once its first piece has come. Raises CallFailed before that.

        The first piece of a stream is the first that carries text, a tool call or an end: until
        then nothing has reached the caller, so that a failure is a status and not an event.
        """
        request = self._translator.request(envelope)
        url = self._wire.url(envelope.base_url or self._wire.default_base_url, envelope)
        call = _Call(envelope, request)
        try:
            await call.open(self._client, url)
            if not envelope.stream:
                body = await call.read_whole()
                completion = self._translator.completion(request, body)
                return Answer(request.dropped, body=completion_body(completion, envelope.model))
            events = self._events(call, self._wire.reader(self._translator, request))
            first = await anext(events)
        except BaseException:
            # Whatever it was, a cancellation above all: the provider must not go on for nobody.
            call.close()
            raise
        return Answer(request.dropped, events=_after(first, events, call))

    async def _events(self, call: "_Call", reader: StreamReader) -> AsyncGenerator[bytes]:
        """The events of a stream up to [DONE]. Raises CallFailed where it breaks off."""
        writer: ChunkWriter | None = None
        async with contextlib.aclosing(call.documents(reader)) as documents:
            async for event in documents:
                for delta in reader.read(event):
                    writer = writer or ChunkWriter(reader.model or call.envelope.model)
                    call.begun = True
                    yield writer.delta(delta)
        if not reader.ended:
            raise broken_off(call.envelope.provider)
        if reader.usage is not None:
            writer = writer or ChunkWriter(reader.model or call.envelope.model)
            yield writer.usage(self._translator.usage(reader.usage))
        yield DONE


async def _after(
    first: bytes, events: AsyncGenerator[bytes], call: "_Call"
) -> AsyncGenerator[bytes]:
    """The first event and the rest; a failure from here on is a last event."""
    try:
        yield first
        async for event in events:
            yield event
    except CallFailed as failure:
        yield failure_event(failure)
    finally:
        # The connection first, and with nothing awaited before it.
        call.close()
        await events.aclose()


class _Call:
    """One HTTP call: its response, and the limits that hold while it is read."""

    def __init__(self, envelope: Envelope, request: ProviderRequest) -> None:
        self.envelope = envelope
        self.begun = False
        self._request = request
        self._response: aiohttp.ClientResponse | None = None
        limit = envelope.first_token_timeout_s
        self._deadline = None if limit is None else asyncio.get_running_loop().time() + limit

    def close(self) -> None:
        """Closes the connection at once, unless the answer was read to its end."""
        if self._response is not None:
            self._response.close()

    async def open(self, client: OutboundClient, url: str) -> None:
        """Sends the request. Raises CallFailed unless the provider accepts it."""
        body = orjson.dumps(self._request.body)
        try:
            async with asyncio.timeout_at(self._deadline):
                self._response = await client.send(
                    "POST", url, headers=self._request.headers, body=body
                )
                if self._response.status != 200:
                    raise await self._refusal(self._response)
        except (aiohttp.ClientError, TimeoutError, AddressRefused, OSError) as error:
            raise from_transport(self.envelope.provider, error) from None

    async def _refusal(self, response: aiohttp.ClientResponse) -> CallFailed:
        chunks: list[bytes] = []
        size = 0
        while size < _ERROR_BODY_BYTES and (chunk := await response.content.readany()):
            size += len(chunk)
            chunks.append(chunk)
        body = b"".join(chunks)
        return from_status(self.envelope.provider, response.status, response.headers, body)

    async def _read(self) -> bytes:
        """The next bytes, empty at the end. Raises CallFailed."""
        assert self._response is not None, "a call is opened before it is read"  # noqa: S101
        deadline = None if self.begun else self._deadline
        try:
            async with asyncio.timeout_at(deadline):
                return await self._response.content.readany()
        except TimeoutError:
            raise timed_out(self.envelope.provider, "the first token did not come") from None
        except (aiohttp.ClientError, OSError):
            raise broken_off(self.envelope.provider) from None

    async def read_whole(self) -> JsonObject:
        """The JSON object that the body is. Raises CallFailed."""
        chunks: list[bytes] = []
        size = 0
        while chunk := await self._read():
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise broken_answer(self.envelope.provider, "the answer is too long")
            chunks.append(chunk)
        return self._load(b"".join(chunks))

    async def documents(self, reader: StreamReader) -> AsyncGenerator[JsonObject]:
        """The JSON objects of a stream, as they come, until it ends. Raises CallFailed."""
        frames = self._frame_reader()
        while chunk := await self._next(reader):
            try:
                found = frames.feed(chunk)
            except FrameTooLong:
                raise broken_answer(
                    self.envelope.provider, "a line of the answer is too long"
                ) from None
            for frame in found:
                yield self._load(frame)

    async def _next(self, reader: StreamReader) -> bytes:
        """The next bytes; after the end of the answer, what comes soon or nothing."""
        if not reader.ended:
            return await self._read()
        with contextlib.suppress(TimeoutError, CallFailed):
            async with asyncio.timeout(_AFTER_END_S):
                return await self._read()
        return b""

    def _frame_reader(self) -> FrameReader:
        assert self._response is not None, "a call is opened before it is read"  # noqa: S101
        return SseReader() if self._response.content_type == "text/event-stream" else ArrayReader()

    def _load(self, data: bytes) -> JsonObject:
        try:
            # Bytes that are not UTF-8 are refused here as well.
            value: object = orjson.loads(data)
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise broken_answer(self.envelope.provider, "the answer is not valid JSON")
        return cast("JsonObject", value)
