"""How much larger than its input a template's data can get: bounded before anything runs.

MiniJinja's fuel stops loops and long texts, and not three things (tried with 3.1.0): a list that
holds one list many times over and over prints in exponential time; `list * 90000` before `|join`
allocates gigabytes and aborts the process; sums of lists are read in exponential time when nested.
So every expression gets a weight, an upper bound of its size as a multiple of all input together:

    0  a text, a number, a boolean: fuel bounds those, but not how often a list holds one, so
       that what may be a long text weighs 1 as an element
    1  a value from outside or a part of one
    n  a list or a dict built from those, a sum of lists

A loop variable weighs what its list weighs, a name what it was set to. Only names in a namespace
live from one turn of a loop to the next: what does not weigh 0 may not be made from them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from jinja2 import nodes

from promptops_server.prompts.template_errors import TemplateLimitExceeded, TemplateUnsupported
from promptops_server.prompts.template_grammar import (
    FILTERS,
    GLOBALS,
    LOOP_NUMBERS,
    TEXT_METHODS,
    descend,
)

MAX_GROWTH = 16


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name stands for inside the template, and what it weighs."""

    kind: Literal["value", "macro", "namespace"] = "value"
    weight: int = 0


@dataclass(slots=True)
class Scope:
    """The names that a block of the template sets, inside those of the blocks around it."""

    parent: "Scope | None" = None
    bindings: dict[str, Binding] = field(default_factory=dict[str, Binding])

    def find(self, name: str) -> Binding | None:
        """What the name stands for here, or None where it comes from outside the template."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings:
                return scope.bindings[name]
            scope = scope.parent
        return None


@dataclass(slots=True)
class Namespaces:
    """The attributes of all namespaces by name; `kept` are those that may hold more than a scalar.

    Which those are is found by assuming none, reading the template, and reading it again with
    what was learnt, until nothing is new.
    """

    kept: frozenset[str] = frozenset()
    learnt: set[str] = field(default_factory=set[str])

    def set(self, attribute: str, value: nodes.Node, scope: Scope, line: int) -> None:
        """Notes an assignment to the attribute.

        Raises TemplateUnsupported where a list would be made from what a namespace kept.
        """
        weight = weigh(value, scope, self)
        if weight == 0:
            return
        mentions = any(_is_namespace_access(node, scope) for node in descend(value))
        if weight > 1 or mentions:
            raise TemplateUnsupported(
                "a namespace keeps texts, numbers, booleans and values as they came; lists "
                "cannot be collected in it.",
                line=line,
            )
        self.learnt.add(attribute)


def weigh(root: nodes.Node, scope: Scope, namespaces: Namespaces) -> int:
    """The weight of an expression.

    Raises TemplateLimitExceeded where any part of it weighs more than MAX_GROWTH, and
    TemplateUnsupported for a product that might repeat a list.
    """
    weights = _Weights(scope, namespaces)
    # Children stand behind their parents, so backwards every child is weighed first.
    for node in reversed(descend(root)):
        weight = weights.of(node)
        if weight > MAX_GROWTH:
            raise TemplateLimitExceeded(
                f"lists built in a template grow to at most {MAX_GROWTH} times their input.",
                line=node.lineno,
            )
        weights.known[id(node)] = weight
    return weights.known[id(root)]


def _is_namespace_access(node: nodes.Node, scope: Scope) -> bool:
    if not isinstance(node, nodes.Getattr) or not isinstance(node.node, nodes.Name):
        return False
    binding = scope.find(node.node.name)
    return binding is not None and binding.kind == "namespace"


class _Weights:
    """The rules, each over children that are known already."""

    def __init__(self, scope: Scope, namespaces: Namespaces) -> None:
        self._scope = scope
        self._namespaces = namespaces
        self.known: dict[int, int] = {}

    def of(self, node: nodes.Node) -> int:
        rule = _RULES.get(type(node))
        # What has no rule is a text, a number or a boolean, whatever it is made of.
        return 0 if rule is None else rule(self, node)

    def of_child(self, node: nodes.Node | None) -> int:
        return 0 if node is None else self.known[id(node)]

    def name(self, node: nodes.Node) -> int:
        binding = self._scope.find(_name_of(node))
        return 1 if binding is None else binding.weight

    def attribute(self, node: nodes.Node) -> int:
        if not isinstance(node, nodes.Getattr):
            return 0
        if _is_namespace_access(node, self._scope):
            return int(node.attr in self._namespaces.kept)
        if _name_of(node.node) == "loop" and node.attr in LOOP_NUMBERS:
            return 0
        return self.of_child(node.node)

    def item(self, node: nodes.Node) -> int:
        return self.of_child(node.node) if isinstance(node, nodes.Getitem) else 0

    def display(self, node: nodes.Node) -> int:
        """A literal list: each value from outside counts once, all of those together as 1.

        A text that the template makes counts wherever it stands.
        """
        seen: set[str] = set()
        weight = 0
        for child in node.iter_child_nodes():
            name = _name_of(child.value if isinstance(child, nodes.Pair) else child)
            if name and name not in seen and self._scope.find(name) is None:
                seen.add(name)
            else:
                weight += self.element(child)
        return max(1, weight + int(bool(seen)))

    def element(self, node: nodes.Node) -> int:
        """What an element of a list, a pair of a dict or a keyword of dict(...) adds."""
        if isinstance(node, nodes.Pair):
            return self.element(node.key) + self.element(node.value)
        if isinstance(node, nodes.Keyword):
            return self.element(node.value)
        return self.of_child(node) or int(_may_be_long(node))

    def total(self, node: nodes.Node) -> int:
        return sum(self.of_child(child) for child in node.iter_child_nodes())

    def largest(self, node: nodes.Node) -> int:
        return max((self.of_child(child) for child in node.iter_child_nodes()), default=0)

    def add(self, node: nodes.Node) -> int:
        """A list and a scalar cannot be added, so one scalar makes the sum a scalar."""
        terms = [self.of_child(child) for child in node.iter_child_nodes()]
        return sum(terms) if all(terms) else 0

    def product(self, node: nodes.Node) -> int:
        factors = list(node.iter_child_nodes())
        if not any(map(_is_text, factors)) and any(self.of_child(factor) for factor in factors):
            raise TemplateUnsupported(
                "* takes numbers: put |int or |float after a variable.", line=node.lineno
            )
        return 0

    def conditional(self, node: nodes.Node) -> int:
        if not isinstance(node, nodes.CondExpr):
            return 0
        return max(self.of_child(node.expr1), self.of_child(node.expr2))

    def filter(self, node: nodes.Node) -> int:
        if not isinstance(node, nodes.Filter) or FILTERS[node.name].scalar:
            return 0
        return self.total(node)

    def call(self, node: nodes.Node) -> int:
        if not isinstance(node, nodes.Call):
            return 0
        callee = node.node
        arguments = [self.of_child(child) for child in (*node.args, *node.kwargs)]
        if isinstance(callee, nodes.Getattr):
            return self._method(callee, arguments)
        name = _name_of(callee)
        if name in GLOBALS and self._scope.find(name) is None:
            return max(1, sum(self.element(child) for child in (*node.args, *node.kwargs)))
        if any(weight > 1 for weight in arguments):
            raise TemplateUnsupported(
                "a macro takes values as they came, not lists built in the template.",
                line=node.lineno,
            )
        return 0

    def _method(self, callee: nodes.Getattr, arguments: list[int]) -> int:
        if callee.attr in TEXT_METHODS or callee.attr == "changed":
            return 0
        if callee.attr == "split":
            return 1
        base = 0 if _name_of(callee.node) == "loop" else self.of_child(callee.node)
        return base + sum(arguments)


def _name_of(node: nodes.Node) -> str:
    return node.name if isinstance(node, nodes.Name) else ""


def _is_text(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str)
    if isinstance(node, nodes.Filter):
        return node.name in {"string", "join", "upper", "lower", "trim", "title", "replace"}
    return isinstance(node, nodes.Concat)


def _may_be_long(node: nodes.Node) -> bool:
    """Whether a scalar can be a long text; a literal is as long as it stands in the template."""
    if isinstance(node, nodes.Filter):
        return node.name not in _NUMBER_FILTERS
    if isinstance(node, nodes.Getattr):
        return _name_of(node.node) != "loop"
    return not isinstance(node, _SHORT)


_NUMBER_FILTERS = frozenset({"abs", "count", "float", "int", "length", "round", "sum"})
_SHORT = (
    *(nodes.Const, nodes.Compare, nodes.Not, nodes.Test, nodes.Neg),
    *(nodes.Sub, nodes.Div, nodes.FloorDiv, nodes.Mod),
)
_Rule = Callable[[_Weights, nodes.Node], int]
_RULES: dict[type[nodes.Node], _Rule] = {
    nodes.Name: _Weights.name,
    nodes.Getattr: _Weights.attribute,
    nodes.Getitem: _Weights.item,
    nodes.List: _Weights.display,
    nodes.Tuple: _Weights.display,
    nodes.Dict: _Weights.display,
    nodes.Pair: _Weights.total,
    nodes.Keyword: _Weights.total,
    nodes.Add: _Weights.add,
    nodes.Mul: _Weights.product,
    nodes.And: _Weights.largest,
    nodes.Or: _Weights.largest,
    nodes.CondExpr: _Weights.conditional,
    nodes.Filter: _Weights.filter,
    nodes.Call: _Weights.call,
}
