"""From what an author wrote to what runs: the compiled template, its variables, its hash."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, ParamSpec, TypeVar

from promptops_server.core.errors import AppError
from promptops_server.prompts.config import dump_config, hashed_config
from promptops_server.prompts.guard import check_size
from promptops_server.prompts.prompt_schema import compile_prompt_schema
from promptops_server.prompts.rendering import (
    PromptTemplate,
    dump_chat,
    parse_compiled,
)
from promptops_server.prompts.schemas import Content
from promptops_server.versioned.content import content_hash

# Parsing and compiling this much takes some milliseconds.
INLINE_CHARACTERS = 64 * 1024
_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Compiled:
    """The columns of a version that its content gives; `problem` is why it cannot be published."""

    kind: Literal["text", "chat"]
    structure: dict[str, object] | None
    compiled_template: str
    # As it was written, where it includes snippets; they are as a version lists them.
    source_template: str | None
    snippets: list[dict[str, object]]
    config: dict[str, object]
    variables: dict[str, list[str]]
    content_hash: bytes
    problem: AppError | None


async def in_its_place(
    characters: int | None, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> _T:
    """What `work` returns: called here for a short text, in a thread for a long one.

    None stands for a length that nobody knows. Other requests wait for some milliseconds at most.
    """
    if characters is not None and characters <= INLINE_CHARACTERS:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """How a content with includes was written, what it includes, and why that cannot be."""

    written: Content
    snippets: Sequence[dict[str, object]] = ()
    problem: AppError | None = None


async def compile_in_its_place(content: Content, inclusion: Inclusion | None = None) -> Compiled:
    """As compile_content, for a long text in a thread."""
    if content.structure is not None:
        characters = len(content.structure.model_dump_json())
    else:
        characters = len(content.template or "") + sum(
            len(message.content or "") for message in content.messages or ()
        )
    return await in_its_place(characters, compile_content, content, inclusion)


def compile_content(content: Content, inclusion: Inclusion | None = None) -> Compiled:
    """What is stored of the content, in which snippets stand already where it includes any.

    A template that cannot run does not raise: an author's text is never refused for being
    unfinished, and `problem` says what is wrong. Raises TemplateLimitExceeded for what is too
    large to be kept at all.
    """
    kind: Literal["text", "chat"] = "chat" if content.template is None else "text"
    compiled, problem = _template_of(content)
    source: str | None = None
    if inclusion is None:
        check_size(compiled)
    else:
        source, _ = _template_of(inclusion.written)
        check_size(source)
        problem = inclusion.problem or _size_problem(compiled)
        if problem is not None:
            compiled = source
    parsed: PromptTemplate | None = None
    if problem is None:
        try:
            parsed = parse_compiled(kind, compiled)
        except AppError as error:
            problem = error
    structure = None if content.structure is None else content.structure.model_dump()
    config = dump_config(content.config)
    return Compiled(
        kind=kind,
        structure=structure,
        compiled_template=compiled,
        source_template=source,
        snippets=list(inclusion.snippets) if inclusion and problem is None else [],
        config=config,
        variables={
            "names": list(parsed.variables.names) if parsed else [],
            "required": list(parsed.variables.required) if parsed else [],
        },
        content_hash=content_hash(
            {
                "kind": kind,
                "structure": structure,
                "template": compiled,
                "config": hashed_config(config),
                # Left out of all others, whose hashes are older than snippets.
                **({} if source is None else {"source": source}),
            }
        ),
        problem=problem,
    )


def _template_of(content: Content) -> tuple[str, AppError | None]:
    if content.template is not None:
        return content.template, None
    if content.messages is not None:
        return dump_chat([message.entry() for message in content.messages]), None
    return _from_structure(content)


def _size_problem(compiled: str) -> AppError | None:
    try:
        check_size(compiled)
    except AppError as error:
        return error
    return None


def _from_structure(content: Content) -> tuple[str, AppError | None]:
    structure = content.structure
    if structure is None:
        raise AssertionError("Content holds exactly one of its three forms")
    try:
        return dump_chat(compile_prompt_schema(structure)), None
    except AppError as error:
        # An empty form: nothing to compile yet.
        return "[]", error
