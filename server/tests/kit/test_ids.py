from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from promptops_server.kit.ids import (
    Uuid7Source,
    first_id_at,
    from_public,
    new_id,
    timestamp_ms,
    to_public,
)


def test_ids_increase_when_the_clock_stands_still() -> None:
    source = Uuid7Source(lambda: 1_700_000_000_000)
    ids = [source() for _ in range(10_000)]
    assert ids == sorted(set(ids))


def test_ids_increase_when_the_clock_steps_back() -> None:
    readings: Iterator[int] = iter([5000, 4000, 3000, 6000])
    source = Uuid7Source(lambda: next(readings))
    ids = [source() for _ in range(4)]
    assert ids == sorted(set(ids))
    assert timestamp_ms(ids[3]) == 6000


def test_an_id_is_version_7_and_carries_its_time() -> None:
    moment = int(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC).timestamp() * 1000)
    made = Uuid7Source(lambda: moment)()
    assert made.version == 7
    assert timestamp_ms(made) == moment
    assert first_id_at(moment) <= made < first_id_at(moment + 1)


@given(st.uuids())
def test_the_public_form_leads_back(identifier: object) -> None:
    made = new_id()
    assert from_public("run", to_public("run", made)) == made
    assert from_public("key", to_public("run", made)) is None


@given(st.text())
def test_any_text_is_a_public_form_or_none(text: str) -> None:
    found = from_public("run", text)
    assert found is None or to_public("run", found) == text.lower()


def test_the_public_form_sorts_as_the_id_does() -> None:
    ids = [new_id() for _ in range(1000)]
    assert [to_public("run", one) for one in ids] == sorted(to_public("run", one) for one in ids)
