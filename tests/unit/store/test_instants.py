from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.store.instants import from_text, to_text

instants = st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1), timezones=st.timezones())


@settings(deadline=None)  # the first use of a time zone reads it from disk
@given(instants, instants)
def test_the_order_of_the_text_is_the_order_of_time(one: datetime, other: datetime) -> None:
    one, other = one.astimezone(UTC), other.astimezone(UTC)
    assert (to_text(one) < to_text(other)) == (one < other)


@settings(deadline=None)  # the first use of a time zone reads it from disk
@given(instants)
def test_text_is_fixed_width_and_comes_back(instant: datetime) -> None:
    text = to_text(instant)
    assert len(text) == 27
    assert from_text(text) == instant.astimezone(UTC)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="names no time zone"):
        to_text(datetime(2026, 3, 2))  # the point of the test
