"""What a customer says in answer to a message: understood at the door, and kept with the order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from forestall.domain.effects import OutboxRow
from forestall.domain.events import Event
from forestall.domain.ids import OrderId
from forestall.domain.network import Contact
from forestall.domain.orders import Order
from forestall.domain.replies import CustomerWord
from forestall.domain.vocabulary import EventOutcome, Reply
from forestall.intake.replies import may_be_start
from forestall.intake.rows import NOTHING_NEW, Outcome, parked
from forestall.intake.texts import OpenText, Reading, read_among
from forestall.store import UnitOfWork


def take_reply(uow: UnitOfWork, event: Event) -> Outcome:
    """The reply as one of a few meanings, which the agent acts upon. "No more messages" is obeyed here and now.

    The customer's own words stay in the inbox.
    """
    order = uow.state.lock_order(OrderId(event.subject))
    if order is None:
        return parked(f"there is no order {event.subject}")
    contact = uow.state.find_contact(order.contact_id) if order.contact_id else None
    texts = _list_open_texts(uow, contact, event.occurred_at) if contact else []
    reading = read_among(str(event.data["choice"]), order.id, texts)
    if reading.reply is Reply.STOP:
        return _stop(uow, order, contact, _said_at(event))
    if reading.reply is Reply.START or _is_start_after_all(event, contact, texts):
        return _start(uow, order, contact, _said_at(event))
    word = order.word.heard(reading.reply, event.occurred_at, reading.told_until)
    if word == order.word:
        return NOTHING_NEW
    uow.state.save_order(replace(order, word=word))
    uow.state.touch_hub(order.hub_id)
    return Outcome(EventOutcome.APPLIED, _told(reading))


def _said_at(event: Event) -> datetime:
    """When a STOP or a START was said, which may be long before it came: the older of two never undoes the newer one,
    however late it is. A time after the receipt is believed no further than that of any event."""
    return min(event.claimed_at, event.occurred_at)


def _stop(uow: UnitOfWork, order: Order, contact: Contact | None, at: datetime) -> Outcome:
    """Nothing more goes to that number: not what waits to be sent, and nothing that is yet to be written."""
    mute = uow.state.opt_out(contact, at) if contact is not None else []
    uow.outbox.cancel_texts(mute)
    return _last_word(uow, order, Reply.STOP, holds=contact is None or bool(mute))


def _start(uow: UnitOfWork, order: Order, contact: Contact | None, at: datetime) -> Outcome:
    """The number may be written to again. What STOP has cancelled stays so: it was of its hour."""
    free = uow.state.opt_in(contact, at) if contact is not None else []
    return _last_word(uow, order, Reply.START, holds=contact is None or bool(free))


def _last_word(uow: UnitOfWork, order: Order, reply: Reply, *, holds: bool) -> Outcome:
    uow.state.touch_hub(order.hub_id)
    outcome = EventOutcome.APPLIED if holds else EventOutcome.SUPERSEDED
    return Outcome(outcome, f"understood as {reply}")


def _is_start_after_all(event: Event, contact: Contact | None, texts: Sequence[OpenText]) -> bool:
    """A YES says START where the number has opted out and no text is open that it could answer."""
    is_free_to_mean_it = contact is not None and contact.has_stopped and not texts
    return is_free_to_mean_it and may_be_start(str(event.data["choice"]))


def _told(reading: Reading) -> str:
    """What is kept with the event, for whoever wants to know what was made of it."""
    doubt = f", which may be meant as {' or '.join(reading.rivals)}" if reading.rivals else ""
    return f"understood as {reading.reply}{doubt}"


def _list_open_texts(uow: UnitOfWork, contact: Contact, at: datetime) -> list[OpenText]:
    """What whoever answers from the contact's number may be answering, the newest last."""
    rows = uow.outbox.list_offers(uow.state.list_sharing_number(contact), at)
    orders = {order_id: uow.state.find_order(order_id) for order_id in {_order_id(row) for row in rows}}
    return [_open_text(row, orders[_order_id(row)], at) for row in rows]


def _open_text(row: OutboxRow, order: Order | None, at: datetime) -> OpenText:
    choices, told = row.effect.payload.get("choices"), row.effect.payload.get("eta_to")
    return OpenText(
        order_id=_order_id(row),
        choices={str(digit): str(name) for digit, name in choices.items()} if isinstance(choices, dict) else {},
        told_until=datetime.fromisoformat(told) if isinstance(told, str) else None,
        is_answered=order is not None and _is_answered(row, order.word, at),
    )


def _is_answered(row: OutboxRow, word: CustomerWord, at: datetime) -> bool:
    """Whether the customer has been understood after it had certainly gone out, and before ``at``."""
    if row.settled_at is None or word.understood_at is None:
        return False
    return row.settled_at <= word.understood_at < at


def _order_id(row: OutboxRow) -> OrderId:
    return OrderId(str(row.effect.payload.get("order_id", "")))
