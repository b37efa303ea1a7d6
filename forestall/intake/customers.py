"""What a customer says in answer to a message: understood at the door, and kept with the order."""

from dataclasses import replace
from datetime import datetime

from forestall.domain.effects import OutboxRow
from forestall.domain.events import Event
from forestall.domain.ids import OrderId
from forestall.domain.network import Contact
from forestall.domain.orders import Order
from forestall.domain.vocabulary import EventOutcome, Reply
from forestall.intake.replies import read_reply
from forestall.intake.rows import NOTHING_NEW, Outcome, parked
from forestall.store import UnitOfWork


def take_reply(uow: UnitOfWork, event: Event) -> Outcome:
    """The reply as one of a few meanings, which the agent acts upon. "No more messages" is obeyed here and now.

    The customer's own words stay in the inbox.
    """
    order = uow.state.lock_order(OrderId(event.subject))
    if order is None:
        return parked(f"there is no order {event.subject}")
    contact = uow.state.find_contact(order.contact_id) if order.contact_id else None
    offer = uow.outbox.find_offer(contact.id, order.id, event.occurred_at) if contact else None
    reply = read_reply(str(event.data["choice"]), _choices_of(offer))
    if reply is Reply.STOP:
        return _stop(uow, order, contact, event.occurred_at)
    word = order.word.heard(reply, event.occurred_at, _told_until(offer))
    if word == order.word:
        return NOTHING_NEW
    uow.state.save_order(replace(order, word=word))
    uow.state.touch_hub(order.hub_id)
    return Outcome(EventOutcome.APPLIED, f"understood as {reply}")


def _stop(uow: UnitOfWork, order: Order, contact: Contact | None, at: datetime) -> Outcome:
    """Nothing more goes to that number: not what waits to be sent, and nothing that is yet to be written."""
    if contact is not None:
        uow.outbox.cancel_texts(uow.state.opt_out(contact, at))
    uow.state.touch_hub(order.hub_id)
    return Outcome(EventOutcome.APPLIED, f"understood as {Reply.STOP}")


def _choices_of(offer: OutboxRow | None) -> dict[str, str]:
    choices = {} if offer is None else offer.effect.payload.get("choices")
    return {str(digit): str(name) for digit, name in choices.items()} if isinstance(choices, dict) else {}


def _told_until(offer: OutboxRow | None) -> datetime | None:
    """The end of the time the newest message told the customer."""
    told = None if offer is None else offer.effect.payload.get("eta_to")
    return datetime.fromisoformat(told) if isinstance(told, str) else None
