"""A linear scan that a template must pass before any parser or engine sees it.

MiniJinja compiles and renders on the native stack: a chain of some 10,000 operators, attributes,
calls or `elif` overflows it and kills the process, and Jinja2's parser answers deep nesting with
RecursionError. So every chain, every nesting and the number of tokens are bounded here, by a scan
that uses no recursion and reads each character a fixed number of times.

The scan reads tags as Jinja2 3.1 does. Where Jinja2 and MiniJinja would read the same characters
differently (white space beyond ASCII, escapes in strings, `{% raw +%}`) it refuses them, so that
all three agree on what is a tag and what is data.
"""

import re
from collections.abc import Collection

from promptops_server.prompts.template_errors import (
    TemplateLimitExceeded,
    TemplateSyntax,
    TemplateUnsupported,
)

MAX_TEMPLATE_BYTES = 256 * 1024
# Jinja2's parser takes 5 to 10 microseconds a token; this many keep it under 100 milliseconds.
MAX_TOKENS = 5_000
# Jinja2 splits a template at its line ends before anything else: 30 milliseconds for this many.
MAX_LINES = 65_536
# Operators, accesses, calls, filters, tests, commas and strings of one tag.
MAX_CHAIN = 500
# `not`, signs and `else` of one tag: each is a stack frame of Jinja2's parser.
MAX_PREFIXES = 100
# 32 brackets inside 32 blocks are about 600 of the 1,000 frames that Python allows.
MAX_BRACKETS = 32
MAX_BLOCKS = 32
MAX_ELIFS = 200
MAX_NUMBER_LENGTH = 32

_WHITE_SPACE = " \t\n\r\f"
_TAG = re.compile(r"\{[{%#]")
_RAW = re.compile(r"\{%[-+]?[ \t\n\r\f]*raw[ \t\n\r\f]*[-+]?%\}")
# `\s` on purpose: Jinja2 takes any white space here, MiniJinja only ASCII, and _raw compares.
_END_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_WORD = re.compile(r"\w+")
_OPERATOR = re.compile(r"//|\*\*|==|!=|>=|<=|[-+*/%~<>=.:|,]")
_ESCAPE = (r"""\\(?:[\\'"ntrbf]|x[0-9A-Fa-f]{2}|u(?![dD][89abAB])"""
           r"""(?![dD][c-fC-F])[0-9A-Fa-f]{4})""")  # fmt: skip
# A string up to its end or to what it may not hold. The two branches share no first character and
# nothing follows them, so nothing is tried twice; possessive quantifiers would say the same, and
# lose their place in early releases of Python 3.11.
_IN_STRING = {quote: re.compile(rf"(?:[^{quote}\\]+|{_ESCAPE})*") for quote in ("'", '"')}
_CHAIN_WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else"})
_PREFIX_WORDS = frozenset({"not", "else"})
_OPENERS = frozenset(
    {"for", "if", "macro", "call", "filter", "with", "autoescape", "block", "set", "trans"}
)
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def check_size(source: str) -> None:
    """Passes text that is at most MAX_TEMPLATE_BYTES of UTF-8, without NUL and lone surrogates.

    Raises TemplateLimitExceeded for what is larger, TemplateUnsupported for such characters.
    """
    if len(source) > MAX_TEMPLATE_BYTES:
        raise _too_large()
    if "\0" in source:
        raise TemplateUnsupported("A template cannot hold the NUL character.")
    try:
        size_bytes = len(source.encode())
    except UnicodeEncodeError:
        raise TemplateUnsupported("A template cannot hold half of a surrogate pair.") from None
    if size_bytes > MAX_TEMPLATE_BYTES:
        raise _too_large()


def check_template(source: str) -> None:
    """Passes a template that the parser and the engine can take without harm.

    That is no promise that it is valid. Raises TemplateLimitExceeded for what is over a bound,
    TemplateSyntax for what is certainly no template, TemplateUnsupported for what the two
    engines would read differently.
    """
    check_size(source)
    if source.count("\n") + source.count("\r") >= MAX_LINES:
        raise TemplateLimitExceeded(f"A template has at most {MAX_LINES} lines.")
    _Scan(source).run()


def find_filters(source: str, names: Collection[str]) -> list[tuple[int, str]]:
    """Where these filters stand in the tags of the template: position and name, in order.

    Requires that check_template passed the template.
    """
    scan = _Scan(source)
    scan.run()
    return [(position, name) for position, name in scan.filters if name in names]


def find_tags(source: str, name: str) -> list[tuple[int, int]]:
    """Where the statements of this name stand, outside of comments and raw blocks: start and end.

    Requires that check_size passed the template. Raises what check_template finds in its tags.
    """
    scan = _Scan(source)
    scan.run()
    return [(start, end) for start, end, found in scan.statements if found == name]


def _too_large() -> TemplateLimitExceeded:
    return TemplateLimitExceeded(f"A template is at most {MAX_TEMPLATE_BYTES // 1024} KiB long.")


class _Scan:
    """One pass over a template."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = 0
        # For each open block, how many elif branches it has had.
        self._blocks: list[int] = []
        # Every name that stands behind a `|`, with its position.
        self.filters: list[tuple[int, str]] = []
        # Start, end and first word of every `{% %}`.
        self.statements: list[tuple[int, int, str]] = []

    def run(self) -> None:
        source = self._source
        position = 0
        while (match := _TAG.search(source, position)) is not None:
            start = match.start()
            self._count_token(start)
            if source[start + 1] == "#":
                position = self._comment(start)
            elif source[start + 1] == "%" and (raw := _RAW.match(source, start)) is not None:
                position = self._raw(raw)
            else:
                tag = _Tag(self._source, start, self._tokens)
                position = tag.scan()
                self._tokens = tag.tokens
                self.filters += tag.filters
                if tag.is_block:
                    self.statements.append((start, position, tag.name))
                    self._track_block(tag, start)

    def _count_token(self, position: int) -> None:
        self._tokens += 1
        if self._tokens > MAX_TOKENS:
            raise _too_many_tokens(self._source, position)

    def _comment(self, start: int) -> int:
        end = self._source.find("#}", start + 2)
        if end < 0:
            raise TemplateSyntax("a comment is not closed.", line=line_at(self._source, start))
        return end + 2

    def _raw(self, raw: re.Match[str]) -> int:
        source = self._source
        if raw.group().endswith("+%}"):
            raise TemplateSyntax("{% raw +%} is not Jinja2.", line=line_at(source, raw.start()))
        end = _END_RAW.search(source, raw.end())
        if end is None:
            raise TemplateSyntax("a raw block is not closed.", line=line_at(source, raw.start()))
        if any(c.isspace() and c not in _WHITE_SPACE for c in end.group()):
            raise _odd_space(source, end.start())
        return end.end()

    def _track_block(self, tag: "_Tag", start: int) -> None:
        name = tag.name
        if name.startswith("end"):
            if self._blocks:
                self._blocks.pop()
        elif name == "elif" and self._blocks:
            self._blocks[-1] += 1
            if self._blocks[-1] > MAX_ELIFS:
                raise TemplateLimitExceeded(
                    f"one if has at most {MAX_ELIFS} elif branches.",
                    line=line_at(self._source, start),
                )
        elif name in _OPENERS and not (name == "set" and tag.assigns):
            self._blocks.append(0)
            if len(self._blocks) > MAX_BLOCKS:
                raise TemplateLimitExceeded(
                    f"blocks are nested at most {MAX_BLOCKS} deep.",
                    line=line_at(self._source, start),
                )


class _Tag:
    """One tag, from its opening delimiter to behind its closing one."""

    def __init__(self, source: str, start: int, tokens: int) -> None:
        self._source = source
        self._start = start
        self.tokens = tokens
        self.is_block = source[start + 1] == "%"
        # The first word of the tag, and whether an `=` stands outside of all brackets.
        self.name = ""
        self.assigns = False
        self._end = "%}" if self.is_block else "}}"
        self._brackets: list[str] = []
        self._chain = 0
        self._prefixes = 0
        # Whether what came last is a value, so that a sign after it is an operator.
        self._after_value = False
        self._after_pipe = False
        self.filters: list[tuple[int, str]] = []

    def scan(self) -> int:
        """The position behind the tag."""
        source = self._source
        position = self._start + 2
        if source[position : position + 1] in ("-", "+"):
            position += 1
        while position < len(source):
            if (space := _SPACE.match(source, position)) is not None:
                position = space.end()
                continue
            if not self._brackets and (end := self._closing(position)):
                self._count(position)
                return end
            self._count(position)
            position = self._token(position)
        raise TemplateSyntax("a tag is not closed.", line=line_at(source, self._start))

    def _closing(self, position: int) -> int:
        """The position behind the closing delimiter that stands here, or 0."""
        signs = "-+" if self.is_block else "-"
        begin = position + 1 if self._source[position] in signs else position
        return begin + 2 if self._source.startswith(self._end, begin) else 0

    def _count(self, position: int) -> None:
        self.tokens += 1
        if self.tokens > MAX_TOKENS:
            raise _too_many_tokens(self._source, position)

    def _token(self, position: int) -> int:
        end = self._read(position)
        self._after_pipe = self._source[position] == "|"
        return end

    def _read(self, position: int) -> int:
        source = self._source
        character = source[position]
        if character in "'\"":
            self._link(position)
            self._after_value = True
            return self._string(position)
        if (word := _WORD.match(source, position)) is not None:
            self._word(word)
            return word.end()
        if character in _PAIRS or character in ")]}":
            self._bracket(position)
            return position + 1
        if (operator := _OPERATOR.match(source, position)) is not None:
            self._operator(operator)
            return operator.end()
        if character.isspace():
            raise _odd_space(source, position)
        raise TemplateSyntax("an unexpected character.", line=line_at(source, position))

    def _word(self, match: re.Match[str]) -> None:
        word = match.group()
        if word[0].isdecimal() and len(word) > MAX_NUMBER_LENGTH:
            raise TemplateLimitExceeded(
                f"a number has at most {MAX_NUMBER_LENGTH} digits.",
                line=line_at(self._source, match.start()),
            )
        if not self.name:
            self.name = word
        if self._after_pipe:
            self.filters.append((match.start(), word))
        if word in _CHAIN_WORDS:
            self._link(match.start())
            if word in _PREFIX_WORDS:
                self._prefix(match.start())
        self._after_value = word not in _CHAIN_WORDS

    def _operator(self, match: re.Match[str]) -> None:
        text = match.group()
        self._link(match.start())
        if text in "-+" and not self._after_value:
            self._prefix(match.start())
        if text == "=" and not self._brackets:
            self.assigns = True
        self._after_value = False

    def _bracket(self, position: int) -> None:
        character = self._source[position]
        if character in _PAIRS:
            self._link(position)
            self._brackets.append(_PAIRS[character])
            self._after_value = False
            if len(self._brackets) > MAX_BRACKETS:
                raise TemplateLimitExceeded(
                    f"brackets are nested at most {MAX_BRACKETS} deep.",
                    line=line_at(self._source, position),
                )
        elif not self._brackets or self._brackets.pop() != character:
            raise TemplateSyntax(
                "a closing bracket without its opening one.", line=line_at(self._source, position)
            )
        else:
            self._after_value = True

    def _string(self, start: int) -> int:
        source = self._source
        found = _IN_STRING[source[start]].match(source, start + 1)
        stop = start + 1 if found is None else found.end()
        if source.startswith("\\", stop):
            # The engines disagree about all others, and Python warns about unknown ones.
            raise TemplateUnsupported(
                "a string knows only the escapes \\\\ \\' \\\" \\n \\t \\r \\b \\f "
                "\\xHH and \\uHHHH.",
                line=line_at(source, stop),
            )
        if stop < len(source):
            return stop + 1
        raise TemplateSyntax("a string is not closed.", line=line_at(source, start))

    def _link(self, position: int) -> None:
        self._chain += 1
        if self._chain > MAX_CHAIN:
            raise TemplateLimitExceeded(
                f"one tag holds at most {MAX_CHAIN} operators, accesses, calls, filters, tests, "
                "commas and strings.",
                line=line_at(self._source, position),
            )

    def _prefix(self, position: int) -> None:
        self._prefixes += 1
        if self._prefixes > MAX_PREFIXES:
            raise TemplateLimitExceeded(
                f"one tag holds at most {MAX_PREFIXES} of not, else and signs.",
                line=line_at(self._source, position),
            )


def line_at(source: str, position: int) -> int:
    """The line of a position, counted from 1 by line feeds as MiniJinja counts them."""
    return source.count("\n", 0, position) + 1


def _too_many_tokens(source: str, position: int) -> TemplateLimitExceeded:
    return TemplateLimitExceeded(
        f"the tags of a template hold at most {MAX_TOKENS} words and signs.",
        line=line_at(source, position),
    )


def _odd_space(source: str, position: int) -> TemplateUnsupported:
    return TemplateUnsupported(
        "a tag may hold no white space but space, tab, new line and form feed.",
        line=line_at(source, position),
    )
