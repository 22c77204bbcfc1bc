"""How answers go out: a whole one in one piece, a stream piece by piece."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from promptops_server.core.protocol import OneWriteProtocol

_REQUEST = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"


class _Client(asyncio.Protocol):
    """Keeps every piece that arrives as it came."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[bytes] = asyncio.Queue()

    def data_received(self, data: bytes) -> None:
        self.pieces.put_nowait(data)


@asynccontextmanager
async def _connected(app: ASGIApp) -> AsyncGenerator[tuple[asyncio.Transport, _Client]]:
    config = uvicorn.Config(app, http=OneWriteProtocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        loop = asyncio.get_running_loop()
        transport, client = await loop.create_connection(_Client, *listening.getsockname())
        try:
            yield transport, client
        finally:
            transport.close()
            server.should_exit = True
            await serving


async def test_head_and_body_arrive_together_and_the_connection_is_used_again() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"body"})

    async with _connected(app) as (transport, client):
        for _ in range(3):
            transport.write(_REQUEST)
            piece = await client.pieces.get()
            assert piece.startswith(b"HTTP/1.1 200")
            assert piece.endswith(b"\r\n\r\nbody")


async def test_a_stream_is_not_held_back() -> None:
    may_go_on = asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await may_go_on.wait()
        await send({"type": "http.response.body", "body": b"last"})

    async with _connected(app) as (transport, client):
        transport.write(_REQUEST)
        assert (await client.pieces.get()).endswith(b"5\r\nfirst\r\n")
        may_go_on.set()
        assert await client.pieces.get() == b"4\r\nlast\r\n0\r\n\r\n"


async def test_a_large_answer_arrives_whole_before_the_connection_closes() -> None:
    body = b"x" * 3_000_000

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"connection", b"close"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, len(body), 10_000):
            chunk = body[start : start + 10_000]
            is_last = start + 10_000 >= len(body)
            await send({"type": "http.response.body", "body": chunk, "more_body": not is_last})

    async with _connected(app) as (transport, client):
        transport.write(_REQUEST)
        received = b""
        while len(received.partition(b"\r\n\r\n")[2]) < len(body):
            received += await client.pieces.get()
    assert received.partition(b"\r\n\r\n")[2] == body
