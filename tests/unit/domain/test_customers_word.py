"""What a customer has said: the same whatever order it came in, and asked back about once."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from factories import at
from forestall.domain.replies import NOTHING_SAID, CustomerWord
from forestall.domain.vocabulary import Reply

REPLIES = st.tuples(st.sampled_from([reply for reply in Reply if reply is not Reply.STOP]), st.integers(0, 600))


def hear(said: list[tuple[Reply, int]]) -> CustomerWord:
    word = NOTHING_SAID
    for reply, minute in said:
        word = word.heard(reply, at(minute), told_until=at(minute + 60))
    return word


@given(st.lists(REPLIES, max_size=4, unique_by=lambda said: said[1]))
def test_replies_may_come_in_any_order(said: list[tuple[Reply, int]]):
    settled = {hear(list(order)) for order in permutations(said)}
    assert len({(w.answer, w.answered_at, w.fine_until, w.understood_at, w.unclear_at) for w in settled}) == 1


def test_the_newest_answer_stands():
    word = hear([(Reply.SAFE_PLACE, 20), (Reply.WILL_BE_THERE, 10)])
    assert word.answer is Reply.SAFE_PLACE


def test_that_late_is_fine_takes_no_answer_back():
    word = hear([(Reply.SAFE_PLACE, 10), (Reply.LATE_IS_FINE, 20)])
    assert (word.answer, word.fine_until) == (Reply.SAFE_PLACE, at(80))


def test_what_nobody_understands_is_asked_back_once_and_then_goes_to_a_person():
    word = hear([(Reply.NOT_UNDERSTOOD, 10)])
    assert word.is_to_be_corrected
    assert not word.is_for_a_person
    corrected = CustomerWord(unclear_at=word.unclear_at, corrected_at=at(11))
    assert not corrected.is_to_be_corrected
    assert not corrected.is_for_a_person
    again = corrected.heard(Reply.NOT_UNDERSTOOD, at(15))
    assert not again.is_to_be_corrected
    assert again.is_for_a_person
    assert not again.heard(Reply.WILL_BE_THERE, at(20)).is_for_a_person


def test_who_wants_a_call_goes_to_a_person_at_once():
    word = hear([(Reply.CALL_ME, 10)])
    assert word.is_for_a_person
    assert not word.is_to_be_corrected
