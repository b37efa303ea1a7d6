"""Which text a reply answers: never guessed where two read it differently, never doubted where they agree."""

import pytest

from factories import at
from forestall.domain.replies import CONFIRM_PRESENCE, NOT_UNDERSTOOD
from forestall.domain.vocabulary import Reply
from forestall.intake.texts import OpenText, Reading, read_among
from tools.messages import CHOICES


def text(template: str, order: str = "O1", answered: bool = False, until: float | None = None) -> OpenText:
    return OpenText(order, CHOICES[template], None if until is None else at(until), answered)


PRESENCE, DELAY, OFFER = text(CONFIRM_PRESENCE), text("eta_update", until=400), text("offer_reschedule")
ASKED_BACK = text(NOT_UNDERSTOOD)


def read(said: str, *texts: OpenText) -> Reply:
    return read_among(said, "O1", texts).reply


@pytest.mark.parametrize("texts", [(PRESENCE, OFFER), (OFFER, PRESENCE)])
def test_a_digit_that_two_texts_read_differently_is_not_guessed_in_whatever_order_they_went_out(texts):
    assert read_among("2", "O1", texts) == Reading(Reply.NOT_UNDERSTOOD, rivals=(Reply.ANOTHER_DAY, Reply.SAFE_PLACE))


def test_a_digit_that_all_texts_read_alike_is_understood():
    assert read("2", PRESENCE, DELAY) is Reply.SAFE_PLACE
    assert read("3", DELAY, OFFER) is Reply.CALL_ME


def test_words_settle_what_the_digit_leaves_open():
    assert read("2, leave it in the shed", PRESENCE, OFFER) is Reply.SAFE_PLACE
    assert read("tomorrow please", PRESENCE, OFFER) is Reply.ANOTHER_DAY


def test_a_text_that_has_been_answered_is_not_answered_again_while_a_newer_one_waits():
    answered = text(CONFIRM_PRESENCE, answered=True)
    assert read("2", answered, OFFER) is Reply.ANOTHER_DAY
    assert read("3", answered) is Reply.ANOTHER_DAY  # a change of mind
    assert read("3", answered, text("eta_update", answered=True)) is Reply.NOT_UNDERSTOOD


def test_the_question_back_is_answered_by_digits_of_its_own():
    assert read("5", PRESENCE, OFFER, ASKED_BACK) is Reply.SAFE_PLACE
    assert read("2", PRESENCE, OFFER, ASKED_BACK) is Reply.NOT_UNDERSTOOD
    others = {digit for template, choices in CHOICES.items() if template != NOT_UNDERSTOOD for digit in choices}
    assert others.isdisjoint(CHOICES[NOT_UNDERSTOOD])


def test_a_mere_ok_may_be_meant_for_any_text_that_waits():
    assert read("ok", PRESENCE, DELAY) is Reply.NOT_UNDERSTOOD
    assert read("ok", PRESENCE, OFFER) is Reply.NOT_UNDERSTOOD
    assert read("ok thanks", PRESENCE, text(CONFIRM_PRESENCE, order="O2")) is Reply.WILL_BE_THERE


def test_two_orders_of_one_household_make_a_digit_doubtful_where_they_read_it_differently():
    assert read("2", PRESENCE, text("offer_reschedule", order="O2")) is Reply.NOT_UNDERSTOOD
    assert read("2", PRESENCE, text("eta_update", order="O2")) is Reply.SAFE_PLACE


def test_a_text_about_another_order_alone_binds_nothing():
    assert read("1", text(CONFIRM_PRESENCE, order="O2")) is Reply.NOT_UNDERSTOOD
    assert read("I'll be home", text(CONFIRM_PRESENCE, order="O2")) is Reply.WILL_BE_THERE


def test_late_is_fine_until_the_time_that_the_text_it_answers_told():
    assert read_among("1", "O1", [text(CONFIRM_PRESENCE, answered=True), DELAY]) == Reading(Reply.LATE_IS_FINE, at(400))
    assert read_among("no problem", "O1", [DELAY, text("eta_update", until=500)]).told_until == at(500)
    assert read_among("no problem", "O1", []).told_until is None
