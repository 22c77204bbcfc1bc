"""How an answer goes out: its head and its body in one write.

uvicorn writes them one by one, each a call of the kernel that wakes the client.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_HELD_BYTES = 64 * 1024


class _JoinedWrites:
    """A transport that holds back what is written until the answer ends or the loop turns."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keeps the data to be written with what follows."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > _MOST_HELD_BYTES:
            self.flush()

    def is_closing(self) -> bool:
        """As the transport's own, which is asked for every answer."""
        return self._transport.is_closing()

    def flush(self) -> None:
        """Writes what is held back, in one piece."""
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._size = 0
            self._transport.write(data)

    def close(self) -> None:
        """Closes the connection once everything was written."""
        self.flush()
        self._transport.close()


class OneWriteProtocol(HttpToolsProtocol):
    """uvicorn's protocol over httptools, whose short answers are one write."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins with a new connection."""
        self._joined = _JoinedWrites(transport)
        super().connection_made(cast("asyncio.Transport", self._joined))

    def on_response_complete(self) -> None:
        """Writes the answer, now that it is whole."""
        self._joined.flush()
        super().on_response_complete()
