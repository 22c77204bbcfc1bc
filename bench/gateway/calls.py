"""One HTTP call as the load driver makes it, and what it tells of many."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

# The first and the last word of the upstream's answer: an answer that holds both came whole.
FIRST_WORD = b"Paris"
LAST_WORD = b"inhabitants"


@dataclass(frozen=True, slots=True)
class Call:
    """A request, ready to be written to 127.0.0.1, and the last event of its answer.

    `last_event` is empty where the answer is one JSON body.
    """

    port: int
    request: bytes
    last_event: bytes = b""

    @classmethod
    def post(
        cls,
        port: int,
        path: str,
        body: object,
        headers: Mapping[str, str],
        last_event: bytes = b"",
    ) -> Self:
        """The call that posts this body as JSON on a connection that is kept open."""
        content = json.dumps(body, separators=(",", ":")).encode()
        lines = (
            f"POST {path} HTTP/1.1",
            f"host: 127.0.0.1:{port}",
            "accept: */*",
            "content-type: application/json",
            f"content-length: {len(content)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        )
        return cls(port, "\r\n".join(lines).encode() + b"\r\n\r\n" + content, last_event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A closed loop: so many connections, each with one request under way, for so long."""

    call: Call
    concurrency: int
    warm_s: float
    seconds: float

    def to_json(self) -> str:
        """The form in which it goes to the driver."""
        fields = asdict(self)
        fields["call"]["request"] = self.call.request.decode("latin-1")
        fields["call"]["last_event"] = self.call.last_event.decode("latin-1")
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The load that the driver was given."""
        fields = json.loads(text)
        call = fields.pop("call")
        return cls(
            call=Call(
                call["port"],
                call["request"].encode("latin-1"),
                call["last_event"].encode("latin-1"),
            ),
            **fields,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a load gave. `answers` counts the warm-up too, the other figures do not.

    A time to the first word is that of a request until `Paris` has arrived. `failure` describes
    the first answer that was wrong in any way, and is empty where every one was right.
    """

    answers: int
    rps: float
    p50_ms: float
    p99_ms: float
    first_word_p50_ms: float
    first_word_p99_ms: float
    failure: str


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One way to ask: for a stream or not, at a latency of the upstream, so many at once."""

    latency_ms: int
    stream: bool
    concurrency: int
