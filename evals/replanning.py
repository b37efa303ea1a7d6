"""The first plan made again, before the day begins: by the repair's second rung, with room before each window's end.

Routes may exchange stops within one hub, carrier and mode of vehicle, as a planner who knows no more than the plan
would. Pinned routes and spares stay as they are. Where the fleet is too small for the room asked for, a van is added.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

import numpy as np

from evals.roads import Roads
from evals.schedule import stops_by_route
from forestall.domain.ids import DriverId, RouteId, StopId, VehicleId
from forestall.domain.network import Driver, Hub, Vehicle
from forestall.domain.orders import Package
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route, Stop
from forestall.intake.plan import with_digest
from optimizer.repair.engines import Answer, Rung, SearchBudget, solve
from optimizer.repair.subproblem import LARGEST, NO_LIMIT, NOWHERE, SubProblem

# Work, not a clock, ends the search, so that the same plan comes back however busy the machine is.
WORK_PER_STOP = 500_000  # about 10 CPU seconds for 240 stops; with a quarter of it plans were 1 to 3 % longer
FUSE_S = 3_600.0
SEED = 1
VANS_PER_EXTRA = 24  # at most one van is added for so many; the study of the default day needed one in 96
_GRAIN = 1_000  # goods are counted in thousandths of their unit, as sub-problems count in whole numbers


@dataclass(frozen=True, slots=True)
class Crew:
    """Who goes on one route."""

    route: Route
    vehicle: Vehicle
    driver: Driver | None
    stops: tuple[Stop, ...]


def with_slack(plan: DayPlan, slack_s: float) -> DayPlan:
    """The plan with every stop planned, where it can be, ``slack_s`` before its window's end on expected times.

    Each route leaves as long before its latest feasible start as the given plan's do. Promises, orders and goods stay.
    """
    for hub in plan.hubs:
        for crews in _exchanging(plan, hub):
            plan = _Replanner(plan, hub, slack_s).replan(crews)
    return with_digest(plan)


def _exchanging(plan: DayPlan, hub: Hub) -> list[list[Crew]]:
    """The routes of a hub, by those that may exchange stops."""
    vehicles = {vehicle.id: vehicle for vehicle in plan.vehicles}
    drivers = {driver.id: driver for driver in plan.drivers}
    stops = stops_by_route(plan)
    groups: dict[tuple[str, str], list[Crew]] = defaultdict(list)
    for route in plan.routes:
        if route.hub_id != hub.id or route.is_spare or any(stop.pinned for stop in stops[route.id]):
            continue
        vehicle = vehicles[route.vehicle_id]
        driver = drivers[route.driver_id] if route.driver_id else None
        groups[vehicle.carrier_id, vehicle.mode].append(Crew(route, vehicle, driver, tuple(stops[route.id])))
    return [crews for crews in groups.values() if any(crew.stops for crew in crews)]


class _Replanner:
    """Plans the routes of one group anew. Seconds count from the hub's opening."""

    def __init__(self, plan: DayPlan, hub: Hub, slack_s: float) -> None:
        self._plan, self._hub, self._slack_s = plan, hub, slack_s
        self._roads = Roads(plan)
        self._packages: dict[str, list[Package]] = defaultdict(list)
        for package in plan.packages:
            self._packages[package.order_id].append(package)

    def replan(self, crews: Sequence[Crew]) -> DayPlan:
        """The plan with these routes made again, and perhaps one van more."""
        stops = [stop for crew in crews for stop in crew.stops]
        ahead_s = self._usual_head_start(crews)
        best, answer = list(crews), self._solve(crews, stops)
        for number in range(1, 1 + -(-len(crews) // VANS_PER_EXTRA)):
            if not _short(answer):
                break
            larger = [*best, self._another(crews[0], number)]
            with_more = self._solve(larger, stops)
            if _short(with_more) >= _short(answer):
                break
            best, answer = larger, with_more
        return self._with_routes(best, [[stops[index] for index in tour] for tour in answer.sequences], ahead_s)

    # the sub-problem

    def _solve(self, crews: Sequence[Crew], stops: Sequence[Stop]) -> Answer:
        place = {stop.id: index for index, stop in enumerate(stops)}
        dimensions = sorted({name for crew in crews for name in crew.vehicle.capacity})
        sub = SubProblem.build(
            travel_s=self._travel_s(stops),
            node=np.arange(1, len(stops) + 1),
            opens_s=[self._second(stop.window.opens_at) for stop in stops],
            closes_s=[self._aim_s(stop) for stop in stops],
            service_s=[stop.service_s for stop in stops],
            start_node=0,
            end_node=0,
            ready_s=[self._ready_s(crew) for crew in crews],
            shift_end_s=[self._home_by_s(crew) for crew in crews],
            sequences=tuple(tuple(place[stop.id] for stop in crew.stops) for crew in crews),
            miss_price=36_000.0,
            undone_price=400_000.0,
            home=np.full(len(stops), NOWHERE),  # nothing is loaded yet: no stop is anybody's
            demand=[[self._size(stop, name) for name in dimensions] for stop in stops],
            capacity=[[_room(crew.vehicle, name) for name in dimensions] for crew in crews],
            allowed=[[not crew.vehicle.lacks(stop.skills) for crew in crews] for stop in stops],
            drive_limit_s=[_hours(crew, "max_drive_s", NO_LIMIT) for crew in crews],
            break_after_s=[_hours(crew, "break_after_s", NO_LIMIT) for crew in crews],
            break_s=[_hours(crew, "break_s", 0.0) for crew in crews],
        )
        return solve(sub, Rung.SECOND, SearchBudget(WORK_PER_STOP * len(stops), FUSE_S), SEED)

    def _travel_s(self, stops: Sequence[Stop]) -> list[list[float]]:
        locations = [self._hub.location, *(stop.location for stop in stops)]
        places = [self._roads.places[location.id] for location in locations]
        return [[self._roads.base_s(here, there) for there in places] for here in places]

    def _second(self, instant: datetime) -> float:
        return max(0.0, (instant - self._hub.opens_at).total_seconds())

    def _aim_s(self, stop: Stop) -> float:
        """The window's end as this plan sees it; a window shorter than the slack is aimed at from its beginning."""
        return max(self._second(stop.window.opens_at), self._second(stop.window.closes_at) - self._slack_s)

    def _ready_s(self, crew: Crew) -> float:
        return self._second(crew.driver.shift_start) if crew.driver else 0.0

    def _home_by_s(self, crew: Crew) -> float:
        closes_s = self._second(self._hub.closes_at)
        if crew.driver is None:
            return closes_s
        return min(
            closes_s, self._second(crew.driver.shift_end), self._ready_s(crew) + _hours(crew, "max_duty_s", NO_LIMIT)
        )

    def _size(self, stop: Stop, dimension: str) -> int:
        packages = self._packages[stop.order_id] if stop.order_id is not None else []
        return round(_GRAIN * sum(package.size.get(dimension, 0.0) for package in packages))

    # the plan

    def _another(self, like: Crew, number: int) -> Crew:
        """One van more of the same kind, with a driver who works as long."""
        mark = f"{self._hub.id}X{number}"
        vehicle = replace(like.vehicle, id=VehicleId(f"V{mark}"))
        driver = replace(like.driver, id=DriverId(f"D{mark}"), name="", contact_id=None) if like.driver else None
        route = replace(
            like.route, id=RouteId(f"R{mark}"), vehicle_id=vehicle.id, driver_id=driver.id if driver else None
        )
        return Crew(route, vehicle, driver, ())

    def _with_routes(self, crews: Sequence[Crew], tours: Sequence[Sequence[Stop]], ahead_s: float) -> DayPlan:
        plan = self._plan
        old = {route.id for route in plan.routes}
        added = [crew for crew in crews if crew.route.id not in old]
        planned = {
            stop.id: replace(stop, route_id=crew.route.id, sequence=place)
            for crew, tour in zip(crews, tours, strict=True)
            for place, stop in enumerate(tour, start=1)
        }
        routes = {crew.route.id: self._leaving(crew, tour, ahead_s) for crew, tour in zip(crews, tours, strict=True)}
        return replace(
            plan,
            vehicles=(*plan.vehicles, *(crew.vehicle for crew in added)),
            drivers=(*plan.drivers, *(crew.driver for crew in added if crew.driver is not None)),
            routes=tuple(routes.get(route.id, route) for route in plan.routes)
            + tuple(routes[crew.route.id] for crew in added),
            stops=tuple(planned.get(stop.id, stop) for stop in plan.stops),
        )

    def _leaving(self, crew: Crew, tour: Sequence[Stop], ahead_s: float) -> Route:
        if not tour:
            return crew.route
        closes_s = {stop.id: self._aim_s(stop) for stop in tour}
        leaves_s = max(self._ready_s(crew), self._latest_start_s(crew, tour, closes_s) - ahead_s)
        return replace(crew.route, departs_at=self._hub.opens_at + timedelta(seconds=round(leaves_s)))

    def _usual_head_start(self, crews: Sequence[Crew]) -> float:
        """How long before their latest feasible start the plan's routes leave: the departure rule, read off the plan.

        Routes that leave as the hub opens had no choice and say nothing about it.
        """
        spans = [
            self._latest_start_s(
                crew, crew.stops, {stop.id: self._second(stop.window.closes_at) for stop in crew.stops}
            )
            - self._second(crew.route.departs_at)
            for crew in crews
            if crew.stops and self._second(crew.route.departs_at) > self._ready_s(crew)
        ]
        return max(0.0, median(spans)) if spans else 0.0

    def _latest_start_s(self, crew: Crew, tour: Sequence[Stop], closes_s: Mapping[StopId, float]) -> float:
        """The latest the route can leave and keep every window on expected times, backwards from the shift's end."""
        hub = self._roads.places[self._hub.location.id]
        latest, then = self._home_by_s(crew), hub
        for stop in reversed(tour):
            here = self._roads.places[stop.location.id]
            latest = min(closes_s[stop.id], latest - self._roads.base_s(here, then) - stop.service_s)
            then = here
        return latest - self._roads.base_s(hub, then)


def _short(answer: Answer) -> int:
    """Stops without the room asked for, or without a vehicle."""
    return len(answer.evaluation.missed) + len(answer.evaluation.undone)


def _room(vehicle: Vehicle, dimension: str) -> int:
    limit = vehicle.capacity.get(dimension)
    return int(LARGEST) if limit is None else round(_GRAIN * limit)


def _hours(crew: Crew, name: str, otherwise: float) -> float:
    hours = crew.driver.hours if crew.driver is not None else None
    value = getattr(hours, name) if hours is not None else None
    return otherwise if value is None else float(value)
