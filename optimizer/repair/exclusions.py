"""Which routes of the live problem can't have which stops, and by which constraint: told where a repair declines."""

from collections.abc import Collection, Iterable

import numpy as np

from forestall.domain.ids import RouteId, StopId, VehicleId
from forestall.domain.network import ACCESS
from optimizer.kernel import NEVER
from optimizer.problem import FleetProblem
from optimizer.repair.constraints import ALLOWED, code_of, constraint_of_code
from optimizer.repair.draft import Draft
from optimizer.repair.plan import Repairs
from optimizer.repair.unserved import telling


def exclusion_code(problem: FleetProblem, stop: int, route: int, met: Collection[VehicleId] = ()) -> int:
    """The code of the constraint that keeps the stop from the route whatever the plan; ``ALLOWED`` when none does.

    ``met`` are vehicles the route may meet, whose goods it then can have.
    """
    if route == int(problem.route_of[stop]) and not problem.stranded[route]:
        return ALLOWED
    if problem.stranded[route]:
        return code_of("in_service" if problem.carrier_of(route).active else "carrier_active")
    if not problem.carrier_of(route).active:
        return code_of("carrier_active")
    if not problem.takes_unasked(route, int(problem.route_of[stop])):
        return code_of("carrier_answer")
    row = problem.snapshot.stops[problem.stop_ids[stop]]
    if lacking := problem.snapshot.vehicles[_vehicle(problem, route)].lacks(row.skills):
        return code_of("access" if all(one.startswith(ACCESS) for one in lacking) else "skills")
    if row.pinned:
        return code_of("pin")
    if not _can_have(problem, stop, route, met):
        return code_of("custody")
    room = problem.carrier_of(route).free_stops
    is_foreign = problem.carrier_of(route).id != problem.carrier_of(int(problem.route_of[stop])).id
    return code_of("carrier_room") if is_foreign and room == 0 else ALLOWED


def with_exclusions(
    problem: FleetProblem, repairs: Repairs, stop_ids: Iterable[StopId], routes: Iterable[int]
) -> Repairs:
    """A declined repair with ``excluded`` among its values: by stop, the constraint that leaves it where it is."""
    if repairs.plans:
        return repairs
    draft, routes = Draft(problem), list(routes)
    known = [stop_id for stop_id in stop_ids if stop_id in problem.stop_index]
    excluded = {stop_id: _told(draft, problem.stop_index[stop_id], routes) for stop_id in known}
    return Repairs(rule=repairs.rule, values={**repairs.values, "excluded": excluded})


def _told(draft: Draft, stop: int, routes: list[int]) -> str:
    problem = draft.problem
    wreck = problem.holders[stop]
    met = {wreck} if wreck is not None and _is_wreck(problem, wreck) else set()
    others = [route for route in routes if route != problem.route_of[stop]]
    return telling([_obstacle(draft, stop, route, met) for route in others])


def _obstacle(draft: Draft, stop: int, route: int, met: Collection[VehicleId]) -> str:
    """The constraint between a stop and a route as it is planned now: a fixed one, room, hours, or else the price."""
    problem = draft.problem
    if code := exclusion_code(problem, stop, route, met):
        return constraint_of_code(code).name
    load = problem.aboard[route]
    if problem.drive.at_hub[route]:
        load = load + problem.demand[list(problem.sequences[route])].sum(axis=0)
    if np.any(load + problem.demand[stop] > problem.capacity[route] + 1e-9):
        return "capacity"
    if not problem.stranded[problem.route_of[stop]]:
        return "move"
    _, sequence = draft.insertion(route, stop)
    if not sequence:
        return "pin"  # there is room, and yet no place in the order
    stops, starts = problem.starts([route], [sequence])
    return "shift_end" if (starts[stops == stop] >= NEVER).mean() > 0.5 else "undone"


def _can_have(problem: FleetProblem, stop: int, route: int, met: Collection[VehicleId]) -> bool:
    """Whether its goods, all of them, lie at the hub the route has yet to leave, or in a vehicle that it may meet."""
    if problem.is_split[stop]:
        return False
    hub = problem.snapshot.routes[problem.route_ids[route]].hub_id
    at_hub = problem.at_hub_of[stop] == hub and bool(problem.drive.at_hub[route])
    return at_hub or problem.holders[stop] in {*met, _vehicle(problem, route)} - {None}


def _is_wreck(problem: FleetProblem, vehicle: VehicleId) -> bool:
    return problem.snapshot.route_by_vehicle[vehicle].id in problem.breakdown_place


def _vehicle(problem: FleetProblem, route: int) -> VehicleId:
    return problem.snapshot.routes[RouteId(problem.route_ids[route])].vehicle_id
