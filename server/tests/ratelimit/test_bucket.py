import asyncio
from collections.abc import AsyncGenerator

import pytest
from redis.asyncio import Redis

from promptops_server.core.valkey import open_valkey
from promptops_server.embedded.valkey import temporary_valkey
from promptops_server.ratelimit.bucket import Buckets, Limit, rate_limited

# One new token a minute: none is refilled while a test runs.
_HUNDRED = Limit("key", per_minute=1, burst=100)


@pytest.fixture(scope="module")
async def redis() -> AsyncGenerator[Redis]:
    async with temporary_valkey() as url:
        client = open_valkey(url)
        yield client
        await client.aclose()


async def test_200_callers_on_a_bucket_of_100_get_exactly_100(redis: Redis) -> None:
    processes = [Buckets(redis) for _ in range(4)]
    for round_number in range(10):
        verdicts = await asyncio.gather(
            *(processes[i % 4].take(f"round {round_number}", _HUNDRED) for i in range(200))
        )
        assert sum(verdict.allowed for verdict in verdicts) == 100


async def test_the_numbers_tell_the_truth(redis: Redis) -> None:
    buckets = Buckets(redis)
    limit = Limit("key", per_minute=60, burst=3)
    verdicts = [await buckets.take("numbers", limit) for _ in range(4)]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    assert [verdict.full_in_s for verdict in verdicts] == [1, 2, 3, 3]
    assert verdicts[3].retry_after_s == 1
    headers = rate_limited(limit, verdicts[3]).headers
    assert headers["RateLimit-Policy"] == '"key";q=3;w=3'
    assert headers["RateLimit"] == '"key";r=0;t=3'
    assert headers["Retry-After"] == "1"


async def test_a_flush_of_valkey_loses_no_call(redis: Redis) -> None:
    buckets = Buckets(redis)
    assert (await buckets.take("flushed", _HUNDRED)).remaining == 99
    await redis.script_flush()
    await redis.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType] # untyped
    assert (await buckets.take("flushed", _HUNDRED)).remaining == 99


async def test_without_valkey_a_process_limits_by_itself() -> None:
    away = open_valkey("unix:///nonexistent/valkey.sock")
    buckets = Buckets(away)
    limit = Limit("key", per_minute=1, burst=5)
    verdicts = [await buckets.take("away", limit) for _ in range(8)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False] * 3
    await away.aclose()
