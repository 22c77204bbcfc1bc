"""From what an author wrote to what runs: the compiled template, its variables, its hash."""

import asyncio
from collections.abc import Callable
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


async def compile_in_its_place(content: Content) -> Compiled:
    """As compile_content, for a long text in a thread."""
    if content.structure is not None:
        characters = len(content.structure.model_dump_json())
    else:
        characters = len(content.template or "") + sum(
            len(message.content or "") for message in content.messages or ()
        )
    return await in_its_place(characters, compile_content, content)


def compile_content(content: Content) -> Compiled:
    """What is stored of the content.

    A template that cannot run does not raise: an author's text is never refused for being
    unfinished, and `problem` says what is wrong. Raises TemplateLimitExceeded for what is too
    large to be kept at all.
    """
    kind: Literal["text", "chat"] = "chat"
    problem: AppError | None = None
    if content.template is not None:
        kind, compiled = "text", content.template
    elif content.messages is not None:
        compiled = dump_chat([message.entry() for message in content.messages])
    else:
        compiled, problem = _from_structure(content)
    check_size(compiled)
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
            }
        ),
        problem=problem,
    )


def _from_structure(content: Content) -> tuple[str, AppError | None]:
    structure = content.structure
    if structure is None:
        raise AssertionError("Content holds exactly one of its three forms")
    try:
        return dump_chat(compile_prompt_schema(structure)), None
    except AppError as error:
        # An empty form: nothing to compile yet.
        return "[]", error
