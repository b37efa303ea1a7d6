"""A broken vehicle, and the visits to it that a rescue would add to other routes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forestall.domain.ids import StopId, VehicleId
from optimizer.kernel import NO_GATE
from optimizer.problem import NO_STOP, FleetProblem

HAND_OVER_S = 180.0  # finding each other, opening two vans, checking papers
HAND_OVER_PER_PACKAGE_S = 20.0


@dataclass(frozen=True, slots=True)
class Wreck:
    """A vehicle that can't go on, and the stops whose goods it holds."""

    route: int
    vehicle: VehicleId
    place: int
    stops: tuple[int, ...]


def find_wreck(problem: FleetProblem, route: int) -> Wreck | None:
    """What can be taken over from the broken route: the stops whose goods one vehicle holds, with its place.

    Goods may still be in another broken vehicle (the route broke down on its way to a rescue): then that one is the
    wreck. None when nothing of it is aboard anywhere.
    """
    by_vehicle = {
        problem.snapshot.routes[route_id].vehicle_id: place for route_id, place in problem.breakdown_place.items()
    }
    held = {
        stop: problem.holders[stop]
        for stop in problem.sequences[route]
        if problem.holders[stop] in by_vehicle and not problem.is_split[stop]
    }
    if not held:
        return None
    vehicle, _ = max(Counter(held.values()).items(), key=lambda one: (one[1], one[0] or ""))
    assert vehicle is not None
    return Wreck(route, vehicle, by_vehicle[vehicle], tuple(stop for stop, holder in held.items() if holder == vehicle))


def with_meetings(problem: FleetProblem, wreck: Wreck, rescuers: Sequence[int]) -> tuple[FleetProblem, list[int]]:
    """The problem with one TRANSFER stop more for each rescuer, and the indices of those stops.

    Their service, demand and who needs them are set as goods are chosen: those tables are the result's own.
    """
    ids = [meeting_id(problem, wreck, r) for r in rescuers]
    m, extra = len(problem.stop_ids), len(ids)
    noise = [problem.draws.stop_noise(stop_id) for stop_id in ids]
    world = problem.world

    def longer(values: np.ndarray, fill: float) -> np.ndarray:
        return np.concatenate((values, np.full((extra, *values.shape[1:]), fill, dtype=values.dtype)))

    wider = world._replace(
        place=longer(world.place, wreck.place),
        opens_s=longer(world.opens_s, -np.inf),
        closes_s=longer(world.closes_s, np.inf),
        service_s=longer(world.service_s, HAND_OVER_S),
        available_s=longer(world.available_s, -np.inf),
        gate=longer(world.gate, NO_GATE),
        late_price=longer(world.late_price, 0.0),
        miss_price=longer(world.miss_price, 0.0),
        undone_price=longer(world.undone_price, 0.0),
        leg=np.concatenate((world.leg, np.array([leg for leg, _ in noise]))),
        visit=np.concatenate((world.visit, np.array([visit for _, visit in noise]))),
    )
    return (
        replace(
            problem,
            stop_ids=(*problem.stop_ids, *ids),
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


def meeting_id(problem: FleetProblem, wreck: Wreck, rescuer: int) -> StopId:
    """Names a TRANSFER stop; the route's version makes it new whenever the route has changed since."""
    route = problem.snapshot.routes[problem.route_ids[rescuer]]
    return StopId(f"T-{wreck.vehicle}-{route.id}-{route.version}")
