import re
import secrets

from hypothesis import given
from hypothesis import strategies as st

from promptops_server.access import keys

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_a_key_has_the_published_form() -> None:
    made = {keys.make_key() for _ in range(500)}
    assert len(made) == 500
    assert all(re.fullmatch(keys.PATTERN, key) and keys.is_well_formed(key) for key in made)


def test_no_typing_error_of_one_character_is_accepted() -> None:
    for _ in range(20):
        key = keys.make_key()
        for position in range(len(keys.PREFIX), len(key)):
            for _ in range(10):
                wrong = secrets.choice(_ALPHABET)
                typed = key[:position] + wrong + key[position + 1 :]
                assert keys.is_well_formed(typed) == (typed == key)


@given(st.text())
def test_any_other_text_is_malformed(text: str) -> None:
    assert not keys.is_well_formed(text)
    assert not keys.is_well_formed("sk-po_" + text)
