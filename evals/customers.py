"""Customers as they are: absent or there, called off or not, and how they answer a text."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from evals.agenda import Agenda
from evals.feed import Feed
from evals.ledger import Ledger
from evals.profile import Profile
from evals.truth import Truth
from forestall.domain.ids import OrderId, StopId
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import EventType

ANOTHER_DAY = "another_day"  # what the service calls that choice in its messages
REPLY_MIN = (1.0, 15.0)  # how soon customers answer, if they do


class Customers:
    def __init__(
        self, plan: DayPlan, truth: Truth, profile: Profile, agenda: Agenda, feed: Feed, ledger: Ledger
    ) -> None:
        self._truth, self._rules = truth, profile.customers
        self._agenda, self._feed, self._ledger = agenda, feed, ledger
        self._promise_ends = {order.id: order.promise.closes_at.timestamp() for order in plan.orders}
        self._asked_at: dict[OrderId, float] = {}
        for order_id, closes_at in self._promise_ends.items():
            cancels_at = truth.cancels_at(order_id, closes_at)
            if cancels_at is not None:
                agenda.at(cancels_at, partial(self._call_off, order_id))

    def is_absent(self, order_id: OrderId, now: float) -> bool:
        """Whether nobody opens the door at ``now``: a no-show whom no early enough question has reached."""
        if not self._truth.is_no_show(order_id):
            return False
        asked_at = self._asked_at.get(order_id)
        in_time = asked_at is not None and now - asked_at >= self._rules.ask_before_min * 60
        return not (in_time and self._truth.is_helped_if_asked(order_id))

    def has_called_off(self, order_id: OrderId) -> bool:
        return order_id in self._ledger.called_off

    def receive(self, template: str, payload: Mapping[str, Any], now: float) -> None:
        """Take in a text message; ``payload`` is that of an effect of the SMS channel."""
        order_id, stop_id = OrderId(payload["order_id"]), StopId(payload["stop_id"])
        match template:
            case "eta_update":
                self._hear(order_id, stop_id, now)
            case "confirm_presence":
                self._asked_at.setdefault(order_id, now)
                self._confirm(order_id, now)
            case "offer_reschedule":
                self._hear(order_id, stop_id, now)
                self._choose(order_id, payload["choices"], now)

    def _hear(self, order_id: OrderId, stop_id: StopId, now: float) -> None:
        """News of a delay counts as announced while the promise still runs and nobody has been yet."""
        if now <= self._promise_ends[order_id] and not self._ledger.is_visited(stop_id):
            self._ledger.announced.setdefault(stop_id, now)

    def _confirm(self, order_id: OrderId, now: float) -> None:
        will_be_there = not self._truth.is_no_show(order_id) or self._truth.is_helped_if_asked(order_id)
        if will_be_there and self._truth.draws.happens(self._rules.answers, "confirms", order_id):
            self._reply(order_id, "1", now)

    def _choose(self, order_id: OrderId, choices: Mapping[str, str], now: float) -> None:
        """Some take the other day that is offered, some say that today, late, is fine, and some say nothing."""
        draws = self._truth.draws
        other_day = next((digit for digit, meaning in choices.items() if meaning == ANOTHER_DAY), None)
        if other_day is not None and draws.happens(self._rules.accepts_reschedule, "reschedules", order_id):
            self._ledger.rescheduled.add(order_id)
            self._reply(order_id, other_day, now)
        elif draws.happens(self._rules.answers, "answers", order_id):
            self._reply(order_id, next(iter(choices)), now)

    def _reply(self, order_id: OrderId, choice: str, now: float) -> None:
        minutes = self._truth.draws.between(*REPLY_MIN, "reply", order_id)
        self._feed.say(now + round(minutes * 60), EventType.CUSTOMER_REPLY, order_id, {"choice": choice})

    def _call_off(self, order_id: OrderId, now: float) -> None:
        self._ledger.called_off.add(order_id)
        self._feed.say(now, EventType.ORDER_CANCELLED, order_id)
