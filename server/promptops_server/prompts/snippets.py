"""Snippets: published text prompts that stand inside other prompts.

`{% include "alias@1.2.0" %}`, or `"alias"` for the highest version there is, becomes the text of
that version, as if it were written there. A published version is stored with its snippets in it,
so what was included never changes under it.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.prompts import repository
from promptops_server.prompts.compiling import (
    Compiled,
    Inclusion,
    compile_in_its_place,
    in_its_place,
)
from promptops_server.prompts.guard import MAX_TEMPLATE_BYTES, check_size, find_tags
from promptops_server.prompts.repository import FoundSnippet
from promptops_server.prompts.schemas import Content, TemplateRender
from promptops_server.prompts.template_errors import (
    SnippetCycle,
    SnippetNotFound,
    TemplateFault,
    TemplateLimitExceeded,
    TemplateUnsupported,
)

MAX_DEPTH = 5
# Of one prompt, by different names; each is looked up in the database.
MAX_SNIPPETS = 50
_SPACE = re.compile(r"\s+")
_INCLUDE = re.compile(
    r"""\{%(?P<before>[-+]?)[ \t\n\r\f]*include[ \t\n\r\f]*"""
    r"""(?P<quote>['"])(?P<alias>[a-z0-9][a-z0-9_-]{0,99})"""
    r"""(?:@(?P<version>[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}))?(?P=quote)"""
    r"""[ \t\n\r\f]*(?P<after>[-+]?)%\}"""
)

# The version of an alias: of this number, or where that is None, the highest in use.
Find = Callable[[str, str | None], Awaitable[FoundSnippet | None]]
_Written = TypeVar("_Written", Content, TemplateRender)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A version that stands in another; `depth` is 1 where it was included by name."""

    alias: str
    prompt_id: UUID
    version: str
    depth: int

    def as_json(self) -> dict[str, object]:
        """The form in which a version lists its snippets."""
        return {
            "alias": self.alias,
            "prompt_id": str(self.prompt_id),
            "version": self.version,
            "depth": self.depth,
        }


def finder(session: AsyncSession, project_id: UUID) -> Find:
    """What looks snippets up in this project."""

    async def find(alias: str, number: str | None) -> FoundSnippet | None:
        return await repository.find_snippet(session, project_id, alias, number)

    return find


async def compile_with_snippets(find: Find, prompt_id: UUID, content: Content) -> Compiled:
    """What is stored of the content as a state of the prompt, with its snippets as of now.

    What cannot be included does not raise: it is the `problem`, as any fault of a template.
    Raises TemplateLimitExceeded for what is too large to be kept at all.
    """
    if not any("include" in text for text in _texts(content).values()):
        return await compile_in_its_place(content)
    try:
        whole, snippets = await put_snippets_in(find, prompt_id, content)
    except TemplateFault as fault:
        return await compile_in_its_place(content, Inclusion(content, problem=fault))
    if not snippets:
        # The word stands in a text, a comment or a raw block.
        return await compile_in_its_place(content)
    listed = [snippet.as_json() for snippet in snippets]
    return await compile_in_its_place(whole, Inclusion(content, listed))


async def put_snippets_in(
    find: Find, prompt_id: UUID | None, written: _Written
) -> tuple[_Written, list[Snippet]]:
    """The same with snippets in its texts, and those snippets, inner ones too, each once.

    `prompt_id` is the prompt that it belongs to. Raises SnippetNotFound, SnippetCycle,
    TemplateUnsupported for what cannot be included, TemplateLimitExceeded, and what the guard
    finds, each with its place.
    """
    expander = _Expander(find, prompt_id)
    texts = {pointer: await expander.put_in(pointer, t) for pointer, t in _texts(written).items()}
    if written.template is not None:
        return written.model_copy(update={"template": texts["#/template"]}), expander.found()
    messages = [
        message.model_copy(update={"content": texts.get(_pointer(index))})
        for index, message in enumerate(written.messages or ())
    ]
    if not messages:
        return written, []
    return written.model_copy(update={"messages": messages}), expander.found()


def _texts(written: Content | TemplateRender) -> dict[str, str]:
    """The templates by their places in the request; a builder's fields are none."""
    if written.template is not None:
        return {"#/template": written.template}
    return {
        _pointer(index): message.content
        for index, message in enumerate(written.messages or ())
        if message.content is not None
    }


def _pointer(index: int) -> str:
    return f"#/messages/{index}/content"


@dataclass(frozen=True, slots=True)
class _Include:
    start: int
    end: int
    alias: str
    version: str | None
    trims_before: bool
    trims_after: bool
    line: int

    @property
    def name(self) -> str:
        return self.alias if self.version is None else f"{self.alias}@{self.version}"


class _Expander:
    """Puts snippets into the texts of one prompt, and looks each up once."""

    def __init__(self, find: Find, prompt_id: UUID | None) -> None:
        self._find = find
        self._prompt_id = prompt_id
        self._texts: dict[str, str] = {}
        self._snippets: dict[tuple[UUID, str], Snippet] = {}
        self._size = 0

    def found(self) -> list[Snippet]:
        """Every snippet once, at its greatest depth."""
        return list(self._snippets.values())

    async def put_in(self, pointer: str, source: str) -> str:
        """The text with its snippets in it."""
        try:
            text = await self._expand(source)
            self._size += len(text.encode())
            if self._snippets and self._size > MAX_TEMPLATE_BYTES:
                raise TemplateLimitExceeded(
                    f"With its snippets a prompt is at most {MAX_TEMPLATE_BYTES // 1024} KiB long."
                )
        except TemplateFault as fault:
            raise fault.at(pointer) from None
        return text

    async def _expand(self, source: str) -> str:
        check_size(source)
        if "include" not in source:
            return source
        includes = await in_its_place(len(source), _find_includes, source)
        parts: list[str] = []
        position = size = 0
        for include in includes:
            piece = source[position : include.start]
            parts.append(piece.rstrip() if include.trims_before else piece)
            parts.append(await self._text(include))
            position = include.end
            if include.trims_after and (space := _SPACE.match(source, position)):
                position = space.end()
            size += len(parts[-2]) + len(parts[-1])
            if size > MAX_TEMPLATE_BYTES:
                # More is not worth its memory: what is there is refused already.
                break
        return "".join((*parts, source[position:]))

    async def _text(self, include: _Include) -> str:
        if include.name not in self._texts:
            if len(self._texts) == MAX_SNIPPETS:
                raise TemplateLimitExceeded(
                    f"a prompt includes at most {MAX_SNIPPETS} snippets.", line=include.line
                )
            found = await self._find(include.alias, include.version)
            if found is None:
                raise SnippetNotFound(
                    f"there is no published prompt {include.name} in this project.",
                    line=include.line,
                )
            if found.kind != "text":
                raise TemplateUnsupported(
                    f"{include.name} is no text prompt: only those can be included.",
                    line=include.line,
                )
            self._note(include, found)
            self._texts[include.name] = found.compiled_template
        return self._texts[include.name]

    def _note(self, include: _Include, found: FoundSnippet) -> None:
        inner = [
            Snippet(
                alias=entry["alias"],
                prompt_id=UUID(entry["prompt_id"]),
                version=entry["version"],
                depth=entry["depth"] + 1,
            )
            for entry in found.snippets()
        ]
        direct = Snippet(include.alias, found.prompt_id, found.version_num, 1)
        for snippet in (direct, *inner):
            if snippet.prompt_id == self._prompt_id:
                raise SnippetCycle(
                    f"with {include.name} this prompt would include itself.", line=include.line
                )
            if snippet.depth > MAX_DEPTH:
                raise TemplateLimitExceeded(
                    f"with {include.name} snippets are nested over {MAX_DEPTH} deep.",
                    line=include.line,
                )
            key = snippet.prompt_id, snippet.version
            known = self._snippets.get(key)
            if known is None:
                self._snippets[key] = snippet
            elif snippet.depth > known.depth:
                self._snippets[key] = replace(known, depth=snippet.depth)


def _find_includes(source: str) -> Sequence[_Include]:
    """The include tags in their order. Raises what the guard finds, and for an odd include."""
    found: list[_Include] = []
    line, counted = 1, 0
    for start, end in find_tags(source, "include"):
        # Counted on from the last one: from the start each time would be quadratic.
        line += source.count("\n", counted, start)
        counted = start
        match = _INCLUDE.fullmatch(source, start, end)
        if match is None:
            raise TemplateUnsupported(
                'include takes the alias of a prompt in quotes, as "greeting" or "greeting@1.0.0".',
                line=line,
            )
        found.append(
            _Include(
                start=start,
                end=end,
                alias=match["alias"],
                version=match["version"],
                trims_before=match["before"] == "-",
                trims_after=match["after"] == "-",
                line=line,
            )
        )
    return found
