"""The client of Valkey, which holds only what may be lost."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NotInTime

_CONNECTIONS = 64
# How long a call may wait for a free connection; a connection that hangs is given up much sooner.
_WAIT_S = 5
_CONNECT_S = 0.5
_ANSWER_S = 1.0
_LARGEST_BATCH = 200

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

    A lone command is sent at once. Each caller gets its own answer or its own error, and where the
    connection fails, every command of the batch fails with that.
    """

    def __init__(self, redis: Redis) -> None:
        """Takes the client; opens nothing."""
        # redis-py leaves what a command answers untyped.
        self._redis = cast("Any", redis)
        self._waiting: list[tuple[Command, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    async def send(self, *command: str | bytes | float) -> Any:
        """The answer to a command. Raises what VALKEY_AWAY lists, and ResponseError."""
        return await self.post(*command)

    def post(self, *command: str | bytes | float) -> "asyncio.Future[Any]":
        """Queues a command without waiting; nobody has to await the future."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._send_all(), name="valkey batches")
        return answer

    async def close(self) -> None:
        """Returns once everything queued was sent."""
        if self._task is not None:
            await self._task

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:_LARGEST_BATCH]
                del self._waiting[:_LARGEST_BATCH]
                await self._send_batch(batch)
        finally:
            self._task = None

    async def _send_batch(self, batch: Sequence[tuple[Command, "asyncio.Future[Any]"]]) -> None:
        try:
            if len(batch) == 1:
                found = [await self._one(batch[0][0])]
            else:
                found = await self._many([command for command, _ in batch])
        except VALKEY_AWAY as error:
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

    async def _one(self, command: Command) -> object:
        try:
            answer = await self._redis.execute_command(*command)
        except VALKEY_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 # it is the answer of this command alone
            return error
        return answer

    async def _many(self, commands: Sequence[Command]) -> list[object]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return cast("list[object]", await pipeline.execute(raise_on_error=False))
