import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops_server.providers.translation.frames import (
    MAX_FRAME_BYTES,
    ArrayReader,
    FrameReader,
    FrameTooLong,
    SseReader,
)

JsonObject = dict[str, object]

# Multibyte text, quotes, braces, escapes and line ends inside of strings: about 200 bytes each.
DOCUMENTS: list[JsonObject] = [
    {"text": 'Grüße "你好" {\\} 🌍', "n": [1, {"deep": {"er": "}{"}}]},
    {"text": "\\", "b": '\\"', "c": "\n\r\n\t"},
    {},
    {"text": "नमस्ते שלום", "empty": {"a": {}, "b": [{}, {}]}},
]
SSE = b"".join(
    f"event: e{at}\r\nid: {at}\ndata: ".encode() + orjson.dumps(document) + b"\r\n\r\n"
    for at, document in enumerate(DOCUMENTS)
)
ARRAY = b"[" + b"\n,\r\n".join(orjson.dumps(document) for document in DOCUMENTS) + b"\n]\n"
READERS = [(SseReader, SSE), (ArrayReader, ARRAY)]


def parsed(frames: list[bytes]) -> list[object]:
    return [orjson.loads(frame) for frame in frames]


@pytest.mark.parametrize(("make", "stream"), READERS, ids=["sse", "array"])
def test_every_split_point_gives_the_same_documents(
    make: type[SseReader | ArrayReader], stream: bytes
) -> None:
    for at in range(len(stream) + 1):
        reader = make()
        assert parsed(reader.feed(stream[:at]) + reader.feed(stream[at:])) == DOCUMENTS


@pytest.mark.parametrize(("make", "stream"), READERS, ids=["sse", "array"])
def test_byte_by_byte_gives_the_same_documents(
    make: type[SseReader | ArrayReader], stream: bytes
) -> None:
    reader = make()
    found = [frame for byte in stream for frame in reader.feed(bytes([byte]))]
    assert parsed(found) == DOCUMENTS


@given(
    st.lists(st.dictionaries(st.text(), st.text() | st.lists(st.text()))),
    st.lists(st.integers(1, 40), min_size=1),
)
def test_any_documents_in_any_pieces_come_back(
    documents: list[dict[str, object]], sizes: list[int]
) -> None:
    bodies = [orjson.dumps(document) for document in documents]
    streams: list[tuple[FrameReader, bytes]] = [
        (SseReader(), b"".join(b"data:" + body + b"\n\n" for body in bodies)),
        (ArrayReader(), b"[" + b",".join(bodies) + b"]"),
    ]
    for reader, stream in streams:
        found: list[bytes] = []
        at = turn = 0
        while at < len(stream):
            size = sizes[turn % len(sizes)]
            found += reader.feed(stream[at : at + size])
            at, turn = at + size, turn + 1
        assert found == bodies


def test_data_lines_of_one_event_are_joined_and_comments_are_not_data() -> None:
    stream = b": ping\n\ndata: a\ndata:b\n\nretry: 3\n\ndata: cut off"
    assert SseReader().feed(stream) == [b"a\nb"]


@pytest.mark.parametrize("make", [SseReader, ArrayReader])
@pytest.mark.parametrize("opening", [b"data: ", b'[{"a": "', b"[{"])
def test_frame_without_end_is_refused_at_the_limit(
    make: type[SseReader | ArrayReader], opening: bytes
) -> None:
    reader = make()
    reader.feed(b"[{" if make is ArrayReader and opening == b"data: " else opening)
    assert fed_until_refused(reader, b"a" * 65536) <= MAX_FRAME_BYTES


def test_many_data_lines_of_one_event_are_refused_at_the_limit() -> None:
    line = b"data: " + b"a" * 65536 + b"\n"
    assert fed_until_refused(SseReader(), line) <= MAX_FRAME_BYTES


def fed_until_refused(reader: FrameReader, piece: bytes) -> int:
    """How many bytes the reader took before it refused more."""
    fed = 0
    while fed < 2 * MAX_FRAME_BYTES:
        try:
            reader.feed(piece)
        except FrameTooLong:
            return fed
        fed += len(piece)
    return fed


def test_frame_of_the_limit_passes() -> None:
    body = b"a" * (MAX_FRAME_BYTES - len(b"data: "))
    assert SseReader().feed(b"data: " + body + b"\n\n") == [body]
