"""The door of the run path: requests, tokens and runs at once, exact under concurrency."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from redis.asyncio import Redis

from promptops_server.core.valkey import open_valkey
from promptops_server.embedded.valkey import temporary_valkey
from promptops_server.ratelimit.admission import Admission, Grant, Limits
from promptops_server.ratelimit.bucket import Limit, RateLimited

# One new token a minute: none is refilled while a test runs.
_HUNDRED = Limits(Limit("key", per_minute=1, burst=100))
_PLENTY = Limit("key", per_minute=1_000_000, burst=1_000_000)


@pytest.fixture(scope="module")
async def redis() -> AsyncGenerator[Redis]:
    async with temporary_valkey() as url:
        # Without the product's short limits: a busy machine must not look like one without Valkey.
        client = Redis.from_url(url)  # pyright: ignore[reportUnknownMemberType] # its **kwargs are untyped
        yield client
        await client.aclose()


@pytest.fixture
async def away() -> AsyncGenerator[Redis]:
    client = open_valkey("unix:///nonexistent/valkey.sock")
    yield client
    await client.aclose()


Open = Callable[[Redis], Admission]


@pytest.fixture
async def opened() -> AsyncGenerator[Open]:
    doors: list[Admission] = []

    def make(redis: Redis) -> Admission:
        doors.append(Admission(redis))
        return doors[-1]

    yield make
    for door in doors:
        await door.close()


@pytest.fixture(params=["in Valkey", "without Valkey"])
def door(request: pytest.FixtureRequest, redis: Redis, away: Redis, opened: Open) -> Admission:
    return opened(redis if request.param == "in Valkey" else away)


async def _enter(
    door: Admission, name: str, limits: Limits, run: str = "one", tokens: int = 0
) -> Grant | None:
    try:
        return await door.enter(name, limits, run=run, tokens=tokens)
    except RateLimited:
        return None


async def test_200_callers_on_a_bucket_of_100_get_exactly_100(redis: Redis, opened: Open) -> None:
    doors = [opened(redis) for _ in range(4)]
    for number in range(10):
        grants = await asyncio.gather(
            *(_enter(doors[i % 4], f"round {number}", _HUNDRED) for i in range(200))
        )
        assert sum(grant is not None for grant in grants) == 100


async def test_the_numbers_tell_the_truth(redis: Redis, opened: Open) -> None:
    door = opened(redis)
    limits = Limits(Limit("key", per_minute=60, burst=3))
    states = [(await door.enter("numbers", limits, run="r")).headers for _ in range(3)]
    assert [state["RateLimit"] for state in states] == [
        '"key";r=2;t=1',
        '"key";r=1;t=2',
        '"key";r=0;t=3',
    ]
    assert states[0]["RateLimit-Policy"] == '"key";q=3;w=3'
    with pytest.raises(RateLimited) as refused:
        await door.enter("numbers", limits, run="r")
    assert refused.value.headers["Retry-After"] == "1"
    assert refused.value.headers["RateLimit"] == '"key";r=0;t=3'
    assert "60 requests per minute" in refused.value.detail


async def test_a_flush_of_valkey_loses_no_call(redis: Redis, opened: Open) -> None:
    door = opened(redis)
    for _ in range(2):
        grant = await door.enter("flushed", _HUNDRED, run="r")
        assert grant.headers["X-RateLimit-Remaining"] == "99"
        await redis.script_flush()
        await redis.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType] # untyped


async def test_tokens_are_reserved_and_made_good_afterwards(door: Admission) -> None:
    limits = Limits(_PLENTY, tokens=Limit("tokens", per_minute=1000, burst=1000))
    first = await door.enter("tokens", limits, run="a", tokens=600)
    assert _tokens_left(first) in (400, 401)
    # The second would need more than is left; it takes no request and no token either.
    with pytest.raises(RateLimited) as refused:
        await door.enter("tokens", limits, run="b", tokens=600)
    assert "1000 tokens per minute" in refused.value.detail
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 12
    door.settle(first, 100)
    door.settle(first, 0)
    await door.close()
    second = await door.enter("tokens", limits, run="b", tokens=600)
    assert 300 <= _tokens_left(second) <= 320
    # One that needs more than there ever is may go when the bucket is full.
    door.settle(second, 0)
    await door.close()


def _tokens_left(grant: Grant) -> int:
    state = grant.headers["RateLimit"].split('"tokens";r=')[1]
    return int(state.split(";")[0])


async def test_runs_at_once_are_leased_and_given_back(door: Admission) -> None:
    limits = Limits(_PLENTY, concurrent=3)
    grants = await asyncio.gather(*(_enter(door, "leases", limits, str(i)) for i in range(20)))
    held = [grant for grant in grants if grant is not None]
    assert len(held) == 3
    left = sorted(grant.headers["RateLimit"].rpartition(";r=")[2] for grant in held)
    assert left == ["0", "1", "2"]
    with pytest.raises(RateLimited, match="3 runs at once"):
        await door.enter("leases", limits, run="x")
    door.settle(held[0], None)
    await door.close()
    assert await _enter(door, "leases", limits, "y") is not None
    assert await _enter(door, "leases", limits, "z") is None


async def test_the_lease_of_a_process_that_died_expires(redis: Redis, opened: Open) -> None:
    door = opened(redis)
    limits = Limits(_PLENTY, concurrent=1)
    await door.enter("dead", limits, run="lost")
    assert 0 < await redis.pttl("leases:dead") <= 600_000
    # What the passing of that time does: the score lies before now.
    await redis.execute_command("ZADD", "leases:dead", 1, "lost")  # pyright: ignore[reportUnknownMemberType] # untyped
    assert await _enter(door, "dead", limits, "next") is not None


async def test_an_entry_is_seen_until_its_run_is_settled(redis: Redis, opened: Open) -> None:
    door = opened(redis)
    grant = await door.enter("entry", _HUNDRED, run="seen", entry=b"{}")
    assert await redis.get("run:seen") == b"{}"
    door.settle(grant, None)
    await door.close()
    assert await redis.get("run:seen") is None


async def test_without_valkey_a_process_limits_by_itself(away: Redis, opened: Open) -> None:
    door = opened(away)
    limits = Limits(Limit("key", per_minute=1, burst=5))
    grants = [await _enter(door, "away", limits) for _ in range(8)]
    assert [grant is not None for grant in grants] == [True] * 5 + [False] * 3
