"""Text that comes from outside, made safe to store and to show."""

import re
from typing import cast

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD, since PostgreSQL refuses both.

    SQLSTATE 22021 (text) and 22P05 (jsonb) are what PostgreSQL answers to them.
    """
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def storable_json(value: object) -> object:
    """A copy of a JSON value in which every string, keys included, is storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return {storable(str(key)): storable_json(item) for key, item in pairs}
    if isinstance(value, list | tuple):
        return [storable_json(item) for item in cast("list[object]", value)]
    return value
