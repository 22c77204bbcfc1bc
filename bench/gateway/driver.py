"""The load driver: a process that keeps N connections busy for a while and prints what it saw.

It takes a Load on its standard input and prints a Measured, both JSON. The loop is closed: a
connection sends its next request when it has the whole answer to the one before. A request counts
where its answer ended within the measured time, whenever it was sent. The first answer that is
wrong ends the run.
"""

import asyncio
import gc
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

import uvloop

from bench.gateway.calls import FIRST_WORD, LAST_WORD, Call, Load, Measured

_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d+)")
_HEAD_END = b"\r\n\r\n"
_STATUS_AT = len("HTTP/1.1 ")
# How long answers may take to come in after the measured time: the slowest rival needs 2 s.
_PATIENCE_S = 20.0
_SHOWN_BYTES = 400


class _Job:
    """What the connections share: the load, the clock and the figures."""

    def __init__(self, load: Load) -> None:
        self.call: Call = load.call
        self.counted_from = time.perf_counter() + load.warm_s
        self.counted_until = self.counted_from + load.seconds
        self.answers = 0
        self.times: list[float] = []
        self.first_word_times: list[float] = []
        self.failure = ""
        self.open_connections = load.concurrency
        self.is_done = asyncio.Event()

    def succeed(self, began: float, first_word: float, ended: float) -> None:
        self.answers += 1
        if self.counted_from <= ended < self.counted_until:
            self.times.append(ended - began)
            self.first_word_times.append(first_word - began)

    def fail(self, what: str, answer: bytes = b"") -> None:
        shown = answer[:_SHOWN_BYTES].decode("latin-1").replace("\r\n", " | ")
        self.failure = self.failure or f"{what}: {shown}".rstrip(": ")
        self.is_done.set()

    def leave(self) -> None:
        self.open_connections -= 1
        if not self.open_connections:
            self.is_done.set()


class _Connection(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, checks it, sends again."""

    def __init__(self, job: _Job) -> None:
        self._job = job
        self._has_left = False
        self._answer = b""
        self._length: int | None = None
        self._head_length = 0
        self._began = self._first_word = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 # asyncio names it.
        if not self._has_left:
            self._job.fail("the connection was closed", self._answer)

    def _send(self) -> None:
        if time.perf_counter() >= self._job.counted_until:
            self._has_left = True
            self._transport.close()
            self._job.leave()
            return
        self._answer, self._head_length, self._first_word = b"", 0, 0.0
        self._began = time.perf_counter()
        self._transport.write(self._job.call.request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._head_length and not self._read_head():
            return
        if not self._first_word and FIRST_WORD in self._answer:
            self._first_word = time.perf_counter()
        if not self._is_whole():
            return
        ended = time.perf_counter()
        wrong = self._find_fault()
        if wrong:
            self._job.fail(wrong, self._answer)
            return
        self._job.succeed(self._began, self._first_word, ended)
        self._send()

    def _read_head(self) -> bool:
        end = self._answer.find(_HEAD_END)
        if end < 0:
            return False
        self._head_length = end + len(_HEAD_END)
        found = _LENGTH.search(self._answer, 0, end)
        self._length = self._head_length + int(found[1]) if found else None
        return True

    def _is_whole(self) -> bool:
        if self._length is not None:
            return len(self._answer) >= self._length
        return self._answer.endswith(b"\r\n0\r\n\r\n")

    def _find_fault(self) -> str:
        """What is wrong with a whole answer; empty where nothing is."""
        answer, last_event = self._answer, self._job.call.last_event
        if answer[_STATUS_AT : _STATUS_AT + 1] != b"2":
            return "a status that is not 2xx"
        if not self._first_word or LAST_WORD not in answer:
            return "an answer without its text"
        if last_event and last_event not in answer:
            return "a stream without its last event"
        return ""


def _percentile_ms(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of ascending seconds, in milliseconds."""
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 4)


async def drive(load: Load) -> Measured:
    """What the load gave; returns soon after its time, or at the first fault."""
    job = _Job(load)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(load.warm_s + load.seconds + _PATIENCE_S):
            for _ in range(load.concurrency):
                await loop.create_connection(lambda: _Connection(job), "127.0.0.1", job.call.port)
            await job.is_done.wait()
    except TimeoutError:
        job.fail(f"{job.open_connections} answers did not come")
    except OSError as error:
        job.fail(f"no connection ({error.strerror})")
    if not job.times:
        job.fail("no answer within the measured time")
    times, first_words = sorted(job.times), sorted(job.first_word_times)
    return Measured(
        answers=job.answers,
        rps=round(len(times) / load.seconds, 2),
        p50_ms=_percentile_ms(times, 0.5),
        p99_ms=_percentile_ms(times, 0.99),
        first_word_p50_ms=_percentile_ms(first_words, 0.5),
        first_word_p99_ms=_percentile_ms(first_words, 0.99),
        failure=job.failure,
    )


def main() -> None:
    """Drives the load of the standard input and prints what was measured."""
    load = Load.from_json(sys.stdin.read())
    # The run is short and its memory small: a collection would only show as a slow answer.
    gc.disable()
    print(json.dumps(asdict(uvloop.run(drive(load)))))


if __name__ == "__main__":
    main()
