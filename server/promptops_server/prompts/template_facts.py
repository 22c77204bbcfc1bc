"""What a condition tells about which variables are there: the `is defined` part of the analysis."""

from dataclasses import dataclass

from jinja2 import nodes

from promptops_server.prompts.template_grammar import descend

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """The variables that are there if a condition is true, and those if it is false."""

    if_true: frozenset[str] = _NOTHING
    if_false: frozenset[str] = _NOTHING


class DefinedFacts:
    """The facts of conditions, each worked out once."""

    def __init__(self) -> None:
        self._known: dict[int, Facts] = {}

    def of(self, condition: nodes.Node) -> Facts:
        """The facts of a condition, from its tests and the `and`, `or` and `not` above them."""
        if id(condition) not in self._known:
            # Children stand behind their parents, so backwards each finds its children's facts.
            for node in reversed(_logic(condition)):
                self._known[id(node)] = self._combine(node)
        return self._known[id(condition)]

    def _combine(self, node: nodes.Node) -> Facts:
        if isinstance(node, nodes.Test):
            name = tested_name(node)
            if name and node.name == "defined":
                return Facts(if_true=frozenset({name}))
            if name and node.name == "undefined":
                return Facts(if_false=frozenset({name}))
        elif isinstance(node, nodes.Not):
            inner = self._known[id(node.node)]
            return Facts(inner.if_false, inner.if_true)
        elif isinstance(node, nodes.And | nodes.Or):
            left, right = self._known[id(node.left)], self._known[id(node.right)]
            if isinstance(node, nodes.And):
                return Facts(left.if_true | right.if_true, left.if_false & right.if_false)
            return Facts(left.if_true & right.if_true, left.if_false | right.if_false)
        return Facts()


def tested_name(node: nodes.Node) -> str:
    """The name that stands directly before `is defined`, `is undefined` or `|default`, or ""."""
    if isinstance(node, nodes.Test) and node.name in {"defined", "undefined"}:
        operand: nodes.Node | None = node.node
    elif isinstance(node, nodes.Filter) and node.name in {"default", "d"}:
        operand = node.node
    else:
        return ""
    return operand.name if isinstance(operand, nodes.Name) else ""


def assigned_names(target: nodes.Node) -> list[str]:
    """The names that a loop, a set or a macro's argument gives a value to."""
    return [node.name for node in reversed(descend(target)) if isinstance(node, nodes.Name)]


def _logic(condition: nodes.Node) -> list[nodes.Node]:
    """The condition and its parts as far down as and, or and not reach, parents first."""
    found: list[nodes.Node] = []
    waiting = [condition]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, nodes.Not | nodes.And | nodes.Or):
            waiting.extend(node.iter_child_nodes())
    return found
