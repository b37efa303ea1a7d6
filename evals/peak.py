"""A day several times as large: every route as often as the profile says, each copy a few streets and minutes off.

Copy 0 is the day itself. In the others a place lies up to NEARBY_M to each side of where it was, and a route is driven
up to SHIFT_MIN earlier or later, windows, promises and departure alike, so that it stays as feasible as it was. Travel
between two moved places is what it was, and what the straight line between them has changed by, at town speed. Spare
vans are not copied, and every route leaves a little later: that is what makes the day tighter than its parts.

All is drawn by (day, copy, entity), not by the seed: the first plan is the same in every run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from evals.draws import Draws
from evals.roads import FALLBACK_CIRCUITY, FALLBACK_SPEED_MS
from evals.signals import METRES_PER_DEGREE
from forestall.domain.ids import ContactId, DriverId, LocationId, OrderId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.network import Contact, Driver, Hub, Location, Vehicle
from forestall.domain.orders import Order, Package, Window
from forestall.domain.plan import DayPlan, TravelMatrix
from forestall.domain.routes import Route, Stop

NEARBY_M = 300.0
SHIFT_MIN = 30.0
LEAST_SHARE = 0.5  # of what a leg took before its ends moved, it takes at least
_EVERY_SEED = 0
Floats = NDArray[np.float64]


def enlarge(plan: DayPlan, times: int, leaves_later_min: float) -> DayPlan:
    """``plan`` with ``times`` as many orders and routes, each route leaving ``leaves_later_min`` later than it did."""
    if times == 1 and leaves_later_min == 0:
        return plan
    copies = [_Copy(plan, number, leaves_later_min) for number in range(times)]
    spares = [route for route in plan.routes if route.is_spare]
    return replace(
        plan,
        contacts=(*plan.contacts, *(one for copy in copies[1:] for one in copy.contacts())),
        vehicles=(*plan.vehicles, *(one for copy in copies[1:] for one in copy.vehicles())),
        drivers=(*plan.drivers, *(one for copy in copies[1:] for one in copy.drivers())),
        orders=tuple(one for copy in copies for one in copy.orders()),
        packages=tuple(one for copy in copies for one in copy.packages()),
        routes=(*(one for copy in copies for one in copy.routes()), *spares),
        stops=tuple(one for copy in copies for one in copy.stops()),
        matrix=None if plan.matrix is None else _enlarged(plan, plan.matrix, copies),
    )


class _Copy:
    """One copy of the day's routes, vehicles, drivers and orders; but for the first, its number ends their ids."""

    def __init__(self, plan: DayPlan, number: int, leaves_later_min: float) -> None:
        self._plan, self._number = plan, number
        self._later = timedelta(minutes=leaves_later_min)
        self._draws = Draws(_EVERY_SEED, plan.day)
        self._hubs = {hub.id: hub for hub in plan.hubs}
        self._driven = [route for route in plan.routes if not route.is_spare]
        self._shifts = {route.id: self._shift(route) for route in self._driven}
        self._route_of = {stop.order_id: stop.route_id for stop in plan.stops}

    def _shift(self, route: Route) -> timedelta:
        if self._number == 0:
            return timedelta()
        minutes = self._draws.between(-SHIFT_MIN, SHIFT_MIN, "peak-shift", str(self._number), route.id)
        return timedelta(minutes=round(minutes))

    def _name(self, text: str) -> str:
        return f"{text}-{self._number}" if self._number else text

    def moved(self, place: Location) -> Location:
        """A customer's place in this copy."""
        if self._number == 0:
            return place
        of = (str(self._number), place.id)
        north_m = self._draws.between(-NEARBY_M, NEARBY_M, "peak-north", *of)
        east_m = self._draws.between(-NEARBY_M, NEARBY_M, "peak-east", *of)
        lat = place.lat + north_m / METRES_PER_DEGREE
        lon = place.lon + east_m / (METRES_PER_DEGREE * cos(radians(place.lat)))
        return Location(LocationId(self._name(place.id)), round(lat, 6), round(lon, 6))

    def contacts(self) -> Iterator[Contact]:
        """Of customers and of drivers who are not spares; carriers and the like are reached as before."""
        drivers = {route.driver_id for route in self._driven}
        wanted = {order.contact_id for order in self._plan.orders}
        wanted |= {driver.contact_id for driver in self._plan.drivers if driver.id in drivers}
        for contact in self._plan.contacts:
            if contact.id in wanted:
                yield replace(contact, id=ContactId(self._name(contact.id)))

    def vehicles(self) -> Iterator[Vehicle]:
        driven = {route.vehicle_id for route in self._driven}
        for vehicle in self._plan.vehicles:
            if vehicle.id in driven:
                yield replace(vehicle, id=VehicleId(self._name(vehicle.id)))

    def drivers(self) -> Iterator[Driver]:
        driving = {route.driver_id for route in self._driven}
        for driver in self._plan.drivers:
            if driver.id in driving:
                yield replace(driver, id=DriverId(self._name(driver.id)), contact_id=self._contact(driver.contact_id))

    def orders(self) -> Iterator[Order]:
        for order in self._plan.orders:
            route_id = self._route_of.get(order.id)
            promise = order.promise if route_id is None else self._window(order.promise, route_id)
            yield replace(
                order, id=OrderId(self._name(order.id)), promise=promise, contact_id=self._contact(order.contact_id)
            )

    def packages(self) -> Iterator[Package]:
        for package in self._plan.packages:
            yield replace(package, id=PackageId(self._name(package.id)), order_id=OrderId(self._name(package.order_id)))

    def routes(self) -> Iterator[Route]:
        for route in self._driven:
            driver_id = None if route.driver_id is None else DriverId(self._name(route.driver_id))
            departs_at = route.departs_at + self._shifts[route.id] + self._later
            yield replace(
                route,
                id=RouteId(self._name(route.id)),
                vehicle_id=VehicleId(self._name(route.vehicle_id)),
                driver_id=driver_id,
                departs_at=max(departs_at, self._hubs[route.hub_id].opens_at),
            )

    def stops(self) -> Iterator[Stop]:
        for stop in self._plan.stops:
            yield replace(
                stop,
                id=StopId(self._name(stop.id)),
                route_id=RouteId(self._name(stop.route_id)),
                order_id=None if stop.order_id is None else OrderId(self._name(stop.order_id)),
                location=self.moved(stop.location),
                window=self._window(stop.window, stop.route_id),
                package_ids=tuple(PackageId(self._name(package_id)) for package_id in stop.package_ids),
            )

    def _contact(self, contact_id: ContactId | None) -> ContactId | None:
        return None if contact_id is None else ContactId(self._name(contact_id))

    def _window(self, window: Window, route_id: RouteId) -> Window:
        """The window as much earlier or later as its route, within the hub's hours."""
        hub = next(self._hubs[route.hub_id] for route in self._driven if route.id == route_id)
        shift = self._shifts[route_id]
        return Window(_within(hub, window.opens_at + shift), _within(hub, window.closes_at + shift))


def _within(hub: Hub, instant: datetime) -> datetime:
    return min(max(instant, hub.opens_at), hub.closes_at)


def _enlarged(plan: DayPlan, matrix: TravelMatrix, copies: Sequence[_Copy]) -> TravelMatrix:
    """Travel between all places of all copies; rows that are no customer's are there once."""
    size = len(matrix.location_ids)
    rows = {location_id: row for row, location_id in enumerate(matrix.location_ids)}
    customers = list({stop.location.id: stop.location for stop in plan.stops if stop.location.id in rows}.values())
    before = {place.id: place for place in (*(hub.location for hub in plan.hubs), *customers)}
    here = [before.get(location_id) for location_id in matrix.location_ids]
    more = [(copy.moved(place), place) for copy in copies[1:] for place in customers]
    origin = np.array([*range(size), *(rows[place.id] for _, place in more)])
    known = next(place for place in here if place is not None)
    old = _metres([*(place or known for place in here), *(place for _, place in more)])
    new = _metres([*(place or known for place in here), *(place for place, _ in more)])
    base = np.frombuffer(matrix.durations_f32, dtype="<f4").reshape(size, size).astype(float)[np.ix_(origin, origin)]
    changed_s = (_apart(new) - _apart(old)) * FALLBACK_CIRCUITY / FALLBACK_SPEED_MS
    seconds = np.maximum(base + changed_s, LEAST_SHARE * base)
    np.fill_diagonal(seconds, 0.0)
    ids = (*matrix.location_ids, *(place.id for place, _ in more))
    return TravelMatrix(f"{matrix.id}-x{len(copies)}", ids, np.round(seconds).astype("<f4").tobytes())


def _metres(places: Sequence[Location]) -> Floats:
    """(n, 2) metres north and east; a town is flat enough."""
    east = cos(radians(places[0].lat))
    return np.array([[place.lat * METRES_PER_DEGREE, place.lon * METRES_PER_DEGREE * east] for place in places])


def _apart(metres: Floats) -> Floats:
    """(n, n) straight lines."""
    apart: Floats = np.hypot(*(metres[:, None, :] - metres[None, :, :]).transpose(2, 0, 1))
    return apart
