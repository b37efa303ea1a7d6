"""Two vehicles meet: one that is late hands some of its goods to another that has time for them.

They meet where the giver is bound for anyway, its committed stop, and the giver waits there when it is through with it.
A lever of last order: both drivers lose time, and a meeting that one of them misses helps nobody, so one is only
proposed when both are as good as certain to be there in time.
"""

from collections.abc import Collection

import numpy as np

from forestall.domain.ids import RouteId
from forestall.domain.vocabulary import RouteStatus
from optimizer.kernel import NEVER, Floats
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.repair.draft import LEAST_GAIN, Draft, Effort, finished_plan
from optimizer.repair.meetings import HAND_OVER_PER_PACKAGE_S, Visit, hand_over_id, meeting_id, with_visits
from optimizer.repair.plan import FleetPlan, Repairs, TransferSpec
from optimizer.repair.relocate import detour_s
from optimizer.risk.handovers import set_gate, visit_times

ENGINE = "rendezvous-1"
PATIENCE_S = 1200.0
"""The longest either driver is asked to wait for the other."""
_SURE = 0.90  # how often both must be there within that
WORTH_MISSES = 0.5  # expected misses of a route from which a meeting is thought of at all
_NEAREST = 6
_PLACES_TRIED = 2
_PLANS = 2


def rendezvous(
    problem: FleetProblem, giver_id: RouteId, takers: Collection[RouteId] | None, effort: Effort, seed: int
) -> Repairs:
    """Plans in which one other vehicle takes some of a late one's goods over, best first."""
    giver = problem.route_index[giver_id]
    is_pinned = any(problem.segment[stop] for stop in problem.sequences[giver])  # nothing new may get in front
    if not can_meet(problem, giver) or problem.committed[giver] == NO_STOP or is_pinned:
        return Repairs(rule="cannot_stop", values={"route": giver_id})
    stops = [stop for stop in problem.sequences[giver] if may_go(problem, giver, stop)]
    misses = float(problem.miss_chance(giver, problem.sequences[giver]).sum())
    if not stops or misses < WORTH_MISSES:
        return Repairs(rule="nothing_to_move", values={"route": giver_id, "misses": round(misses, 2)})
    able = _takers(problem, giver, stops, takers)
    if not able:
        return Repairs(rule="no_receiver", values={"route": giver_id, "stops": len(stops)})
    attempts = [_Attempt(problem, giver, taker, stops) for taker in able]
    plans = [plan for attempt in attempts if (plan := attempt.best_plan(effort, seed)) is not None]
    if not plans:
        return Repairs(rule="no_gain", values={"route": giver_id, "takers": len(able), "stops": len(stops)})
    return Repairs(tuple(sorted(plans, key=lambda plan: -plan.gain)[:_PLANS]))


def can_meet(problem: FleetProblem, route: int) -> bool:
    """Whether the vehicle is on the road, or may be sent there, with no other hand-over on its list."""
    planned = [*problem.sequences[route], *([int(problem.committed[route])] if problem.committed[route] >= 0 else [])]
    return not problem.stranded[route] and not any(problem.is_transfer[stop] for stop in planned)


def may_go(problem: FleetProblem, giver: int, stop: int) -> bool:
    """Whether all goods of the stop are aboard the giver, and nobody pinned it there."""
    vehicle = problem.snapshot.routes[problem.route_ids[giver]].vehicle_id
    pinned = problem.snapshot.stops[problem.stop_ids[stop]].pinned
    return problem.holders[stop] == vehicle and not problem.is_split[stop] and not pinned


def _takers(problem: FleetProblem, giver: int, stops: list[int], named: Collection[RouteId] | None) -> list[int]:
    """The nearest vehicles that may come: the hub's spares first, then those under way or about to leave."""
    hub, place = problem.snapshot.routes[problem.route_ids[giver]].hub_id, int(problem.drive.place[giver])
    found = []
    for r, route_id in enumerate(problem.route_ids):
        row = problem.snapshot.routes[route_id]
        welcome = row.hub_id == hub if named is None else route_id in named
        welcome = welcome and r != giver and problem.takes_unasked(r, giver) and can_meet(problem, r)
        if welcome and problem.allowed[stops, r].any() and row.status is not RouteStatus.BROKEN:
            found.append((not row.is_spare, detour_s(problem, r, problem.sequences[r], place), r))
    return [r for _, _, r in sorted(found)[:_NEAREST]]


class _Attempt:
    """One giver and one taker at work on one draft. Its tables of needs, demand and service are its own."""

    def __init__(self, problem: FleetProblem, giver: int, taker: int, stops: list[int]) -> None:
        self.base, self.giver, self.taker, self.stops = problem, giver, taker, stops
        place = int(problem.drive.place[giver])
        giving = problem.snapshot.routes[problem.route_ids[giver]].vehicle_id
        transfer = Visit(meeting_id(problem, giving, taker), place, gated=True)
        hand_over = Visit(hand_over_id(problem, giver), place, service_s=0.0, gated=True)
        self.problem, (self.transfer, self.hand_over) = with_visits(problem, [transfer, hand_over])
        self._gate(self.transfer, self.there)
        self.draft = Draft(self.problem)
        self.taken: list[int] = []

    @property
    def there(self) -> Floats:
        """(S,) when the giver is through with its committed stop."""
        return np.array(self.problem.drive.ready_s[self.giver])

    def best_plan(self, effort: Effort, seed: int) -> FleetPlan | None:
        """The best plan over a few places of the meeting in the taker's order; None when none is worth it."""
        plans = [plan for rank in range(_PLACES_TRIED) if (plan := self._plan_at(rank, effort, seed)) is not None]
        return max(plans, key=lambda plan: plan.gain, default=None)

    def _plan_at(self, rank: int, effort: Effort, seed: int) -> FleetPlan | None:
        self._begin_anew()
        if not self._meet(rank) or not self._is_sure():
            return None
        self._choose()
        if not self.taken:
            return None
        for stop in self.taken:
            self.problem.needs[stop] = self.transfer
        self.draft.improve(self.taker, effort.light, seed)
        self._hold_giver()
        self.draft.improve(self.giver, effort.light, seed)
        if not self._is_sure():
            return None
        self._hold_giver()
        plan = self._plan(seed)
        return plan if plan.gain >= LEAST_GAIN else None

    def _begin_anew(self) -> None:
        for stop in self.taken:
            self._hand_over(stop, -1)
            self.problem.needs[stop] = self.base.needs[stop]
        self.taken = []
        self.draft = Draft(self.problem)
        self.draft.sequences[self.giver] = (self.hand_over, *self.base.sequences[self.giver])
        self.problem.needs[list(self.base.sequences[self.giver])] = self.hand_over  # nothing gets in front of it

    def _meet(self, rank: int) -> bool:
        """Put the meeting at its ``rank``-th cheapest place in the taker's order."""
        sequence = self.base.sequences[self.taker]
        trials = [(*sequence[:at], self.transfer, *sequence[at:]) for at in range(len(sequence) + 1)]
        allowed = sorted(
            (self.draft.cost(self.taker, trial), trial) for trial in trials if self.draft.holds(self.taker, trial)
        )
        if rank >= len(allowed):
            return False
        self.draft.sequences[self.taker] = allowed[rank][1]
        self._hold_giver()
        return True

    def _times(self) -> tuple[Floats, Floats]:
        return visit_times(self.problem, self.taker, self.draft.sequence(self.taker), self.transfer)

    def _hold_giver(self) -> None:
        """The giver leaves when the taker, as drafted, is through with the hand-over."""
        _, done = self._times()
        self._gate(self.hand_over, done)

    def _gate(self, stop: int, not_before: Floats) -> None:
        set_gate(self.problem, stop, not_before)
        search = self.problem.search
        set_gate(search, stop, not_before[: search.samples])

    def _is_sure(self) -> bool:
        """Whether neither has to wait too long for the other, nor past the meeting's end, in all but a few samples."""
        start, _ = self._times()
        if float((start >= NEVER).mean()) > 1 - _SURE:
            return False
        alone = self._arrival()
        waits = np.maximum(start - self.there, start - alone)
        return float((waits > PATIENCE_S).mean()) <= 1 - _SURE and float((start > self._ends_s()).mean()) <= 1 - _SURE

    def _arrival(self) -> Floats:
        """(S,) when the taker would begin if the giver were there already."""
        self._gate(self.transfer, np.full(self.problem.samples, -NEVER))
        start, _ = self._times()
        self._gate(self.transfer, self.there)
        return start

    def _ends_s(self) -> float:
        start, _ = self._times()
        return float(np.median(start)) + PATIENCE_S

    def _choose(self) -> None:
        """Hand over whichever stop gains most, until none does."""
        while True:
            best = max((self._gain(stop) for stop in self._left()), default=None, key=lambda one: one[:2])
            if best is None or best[0] < LEAST_GAIN:
                return
            _, negative, sequence = best
            stop = -negative
            self._hand_over(stop, 1)
            self.taken.append(stop)
            self.draft.give(stop, self.taker)
            self.draft.sequences[self.taker] = sequence
            self.draft.sequences[self.giver] = tuple(s for s in self.draft.sequence(self.giver) if s != stop)
            self._hold_giver()

    def _left(self) -> list[int]:
        return [stop for stop in self.stops if stop not in self.taken and self.problem.allowed[stop, self.taker]]

    def _gain(self, stop: int) -> tuple[float, int, tuple[int, ...]]:
        """What it is worth to hand the stop over next, its number below 0 (ties go to the first), and the taker's
        sequence then; (-inf, ...) when it can't be."""
        if not self.draft.may_give(stop, self.taker):
            return -np.inf, -stop, ()
        search, mine = self.problem.search, self.draft.sequence(self.giver)
        relief = search.cost(self.giver, mine) - search.cost(self.giver, tuple(s for s in mine if s != stop))
        if relief < LEAST_GAIN:
            return -np.inf, -stop, ()
        self._hand_over(stop, 1)
        cost, sequence = self.draft.insertion(self.taker, stop)
        self._hand_over(stop, -1)
        gain = relief - self.problem.move_price(stop, self.taker) - (cost - self.draft.cost(self.taker))
        return gain, -stop, sequence

    def _hand_over(self, stop: int, sign: int) -> None:
        """Add the stop's goods to what changes hands, or (-1) take them off again."""
        problem = self.problem
        problem.needs[stop] = self.transfer if sign > 0 else self.hand_over
        problem.demand[self.transfer] += sign * problem.demand[stop]
        problem.demand[self.hand_over] -= sign * problem.demand[stop]
        problem.world.service_s[self.transfer] += sign * HAND_OVER_PER_PACKAGE_S * len(problem.packages[stop])

    def _plan(self, seed: int) -> FleetPlan:
        changed = {r: self.draft.sequence(r) for r in (self.giver, self.taker)}
        engine = {"name": ENGINE, "seed": seed, "priced": self.draft.priced, "patience_s": PATIENCE_S}
        return finished_plan(self.problem, self.base, changed, (self._spec(),), engine)

    def _spec(self) -> TransferSpec:
        problem, ids = self.problem, self.problem.stop_ids
        stops = [stop for stop in self.draft.sequence(self.taker) if stop in self.taken]
        return TransferSpec(
            stop_id=ids[self.transfer],
            route_id=problem.route_ids[self.taker],
            from_route_id=problem.route_ids[self.giver],
            from_vehicle=problem.snapshot.routes[problem.route_ids[self.giver]].vehicle_id,
            location=problem.places[int(problem.drive.place[self.giver])],
            stop_ids=tuple(ids[stop] for stop in stops),
            package_ids=tuple(package for stop in stops for package in problem.packages[stop]),
            service_s=float(problem.world.service_s[self.transfer]),
            hand_over_id=ids[self.hand_over],
            ends_at=problem.instant(round(self._ends_s())),
        )
