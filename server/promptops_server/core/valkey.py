"""The client of Valkey, which holds only what may be lost."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, cast

from hiredis import (
    ProtocolError,
    PushNotification,
    Reader,
    pack_command,  # pyright: ignore[reportUnknownVariableType] # its stub is wrong
)
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import BusyLoadingError, NoScriptError, RedisError, ResponseError
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NotInTime

_CONNECTIONS = 64
# How long a call may wait for a free connection; a connection that hangs is given up much sooner.
_WAIT_S = 5
_CONNECT_S = 0.5
_ANSWER_S = 1.0
_SOON_S = 0.02

# What a command raises while Valkey is away; an error that the server answers is a bug of ours.
VALKEY_AWAY = (NotConnected, NotInTime, BusyLoadingError, OSError, TimeoutError)

Command = tuple[str | bytes | int | float, ...]
_Answer = asyncio.Future[Any]
_Waiting = tuple[Command, _Answer]
_NOT_YET = object()
_ERRORS: dict[str, type[Exception]] = {"NOSCRIPT": NoScriptError, "LOADING": BusyLoadingError}


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


class _Wire(asyncio.Protocol):
    """A connection on which commands go out as they come, and answers come back in that order.

    Where an answer is late or is none, the connection is given up: the next would be taken for it.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        """Takes over a connection whose handshake is done."""
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._reader = Reader(replyError=_error_of, notEnoughData=_NOT_YET)
        # When each command was sent that is not answered yet, and who waits.
        self._sent: deque[tuple[float, _Answer]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self.is_open = True
        transport.set_protocol(self)

    def send(self, batch: "Sequence[_Waiting]") -> None:
        """Sends the commands in one write."""
        # Packed by the parser's own library: redis-py's way costs ten times as much.
        packed = b"".join([cast("Any", pack_command)(command) for command, _ in batch])
        now = self._loop.time()
        self._sent.extend([(now, answer) for _, answer in batch])
        self._transport.write(packed)
        if self._watch is None:
            self._watch = self._loop.call_later(_ANSWER_S, self._check_time)

    def data_received(self, data: bytes) -> None:
        """Gives each answer to who waits for it."""
        self._reader.feed(data)
        try:
            while (value := self._reader.gets()) is not _NOT_YET:
                if isinstance(value, PushNotification):
                    continue
                _settle(self._sent.popleft()[1], value)
        except (ProtocolError, IndexError):
            self.give_up(NotConnected("Valkey's answer is not its protocol."))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 # asyncio's signature
        """Fails what was not answered."""
        self.give_up(NotConnected("The connection to Valkey broke."))

    def give_up(self, error: Exception) -> None:
        """Closes the connection at once; what was not answered fails with the error."""
        self.is_open = False
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        self._transport.abort()
        while self._sent:
            _settle(self._sent.popleft()[1], error)

    def unanswered(self) -> "list[_Answer]":
        """What is waited for."""
        return [answer for _, answer in self._sent]

    def _check_time(self) -> None:
        self._watch = None
        if not self._sent:
            return
        due = self._sent[0][0] + _ANSWER_S
        if due <= self._loop.time():
            self.give_up(NotInTime("Valkey did not answer in time."))
        else:
            self._watch = self._loop.call_at(due, self._check_time)


class CommandBatches:
    """Sends commands of many callers over one connection, and none waits for another's answer.

    What comes in one turn of the event loop goes out in one write: no pool is asked, and no task
    is switched to. Each caller gets its own answer or its own error; where the connection fails,
    every command that was not answered fails with that. What is posted without haste waits for
    the next command, or a moment.
    """

    def __init__(self, redis: Redis) -> None:
        """Takes the client, whose address and time limits hold; opens nothing."""
        # It finds the way in (address, TLS, password); redis-py leaves it untyped.
        self._door = cast("Any", redis.connection_pool).make_connection()
        self._wire: _Wire | None = None
        self._waiting: list[_Waiting] = []
        self._connecting: asyncio.Task[None] | None = None
        self._flushing: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def send(self, *command: str | bytes | float) -> Any:
        """The answer to a command. Raises what VALKEY_AWAY lists, and ResponseError."""
        return await self._send(command)

    def post(self, *command: str | bytes | float) -> None:
        """Queues a command whose answer nobody waits for, and sends it at once."""
        self._send(command)

    def post_soon(self, *command: str | bytes | float) -> None:
        """The same without haste: it goes with the next command, or within a few milliseconds."""
        loop = asyncio.get_running_loop()
        self._waiting.append((command, loop.create_future()))
        if self._flushing is None and self._timer is None:
            self._timer = loop.call_later(_SOON_S, self._flush)

    async def close(self) -> None:
        """Returns once everything queued was sent and answered, and the connection is closed."""
        answers = [answer for _, answer in self._waiting]
        if self._wire is not None:
            answers += self._wire.unanswered()
        if self._waiting:
            self._flush()
        if answers:
            await asyncio.wait(answers)
        await self._door.disconnect(nowait=True)

    def _send(self, command: Command) -> "_Answer":
        loop = asyncio.get_running_loop()
        answer: _Answer = loop.create_future()
        self._waiting.append((command, answer))
        if self._flushing is None:
            self._flushing = loop.call_soon(self._flush)
        return answer

    def _flush(self) -> None:
        for planned in (self._flushing, self._timer):
            if planned is not None:
                planned.cancel()
        self._flushing = self._timer = None
        if self._wire is not None and self._wire.is_open:
            batch, self._waiting = self._waiting, []
            self._wire.send(batch)
        elif self._connecting is None:
            self._connecting = asyncio.create_task(self._connect(), name="valkey connect")

    async def _connect(self) -> None:
        """Opens a connection and sends what is queued, or fails all of that."""
        try:
            await self._door.disconnect(nowait=True)
            await self._door.connect()
            self._wire = _Wire(self._door._writer.transport)  # noqa: SLF001 # see _Wire
        except (RedisError, OSError, TimeoutError) as error:
            failed, self._waiting = self._waiting, []
            for _, answer in failed:
                _settle(answer, error)
        finally:
            self._connecting = None
        if self._waiting:
            self._flush()


def _error_of(text: str) -> Exception:
    """The error that the server's answer stands for, as redis-py names it."""
    code = text.partition(" ")[0]
    return _ERRORS.get(code, ResponseError)(text)


def _settle(answer: "_Answer", value: object) -> None:
    """Ends the wait for an answer, where it is still waited for."""
    if answer.done():
        return
    if isinstance(value, Exception):
        answer.set_exception(value)
        # Whoever posted the command may not look: the failure counts as seen.
        answer.exception()
    else:
        answer.set_result(value)
