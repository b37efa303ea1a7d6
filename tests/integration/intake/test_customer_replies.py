"""Customers' replies at the door: bound to what was offered, kept with the order, and STOP obeyed at once."""

from dataclasses import replace
from typing import Any

import pytest

from factories import at, make_effect, make_event, make_plan
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
    event = make_event(
        event_id, EventType.CUSTOMER_REPLY, order, occurred_at=at(minutes), received_at=at(minutes),
        data={"choice": text},
    )  # fmt: skip
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


def test_a_digit_is_bound_to_the_newest_offer(intake, store, manual_clock):
    send(store, manual_clock, "first")
    send(
        store, manual_clock, "second", choices={"1": "fine", "2": "safe_place", "3": "call"}, eta_to=at(400).isoformat()
    )
    assert reply(intake, "1").detail == "understood as LATE_IS_FINE"
    assert word(store).fine_until == at(400)
    assert word(store).answer is None


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
        assert not uow.state.get_contact(ContactId("C001")).accepts_sms
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
        assert [contact.id for contact in uow.state.list_contacts(ids) if not contact.accepts_sms] == ["C001", "nC001"]


def test_who_has_stopped_is_remembered_after_the_day_is_forgotten(intake, store):
    reply(intake, "STOP")
    with store.write() as uow:
        uow.plans.remove("2026-03-02")
    next_day(intake)
    with store.read() as uow:
        assert not uow.state.get_contact(ContactId("C001")).is_textable


def test_a_reply_about_no_known_order_is_kept_and_reported(intake):
    assert reply(intake, "1", order="O999").outcome is EventOutcome.PARKED
