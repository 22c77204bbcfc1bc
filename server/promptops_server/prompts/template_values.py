"""Values on their way into and out of the engine: data in, what plain Jinja2 prints out.

MiniJinja hands out a Python list or dict as the live object, its methods included: a template
could change the caller's variables (`{{ items.append(1) }}`) or print a method's address. So lists
and dicts go in as copies of which a template sees the elements and the methods get, items, keys
and values, and nothing else.
"""

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import NoReturn, cast

from markupsafe import escape

from promptops_server.prompts.template_errors import TemplateLimitExceeded, TemplateRenderFailed

MAX_VALUE_DEPTH = 100
# What the filters written in Python may produce in one rendering: fuel does not count them.
MAX_FILTER_OUTPUT = 2 * 1024 * 1024
# The engine's integers have 128 bits.
_INTEGER_BOUND = 1 << 127
# What stands for an undefined value before a filter written in Python, which would be given None.
# A noncharacter (Unicode 16, section 23.7) keeps it apart from what people write.
UNDEFINED = "\ufdd0undefined"
# What these filters become before the engine sees the template. It hands a whole float to Python
# as an integer, so the engine itself makes text of the value first.
FILTER_CHAINS = {
    "tojson": f"default('{UNDEFINED}')|tojson|sorted_json",
    "e": f"default('{UNDEFINED}')|string|e",
    "escape": f"default('{UNDEFINED}')|string|escape",
}
# What one element of a list or dict counts in a measure of input in characters.
_ELEMENT_SIZE = 8
# What Jinja2 replaces in JSON (markupsafe's rule for a script element).
_JSON_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&'"}


class _Hidden:
    """Takes the place of an inherited method: there is no such attribute."""

    def __get__(self, instance: object, owner: type | None = None) -> NoReturn:
        raise AttributeError


class _Method:
    """A method to call; it prints as its name and not as its address."""

    __slots__ = ("_call", "_name")

    def __init__(self, name: str, call: Callable[..., object]) -> None:
        self._name = name
        self._call = call

    def __call__(self, *arguments: object) -> object:
        return self._call(*arguments)

    def __repr__(self) -> str:
        return f"<method {self._name}>"


class _View:
    """What items(), keys() and values() give: to iterate over and to print, nothing else."""

    __slots__ = ("_kind", "_view")

    def __init__(self, kind: str, view: Collection[object]) -> None:
        self._kind = kind
        self._view = view

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[object]:
        return iter(self._view)

    def __repr__(self) -> str:
        return f"dict_{self._kind}({list(self._view)!r})"


class _List(list[object]):
    """A list of which a template sees only the elements."""

    __slots__ = ()


class _Dict(dict[str, object]):
    """A dict of which a template sees the elements, get, items, keys and values."""

    __slots__ = ()


def _get(data: dict[str, object]) -> _Method:
    return _Method("get", partial(dict[str, object].get, data))


def _items(data: dict[str, object]) -> _Method:
    return _Method("items", lambda: _View("items", dict[str, object].items(data)))


def _keys(data: dict[str, object]) -> _Method:
    return _Method("keys", lambda: _View("keys", dict[str, object].keys(data)))


def _values(data: dict[str, object]) -> _Method:
    return _Method("values", lambda: _View("values", dict[str, object].values(data)))


for _kind, _kept in (
    (_List, {}),
    (_Dict, {"get": _get, "items": _items, "keys": _keys, "values": _values}),
):
    for _attribute in dir(_kind.__base__):
        if not _attribute.startswith("_"):
            _reader = _kept.get(_attribute)
            setattr(_kind, _attribute, property(_reader) if _reader else _Hidden())


class _Budget(threading.local):
    """What the Python filters may still produce in the rendering that this thread is in."""

    left = MAX_FILTER_OUTPUT


_budget = _Budget()


def convert(names: Iterable[str], variables: Mapping[str, object]) -> tuple[dict[str, object], int]:
    """The named variables that are given, as the engine may see them, and their size.

    The size counts the characters of texts and some for each element. Raises TemplateRenderFailed
    for what is not a JSON value, is nested too deeply, or is an integer of over 128 bits.
    """
    context: dict[str, object] = {}
    size = 0
    for name in names:
        if name in variables:
            value = variables[name]
            if type(value) is str:
                context[name] = value
                size += len(value)
            else:
                context[name], part = _convert(value, MAX_VALUE_DEPTH)
                size += part
    return context, size


def _convert(value: object, depth: int) -> tuple[object, int]:
    if value is None or isinstance(value, bool | float):
        return value, _ELEMENT_SIZE
    if isinstance(value, str):
        return value, len(value) + _ELEMENT_SIZE
    if isinstance(value, int):
        if not -_INTEGER_BOUND <= value < _INTEGER_BOUND:
            raise TemplateRenderFailed("A variable holds an integer of over 128 bits.")
        return value, _ELEMENT_SIZE
    if depth == 0:
        raise TemplateRenderFailed(f"A variable is nested over {MAX_VALUE_DEPTH} levels deep.")
    if isinstance(value, list | tuple):
        return _convert_list(cast("Iterable[object]", value), depth)
    if isinstance(value, Mapping):
        return _convert_object(cast("Mapping[object, object]", value), depth)
    raise TemplateRenderFailed("A variable is not a JSON value.")


def _convert_list(values: Iterable[object], depth: int) -> tuple[object, int]:
    elements = _List()
    append = partial(list[object].append, elements)
    size = _ELEMENT_SIZE
    for element in values:
        converted, part = _convert(element, depth - 1)
        append(converted)
        size += part
    return elements, size


def _convert_object(values: Mapping[object, object], depth: int) -> tuple[object, int]:
    pairs = _Dict()
    size = _ELEMENT_SIZE
    for key, element in values.items():
        if not isinstance(key, str):
            raise TemplateRenderFailed("A variable holds an object with a key that is no text.")
        converted, part = _convert(element, depth - 1)
        pairs[key] = converted
        size += part + len(key)
    return pairs, size


def finalize(value: object) -> object:
    """What `{{ }}` prints, where that differs from what the engine itself would print.

    Floats print as Python prints them (1e-05); NotImplemented leaves a value to the engine. The
    engine hands a whole float over as an integer, so one of 1e16 or more still prints in full.
    """
    return repr(value) if isinstance(value, float) else NotImplemented


def start_filters() -> None:
    """Gives the Python filters of this thread their budget: before each rendering with any."""
    _budget.left = MAX_FILTER_OUTPUT


def sorted_json(text: str, indent: int | None = None) -> str:
    """JSON as Jinja2's tojson writes it: sorted keys, ASCII, `<>&'` escaped."""
    value: object = json.loads(_charge(text))
    _check_defined(value)
    return _charge(json.dumps(value, sort_keys=True, indent=indent)).translate(_JSON_ESCAPES)


def to_html(text: str) -> str:
    """The text with `<>&'"` escaped as Jinja2's escape writes them."""
    _check_defined(text)
    return str(escape(_charge(text)))


def _check_defined(value: object) -> None:
    if value == UNDEFINED:
        raise TemplateRenderFailed("What is put into tojson or escape is undefined.")


def _charge(text: str) -> str:
    _budget.left -= len(text)
    if _budget.left < 0:
        raise TemplateLimitExceeded("The filters of this template produce too much text.")
    return text
