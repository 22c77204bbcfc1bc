"""Live events in Valkey: written by the process that does the work, followed from any other.

A log is a stream of Valkey's whose entries bear the numbers that the writer gave them. It may be
lost at any moment; whoever follows it has another source of the truth.
"""

import logging
from collections.abc import Sequence
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from promptops_server.core.valkey import VALKEY_AWAY, CommandBatches

# How long the events of work that has ended can be read.
KEPT_MS = 600_000
_READ_AT_ONCE = 500
_log = logging.getLogger(__name__)


class EventLogs:
    """Appends to logs and reads them; nothing here waits for Valkey longer than a second."""

    def __init__(self, redis: Redis) -> None:
        """Takes the client; opens nothing."""
        # redis-py leaves what a command answers untyped.
        self._redis = cast("Any", redis)
        self._batches = CommandBatches(redis)

    def append(self, name: str, number: int, event: str, data: bytes) -> None:
        """Appends an event, without waiting for it; `number` is greater than those before."""
        self._batches.post("XADD", f"events:{name}", f"{number}-0", "n", event, "d", data)

    def keep_for(self, name: str, milliseconds: int) -> None:
        """Says for how long the log may still be read, without waiting for it."""
        self._batches.post("PEXPIRE", f"events:{name}", milliseconds)

    async def read(self, name: str, after: int, wait_ms: int) -> Sequence[tuple[int, str, bytes]]:
        """The events after this number, waiting a while where there is none yet.

        Empty where none came in time, and where Valkey is away or has forgotten the log.
        """
        try:
            found = await self._redis.execute_command(
                *("XREAD", "COUNT", _READ_AT_ONCE, "BLOCK", wait_ms),
                *("STREAMS", f"events:{name}", f"{after}-0"),
            )
        except VALKEY_AWAY:
            return ()
        except ResponseError as error:
            _log.warning("events cannot be read: %s", type(error).__name__)
            return ()
        if not found:
            return ()
        # redis-py answers pairs of RESP 2 as a list, and a map of RESP 3 as a dict.
        named = cast("dict[bytes, Any]", dict(found))
        entries = cast("list[tuple[bytes, Any]]", next(iter(named.values())))
        return [_event(identifier, fields) for identifier, fields in entries]

    async def close(self) -> None:
        """Returns once everything appended was sent."""
        await self._batches.close()


def _event(identifier: bytes, fields: Any) -> tuple[int, str, bytes]:
    """An entry of the log; its fields come as a dict, or flat as names and values in turn."""
    values = cast("dict[bytes, bytes]", fields)
    if isinstance(fields, list):
        flat = cast("list[bytes]", fields)
        values = dict(zip(flat[::2], flat[1::2], strict=True))
    return int(identifier.split(b"-")[0]), values[b"n"].decode(), values[b"d"]
