"""JSON as this API takes it: what another parser may read differently is refused.

Refused beside what RFC 8259 forbids: NaN and infinities, duplicate keys, lone surrogates, NUL,
integers beyond 64 bits, and nesting deeper than MAX_DEPTH.
"""

import json
import math
import re
from typing import NoReturn, cast

from promptops_server.core.errors import BodyTooLarge, InvalidJson

MAX_DEPTH = 32
MAX_RUN_BODY_BYTES = 1024 * 1024
_MAX_INTEGER = 2**63 - 1
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


class _Refused(ValueError):
    """Carries the sentence out of the decoder's hooks."""


def parse(body: bytes) -> object:
    """The JSON value of the body: dict, list, str, int, float, bool or None.

    Raises InvalidJson with one sentence; it says what is wrong, never what was sent.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJson(f"The body is not UTF-8 (byte {error.start}).") from None
    if text.startswith("\ufeff"):
        raise InvalidJson("The body starts with a byte order mark. Leave it out.")
    _check_depth(body)
    try:
        value: object = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidJson(f"The body is not valid JSON ({where}).") from None
    except _Refused as refused:
        raise InvalidJson(str(refused)) from None
    except RecursionError:
        raise InvalidJson(_TOO_DEEP) from None
    if "\\u" in text:
        _check_characters(value)
    return value


def parse_object(body: bytes) -> dict[str, object]:
    """The same, where the body must be an object. Raises InvalidJson otherwise."""
    value = parse(body)
    if not isinstance(value, dict):
        raise InvalidJson("The body must be a JSON object.")
    return cast("dict[str, object]", value)


def too_large(limit_bytes: int) -> BodyTooLarge:
    """The error for a body over the limit."""
    return BodyTooLarge(f"The body is larger than {limit_bytes} bytes.")


_TOO_DEEP = f"The body is nested deeper than {MAX_DEPTH} levels."


def _check_depth(body: bytes) -> None:
    """Counts brackets outside strings, before any parser recurses into them."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    # Strings are taken out first: a bracket in one is text. The pattern cannot backtrack.
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise InvalidJson(_TOO_DEEP)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Refused("An object in the body has the same key twice.")
    return result


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(value := int(digits)) > _MAX_INTEGER:
        raise _Refused("A number in the body is too large.")
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _Refused("A number in the body is too large.")
    return value


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not JSON.")


def _check_characters(value: object) -> None:
    """Looks for NUL and lone surrogates, which only an escape can bring into UTF-8 text."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\x00" in item:
                raise InvalidJson("A string in the body holds a NUL character.")
            if any("\ud800" <= character <= "\udfff" for character in item):
                raise InvalidJson("A string in the body holds half of a surrogate pair.")
        elif isinstance(item, dict):
            pairs = cast("dict[str, object]", item)
            waiting.extend(pairs.keys())
            waiting.extend(pairs.values())
        elif isinstance(item, list):
            waiting.extend(cast("list[object]", item))


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)
