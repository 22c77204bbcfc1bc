"""The client of Valkey, which holds only what may be lost."""

from redis.asyncio import BlockingConnectionPool, Redis

_CONNECTIONS = 64
# How long a call may wait for a free connection; a connection that hangs is given up much sooner.
_WAIT_S = 5
_CONNECT_S = 0.5
_ANSWER_S = 1.0


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
