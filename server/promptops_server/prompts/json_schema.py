"""Whether an object is a JSON Schema, by the shape of its keywords (draft 2020-12).

The jsonschema library says it more completely, and takes half a millisecond for each part of a
schema: over a second for the tools that one prompt may have. This is linear and uses no recursion.
"""

from collections.abc import Callable
from typing import cast

import orjson

MAX_SCHEMA_BYTES = 64 * 1024
MAX_DEPTH = 24
_TYPES = frozenset({"null", "boolean", "object", "array", "number", "string", "integer"})
_NO_SCHEMA = "Each part of a JSON Schema is an object, true or false."
# A schema, a depth.
_Part = tuple[object, int]


def check_json_schema(schema: dict[str, object]) -> dict[str, object]:
    """The schema as it came. Raises ValueError with a sentence where it is none, or too large.

    Keywords that the draft does not know pass: providers have some of their own.
    """
    try:
        size_bytes = len(orjson.dumps(schema))
    except orjson.JSONEncodeError:
        raise ValueError("A JSON Schema holds only what JSON holds.") from None
    if size_bytes > MAX_SCHEMA_BYTES:
        raise ValueError(f"A JSON Schema is at most {MAX_SCHEMA_BYTES // 1024} KiB long.")
    waiting: list[_Part] = [(schema, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"A JSON Schema is at most {MAX_DEPTH} levels deep.")
        if isinstance(part, bool):
            continue
        if not isinstance(part, dict):
            raise ValueError(_NO_SCHEMA)  # noqa: TRY004 # Pydantic reports ValueErrors.
        for keyword, value in cast("dict[str, object]", part).items():
            if keyword in _SHAPES and not _SHAPES[keyword](value):
                raise ValueError(f"The JSON Schema keyword {keyword} has a wrong value.")
            waiting.extend((inner, depth + 1) for inner in _inner(keyword, value))
    return schema


def _inner(keyword: str, value: object) -> list[object]:
    """The schemas that a keyword's value holds."""
    if keyword in _ONE:
        return [value]
    if keyword in _MANY:
        return cast("list[object]", value)
    if keyword in _NAMED:
        return list(cast("dict[str, object]", value).values())
    return []


def _is_type(value: object) -> bool:
    if isinstance(value, list):
        names = cast("list[object]", value)
        return _is_names(names) and bool(names) and set(names) <= _TYPES
    return isinstance(value, str) and value in _TYPES


def _is_names(value: object) -> bool:
    if not isinstance(value, list):
        return False
    names = cast("list[object]", value)
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_filled_list(value: object) -> bool:
    return isinstance(value, list) and bool(cast("list[object]", value))


def _is_list(value: object) -> bool:
    return isinstance(value, list)


_ONE = frozenset(
    {
        *("items", "additionalProperties", "contains", "not", "if", "then", "else"),
        *("propertyNames", "unevaluatedItems", "unevaluatedProperties"),
    }
)
_MANY = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_Shape = Callable[[object], bool]
_SHAPES: dict[str, _Shape] = {
    **dict.fromkeys(_MANY, _is_filled_list),
    **dict.fromkeys(_NAMED, _is_object),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), _is_count),
    **dict.fromkeys(("title", "description", "pattern", "format", "$ref", "$id"), _is_text),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), _is_boolean),
    "multipleOf": lambda value: _is_number(value) and cast("float", value) > 0,
    "type": _is_type,
    "required": _is_names,
    "enum": _is_filled_list,
    "examples": _is_list,
}
