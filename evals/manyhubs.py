"""A made-up state of many hubs at mid-morning, for measuring the sweep: each hub a town with twenty routes, some
waiting, most under way, a few broken down, each with 25 stops still to do. What becomes of every stop is made up too.

Unlike the city's day it is not played: rows are written as they would stand, so that 100,000 stops take no hours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from forestall.domain.ids import (
    CarrierId,
    DriverId,
    HubId,
    LocationId,
    OrderId,
    PackageId,
    RouteId,
    SnapshotId,
    StopId,
    VehicleId,
)
from forestall.domain.network import Carrier, Driver, HoursOfService, Hub, Location, Vehicle
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Position, Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CarrierKind, HolderKind, RouteStatus, StopStatus, Tier
from optimizer.geo import crow_fly_m
from optimizer.travel import HaversineTravel

STOPS_EACH = 25
ROUTES_EACH = 20

_FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)
_OWN = Carrier(CarrierId("OWN"), "Own fleet", CarrierKind.OWNED)
_LONG_HAUL = HoursOfService(max_drive_s=9 * 3600.0, max_duty_s=12 * 3600.0, break_after_s=4.5 * 3600.0, break_s=2700.0)
_NOW_H = 11.0
_QUARTER_H = 0.25


@dataclass(slots=True)
class HubState:
    """One hub's rows, and when the service of each open stop would really begin (inf: never) in Unix seconds."""

    hub: Hub
    day: str
    taken_at: datetime
    vehicles: list[Vehicle] = field(default_factory=list)
    drivers: list[Driver] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    begins_at: dict[StopId, float] = field(default_factory=dict)

    def snapshot(self) -> HubSnapshot:
        """The hub as a picture, without a store."""
        return HubSnapshot(
            id=SnapshotId(f"{self.day}-{self.hub.id}"),
            day=self.day,
            taken_at=self.taken_at,
            hubs={self.hub.id: self.hub},
            links=(),
            carriers={_OWN.id: _OWN},
            vehicles={vehicle.id: vehicle for vehicle in self.vehicles},
            drivers={driver.id: driver for driver in self.drivers},
            orders={order.id: order for order in self.orders},
            packages={package.id: package for package in self.packages},
            routes={route.id: route for route in self.routes},
            stops={stop.id: stop for stop in self.stops},
            positions={position.vehicle_id: position for position in self.positions},
        )


def make_hubs(stops: int, seed: int, day: int = 0) -> Iterator[HubState]:
    """Hubs with so many open stops in all, the last one with what is left over; equal arguments give equal hubs."""
    left, number = stops, 0
    while left > 0:
        here = min(left, ROUTES_EACH * STOPS_EACH)
        yield _HubMaker(number, seed, day).make(here)
        left, number = left - here, number + 1


def plan_of(hubs: Iterable[HubState]) -> DayPlan:
    """All hubs as one day's plan, with the state they are in."""
    states = list(hubs)
    return DayPlan(
        day=states[0].day,
        digest="many hubs",
        hubs=tuple(state.hub for state in states),
        links=(),
        carriers=(_OWN,),
        contacts=(),
        vehicles=tuple(vehicle for state in states for vehicle in state.vehicles),
        drivers=tuple(driver for state in states for driver in state.drivers),
        orders=tuple(order for state in states for order in state.orders),
        packages=tuple(package for state in states for package in state.packages),
        routes=tuple(route for state in states for route in state.routes),
        stops=tuple(stop for state in states for stop in state.stops),
    )


@dataclass(slots=True)
class _Visit:
    """One visit in hours of the day: its window, and what happens."""

    place: Location
    service_s: float
    opens: float
    closes: float
    set_out: float
    arrives: float
    begins: float
    ends: float


class _HubMaker:
    def __init__(self, number: int, seed: int, day: int) -> None:
        self._rng = np.random.default_rng([seed, number, day])
        self._midnight = _FIRST_DAY + timedelta(days=day)
        self._name = f"H{number:03d}" if day == 0 else f"H{number:03d}d{day}"
        lat, lon = 40.0 + 0.3 * (number % 25), -8.0 + 0.4 * (number // 25)
        place = Location(LocationId(f"{self._name}-depot"), lat, lon)
        hub = Hub(HubId(self._name), self._name, place, "UTC", self._at(6.0), self._at(20.0))
        self._mood = float(np.exp(self._rng.normal(0.0, 0.05)))
        self._travel = HaversineTravel()
        self._state = HubState(hub, self._midnight.date().isoformat(), self._at(_NOW_H))

    def make(self, stops: int) -> HubState:
        for r in range(-(-stops // STOPS_EACH)):
            self._route(r, min(STOPS_EACH, stops - r * STOPS_EACH))
        return self._state

    def _at(self, hour: float) -> datetime:
        return self._midnight + timedelta(seconds=round(hour * 3600.0))

    def _route(self, r: int, to_do: int) -> None:
        """A quarter of the routes wait at the hub, half of these for a late load; one in forty has broken down."""
        rng, name = self._rng, f"{self._name}-R{r:02d}"
        waits, broken = r % 4 == 0, rng.random() < 1 / 40
        departs = rng.uniform(11.1, 13.0) if waits else rng.uniform(7.5, 10.5)
        visits = self._drive(departs, to_do, waits)
        done = len(visits) - to_do
        status = RouteStatus.PLANNED if waits else RouteStatus.BROKEN if broken else RouteStatus.UNDERWAY
        vehicle = Vehicle(VehicleId(f"{name}-van"), self._state.hub.id, _OWN.id, capacity={"units": 200.0})
        hours = _LONG_HAUL if r % 10 == 5 else None
        driver = Driver(DriverId(f"{name}-driver"), _OWN.id, self._at(6.0), self._at(19.5), hours=hours)
        late_load = waits and r % 8 == 0
        route = Route(
            RouteId(name),
            self._state.day,
            self._state.hub.id,
            vehicle.id,
            driver.id,
            self._at(departs),
            status=status,
            load_ready_at=self._at(departs + rng.uniform(0.0, 0.7)) if late_load else None,
            departed_at=None if waits else self._at(departs),
            broken_at=self._at(_NOW_H - 0.1) if status is RouteStatus.BROKEN else None,
        )
        self._state.vehicles.append(vehicle)
        self._state.drivers.append(driver)
        self._state.routes.append(route)
        for k, visit in enumerate(visits):
            self._stop(route, k, visit, k < done, status)
        if not waits:
            self._position(vehicle, visits, done)

    def _drive(self, departs: float, to_do: int, waits: bool) -> list[_Visit]:
        """A tour of one part of town as planned and as it comes, up to ``to_do`` visits that have yet to begin."""
        rng = self._rng
        pace = self._mood * np.exp(rng.normal(0.0, 0.12))
        planned, actual = departs, departs + rng.exponential(0.03)
        here, visits, open_ones = self._state.hub.location, [], 0
        angle, reach = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(0.01, 0.07)
        while open_ones < to_do:
            angle += rng.normal(0.0, 0.15)
            place = self._place(angle, reach * np.exp(rng.normal(0.0, 0.3)))
            leg_h = self._leg_h(here, place)
            service_s = float(rng.integers(12, 30) * 10)
            set_out = actual
            arrives = actual + leg_h * pace * np.exp(0.2 * rng.standard_t(5))
            if rng.random() < 0.004:
                arrives += rng.uniform(0.25, 1.0)  # a hold-up
            planned += leg_h
            opens = _QUARTER_H * float(np.floor((planned - rng.uniform(0.75, 1.75)) / _QUARTER_H))
            begins = max(arrives, opens)
            actual = begins + service_s / 3600.0 * np.exp(rng.normal(0.0, 0.3))
            closes = opens + float(rng.choice([2.0, 3.0, 4.0]))
            visits.append(_Visit(place, service_s, opens, closes, set_out, arrives, begins, actual))
            planned += service_s / 3600.0
            here = place
            open_ones += waits or actual > _NOW_H
        return visits

    def _place(self, angle: float, reach: float) -> Location:
        hub = self._state.hub.location
        name = LocationId(f"{self._name}-{len(self._state.stops)}-{self._rng.integers(1 << 40)}")
        return Location(name, hub.lat + reach * np.sin(angle), hub.lon + reach * np.cos(angle) * 1.3)

    def _leg_h(self, here: Location, there: Location) -> float:
        metres = np.array([crow_fly_m(here.lat, here.lon, there.lat, there.lon)])
        return float(self._travel.seconds_of(metres)[0]) / 3600.0

    def _stop(self, route: Route, k: int, visit: _Visit, is_done: bool, status: RouteStatus) -> None:
        rng, state = self._rng, self._state
        name = f"{route.id}-{k:02d}"
        order_id, package_id, stop_id = OrderId(f"{name}-o"), PackageId(f"{name}-p"), StopId(name)
        window = Window(self._at(visit.opens), self._at(visit.closes))
        failed = is_done and rng.random() < 0.03
        holder = Custody(HolderKind.VEHICLE, route.vehicle_id, self._at(6.0))
        if status is RouteStatus.PLANNED:
            holder = Custody(HolderKind.HUB, state.hub.id, self._at(6.0))
        elif is_done and not failed:
            holder = Custody(HolderKind.CUSTOMER, order_id, self._at(visit.ends))
        state.orders.append(
            Order(order_id, state.hub.id, window, Tier.PRIORITY if rng.random() < 0.1 else Tier.STANDARD)
        )
        state.packages.append(Package(package_id, order_id, holder, {"units": float(rng.integers(1, 4))}))
        seen = status is not RouteStatus.PLANNED and visit.set_out <= _NOW_H
        state.stops.append(
            Stop(
                stop_id,
                route.id,
                k + 1,
                visit.place,
                window,
                visit.service_s,
                order_id,
                status=self._status(visit, is_done, failed, status),
                package_ids=(package_id,),
                departed_at=self._at(visit.set_out) if seen else None,
                arrived_at=self._at(visit.arrives) if seen and visit.arrives <= _NOW_H else None,
                finished_at=self._at(visit.ends) if is_done else None,
            )
        )
        if not is_done:
            begins = np.inf if status is RouteStatus.BROKEN else self._at(visit.begins).timestamp()
            state.begins_at[stop_id] = begins

    def _status(self, visit: _Visit, is_done: bool, failed: bool, status: RouteStatus) -> StopStatus:
        if is_done:
            return StopStatus.FAILED if failed else StopStatus.COMPLETED
        if status is RouteStatus.PLANNED:
            return StopStatus.PLANNED
        if visit.set_out > _NOW_H:
            return StopStatus.LOADED
        return StopStatus.ENROUTE if visit.arrives > _NOW_H else StopStatus.SERVICING

    def _position(self, vehicle: Vehicle, visits: list[_Visit], done: int) -> None:
        """Reported a minute ago, on the straight line of the present leg."""
        visit, before = visits[done], visits[done - 1].place if done else self._state.hub.location
        share = min(max((_NOW_H - visit.set_out) / (visit.arrives - visit.set_out), 0.0), 1.0)
        lat = before.lat + share * (visit.place.lat - before.lat)
        lon = before.lon + share * (visit.place.lon - before.lon)
        self._state.positions.append(Position(vehicle.id, self._at(_NOW_H - 1 / 60), lat, lon))
