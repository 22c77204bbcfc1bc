"""The part of Jinja2 that prompts have: what Jinja2 and MiniJinja both know and print alike.

Everything is an allow-list over the syntax tree, so a construct that nobody thought of is refused.
The tree is walked with a list instead of recursion, because a template may be hundreds deep.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from jinja2 import nodes

from promptops_server.prompts.template_errors import TemplateUnsupported

# What is called by its bare name; as a plain variable each of these is an ordinary name.
GLOBALS = frozenset({"range", "dict", "namespace"})
# Names that Jinja2 fills itself; MiniJinja has some, or fills them differently.
RESERVED_NAMES = frozenset(
    {"loop", "self", "super", "caller", "varargs", "kwargs", "cycler", "joiner", "lipsum"}
)
# Words that Jinja2's parser takes for names where an operator cannot stand (`-not x`).
OPERATOR_WORDS = frozenset({"not", "and", "or", "if", "elif", "else", "in", "is"})
# Methods whose result is a text, a number or a boolean.
TEXT_METHODS = frozenset(
    {
        *("upper", "lower", "strip", "lstrip", "rstrip", "capitalize", "replace", "join"),
        *("startswith", "endswith", "find", "count"),
    }
)
METHODS = TEXT_METHODS | {"split", "get", "items", "keys", "values"}
LOOP_METHODS = frozenset({"cycle", "changed"})
LOOP_NUMBERS = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0"}
)
LOOP_ATTRIBUTES = LOOP_NUMBERS | {"previtem", "nextitem"}
# Jinja2 finds the method before the key of this name, MiniJinja the key.
_DICT_ATTRIBUTES = frozenset(name for name in dir(dict) if not name.startswith("_"))

TESTS = frozenset(
    {
        *("defined", "undefined", "none", "boolean", "true", "false", "integer", "float"),
        *("number", "string", "mapping", "odd", "even", "divisibleby", "sameas", "in"),
        *("eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<", "le", "<="),
        *("gt", "greaterthan", ">", "ge", ">="),
    }
)


@dataclass(frozen=True, slots=True)
class FilterRule:
    """How a filter may be called: how many arguments, and which keywords.

    `scalar` says that its result is a text, a number or a boolean; `lazy` that Jinja2 gives a
    generator, which prints as its address and runs only once.
    """

    arguments: int = 0
    keywords: frozenset[str] = frozenset()
    scalar: bool = False
    lazy: bool = False


def _scalar(arguments: int = 0, *keywords: str) -> FilterRule:
    return FilterRule(arguments, frozenset(keywords), scalar=True)


def _same(arguments: int = 0, *keywords: str) -> FilterRule:
    return FilterRule(arguments, frozenset(keywords))


def _lazy(arguments: int = 0, *keywords: str) -> FilterRule:
    return FilterRule(arguments, frozenset(keywords), lazy=True)


FILTERS = {
    "abs": _scalar(),
    "batch": _lazy(1),
    "capitalize": _scalar(),
    "count": _scalar(),
    "d": _same(2, "boolean"),
    "default": _same(2, "boolean"),
    "dictsort": _same(0, "case_sensitive", "by", "reverse"),
    "e": _scalar(),
    "escape": _scalar(),
    "first": _same(),
    "float": _scalar(1, "default"),
    "groupby": _same(1, "attribute"),
    "indent": _scalar(1, "width"),
    "int": _scalar(1, "default"),
    "items": _lazy(),
    "join": _scalar(1, "attribute"),
    "last": _same(),
    "length": _scalar(),
    "list": _same(),
    "lower": _scalar(),
    "map": _lazy(4, "attribute"),
    "max": _same(0, "attribute"),
    "min": _same(0, "attribute"),
    "reject": _lazy(2),
    "rejectattr": _lazy(3),
    "replace": _scalar(3),
    "reverse": _lazy(),
    "round": _scalar(1, "precision"),
    "select": _lazy(2),
    "selectattr": _lazy(3),
    "slice": _lazy(1),
    "sort": _same(0, "attribute", "reverse", "case_sensitive"),
    "string": _scalar(),
    "striptags": _scalar(),
    "sum": _scalar(0, "attribute"),
    "title": _scalar(),
    "tojson": _scalar(1, "indent"),
    "trim": _scalar(1),
    "unique": _lazy(0, "attribute", "case_sensitive"),
    "upper": _scalar(),
}
# What may take a generator, or a range, as its operand and use it up at once.
_CONSUMERS = frozenset(
    {
        *("batch", "first", "join", "list", "map", "max", "min", "reject", "rejectattr"),
        *("select", "selectattr", "slice", "sort", "sum", "unique"),
    }
)
# Filters that a {% filter %} block or a {% set %} block may use: text to text.
_BLOCK_FILTERS = frozenset(
    {"upper", "lower", "title", "capitalize", "trim", "indent", "replace", "striptags", "string"}
)
_MAPPED_FILTERS = frozenset(
    {
        *("abs", "capitalize", "float", "int", "length", "lower", "replace", "round", "string"),
        *("striptags", "title", "trim", "upper"),
    }
)

_SENTENCES: dict[type[nodes.Node], str] = {
    nodes.Include: "{% include %} is not supported.",
    nodes.Import: "{% import %} is not supported.",
    nodes.FromImport: "{% from %} is not supported.",
    nodes.Extends: "{% extends %} is not supported.",
    nodes.Block: "{% block %} is not supported.",
    nodes.CallBlock: "{% call %} is not supported.",
    nodes.Scope: "{% autoescape %} is not supported.",
    nodes.Pow: "the operator ** is not supported.",
    nodes.Pos: "a sign + before a value is not supported.",
}
_PLAIN: frozenset[type[nodes.Node]] = frozenset(
    {
        *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.NSRef, nodes.Tuple, nodes.List),
        *(nodes.Dict, nodes.Pair, nodes.Keyword, nodes.Getitem, nodes.Slice, nodes.Concat),
        *(nodes.Compare, nodes.Operand, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Add),
        *(nodes.Sub, nodes.Mod, nodes.Not, nodes.And, nodes.Or, nodes.Neg, nodes.CondExpr),
        *(nodes.If, nodes.For, nodes.Assign, nodes.AssignBlock, nodes.With, nodes.Macro),
        *(nodes.FilterBlock, nodes.Name, nodes.Const, nodes.Getattr, nodes.Call),
        *(nodes.Filter, nodes.Test),
    }
)

# Where a node stands, as far as a rule asks: "iter" of a loop, "callee", "printed" on its own,
# "object" of an attribute, "filtered:NAME" as a filter's operand, "block" filter, or nowhere.
_Role = str
_Node = TypeVar("_Node", bound=nodes.Node)
_Walk = list[tuple[nodes.Node, _Role]]


def check_grammar(tree: nodes.Template) -> None:
    """Passes a tree that holds only what prompts have.

    Raises TemplateUnsupported with the first construct that they do not, and its line.
    """
    walk: _Walk = [(tree, "")]
    while walk:
        node, role = walk.pop()
        kind = type(node)
        if kind not in _PLAIN:
            raise _refused(node, _SENTENCES.get(kind, "this construct is not supported."))
        rule = _RULES.get(kind)
        if rule is not None:
            rule(node, role)
        walk.extend((child, _role(node, child)) for child in node.iter_child_nodes())


def _refused(node: nodes.Node, sentence: str) -> TemplateUnsupported:
    line = cast("int | None", node.lineno)
    if line is None:
        # The parser wraps {% autoescape %} in a node without a line.
        line = next((child.lineno for child in node.iter_child_nodes()), None)
    return TemplateUnsupported(sentence, line=line)


def _role(parent: nodes.Node, child: nodes.Node) -> _Role:
    role = ""
    if isinstance(parent, nodes.Filter):
        role = f"filtered:{parent.name}" if child is parent.node else ""
    elif isinstance(parent, nodes.For):
        role = "iter" if child is parent.iter else ""
    elif isinstance(parent, nodes.Call):
        role = "callee" if child is parent.node else ""
    elif isinstance(parent, nodes.Output):
        role = "printed"
    elif isinstance(parent, nodes.Getattr):
        role = "object"
    elif isinstance(parent, nodes.FilterBlock | nodes.AssignBlock):
        role = "block"
    elif isinstance(parent, nodes.Assign):
        role = "assigned"
    return role


def _name(node: nodes.Node, role: _Role) -> None:
    name = _as(nodes.Name, node).name
    if name == "loop" and role == "object":
        return
    if name in RESERVED_NAMES or name in OPERATOR_WORDS:
        raise _refused(node, f"the name {name} is taken by the template language.")


def _const(node: nodes.Node, role: _Role) -> None:
    value: object = _as(nodes.Const, node).value
    if isinstance(value, float) and value and not 1e-4 <= abs(value) < 1e16:
        raise _refused(node, "write a number this large or this small as text.")
    if role == "object" and not isinstance(value, str):
        raise _refused(node, "a literal has no attributes.")


def _mod(node: nodes.Node, _role: _Role) -> None:
    left = _as(nodes.Mod, node).left
    if isinstance(left, nodes.Const) and isinstance(left.value, str):
        raise _refused(node, "% does not format text: join texts with ~ instead.")


def _getattr(node: nodes.Node, role: _Role) -> None:
    access = _as(nodes.Getattr, node)
    _check_attribute(node, access.attr)
    if isinstance(access.node, nodes.Name) and access.node.name == "loop":
        allowed = LOOP_METHODS if role == "callee" else LOOP_ATTRIBUTES
        if access.attr not in allowed:
            raise _refused(node, f"loop.{access.attr} is not supported here.")
    elif role == "callee":
        if access.attr not in METHODS:
            raise _refused(node, f"the method {access.attr} is not supported.")
    elif access.attr in _DICT_ATTRIBUTES:
        raise _refused(node, f"write ['{access.attr}'] for a key of this name.")


def _getitem(node: nodes.Node, _role: _Role) -> None:
    key = _as(nodes.Getitem, node).arg
    if isinstance(key, nodes.Const) and isinstance(key.value, str):
        _check_attribute(node, key.value)


def _check_attribute(node: nodes.Node, path: str) -> None:
    if any(part.startswith("_") for part in path.split(".")):
        raise _refused(node, "an attribute may not begin with an underscore.")


def _call(node: nodes.Node, role: _Role) -> None:
    call = _as(nodes.Call, node)
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        raise _refused(node, "arguments cannot be unpacked with * or **.")
    callee = call.node
    if isinstance(callee, nodes.Getattr):
        if call.kwargs:
            raise _refused(node, f"the method {callee.attr} takes no keywords.")
    elif not isinstance(callee, nodes.Name):
        raise _refused(node, "only a name or a method can be called.")
    elif callee.name == "range":
        if role != "iter" and role.removeprefix("filtered:") not in _CONSUMERS:
            raise _refused(node, "range(...) stands after in of a loop, or before |list or |join.")
    elif callee.name == "namespace" and role != "assigned":
        raise _refused(node, "namespace(...) stands alone after {% set name = %}.")
    if isinstance(callee, nodes.Name) and callee.name in {"dict", "namespace"} and call.args:
        raise _refused(node, f"{callee.name}(...) takes keywords only.")


def _filter(node: nodes.Node, role: _Role) -> None:
    use = _as(nodes.Filter, node)
    rule = FILTERS.get(use.name)
    if rule is None:
        raise _refused(node, f"the filter {use.name} is not supported.")
    if use.dyn_args is not None or use.dyn_kwargs is not None:
        raise _refused(node, "arguments cannot be unpacked with * or **.")
    if len(use.args) > rule.arguments or any(k.key not in rule.keywords for k in _keywords(use)):
        raise _refused(node, f"the filter {use.name} is not supported with these arguments.")
    in_block = use.node is None or role == "block"
    if in_block and use.name not in _BLOCK_FILTERS:
        raise _refused(node, f"the filter {use.name} is not supported on a block.")
    if rule.lazy and role != "iter" and role.removeprefix("filtered:") not in _CONSUMERS:
        raise _refused(node, f"put |list or |join after the filter {use.name}.")
    if use.name in {"e", "escape"} and role != "printed":
        raise _refused(
            node, f"the filter {use.name} stands last, directly before the closing }}}}."
        )
    _check_filter_arguments(use)


def _check_filter_arguments(use: nodes.Filter) -> None:
    """The arguments that name something must be literals, so that what they name is known."""
    keywords = {keyword.key: keyword.value for keyword in _keywords(use)}
    attribute = keywords.get("attribute")
    first = use.args[0] if use.args else None
    if use.name in {"groupby", "selectattr", "rejectattr"}:
        attribute = first or attribute
    if attribute is not None:
        _check_attribute(use, _literal(use, attribute))
    if use.name == "map" and attribute is None:
        name = _literal(use, first)
        if name not in _MAPPED_FILTERS or len(use.args) - 1 > FILTERS[name].arguments:
            raise _refused(use, "map is not supported with this filter.")
    elif use.name == "map" and use.args:
        raise _refused(use, "map takes a filter or attribute=, not both.")
    position = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}.get(use.name)
    if position is not None and len(use.args) > position:
        test = _literal(use, use.args[position])
        if test not in TESTS:
            raise _refused(use, f"the filter {use.name} is not supported with this test.")
    if use.name == "tojson":
        _check_indent(use, keywords.get("indent", first))


def _keywords(use: nodes.Filter) -> list[nodes.Keyword]:
    # Jinja2 declares these as Pair and fills in Keyword.
    return cast("list[nodes.Keyword]", use.kwargs)


def _check_indent(use: nodes.Filter, indent: nodes.Expr | None) -> None:
    value: object = indent.value if isinstance(indent, nodes.Const) else indent
    if value is not None and not (type(value) is int and 0 <= value <= 8):
        raise _refused(use, "tojson takes an indent from 0 to 8, written as a number.")


def _literal(use: nodes.Filter, node: nodes.Node | None) -> str:
    value: object = node.value if isinstance(node, nodes.Const) else None
    if not isinstance(value, str):
        raise _refused(use, f"the filter {use.name} takes the name as a literal text.")
    return value


def _test(node: nodes.Node, _role: _Role) -> None:
    use = _as(nodes.Test, node)
    if use.name not in TESTS:
        raise _refused(node, f"the test {use.name} is not supported.")
    if use.dyn_args is not None or use.dyn_kwargs is not None or use.kwargs or len(use.args) > 1:
        raise _refused(node, f"the test {use.name} is not supported with these arguments.")


def _for(node: nodes.Node, _role: _Role) -> None:
    if _as(nodes.For, node).recursive:
        raise _refused(node, "a recursive loop is not supported.")


def _with(node: nodes.Node, _role: _Role) -> None:
    """Jinja2 reads every value outside of the block, MiniJinja each inside of those before it."""
    block = _as(nodes.With, node)
    earlier: set[str] = set()
    for target, value in zip(block.targets, block.values, strict=True):
        if any(name.name in earlier for name in _names(value)):
            raise _refused(node, "a value of {% with %} cannot use a name that it sets itself.")
        earlier.update(name.name for name in _names(target))


def _names(root: nodes.Node) -> list[nodes.Name]:
    return [node for node in descend(root) if isinstance(node, nodes.Name)]


def descend(root: nodes.Node) -> list[nodes.Node]:
    """The node and everything below it, every node before its children, without recursion."""
    found: list[nodes.Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(node.iter_child_nodes())
    return found


def _as(kind: type[_Node], node: nodes.Node) -> _Node:
    if not isinstance(node, kind):
        raise TypeError(f"A rule for {kind.__name__} met another node")
    return node


_RULES: dict[type[nodes.Node], Callable[[nodes.Node, _Role], None]] = {
    nodes.Name: _name,
    nodes.Const: _const,
    nodes.Mod: _mod,
    nodes.Getattr: _getattr,
    nodes.Getitem: _getitem,
    nodes.Call: _call,
    nodes.Filter: _filter,
    nodes.Test: _test,
    nodes.For: _for,
    nodes.With: _with,
}
