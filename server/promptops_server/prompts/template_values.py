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
from typing import Any, NoReturn, cast

from markupsafe import escape

from promptops_server.prompts.template_errors import TemplateLimitExceeded, TemplateRenderFailed

MAX_VALUE_DEPTH = 100
# What the filters written in Python may produce in one rendering: fuel does not count them.
MAX_FILTER_OUTPUT = 2 * 1024 * 1024
# How many elements the lists and objects of all variables may have together.
MAX_ELEMENTS = 32_768
# How much of lists and objects one rendering may read, in characters: the engine copies a text at
# every read, and fuel does not count it. A short text counts as much as the read itself costs, so
# that this is 32,768 reads.
MAX_READ = 16 * 1024 * 1024
_ONE_READ = 512
# How much one rendering may put in order: the engine makes two texts lower-case every time that it
# compares them, and fuel does not count that either.
MAX_ORDERED = 1024 * 1024
_ORDERED_ELEMENT = 64
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
    # The test weighs every element and keeps it as it is.
    **{name: f"select('weighed')|{name}" for name in ("sort", "unique", "groupby", "min", "max")},
    "dictsort": "weighed_dict|dictsort",
}
# What one element of a list or dict counts in a measure of input in characters.
_ELEMENT_SIZE = 8
_TOO_MUCH_READ = "Rendering reads its lists and objects too often."
_TOO_MUCH_ORDERED = "Rendering sorts or groups too much text."
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

    __slots__ = ("_kind", "_size", "_view")

    def __init__(self, kind: str, view: Collection[object], size: int) -> None:
        self._kind = kind
        self._view = view
        self._size = size

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[object]:
        return iter(self._view if _may_read(self._size) else ())

    def __repr__(self) -> str:
        return f"dict_{self._kind}({list(self._view)!r})"


class _List(list[object]):
    """A list of which a template sees only the elements; every read of a text is counted.

    `size` is that of everything in it.
    """

    __slots__ = ("size",)
    __hash__ = None
    size: int

    def __len__(self) -> int:
        return super().__len__() if _budget.read >= 0 else 0

    def __getitem__(self, key: Any) -> Any:
        return _counted(super().__getitem__(key))

    def __eq__(self, other: object) -> bool:
        return not _may_read(self.size) or super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not _may_read(self.size) or super().__ne__(other)

    def __lt__(self, other: list[object]) -> bool:
        return not _may_read(self.size) or super().__lt__(other)

    def __le__(self, other: list[object]) -> bool:
        return not _may_read(self.size) or super().__le__(other)

    def __gt__(self, other: list[object]) -> bool:
        return not _may_read(self.size) or super().__gt__(other)

    def __ge__(self, other: list[object]) -> bool:
        return not _may_read(self.size) or super().__ge__(other)


class _Dict(dict[str, object]):
    """A dict of which a template sees the elements, get, items, keys and values.

    Reads are counted as those of a list; `key_size` is the size of the keys.
    """

    __slots__ = ("key_size", "size")
    __hash__ = None
    key_size: int
    size: int

    def __len__(self) -> int:
        return super().__len__() if _budget.read >= 0 else 0

    def __getitem__(self, key: str) -> object:
        return _counted(super().__getitem__(key))

    def __iter__(self) -> Iterator[str]:
        return super().__iter__() if _may_read(self.key_size) else iter(())

    def __eq__(self, other: object) -> bool:
        return not _may_read(self.size) or super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not _may_read(self.size) or super().__ne__(other)


def _get(data: _Dict) -> _Method:
    return _Method("get", lambda *arguments: _counted(dict[str, object].get(data, *arguments)))


def _items(data: _Dict) -> _Method:
    return _Method("items", lambda: _View("items", dict[str, object].items(data), data.size))


def _keys(data: _Dict) -> _Method:
    return _Method("keys", lambda: _View("keys", dict[str, object].keys(data), data.key_size))


def _values(data: _Dict) -> _Method:
    return _Method("values", lambda: _View("values", dict[str, object].values(data), data.size))


for _kind, _kept in (
    (_List, {}),
    (_Dict, {"get": _get, "items": _items, "keys": _keys, "values": _values}),
):
    for _attribute in dir(_kind.__base__):
        if not _attribute.startswith("_"):
            _reader = _kept.get(_attribute)
            setattr(_kind, _attribute, property(_reader) if _reader else _Hidden())


class _Budget(threading.local):
    """What the rendering that this thread is in may still do beside what fuel counts."""

    elements = MAX_ELEMENTS
    output = MAX_FILTER_OUTPUT
    read = MAX_READ
    ordered = MAX_ORDERED


_budget = _Budget()


def convert(names: Iterable[str], variables: Mapping[str, object]) -> tuple[dict[str, object], int]:
    """The named variables that are given, as the engine may see them, and their size.

    The size counts the characters of texts and some for each element. Requires start_budget.
    Raises TemplateLimitExceeded for more than MAX_ELEMENTS, TemplateRenderFailed for what is not
    a JSON value, is nested too deeply, or is an integer of over 128 bits.
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
    if isinstance(value, list | tuple | Mapping):
        _take_elements(len(cast("Collection[object]", value)))
        if isinstance(value, Mapping):
            return _convert_object(cast("Mapping[object, object]", value), depth)
        return _convert_list(cast("Iterable[object]", value), depth)
    raise TemplateRenderFailed("A variable is not a JSON value.")


def _convert_list(values: Iterable[object], depth: int) -> tuple[object, int]:
    elements = _List()
    append = partial(list[object].append, elements)
    size = _ELEMENT_SIZE
    for element in values:
        converted, part = _convert(element, depth - 1)
        append(converted)
        size += part
    elements.size = size
    return elements, size


def _convert_object(values: Mapping[object, object], depth: int) -> tuple[object, int]:
    pairs = _Dict()
    size, key_size = _ELEMENT_SIZE, 0
    for key, element in values.items():
        if not isinstance(key, str):
            raise TemplateRenderFailed("A variable holds an object with a key that is no text.")
        converted, part = _convert(element, depth - 1)
        pairs[key] = converted
        size += part
        key_size += len(key)
    pairs.key_size = key_size
    pairs.size = size + key_size
    return pairs, pairs.size


def finalize(value: object) -> object:
    """What `{{ }}` prints, where that differs from what the engine itself would print.

    Floats print as Python prints them (1e-05); NotImplemented leaves a value to the engine. The
    engine hands a whole float over as an integer, so one of 1e16 or more still prints in full.
    """
    return repr(value) if isinstance(value, float) else NotImplemented


def start_budget() -> None:
    """Gives this thread what one rendering may take, read, order and produce: before each."""
    _budget.elements = MAX_ELEMENTS
    _budget.output = MAX_FILTER_OUTPUT
    _budget.read = MAX_READ
    _budget.ordered = MAX_ORDERED


def check_budget() -> None:
    """Raises TemplateLimitExceeded where the rendering that ended wanted more than its budget.

    The engine takes an error of a read for a missing element, so a read raises none.
    """
    if _budget.read < 0:
        raise TemplateLimitExceeded(_TOO_MUCH_READ)
    if _budget.ordered < 0:
        raise TemplateLimitExceeded(_TOO_MUCH_ORDERED)


def weighed(value: object) -> bool:
    """A test that is true of everything and counts what it sees against what may be ordered."""
    _budget.ordered -= _ORDERED_ELEMENT + _size(value)
    if _budget.ordered < 0:
        raise TemplateLimitExceeded(_TOO_MUCH_ORDERED)
    return True


def weighed_dict(value: object) -> object:
    """The value as it is, counted as by `weighed`."""
    # A dict that the template itself built would come back with its whole floats as integers.
    if not isinstance(value, _Dict):
        raise TemplateRenderFailed("dictsort takes an object that came with the variables.")
    _budget.ordered -= _ORDERED_ELEMENT * len(value)
    weighed(value)
    return value


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
    _budget.output -= len(text)
    if _budget.output < 0:
        raise TemplateLimitExceeded("The filters of this template produce too much text.")
    return text


def _counted(value: object) -> object:
    size = len(value) if type(value) is str else 0
    return value if _may_read(size) else ""


def _may_read(characters: int) -> bool:
    """Counts a read; when it is False the rendering is lost and may end as cheaply as it can."""
    _budget.read -= max(_ONE_READ, characters)
    return _budget.read >= 0


def _take_elements(count: int) -> None:
    _budget.elements -= count
    if _budget.elements < 0:
        raise TemplateLimitExceeded(
            f"The variables of a rendering have at most {MAX_ELEMENTS} elements."
        )


def _size(value: object) -> int:
    """The characters in a value, and some for each element of a list or dict."""
    size = 0
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            size += len(part)
        elif isinstance(part, _List | _Dict):
            size += part.size
        elif isinstance(part, list | tuple):
            waiting += cast("list[object]", part)
            size += _ELEMENT_SIZE
        elif isinstance(part, dict):
            pairs = cast("dict[object, object]", part)
            waiting += [*pairs.keys(), *pairs.values()]
            size += _ELEMENT_SIZE
    return size
