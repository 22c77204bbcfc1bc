import contextlib
import json
import string
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptops_server.core.errors import AppError
from promptops_server.prompts.template_errors import (
    TemplateFault,
    TemplateLimitExceeded,
    TemplateUnsupported,
)
from promptops_server.prompts.variables import TemplateVariables, analyse, merge

VECTORS = Path(__file__).parents[3] / "tests" / "vectors" / "template_variables.json"
CASES = cast("list[dict[str, object]]", json.loads(VECTORS.read_text(encoding="utf-8")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_vector(case: dict[str, object]) -> None:
    template = str(case["template"])
    if "error" in case:
        with pytest.raises(AppError) as caught:
            analyse(template)
        assert caught.value.code == case["error"]
    else:
        found = analyse(template)
        assert list(found.names) == case["variables"]
        assert list(found.required) == case["required"]


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("{% include 'x' %}", "include"),
        ("{% from 'x' import y %}", "from"),
        ("{% call m() %}{% endcall %}", "call"),
        ("{% autoescape true %}{% endautoescape %}", "autoescape"),
        ("{{ 2 ** 3 }}", "**"),
        ("{{ +1 }}", "+"),
        ("{{ a|attr('b') }}", "attr"),
        ("{{ a|format(1) }}", "format"),
        ("{{ a is iterable }}", "iterable"),
        ("{{ a.format(1) }}", "format"),
        ("{{ a.append(1) }}", "append"),
        ("{{ lipsum() }}", "lipsum"),
        ("{{ cycler }}", "cycler"),
        ("{{ -not (a) }}", "not"),
        ("{{ self }}", "self"),
        ("{{ loop.index }}", "loop"),
        ("{% for x in y %}{{ loop }}{% endfor %}", "loop"),
        ("{% for x in y %}{{ loop.foo }}{% endfor %}", "loop.foo"),
        ("{% for x in y recursive %}{% endfor %}", "recursive"),
        ("{{ d.items }}", "items"),
        ("{{ f(*a) }}", "unpacked"),
        ("{{ a|upper(*b) }}", "unpacked"),
        ("{{ a|map(b)|list }}", "literal"),
        ("{{ a|map('attr', 'b')|list }}", "map"),
        ("{{ a|map(attribute='b.__class__')|list }}", "underscore"),
        ("{{ a|map(attribute='b', default=c)|list }}", "map"),
        ("{{ a|map('upper', attribute='b')|list }}", "map"),
        ("{{ a|map('upper') }}", "list"),
        ("{{ a|select('nope')|list }}", "select"),
        ("{{ a|groupby('_b') }}", "underscore"),
        ("{{ a|upper(1) }}", "upper"),
        ("{{ a|round(1, 'floor') }}", "round"),
        ("{{ a|tojson(indent=99999999) }}", "indent"),
        ("{{ a|tojson(indent=b) }}", "indent"),
        ("{{ a|e|upper }}", "closing"),
        ("{% filter tojson %}{% endfilter %}", "block"),
        ("{{ '%s' % a }}", "%"),
        ("{{ range(3) }}", "range"),
        ("{% set x = range(3) %}", "range"),
        ("{{ range }}{% for i in range(3) %}{% endfor %}", "range"),
        ("{{ namespace(a=1) }}", "namespace"),
        ("{% set ns = namespace(a=1) %}{{ ns }}", "ns"),
        ("{% set a, b = namespace(a=1) %}", "one name"),
        ("{% set ns.x = 1 %}", "ns"),
        ("{{ dict([1]) }}", "dict"),
        ("{% macro m() %}{% endmacro %}{{ m }}", "m"),
        ("{% set x = 1 %}{{ x() }}", "x"),
        ("{{ m() }}{% macro m() %}{% endmacro %}", "m"),
        ("{{ (a)(1) }}", "a"),
        ("{{ a[0](1) }}", "name or a method"),
        ("{{ a.upper(b=1) }}", "keywords"),
        ("{{ a is eq(1, 2) }}", "eq"),
        ("{{ 1.5.x }}", "literal"),
        ("{{ 1e300 }}", "text"),
        ("{% with a = 1, b = a %}{% endwith %}", "with"),
        ("{% set a.b | upper %}{% endset %}", "one name"),
    ],
)
def test_what_prompts_do_not_have_is_named_with_its_line(template: str, word: str) -> None:
    with pytest.raises(TemplateUnsupported) as caught:
        analyse("\n" + template)
    assert word in caught.value.detail
    assert caught.value.line in {2, None}


@pytest.mark.parametrize(
    "template",
    [
        "{{ items * n }}",
        "{{ (items * 90000)|join }}",
        "{{ [a] * 9 }}",
        "{{ 9 * items }}",
        "{% set b = items %}{{ b * 9 }}",
        "{% for x in items %}{{ x * 2 }}{% endfor %}",
        "{% set ns = namespace(a=[]) %}{% set ns.a = ns.a + [1] %}",
        "{% set ns = namespace(a=b) %}{% set ns.a = [ns.a] %}",
        "{% set ns = namespace(a=b) %}{% set ns.a = ns.a[1:] %}",
        "{% set ns = namespace(a=b, c=0) %}{% set ns.c = ns.a %}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m([a, [a]]) }}",
        "{% macro m(x=[a, [a]]) %}{{ x }}{% endmacro %}{{ m() }}",
        "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = [a, [a]] %}{{ m() }}",
    ],
)
def test_lists_that_could_grow_without_end_are_refused(template: str) -> None:
    with pytest.raises(TemplateUnsupported):
        analyse(template)


@pytest.mark.parametrize(
    "template",
    [
        "{% set a = [x, x] %}" + "{% set a = [a, a] %}" * 8,
        "{% set a = x + x %}" + "{% set a = a + a %}" * 8,
        "".join(f"{{% for a{i + 1} in [a{i}, a{i}] %}}" for i in range(8)) + "{% endfor %}" * 8,
        "{% if b %}{% set a = [x, x] %}{% endif %}" + "{% set a = [a, a] %}" * 8,
        "{{ [" + "a," * 20 + "] }}",
    ],
)
def test_lists_that_grow_too_much_are_refused(template: str) -> None:
    with pytest.raises(TemplateLimitExceeded):
        analyse(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ [" + ", ".join(f"v{i}" for i in range(60)) + "]|join(', ') }}",
        "{{ '-' * n }}{{ n|int * 2 }}{{ n|float * m|int }}{{ loop_count|length * 2 }}",
        "{% for i in range(n) %}{{ i * 2 }}{{ loop.index * 2 }}{% endfor %}",
        "{% set ns = namespace(n=0) %}{% for x in xs %}{% set ns.n = ns.n + x.n %}{% endfor %}",
        "{% set ns = namespace(x=0) %}{% for x in xs %}{% set ns.x = x %}{% endfor %}{{ ns.x.n }}",
        "{% set tones = ['calm', 'loud'] %}{% for t in tones %}{{ t }}{% endfor %}",
        "{% for x in [a, b] %}{{ x }}{% endfor %}{{ a + b }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{% for p in people %}{{ m(p) }}{% endfor %}",
    ],
)
def test_everyday_lists_and_sums_pass(template: str) -> None:
    analyse(template)


def test_a_syntax_error_says_the_line_and_quotes_nothing() -> None:
    with pytest.raises(TemplateFault) as caught:
        analyse("one\ntwo {% secret %}")
    assert caught.value.line == 2
    assert caught.value.detail == "Line 2: there is no such tag here."


def test_merge_keeps_the_order_and_requires_what_any_part_requires() -> None:
    parts = [TemplateVariables(("a", "b"), ("b",)), TemplateVariables(("c", "a"), ("a",))]
    assert merge(parts) == TemplateVariables(("a", "b", "c"), ("a", "b"))


WORDS = [
    *("{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", " ", "\n", "'", '"', "\\", "|", ".", ","),
    *("(", ")", "[", "]", "{", "}", "+", "-", "*", "**", "/", "//", "%", "~", "=", "==", "<", ":"),
    *("if", "elif", "else", "endif", "for", "in", "endfor", "set", "endset", "macro", "endmacro"),
    *("with", "endwith", "filter", "endfilter", "raw", "endraw", "not", "and", "or", "is", "block"),
    *("include", "import", "from", "extends", "call", "autoescape", "defined", "default", "upper"),
    *("map", "range", "namespace", "loop", "ns", "a", "b", "x", "0", "1.5", "1_0", "0x", "true"),
    *("none", "_", "é", "中", "\u00a0", "\0", "\ud800", "e", "tojson"),
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map("".join))
def test_any_text_is_analysed_or_is_a_template_fault(source: str) -> None:
    try:
        found = analyse(source)
    except TemplateFault:
        return
    assert set(found.required) <= set(found.names)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS[9:]), max_size=8).map(" ".join),
    st.sampled_from(["{{ %s }}", "{%% if %s %%}{%% endif %%}", "{%% set %s %%}", "{%% %s %%}"]),
)
def test_any_tag_is_analysed_or_is_a_template_fault(inside: str, around: str) -> None:
    with contextlib.suppress(TemplateFault):
        analyse(around % inside)


@settings(max_examples=100, deadline=None)
@given(st.text(string.ascii_letters + "{}%# \n", max_size=200))
def test_text_without_tags_has_no_variables(source: str) -> None:
    plain = source.replace("{{", "").replace("{%", "").replace("{#", "").replace("{", "")
    assert analyse(plain) == TemplateVariables((), ())
