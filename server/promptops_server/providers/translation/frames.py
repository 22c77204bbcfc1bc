"""Parts streams of bytes into the JSON documents that they carry, without doing I/O.

Both readers take chunks cut anywhere, inside a code point too, hold no more than MAX_FRAME_BYTES,
and look at each byte a bounded number of times.
"""

import re
from typing import Protocol

MAX_FRAME_BYTES = 4 * 1024 * 1024


class FrameTooLong(Exception):
    """A line or a document is longer than any honest one."""


class FrameReader(Protocol):
    """Takes bytes as they arrive and gives back whole documents."""

    def feed(self, data: bytes) -> list[bytes]:
        """The documents that are complete now. Raises FrameTooLong."""
        ...


class SseReader:
    """The data of server-sent events (https://html.spec.whatwg.org, section 9.2.6).

    An event that the end of the stream cuts off is not given back, as the standard demands. Lines
    end with LF or CRLF; no provider sends a lone CR.
    """

    def __init__(self) -> None:
        """Starts with nothing read."""
        self._rest = bytearray()
        self._searched = 0
        self._data: list[bytes] = []
        self._held = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the events that are complete now. Raises FrameTooLong."""
        rest = self._rest
        rest += data
        events: list[bytes] = []
        start = 0
        while (end := rest.find(b"\n", self._searched)) >= 0:
            line = bytes(rest[start:end]).removesuffix(b"\r")
            start = self._searched = end + 1
            if not line:
                events += self._dispatch()
            elif line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
                self._held += len(line)
                self._check(0)
        del rest[:start]
        self._searched = len(rest)
        self._check(len(rest))
        return events

    def _dispatch(self) -> list[bytes]:
        if not self._data:
            return []
        event = b"\n".join(self._data)
        self._data.clear()
        self._held = 0
        return [event]

    def _check(self, more: int) -> None:
        if self._held + more > MAX_FRAME_BYTES:
            raise FrameTooLong


_IN_STRING = re.compile(rb'["\\]')
_OUTSIDE = re.compile(rb'["{}]')


class ArrayReader:
    """The objects of one JSON array, each as soon as its closing brace is there.

    Gemini streams an array where no `alt=sse` asks for events; what stands between the objects
    is not looked at.
    """

    def __init__(self) -> None:
        """Starts before the array."""
        self._rest = bytearray()
        self._at = 0
        self._depth = 0
        self._in_string = False

    def feed(self, data: bytes) -> list[bytes]:
        """The objects that are complete now. Raises FrameTooLong."""
        rest = self._rest
        rest += data
        objects: list[bytes] = []
        start = 0
        while found := (_IN_STRING if self._in_string else _OUTSIDE).search(rest, self._at):
            at = found.start()
            mark = rest[at]
            self._at = at + 1
            if mark == ord('"'):
                self._in_string = not self._in_string
            elif mark == ord("\\"):
                # The character after a backslash means nothing here; it may still be on its way.
                self._at = at + 2
            elif mark == ord("{"):
                start = start if self._depth else at
                self._depth += 1
            elif self._depth:
                self._depth -= 1
                if not self._depth:
                    objects.append(bytes(rest[start : self._at]))
                    start = self._at
        self._at = max(self._at, len(rest))
        keep_from = start if self._depth else len(rest)
        del rest[:keep_from]
        self._at -= keep_from
        if len(rest) > MAX_FRAME_BYTES:
            raise FrameTooLong
        return objects
