"""A candidate against doing nothing, met by the same luck."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from forestall.domain.actions import Candidate, Judgement, StopEffect
from forestall.domain.ids import RouteId, StopId
from forestall.domain.replan import apply_candidate, free_stops
from forestall.domain.snapshot import HubSnapshot
from optimizer.kernel import NEVER, Floats
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.risk.assemble import Beliefs, assemble
from optimizer.travel import TravelTimes

_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Outlook:
    """Some routes under one plan: loss, expected misses and travel over them, P(miss) and route of each delivery."""

    loss: float
    misses: float
    travel_s: float
    p_miss: dict[StopId, float]
    route_of: dict[StopId, RouteId]


class Judge:
    """Judges the candidates of one snapshot. What today taught is learned once, from the snapshot as it is."""

    def __init__(self, snapshot: HubSnapshot, travel: TravelTimes, beliefs: Beliefs) -> None:
        self._snapshot, self._travel, self._beliefs = snapshot, travel, beliefs
        self._before: dict[frozenset[RouteId], Outlook] = {}

    def judge(self, candidate: Candidate) -> Judgement:
        """Paired on the same draws: a candidate that changes no route changes nothing, exactly."""
        routes = frozenset(change.route_id for change in candidate.route_changes)
        before = self._outlook_before(routes)
        if not routes:
            return _judgement(candidate, before, before, 0, 0.0, 0)
        after = look(assemble(apply_candidate(self._snapshot, candidate), self._travel, self._beliefs, routes))
        moved = sum(after.route_of[s] != r for s, r in before.route_of.items() if s in after.route_of)
        hand_overs = sum(len(change.new_stops) for change in candidate.route_changes)
        price = self._beliefs.prices.move * moved + self._beliefs.prices.hand_over * hand_overs
        return _judgement(candidate, before, after, moved, price, _places_changed(self._snapshot, candidate))

    def _outlook_before(self, routes: frozenset[RouteId]) -> Outlook:
        found = self._before.get(routes)
        if found is None:
            found = look(assemble(self._snapshot, self._travel, self._beliefs, routes))
            self._before[routes] = found
        return found


def _places_changed(snapshot: HubSnapshot, candidate: Candidate) -> int:
    """Stops that stay on their route and come at another place among those that stay."""
    changed = 0
    for change in candidate.route_changes:
        kept = set(change.stop_ids)
        before = [stop.id for stop in free_stops(snapshot, change.route_id) if stop.id in kept]
        after = [stop_id for stop_id in change.stop_ids if stop_id in set(before)]
        changed += sum(then != now for then, now in zip(before, after, strict=True))
    return changed


def _judgement(
    candidate: Candidate, before: Outlook, after: Outlook, moved: int, price: float, places_changed: int
) -> Judgement:
    return Judgement(
        candidate_id=candidate.id,
        loss_before=before.loss,
        loss_after=after.loss + price,
        misses_before=before.misses,
        misses_after=after.misses,
        travel_delta_s=after.travel_s - before.travel_s,
        stops_moved=moved,
        effects=tuple(
            StopEffect(stop_id, p_before, after.p_miss[stop_id])
            for stop_id, p_before in before.p_miss.items()
            if stop_id in after.p_miss and abs(after.p_miss[stop_id] - p_before) > _SAME
        ),
        places_changed=places_changed,
    )


def look(problem: FleetProblem) -> Outlook:
    """The outlook of a problem's routes as they are planned, their committed stops included."""
    loss, misses, travel_s = 0.0, 0.0, 0.0
    p_miss: dict[StopId, float] = {}
    route_of: dict[StopId, RouteId] = {}
    for r, route_id in enumerate(problem.route_ids):
        sequence = problem.sequences[r]
        loss += problem.cost(r, sequence) + committed_cost(problem, r)
        travel_s += planned_travel_s(problem, r, sequence)
        chances = dict(zip(sequence, problem.miss_chance(r, sequence), strict=True))
        if problem.committed[r] != NO_STOP:
            chances[int(problem.committed[r])] = _late_share(problem, r)
        for stop, p_late in chances.items():
            if not problem.is_transfer[stop]:
                p_miss[problem.stop_ids[stop]] = float(p_late + (1.0 - p_late) * problem.p_failed[stop])
                route_of[problem.stop_ids[stop]] = route_id
    misses = sum(p_miss.values())
    return Outlook(loss, misses, travel_s, p_miss, route_of)


def _late_share(problem: FleetProblem, route: int) -> float:
    stop = int(problem.committed[route])
    if problem.is_transfer[stop]:
        return 0.0
    return float((problem.committed_start_s[route] > problem.world.closes_s[stop]).mean())


def committed_cost(problem: FleetProblem, route: int) -> float:
    """The expected price of the committed stop's lateness, miss or not being done."""
    stop = int(problem.committed[route])
    if stop == NO_STOP:
        return 0.0
    world, start = problem.world, problem.committed_start_s[route]
    over = np.clip(start - world.closes_s[stop], 0.0, world.lateness_cap_s)
    misses = (over > 0.0) + world.gross_share * (over > world.gross_after_s)
    price: Floats = world.miss_price[stop] * misses + world.late_price[stop] * over
    return float(np.where(start >= NEVER, world.undone_price[stop], price).mean())


def planned_travel_s(problem: FleetProblem, route: int, sequence: tuple[int, ...]) -> float:
    """Expected driving of the free stops and back to the hub; none for a vehicle that can't or need not leave."""
    if problem.stranded[route] or not sequence:
        return 0.0
    world, drive = problem.world, problem.drive
    places = [int(drive.place[route]), *(int(world.place[stop]) for stop in sequence), int(drive.end[route])]
    travel_s = world.travel_s[drive.profile[route]]
    return float(sum(travel_s[a, b] for a, b in pairwise(places)))
