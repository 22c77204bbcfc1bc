"""What can be wrong with a template, said without repeating the template or a value.

A sentence names constructs, filters and variables, which are identifiers, and the line. It never
quotes the template's text, because that text may hold what its author would not put into a log.
"""

from collections.abc import Sequence
from typing import Self

from promptops_server.core.errors import AppError, FieldProblem


class TemplateFault(AppError):
    """Something is wrong with the template or its rendering; `line` counts from 1 where known."""

    code = "template_fault"
    title = "Template fault"
    status = 422

    def __init__(self, detail: str, *, line: int | None = None) -> None:
        """Puts the line, where there is one, in front of the sentence."""
        super().__init__(detail if line is None else f"Line {line}: {detail}")
        self.line = line
        if line is not None:
            self.facts["line"] = line

    def at(self, pointer: str) -> Self:
        """The same error, with the place in the request (`#/messages/1/content`) added to it."""
        self.errors = (FieldProblem(self.code, pointer, self.detail),)
        return self


class TemplateSyntax(TemplateFault):
    """The template is not Jinja2."""

    code = "template_syntax"
    title = "Template syntax error"


class TemplateLimitExceeded(TemplateFault):
    """The template, its work or its output is over a published limit."""

    code = "template_limit_exceeded"
    title = "Template limit exceeded"


class TemplateUnsupported(TemplateFault):
    """The template is Jinja2, and uses a part of it that prompts do not have."""

    code = "template_unsupported"
    title = "Unsupported in templates"


class SnippetNotFound(TemplateFault):
    """What a template includes is no published text prompt of this project."""

    code = "snippet_not_found"
    title = "Snippet not found"


class SnippetCycle(TemplateFault):
    """With what it includes a prompt would include itself."""

    code = "snippet_cycle"
    title = "Snippet includes itself"


class TemplateRenderFailed(TemplateFault):
    """The template cannot be rendered with these values."""

    code = "template_render_failed"
    title = "Template rendering failed"
    status = 400


class MissingVariable(AppError):
    """Variables that the template needs were not given."""

    code = "missing_variable"
    title = "Missing template variable"
    status = 400

    def __init__(self, names: Sequence[str]) -> None:
        """Takes the missing names in template order, at least one; a dotted name is a path."""
        sentences = [f"Missing variable: {{{{{name}}}}}" for name in names]
        super().__init__(
            sentences[0],
            errors=[
                FieldProblem(self.code, f"#/variables/{_pointer(name)}", sentence)
                for name, sentence in zip(names, sentences, strict=True)
            ],
        )
        self.names = tuple(names)


def _pointer(name: str) -> str:
    """The reference tokens of a name, escaped as RFC 6901, section 3 says."""
    return "/".join(part.replace("~", "~0").replace("/", "~1") for part in name.split("."))
