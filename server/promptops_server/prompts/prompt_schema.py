"""The builder's form, and the chat that it becomes.

In a field only `{{ name }}` is live; every other brace is data and is rendered unchanged. The
compiled messages are ordinary templates, so that what runs never depends on the form.
"""

import re

from pydantic import BaseModel, ConfigDict

from promptops_server.core.errors import FieldProblem, InvalidRequest
from promptops_server.prompts.rendering import MessageTemplate
from promptops_server.prompts.template_grammar import OPERATOR_WORDS, RESERVED_NAMES

# Words of the expression language, and the names that it fills itself: data in a field.
RESERVED_WORDS = (
    RESERVED_NAMES | OPERATOR_WORDS | {"true", "false", "none", "True", "False", "None"}
)
# Two braces, not three: `{{{x}}}` is data, and so is what stands before it.
_LIVE = re.compile(r"(?<!\{)\{\{[ \t\n\r\f\v]*([A-Za-z_][A-Za-z0-9_]*)[ \t\n\r\f\v]*\}\}")
# A brace that would open a tag, or might together with what follows the piece.
_OPENING = re.compile(r"\{(?=[{%#]|\Z)")


class FewShotExample(BaseModel):
    """One example: what goes in, and what should come out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: str = ""
    output: str = ""


class PromptSchema(BaseModel):
    """What an author fills in; a field left empty does not appear in the prompt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: str = ""
    task: str = ""
    context: str = ""
    constraints: list[str] = []
    few_shot: list[FewShotExample] = []


def compile_prompt_schema(schema: PromptSchema) -> tuple[MessageTemplate, ...]:
    r"""The messages of a filled-in form, as templates.

    The system message is the role, without one there is no system message. The user message is
    these sections, each only where it is not empty, joined by one blank line ("\n\n"), with no
    line end behind the last:

        # Task\n{task}
        # Context\n{context}
        # Constraints\n- {first}\n- {second}
        # Examples\n## Example 1\nInput: {input}\nOutput: {output}\n\n## Example 2\n...

    Constraints and examples that are empty are left out and not numbered. Fields stand as they
    were written, line ends and outer white space too. A field of only white space is empty.
    Raises InvalidRequest, naming `#/structure/task`, where no section has anything in it.
    """
    sections = [
        f"# {title}\n{body}"
        for title, body in (
            ("Task", _field(schema.task)),
            ("Context", _field(schema.context)),
            ("Constraints", _constraints(schema.constraints)),
            ("Examples", _examples(schema.few_shot)),
        )
        if body
    ]
    if not sections:
        sentence = "Say what the prompt is to do: its task is empty."
        problem = FieldProblem(InvalidRequest.code, "#/structure/task", sentence)
        raise InvalidRequest(sentence, errors=[problem])
    user = MessageTemplate("user", "\n\n".join(sections))
    role = _field(schema.role)
    return (MessageTemplate("system", role), user) if role else (user,)


def _constraints(constraints: list[str]) -> str:
    return "\n".join(f"- {text}" for text in map(_field, constraints) if text)


def _examples(examples: list[FewShotExample]) -> str:
    filled = [e for e in examples if e.input.strip() or e.output.strip()]
    return "\n\n".join(
        f"## Example {number}\nInput: {_escape(e.input)}\nOutput: {_escape(e.output)}"
        for number, e in enumerate(filled, start=1)
    )


def _field(text: str) -> str:
    return _escape(text) if text.strip() else ""


def _escape(text: str) -> str:
    """The template that renders to the text with its live names replaced, and nothing else."""
    parts: list[str] = []
    position = 0
    for match in _LIVE.finditer(text):
        name = match.group(1)
        if name in RESERVED_WORDS:
            continue
        parts.append(_as_data(text[position : match.start()]))
        parts.append(f"{{{{ {name} }}}}")
        position = match.end()
    parts.append(_as_data(text[position:]))
    return "".join(parts)


def _as_data(text: str) -> str:
    return _OPENING.sub("{{ '{' }}", text)
