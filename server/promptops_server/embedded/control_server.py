"""The supervisor's end of the control socket; control.py is the other end and has the protocol."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import cast

from promptops_server.embedded.errors import PartFailed
from promptops_server.embedded.keeper import KeptChild

_READY_TIMEOUT_S = 60.0


class ControlServer:
    """Starts the helpers that it is asked for, each once, and tells where they listen."""

    def __init__(self, helpers: Mapping[str, tuple[KeptChild, Path]]) -> None:
        """Takes each helper by name, with the socket that it will listen on."""
        self._helpers = helpers
        self._conversations: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self, socket: Path) -> AsyncGenerator[None]:
        """Answers on the socket, which only its owner may open, until the block ends."""
        server = await asyncio.start_unix_server(self._talk, socket)
        _make_private(socket)
        try:
            yield
        finally:
            server.close()
            for conversation in self._conversations:
                conversation.cancel()
            await asyncio.gather(*self._conversations, return_exceptions=True)
            _remove(socket)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._conversations.add(task)
            task.add_done_callback(self._conversations.discard)
        try:
            # A line over the reader's limit is a ValueError: no child of ours sends one.
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError, asyncio.CancelledError):
            # Cancelled by `listening` alone, which wants nothing more than the end of this.
            return
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, str]:
        try:
            request: object = json.loads(line)
        except ValueError:
            return {"error": "The supervisor takes one JSON object a line."}
        facts = cast("dict[str, object]", request) if isinstance(request, dict) else {}
        helper = self._helpers.get(str(facts.get("ensure")))
        if helper is None:
            return {"error": "The supervisor knows no such helper."}
        child, socket = helper
        child.start()
        try:
            await child.wait_ready(_READY_TIMEOUT_S)
        except PartFailed as error:
            return {"error": error.sentence}
        return {"url": f"unix:{socket}"}


def _make_private(socket: Path) -> None:
    socket.chmod(0o600)


def _remove(socket: Path) -> None:
    socket.unlink(missing_ok=True)
