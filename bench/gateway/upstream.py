"""The model that every contender calls: a fake of OpenAI's chat completions, as fast as it can be.

`POST /v1/chat/completions` answers at once, `POST /20ms/v1/chat/completions` after 20 ms; a body
with `"stream": true` is answered by 11 server-sent events. Each event is a write of its own, as it
comes from a model, and not one packet that holds them all.
"""

import argparse
import asyncio
import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import uvloop

MODEL = "gpt-4o-mini"
ANSWER = (
    "Paris is the capital of France. It lies on the Seine and has about two million inhabitants."
)
_USAGE = {"prompt_tokens": 21, "completion_tokens": 20, "total_tokens": 41}
_PIECES = 8
_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d+)")
_CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding:[ \t]*chunked")
_STREAM = re.compile(rb'"stream"\s*:\s*true')
_LATENCY = re.compile(rb"^POST /(\d+)ms/")
_HEAD_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _completion() -> bytes:
    message = {"role": "assistant", "content": ANSWER}
    body = _json(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1700000000,
            "model": MODEL,
            "choices": [
                {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
            ],
            "usage": _USAGE,
        }
    )
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(delta: object, finish_reason: str | None = None, usage: object = None) -> bytes:
    event: dict[str, object] = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }
    if usage is not None:
        event["usage"] = usage
    return _chunk(b"data: " + _json(event) + b"\n\n")


def _stream() -> list[bytes]:
    """The writes of a streamed answer: the first with its head, the last with its end."""
    words = ANSWER.split(" ")
    cuts = [len(words) * at // _PIECES for at in range(_PIECES + 1)]
    pieces = [" ".join(words[a:b]) + " " for a, b in pairwise(cuts)]
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    return [
        head + _event({"role": "assistant", "content": ""}),
        *(_event({"content": piece}) for piece in pieces),
        _event({}, "stop", _USAGE),
        _chunk(b"data: [DONE]\n\n") + _LAST_CHUNK,
    ]


_COMPLETION = _completion()
_WRITES = _stream()


class _Upstream(asyncio.Protocol):
    """One connection: requests one after the other, each answered before the next is read."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._rest = b""
        self._is_busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 # asyncio names it.
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while not self._is_busy and (request := self._next_request()) is not None:
            self._answer(*request)

    def _next_request(self) -> tuple[bytes, bytes] | None:
        """The head and the body of the next request, or None where it is not whole yet."""
        end = self._rest.find(_HEAD_END)
        if end < 0:
            return None
        head, start = self._rest[:end], end + len(_HEAD_END)
        if _CHUNKED.search(head):
            stop = self._rest.find(_LAST_CHUNK, start)
            if stop < 0:
                return None
            stop += len(_LAST_CHUNK)
        else:
            found = _LENGTH.search(head)
            stop = start + (int(found[1]) if found else 0)
        if len(self._rest) < stop:
            return None
        body, self._rest = self._rest[start:stop], self._rest[stop:]
        return head, body

    def _answer(self, head: bytes, body: bytes) -> None:
        writes: Sequence[bytes] = _WRITES if _STREAM.search(body) else (_COMPLETION,)
        latency = _LATENCY.match(head)
        if latency:
            self._is_busy = True
            self._loop.call_later(int(latency[1]) / 1000, self._write, writes, 0)
        elif len(writes) == 1:
            self._send(writes[0])
        else:
            self._is_busy = True
            self._write(writes, 0)

    def _write(self, writes: Sequence[bytes], at: int) -> None:
        self._send(writes[at])
        if at + 1 < len(writes):
            # On the next turn of the loop, so that the kernel gets each event by itself.
            self._loop.call_soon(self._write, writes, at + 1)
            return
        self._is_busy = False
        self.data_received(b"")

    def _send(self, data: bytes) -> None:
        # Whoever asked may have gone.
        if self._transport is not None:
            self._transport.write(data)


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Upstream(loop), "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Serves until it is ended by a signal."""
    parser = argparse.ArgumentParser(description="Serve the fake model.")
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
