"""Rendering: the one way in which a template becomes text, and a prompt becomes messages.

MiniJinja renders, strict and with fuel, behind the guard and the grammar. A template is compiled
once and kept; rendering it again takes microseconds. A value is data: what stands in it is never
read as a template.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn, Self, cast, get_args

import minijinja

from promptops_server.core.errors import FieldProblem, InvalidRequest
from promptops_server.prompts.guard import MAX_TEMPLATE_BYTES, find_filters
from promptops_server.prompts.template_errors import (
    MissingVariable,
    TemplateFault,
    TemplateLimitExceeded,
    TemplateRenderFailed,
    TemplateSyntax,
)
from promptops_server.prompts.template_grammar import GLOBALS
from promptops_server.prompts.template_values import (
    FILTER_CHAINS,
    check_budget,
    convert,
    finalize,
    sorted_json,
    start_budget,
    to_html,
    weighed,
    weighed_dict,
)
from promptops_server.prompts.variables import TemplateVariables, analyse_template, merge

MAX_OUTPUT_BYTES = 1024 * 1024
MAX_MESSAGES = 200
# One instruction takes 1, one element of a loop about 5, 64 bytes of text 1.
FUEL = 40_000
# Texts are copied and compared without fuel, so large input gets less of it; 1 MiB of output
# takes 17,000.
LARGE_INPUT = 64 * 1024
FUEL_FOR_LARGE_INPUT = 30_000

Role = Literal["system", "developer", "user", "assistant"]
Kind = Literal["text", "chat"]

_NAME = "template"
_ROLES = get_args(Role)
_UNDEFINED = re.compile(r"`([^`]+)` is undefined")
_PATH = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_LIMIT_WORDS = ("recursion limit", "too many elements", "too large")
_POINTER = "#/compiled_template"
_PLACEHOLDER = {"placeholder": "messages"}


class CompiledTemplate:
    """A template ready to render, by any thread and as often as needed."""

    def __init__(self, source: str) -> None:
        """Checks and compiles; see compile_text."""
        analysis = analyse_template(source)
        self.variables: TemplateVariables = analysis.variables
        self._executable = _expand_filters(source)
        self._functions = analysis.functions
        self._environment = self._compile(FUEL, self._executable)
        # Made when large input comes: most templates never see any.
        self._environment_for_large_input: minijinja.Environment | None = None

    def render(self, variables: Mapping[str, object]) -> str:
        """The text, byte for byte what plain Jinja2 gives, but that line ends stay as they are.

        `variables` are JSON values; names that the template does not have are ignored. Raises
        MissingVariable, TemplateRenderFailed or TemplateLimitExceeded.
        """
        start_budget()
        context, size = convert(self.variables.names, variables)
        environment = self._environment if size <= LARGE_INPUT else self._large()
        try:
            text = environment.render_template(_NAME, **context)
        except minijinja.TemplateError as error:
            self._fail(error, variables)
        except (AttributeError, TypeError, ValueError, LookupError, RecursionError):
            # A method or filter written in Python was called in a way that it does not take.
            check_budget()
            raise TemplateRenderFailed("A method or a filter cannot take these values.") from None
        except BaseException as error:
            # A panic of the engine comes as a class of its own that no module exports; it must
            # fail this rendering and not the process.
            if type(error).__name__ == "PanicException":
                raise TemplateRenderFailed("The engine cannot take these values.") from None
            raise
        check_budget()
        return _within_output(text)

    def _compile(self, fuel: int, executable: str) -> minijinja.Environment:
        environment = minijinja.Environment(
            undefined_behavior="strict",
            fuel=fuel,
            keep_trailing_newline=True,
            auto_escape_callback=_no_escape,
            finalizer=finalize,
            filters={
                "sorted_json": sorted_json,
                "e": to_html,
                "escape": to_html,
                "weighed_dict": weighed_dict,
            },
            tests={"weighed": weighed},
            # With this the error says what is undefined; the error's text is never shown.
            debug=True,
        )
        # debug() prints every variable. A function that is not called is an ordinary name.
        for name in ("debug", "cycler", "joiner", *(GLOBALS - self._functions)):
            environment.remove_global(name)
        try:
            environment.add_template(_NAME, executable)
        except minijinja.TemplateError as error:
            raise TemplateSyntax("this is not a valid template.", line=error.line) from None
        return environment

    def _large(self) -> minijinja.Environment:
        if self._environment_for_large_input is None:
            # The engine copies a text from Python at every use of its name, unless the template
            # set the name itself; a name that is not given stays undefined.
            kept = "".join(
                f"{{% if {name} is defined %}}{{% set {name} = {name} %}}{{% endif %}}"
                for name in self.variables.names
            )
            self._environment_for_large_input = self._compile(
                FUEL_FOR_LARGE_INPUT, kept + self._executable
            )
        return self._environment_for_large_input

    def _fail(self, error: minijinja.TemplateError, variables: Mapping[str, object]) -> NoReturn:
        """Raises what a failed rendering means; the engine's own text may hold values."""
        check_budget()
        detail = error.detail or ""
        if error.kind == "OutOfFuel" or any(words in detail for words in _LIMIT_WORDS):
            raise TemplateLimitExceeded(
                "rendering takes too much work or memory.", line=error.line
            ) from None
        missing = [name for name in self.variables.required if name not in variables]
        undefined = _UNDEFINED.search(detail)
        path = undefined.group(1) if undefined else ""
        if not missing and _PATH.fullmatch(path) and path.split(".")[0] in self.variables.names:
            missing = [path]
        if missing:
            raise MissingVariable(missing) from None
        if error.kind == "UndefinedError":
            raise TemplateRenderFailed("something here is undefined.", line=error.line) from None
        raise TemplateRenderFailed(
            "an operation or a filter cannot take these values.", line=error.line
        ) from None


def compile_text(source: str) -> CompiledTemplate:
    """The template, checked by the guard and the grammar, and compiled.

    Raises TemplateLimitExceeded, TemplateSyntax or TemplateUnsupported.
    """
    return CompiledTemplate(source)


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One message of a chat before rendering."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Where the conversation that a call brings goes in a chat."""


ChatEntry = MessageTemplate | Placeholder


class PromptTemplate:
    """A prompt ready to render: one text, or the messages of a chat.

    `variables` are those of all messages, in their order.
    """

    def __init__(self, kind: Kind, entries: Sequence[ChatEntry]) -> None:
        """Compiles every message; a fault of a chat says which message it is in.

        Requires at most one placeholder; without one the conversation goes behind all messages.
        """
        self.kind: Kind = kind
        self.entries = tuple(entries)
        messages = [entry for entry in entries if isinstance(entry, MessageTemplate)]
        if sum(len(message.content.encode("utf-8", "replace")) for message in messages) > (
            MAX_TEMPLATE_BYTES
        ):
            raise TemplateLimitExceeded(
                f"A prompt is at most {MAX_TEMPLATE_BYTES // 1024} KiB long."
            )
        self._compiled = tuple(
            (entry.role, self._compile(index, entry.content))
            for index, entry in enumerate(self.entries)
            if isinstance(entry, MessageTemplate)
        )
        self._conversation_at = next(
            (i for i, entry in enumerate(self.entries) if isinstance(entry, Placeholder)),
            len(self._compiled),
        )
        self.variables = merge([template.variables for _, template in self._compiled])

    @classmethod
    def of_text(cls, source: str) -> Self:
        """The prompt that is one text: it becomes one user message."""
        return cls("text", [MessageTemplate("user", source)])

    def missing(self, variables: Mapping[str, object]) -> list[str]:
        """The required variables that are not given, in template order; null counts as given."""
        return [name for name in self.variables.required if name not in variables]

    def render(
        self,
        variables: Mapping[str, object],
        conversation: Sequence[Mapping[str, object]] = (),
    ) -> list[dict[str, object]]:
        """The messages as OpenAI's chat completions take them: role and content.

        `variables` are JSON values. `conversation` is what the call brings, checked already; its
        messages come out as they are, at the placeholder or at the end. Raises MissingVariable
        with every missing name before anything is rendered, else TemplateRenderFailed or
        TemplateLimitExceeded.
        """
        missing = self.missing(variables)
        if missing:
            raise MissingVariable(missing)
        texts = [template.render(variables) for _, template in self._compiled]
        if len(texts) > 1:
            _within_output("".join(texts))
        messages: list[dict[str, object]] = [
            {"role": role, "content": text}
            for (role, _), text in zip(self._compiled, texts, strict=True)
        ]
        if conversation:
            at = self._conversation_at
            messages[at:at] = [dict(message) for message in conversation]
        return messages

    def _compile(self, index: int, content: str) -> CompiledTemplate:
        try:
            return CompiledTemplate(content)
        except TemplateFault as fault:
            raise fault.at(
                "#/template" if self.kind == "text" else f"#/messages/{index}/content"
            ) from None


def parse_compiled(kind: Kind, compiled_template: str) -> PromptTemplate:
    """The prompt that a stored `compiled_template` is.

    That is the template itself for a text, for a chat the JSON that dump_chat writes. Raises
    InvalidRequest for a chat that is no such JSON or has no message, and what compile_text
    raises, with a pointer to the message at fault.
    """
    if kind == "text":
        return PromptTemplate.of_text(compiled_template)
    # JSON writes one byte in at most six.
    if len(compiled_template) > 6 * MAX_TEMPLATE_BYTES + MAX_MESSAGES * 64:
        raise TemplateLimitExceeded(f"A prompt is at most {MAX_TEMPLATE_BYTES // 1024} KiB long.")
    try:
        document: object = json.loads(compiled_template)
    except (ValueError, RecursionError):
        raise _not_a_chat("A chat is a JSON list of messages.") from None
    if not isinstance(document, list) or not document:
        raise _not_a_chat("A chat has at least one message.")
    entries = cast("list[object]", document)
    if len(entries) > MAX_MESSAGES:
        raise TemplateLimitExceeded(f"A chat has at most {MAX_MESSAGES} messages.")
    parsed = [_entry(entry, i) for i, entry in enumerate(entries)]
    holes = sum(isinstance(entry, Placeholder) for entry in parsed)
    if holes > 1 or holes == len(parsed):
        raise _not_a_chat("A chat has one placeholder at most, and a message beside it.")
    return PromptTemplate("chat", parsed)


def dump_chat(entries: Sequence[ChatEntry]) -> str:
    """The canonical JSON of a chat: role, then content, no spaces, characters as they are.

    The placeholder is `{"placeholder":"messages"}`.
    """
    document = [
        {"role": entry.role, "content": entry.content}
        if isinstance(entry, MessageTemplate)
        else _PLACEHOLDER
        for entry in entries
    ]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _entry(entry: object, index: int) -> ChatEntry:
    if entry == _PLACEHOLDER:
        return Placeholder()
    fields = cast("dict[str, object]", entry) if isinstance(entry, dict) else {}
    role, content = fields.get("role"), fields.get("content")
    if role not in _ROLES or not isinstance(content, str) or len(fields) != 2:
        raise _not_a_chat(
            f"A message has a role ({', '.join(_ROLES)}) and a content, which is a text.",
            f"{_POINTER}/{index}",
        )
    return MessageTemplate(cast("Role", role), content)


def _not_a_chat(sentence: str, pointer: str = _POINTER) -> InvalidRequest:
    problem = FieldProblem(InvalidRequest.code, pointer, sentence)
    return InvalidRequest(sentence, errors=[problem])


def _within_output(text: str) -> str:
    if len(text) > MAX_OUTPUT_BYTES or (
        len(text) * 4 > MAX_OUTPUT_BYTES and len(text.encode("utf-8", "replace")) > MAX_OUTPUT_BYTES
    ):
        raise TemplateLimitExceeded(
            f"A rendered prompt is at most {MAX_OUTPUT_BYTES // 1024} KiB long."
        )
    return text


def _expand_filters(source: str) -> str:
    """The template with the filters that are written in Python as the chains that they stand for.

    Lines stay where they are, so that errors go on naming the right one.
    """
    parts: list[str] = []
    position = 0
    for start, name in find_filters(source, FILTER_CHAINS.keys()):
        parts += [source[position:start], FILTER_CHAINS[name]]
        position = start + len(name)
    return "".join((*parts, source[position:]))


def _no_escape(_name: str) -> bool:
    return False
