"""The client of Valkey, which holds only what may be lost."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from hiredis import pack_command  # pyright: ignore[reportUnknownVariableType] # its stub is wrong
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import BusyLoadingError, ResponseError
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NotInTime

_CONNECTIONS = 64
# How long a call may wait for a free connection; a connection that hangs is given up much sooner.
_WAIT_S = 5
_CONNECT_S = 0.5
_ANSWER_S = 1.0
_LARGEST_BATCH = 200
_SOON_S = 0.02

# What a command raises while Valkey is away; an error that the server answers is a bug of ours.
VALKEY_AWAY = (NotConnected, NotInTime, BusyLoadingError, OSError, TimeoutError)

Command = tuple[str | bytes | int | float, ...]


def open_valkey(url: str) -> Redis:
    """A client that connects when it is first used; the caller closes it.

    Where every connection is taken, a call waits for one: redis-py's own pool would fail it.
    """
    pool = BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType] # its **kwargs are untyped
        url,
        max_connections=_CONNECTIONS,
        timeout=_WAIT_S,
        socket_connect_timeout=_CONNECT_S,
        socket_timeout=_ANSWER_S,
    )
    return Redis.from_pool(pool)


async def ping(client: Redis) -> None:
    """Returns where Valkey answers. Raises what redis-py raises where it does not."""
    # redis-py leaves what a command answers untyped.
    await client.execute_command("PING")  # pyright: ignore[reportUnknownMemberType]


class CommandBatches:
    """Sends commands of many callers together: what comes while a batch is under way goes next.

    A lone command is sent at once, over one connection of its own: no pool is asked. Each caller
    gets its own answer or its own error, and where the connection fails, every command of the
    batch fails with that. What is posted without haste waits for the next batch, or a moment.
    """

    def __init__(self, redis: Redis) -> None:
        """Takes the client, whose address and time limits hold; opens nothing."""
        # redis-py leaves what a command answers untyped.
        self._connection = cast("Any", redis.connection_pool).make_connection()
        self._waiting: list[tuple[Command, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def send(self, *command: str | bytes | float) -> Any:
        """The answer to a command. Raises what VALKEY_AWAY lists, and ResponseError."""
        answer = self._queue(command)
        self._begin()
        return await answer

    def post(self, *command: str | bytes | float) -> None:
        """Queues a command whose answer nobody waits for, and sends it at once."""
        self._queue(command)
        self._begin()

    def post_soon(self, *command: str | bytes | float) -> None:
        """The same without haste: it goes with the next command, or within a few milliseconds."""
        self._queue(command)
        if self._task is None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SOON_S, self._begin)

    async def close(self) -> None:
        """Returns once everything queued was sent, and the connection is closed."""
        if self._waiting:
            self._begin()
        if self._task is not None:
            await self._task
        await self._connection.disconnect(nowait=True)

    def _queue(self, command: Command) -> "asyncio.Future[Any]":
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        return answer

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is None:
            self._task = asyncio.create_task(self._send_all(), name="valkey batches")

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:_LARGEST_BATCH]
                del self._waiting[:_LARGEST_BATCH]
                await self._send_batch(batch)
        finally:
            self._task = None

    async def _send_batch(self, batch: Sequence[tuple[Command, "asyncio.Future[Any]"]]) -> None:
        found: list[object]
        try:
            found = await self._exchange([command for command, _ in batch])
        except VALKEY_AWAY as error:
            # What comes after an answer that is lost would be read as the answer.
            await self._connection.disconnect(nowait=True)
            found = [error] * len(batch)
        for (_, answer), value in zip(batch, found, strict=True):
            if answer.done():
                continue
            if isinstance(value, BaseException):
                answer.set_exception(value)
                # Whoever posted it may not look: the failure counts as seen.
                answer.exception()
            else:
                answer.set_result(value)

    async def _exchange(self, commands: Sequence[Command]) -> list[object]:
        connection = self._connection
        # Packed here by the parser's own library: redis-py's way costs ten times as much.
        packed = b"".join([cast("Any", pack_command)(command) for command in commands])
        await connection.send_packed_command(packed, check_health=False)
        found: list[object] = []
        for _ in commands:
            try:
                found.append(await connection.read_response())
            except ResponseError as error:
                found.append(error)
        return found
