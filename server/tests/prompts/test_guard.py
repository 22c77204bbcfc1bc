import contextlib
import threading
import time
import tracemalloc
from collections.abc import Callable

import jinja2
import minijinja
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptops_server.prompts.guard import (
    MAX_BLOCKS,
    MAX_BRACKETS,
    MAX_CHAIN,
    MAX_ELIFS,
    MAX_LINES,
    MAX_NUMBER_LENGTH,
    MAX_PREFIXES,
    MAX_TEMPLATE_BYTES,
    MAX_TOKENS,
    check_size,
    check_template,
    find_filters,
)
from promptops_server.prompts.template_errors import (
    TemplateFault,
    TemplateLimitExceeded,
    TemplateSyntax,
    TemplateUnsupported,
)

# For each construct: the template that uses it n times, and the bound of n.
AT_BOUND: dict[str, tuple[Callable[[int], str], int]] = {
    **{
        f"operator {sign}": (lambda n, s=sign: "{{ " + f"1{s}" * n + "1 }}", MAX_CHAIN)
        for sign in ("+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">", "<=", ">=")
    },
    **{
        f"operator {word}": (lambda n, w=word: "{{ " + f"1 {w} " * n + "1 }}", MAX_CHAIN)
        for word in ("and", "or")
    },
    "in": (lambda n: "{{ " + "'a' in " * (n // 2) + "'b' }}", MAX_CHAIN - 1),
    "not in": (lambda n: "{{ " + "a not in " * n + "'b' }}", MAX_PREFIXES),
    "not": (lambda n: "{{ " + "not " * n + "1 }}", MAX_PREFIXES),
    "minus sign": (lambda n: "{{ 1 " + " -" * n + " 1 }}", MAX_PREFIXES + 1),
    "if else": (lambda n: "{{ " + "1 if a else " * n + "1 }}", MAX_PREFIXES),
    "if": (lambda n: "{{ 1" + " if a" * n + " }}", MAX_CHAIN),
    "is": (lambda n: "{{ a is string" + " and a is string" * n + " }}", (MAX_CHAIN - 1) // 2),
    "attribute": (lambda n: "{{ a" + ".b" * n + " }}", MAX_CHAIN),
    "dotted index": (lambda n: "{{ a" + ".0" * n + " }}", MAX_CHAIN),
    "index": (lambda n: "{{ a" + "[0]" * n + " }}", MAX_CHAIN),
    "slice": (lambda n: "{{ a" + "[:]" * n + " }}", MAX_CHAIN // 2),
    "call": (lambda n: "{{ a" + "()" * n + " }}", MAX_CHAIN),
    "filter": (lambda n: "{{ a" + "|upper" * n + " }}", MAX_CHAIN),
    "filter with arguments": (lambda n: "{{ a" + "|default(1)" * n + " }}", MAX_CHAIN // 2),
    "strings in a row": (lambda n: "{{ " + "'a' " * n + " }}", MAX_CHAIN),
    "commas": (lambda n: "{{ [" + "1," * (n - 1) + "] }}", MAX_CHAIN),
    "pairs": (lambda n: "{{ {" + "1:1," * ((n - 1) // 2) + "} }}", MAX_CHAIN),
    "targets": (lambda n: "{% set " + "a," * n + "b = 1 %}", MAX_CHAIN - 1),
    "arguments": (lambda n: "{{ f(" + "1," * (n - 1) + ") }}", MAX_CHAIN),
    "macro arguments": (
        lambda n: "{% macro m(" + ",".join(f"a{i}" for i in range(n)) + ") %}{% endmacro %}",
        MAX_CHAIN,
    ),
    "parentheses": (lambda n: "{{ " + "(" * n + "1" + ")" * n + " }}", MAX_BRACKETS),
    "lists": (lambda n: "{{ " + "[" * n + "1" + "]" * n + " }}", MAX_BRACKETS),
    "dicts": (lambda n: "{{ " + "{1:" * n + "1" + "}" * n + " }}", MAX_BRACKETS),
    "calls in calls": (lambda n: "{{ " + "f(" * n + "1" + ")" * n + " }}", MAX_BRACKETS),
    "indexes in indexes": (lambda n: "{{ " + "a[" * n + "1" + "]" * n + " }}", MAX_BRACKETS),
    "nested if": (lambda n: "{% if 1 %}" * n + "x" + "{% endif %}" * n, MAX_BLOCKS),
    "nested for": (lambda n: "{% for x in 'a' %}" * n + "{% endfor %}" * n, MAX_BLOCKS),
    "nested with": (lambda n: "{% with a=1 %}" * n + "{% endwith %}" * n, MAX_BLOCKS),
    "nested set": (lambda n: "{% set x %}" * n + "{% endset %}" * n, MAX_BLOCKS),
    "nested filter": (lambda n: "{% filter upper %}" * n + "{% endfilter %}" * n, MAX_BLOCKS),
    "nested macro": (lambda n: "{% macro m() %}" * n + "{% endmacro %}" * n, MAX_BLOCKS),
    "elif": (lambda n: "{% if 0 %}" + "{% elif 0 %}" * n + "{% endif %}", MAX_ELIFS),
    "small tags": (lambda n: "{{a}}" * (n // 3) + "{##}" * (n % 3), MAX_TOKENS),
    "small blocks": (lambda n: "{%if a%}{%endif%}" * (n // 7) + "{##}" * (n % 7), MAX_TOKENS),
    "comments": (lambda n: "{##}" * n, MAX_TOKENS),
    "raw blocks": (lambda n: "{%raw%}{%endraw%}" * n, MAX_TOKENS),
    "digits": (lambda n: "{{ " + "1" * n + " }}", MAX_NUMBER_LENGTH),
    "bytes": (lambda n: "é" * (n // 2) + "a" * (n % 2), MAX_TEMPLATE_BYTES),
    "line ends": (lambda n: "\n" * n, MAX_LINES - 1),
    "carriage returns": (lambda n: "\r" * n + "x" * 190_000, MAX_LINES - 1),
    "braces": (lambda n: "{ " * (n // 2) + "x" * (n % 2), MAX_TEMPLATE_BYTES),
    "white space in a tag": (lambda n: "{{ a" + " " * (n - 6) + "}}", MAX_TEMPLATE_BYTES),
    "escapes in a string": (
        lambda n: "{{ '" + "\\n" * ((n - 8) // 2) + "' }}" + "x" * (n % 2),
        MAX_TEMPLATE_BYTES,
    ),
}
# Where one more at the bound is only noticed a step of the construct later.
_STEPS = {"in": 2, "pairs": 2, "is": 1}


def in_thread(work: Callable[[], None]) -> None:
    """Runs the work in a thread with a small stack, and raises what it raised."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 # It is raised again by the caller.
            failures.append(error)

    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    if failures:
        raise failures[0]


def parsing_time_s(source: str) -> float:
    started = time.thread_time()
    with contextlib.suppress(jinja2.TemplateSyntaxError):
        jinja2.Environment().parse(source)
    return time.thread_time() - started


@pytest.mark.parametrize("construct", AT_BOUND)
def test_at_the_bound_both_parsers_and_the_engine_live(construct: str) -> None:
    build, bound = AT_BOUND[construct]
    source = build(bound)

    def work() -> None:
        check_template(source)
        # The best of three: a collection of garbage, or a neighbour, may fall into one.
        assert min(parsing_time_s(source) for _ in range(3)) < 0.1
        environment = minijinja.Environment(fuel=100_000)
        try:
            environment.add_template("t", source)
            environment.render_template("t", a="b", b="b")
        except minijinja.TemplateError:
            pass

    in_thread(work)


@pytest.mark.parametrize("construct", AT_BOUND)
def test_over_the_bound_is_refused(construct: str) -> None:
    build, bound = AT_BOUND[construct]
    with pytest.raises(TemplateLimitExceeded):
        check_template(build(bound + _STEPS.get(construct, 1)))


def test_every_bound_at_once_leaves_python_frames_to_spare() -> None:
    source = (
        "{% if 1 %}" * MAX_BLOCKS
        + "{{ "
        + "not " * MAX_PREFIXES
        + "(" * MAX_BRACKETS
        + "1"
        + ")" * MAX_BRACKETS
        + " }}"
        + "{% endif %}" * MAX_BLOCKS
    )
    check_template(source)

    def deeper(frames: int) -> None:
        if frames:
            deeper(frames - 1)
        else:
            jinja2.Environment().parse(source)

    in_thread(lambda: deeper(150))


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "not " * 20_000 + "a }}",
        "{{ " + "1+" * 100_000 + "1 }}",
        "{% if a %}" + "{% elif a %}" * 10_000 + "{% endif %}",
        "{{ a" + ".b" * 50_000 + " }}",
        "{{ a" + "()" * 50_000 + " }}",
        "{{ " + "(" * 100_000,
        "{{ a|f(" + "[" * 50_000,
    ],
)
def test_what_kills_the_engine_is_refused(source: str) -> None:
    with pytest.raises(TemplateLimitExceeded):
        check_template(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% raw %}" + "{{ not " * 10_000 + "{% endraw %}",
        "{#" + "{{ not " * 10_000 + "#}",
        "{{ '" + "(" * 10_000 + "' }}",
        '{{ "' + "not " * 10_000 + '" }}',
        "{% raw -%}" + "{% elif %}" * 1_000 + "{%- endraw %}",
        "{ % { { } } % }" * 1_000,
        "{{ {'a': {'b': 1}}.a }}",
        "{{ '}}' ~ \"%}\" }}",
        "{%- if a -%}{%+ endif +%}{{- a -}}{#- c -#}",
        "{{ 'it\\'s \\\\' }}{{ '\\x41\\u4e2d\\n' }}",
        "{% set x = 1 %}" * 40,
        "{#}a#}",
        "{{ a\r\n\t\f}}",
    ],
)
def test_data_and_whole_tags_pass(source: str) -> None:
    check_template(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ a",
        "{% if a",
        "{{ 'a }}",
        "{# a",
        "{% raw %} a",
        "{{ ) }}",
        "{{ (] }}",
        "{{ a ? b }}",
        "{% raw +%}{% endraw %}",
        "{{ {'a': 1 }}",
    ],
)
def test_what_is_surely_no_template_is_a_syntax_error(source: str) -> None:
    with pytest.raises(TemplateSyntax) as caught:
        check_template("first\n" + source)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    "source",
    [
        "a\0b",
        "\ud800",
        "{{ '\\d' }}",
        "{{ '\\ud800' }}",
        "{{ '\\101' }}",
        "{{ '\\\n' }}",
        "{{\u00a0a }}",
        "{%\u2003raw %}",
        "{{ a\x0b}}",
        "{% raw %}{%\u00a0endraw %}",
    ],
)
def test_what_the_engines_read_differently_is_refused(source: str) -> None:
    with pytest.raises(TemplateUnsupported):
        check_template(source)


def test_size_is_counted_in_bytes() -> None:
    check_size("中" * (MAX_TEMPLATE_BYTES // 3))
    with pytest.raises(TemplateLimitExceeded):
        check_size("中" * (MAX_TEMPLATE_BYTES // 3 + 1))


@pytest.mark.parametrize("unit", ["{", "{%", "{% raw", "{% raw %}{%", "{{ '", "{#", "{% endraw "])
def test_the_scan_takes_linear_time(unit: str) -> None:
    source = unit + (" " * 50 + unit) * ((MAX_TEMPLATE_BYTES - 20) // (50 + len(unit)) - 1)
    started = time.thread_time()
    with contextlib.suppress(TemplateFault):
        check_template(source)
    assert time.thread_time() - started < 0.25


def test_a_fault_quotes_nothing_of_the_template() -> None:
    for source in ("{{ secret ? }}", "{{ 'secret", "{{ 'secret\\q' }}", "{{ " + "secret+" * 600):
        with pytest.raises(TemplateFault) as caught:
            check_template(source)
        assert "secret" not in caught.value.detail


def test_filters_are_found_in_tags_only() -> None:
    source = "{{ a|e }}|e {# |e #}{% raw %}{{ a|e }}{% endraw %}{{ '|e' }}{{ e }}{{ a | e|up }}"
    assert find_filters(source, {"e"}) == [(5, "e"), (source.rindex("e|up"), "e")]


TAG_PARTS = [
    *("{{", "}}", "{%", "%}", "{#", "#}", "raw", "endraw", "-", "+", "if", "endif"),
    *("'", '"', "\\", " ", "a", "(", ")", "{", "}"),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(TAG_PARTS)))
def test_any_text_passes_or_is_a_template_fault(parts: list[str]) -> None:
    with contextlib.suppress(TemplateFault):
        check_template("".join(parts))


def test_memory_stays_near_the_size_of_the_template() -> None:
    source = "{{ a }}" * 1_500 + "x" * 200_000
    tracemalloc.start()
    check_template(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
