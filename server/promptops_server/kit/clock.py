"""Where the time comes from, so that a test can say what time it is."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

# Returns milliseconds since the Unix epoch.
MillisecondClock = Callable[[], int]


def now_ms() -> int:
    """The wall clock in whole milliseconds since the Unix epoch (UTC)."""
    return time.time_ns() // 1_000_000


def utc_now() -> datetime:
    """The wall clock as an aware datetime in UTC."""
    return datetime.now(UTC)


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC datetime of a count of milliseconds since the Unix epoch."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
