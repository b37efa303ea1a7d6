"""The rest of a day, played to its end with other lists: the world itself says what would come of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from evals.arms.oracle.known import KnownTruth
from evals.arms.oracle.search import CLOSE_S, HOUR_S, NEVER_S
from evals.ledger import Ledger
from evals.profile import Profile
from evals.truth import Truth
from evals.world import World
from forestall.domain.plan import DayPlan

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """What a day comes to; the smaller is better, by the first field that differs.

    ``missed`` stops are late or never reached, whether or not somebody opens; those never reached also count as more
    than an hour late. ``close_s`` is by how much stops begin later than a quarter of an hour before their promise ends.
    """

    missed: int
    over_an_hour: int
    late_s: float
    close_s: float

    def breaks_less_than(self, other: "Score") -> bool:
        """Fewer promises, or the same by less; room to spare alone is no reason to change anything."""
        mine = (self.missed, self.over_an_hour, self.late_s)
        return mine < (other.missed, other.over_an_hour, other.late_s)


def score_of(plan: DayPlan, ledger: Ledger) -> Score:
    due = {order.id: order.promise.closes_at.timestamp() for order in plan.orders}
    missed, over, late_s, close_s = 0, 0, 0.0, 0.0
    for stop in plan.stops:
        if stop.order_id is None or stop.order_id in ledger.called_off:
            continue
        visit = ledger.visits.get(stop.id)
        after = NEVER_S if visit is None else visit.started_at - due[stop.order_id]
        late = max(0.0, after)
        close_s += min(max(after + CLOSE_S, 0.0), CLOSE_S)
        missed += late > 0
        over += late > HOUR_S
        late_s += late
    return Score(missed, over, late_s, close_s)


@dataclass(frozen=True, slots=True)
class Stage:
    """A day and what has been told its drivers so far: (instant, payload of a driver effect)."""

    plan: DayPlan
    profile: Profile
    seed: int
    truth: Truth
    told: tuple[tuple[float, Payload], ...] = field(default=())

    def tell(self, at: float, payloads: Iterable[Payload]) -> "Stage":
        return replace(self, told=(*self.told, *((at, payload) for payload in payloads)))

    def as_known(self, truth: KnownTruth) -> "Stage":
        """The same day without the disruptions that are still to come."""
        return replace(self, truth=truth)

    def play_to(self, instant: float) -> World:
        """The day so far. Nobody looks on: it says nothing to anybody."""
        world = World(self.plan, self.profile, self.seed, muted=True, truth=self.truth)
        for at, payload in self.told:
            world.run_to(at)
            world.receive_driver_effect(payload)
        world.run_to(instant)
        return world

    def outcome(self) -> Score:
        """What the whole day would come to."""
        return score_of(self.plan, self.play_out().ledger)

    def play_out(self) -> World:
        """The whole day."""
        world = self.play_to(self.told[-1][0] if self.told else min(hub.opens_at.timestamp() for hub in self.plan.hubs))
        world.run_to(world.ends_at)
        return world
