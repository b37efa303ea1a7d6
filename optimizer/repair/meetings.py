"""A broken vehicle, and the visits at which goods change hands that a plan would add to routes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forestall.domain.ids import StopId, VehicleId
from optimizer.kernel import NEVER, NO_GATE
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.risk.handovers import gate_rows

HAND_OVER_S = 180.0  # finding each other, opening two vans, checking papers
HAND_OVER_PER_PACKAGE_S = 20.0


@dataclass(frozen=True, slots=True)
class Wreck:
    """A vehicle that can't go on, and the stops whose goods it holds. ``astray`` are those of them that stand on other
    routes, which wait for it in vain."""

    route: int
    vehicle: VehicleId
    place: int
    stops: tuple[int, ...]
    astray: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetch:
    """A vehicle's coming to a wreck for some of its goods."""

    rescuer: int
    wreck: Wreck


def find_wrecks(problem: FleetProblem, route: int) -> tuple[Wreck, ...]:
    """What can be taken over from the broken route: the stops whose goods one vehicle holds, with its place; the
    wreck with the most stops first.

    Goods may still be in another broken vehicle: the route broke down on its way to a rescue, and that meeting does not
    take place. Its own vehicle may have goods that another route waits for. None when nothing of it is aboard anywhere.
    """
    astray = _astray(problem, route)
    by_vehicle = {
        problem.snapshot.routes[route_id].vehicle_id: place for route_id, place in problem.breakdown_place.items()
    }
    held: dict[VehicleId, list[int]] = {}
    for stop in (*problem.sequences[route], *astray):
        holder = problem.holders[stop]
        if holder in by_vehicle and not problem.is_split[stop]:
            held.setdefault(holder, []).append(stop)
    wrecks = [
        Wreck(route, vehicle, by_vehicle[vehicle], tuple(stops), tuple(stop for stop in stops if stop in astray))
        for vehicle, stops in held.items()
    ]
    return tuple(sorted(wrecks, key=lambda wreck: (len(wreck.stops), wreck.vehicle), reverse=True))


def _astray(problem: FleetProblem, route: int) -> tuple[int, ...]:
    """The stops of other routes that can't be served because the route's vehicle has their goods."""
    vehicle = problem.snapshot.routes[problem.route_ids[route]].vehicle_id
    in_vain = np.flatnonzero(problem.world.opens_s >= NEVER)
    return tuple(
        int(s) for s in in_vain if problem.holders[s] == vehicle and problem.route_of[s] not in (route, NO_STOP)
    )


def with_meetings(problem: FleetProblem, fetches: Sequence[Fetch]) -> tuple[FleetProblem, list[int]]:
    """The problem with one TRANSFER stop more for each fetch, and the indices of those stops.

    Their service, demand and who needs them are set as goods are chosen: those tables are the result's own.
    """
    meetings = [(meeting_id(problem, fetch.wreck.vehicle, fetch.rescuer), fetch.wreck.place) for fetch in fetches]
    return with_visits(problem, [Visit(stop_id, place) for stop_id, place in meetings])


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop at which goods change hands and which does not exist yet; a ``gated`` one has to wait for another
    vehicle, by a row of the problem's gates that is open at first."""

    stop_id: StopId
    place: int
    service_s: float = HAND_OVER_S
    gated: bool = False


def with_visits(problem: FleetProblem, visits: Sequence[Visit]) -> tuple[FleetProblem, list[int]]:
    """The problem with these stops more, on no route yet, and their indices. Its tables of stops are its own."""
    m, extra = len(problem.stop_ids), len(visits)
    noise = [problem.draws.stop_noise(visit.stop_id) for visit in visits]
    world = problem.world
    gate, gates_s = gate_rows([visit.gated for visit in visits], problem.samples)

    def longer(values: np.ndarray, fill: float) -> np.ndarray:
        return np.concatenate((values, np.full((extra, *values.shape[1:]), fill, dtype=values.dtype)))

    wider = world._replace(
        place=np.concatenate((world.place, np.array([visit.place for visit in visits], dtype=np.int64))),
        opens_s=longer(world.opens_s, -np.inf),
        closes_s=longer(world.closes_s, np.inf),
        service_s=np.concatenate((world.service_s, np.array([visit.service_s for visit in visits]))),
        available_s=longer(world.available_s, -np.inf),
        gate=np.concatenate((world.gate, np.where(gate == NO_GATE, NO_GATE, gate + len(world.gates_s)))),
        gates_s=np.concatenate((world.gates_s, gates_s)),
        late_price=longer(world.late_price, 0.0),
        miss_price=longer(world.miss_price, 0.0),
        undone_price=longer(world.undone_price, 0.0),
        leg=np.concatenate((world.leg, np.array([leg for leg, _ in noise]))),
        visit=np.concatenate((world.visit, np.array([stay for _, stay in noise]))),
    )
    return (
        replace(
            problem,
            stop_ids=(*problem.stop_ids, *(visit.stop_id for visit in visits)),
            world=wider,
            p_failed=longer(problem.p_failed, 0.0),
            is_transfer=longer(problem.is_transfer, True),
            holders=(*problem.holders, *([None] * extra)),
            at_hub_of=(*problem.at_hub_of, *([None] * extra)),
            is_split=longer(problem.is_split, True),
            packages=(*problem.packages, *([()] * extra)),
            needs=longer(problem.needs, NO_STOP),
            segment=longer(problem.segment, 0),
            allowed=longer(problem.allowed, True),
            demand=longer(problem.demand, 0.0),
        ),
        list(range(m, m + extra)),
    )


def meeting_id(problem: FleetProblem, giver: VehicleId, taker: int) -> StopId:
    """Names a TRANSFER stop; the route's version makes it new whenever the route has changed since."""
    route = problem.snapshot.routes[problem.route_ids[taker]]
    return StopId(f"T-{giver}-{route.id}-{route.version}")


def hand_over_id(problem: FleetProblem, giver: int) -> StopId:
    """Names a HAND_OVER stop, in the same way."""
    route = problem.snapshot.routes[problem.route_ids[giver]]
    return StopId(f"H-{route.id}-{route.version}")
