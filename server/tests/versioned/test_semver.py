import pytest

from promptops_server.core.errors import InvalidRequest
from promptops_server.versioned.content import content_hash
from promptops_server.versioned.etag import EditConflict, EditNotNamed, check_edit
from promptops_server.versioned.semver import Bump, choose_number, next_number


@pytest.mark.parametrize(
    ("existing", "bump", "expected"),
    [
        ([], "patch", "1.0.0"),
        ([], "major", "1.0.0"),
        (["1.0.0"], "patch", "1.0.1"),
        (["1.0.0"], "minor", "1.1.0"),
        (["1.2.3"], "major", "2.0.0"),
        (["1.9.0", "1.10.0", "1.2.0"], "patch", "1.10.1"),
    ],
)
def test_the_next_number_follows_the_highest(
    existing: list[str], bump: Bump, expected: str
) -> None:
    assert next_number(existing, bump) == expected


@pytest.mark.parametrize("wanted", ["1", "1.0", "1.0.0-rc.1", "v1.0.0", "01.0.0", "1.0.0 "])
def test_what_is_no_number_is_refused(wanted: str) -> None:
    with pytest.raises(InvalidRequest):
        choose_number([], wanted, "patch")


def test_the_content_hash_depends_on_the_content_and_not_on_its_order() -> None:
    assert content_hash({"a": 1, "b": [2]}) == content_hash({"b": [2], "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})


def test_a_write_names_the_edit_that_it_saw() -> None:
    check_edit(None, None)
    check_edit(3, '"3"')
    with pytest.raises(EditNotNamed):
        check_edit(3, None)
    with pytest.raises(EditConflict):
        check_edit(3, '"2"')
    with pytest.raises(EditConflict):
        check_edit(None, '"1"')
