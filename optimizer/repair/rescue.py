"""Taking over a broken vehicle's goods: a visit to where it stands, then as many of its stops as are worth it."""

from collections.abc import Collection, Iterable
from heapq import heapify, heappop, heappush
from itertools import combinations

import numpy as np

from forestall.domain.ids import RouteId
from optimizer.problem import FleetProblem
from optimizer.repair.draft import LEAST_GAIN, Draft, Effort, finished_plan
from optimizer.repair.meetings import HAND_OVER_PER_PACKAGE_S, Fetch, Wreck, find_wrecks, with_meetings
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
    """Single fetches first, then the best of them in pairs; plans by loss, each with another set of fetches.

    A route that broke down on its way to a rescue has its stops in two wrecks: then one plan may empty both.
    """
    route = problem.route_index[broken]
    wrecks = find_wrecks(problem, route)
    if not wrecks:
        return _from_the_hub(problem, route, rescuers, effort, seed)
    able = {wreck.vehicle: _able(problem, wreck, rescuers) for wreck in wrecks}
    tried = {"route": broken, "stops": sum(len(wreck.stops) for wreck in wrecks)}
    if not any(able.values()):
        return Repairs(rule="no_receiver", values=tried)
    best = [attempt for wreck in wrecks for attempt in _singles(problem, wreck, able[wreck.vehicle])]
    pairs = [a.fetches + b.fetches for a, b in combinations(best, 2)]
    attempts = best + [attempt for pair in pairs if (attempt := _attempt(problem, pair))]
    for attempt in attempts:
        attempt.polish(effort.light, seed)
    plans = [plan for attempt in attempts if (plan := attempt.plan(seed)).gain >= LEAST_GAIN]
    if not plans:
        return Repairs(rule="no_gain", values={**tried, "rescuers": len({r for rs in able.values() for r in rs})})
    return Repairs(tuple(sorted(plans, key=lambda plan: -plan.gain)[:_PLANS]))


def _singles(problem: FleetProblem, wreck: Wreck, able: Iterable[int]) -> list["_Attempt"]:
    """The best attempts that send one vehicle to the wreck."""
    found = [attempt for r in able if (attempt := _attempt(problem, (Fetch(r, wreck),)))]
    return sorted(found, key=lambda attempt: -attempt.gain)[:_PAIRED]


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


def _attempt(problem: FleetProblem, fetches: tuple[Fetch, ...]) -> "_Attempt | None":
    """The best draft found with exactly these fetches; None when one of them would bring nothing."""
    attempts = []
    for rank in range(_MEETINGS_TRIED):
        attempt = _Attempt(problem, fetches)
        if not attempt.meet(rank):
            break
        if attempt.choose():
            attempts.append(attempt)
    return max(attempts, key=lambda attempt: attempt.gain, default=None)


class _Attempt:
    """One set of fetches, all for one broken route, on one draft. Its tables of needs, demand and service are its own,
    and follow. Fetches are named by index."""

    def __init__(self, problem: FleetProblem, fetches: tuple[Fetch, ...]) -> None:
        self.base, self.fetches = problem, fetches
        self.route = fetches[0].wreck.route
        self.wrecks = {fetch.wreck.vehicle: fetch.wreck for fetch in fetches}
        self.rescuers = sorted({fetch.rescuer for fetch in fetches})
        self.astray = frozenset(stop for wreck in self.wrecks.values() for stop in wreck.astray)
        self.problem, self.meetings = with_meetings(problem, fetches)
        self.draft = Draft(self.problem)
        self.draft.sequences.update({r: own for r in self._homes() if (own := self._own(r)) != problem.sequences[r]})
        self._open(stop for wreck in self.wrecks.values() for stop in wreck.stops)
        self.taken: dict[int, int] = {}

    def _homes(self) -> set[int]:
        """The routes that wait in vain for goods in a wreck."""
        return {int(self.base.route_of[stop]) for stop in self.astray}

    def _own(self, r: int) -> tuple[int, ...]:
        """The route's stops that don't."""
        return tuple(stop for stop in self.base.sequences[r] if stop not in self.astray)

    def _open(self, stops: Iterable[int]) -> None:
        """These can be served once their goods are fetched, whoever waits in vain for them now."""
        for stop in stops:
            snapshot = self.base.snapshot
            opens_at = snapshot.opens_at(snapshot.stops[self.base.stop_ids[stop]])
            self.problem.world.opens_s[stop] = self.base.seconds(opens_at)

    def meet(self, rank: int) -> bool:
        """Put every meeting at its ``rank``-th cheapest place; False when one has not so many."""
        for fetch, meeting in zip(self.fetches, self.meetings, strict=True):
            r = fetch.rescuer
            sequence = self.draft.sequence(r)
            trials = [(*sequence[:at], meeting, *sequence[at:]) for at in range(len(sequence) + 1)]
            allowed = sorted((self.draft.cost(r, trial), trial) for trial in trials if self.draft.holds(r, trial))
            if rank >= len(allowed):
                return False
            self.draft.sequences[r] = allowed[rank][1]
        return True

    def choose(self) -> bool:
        """Take over whichever stop gains most, until none does; whether every fetch brings something.

        Gains shrink as a rescuer fills up, so a gain found earlier is an upper bound: only the most promising is
        looked at again.
        """
        stale = [
            (-np.inf, stop, k)
            for k, fetch in enumerate(self.fetches)
            for stop in fetch.wreck.stops
            if self.problem.allowed[stop, fetch.rescuer]
        ]
        heapify(stale)
        while stale:
            _, stop, k = heappop(stale)
            if stop in self.taken:
                continue
            gain, sequence = self._gain(k, stop)
            if stale and -gain > stale[0][0]:
                heappush(stale, (-gain, stop, k))
            elif gain >= LEAST_GAIN:
                self._take(k, stop, sequence)
            else:
                break
        return self.is_whole()

    def is_whole(self) -> bool:
        """Whether every fetch brings something; one that does not should not be made."""
        return set(self.taken.values()) == set(range(len(self.fetches)))

    def _gain(self, k: int, stop: int) -> tuple[float, tuple[int, ...]]:
        """What it is worth to take the stop over next, and the rescuer's sequence then; -inf when it can't be."""
        r = self.fetches[k].rescuer
        if not self.draft.may_give(stop, r):
            return -np.inf, ()
        undone = float(self.problem.world.undone_price[stop])
        self._hand_over(k, stop, 1)
        cost, sequence = self.draft.insertion(r, stop)
        self._hand_over(k, stop, -1)
        return undone - self.problem.move_price(stop, r) - (cost - self.draft.cost(r)), sequence

    def _hand_over(self, k: int, stop: int, sign: int) -> None:
        """Add the stop's goods to what changes hands at the fetch's meeting, or (-1) take them off again."""
        meeting = self.meetings[k]
        self.problem.needs[stop] = meeting
        self.problem.demand[meeting] += sign * self.problem.demand[stop]
        self.problem.world.service_s[meeting] += sign * HAND_OVER_PER_PACKAGE_S * len(self.problem.packages[stop])

    def _take(self, k: int, stop: int, sequence: tuple[int, ...]) -> None:
        r = self.fetches[k].rescuer
        self._hand_over(k, stop, 1)
        self.taken[stop] = k
        self.draft.give(stop, r)
        self.draft.sequences[r] = sequence

    @property
    def gain(self) -> float:
        """What the draft is worth over doing nothing, in the search's samples and before churn."""
        undone = self.problem.world.undone_price
        moves = [(stop, self.fetches[k].rescuer) for stop, k in self.taken.items()]
        saved = sum(float(undone[stop]) - self.problem.move_price(stop, r) for stop, r in moves)
        driven = sum(self.draft.cost(r) - self.draft.cost(r, self._own(r)) for r in self.rescuers)
        return saved - driven - self.problem.prices.hand_over * len(self.fetches)

    def polish(self, effort: Effort, seed: int) -> None:
        """Improve the rescuers' orders, and see whether that made room for more."""
        for r in self.rescuers:
            self._restore_needs(r)
            self.draft.improve(r, effort, seed)
        if len(self.taken) < sum(len(wreck.stops) for wreck in self.wrecks.values()):
            self.choose()

    def _restore_needs(self, r: int) -> None:
        """Trying a stop on several rescuers leaves the last one's meeting as its need; the one it has counts."""
        for stop, k in self.taken.items():
            if self.fetches[k].rescuer == r:
                self.problem.needs[stop] = self.meetings[k]

    def plan(self, seed: int) -> FleetPlan:
        """The finished plan, priced in all samples."""
        changed = {r: self.draft.sequence(r) for r in {*self.rescuers, *self._homes()}}
        mine = self.base.sequences[self.route]
        waiting = (*mine, *sorted(self.astray.difference(mine)))  # each where its goods are
        moot = self._moot()
        changed[self.route] = tuple(stop for stop in waiting if stop not in self.taken and stop not in moot)
        engine = {"name": ENGINE, "seed": seed, "priced": self.draft.priced}
        dropped = tuple(self.problem.stop_ids[stop] for stop in moot)
        specs = tuple(self._spec(k) for k in range(len(self.fetches)))
        return finished_plan(self.problem, self.base, changed, specs, engine, dropped)

    def _moot(self) -> list[int]:
        """The broken route's own meetings to come at these wrecks: others fetch the goods now."""
        snapshot, ids = self.base.snapshot, self.base.stop_ids
        mine = self.base.sequences[self.route]
        return [stop for stop in mine if snapshot.stops[ids[stop]].transfer_from in self.wrecks]

    def _spec(self, k: int) -> TransferSpec:
        fetch, meeting = self.fetches[k], self.meetings[k]
        stops = [stop for stop in self.draft.sequence(fetch.rescuer) if self.taken.get(stop) == k]
        return TransferSpec(
            stop_id=self.problem.stop_ids[meeting],
            route_id=self.problem.route_ids[fetch.rescuer],
            from_route_id=self.problem.route_ids[self.route],
            from_vehicle=fetch.wreck.vehicle,
            location=self.problem.places[fetch.wreck.place],
            stop_ids=tuple(self.problem.stop_ids[stop] for stop in stops),
            package_ids=tuple(package for stop in stops for package in self.problem.packages[stop]),
            service_s=float(self.problem.world.service_s[meeting]),
        )
