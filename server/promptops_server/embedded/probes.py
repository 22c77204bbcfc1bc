"""The smallest questions that tell whether a child answers, over a socket or a port."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

# A unix socket, or a host and a port.
Address = Path | tuple[str, int]

_TIMEOUT_S = 5.0


async def answers_http(address: Address, path: str) -> bool:
    """Whether a GET of the path is answered with 200.

    Raises OSError or EOFError where nothing answers in HTTP.
    """
    host = "localhost" if isinstance(address, Path) else f"{_bracketed(address[0])}:{address[1]}"
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    async with _connection(address) as (reader, writer):
        writer.write(request.encode())
        status_line = await reader.readline()
    return status_line.split(b" ")[1:2] == [b"200"]


async def answers_ping(socket_path: Path) -> bool:
    """Whether a Redis server answers PING; one that still loads its data does not.

    Raises OSError where nothing listens.
    """
    async with _connection(socket_path) as (reader, writer):
        writer.write(b"PING\r\n")
        return await reader.readline() == b"+PONG\r\n"


@contextlib.asynccontextmanager
async def _connection(
    address: Address,
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(_TIMEOUT_S):
        if isinstance(address, Path):
            reader, writer = await asyncio.open_unix_connection(address)
        else:
            reader, writer = await asyncio.open_connection(*address)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
