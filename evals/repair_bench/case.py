"""One case: a day stopped at a disruption, what is done or committed frozen, and the rest as a problem to solve."""

from dataclasses import dataclass

import numpy as np

from evals.repair_bench.days import Day
from evals.repair_bench.disruptions import SLOWER, Disruption, Kind, draw
from optimizer.repair.subproblem import Ints

HUB = -1
"""The holder of goods that lie at the hub, to be loaded by whoever leaves it."""

LARGE = 350
"""Open stops above which a case counts as large."""


@dataclass(frozen=True, slots=True)
class Van:
    """A vehicle of the case. It goes on from ``node`` at ``ready_s``; its ``committed`` stop, which it is on the way to
    or at, is done by then. ``has_left`` the hub, or not yet."""

    route: int
    node: int
    ready_s: int
    has_left: bool
    done: tuple[int, ...]
    committed: int | None
    open_stops: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wreck:
    """A broken van: where it stands, since when, and the open stops (by index) whose goods it holds."""

    route: int
    node: int
    since_s: int
    stops: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """An open stop. ``holder`` of its goods: the index of a van, HUB, or None for a broken one's."""

    node: int
    opens_s: int
    closes_s: int
    service_s: int
    demand: int
    holder: int | None


@dataclass(frozen=True, slots=True, eq=False)
class RepairCase:
    """``travel_s`` (n, n) from now on; ``sequences`` the plan left, stops by index, one tuple a van. Stops in none are
    a broken van's, or new. The depot, node 0, is every van's end, to be reached by ``shift_end_s``."""

    day: str
    seed: int
    disruption: Disruption
    travel_s: Ints
    vans: tuple[Van, ...]
    visits: tuple[Visit, ...]
    wreck: Wreck | None
    sequences: tuple[tuple[int, ...], ...]
    capacity: int
    shift_end_s: int

    @property
    def name(self) -> str:
        return f"{self.day} seed {self.seed} ({self.disruption.kind})"

    @property
    def size(self) -> str:
        return "large" if len(self.visits) > LARGE else "hub"


def make_case(day: Day, seed: int, kind: Kind | None = None) -> RepairCase:
    """The day under the seed's disruption, played to it in expected times."""
    return freeze(day, seed, draw(day, seed, kind))


def freeze(day: Day, seed: int, disruption: Disruption) -> RepairCase:
    """The day played to the disruption in expected times, and struck by it."""
    stopped = [_stop(day, route, disruption.at_s) for route in range(len(day.routes))]
    gone = set(disruption.cancelled)
    vans: list[Van] = []
    visits: list[Visit] = []
    sequences: list[tuple[int, ...]] = []
    for route, van in enumerate(stopped):
        left = [node for node in van.open_stops if node not in gone]
        if route == disruption.broken or (van.has_left and not van.open_stops and van.committed is None):
            continue  # it can't go on, or it is home or on the way there
        holder = len(vans) if van.has_left else HUB
        first = len(visits)
        visits += [_visit(day, node, holder) for node in left]
        sequences.append(tuple(range(first, len(visits))))
        ready_s = van.ready_s + (disruption.delay_s if route == disruption.delayed else 0)
        vans.append(Van(route, van.node, ready_s, van.has_left, van.done, van.committed, tuple(left)))
    wreck = None
    if disruption.broken is not None:
        wreck, orphans = _break_down(day, stopped[disruption.broken], disruption.at_s, gone, len(visits))
        visits += orphans
    visits += [Visit(o.node, o.opens_s, o.closes_s, o.service_s, o.demand, HUB) for o in disruption.inserted]
    return RepairCase(
        day=day.name,
        seed=seed,
        disruption=disruption,
        travel_s=_slowed(day.travel_s, disruption.slow_nodes),
        vans=tuple(vans),
        visits=tuple(visits),
        wreck=wreck,
        sequences=tuple(sequences),
        capacity=day.capacity,
        shift_end_s=int(day.closes_s[0]),
    )


def _stop(day: Day, route: int, at_s: int) -> Van:
    """The route as it stands at ``at_s``: done, committed, open."""
    nodes, departs_s = day.routes[route], day.departs_s[route]
    if departs_s > at_s:
        return Van(route, 0, departs_s, False, (), None, nodes)
    here, now = 0, departs_s
    for position, node in enumerate(nodes):
        start = max(now + int(day.travel_s[here, node]), int(day.opens_s[node]))
        here, now = node, start + int(day.service_s[node])
        if now > at_s:
            return Van(route, node, now, True, nodes[:position], node, nodes[position + 1 :])
    return Van(route, 0, now + int(day.travel_s[here, 0]), True, nodes, None, ())


def _break_down(day: Day, van: Van, at_s: int, gone: set[int], first: int) -> tuple[Wreck | None, list[Visit]]:
    """The wreck, and the visits left without a van, numbered from ``first``: what it was driving to is among them."""
    orphans = list(van.open_stops)
    place = van.node
    if van.committed is not None:
        start = van.ready_s - int(day.service_s[van.committed])
        if start > at_s:  # not there yet
            orphans = [van.committed, *orphans]
            before = van.done[-1] if van.done else 0
            leg_s = int(day.travel_s[before, van.committed])
            # A matrix knows no place between two nodes: it stands at the nearer of them.
            place = before if start - at_s > leg_s / 2 else van.committed
    left = [node for node in orphans if node not in gone]
    visits = [_visit(day, node, None if van.has_left else HUB) for node in left]
    stops = tuple(range(first, first + len(left)))
    return (Wreck(van.route, place, at_s, stops) if van.has_left else None), visits


def _visit(day: Day, node: int, holder: int | None) -> Visit:
    return Visit(
        node, int(day.opens_s[node]), int(day.closes_s[node]), int(day.service_s[node]), int(day.demand[node]), holder
    )


def undisturbed(day: Day, case: RepairCase) -> RepairCase:
    """The same moment of the same day, with nothing wrong."""
    return freeze(day, case.seed, Disruption(case.disruption.kind, case.disruption.at_s))


def _slowed(travel_s: Ints, slow_nodes: tuple[int, ...]) -> Ints:
    """Legs within the region take half as long again, those into it or out of it a quarter longer."""
    if not slow_nodes:
        return travel_s
    factor = np.ones(len(travel_s))
    factor[list(slow_nodes)] = SLOWER
    return np.asarray(np.rint(travel_s * (factor[:, None] + factor[None, :]) / 2), dtype=np.int64)


def frozen_nodes(case: RepairCase) -> set[int]:
    """The nodes of stops that are done or committed, which no repair may touch."""
    committed = {van.committed for van in case.vans if van.committed is not None}
    return committed.union(*(van.done for van in case.vans))
