"""Customers' replies at the door: bound to what was offered, kept with the order, and STOP obeyed at once."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from factories import at, make_contact, make_effect, make_event, make_plan
from forestall.clock import ManualClock
from forestall.domain.events import EventResult
from forestall.domain.ids import ContactId, OrderId
from forestall.domain.vocabulary import EventOutcome, EventType, OutboxState, Reply
from forestall.intake import Intake
from forestall.intake.plan import with_digest
from forestall.store import Store

CHOICES = {"1": "will_be_there", "2": "safe_place", "3": "another_day"}


@pytest.fixture
def intake(store: Store, manual_clock: ManualClock) -> Intake:
    intake = Intake(store, manual_clock)
    intake.put_plan(with_digest(make_plan()))
    return intake


def reply(intake: Intake, text: str, minutes: float = 200, order: str = "O001", event_id: str = "e1") -> EventResult:
    when = dict.fromkeys(("claimed_at", "occurred_at", "received_at"), at(minutes))
    event = make_event(event_id, EventType.CUSTOMER_REPLY, order, data={"choice": text}, **when)
    [result] = intake.take_events([event]).results
    return result


def send(store: Store, clock: ManualClock, key: str, sent: bool = True, contact: str = "C001", **payload: Any) -> None:
    """A message about order O001, sent or still waiting to be."""
    content = {"stop_id": "S001", "order_id": "O001", "choices": CHOICES} | payload
    with store.write() as uow:
        uow.outbox.add([make_effect(key, recipient_id=contact, payload=content)])
    clock.advance_to(max(clock.now(), at(60)))
    if sent:
        with store.write() as uow:
            [row] = uow.outbox.claim(clock.now(), 60, 1)
            uow.outbox.settle(row.seq, row.fence, OutboxState.DRY_RUN, {}, clock.now())


def word(store: Store, order: str = "O001"):
    with store.read() as uow:
        return uow.state.get_order(OrderId(order)).word


DELAY = {"1": "fine", "2": "safe_place", "3": "call"}
OFFER = {"1": "late_today", "2": "another_day", "3": "call"}


def test_a_digit_is_bound_to_the_text_that_waits_for_an_answer(intake, store, manual_clock):
    send(store, manual_clock, "first")
    reply(intake, "1", minutes=100, event_id="to the first")
    manual_clock.advance_to(at(150))
    send(store, manual_clock, "second", choices=DELAY, eta_to=at(400).isoformat())
    assert reply(intake, "1").detail == "understood as LATE_IS_FINE"
    assert word(store).fine_until == at(400)
    assert word(store).answer is Reply.WILL_BE_THERE


def test_a_digit_that_two_texts_read_differently_is_asked_back(intake, store, manual_clock):
    send(store, manual_clock, "first")
    send(store, manual_clock, "second", choices=OFFER)
    assert reply(intake, "2").detail == (
        "understood as NOT_UNDERSTOOD, which may be meant as ANOTHER_DAY or SAFE_PLACE"
    )
    assert word(store).is_to_be_corrected
    assert word(store).answer is None


def test_a_digit_that_two_texts_read_alike_is_taken(intake, store, manual_clock):
    send(store, manual_clock, "first")
    send(store, manual_clock, "second", choices=DELAY)
    reply(intake, "2")
    assert word(store).answer is Reply.SAFE_PLACE


def test_a_text_that_went_out_after_the_reply_was_written_casts_no_doubt(intake, store, manual_clock):
    send(store, manual_clock, "first")
    manual_clock.advance_to(at(201))
    send(store, manual_clock, "second", choices=OFFER)
    reply(intake, "2", minutes=200)
    assert word(store).answer is Reply.SAFE_PLACE


def test_texts_about_two_orders_of_one_number_are_told_apart_or_asked_back(intake, store, manual_clock):
    """O002 is of the same household: its customer has another name and the same number."""
    with store.write() as uow:
        shared = uow.state.get_contact(ContactId("C001")).phone
        uow.state.add_contact(make_contact("C-other", phone=shared))
        uow.state.save_order(replace(uow.state.get_order(OrderId("O002")), contact_id=ContactId("C-other")))
    send(store, manual_clock, "one")
    send(store, manual_clock, "other", contact="C-other", order_id="O002", choices=OFFER)
    assert reply(intake, "2").detail.endswith("ANOTHER_DAY or SAFE_PLACE")
    assert word(store).is_to_be_corrected
    reply(intake, "2, leave it in the shed", minutes=201, event_id="e2")
    assert (word(store).answer, word(store, "O002").answer) == (Reply.SAFE_PLACE, None)


def test_an_offer_that_has_closed_or_not_gone_out_binds_nothing(intake, store, manual_clock):
    send(store, manual_clock, "old", open_until=at(190).isoformat())
    send(store, manual_clock, "unsent", sent=False)
    reply(intake, "1")
    assert word(store).is_to_be_corrected


def test_an_offer_about_another_order_binds_nothing(intake, store, manual_clock):
    send(store, manual_clock, "other", order_id="O002")
    reply(intake, "1")
    assert word(store).answer is None


def test_words_need_no_offer(intake, store):
    reply(intake, "please leave it with my neighbour")
    assert word(store).answer is Reply.SAFE_PLACE


def test_replies_out_of_order_end_in_the_same_word(intake, store):
    reply(intake, "tomorrow please", minutes=210, event_id="late")
    reply(intake, "I'll be home", minutes=205, event_id="early")
    assert word(store).answer is Reply.ANOTHER_DAY


def test_saying_the_same_again_is_nothing_new(intake, store):
    reply(intake, "I'll be home")
    assert reply(intake, "I'll be home", event_id="again").outcome is EventOutcome.SUPERSEDED


def test_stop_is_obeyed_at_once_and_cancels_what_waits_to_be_sent(intake, store, manual_clock):
    send(store, manual_clock, "waiting", sent=False)
    send(store, manual_clock, "to somebody else", sent=False, contact="C002")
    assert reply(intake, "please stop texting me").detail == "understood as STOP"
    with store.read() as uow:
        assert not uow.state.get_contact(ContactId("C001")).is_textable
        assert [row.state for row in uow.outbox.list_after(0)] == [OutboxState.CANCELLED, OutboxState.PENDING]
        assert uow.state.list_unreachable("2026-03-02") == {"C001"}


def next_day(intake: Intake) -> list[str]:
    """Tomorrow's plan: the same customer, and under another name the same number; who of them is mute then."""
    plan = make_plan("2026-03-03", prefix="n")
    contacts = (make_plan().contacts[0], *plan.contacts)
    assert contacts[0].phone == contacts[1].phone
    intake.put_plan(with_digest(replace(plan, contacts=contacts)))
    return [contact.id for contact in contacts]


def test_stop_holds_for_the_number_on_later_days_and_under_other_names(intake, store):
    reply(intake, "STOP")
    ids = next_day(intake)
    with store.read() as uow:
        assert [contact.id for contact in uow.state.list_contacts(ids) if not contact.is_textable] == ["C001", "nC001"]


def test_who_has_stopped_is_remembered_after_the_day_is_forgotten(intake, store):
    reply(intake, "STOP")
    with store.write() as uow:
        uow.plans.remove("2026-03-02")
    next_day(intake)
    with store.read() as uow:
        assert not uow.state.get_contact(ContactId("C001")).is_textable


def mute(store: Store) -> list[str]:
    with store.read() as uow:
        return sorted(uow.state.list_unreachable("2026-03-02"))


@pytest.mark.parametrize("word", ["START", "unstop", "Start please", "YES"])
def test_who_has_stopped_may_start_again(intake, store, word):
    reply(intake, "STOP")
    assert mute(store) == ["C001"]
    assert reply(intake, word, minutes=201, event_id="e2").detail == "understood as START"
    assert mute(store) == []
    with store.write() as uow:
        assert uow.state.lock_textable([ContactId("C001")]) == {"C001"}


SAID = [("STOP", 150), ("START", 170), ("STOP", 190), ("START", 195)]


@pytest.mark.parametrize("arrival", list(permutations(SAID)))
def test_the_last_word_said_holds_in_whatever_order_the_words_arrive(sqlite_store, manual_clock, arrival):
    intake = Intake(sqlite_store, manual_clock)
    intake.put_plan(with_digest(make_plan()))
    for text, minute in arrival:
        reply(intake, text, minutes=minute, event_id=f"{text} {minute}")
    assert mute(sqlite_store) == []


def test_an_older_start_that_comes_late_does_not_undo_a_stop(intake, store):
    reply(intake, "STOP", minutes=200)
    assert reply(intake, "START", minutes=190, event_id="late").outcome is EventOutcome.SUPERSEDED
    assert mute(store) == ["C001"]


def test_an_older_stop_that_comes_late_neither_undoes_a_start_nor_cancels_what_waits(intake, store, manual_clock):
    reply(intake, "START", minutes=200)
    send(store, manual_clock, "waiting", sent=False)
    assert reply(intake, "STOP", minutes=190, event_id="late").outcome is EventOutcome.SUPERSEDED
    assert mute(store) == []
    with store.read() as uow:
        assert [row.state for row in uow.outbox.list_after(0)] == [OutboxState.PENDING]


def test_of_words_that_both_come_hours_late_the_one_said_last_holds(intake, store):
    """Their times are believed, though others so old are moved up to five minutes before their receipt."""
    for text, said, came in (("START", 120, 300), ("STOP", 110, 301)):
        event = make_event(
            text, EventType.CUSTOMER_REPLY, "O001", data={"choice": text},
            claimed_at=at(said), occurred_at=at(came - 5), received_at=at(came),
        )  # fmt: skip
        intake.take_events([event])
    assert mute(store) == []


def test_stop_and_start_of_one_moment_are_a_stop(intake, store):
    reply(intake, "START")
    reply(intake, "STOP", event_id="e2")
    assert mute(store) == ["C001"]


def test_start_holds_for_the_number_under_other_names_and_gives_no_more_than_the_plan(intake, store):
    with store.write() as uow:
        shared = uow.state.get_contact(ContactId("C001")).phone
        uow.state.add_contact(make_contact("C-other", phone=shared))
        uow.state.add_contact(make_contact("C-never", phone=shared, accepts_sms=False))
    everybody = [ContactId(contact_id) for contact_id in ("C001", "C-other", "C-never")]
    reply(intake, "STOP")
    with store.write() as uow:
        uow.state.add_contact(make_contact("C-later", phone=shared))
        assert uow.state.lock_textable([*everybody, ContactId("C-later")]) == set()
    reply(intake, "START", minutes=201, event_id="e2")
    with store.write() as uow:
        assert uow.state.lock_textable([*everybody, ContactId("C-later")]) == {"C001", "C-other", "C-later"}


def test_a_start_is_known_to_a_name_that_comes_before_the_older_stop_does(intake, store):
    reply(intake, "START", minutes=200)
    with store.write() as uow:
        shared = uow.state.get_contact(ContactId("C001")).phone
        uow.state.add_contact(make_contact("C-later", phone=shared))
    reply(intake, "STOP", minutes=190, event_id="late")
    with store.write() as uow:
        assert uow.state.lock_textable([ContactId("C-later")]) == {"C-later"}


def test_a_yes_that_may_answer_a_question_starts_nothing(intake, store, manual_clock):
    send(store, manual_clock, "question")
    reply(intake, "STOP")
    assert reply(intake, "yes", minutes=201, event_id="e2").detail == "understood as WILL_BE_THERE"
    assert mute(store) == ["C001"]


def test_a_yes_of_a_number_that_has_not_stopped_is_no_start(intake):
    assert reply(intake, "YES").detail == "understood as NOT_UNDERSTOOD"


def test_of_names_that_nothing_needs_any_more_one_remembers_that_the_number_has_stopped(intake, store):
    reply(intake, "STOP")
    ids = next_day(intake)
    with store.write() as uow:
        uow.plans.remove("2026-03-03")
        uow.plans.remove("2026-03-02")
        assert [contact.id for contact in uow.state.list_contacts(ids)] == ["C001"]


def test_a_reply_about_no_known_order_is_kept_and_reported(intake):
    assert reply(intake, "1", order="O999").outcome is EventOutcome.PARKED
