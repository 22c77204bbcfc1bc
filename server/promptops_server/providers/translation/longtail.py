"""The way to every other provider: LiteLLM's own call, to the host that LiteLLM knows."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Protocol

from promptops_server.providers.translation.chunks import (
    DONE,
    ChunkWriter,
    completion_body,
    failure_event,
)
from promptops_server.providers.translation.envelope import Envelope
from promptops_server.providers.translation.failures import (
    CallFailed,
    broken_off,
    invalid_request,
    timed_out,
)
from promptops_server.providers.translation.port import Answer, Completion, Delta, JsonObject
from promptops_server.providers.types import LONG_TAIL, ProviderKind

_BY_FIELDS = frozenset({ProviderKind.AZURE, ProviderKind.BEDROCK})


class LongTailCalls(Protocol):
    """What the lane needs of LiteLLM."""

    def dropped(self, envelope: Envelope) -> tuple[str, ...]:
        """The parameters that this provider cannot take."""
        ...

    async def complete(self, envelope: Envelope) -> Completion:
        """A whole answer. Raises CallFailed."""
        ...

    def stream(self, envelope: Envelope) -> AsyncGenerator[Delta | JsonObject]:
        """The pieces of an answer, and its usage as an object. Raises CallFailed."""
        ...


class LongTailLane:
    """Calls through LiteLLM; holds nothing of a call."""

    def __init__(self, calls: LongTailCalls) -> None:
        """Takes LiteLLM's side."""
        self._calls = calls

    async def answer(self, envelope: Envelope) -> Answer:
        """The answer, once its first piece has come. Raises CallFailed before that."""
        if envelope.provider not in LONG_TAIL | _BY_FIELDS:
            raise invalid_request("This provider is not one that the adaptor speaks to.")
        if envelope.base_url is not None and envelope.provider in LONG_TAIL:
            raise invalid_request("Only anthropic, gemini and azure take a base URL.")
        if envelope.provider == ProviderKind.BEDROCK and "/" in envelope.model:
            # LiteLLM reads a region, an ARN or another of Amazon's services from what precedes it.
            raise invalid_request("This is not the name of a Bedrock model.")
        dropped = self._calls.dropped(envelope)
        try:
            async with asyncio.timeout(envelope.first_token_timeout_s):
                if not envelope.stream:
                    completion = await self._calls.complete(envelope)
                    return Answer(dropped, body=completion_body(completion, envelope.model))
                pieces = self._calls.stream(envelope)
                try:
                    first = await anext(pieces)
                except BaseException:
                    await pieces.aclose()
                    raise
        except TimeoutError:
            raise timed_out(envelope.provider, "the first token did not come") from None
        except StopAsyncIteration:
            raise broken_off(envelope.provider) from None
        return Answer(dropped, events=_events(first, pieces, envelope))


async def _events(
    first: Delta | JsonObject, pieces: AsyncGenerator[Delta | JsonObject], envelope: Envelope
) -> AsyncGenerator[bytes]:
    """The events of a stream up to [DONE], or up to the failure that ended it."""
    writer = ChunkWriter(envelope.model)
    usage: JsonObject | None = None
    ended = False
    try:
        piece: Delta | JsonObject | None = first
        while piece is not None:
            if isinstance(piece, Delta):
                ended = ended or piece.finish_reason is not None
                yield writer.delta(piece)
            else:
                usage = piece
            piece = await anext(pieces, None)
        if not ended:
            raise broken_off(envelope.provider)
        if usage is not None:
            yield writer.usage(usage)
        yield DONE
    except CallFailed as failure:
        yield failure_event(failure)
    finally:
        await pieces.aclose()
