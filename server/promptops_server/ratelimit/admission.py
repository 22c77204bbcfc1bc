"""Lets a run in or turns it away, exactly under concurrency: one Lua round trip.

The trip takes a request, a lease of one of the runs that may be under way at once (it expires by
itself, should its process die), and a reservation of tokens; all of them or none. After the run,
`settle` gives the lease back and makes good what the reservation was off; nobody waits for that.
"""

import hashlib
import math
import time
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from promptops_server.core.valkey import VALKEY_AWAY, CommandBatches
from promptops_server.ratelimit.bucket import Level, Limit, OwnBuckets, RateLimited

# KEYS: request bucket, token bucket, leases, entry of the run.
# ARGV: 1 interval (us) and 2 burst of requests, 3 interval (0: no limit) and 4 burst of tokens,
# 5 tokens wanted, 6 runs at once (0: no limit), 7 run, 8 lease (ms), 9 entry ('': none).
# Returns {what is used up (0: nothing), wait in us, requests left, full in us, tokens left,
# full in us, runs under way}.
_ENTER = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local t_interval, t_burst = tonumber(ARGV[3]), tonumber(ARGV[4])
local most = tonumber(ARGV[6])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local after = arrival + interval
local wait = after - interval * burst - now
local denied = 0
if wait > 0.5 then denied = 1 else wait = 0 end
local t_after, running = now, 0
if t_interval > 0 then
  local t_arrival = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), now)
  t_after = t_arrival + t_interval * tonumber(ARGV[5])
  local t_wait = t_after - t_interval * t_burst - now
  if denied == 0 and t_wait > 0.5 then denied, wait = 2, t_wait end
  if denied > 0 then t_after = t_arrival end
end
if most > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
  running = redis.call('ZCARD', KEYS[3])
  if denied == 0 and running >= most then
    denied, wait = 3, 1000000
    if t_interval > 0 then t_after = t_after - t_interval * tonumber(ARGV[5]) end
  end
end
if denied == 0 then
  redis.call('SET', KEYS[1], string.format('%.3f', after),
             'PX', math.ceil((after - now) / 1000) + 1000)
  if t_interval > 0 then
    redis.call('SET', KEYS[2], string.format('%.3f', t_after),
               'PX', math.ceil((t_after - now) / 1000) + 1000)
  end
  if most > 0 then
    redis.call('ZADD', KEYS[3], now + tonumber(ARGV[8]) * 1000, ARGV[7])
    redis.call('PEXPIRE', KEYS[3], ARGV[8])
    running = running + 1
  end
  if ARGV[9] ~= '' then redis.call('SET', KEYS[4], ARGV[9], 'PX', ARGV[8]) end
else
  after = arrival
end
local left = math.floor((now - after) / interval + burst + 0.001)
local t_left = 0
if t_interval > 0 then t_left = math.floor((now - t_after) / t_interval + t_burst + 0.001) end
return {denied, math.ceil(wait), math.max(left, 0), math.ceil(after - now),
        math.max(t_left, 0), math.ceil(t_after - now), running}
"""
# KEYS: token bucket, leases, entry. ARGV: 1 time to add to the token bucket (us), 2 run, 3 lease
# to keep it for at most (ms).
_SETTLE = """
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('UNLINK', KEYS[3])
local change = tonumber(ARGV[1])
if change ~= 0 then
  local now = redis.call('TIME')
  now = now[1] * 1000000 + now[2]
  local after = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + change
  if after <= now then
    redis.call('DEL', KEYS[1])
  else
    redis.call('SET', KEYS[1], string.format('%.3f', after),
               'PX', math.ceil((after - now) / 1000) + 1000)
  end
end
return 0
"""
# How Valkey names a script (SCRIPT LOAD): no secret hangs on it.
_ENTER_SHA = hashlib.sha1(_ENTER.encode(), usedforsecurity=False).hexdigest()
# After a failure the next request does not wait for the same failure again.
_PAUSE_S = 1.0
_LEASE_MS = 600_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caller may use: requests, tokens per minute, runs at once; None is without limit."""

    requests: Limit
    tokens: Limit | None = None
    concurrent: int | None = None


@dataclass(slots=True)
class Grant:
    """A run that was let in, and the headers that its answer bears."""

    name: str
    limits: Limits
    run: str
    estimate: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    has_entry: bool = False
    is_own: bool = False
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class _Standing:
    """The answer of one trip."""

    denied: int
    wait_us: float
    requests: Level
    tokens: Level
    running: int


class Admission:
    """The door of the run path; while Valkey is away, each process keeps limits of its own.

    A process's own limits have the same numbers, so an installation of N processes grants at most N
    times the limit during an outage, and refuses nobody for a fault of ours. When Valkey is back,
    its numbers count again.
    """

    def __init__(self, redis: Redis) -> None:
        """Takes the client; opens nothing."""
        self._batches = CommandBatches(redis)
        self._own = OwnBuckets()
        self._own_running: dict[str, set[str]] = {}
        self._away_until = 0.0

    async def enter(
        self, name: str, limits: Limits, *, run: str, tokens: int = 0, entry: bytes = b""
    ) -> Grant:
        """Takes a request, a lease and tokens from the limits of `name`, for the run `run`.

        `entry`, where it is given, is kept under `run:` and the run's id until the run is settled.
        Raises RateLimited, naming what is used up and when to try again.
        """
        wanted = tokens
        if limits.tokens is not None:
            # More than a full bucket would never be let in.
            wanted = min(tokens, limits.tokens.burst)
        grant = Grant(name, limits, run, wanted, has_entry=bool(entry))
        standing = await self._standing(grant, entry)
        grant.headers = _headers(limits, standing)
        if standing.denied:
            raise _refusal(limits, standing, grant.headers)
        return grant

    def settle(self, grant: Grant, tokens: int | None) -> None:
        """Gives back the lease, and corrects the reservation to `tokens` (None: leaves it)."""
        if grant.is_settled:
            return
        grant.is_settled = True
        limits = grant.limits
        change = 0 if tokens is None else tokens - grant.estimate
        if grant.is_own:
            self._own_running.get(grant.name, set[str]()).discard(grant.run)
            if limits.tokens is not None:
                self._own.take(f"t:{grant.name}", limits.tokens, change, _now_us())
            return
        interval = 0.0 if limits.tokens is None else limits.tokens.interval_us
        if limits.concurrent is None and not (change and interval):
            if grant.has_entry:
                self._batches.post_soon("UNLINK", f"run:{grant.run}")
            return
        keys = (f"tokens:{grant.name}", f"leases:{grant.name}", f"run:{grant.run}")
        self._batches.post("EVAL", _SETTLE, 3, *keys, repr(change * interval), grant.run)

    async def close(self) -> None:
        """Returns once what was settled was sent."""
        await self._batches.close()

    async def _standing(self, grant: Grant, entry: bytes) -> _Standing:
        if time.monotonic() >= self._away_until:
            try:
                answer = await self._run(grant, entry)
            except VALKEY_AWAY:
                self._away_until = time.monotonic() + _PAUSE_S
            else:
                self._own.clear()
                self._own_running.clear()
                denied, wait, left, full, t_left, t_full, running = answer
                return _Standing(denied, wait, Level(left, full), Level(t_left, t_full), running)
        grant.is_own = True
        return self._enter_own(grant)

    async def _run(self, grant: Grant, entry: bytes) -> list[int]:
        limits, name = grant.limits, grant.name
        tokens = limits.tokens
        arguments = (
            *(4, f"bucket:{name}", f"tokens:{name}", f"leases:{name}", f"run:{grant.run}"),
            *(repr(limits.requests.interval_us), limits.requests.burst),
            *((repr(tokens.interval_us), tokens.burst) if tokens else (0, 0)),
            *(grant.estimate, limits.concurrent or 0, grant.run, _LEASE_MS, entry),
        )
        try:
            return await self._batches.send("EVALSHA", _ENTER_SHA, *arguments)
        except NoScriptError:
            # Valkey is new, or was restarted or flushed since: it does not know the script.
            return await self._batches.send("EVAL", _ENTER, *arguments)

    def _enter_own(self, grant: Grant) -> _Standing:
        limits, name, now = grant.limits, grant.name, _now_us()
        running = self._own_running.setdefault(name, set[str]())
        wait = self._own.wait_us(f"r:{name}", limits.requests, 1, now)
        denied = 1 if wait else 0
        if not denied and limits.tokens is not None:
            wait = self._own.wait_us(f"t:{name}", limits.tokens, grant.estimate, now)
            denied = 2 if wait else 0
        if not denied and limits.concurrent is not None and len(running) >= limits.concurrent:
            denied, wait = 3, 1_000_000.0
        if not denied and limits.concurrent is not None:
            running.add(grant.run)
        units = 0 if denied else 1
        level = self._own.take(f"r:{name}", limits.requests, units, now)
        tokens = Level(0, 0)
        if limits.tokens is not None:
            tokens = self._own.take(f"t:{name}", limits.tokens, units * grant.estimate, now)
        return _Standing(denied, wait, level, tokens, len(running))


def _now_us() -> float:
    return time.monotonic() * 1_000_000


def _seconds(microseconds: float) -> int:
    return math.ceil(microseconds / 1_000_000)


def _headers(limits: Limits, standing: _Standing) -> dict[str, str]:
    """RateLimit headers (IETF draft-10) and the older three that clients still read."""
    requests = limits.requests
    full = _seconds(standing.requests.full_in_us)
    policy = f'"{requests.policy}";q={requests.burst};w={requests.window_s}'
    state = f'"{requests.policy}";r={standing.requests.remaining};t={full}'
    if limits.tokens is not None:
        tokens = limits.tokens
        policy += f', "{tokens.policy}";q={tokens.burst};w={tokens.window_s}'
        state += f', "{tokens.policy}";r={standing.tokens.remaining}'
        state += f";t={_seconds(standing.tokens.full_in_us)}"
    if limits.concurrent is not None:
        policy += f', "concurrent";q={limits.concurrent};qu="runs"'
        state += f', "concurrent";r={max(0, limits.concurrent - standing.running)}'
    return {
        "RateLimit-Policy": policy,
        "RateLimit": state,
        "X-RateLimit-Limit": str(requests.burst),
        "X-RateLimit-Remaining": str(standing.requests.remaining),
        "X-RateLimit-Reset": str(full),
    }


def _refusal(limits: Limits, standing: _Standing, headers: dict[str, str]) -> RateLimited:
    seconds = max(1, _seconds(standing.wait_us))
    unit = "second" if seconds == 1 else "seconds"
    again = f"Try again in {seconds} {unit}."
    if standing.denied == 1:
        reason = f"The limit of {limits.requests.per_minute} requests per minute is used up."
    elif standing.denied == 2 and limits.tokens is not None:
        reason = f"The limit of {limits.tokens.per_minute} tokens per minute is used up."
    else:
        reason = f"The limit of {limits.concurrent} runs at once is reached."
    return RateLimited(f"{reason} {again}", headers={**headers, "Retry-After": str(seconds)})
