"""An immutable picture of one or more hubs at one instant: all that forecasting and planning may look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter

from forestall.domain.hindrances import Absence, Closure
from forestall.domain.ids import (
    CarrierId,
    DriverId,
    HubId,
    OrderId,
    PackageId,
    RouteId,
    SnapshotId,
    StopId,
    VehicleId,
)
from forestall.domain.instructions import Instruction
from forestall.domain.network import Carrier, Driver, Hub, HubLink, Vehicle
from forestall.domain.orders import Order, Package
from forestall.domain.routes import Position, Route, Stop
from forestall.domain.tenders import Tender
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind


@dataclass(frozen=True)
class HubSnapshot:
    """Rows as they stood at ``taken_at``. ``id`` is the hash of the content, so equal states have equal ids.

    ``stops`` are in route order (route id, sequence). ``matrix_id`` names the plan's own travel matrix, or is None.
    ``tenders`` are all of the day, those that have come to an end included; so are ``closures`` and ``absences``.
    ``instructions`` are those that no driver has confirmed yet. ``untold`` are stops whose driver does not know of
    them: no state, but what ``believed`` makes of it.
    """

    id: SnapshotId
    day: str
    taken_at: datetime
    hubs: Mapping[HubId, Hub]
    links: tuple[HubLink, ...]
    carriers: Mapping[CarrierId, Carrier]
    vehicles: Mapping[VehicleId, Vehicle]
    drivers: Mapping[DriverId, Driver]
    orders: Mapping[OrderId, Order]
    packages: Mapping[PackageId, Package]
    routes: Mapping[RouteId, Route]
    stops: Mapping[StopId, Stop]
    positions: Mapping[VehicleId, Position]
    matrix_id: str | None = None
    tenders: tuple[Tender, ...] = ()
    closures: tuple[Closure, ...] = ()
    absences: tuple[Absence, ...] = ()
    instructions: tuple[Instruction, ...] = ()
    untold: frozenset[StopId] = frozenset()

    @cached_property
    def stops_by_route(self) -> Mapping[RouteId, tuple[Stop, ...]]:
        """Every route's stops, done ones included, in driving order."""
        grouped: dict[RouteId, list[Stop]] = {route_id: [] for route_id in self.routes}
        for stop in self.stops.values():
            grouped[stop.route_id].append(stop)
        return {r: tuple(sorted(s, key=lambda stop: (stop.sequence, stop.id))) for r, s in grouped.items()}

    @cached_property
    def _open_by_route(self) -> Mapping[RouteId, tuple[Stop, ...]]:
        return {r: tuple(stop for stop in stops if stop.status.is_open) for r, stops in self.stops_by_route.items()}

    @cached_property
    def _committed_by_route(self) -> Mapping[RouteId, Stop | None]:
        open_stops = self._open_by_route.items()
        return {r: next((stop for stop in stops if stop.status.is_committed), None) for r, stops in open_stops}

    @cached_property
    def _last_finished_by_route(self) -> Mapping[RouteId, Stop | None]:
        finished = {
            r: [stop for stop in stops if stop.finished_at is not None] for r, stops in self.stops_by_route.items()
        }
        by_time = attrgetter("finished_at", "sequence")
        return {r: max(stops, key=by_time, default=None) for r, stops in finished.items()}

    @cached_property
    def packages_by_order(self) -> Mapping[OrderId, tuple[Package, ...]]:
        grouped: dict[OrderId, list[Package]] = {}
        for package in self.packages.values():
            grouped.setdefault(package.order_id, []).append(package)
        return {order: tuple(packages) for order, packages in grouped.items()}

    @cached_property
    def stops_by_order(self) -> Mapping[OrderId, tuple[Stop, ...]]:
        grouped: dict[OrderId, list[Stop]] = {}
        for stop in self.stops.values():
            if stop.order_id is not None:
                grouped.setdefault(stop.order_id, []).append(stop)
        return {order: tuple(stops) for order, stops in grouped.items()}

    @cached_property
    def packages_by_vehicle(self) -> Mapping[VehicleId, tuple[Package, ...]]:
        """What every vehicle has aboard."""
        grouped: dict[VehicleId, list[Package]] = {}
        for package in self.packages.values():
            if package.custody.kind is HolderKind.VEHICLE:
                grouped.setdefault(VehicleId(package.custody.holder_id), []).append(package)
        return {vehicle: tuple(packages) for vehicle, packages in grouped.items()}

    @cached_property
    def hand_overs(self) -> tuple[Stop, ...]:
        """Every open stop at which a vehicle gives goods away."""
        return tuple(s for s in self.stops.values() if s.kind is StopKind.HAND_OVER and s.status.is_open)

    @cached_property
    def route_by_vehicle(self) -> Mapping[VehicleId, Route]:
        return {route.vehicle_id: route for route in self.routes.values()}

    def open_stops(self, route_id: RouteId) -> tuple[Stop, ...]:
        """What the route still has to do, in driving order, the committed stop first."""
        return self._open_by_route[route_id]

    def committed_stop(self, route_id: RouteId) -> Stop | None:
        """The stop the driver is on the way to or at."""
        return self._committed_by_route[route_id]

    def last_finished_stop(self, route_id: RouteId) -> Stop | None:
        """The stop the vehicle was at last, by the time it finished there."""
        return self._last_finished_by_route[route_id]

    def carrier_of(self, route: Route) -> Carrier:
        return self.carriers[self.vehicles[route.vehicle_id].carrier_id]

    def opens_at(self, stop: Stop) -> datetime:
        """When a visit may begin: once its window is open, and no closed road keeps the vehicle from it."""
        return max(stop.window.opens_at, self.barred_until.get(stop.id, stop.window.opens_at))

    @cached_property
    def barred_until(self) -> Mapping[StopId, datetime]:
        """The open stops that a closed road keeps everybody from, and until when by the latest estimate."""
        return {stop_id: closure.ends_at for stop_id, closure in self.closure_by_stop.items()}

    @cached_property
    def closure_by_stop(self) -> Mapping[StopId, Closure]:
        """The closure that bars each such stop; of several the one that opens last."""
        found: dict[StopId, Closure] = {}
        for closure in sorted(self.closures, key=attrgetter("ends_at", "id")):
            for stop in self.stops.values():
                if (
                    stop.status.is_open
                    and self.routes[stop.route_id].hub_id == closure.hub_id
                    and closure.bars(stop.window.opens_at, stop.arrived_at, self.taken_at)
                    and closure.contains(stop.location.lat, stop.location.lon)
                ):
                    found[stop.id] = closure
        return found

    def find_absence(self, route: Route) -> Absence | None:
        """That of the route's driver, while it lasts and he has not left."""
        absence = None if route.driver_id is None else self._absences_by_driver.get(route.driver_id)
        if absence is None or route.status is not RouteStatus.PLANNED:
            return None
        return absence if absence.until is None or absence.until > self.taken_at else None

    @cached_property
    def _absences_by_driver(self) -> Mapping[DriverId, Absence]:
        return {absence.driver_id: absence for absence in self.absences}
