"""What ends a call before its end: a client that leaves, a limit that runs out."""

import asyncio
import time

import pytest

from fixtures.adaptor_process import AdaptorProcess, Asks
from fixtures.scripted_provider import ScriptedProvider

BOTH = pytest.mark.parametrize("provider", ["anthropic", "gemini"])
ALL = pytest.mark.parametrize("provider", ["anthropic", "gemini", "deepseek"])
STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@STREAMED
@ALL
async def test_silence_ends_with_the_first_token_timeout(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, ask: Asks, provider: str, stream: bool
) -> None:
    # The first call of a lane loads what it needs; the limit is meant for the provider's silence.
    assert (await adaptor.call(ask(provider, "ok", stream=stream))).status == 200
    scripted.clear()
    envelope = ask(provider, "silent", stream=stream, first_token_timeout_s=1.0)
    answered = await adaptor.call(envelope)
    assert answered.status == 504
    assert answered.error["kind"] == "timeout"
    assert await scripted.wait_for_abort("silent")


@BOTH
async def test_timeout_of_the_first_token_does_not_bound_the_rest(
    adaptor: AdaptorProcess, ask: Asks, provider: str
) -> None:
    envelope = ask(provider, "chunks:8+slow:250", stream=True, first_token_timeout_s=1.5)
    assert (await adaptor.call(envelope)).done


@ALL
@pytest.mark.parametrize("script", ["chunks:2000+slow:5", "stall:7", "silent", "gate"])
async def test_client_that_leaves_ends_the_upstream_call(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, ask: Asks, provider: str, script: str
) -> None:
    scripted.clear()
    scripted.shut()

    async def read() -> None:
        async with adaptor.open(ask(provider, script, stream=True)) as response:
            await response.read()

    reading = asyncio.create_task(read())
    call = await scripted.wait_for_call(script)
    if script not in ("silent", "gate"):
        assert await call.wait_chunks(7)
    reading.cancel()
    left_at = time.monotonic()
    assert await call.wait_aborted(1.0)
    assert call.ended_at is not None
    assert call.ended_at - left_at < 1.0


@ALL
async def test_client_that_leaves_a_whole_answer_ends_the_upstream_call(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, ask: Asks, provider: str
) -> None:
    scripted.clear()
    reading = asyncio.create_task(adaptor.call(ask(provider, "stall:2")))
    call = await scripted.wait_for_call("stall:2")
    reading.cancel()
    assert await call.wait_aborted(1.0)


@BOTH
async def test_fifty_clients_that_leave_at_once_leave_nothing_open(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, ask: Asks, provider: str
) -> None:
    scripted.clear()
    envelope = ask(provider, "stall:1", stream=True)
    reading = [asyncio.create_task(adaptor.call(envelope)) for _ in range(50)]
    await scripted.wait_for_call("stall:1", count=50)
    for task in reading:
        task.cancel()
    ended = await asyncio.gather(*(call.wait_aborted(1.0) for call in scripted.calls))
    assert ended == [True] * 50


@STREAMED
@BOTH
async def test_connection_to_the_provider_is_used_again(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, ask: Asks, provider: str, stream: bool
) -> None:
    await adaptor.call(ask(provider, "ok", stream=stream))
    before = set(scripted.connections)
    for _ in range(5):
        await adaptor.call(ask(provider, "ok", stream=stream))
    assert set(scripted.connections) == before
