"""What a limit is, and a token bucket as arithmetic.

A bucket is kept as the generic cell rate algorithm (ITU-T I.371; the "leaky bucket as a meter"):
one number a bucket, the theoretical arrival time in microseconds. That is the same as a token
bucket of `burst` tokens refilled at `per_minute`, without rounding drift.
"""

import math
from dataclasses import dataclass

from promptops_server.core.errors import AppError

MICROSECONDS_A_MINUTE = 60_000_000


class RateLimited(AppError):
    """The caller has used up its requests, its tokens or its runs at once for now."""

    code = "rate_limited"
    title = "Too many requests"
    status = 429
    retryable = True


@dataclass(frozen=True, slots=True)
class Limit:
    """A named policy: `per_minute` units, of which `burst` may come at once."""

    policy: str
    per_minute: int
    burst: int

    @property
    def interval_us(self) -> float:
        """Microseconds in which one unit comes back."""
        return MICROSECONDS_A_MINUTE / self.per_minute

    @property
    def window_s(self) -> int:
        """Seconds in which an empty bucket is full again."""
        return math.ceil(self.burst * 60 / self.per_minute)


@dataclass(frozen=True, slots=True)
class Level:
    """How a bucket stands: what is left, and in how many microseconds it is full."""

    remaining: int
    full_in_us: float


class OwnBuckets:
    """Buckets of this process alone, for while Valkey is away; time is given by the caller."""

    def __init__(self) -> None:
        """Begins with every bucket full."""
        self._arrivals: dict[str, float] = {}

    def clear(self) -> None:
        """Fills every bucket."""
        self._arrivals.clear()

    def wait_us(self, name: str, limit: Limit, units: int, now_us: float) -> float:
        """Microseconds until so many units are there; 0 where they are."""
        after = self._arrival(name, now_us) + limit.interval_us * units
        return max(0.0, after - limit.interval_us * limit.burst - now_us - 0.5)

    def take(self, name: str, limit: Limit, units: float, now_us: float) -> Level:
        """Takes so many units (gives them back where negative), and says how the bucket stands."""
        after = max(now_us, self._arrival(name, now_us) + limit.interval_us * units)
        self._arrivals[name] = after
        left = (now_us - after) / limit.interval_us + limit.burst
        return Level(max(0, int(left + 0.001)), after - now_us)

    def _arrival(self, name: str, now_us: float) -> float:
        return max(self._arrivals.get(name, 0.0), now_us)
