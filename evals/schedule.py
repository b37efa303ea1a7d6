"""When each vehicle is expected to do what, on expected times: the spans in which the day's mishaps are drawn."""

from collections.abc import Iterable
from dataclasses import dataclass

from evals.roads import Place, Roads
from forestall.domain.ids import RouteId, VehicleId
from forestall.domain.network import Hub
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route, Stop


@dataclass(frozen=True, slots=True)
class Shift:
    """A vehicle's expected day, as Unix seconds: from leaving its hub to being back."""

    vehicle_id: VehicleId
    leaves: float
    returns: float


def stops_by_route(plan: DayPlan) -> dict[RouteId, list[Stop]]:
    """Every route's stops in driving order; routes without stops have an empty list."""
    grouped: dict[RouteId, list[Stop]] = {route.id: [] for route in plan.routes}
    for stop in plan.stops:
        grouped[stop.route_id].append(stop)
    return {route: sorted(stops, key=lambda stop: (stop.sequence, stop.id)) for route, stops in grouped.items()}


def expected_return(roads: Roads, hub: Place, leaves: float, stops: Iterable[Stop]) -> float:
    """When the vehicle is back at its hub if every leg and service takes its expected time."""
    now, here = leaves, hub
    for stop in stops:
        there = roads.places[stop.location.id]
        now = max(now + roads.base_s(here, there), stop.window.opens_at.timestamp()) + stop.service_s
        here = there
    return now + roads.base_s(here, hub)


def plan_shifts(plan: DayPlan, roads: Roads) -> dict[VehicleId, Shift]:
    """The expected shift of every vehicle with a route; a spare's is its hub's whole day."""
    hubs = {hub.id: hub for hub in plan.hubs}
    grouped = stops_by_route(plan)
    return {route.vehicle_id: _shift(route, grouped[route.id], hubs[route.hub_id], roads) for route in plan.routes}


def _shift(route: Route, stops: list[Stop], hub: Hub, roads: Roads) -> Shift:
    leaves = route.departs_at.timestamp()
    if not stops:
        return Shift(route.vehicle_id, leaves, hub.closes_at.timestamp())
    returns = expected_return(roads, roads.places[hub.location.id], leaves, stops)
    return Shift(route.vehicle_id, leaves, returns)
