import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops_server.core.errors import InvalidRequest
from promptops_server.core.pagination import Cursors
from promptops_server.kit.ids import new_id

_CURSORS = Cursors(b"k" * 32)


def test_a_cursor_leads_to_the_row_after_which_it_was_made() -> None:
    ids = [new_id() for _ in range(3)]
    page = _CURSORS.page(["a", "b", "c"], ids, 2, "question")
    assert page.data == ["a", "b"]
    assert page.has_more
    assert _CURSORS.after(page.next_cursor, "question") == ids[1]


def test_the_last_page_has_no_cursor() -> None:
    page = _CURSORS.page(["a"], [new_id()], 2, "question")
    assert (page.has_more, page.next_cursor) == (False, None)


@pytest.mark.parametrize("other", [(_CURSORS, "another"), (Cursors(b"x" * 32), "question")])
def test_a_cursor_of_another_question_or_server_is_refused(other: tuple[Cursors, str]) -> None:
    page = _CURSORS.page(["a", "b"], [new_id(), new_id()], 1, "question")
    with pytest.raises(InvalidRequest):
        other[0].after(page.next_cursor, other[1])


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        _CURSORS.after(text, "question")


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=400))
def test_a_list_by_name_goes_on_after_its_last_name(name: str) -> None:
    page = _CURSORS.page_by_name([1, 2], [name, f"{name}x"], 1, "question")
    assert _CURSORS.after_name(page.next_cursor, "question") == name
    with pytest.raises(InvalidRequest):
        _CURSORS.after_name(page.next_cursor, "another")


@given(st.text())
def test_any_other_text_names_no_place(text: str) -> None:
    with pytest.raises(InvalidRequest):
        _CURSORS.after_name(text, "question")
