"""Customers as the day finds them: who is out when, what would help, and how each takes a question."""

from collections.abc import Callable, Mapping
from math import inf

from evals.draws import Draws
from evals.profile import Customers as Rules
from forestall.domain.ids import OrderId
from forestall.domain.plan import DayPlan

ACROSS_DAYS = "customers"  # a customer's ways are his own: the same on every day of a seed


class Households:
    """``hour_of`` gives an instant's local hour with its fraction.

    An order's luck is one number for the whole day, and its customer is out while the rate of that hour exceeds it. So
    who is out at ten is out at ten under every arm, and a visit at a better hour may find the same customer in.
    """

    def __init__(self, plan: DayPlan, rules: Rules, draws: Draws, seed: int, hour_of: Callable[[float], float]) -> None:
        self._rules, self._draws, self._hour_of = rules, draws, hour_of
        self._lasting = Draws(seed, ACROSS_DAYS)
        self._customers: Mapping[OrderId, str] = {
            stop.order_id: f"{stop.location.lat:.4f},{stop.location.lon:.4f}"
            for stop in plan.stops
            if stop.order_id is not None
        }

    def is_absent(self, order_id: OrderId, instant: float) -> bool:
        """Whether nobody would open the door at ``instant``, had nobody been asked."""
        return self.hourly(instant) > self.out_above(order_id)

    def out_above(self, order_id: OrderId) -> float:
        """The factor of the hour above which this customer is out today; infinity for one who never is."""
        rate = self._rules.no_shows * self.carelessness(order_id)
        return self._draws.unit("no-show", order_id) / rate if rate > 0 else inf

    def carelessness(self, order_id: OrderId) -> float:
        """How many times more often than others this customer is out; 1 on average, and lasting."""
        at = self._customers.get(order_id, order_id)
        return self._lasting.lognormal(self._rules.no_show_sd, "careless", at)

    def hourly(self, instant: float) -> float:
        """The factor of the local hour, moving evenly from the middle of one hour to the middle of the next."""
        return between_hours(self._rules.absent_by_hour, self._hour_of(instant))

    def is_helped_if_asked(self, order_id: OrderId) -> bool:
        """Whether an early enough question would change that nobody is in."""
        return self._draws.happens(self._rules.helped_if_asked, "helped", order_id)

    def prefers_safe_place(self, order_id: OrderId) -> bool:
        """Whether what helps is a place to leave the parcel at, where that is offered."""
        return self._draws.happens(self._rules.safe_place, "safe-place", order_id)

    def answers(self, order_id: OrderId, template: str) -> bool:
        return self._draws.happens(self._rules.answers, "answers", order_id, template)

    def accepts_another_day(self, order_id: OrderId) -> bool:
        return self._draws.happens(self._rules.accepts_reschedule, "reschedules", order_id)

    def opts_out(self, order_id: OrderId) -> bool:
        return self._draws.happens(self._rules.opt_outs, "opts-out", order_id)

    def writes_freely(self, order_id: OrderId, template: str) -> bool:
        return self._draws.happens(self._rules.free_words, "free-words", order_id, template)


def between_hours(factors: tuple[float, ...], hour: float) -> float:
    """The factor at a local hour with its fraction: each of the 24 holds in the middle of its hour."""
    position = hour - 0.5
    before, share = int(position // 1), position % 1
    return factors[before % 24] * (1 - share) + factors[(before + 1) % 24] * share
