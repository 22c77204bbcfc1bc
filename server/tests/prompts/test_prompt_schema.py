import json
import re
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from promptops_server.core.errors import InvalidRequest
from promptops_server.prompts.prompt_schema import (
    RESERVED_WORDS,
    PromptSchema,
    compile_prompt_schema,
)
from promptops_server.prompts.rendering import PromptTemplate

VECTORS = Path(__file__).parents[3] / "tests" / "vectors" / "prompt_schema.json"
CASES = cast("list[dict[str, object]]", json.loads(VECTORS.read_text(encoding="utf-8")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_vector(case: dict[str, object]) -> None:
    schema = PromptSchema.model_validate(case["structure"])
    if "error" in case:
        with pytest.raises(InvalidRequest) as caught:
            compile_prompt_schema(schema)
        assert caught.value.code == case["error"]
        assert caught.value.errors[0].pointer == case["pointer"]
        return
    messages = compile_prompt_schema(schema)
    assert [{"role": m.role, "content": m.content} for m in messages] == case["messages"]
    rendered = PromptTemplate("chat", messages).render(cast("dict[str, object]", case["variables"]))
    assert rendered == case["rendered"]


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError):
        PromptSchema.model_validate({"task": "x", "tone": "y"})
    with pytest.raises(ValidationError):
        PromptSchema.model_validate({"few_shot": [{"input": "x", "answer": "y"}]})


def test_variables_come_in_the_order_of_the_messages() -> None:
    schema = PromptSchema(role="{{ b }}", task="{{ c }}", context="{{ a }}{{ b }}")
    prompt = PromptTemplate("chat", compile_prompt_schema(schema))
    assert prompt.variables.names == prompt.variables.required == ("b", "c", "a")


_PARTS = st.sampled_from(
    [
        *("{", "}", "{{", "}}", "{%", "%}", "{#", "#}", "{{{", "}}}", "-", "+", "'", '"', "\\"),
        *("{{ x }}", "{{y}}", "{{ x }", "{ x }}", "{{ x|upper }}", "{{ true }}", "{{\tz\n}}"),
        *("{% raw %}", "{% endraw %}", "{%- if x %}", "x", "y", " ", "\n", "\r\n", "中", "😀"),
        *("# Task", "{{ '{' }}", "{{ loop }}", "{{ not }}", "{{ 主题 }}", "{{ range }}"),
    ]
)
fields = st.lists(_PARTS | st.text(max_size=3), max_size=8).map("".join).filter(
    lambda text: "\0" not in text and not re.search("[\ud800-\udfff]", text)
)  # fmt: skip

_LIVE = re.compile(r"(?<!\{)\{\{[ \t\n\r\f\v]*([A-Za-z_][A-Za-z0-9_]*)[ \t\n\r\f\v]*\}\}")


def replaced(text: str, values: dict[str, str]) -> str:
    """The text with its live names replaced, by the plainest reading of the rule."""
    return _LIVE.sub(
        lambda match: match.group() if match.group(1) in RESERVED_WORDS else values[match.group(1)],
        text,
    )


@settings(max_examples=400, deadline=None)
@given(
    fields,
    fields,
    fields,
    st.lists(fields, max_size=3),
    st.lists(st.tuples(fields, fields), max_size=2),
)
def test_only_live_names_are_replaced(
    role: str,
    task: str,
    context: str,
    constraints: list[str],
    examples: list[tuple[str, str]],
) -> None:
    schema = PromptSchema.model_validate(
        {
            "role": role,
            "task": "t" + task,
            "context": context,
            "constraints": constraints,
            "few_shot": [{"input": i, "output": o} for i, o in examples],
        }
    )
    prompt = PromptTemplate("chat", compile_prompt_schema(schema))
    values = {name: f"\u27e8{name}{{{{ x }}}}\u27e9" for name in prompt.variables.names}
    assert prompt.variables.names == prompt.variables.required

    sections = [f"# Task\nt{replaced(task, values)}"]
    if context.strip():
        sections.append(f"# Context\n{replaced(context, values)}")
    lines = [f"- {replaced(text, values)}" for text in constraints if text.strip()]
    if lines:
        sections.append("# Constraints\n" + "\n".join(lines))
    shots = [
        f"Input: {replaced(i, values)}\nOutput: {replaced(o, values)}"
        for i, o in examples
        if i.strip() or o.strip()
    ]
    if shots:
        numbered = [f"## Example {n}\n{shot}" for n, shot in enumerate(shots, start=1)]
        sections.append("# Examples\n" + "\n\n".join(numbered))
    expected = [{"role": "user", "content": "\n\n".join(sections)}]
    if role.strip():
        expected.insert(0, {"role": "system", "content": replaced(role, values)})
    assert prompt.render(dict(values)) == expected
