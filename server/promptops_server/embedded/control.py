"""Asks the supervisor for a helper process, over its socket: one line of JSON there and back.

`{"ensure": "adaptor"}` is answered with `{"url": "unix:/path"}` or `{"error": "a sentence"}`.
"""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import cast

from promptops_server.core.sidecars import SidecarAddress, SidecarName, SidecarUnavailable

# Longer than the supervisor waits for the helper, so that its sentence arrives.
_TIMEOUT_S = 75.0


class SupervisorSidecars:
    """Implements core.sidecars.Sidecars with the supervisor of this machine.

    An address is asked for once and kept; who cannot connect to it calls `forget` and asks again.
    """

    def __init__(self, socket: Path, timeout_s: float = _TIMEOUT_S) -> None:
        """Takes the supervisor's socket (PROMPTOPS_SUPERVISOR_SOCKET) and the longest wait."""
        self._socket = socket
        self._timeout_s = timeout_s
        self._addresses: dict[SidecarName, SidecarAddress] = {}
        self._lock = asyncio.Lock()

    async def ensure(self, name: SidecarName) -> SidecarAddress:
        """The address of the sidecar, which answered when it was asked for.

        Raises SidecarUnavailable where the supervisor is away or the sidecar did not start.
        """
        if (known := self._addresses.get(name)) is not None:
            return known
        async with self._lock:
            if name not in self._addresses:
                self._addresses[name] = await self._ask(name)
            return self._addresses[name]

    def forget(self, name: SidecarName) -> None:
        """Drops the kept address, so that the next `ensure` asks the supervisor."""
        self._addresses.pop(name, None)

    async def _ask(self, name: SidecarName) -> SidecarAddress:
        try:
            async with asyncio.timeout(self._timeout_s):
                line = await self._exchange(json.dumps({"ensure": name}))
            answer: object = json.loads(line)
        except (OSError, ValueError) as error:
            raise SidecarUnavailable(f"The supervisor did not start the {name}.") from error
        facts = cast("dict[str, object]", answer) if isinstance(answer, dict) else {}
        url = facts.get("url")
        if not isinstance(url, str):
            sentence = facts.get("error", f"The supervisor did not start the {name}.")
            raise SidecarUnavailable(str(sentence))
        return SidecarAddress(url)

    async def _exchange(self, request: str) -> bytes:
        reader, writer = await asyncio.open_unix_connection(self._socket)
        try:
            writer.write(request.encode() + b"\n")
            return await reader.readline()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
