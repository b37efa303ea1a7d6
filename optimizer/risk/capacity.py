"""Whether what is to leave a hub has room on what leaves it: by the hour of the planned departure and by carrier.

Demand is the stops whose goods wait at the hub. A vehicle that does not leave within half an hour of its plan (its load
is late, it is held up, its carrier withdrew, nobody called it up) drops out for its slot; its stops need room on the
carrier's other vehicles of the slot, on its spares, or among the further stops it said it takes. Sizes are turned into
stops by the hub's mean. Orders that nobody has placed yet are not known here and not counted.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from forestall.domain.forecast import HubForecast, SlotForecast
from forestall.domain.ids import CarrierId, HubId
from forestall.domain.routes import Route
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus
from optimizer.kernel import Floats
from optimizer.problem import FleetProblem
from optimizer.risk.outcomes import departures

SLOT = timedelta(hours=1)
IN_TIME_S = 1800.0
_ENDLESS = 1e6  # stops: more than any vehicle's room that nothing limits


def hub_forecast(problem: FleetProblem, hub_id: HubId) -> HubForecast:
    """The slots of a hub from which something has still to leave, in order; ``problem`` holds its routes."""
    slots: dict[tuple[datetime, CarrierId], list[int]] = defaultdict(list)
    for r, route_id in enumerate(problem.route_ids):
        route = problem.snapshot.routes[route_id]
        if route.hub_id == hub_id and route.status is RouteStatus.PLANNED and problem.sequences[r]:
            slots[_slot_of(route, problem.snapshot.taken_at), problem.carrier_of(r).id].append(r)
    if not slots:
        return HubForecast(hub_id, ())
    drops_out = _drops_out(problem)
    size = _usual_size(problem)
    found = [_slot(problem, key, routes, drops_out, size) for key, routes in sorted(slots.items())]
    return HubForecast(hub_id, tuple(found))


def _slot_of(route: Route, now: datetime) -> datetime:
    """The full hour in which it is to leave; a spare's on standby is when it could."""
    return route.earliest_departure(now).replace(minute=0, second=0, microsecond=0)


def _drops_out(problem: FleetProblem) -> NDArray[np.bool_]:
    """(R, S) whether a vehicle does not leave in time for its slot."""
    snapshot = problem.snapshot
    planned = [snapshot.routes[r].earliest_departure(snapshot.taken_at) for r in problem.route_ids]
    by_s = np.array([problem.seconds(instant) for instant in planned]) + IN_TIME_S
    late: NDArray[np.bool_] = (departures(problem) > by_s[:, None]) | problem.stranded[:, None]
    return late


def _usual_size(problem: FleetProblem) -> Floats:
    """(D,) the mean size of a stop's goods."""
    return problem.demand.mean(axis=0) if problem.demand.size else np.zeros(problem.demand.shape[1])


def _slot(
    problem: FleetProblem,
    key: tuple[datetime, CarrierId],
    routes: Sequence[int],
    drops_out: NDArray[np.bool_],
    size: Floats,
) -> SlotForecast:
    opens_at, carrier_id = key
    stops = np.array([len(problem.sequences[r]) for r in routes])
    room = np.array([_room(problem, r, size) for r in routes])
    out = drops_out[routes]
    spare = sum(_spare_rooms(problem, routes, carrier_id, opens_at + SLOT, size))
    free = problem.snapshot.carriers[carrier_id].free_stops or 0
    displaced = stops @ out
    over = displaced > room @ ~out + spare + free
    return SlotForecast(carrier_id, opens_at, opens_at + SLOT, int(stops.sum()), float(over.mean()))


def _room(problem: FleetProblem, route: int, size: Floats) -> float:
    """How many further stops a vehicle could take."""
    loaded = problem.demand[list(problem.sequences[route])].sum(axis=0)
    return _stops_in(problem.capacity[route] - loaded, size)


def _stops_in(room: Floats, size: Floats) -> float:
    takes = np.where(size > 0.0, np.maximum(room, 0.0) / np.maximum(size, 1e-12), _ENDLESS)
    return float(np.floor(min(takes.min(initial=_ENDLESS), _ENDLESS)))


def _spare_rooms(
    problem: FleetProblem, routes: Sequence[int], carrier_id: CarrierId, before: datetime, size: Floats
) -> list[float]:
    """What the carrier's spares without stops could take that could leave the hub in time. One may count in several
    slots, as it has not been called up for any."""
    snapshot = problem.snapshot
    hub_id = snapshot.routes[problem.route_ids[routes[0]]].hub_id
    return [
        _stops_in(_capacity(snapshot, route, problem), size)
        for route in snapshot.routes.values()
        if route.hub_id == hub_id
        and route.is_on_standby
        and not snapshot.open_stops(route.id)
        and snapshot.carrier_of(route).id == carrier_id
        and snapshot.carrier_of(route).active
        and route.earliest_departure(snapshot.taken_at) < before
    ]


def _capacity(snapshot: HubSnapshot, route: Route, problem: FleetProblem) -> Floats:
    """(D,) what a vehicle outside the problem takes, in the dimensions that the problem's vehicles limit."""
    limits = [snapshot.vehicles[snapshot.routes[r].vehicle_id].capacity for r in problem.route_ids]
    names = sorted({name for limit in limits for name in limit})
    return np.array([snapshot.vehicles[route.vehicle_id].capacity.get(name, np.inf) for name in names])
