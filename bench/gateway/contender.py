"""What is measured: something that listens on a port and answers calls."""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

from bench.gateway.calls import LAST_WORD, Call, Cell
from bench.gateway.errors import BenchFailed
from bench.gateway.processes import PinnedProcess

Name = Literal["direct", "promptops", "litellm_proxy", "portkey"]
_START_LIMIT_S = 90.0
_ASK_EVERY_S = 0.01


@dataclass(frozen=True, slots=True)
class Contender:
    """A running contender. `stores` are the processes in which it keeps its data."""

    name: Name
    make_call: Callable[[Cell], Call]
    process: PinnedProcess | None = None
    stores: Collection[int] = field(default_factory=frozenset[int])


async def wait_first_answer(process: PinnedProcess, call: Call) -> float:
    """The seconds until the call is answered as it should be, asked again and again.

    Raises BenchFailed where the process ends, or its time does.
    """
    began = time.monotonic()
    while time.monotonic() - began < _START_LIMIT_S:
        if process.has_ended:
            raise BenchFailed(f"{process.log.stem} ended: {process.last_lines()}")
        if await _is_answered(call):
            return time.monotonic() - began
        await asyncio.sleep(_ASK_EVERY_S)
    raise BenchFailed(f"{process.log.stem} does not answer: {process.last_lines()}")


async def _is_answered(call: Call) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", call.port)
    except OSError:
        return False
    try:
        async with asyncio.timeout(_START_LIMIT_S):
            writer.write(call.request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                return False
            await reader.readuntil(LAST_WORD)
            return True
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    finally:
        writer.close()
