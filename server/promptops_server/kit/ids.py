"""Identifiers: UUIDv7 inside, a prefixed Crockford base32 form outside.

UUIDv7 is RFC 9562, section 5.7; the counter is its method 1 (section 6.2): the 12 bits of
`rand_a` count within a millisecond, so that ids of one process never go backwards.
The public form is a prefix, an underscore and 26 characters of Crockford's base32
(https://www.crockford.com/base32.html), lower case and of fixed length: it sorts as the UUID does.
"""

import secrets
import threading
from functools import lru_cache
from uuid import UUID

from promptops_server.kit.clock import MillisecondClock, now_ms

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_VALUES.update({character.upper(): value for character, value in list(_VALUES.items())})
_LENGTH = 26
# Two characters at a time, the highest first.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)
_COUNTER_BITS = 12


class Uuid7Source:
    """Makes UUIDv7 values that increase strictly, even when the clock stands still or goes back."""

    def __init__(self, clock: MillisecondClock = now_ms) -> None:
        """Takes the clock that gives milliseconds since the Unix epoch."""
        self._clock = clock
        self._lock = threading.Lock()
        self._last_ms = -1
        self._counter = 0

    def __call__(self) -> UUID:
        """The next id, greater than every id that this source made before."""
        with self._lock:
            milliseconds = max(self._clock(), self._last_ms)
            if milliseconds == self._last_ms:
                self._counter += 1
                if self._counter >= 1 << _COUNTER_BITS:
                    # The counter is used up: borrow the next millisecond (RFC 9562, section 6.2).
                    milliseconds += 1
                    self._counter = 0
            else:
                # Start in the lower half, so that a busy millisecond has room to count.
                self._counter = secrets.randbits(_COUNTER_BITS - 1)
            self._last_ms = milliseconds
            counter = self._counter
        value = (milliseconds & ((1 << 48) - 1)) << 80
        value |= 0x7 << 76
        value |= counter << 64
        value |= 0b10 << 62
        value |= secrets.randbits(62)
        return UUID(int=value)


new_id = Uuid7Source()


def timestamp_ms(identifier: UUID) -> int:
    """The milliseconds since the Unix epoch that a UUIDv7 carries in its first 48 bits."""
    return identifier.int >> 80


def first_id_at(milliseconds: int) -> UUID:
    """The smallest UUID whose first 48 bits are this time: the lower bound of a range of UUIDv7."""
    return UUID(int=milliseconds << 80)


# A request tells the same id several times.
@lru_cache(maxsize=1024)
def to_public(prefix: str, identifier: UUID) -> str:
    """The public form of an id, as `run_` and 26 characters for the prefix `run`."""
    value = identifier.int
    return f"{prefix}_{''.join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])}"


def from_public(prefix: str, text: str) -> UUID | None:
    """The id that a public form names, or None where the text is not one of this prefix."""
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != _LENGTH:
        return None
    value = 0
    for character in tail:
        digit = _VALUES.get(character)
        if digit is None:
            return None
        value = value << 5 | digit
    return UUID(int=value) if value < 1 << 128 else None
