"""What differs between two states: lines and words of texts, members of mappings.

Sequences are compared by E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), with
a bound on its work: two texts that have too little in common are told as one replaced by the other.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import orjson

# Steps of the comparison: some 0.1 microseconds each.
MAX_STEPS = 100_000
_WORD_STEPS = 20_000
# Unchanged lines that are shown around a change.
CONTEXT = 3
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
# Changed words are looked for in lines of up to this many characters.
_MAX_LINE = 2_000


@dataclass(frozen=True, slots=True)
class Block:
    """Where two sequences differ: before[start:end] was replaced by after[start:end]."""

    before_start: int
    before_end: int
    after_start: int
    after_end: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk; `spans` are the [start, end) in characters that changed within it."""

    op: Literal["equal", "remove", "add"]
    text: str
    spans: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that changed, with some around them; the numbers are those of its first lines."""

    before_line: int
    after_line: int
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class MemberChange:
    """A member of a mapping that was added (`before` is None), removed or changed."""

    name: str
    before: object
    after: object


class _Budget:
    """Steps that may still be taken."""

    def __init__(self, steps: int) -> None:
        self.left = steps


def diff_members(before: Mapping[str, object], after: Mapping[str, object]) -> list[MemberChange]:
    """The members that differ, by name; values are JSON, in which the order of keys counts."""
    return [
        MemberChange(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if orjson.dumps(before.get(name)) != orjson.dumps(after.get(name))
    ]


def diff_sequences(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Block]:
    """Where the sequences differ, in order; equal sequences give nothing."""
    return _blocks(before, after, _Budget(MAX_STEPS))


def diff_text(before: str, after: str) -> list[Hunk]:
    """The changed lines in hunks, with changed words in lines that took another's place.

    Lines end with a line feed, which is not part of them.
    """
    old, new = before.split("\n"), after.split("\n")
    blocks = _blocks(old, new, _Budget(MAX_STEPS))
    words = _Budget(MAX_STEPS // 2)
    return [_hunk(old, new, group, words) for group in _groups(blocks)]


def _groups(blocks: list[Block]) -> list[list[Block]]:
    """Blocks so close that their surroundings would overlap stand together."""
    groups: list[list[Block]] = []
    for block in blocks:
        if groups and block.before_start - groups[-1][-1].before_end <= 2 * CONTEXT:
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _hunk(old: Sequence[str], new: Sequence[str], group: list[Block], words: _Budget) -> Hunk:
    first = group[0]
    lead = min(CONTEXT, first.before_start)
    lines: list[Line] = []
    position = first.before_start - lead
    for block in group:
        lines += [Line("equal", text, []) for text in old[position : block.before_start]]
        lines += _replaced(
            old[block.before_start : block.before_end],
            new[block.after_start : block.after_end],
            words,
        )
        position = block.before_end
    lines += [Line("equal", text, []) for text in old[position : position + CONTEXT]]
    return Hunk(first.before_start - lead + 1, first.after_start - lead + 1, lines)


def _replaced(old: Sequence[str], new: Sequence[str], words: _Budget) -> list[Line]:
    removed: list[Line] = []
    added: list[Line] = []
    for index, text in enumerate(old):
        spans: list[tuple[int, int]] = []
        if index < len(new):
            spans, others = _changed_words(text, new[index], words)
            added.append(Line("add", new[index], others))
        removed.append(Line("remove", text, spans))
    added += [Line("add", text, []) for text in new[len(old) :]]
    return removed + added


def _changed_words(
    old: str, new: str, words: _Budget
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The changed spans of both lines; none where the lines are too long to look."""
    if words.left <= 0 or max(len(old), len(new)) > _MAX_LINE:
        return [], []
    before, after = _WORD.findall(old), _WORD.findall(new)
    budget = _Budget(min(_WORD_STEPS, words.left))
    granted = budget.left
    blocks = _blocks(before, after, budget)
    words.left -= granted - budget.left + len(before) + len(after)
    return (
        _spans(before, [(block.before_start, block.before_end) for block in blocks]),
        _spans(after, [(block.after_start, block.after_end) for block in blocks]),
    )


def _spans(tokens: Sequence[str], ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    ends = [0]
    for token in tokens:
        ends.append(ends[-1] + len(token))
    return [(ends[start], ends[end]) for start, end in ranges if start < end]


def _blocks(before: Sequence[Hashable], after: Sequence[Hashable], budget: _Budget) -> list[Block]:
    start = 0
    shortest = min(len(before), len(after))
    while start < shortest and before[start] == after[start]:
        start += 1
    tail = 0
    while tail < shortest - start and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[start : len(before) - tail], after[start : len(after) - tail]
    if not old and not new:
        return []
    whole = [Block(start, start + len(old), start, start + len(new))]
    if not old or not new:
        return whole
    edits = _myers(old, new, budget)
    if edits is None:
        return whole
    return [
        Block(
            block.before_start + start,
            block.before_end + start,
            block.after_start + start,
            block.after_end + start,
        )
        for block in edits
    ]


def _myers(old: Sequence[Hashable], new: Sequence[Hashable], budget: _Budget) -> list[Block] | None:
    """The blocks of a shortest edit script, or None where finding it takes too many steps."""
    reached = {1: 0}
    trace: list[dict[int, int]] = []
    for depth in range(len(old) + len(new) + 1):
        trace.append(dict(reached))
        # The copy and the loop below; each match is paid for where it is made.
        budget.left -= 2 * depth + 1
        for diagonal in range(-depth, depth + 1, 2):
            down = diagonal == -depth or (
                diagonal != depth and reached[diagonal - 1] < reached[diagonal + 1]
            )
            x = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
            y = x - diagonal
            begun = x
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            budget.left -= x - begun
            reached[diagonal] = x
            if x >= len(old) and y >= len(new):
                return _walk_back(trace, len(old), len(new))
            if budget.left < 0:
                return None
    raise AssertionError("every two sequences have an edit script")


def _walk_back(trace: list[dict[int, int]], x: int, y: int) -> list[Block]:
    blocks: list[Block] = []
    for depth in range(len(trace) - 1, 0, -1):
        reached = trace[depth]
        diagonal = x - y
        down = diagonal == -depth or (
            diagonal != depth and reached[diagonal - 1] < reached[diagonal + 1]
        )
        previous = diagonal + 1 if down else diagonal - 1
        from_x = reached[previous]
        from_y = from_x - previous
        # One step from there, then matches up to (x, y).
        step = Block(from_x, from_x + (not down), from_y, from_y + down)
        if blocks and (blocks[-1].before_start, blocks[-1].after_start) == (
            step.before_end,
            step.after_end,
        ):
            last = blocks.pop()
            step = Block(step.before_start, last.before_end, step.after_start, last.after_end)
        blocks.append(step)
        x, y = from_x, from_y
    blocks.reverse()
    return blocks
