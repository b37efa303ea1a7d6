"""Taking over a broken vehicle's goods: a visit to where it stands, then as many of its stops as are worth it."""

from collections.abc import Collection, Iterable
from heapq import heapify, heappop, heappush
from itertools import combinations

import numpy as np

from forestall.domain.ids import RouteId
from optimizer.problem import FleetProblem
from optimizer.repair.draft import LEAST_GAIN, Draft, Effort, finished_plan
from optimizer.repair.meetings import HAND_OVER_PER_PACKAGE_S, Wreck, find_wreck, with_meetings
from optimizer.repair.plan import FleetPlan, Repairs, TransferSpec
from optimizer.repair.relocate import detour_s, relocate

ENGINE = "rescue-1"
_NEAREST = 6
_PAIRED = 3
_PLANS = 4
_MEETINGS_TRIED = 3


def rescue(
    problem: FleetProblem, broken: RouteId, rescuers: Collection[RouteId] | None, effort: Effort, seed: int
) -> Repairs:
    """Single rescuers first, then the best of them in pairs; plans by loss, each with another set of rescuers."""
    route = problem.route_index[broken]
    wreck = find_wreck(problem, route)
    if wreck is None:
        return _from_the_hub(problem, route, rescuers, effort, seed)
    able = _able(problem, wreck, rescuers)
    if not able:
        return Repairs(rule="no_receiver", values={"route": broken, "stops": len(wreck.stops)})
    singles = [attempt for r in able if (attempt := _attempt(problem, wreck, (r,)))]
    best = sorted(singles, key=lambda attempt: -attempt.gain)[:_PAIRED]
    pairs = [a.rescuers + b.rescuers for a, b in combinations(best, 2)]
    attempts = best + [attempt for pair in pairs if (attempt := _attempt(problem, wreck, pair))]
    for attempt in attempts:
        attempt.polish(effort.light, seed)
    plans = [plan for attempt in attempts if (plan := attempt.plan(seed)).gain >= LEAST_GAIN]
    if not plans:
        return Repairs(rule="no_gain", values={"route": broken, "rescuers": len(able), "stops": len(wreck.stops)})
    return Repairs(tuple(sorted(plans, key=lambda plan: -plan.gain)[:_PLANS]))


def _from_the_hub(
    problem: FleetProblem, route: int, rescuers: Collection[RouteId] | None, effort: Effort, seed: int
) -> Repairs:
    """Broken before it left: its goods are at the hub and need no meeting."""
    stop_ids = [problem.stop_ids[stop] for stop in problem.sequences[route]]
    return relocate(problem, stop_ids, rescuers, effort, seed)


def _able(problem: FleetProblem, wreck: Wreck, named: Collection[RouteId] | None) -> list[int]:
    """Vehicles that may come: the hub's spares, and the nearest of those under way or about to leave."""
    hub = problem.snapshot.routes[problem.route_ids[wreck.route]].hub_id
    routes = []
    for r, route_id in enumerate(problem.route_ids):
        row = problem.snapshot.routes[route_id]
        welcome = row.hub_id == hub if named is None else route_id in named
        welcome = welcome and problem.takes_unasked(r, wreck.route)
        if welcome and not problem.stranded[r] and problem.allowed[list(wreck.stops), r].any():
            routes.append((not row.is_spare, detour_s(problem, r, problem.sequences[r], wreck.place), r))
    spares = [r for is_not_spare, _, r in sorted(routes) if not is_not_spare]
    return spares + [r for is_not_spare, _, r in sorted(routes) if is_not_spare][:_NEAREST]


def _attempt(problem: FleetProblem, wreck: Wreck, rescuers: tuple[int, ...]) -> "_Attempt | None":
    """The best draft found with exactly these rescuers; None when one of them would come for nothing."""
    attempts = []
    for rank in range(_MEETINGS_TRIED):
        attempt = _Attempt(problem, wreck, rescuers)
        if not attempt.meet(rank):
            break
        if attempt.choose():
            attempts.append(attempt)
    return max(attempts, key=lambda attempt: attempt.gain, default=None)


class _Attempt:
    """One set of rescuers at work on one draft. Its tables of needs, demand and service are its own, and follow."""

    def __init__(self, problem: FleetProblem, wreck: Wreck, rescuers: tuple[int, ...]) -> None:
        self.base, self.wreck, self.rescuers = problem, wreck, rescuers
        wider, meetings = with_meetings(problem, wreck, rescuers)
        self.problem = wider
        self.meeting = dict(zip(rescuers, meetings, strict=True))
        self.draft = Draft(wider)
        self.draft.sequences.update({r: own for r in self._homes() if (own := self._own(r)) != problem.sequences[r]})
        self._open(wreck.astray)
        self.taken: dict[int, int] = {}

    def _homes(self) -> set[int]:
        """The routes that wait in vain for goods in the wreck."""
        return {int(self.base.route_of[stop]) for stop in self.wreck.astray}

    def _own(self, r: int) -> tuple[int, ...]:
        """The route's stops that don't."""
        return tuple(stop for stop in self.base.sequences[r] if stop not in self.wreck.astray)

    def _open(self, stops: Iterable[int]) -> None:
        """These can be served once their goods are fetched."""
        for stop in stops:
            snapshot = self.base.snapshot
            opens_at = snapshot.opens_at(snapshot.stops[self.base.stop_ids[stop]])
            self.problem.world.opens_s[stop] = self.base.seconds(opens_at)

    def meet(self, rank: int) -> bool:
        """Put every rescuer's visit at its ``rank``-th cheapest place; False when one has not so many."""
        for r in self.rescuers:
            sequence = self.draft.sequence(r)
            trials = [(*sequence[:at], self.meeting[r], *sequence[at:]) for at in range(len(sequence) + 1)]
            allowed = sorted((self.draft.cost(r, trial), trial) for trial in trials if self.draft.holds(r, trial))
            if rank >= len(allowed):
                return False
            self.draft.sequences[r] = allowed[rank][1]
        return True

    def choose(self) -> bool:
        """Take over whichever stop gains most, until none does; whether every rescuer took something.

        Gains shrink as a rescuer fills up, so a gain found earlier is an upper bound: only the most promising is
        looked at again.
        """
        stale = [
            (-np.inf, stop, r) for r in self.rescuers for stop in self.wreck.stops if self.problem.allowed[stop, r]
        ]
        heapify(stale)
        while stale:
            _, stop, r = heappop(stale)
            if stop in self.taken:
                continue
            gain, sequence = self._gain(r, stop)
            if stale and -gain > stale[0][0]:
                heappush(stale, (-gain, stop, r))
            elif gain >= LEAST_GAIN:
                self._take(r, stop, sequence)
            else:
                break
        return self.is_whole()

    def is_whole(self) -> bool:
        """Whether every rescuer takes something over; one that does not should not come."""
        return set(self.taken.values()) == set(self.rescuers)

    def _gain(self, r: int, stop: int) -> tuple[float, tuple[int, ...]]:
        """What it is worth that the rescuer takes the stop next, and its sequence then; -inf when it can't."""
        if not self.draft.may_give(stop, r):
            return -np.inf, ()
        undone = float(self.problem.world.undone_price[stop])
        self._hand_over(r, stop, 1)
        cost, sequence = self.draft.insertion(r, stop)
        self._hand_over(r, stop, -1)
        return undone - self.problem.move_price(stop, r) - (cost - self.draft.cost(r)), sequence

    def _hand_over(self, r: int, stop: int, sign: int) -> None:
        """Add the stop's goods to what changes hands at the rescuer's visit, or (-1) take them off again."""
        meeting = self.meeting[r]
        self.problem.needs[stop] = meeting
        self.problem.demand[meeting] += sign * self.problem.demand[stop]
        self.problem.world.service_s[meeting] += sign * HAND_OVER_PER_PACKAGE_S * len(self.problem.packages[stop])

    def _take(self, r: int, stop: int, sequence: tuple[int, ...]) -> None:
        self._hand_over(r, stop, 1)
        self.taken[stop] = r
        self.draft.give(stop, r)
        self.draft.sequences[r] = sequence

    @property
    def gain(self) -> float:
        """What the draft is worth over doing nothing, in the search's samples and before churn."""
        undone = self.problem.world.undone_price
        saved = sum(float(undone[stop]) - self.problem.move_price(stop, r) for stop, r in self.taken.items())
        return saved - sum(self.draft.cost(r) - self._cost_before(r) for r in self.rescuers)

    def _cost_before(self, r: int) -> float:
        return self.draft.cost(r, self._own(r)) + self.problem.prices.hand_over

    def polish(self, effort: Effort, seed: int) -> None:
        """Improve the rescuers' orders, and see whether that made room for more."""
        for r in self.rescuers:
            self._restore_needs(r)
            self.draft.improve(r, effort, seed)
        if len(self.taken) < len(self.wreck.stops):
            self.choose()

    def _restore_needs(self, r: int) -> None:
        """Trying a stop on several rescuers leaves the last one's visit as its need; the one it has counts."""
        for stop, rescuer in self.taken.items():
            if rescuer == r:
                self.problem.needs[stop] = self.meeting[r]

    def plan(self, seed: int) -> FleetPlan:
        """The finished plan, priced in all samples."""
        changed = {r: self.draft.sequence(r) for r in {*self.rescuers, *self._homes()}}
        mine = self.base.sequences[self.wreck.route]
        waiting = (*mine, *(stop for stop in self.wreck.astray if stop not in mine))  # each where its goods are
        changed[self.wreck.route] = tuple(stop for stop in waiting if stop not in self.taken)
        engine = {"name": ENGINE, "seed": seed, "priced": self.draft.priced}
        return finished_plan(self.problem, self.base, changed, tuple(map(self._spec, self.rescuers)), engine)

    def _spec(self, r: int) -> TransferSpec:
        meeting = self.meeting[r]
        stops = [stop for stop in self.draft.sequence(r) if self.taken.get(stop) == r]
        return TransferSpec(
            stop_id=self.problem.stop_ids[meeting],
            route_id=self.problem.route_ids[r],
            from_route_id=self.problem.route_ids[self.wreck.route],
            from_vehicle=self.wreck.vehicle,
            location=self.problem.places[self.wreck.place],
            stop_ids=tuple(self.problem.stop_ids[stop] for stop in stops),
            package_ids=tuple(package for stop in stops for package in self.problem.packages[stop]),
            service_s=float(self.problem.world.service_s[meeting]),
        )
