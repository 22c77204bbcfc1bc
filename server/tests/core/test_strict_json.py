import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops_server.core import strict_json
from promptops_server.core.errors import InvalidJson

_REFUSED = {
    "not JSON": b"{",
    "empty": b"",
    "NaN": b'{"n": NaN}',
    "infinity": b'{"n": -Infinity}',
    "a float beyond range": b'{"n": 1e999}',
    "an integer beyond 64 bits": b'{"n": 9223372036854775808}',
    "5,000 digits": b'{"n": ' + b"9" * 5000 + b"}",
    "a lone surrogate in a value": b'{"n": "\\ud800"}',
    "a lone surrogate in a key": b'{"\\udfff": 1}',
    "NUL": b'{"n": "a\\u0000b"}',
    "NUL in a key": b'{"a\\u0000b": 1}',
    "duplicate keys": b'{"n": 1, "n": 2}',
    "duplicate keys, spelt differently": b'{"n": 1, "\\u006e": 2}',
    "900 deep": b"[" * 900 + b"]" * 900,
    "100,000 deep": b"[" * 100_000,
    "invalid UTF-8": b'{"n": "\xff"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"n": 1}'.encode("utf-16"),
}


@pytest.mark.parametrize("body", _REFUSED.values(), ids=_REFUSED.keys())
def test_hostile_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        strict_json.parse(body)


@pytest.mark.parametrize("depth", [strict_json.MAX_DEPTH - 1, strict_json.MAX_DEPTH])
def test_depth_up_to_the_limit_is_taken(depth: int) -> None:
    assert strict_json.parse(b"[" * depth + b"]" * depth) is not None


def test_depth_beyond_the_limit_is_refused() -> None:
    depth = strict_json.MAX_DEPTH + 1
    with pytest.raises(InvalidJson, match="nested deeper than"):
        strict_json.parse(b"[" * depth + b"]" * depth)


def test_brackets_in_strings_do_not_count() -> None:
    text = "[{" * 500 + '\\"' + "]"
    assert strict_json.parse(json.dumps({"text": text}).encode()) == {"text": text}


def test_a_surrogate_pair_is_a_character() -> None:
    assert strict_json.parse(b'{"n": "\\ud83d\\ude00"}') == {"n": "\U0001f600"}


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(_VALUES, st.booleans())
def test_what_is_taken_is_what_was_sent(value: object, ascii_only: bool) -> None:
    assert strict_json.parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_or_refused(body: bytes) -> None:
    with contextlib.suppress(InvalidJson):
        json.dumps(strict_json.parse(body), allow_nan=False).encode()
