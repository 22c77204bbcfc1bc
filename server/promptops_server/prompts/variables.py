"""Which variables a template has, in which order, and which of them it needs.

Jinja2's own parser reads the template and nothing of it is compiled, folded or run: compiling
folds constants, and folding `'a' * 10**9` is already an attack. MiniJinja renders; it has no say
here, because it cannot tell what a template needs from what it can do without.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from jinja2 import Environment, TemplateError, TemplateSyntaxError, nodes

from promptops_server.prompts.guard import check_template
from promptops_server.prompts.template_errors import (
    TemplateLimitExceeded,
    TemplateSyntax,
    TemplateUnsupported,
)
from promptops_server.prompts.template_facts import DefinedFacts, assigned_names, tested_name
from promptops_server.prompts.template_grammar import (
    GLOBALS,
    RESERVED_NAMES,
    check_grammar,
    descend,
)
from promptops_server.prompts.template_growth import Binding, Namespaces, Scope, weigh

_MAX_READINGS = 8
_NOTHING: frozenset[str] = frozenset()
# The beginning of what Jinja2 says, and the sentence for it; its own words quote the template.
_SYNTAX_SENTENCES = (
    ("encountered unknown tag", "there is no such tag here."),
    ("unexpected end of template", "a tag or a block is not closed."),
    ("missing end of", "a comment or a raw block is not closed."),
    ("expected an expression", "an expression is missing."),
    ("expected token", "something is missing in a tag."),
    ("unexpected", "something in a tag is out of place."),
)


@dataclass(frozen=True, slots=True)
class TemplateVariables:
    """The variables of a template, each list in the order of their first use.

    `required` are those without which it cannot be rendered. The others stand only before
    `|default` or where `is defined` has been asked.
    """

    names: tuple[str, ...]
    required: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """The variables, and which of the functions `range`, `dict` and `namespace` are called."""

    variables: TemplateVariables
    functions: frozenset[str]


def analyse(source: str) -> TemplateVariables:
    """The variables of a template.

    Names that the template sets itself (loops, set, with, macros) are none of them. Raises
    TemplateLimitExceeded, TemplateSyntax or TemplateUnsupported for a template that cannot be
    saved, and nothing else whatever the text.
    """
    return analyse_template(source).variables


def analyse_template(source: str) -> Analysis:
    """What a template needs from outside: as `analyse`, with the functions it calls."""
    tree = _parse(source)
    check_grammar(tree)
    namespaces = Namespaces()
    for _ in range(_MAX_READINGS):
        reading = _Reading(namespaces)
        reading.read(tree)
        if namespaces.learnt <= namespaces.kept:
            return reading.result()
        namespaces = Namespaces(namespaces.kept | namespaces.learnt)
    raise TemplateLimitExceeded("the namespaces of this template hold too many kinds of values.")


def merge(parts: Sequence[TemplateVariables]) -> TemplateVariables:
    """The variables of several templates in a row: required where one of them requires it."""
    names = dict.fromkeys(name for part in parts for name in part.names)
    required = {name for part in parts for name in part.required}
    return TemplateVariables(tuple(names), tuple(name for name in names if name in required))


def _parse(source: str) -> nodes.Template:
    check_template(source)
    try:
        return Environment(autoescape=False).parse(source)  # noqa: S701 # Never rendered.
    except TemplateSyntaxError as error:
        message = (error.message or "").lower()
        sentence = next((s for start, s in _SYNTAX_SENTENCES if message.startswith(start)), None)
        line = error.lineno
        raise TemplateSyntax(sentence or "this is not valid Jinja2.", line=line) from None
    except RecursionError:
        raise TemplateLimitExceeded("The template is nested too deeply.") from None
    except (TemplateError, ValueError, OverflowError, ArithmeticError, LookupError):
        raise TemplateSyntax("The template is not valid Jinja2.") from None


class _Reading:
    """One reading of the tree in the order of the text, with a list of steps in place of calls."""

    def __init__(self, namespaces: Namespaces) -> None:
        self._namespaces = namespaces
        # For each variable in order of first use, whether it is required.
        self._variables: dict[str, bool] = {}
        self._functions: set[str] = set()
        self._steps: list[Callable[[], None]] = []
        self._facts = DefinedFacts()
        # Names that a macro reads from around it: they may not grow after the macro.
        self._in_macro: set[str] = set()

    def read(self, tree: nodes.Template) -> None:
        self._block(tree.body, Scope(), _NOTHING)
        while self._steps:
            self._steps.pop()()

    def result(self) -> Analysis:
        for name in self._functions & self._variables.keys():
            raise TemplateUnsupported(f"The name {name} is both called and used as a variable.")
        required = tuple(name for name, needed in self._variables.items() if needed)
        variables = TemplateVariables(tuple(self._variables), required)
        return Analysis(variables, frozenset(self._functions))

    def _then(self, *steps: Callable[[], None]) -> None:
        self._steps.extend(reversed(steps))

    def _block(self, body: Sequence[nodes.Node], scope: Scope, sure: frozenset[str]) -> None:
        self._then(*(partial(self._statement, node, scope, sure) for node in body))

    def _statement(self, node: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        _STATEMENTS[type(node)](self, node, scope, sure)

    def output(self, node: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        for child in node.iter_child_nodes():
            self._expression(child, scope, sure)

    def branches(self, node: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        if not isinstance(node, nodes.If):
            raise _unknown(node)
        steps: list[Callable[[], None]] = []
        inner: list[Scope] = []
        for branch in (node, *node.elif_):
            facts = self._facts.of(branch.test)
            steps.append(partial(self._use, branch.test, scope, sure))
            inner.append(Scope(scope))
            steps.append(partial(self._block, branch.body, inner[-1], sure | facts.if_true))
            sure |= facts.if_false
        inner.append(Scope(scope))
        steps.append(partial(self._block, node.else_, inner[-1], sure))
        self._then(*steps, partial(self._join_branches, scope, inner))

    def _join_branches(self, scope: Scope, branches: Sequence[Scope]) -> None:
        """What any branch set is set from here on; it weighs the most that it can weigh."""
        names = dict.fromkeys(name for branch in branches for name in branch.bindings)
        for name in names:
            found = [branch.find(name) or Binding(weight=1) for branch in branches]
            weight = max(binding.weight for binding in found)
            special = next((binding for binding in found if binding.kind != "value"), found[0])
            scope.bindings[name] = Binding(special.kind, weight)

    def loop(self, node: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        if not isinstance(node, nodes.For):
            raise _unknown(node)
        weight = self._expression(node.iter, scope, sure)
        called = node.iter.node if isinstance(node.iter, nodes.Call) else None
        if isinstance(called, nodes.Name) and called.name == "range":
            weight = 0
        inner = Scope(scope, {"loop": Binding(weight=weight)})
        self._target(node.target, inner, weight)
        steps: list[Callable[[], None]] = []
        inside = sure
        if node.test is not None:
            steps.append(partial(self._use, node.test, inner, sure))
            inside = sure | self._facts.of(node.test).if_true
        steps.append(partial(self._block, node.body, inner, inside))
        steps.append(partial(self._block, node.else_, Scope(scope), sure))
        self._then(*steps)

    def assign(self, node: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        if not isinstance(node, nodes.Assign):
            raise _unknown(node)
        target, value = node.target, node.node
        if isinstance(value, nodes.Call) and _calls_namespace(value, scope):
            self._new_namespace(target, value, scope, sure)
            return
        weight = self._expression(value, scope, sure)
        if isinstance(target, nodes.NSRef):
            binding = scope.find(target.name)
            if binding is None or binding.kind != "namespace":
                raise TemplateUnsupported(
                    f"{target.name} is no namespace that this template made.", line=node.lineno
                )
            self._namespaces.set(target.attr, value, scope, node.lineno)
            return
        if weight > 1 and not self._in_macro.isdisjoint(assigned_names(target)):
            raise TemplateUnsupported(
                "a list that a macro reads is set before the macro.", line=node.lineno
            )
        self._target(target, scope, weight)

    def _new_namespace(
        self, target: nodes.Node, call: nodes.Call, scope: Scope, sure: frozenset[str]
    ) -> None:
        self._functions.add("namespace")
        for keyword in call.kwargs:
            self._expression(keyword.value, scope, sure)
            self._namespaces.set(keyword.key, keyword.value, scope, call.lineno)
        if not isinstance(target, nodes.Name):
            raise TemplateUnsupported("namespace(...) is set to one name.", line=call.lineno)
        scope.bindings[target.name] = Binding("namespace")

    def assign_block(self, node: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        if not isinstance(node, nodes.AssignBlock):
            raise _unknown(node)
        if not isinstance(node.target, nodes.Name):
            raise TemplateUnsupported("a set block sets one name.", line=node.lineno)
        steps = [partial(self._block, node.body, Scope(scope), sure)]
        if node.filter is not None:
            steps.append(partial(self._use, node.filter, scope, sure))
        self._then(*steps, partial(self._target, node.target, scope, 0))

    def with_block(self, node: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        if not isinstance(node, nodes.With):
            raise _unknown(node)
        inner = Scope(scope)
        for target, value in zip(node.targets, node.values, strict=True):
            self._target(target, inner, self._expression(value, scope, sure))
        self._block(node.body, inner, sure)

    def macro(self, node: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        if not isinstance(node, nodes.Macro):
            raise _unknown(node)
        scope.bindings[node.name] = Binding("macro")
        inner = Scope(scope)
        for argument in node.args:
            # What a call passes weighs at most 1; see template_growth.
            self._target(argument, inner, 1)
        for default in node.defaults:
            if self._expression(default, inner, sure) > 1:
                raise TemplateUnsupported(
                    "a macro takes values as they came, not lists built in the template.",
                    line=node.lineno,
                )
        inside = [name for child in node.body for name in descend(child)]
        read = {name.name for name in inside if isinstance(name, nodes.Name)}
        self._in_macro.update(read - inner.bindings.keys())
        self._block(node.body, inner, sure)

    def filter_block(self, node: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        if not isinstance(node, nodes.FilterBlock):
            raise _unknown(node)
        self._then(
            partial(self._use, node.filter, scope, sure),
            partial(self._block, node.body, Scope(scope), sure),
        )

    def _target(self, target: nodes.Node, scope: Scope, weight: int) -> None:
        for name in assigned_names(target):
            scope.bindings[name] = Binding(weight=weight)

    def _use(self, root: nodes.Node, scope: Scope, sure: frozenset[str]) -> None:
        self._expression(root, scope, sure)

    def _expression(self, root: nodes.Node, scope: Scope, sure: frozenset[str]) -> int:
        """Notes the variables of an expression in the order of the text; returns its weight."""
        waiting = [(root, sure)]
        while waiting:
            node, known = waiting.pop()
            if isinstance(node, nodes.Name):
                self._name(node, scope, known)
            else:
                waiting.extend(reversed(list(self._parts(node, scope, known))))
        return weigh(root, scope, self._namespaces)

    def _parts(
        self, node: nodes.Node, scope: Scope, sure: frozenset[str]
    ) -> Iterator[tuple[nodes.Node, frozenset[str]]]:
        """The operands of a node in the order of the text, each with what is sure to be there."""
        if isinstance(node, nodes.CondExpr):
            facts = self._facts.of(node.test)
            yield node.expr1, sure | facts.if_true
            yield node.test, sure
            if node.expr2 is not None:
                yield node.expr2, sure | facts.if_false
            return
        skipped: nodes.Node | None = None
        if isinstance(node, nodes.Call):
            skipped = self._callee(node, scope)
        elif isinstance(node, nodes.Getattr):
            skipped = _namespace_of(node, scope)
        elif name := tested_name(node):
            skipped = next(node.iter_child_nodes())
            self._name(nodes.Name(name, "load", lineno=node.lineno), scope, sure | {name})
        for child in node.iter_child_nodes():
            if child is skipped:
                continue
            yield child, sure
            if isinstance(node, nodes.And):
                sure |= self._facts.of(child).if_true
            elif isinstance(node, nodes.Or):
                sure |= self._facts.of(child).if_false

    def _callee(self, call: nodes.Call, scope: Scope) -> nodes.Node | None:
        """The called name, where it is a function; a method's object is an operand like others."""
        callee = call.node
        if not isinstance(callee, nodes.Name):
            return None
        binding = scope.find(callee.name)
        if binding is None and callee.name in GLOBALS:
            self._functions.add(callee.name)
        elif binding is None or binding.kind != "macro":
            raise TemplateUnsupported(
                f"{callee.name} is no function or macro that can be called here.",
                line=call.lineno,
            )
        return callee

    def _name(self, node: nodes.Name, scope: Scope, sure: frozenset[str]) -> None:
        name = node.name
        binding = scope.find(name)
        if binding is None and name in RESERVED_NAMES:
            raise TemplateUnsupported(f"there is no {name} here.", line=node.lineno)
        if binding is None:
            self._variables[name] = self._variables.get(name, False) or name not in sure
        elif binding.kind == "macro":
            raise TemplateUnsupported(f"the macro {name} can only be called.", line=node.lineno)
        elif binding.kind == "namespace":
            raise TemplateUnsupported(
                f"the namespace {name} can only be used as {name}.attribute.", line=node.lineno
            )


def _calls_namespace(call: nodes.Call, scope: Scope) -> bool:
    callee = call.node
    is_named = isinstance(callee, nodes.Name) and callee.name == "namespace"
    return is_named and scope.find("namespace") is None


def _namespace_of(access: nodes.Getattr, scope: Scope) -> nodes.Node | None:
    """The name before the dot, where it is a namespace of this template."""
    if not isinstance(access.node, nodes.Name):
        return None
    binding = scope.find(access.node.name)
    return access.node if binding is not None and binding.kind == "namespace" else None


def _unknown(node: nodes.Node) -> TypeError:
    return TypeError(f"The grammar let {type(node).__name__} pass where it cannot stand")


_Statement = Callable[[_Reading, nodes.Node, Scope, frozenset[str]], None]
_STATEMENTS: dict[type[nodes.Node], _Statement] = {
    nodes.Output: _Reading.output,
    nodes.If: _Reading.branches,
    nodes.For: _Reading.loop,
    nodes.Assign: _Reading.assign,
    nodes.AssignBlock: _Reading.assign_block,
    nodes.With: _Reading.with_block,
    nodes.Macro: _Reading.macro,
    nodes.FilterBlock: _Reading.filter_block,
}
