"""Bare `litellm.acompletion` in a loop, in a process of its own: the library without a gateway.

Prints one JSON object: calls a second, p50 and p99 in milliseconds, microseconds of CPU a call.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any

import litellm
import uvloop

from bench.gateway.calls import FIRST_WORD, LAST_WORD
from bench.gateway.prompt import MESSAGES, TEMPERATURE
from bench.gateway.upstream import MODEL

_WARM_S = 1.0


class _Loop:
    """Calls one after the other, in several tasks, until a time."""

    def __init__(self, base_url: str, *, stream: bool) -> None:
        self._base_url = base_url
        self._stream = stream
        self.times: list[float] = []

    async def call(self) -> None:
        """One call, its answer read to the end. Raises RuntimeError where it is not whole."""
        # LiteLLM leaves what it answers half typed.
        answer: Any = await litellm.acompletion(  # pyright: ignore[reportUnknownMemberType]
            model=f"openai/{MODEL}",
            messages=MESSAGES,
            temperature=TEMPERATURE,
            api_base=self._base_url,
            api_key="sk-bench",
            stream=self._stream,
            num_retries=0,
        )
        if self._stream:
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in answer])
        else:
            text = answer.choices[0].message.content
        if FIRST_WORD.decode() not in text or LAST_WORD.decode() not in text:
            raise RuntimeError(f"an answer is not whole: {text!r}")

    async def run(self, concurrency: int, seconds: float) -> None:
        """Calls for so many seconds and keeps the time of each call."""
        until = time.perf_counter() + seconds
        self.times.clear()

        async def one_after_the_other() -> None:
            while (began := time.perf_counter()) < until:
                await self.call()
                self.times.append(time.perf_counter() - began)

        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(one_after_the_other())


async def _measure(loop: _Loop, concurrency: int, seconds: float) -> dict[str, float]:
    await loop.run(concurrency, _WARM_S)
    began, cpu_began = time.perf_counter(), time.process_time()
    await loop.run(concurrency, seconds)
    elapsed, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    times = sorted(loop.times)
    return {
        "rps": round(len(times) / elapsed, 2),
        "p50_ms": round(times[len(times) // 2] * 1000, 4),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 4),
        "cpu_us": round(cpu / len(times) * 1e6, 1),
    }


def main() -> None:
    """Measures what the arguments say."""
    parser = argparse.ArgumentParser(description="Call litellm.acompletion in a loop.")
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--stream", action="store_true")
    given = parser.parse_args()
    litellm.suppress_debug_info = True
    loop = _Loop(given.base_url, stream=given.stream)
    measured = uvloop.run(_measure(loop, given.concurrency, given.seconds))
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()
