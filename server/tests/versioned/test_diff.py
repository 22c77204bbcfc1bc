"""Differences of sequences, texts and mappings."""

from hypothesis import given
from hypothesis import strategies as st

from promptops_server.versioned.diff import diff_members, diff_sequences, diff_text

letters = st.lists(st.sampled_from("abc"), max_size=12)


@given(letters, letters)
def test_the_blocks_make_the_one_from_the_other(before: list[str], after: list[str]) -> None:
    made: list[str] = []
    position = 0
    for block in diff_sequences(before, after):
        assert (
            before[block.before_start : block.before_end]
            != (after[block.after_start : block.after_end])
        )
        made += before[position : block.before_start] + after[block.after_start : block.after_end]
        position = block.before_end
    assert made + before[position:] == after


def test_changed_words_are_marked_in_their_lines() -> None:
    (hunk,) = diff_text("a\nhello big world\nc", "a\nhello small world\nc")
    assert [(line.op, line.text, line.spans) for line in hunk.lines] == [
        ("equal", "a", []),
        ("remove", "hello big world", [(6, 9)]),
        ("add", "hello small world", [(6, 11)]),
        ("equal", "c", []),
    ]
    assert (hunk.before_line, hunk.after_line) == (1, 1)


def test_distant_changes_are_hunks_of_their_own() -> None:
    lines = [str(number) for number in range(40)]
    other = [*lines]
    other[5], other[30] = "x", "y"
    hunks = diff_text("\n".join(lines), "\n".join(other))
    assert [(hunk.before_line, len(hunk.lines)) for hunk in hunks] == [(3, 8), (28, 8)]


def test_texts_with_little_in_common_are_one_replaced_by_the_other() -> None:
    before = "\n".join(f"a{number}" for number in range(30_000))
    after = "\n".join(f"b{number}" for number in range(30_000))
    (hunk,) = diff_text(before, after)
    assert len(hunk.lines) == 60_000


def test_the_order_of_keys_counts_in_members() -> None:
    assert diff_members({"a": 1, "b": {"x": 1, "y": 2}}, {"a": 1, "b": {"x": 1, "y": 2}}) == []
    changes = diff_members({"a": 1, "b": {"x": 1, "y": 2}}, {"c": 3, "b": {"y": 2, "x": 1}})
    assert [(change.name, change.before, change.after) for change in changes] == [
        ("a", 1, None),
        ("b", {"x": 1, "y": 2}, {"y": 2, "x": 1}),
        ("c", None, 3),
    ]
