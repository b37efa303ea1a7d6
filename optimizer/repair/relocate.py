"""Moving stops whose goods are still at the hub to vehicles that have not left it: cheap, and free of hand-overs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from forestall.domain.ids import RouteId, StopId
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.repair.draft import LEAST_GAIN, Draft, Effort, finished_plan
from optimizer.repair.plan import FleetPlan, Repairs

ENGINE = "relocate-1"
_NEAREST_RECEIVERS = 8
_TRIED_PER_ROUND = 12
_ROUNDS = 40
_LATE_GOODS_S = 300.0  # goods that come sooner than this after the van could leave are hardly waited for


def relocate(
    problem: FleetProblem,
    stop_ids: Collection[StopId],
    receivers: Collection[RouteId] | None,
    effort: Effort,
    seed: int,
) -> Repairs:
    """Take stops off the named stops' routes: late goods all at once, then one at a time, whichever move gains most,
    until none gains."""
    movable = [stop for stop in _in_play(problem, stop_ids) if can_leave(problem, stop)]
    if not movable:
        return Repairs(rule="nothing_to_move", values={"stops": sorted(stop_ids)})
    takers = _receivers(problem, movable, receivers)
    if not takers:
        return Repairs(rule="no_receiver", values={"stops": [problem.stop_ids[stop] for stop in movable]})
    draft = Draft(problem)
    shed = _shed_late_goods(draft, movable, takers)
    _move_while_it_pays(draft, [stop for stop in movable if stop not in shed], takers)
    if not draft.sequences:
        return Repairs(rule="no_gain", values={"stops": len(movable), "receivers": len(takers), "priced": draft.priced})
    plans = [_plan(draft, seed, polished=False)]
    for route in sorted(draft.sequences):
        if not problem.stranded[route]:
            draft.improve(route, effort.light, seed)
    plans.append(_plan(draft, seed, polished=True))
    better = sorted((plan for plan in plans if plan.gain >= LEAST_GAIN), key=lambda plan: -plan.gain)
    return Repairs(tuple(better[:1])) if better else Repairs(rule="no_gain", values={"priced": draft.priced})


def can_leave(problem: FleetProblem, stop: int) -> bool:
    """Whether a stop's goods are at its hub, all of them, on a route that has not left, and nobody pinned it there."""
    route = int(problem.route_of[stop])
    pinned = problem.snapshot.stops[problem.stop_ids[stop]].pinned
    return (
        problem.at_hub_of[stop] is not None
        and not problem.is_split[stop]
        and not pinned
        and (bool(problem.drive.at_hub[route]) or bool(problem.stranded[route]))
    )


def can_take(problem: FleetProblem, route: int, stop: int) -> bool:
    """Whether a vehicle still at the hub that has the goods may carry the stop (its load is checked in place), and its
    carrier would without being asked first."""
    hub = problem.snapshot.routes[problem.route_ids[route]].hub_id
    may = problem.drive.at_hub[route] and problem.at_hub_of[stop] == hub and problem.allowed[stop, route]
    return bool(may) and not problem.stranded[route] and problem.takes_unasked(route, int(problem.route_of[stop]))


def _in_play(problem: FleetProblem, stop_ids: Iterable[StopId]) -> list[int]:
    """The named stops' routes' stops: it may take another's leaving to save a stop that is late."""
    routes = {int(problem.route_of[problem.stop_index[s]]) for s in stop_ids if s in problem.stop_index}
    return sorted(stop for route in routes for stop in problem.sequences[route])


def _receivers(problem: FleetProblem, stops: list[int], named: Collection[RouteId] | None) -> list[int]:
    ids = problem.route_ids if named is None else [r for r in problem.route_ids if r in named]
    routes = (problem.route_index[route_id] for route_id in ids)
    return [r for r in routes if any(can_take(problem, r, stop) and problem.route_of[stop] != r for stop in stops)]


@dataclass(frozen=True, slots=True)
class _Move:
    """One stop to another route, whose ``sequence`` it makes; worth ``gain``."""

    gain: float
    stop: int
    taker: int
    sequence: tuple[int, ...]


def _shed_late_goods(draft: Draft, movable: list[int], takers: list[int]) -> set[int]:
    """Give away together what a route would wait for at its hub, where that pays; the stops that left.

    One at a time never pays: the route waits all the same as long as any late goods are left.
    """
    problem, shed = draft.problem, set[int]()
    for donor in sorted({int(problem.route_of[stop]) for stop in movable}):
        late = [stop for stop in movable if problem.route_of[stop] == donor and _is_waited_for(problem, donor, stop)]
        if problem.drive.at_hub[donor] and 0 < len(late) < len(draft.sequence(donor)):
            shed |= _given_away(draft, donor, late, [r for r in takers if r != donor])
    return shed


def _is_waited_for(problem: FleetProblem, route: int, stop: int) -> bool:
    return bool(problem.world.available_s[stop] > problem.drive.earliest_s[route] + _LATE_GOODS_S)


def _given_away(draft: Draft, donor: int, late: list[int], takers: list[int]) -> set[int]:
    """All of ``late`` off the donor, each to whom it costs least, if all in all it gains; else nothing is changed."""
    problem = draft.problem
    before, given = dict(draft.sequences), draft.given.copy()
    left = tuple(stop for stop in draft.sequence(donor) if stop not in late)
    gain = draft.cost(donor) - draft.cost(donor, left)
    draft.sequences[donor] = left
    for stop in late:
        best: tuple[float, int, tuple[int, ...]] = (np.inf, NO_STOP, ())
        for taker in (r for r in takers if can_take(problem, r, stop) and draft.may_give(stop, r)):
            price = problem.move_price(stop, taker) - draft.cost(taker)
            cost, sequence = draft.insertion(taker, stop, best[0] - price)
            best = (cost + price, taker, sequence) if sequence else best
        if best[1] == NO_STOP or best[0] >= gain:
            draft.sequences, draft.given = before, given
            return set()
        gain -= best[0]
        draft.sequences[best[1]] = best[2]
        draft.give(stop, best[1])
    if gain < LEAST_GAIN:
        draft.sequences, draft.given = before, given
        return set()
    return set(late)


def _move_while_it_pays(draft: Draft, movable: list[int], takers: list[int]) -> None:
    """Each round makes the one move that gains most; every stop moves at most once, so it ends."""
    route_of = draft.problem.route_of
    able = {stop: [r for r in takers if r != route_of[stop] and can_take(draft.problem, r, stop)] for stop in movable}
    left = list(movable)
    for _ in range(_ROUNDS):
        move = _best_move(draft, left, able, _Tours(draft, takers))
        if move is None:
            return
        donor = int(route_of[move.stop])
        draft.sequences[donor] = tuple(s for s in draft.sequence(donor) if s != move.stop)
        draft.sequences[move.taker] = move.sequence
        draft.give(move.stop, move.taker)
        left.remove(move.stop)


def _best_move(draft: Draft, stops: list[int], able: Mapping[int, list[int]], tours: "_Tours") -> _Move | None:
    """The move that gains most, of the stops whose leaving relieves their route most, to the nearest tours.

    Taking a stop costs a tour no less than the way there, so what can't beat the best move found so far is not priced.
    """
    problem, best = draft.problem, None
    relieved: list[tuple[float, int]] = []
    for stop in stops:
        donor = int(problem.route_of[stop])
        without = tuple(s for s in draft.sequence(donor) if s != stop)
        relieved.append((draft.cost(donor) - draft.cost(donor, without), stop))
    for relief, stop in sorted(relieved, key=lambda one: (-one[0], one[1]))[:_TRIED_PER_ROUND]:
        able_now = [r for r in able[stop] if draft.may_give(stop, r)]
        is_lost = bool(problem.stranded[int(problem.route_of[stop])])
        for way_s, taker in tours.nearest(stop, able_now, is_lost=is_lost):
            worth = relief - problem.move_price(stop, taker)
            least = LEAST_GAIN if best is None else best.gain
            if worth - problem.prices.travel_per_s * way_s < least:
                continue
            cost, sequence = draft.insertion(taker, stop, worth + draft.cost(taker) - least)
            if sequence:
                best = _Move(worth - (cost - draft.cost(taker)), stop, taker, sequence)
    return best


class _Tours:
    """The legs of several routes as drafted, laid end to end, so that one look tells the detours of all of them."""

    def __init__(self, draft: Draft, routes: list[int]) -> None:
        world, drive = draft.problem.world, draft.problem.drive
        ways = [[int(drive.place[r]), *world.place[list(draft.sequence(r))], int(drive.end[r])] for r in routes]
        self._travel_s, self._place = world.travel_s, world.place
        self._profile = np.repeat(drive.profile[routes], [len(way) - 1 for way in ways])
        self._leaves = np.concatenate([way[:-1] for way in ways]).astype(np.int64)
        self._reaches = np.concatenate([way[1:] for way in ways]).astype(np.int64)
        self._straight_s = self._travel_s[self._profile, self._leaves, self._reaches]
        self._first = np.cumsum([0, *(len(way) - 1 for way in ways)])[:-1]
        self._at = {r: i for i, r in enumerate(routes)}
        self._had_nothing = [not draft.problem.sequences[r] for r in routes]

    def nearest(self, stop: int, routes: list[int], *, is_lost: bool) -> list[tuple[float, int]]:
        """The few of the routes that pass nearest to the stop: (extra driving in seconds, route).

        What is lost where it is looks also to vehicles that had nothing to do, and so passed nowhere. Others would
        spend a reserve on a little gain.
        """
        place = self._place[stop]
        there_s = self._travel_s[self._profile, self._leaves, place]
        extra_s = there_s + self._travel_s[self._profile, place, self._reaches] - self._straight_s
        least_s = np.minimum.reduceat(extra_s, self._first)
        near = sorted((float(least_s[self._at[r]]), r) for r in routes)
        far = near[_NEAREST_RECEIVERS:] if is_lost else []
        return near[:_NEAREST_RECEIVERS] + [one for one in far if self._had_nothing[self._at[one[1]]]]


def detour_s(problem: FleetProblem, route: int, sequence: Iterable[int], place: int) -> float:
    """The least extra driving for a route to pass a place anywhere on its way."""
    world, drive = problem.world, problem.drive
    stops = [int(world.place[stop]) for stop in sequence]
    way = np.array([int(drive.place[route]), *stops, int(drive.end[route])])
    a, b = way[:-1], way[1:]
    travel_s = world.travel_s[drive.profile[route]]
    return float((travel_s[a, place] + travel_s[place, b] - travel_s[a, b]).min())


def _plan(draft: Draft, seed: int, polished: bool) -> FleetPlan:
    engine = {"name": ENGINE, "seed": seed, "priced": draft.priced, "polished": polished}
    return finished_plan(draft.problem, draft.problem, draft.sequences, (), engine)
