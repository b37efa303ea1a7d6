"""Through the hub: a late van that passes its hub hands some goods in, and one that leaves later takes them out.

The goods are counted on from the moment by which they are there four times in five. Who takes them leaves no sooner.
"""

from collections.abc import Collection

import numpy as np

from forestall.domain.ids import RouteId
from optimizer.problem import FleetProblem
from optimizer.repair.draft import LEAST_GAIN, Draft, Effort, finished_plan
from optimizer.repair.meetings import HAND_OVER_PER_PACKAGE_S, Visit, hand_over_id, with_visits
from optimizer.repair.plan import FleetPlan, Repairs, TransferSpec
from optimizer.repair.rendezvous import WORTH_MISSES, can_meet, may_go
from optimizer.risk.handovers import HAND_IN_LEVEL, visit_times

ENGINE = "through-hub-1"
_TAKERS = 4
_PLACES_TRIED = 2
_PLANS = 2


def through_hub(
    problem: FleetProblem, giver_id: RouteId, takers: Collection[RouteId] | None, effort: Effort, seed: int
) -> Repairs:
    """Plans in which the route brings goods back to its hub for one that has not left it, best first."""
    giver = problem.route_index[giver_id]
    if not can_meet(problem, giver) or problem.drive.at_hub[giver]:
        return Repairs(rule="cannot_stop", values={"route": giver_id})
    stops = [stop for stop in problem.sequences[giver] if may_go(problem, giver, stop)]
    misses = float(problem.miss_chance(giver, problem.sequences[giver]).sum())
    if not stops or misses < WORTH_MISSES:
        return Repairs(rule="nothing_to_move", values={"route": giver_id, "misses": round(misses, 2)})
    able = _takers(problem, giver, stops, takers)
    if not able:
        return Repairs(rule="no_receiver", values={"route": giver_id, "stops": len(stops)})
    attempts = [_Attempt(problem, giver, taker, stops, rank) for taker in able for rank in range(_PLACES_TRIED)]
    plans = [plan for attempt in attempts if (plan := attempt.plan(effort, seed)) is not None]
    if not plans:
        return Repairs(rule="no_gain", values={"route": giver_id, "takers": len(able), "stops": len(stops)})
    return Repairs(tuple(sorted(plans, key=lambda plan: -plan.gain)[:_PLANS]))


def _takers(problem: FleetProblem, giver: int, stops: list[int], named: Collection[RouteId] | None) -> list[int]:
    """Vehicles still at the giver's hub: spares first, then those with the fewest stops."""
    hub = problem.snapshot.routes[problem.route_ids[giver]].hub_id
    found = []
    for r, route_id in enumerate(problem.route_ids):
        row = problem.snapshot.routes[route_id]
        welcome = row.hub_id == hub and (named is None or route_id in named) and problem.drive.at_hub[r]
        if welcome and problem.takes_unasked(r, giver) and can_meet(problem, r) and problem.allowed[stops, r].any():
            found.append((not row.is_spare, len(problem.sequences[r]), r))
    return [r for _, _, r in sorted(found)[:_TAKERS]]


class _Attempt:
    """One giver and one taker at work on one draft; the visit to the hub at its ``rank``-th cheapest place."""

    def __init__(self, problem: FleetProblem, giver: int, taker: int, stops: list[int], rank: int) -> None:
        self.base, self.giver, self.taker, self.stops, self.rank = problem, giver, taker, stops, rank
        visit = Visit(hand_over_id(problem, giver), int(problem.drive.end[giver]))
        self.problem, (self.hand_in,) = with_visits(problem, [visit])
        self.draft = Draft(self.problem)
        self.taken: list[int] = []

    def plan(self, effort: Effort, seed: int) -> FleetPlan | None:
        """The finished plan, priced in all samples; None when it is not worth it, or comes after the hub has closed."""
        if not self._stop_at_hub():
            return None
        self._choose()
        if not self.taken:
            return None
        for route in (self.giver, self.taker):
            self.draft.improve(route, effort.light, seed)
            self._bring_in()
        if self._there_s() > self._closes_s():
            return None
        changed = {r: self.draft.sequence(r) for r in (self.giver, self.taker)}
        engine = {"name": ENGINE, "seed": seed, "priced": self.draft.priced}
        plan = finished_plan(self.problem, self.base, changed, (self._spec(),), engine)
        return plan if plan.gain >= LEAST_GAIN else None

    def _stop_at_hub(self) -> bool:
        sequence = self.base.sequences[self.giver]
        trials = [(*sequence[:at], self.hand_in, *sequence[at:]) for at in range(len(sequence) + 1)]
        allowed = sorted(
            (self.draft.cost(self.giver, trial), trial) for trial in trials if self.draft.holds(self.giver, trial)
        )
        if self.rank >= len(allowed):
            return False
        self.draft.sequences[self.giver] = allowed[self.rank][1]
        return self._there_s() <= self._closes_s()

    def _there_s(self) -> float:
        """When the goods can be counted on at the hub."""
        _, done = visit_times(self.problem, self.giver, self.draft.sequence(self.giver), self.hand_in)
        return float(np.quantile(done, HAND_IN_LEVEL))

    def _closes_s(self) -> float:
        hub = self.problem.snapshot.routes[self.problem.route_ids[self.giver]].hub_id
        return self.problem.seconds(self.problem.snapshot.hubs[hub].closes_at)

    def _bring_in(self) -> None:
        there_s = self._there_s()
        for stop in self.taken:
            self.problem.world.available_s[stop] = there_s

    def _choose(self) -> None:
        """Bring back whichever stop gains most, until none does."""
        while True:
            left = [s for s in self.stops if s not in self.taken and self.problem.allowed[s, self.taker]]
            best = max(map(self._gain, left), default=None, key=lambda one: one[:2])
            if best is None or best[0] < LEAST_GAIN:
                return
            _, negative, sequence = best
            stop = -negative
            self._hand_in(stop)
            self.taken.append(stop)
            self.draft.give(stop, self.taker)
            self.draft.sequences[self.taker] = sequence
            self.draft.sequences[self.giver] = tuple(s for s in self.draft.sequence(self.giver) if s != stop)
            self._bring_in()

    def _gain(self, stop: int) -> tuple[float, int, tuple[int, ...]]:
        """What it is worth to bring the stop back next, its number below 0, and the taker's sequence then."""
        if not self.draft.may_give(stop, self.taker):
            return -np.inf, -stop, ()
        search, mine = self.problem.search, self.draft.sequence(self.giver)
        before = search.cost(self.giver, mine) + search.cost(self.taker, self.draft.sequence(self.taker))
        usual_s = float(self.problem.world.available_s[stop])
        self.problem.world.available_s[stop] = self._there_s()
        cost, sequence = self.draft.insertion(self.taker, stop)
        self.problem.world.available_s[stop] = usual_s
        after = search.cost(self.giver, tuple(s for s in mine if s != stop)) + cost
        return before - after - self.problem.move_price(stop, self.taker), -stop, sequence

    def _hand_in(self, stop: int) -> None:
        """Add the stop's goods to what is handed in."""
        problem = self.problem
        problem.demand[self.hand_in] -= problem.demand[stop]
        problem.world.service_s[self.hand_in] += HAND_OVER_PER_PACKAGE_S * len(problem.packages[stop])

    def _spec(self) -> TransferSpec:
        problem, ids = self.problem, self.problem.stop_ids
        stops = [stop for stop in self.draft.sequence(self.taker) if stop in self.taken]
        return TransferSpec(
            stop_id=None,
            route_id=problem.route_ids[self.taker],
            from_route_id=problem.route_ids[self.giver],
            from_vehicle=problem.snapshot.routes[problem.route_ids[self.giver]].vehicle_id,
            location=problem.places[int(problem.drive.end[self.giver])],
            stop_ids=tuple(ids[stop] for stop in stops),
            package_ids=tuple(package for stop in stops for package in problem.packages[stop]),
            service_s=float(problem.world.service_s[self.hand_in]),
            hand_over_id=ids[self.hand_in],
        )
