"""Customers as they are: absent or there, called off or not, and how they answer a text."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from evals import replies
from evals.agenda import Agenda
from evals.errands import Errand
from evals.feed import Feed
from evals.ledger import Ledger
from evals.newcomers import Newcomer
from evals.profile import Profile
from evals.replies import ANOTHER_DAY, LATE_IS_FINE, SAFE_PLACE, STOP, WILL_BE_THERE
from evals.truth import Truth
from forestall.domain.ids import ContactId, OrderId, StopId
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import EventType

REPLY_MIN = (1.0, 15.0)  # how soon customers answer, if they do
_ASKED_PLAINLY: Mapping[str, str] = {"1": WILL_BE_THERE}  # a question whether somebody is in that offers nothing else


class Customers:
    def __init__(
        self, plan: DayPlan, truth: Truth, profile: Profile, agenda: Agenda, feed: Feed, ledger: Ledger
    ) -> None:
        self._truth, self._households, self._rules = truth, truth.households, profile.customers
        self._agenda, self._feed, self._ledger = agenda, feed, ledger
        self._promises = {
            order.id: (order.promise.opens_at.timestamp(), order.promise.closes_at.timestamp()) for order in plan.orders
        }
        self._contacts = {order.id: order.contact_id for order in plan.orders if order.contact_id is not None}
        self._asked_at: dict[OrderId, float] = {}
        for order_id, (_, closes_at) in self._promises.items():
            cancels_at = truth.cancels_at(order_id, closes_at)
            if cancels_at is not None:
                agenda.at(cancels_at, partial(self._call_off, order_id))

    def welcome(self, newcomer: Newcomer) -> None:
        """Somebody who was no customer of the day until now."""
        self._promises[newcomer.order_id] = newcomer.opens_at, newcomer.closes_at
        self._contacts[newcomer.order_id] = newcomer.contact_id

    def contact_of(self, order_id: OrderId) -> ContactId | None:
        return self._contacts.get(order_id)

    def can_deliver(self, errand: Errand, now: float) -> bool:
        """Whether the driver can leave the parcel at ``now``: with somebody, or at the place agreed on."""
        assert errand.order_id is not None
        return self._may_leave(errand, now) or not self.is_absent(errand.order_id, now)

    def is_absent(self, order_id: OrderId, now: float) -> bool:
        """Whether nobody opens the door at ``now``: out, and not called back by a question that came early enough."""
        if not self._households.is_absent(order_id, now):
            return False
        asked_at = self._asked_at.get(order_id)
        in_time = asked_at is not None and now - asked_at >= self._rules.ask_before_min * 60
        comes_back = self._households.is_helped_if_asked(order_id) and order_id not in self._ledger.safe_places
        return not (in_time and comes_back)

    def _may_leave(self, errand: Errand, now: float) -> bool:
        """A driver who has been told of a place leaves the parcel there, if there is one by now."""
        agreed_at = self._ledger.safe_places.get(errand.order_id) if errand.order_id else None
        return errand.safe_place and agreed_at is not None and agreed_at <= now

    def has_called_off(self, order_id: OrderId) -> bool:
        return order_id in self._ledger.called_off

    def receive(self, template: str, payload: Mapping[str, Any], now: float) -> None:
        """Take in a text message; ``payload`` is that of an effect of the SMS channel."""
        order_id, stop_id = OrderId(payload["order_id"]), StopId(payload["stop_id"])
        choices = dict(payload.get("choices") or _ASKED_PLAINLY)
        if template != "confirm_presence":
            self._hear(order_id, stop_id, now)
        if self._households.opts_out(order_id):
            self._opt_out(order_id, now)
            return
        meaning = self._wish(order_id, template, choices, _expected_at(payload, self._promises[order_id], now), now)
        if meaning is not None:
            self._reply(order_id, template, meaning, choices, now)

    def _hear(self, order_id: OrderId, stop_id: StopId, now: float) -> None:
        """News of a delay counts as announced while the promise still runs and nobody has been yet."""
        if now <= self._promises[order_id][1] and not self._ledger.is_visited(stop_id):
            self._ledger.announced.setdefault(stop_id, now)

    def _wish(
        self, order_id: OrderId, template: str, choices: Mapping[str, str], expected_at: float, now: float
    ) -> str | None:
        """What the customer wants said to this text; None for saying nothing. They judge by ``expected_at``."""
        homes = self._households
        is_out, is_helped = homes.is_absent(order_id, expected_at), homes.is_helped_if_asked(order_id)
        offers_place = replies.find_digit(choices, SAFE_PLACE) is not None
        if is_out and is_helped and offers_place and homes.prefers_safe_place(order_id):
            return SAFE_PLACE
        if template == "confirm_presence":
            self._asked_at.setdefault(order_id, now)
        if template == "offer_reschedule" and homes.accepts_another_day(order_id):
            return ANOTHER_DAY
        if not homes.answers(order_id, template):
            return None
        if template != "confirm_presence":
            return LATE_IS_FINE
        if is_helped or not is_out:
            return WILL_BE_THERE
        return ANOTHER_DAY if homes.accepts_another_day(order_id) else None

    def _reply(self, order_id: OrderId, template: str, meaning: str, choices: Mapping[str, str], now: float) -> None:
        """In the digits that were offered, or in words; what was not offered goes unsaid."""
        text = replies.find_digit(choices, meaning)
        if text is None:
            return
        at = self._replies_at(order_id, now)
        if meaning == ANOTHER_DAY:
            self._ledger.rescheduled.add(order_id)
        elif meaning == SAFE_PLACE:
            self._ledger.safe_places.setdefault(order_id, at)
        if self._households.writes_freely(order_id, template):
            text = replies.pick_words(self._truth.draws, order_id, meaning)
        self._feed.say(at, EventType.CUSTOMER_REPLY, order_id, {"choice": text})

    def _opt_out(self, order_id: OrderId, now: float) -> None:
        """STOP, and nothing else, to the first text."""
        contact_id = self.contact_of(order_id)
        if contact_id is None or contact_id in self._ledger.opted_out:
            return
        at = self._replies_at(order_id, now)
        self._ledger.opted_out[contact_id] = at
        self._feed.say(at, EventType.CUSTOMER_REPLY, order_id, {"choice": STOP})

    def _replies_at(self, order_id: OrderId, now: float) -> float:
        return now + round(60 * self._truth.draws.between(*REPLY_MIN, "reply", order_id))

    def _call_off(self, order_id: OrderId, now: float) -> None:
        self._ledger.called_off.add(order_id)
        self._feed.say(now, EventType.ORDER_CANCELLED, order_id)


def _expected_at(payload: Mapping[str, Any], promise: tuple[float, float], now: float) -> float:
    """When the customer reckons with the driver: as the text says, else in the middle of what was promised."""
    span = promise
    if "eta_from" in payload and "eta_to" in payload:
        span = (
            datetime.fromisoformat(payload["eta_from"]).timestamp(),
            datetime.fromisoformat(payload["eta_to"]).timestamp(),
        )
    return max(now, sum(span) / 2)
