"""A token bucket, exact under concurrency: one Lua round trip takes a request from it.

The bucket is kept as the generic cell rate algorithm (ITU-T I.371; the "leaky bucket as a meter"):
one number a bucket, the theoretical arrival time in microseconds of the server's clock. That is
the same as a token bucket of `burst` tokens refilled at `per_minute`, without rounding drift.
"""

import math
import time
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, NoScriptError
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NotInTime

from promptops_server.core.errors import AppError

# KEYS[1] the bucket; ARGV: interval between tokens (us), burst.
# Returns {allowed, remaining, microseconds until full, microseconds until one more is allowed}.
_TAKE = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local interval = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])
local arrival = tonumber(redis.call('GET', KEYS[1]) or '0')
if arrival < now then arrival = now end
local after = arrival + interval
local allow_at = after - interval * burst
if allow_at > now + 0.5 then
  return {0, 0, math.ceil(arrival - now), math.ceil(allow_at - now)}
end
redis.call('SET', KEYS[1], string.format('%.3f', after),
           'PX', math.ceil((after - now) / 1000) + 1000)
return {1, math.floor((now - allow_at) / interval + 0.001), math.ceil(after - now), 0}
"""
_MICROSECONDS_A_MINUTE = 60_000_000
# After a failure the next request does not wait for the same failure again.
_PAUSE_S = 1.0
# What the client raises while Valkey is away; a fault of the script is a bug and is not caught.
_AWAY = (NotConnected, NotInTime, BusyLoadingError, OSError, TimeoutError)


class RateLimited(AppError):
    """The caller has used up its requests for now."""

    code = "rate_limited"
    title = "Too many requests"
    status = 429
    retryable = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the bucket said, and the numbers for the headers."""

    allowed: bool
    remaining: int
    full_in_s: int
    retry_after_s: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A named policy: `per_minute` requests, of which `burst` may come at once."""

    policy: str
    per_minute: int
    burst: int

    def headers(self, verdict: Verdict) -> dict[str, str]:
        """RateLimit headers (IETF draft-10) and the older three that clients still read."""
        window = math.ceil(self.burst * 60 / self.per_minute)
        found = {
            "RateLimit-Policy": f'"{self.policy}";q={self.burst};w={window}',
            "RateLimit": f'"{self.policy}";r={verdict.remaining};t={verdict.full_in_s}',
            "X-RateLimit-Limit": str(self.burst),
            "X-RateLimit-Remaining": str(verdict.remaining),
            "X-RateLimit-Reset": str(verdict.full_in_s),
        }
        if not verdict.allowed:
            found["Retry-After"] = str(verdict.retry_after_s)
        return found


class Buckets:
    """Takes from buckets in Valkey; while that is away, from buckets of this process alone.

    A process's own buckets have the same numbers, so an installation of N processes grants at most
    N times the limit during an outage, and refuses nobody for a fault of ours. When Valkey is back,
    its buckets count again.
    """

    def __init__(self, redis: Redis) -> None:
        """Takes the client; opens nothing."""
        self._redis = redis
        self._sha: str | None = None
        self._own: dict[str, float] = {}
        self._away_until = 0.0

    async def take(self, name: str, limit: Limit) -> Verdict:
        """Takes one request from the bucket `name`, or says when one will be there."""
        interval = _MICROSECONDS_A_MINUTE / limit.per_minute
        if time.monotonic() >= self._away_until:
            try:
                answer = await self._run(f"bucket:{name}", interval, limit.burst)
            except _AWAY:
                self._away_until = time.monotonic() + _PAUSE_S
            else:
                self._own.clear()
                return _verdict(*answer)
        return self._take_own(name, interval, limit.burst)

    async def _run(self, key: str, interval: float, burst: int) -> list[int]:
        if self._sha is None:
            self._sha = await self._redis.script_load(_TAKE)
        try:
            return await self._redis.evalsha(self._sha, 1, key, repr(interval), burst)
        except NoScriptError:
            # Valkey was restarted or flushed since: it has forgotten the script.
            self._sha = None
            return await self._redis.eval(_TAKE, 1, key, repr(interval), burst)

    def _take_own(self, name: str, interval: float, burst: int) -> Verdict:
        now = time.monotonic() * 1_000_000
        arrival = max(self._own.get(name, 0.0), now)
        after = arrival + interval
        allow_at = after - interval * burst
        if allow_at > now + 0.5:
            return _verdict(0, 0, math.ceil(arrival - now), math.ceil(allow_at - now))
        self._own[name] = after
        return _verdict(1, int((now - allow_at) / interval + 0.001), math.ceil(after - now), 0)


def _verdict(allowed: int, remaining: int, full_in_us: int, retry_after_us: int) -> Verdict:
    return Verdict(
        allowed=bool(allowed),
        remaining=remaining,
        full_in_s=math.ceil(full_in_us / 1_000_000),
        retry_after_s=max(1, math.ceil(retry_after_us / 1_000_000)),
    )


def rate_limited(limit: Limit, verdict: Verdict) -> RateLimited:
    """The error for a bucket that is empty, with all its headers."""
    seconds = verdict.retry_after_s
    unit = "second" if seconds == 1 else "seconds"
    return RateLimited(
        f"The limit of {limit.per_minute} requests per minute is used up. "
        f"Try again in {seconds} {unit}.",
        headers=limit.headers(verdict),
    )
