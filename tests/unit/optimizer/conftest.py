"""Small days for the optimizer's tests, built from domain values alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

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
from forestall.domain.network import Carrier, Driver, Hub, Location, Vehicle
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.routes import Position, Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CarrierKind, HolderKind, RouteStatus, StopStatus, Tier
from optimizer.travel import HaversineTravel

DAY = datetime(2026, 3, 2, tzinfo=UTC)
HUB = HubId("H1")
HUB_PLACE = Location(LocationId("hub"), 41.15, -8.61)


def at(clock: str) -> datetime:
    """The instant of the test day that a clock shows, "HH:MM"."""
    hours, minutes = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


def place(name: str, east_km: float, north_km: float) -> Location:
    lat = HUB_PLACE.lat + north_km / 111.2
    return Location(LocationId(name), lat, HUB_PLACE.lon + east_km / (111.2 * np.cos(np.radians(lat))))


@dataclass
class Town:
    """A day being written down. Every method adds one thing with sensible defaults; ``snapshot`` freezes it."""

    hub: Hub = field(default_factory=lambda: Hub(HUB, "Hub", HUB_PLACE, "UTC", at("06:00"), at("20:00")))
    routes: dict[RouteId, Route] = field(default_factory=dict)
    vehicles: dict[VehicleId, Vehicle] = field(default_factory=dict)
    drivers: dict[DriverId, Driver] = field(default_factory=dict)
    orders: dict[OrderId, Order] = field(default_factory=dict)
    packages: dict[PackageId, Package] = field(default_factory=dict)
    stops: dict[StopId, Stop] = field(default_factory=dict)
    positions: dict[VehicleId, Position] = field(default_factory=dict)
    carriers: dict[CarrierId, Carrier] = field(
        default_factory=lambda: {CarrierId("OWN"): Carrier(CarrierId("OWN"), "Own fleet", CarrierKind.OWNED)}
    )

    at = staticmethod(at)
    place = staticmethod(place)

    def route(
        self,
        name: str,
        departs: str = "08:00",
        status: RouteStatus = RouteStatus.PLANNED,
        capacity: Mapping[str, float] | None = None,
        skills: Sequence[str] = (),
        shift_end: str = "18:00",
        is_spare: bool = False,
        load_ready: str | None = None,
        carrier: str = "OWN",
    ) -> RouteId:
        route_id, vehicle, driver = RouteId(name), VehicleId(f"V-{name}"), DriverId(f"D-{name}")
        self.vehicles[vehicle] = Vehicle(
            vehicle, HUB, CarrierId(carrier), capacity=dict(capacity or {"units": 100.0}), skills=frozenset(skills)
        )
        self.drivers[driver] = Driver(driver, CarrierId("OWN"), at("06:00"), at(shift_end))
        self.routes[route_id] = Route(
            route_id,
            "test",
            HUB,
            vehicle,
            driver,
            at(departs),
            status=status,
            load_ready_at=at(load_ready) if load_ready else None,
            departed_at=at(departs) if status is not RouteStatus.PLANNED else None,
            broken_at=at(departs) if status is RouteStatus.BROKEN else None,
            is_spare=is_spare,
        )
        return route_id

    def stop(
        self,
        route_id: RouteId,
        name: str,
        where: Location,
        window: tuple[str, str] = ("08:00", "18:00"),
        status: StopStatus | None = None,
        service_s: float = 300.0,
        size: float = 1.0,
        tier: Tier = Tier.STANDARD,
        pinned: bool = False,
        skills: Sequence[str] = (),
        available: str | None = None,
        **times: datetime | None,
    ) -> StopId:
        stop_id, order_id, package_id = StopId(name), OrderId(f"O-{name}"), PackageId(f"P-{name}")
        route = self.routes[route_id]
        waiting = route.status is RouteStatus.PLANNED
        span = Window(at(window[0]), at(window[1]))
        self.orders[order_id] = Order(order_id, HUB, span, tier)
        custody = Custody(HolderKind.HUB, HUB, DAY) if waiting else Custody(HolderKind.VEHICLE, route.vehicle_id, DAY)
        if status is StopStatus.COMPLETED:
            custody = Custody(HolderKind.CUSTOMER, order_id, DAY)
        self.packages[package_id] = Package(
            package_id, order_id, custody, {"units": size}, at(available) if available else None
        )
        self.stops[stop_id] = Stop(
            stop_id,
            route_id,
            1 + sum(s.route_id == route_id for s in self.stops.values()),
            where,
            span,
            service_s,
            order_id,
            status=status or (StopStatus.PLANNED if waiting else StopStatus.LOADED),
            pinned=pinned,
            skills=frozenset(skills),
            package_ids=(package_id,),
            **times,  # type: ignore[arg-type]
        )
        return stop_id

    def seen(self, route_id: RouteId, where: Location, clock: str) -> None:
        vehicle = self.routes[route_id].vehicle_id
        self.positions[vehicle] = Position(vehicle, at(clock), where.lat, where.lon)

    def snapshot(self, clock: str = "08:00") -> HubSnapshot:
        return HubSnapshot(
            id=SnapshotId("snapshot"),
            day="test",
            taken_at=at(clock),
            hubs={HUB: self.hub},
            links=(),
            carriers=dict(self.carriers),
            vehicles=dict(self.vehicles),
            drivers=dict(self.drivers),
            orders=dict(self.orders),
            packages=dict(self.packages),
            routes=dict(self.routes),
            stops=dict(self.stops),
            positions=dict(self.positions),
        )

    def fleet(self, seed: int, routes: int = 4, stops: int = 7, breaks: bool = False, spare: bool = True) -> None:
        """A random day at 08:40: odd routes under way (the first perhaps broken), even ones at the hub."""
        rng = np.random.default_rng(seed)
        for r in range(routes):
            status = RouteStatus.UNDERWAY if r % 2 else RouteStatus.PLANNED
            status = RouteStatus.BROKEN if breaks and r == 1 else status
            route_id = self.route(f"R{r}", status=status, capacity={"units": float(rng.integers(stops, 2 * stops))})
            for k in range(stops):
                self._random_stop(rng, route_id, f"S{r}-{k}", bound_for=status is RouteStatus.UNDERWAY and k == 0)
            if status is RouteStatus.BROKEN:
                self.seen(route_id, place(f"wreck-{r}", *rng.uniform(-6, 6, 2)), "08:30")
        if spare:
            self.route("SPARE", departs="08:40", is_spare=True, capacity={"units": float(stops)})

    def _random_stop(self, rng: np.random.Generator, route_id: RouteId, name: str, bound_for: bool) -> None:
        opens = int(rng.integers(16, 30))  # half hours
        hours = (f"{opens // 2:02d}:{opens % 2 * 30:02d}", f"{(opens + 4) // 2:02d}:{opens % 2 * 30:02d}")
        status = StopStatus.ENROUTE if bound_for else None
        departed = {"departed_at": at("08:10")} if bound_for else {}
        where = place(f"p-{name}", *rng.uniform(-9, 9, 2))
        self.stop(
            route_id, name, where, hours, status, pinned=rng.random() < 0.08, size=float(rng.integers(1, 3)), **departed
        )


@pytest.fixture(scope="session")
def new_town() -> type[Town]:
    """For fixtures that write many days down."""
    return Town


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def travel() -> HaversineTravel:
    return HaversineTravel()
