"""The cursor of the effects stream is its own inverse and refuses what it never gave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.effects import Cursor, parse_cursor
from forestall.errors import BadInput

numbers = st.integers(min_value=0, max_value=10**12)


@given(seen=numbers, unsettled=st.lists(numbers, max_size=20))
def test_a_cursor_is_read_back_as_it_was_written(seen, unsettled):
    cursor = Cursor(seen, tuple(unsettled))
    assert parse_cursor(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "x", "-1", "1~", "1~x", "1~2.", "1~2~3", "1.5", "²", "9" * 30])
def test_anything_else_is_refused_with_its_place(text):
    with pytest.raises(BadInput) as caught:
        parse_cursor(text)
    assert caught.value.problems[0].place == "query.after"
