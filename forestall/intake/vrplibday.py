"""A VRPLIB instance and its routes as a day's plan: real times, plausible places, people to tell.

Abstract coordinates become degrees around an anchor, at the scale at which straight lines and travel times agree, so
that a position between two stops means what it says. The rules here are part of the benchmark: the same for all arms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from forestall.domain.ids import (
    CarrierId,
    ContactId,
    DriverId,
    HubId,
    LocationId,
    OrderId,
    PackageId,
    RouteId,
    StopId,
    VehicleId,
)
from forestall.domain.network import Carrier, Contact, Driver, Hub, Location, Vehicle
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.plan import DayPlan, TravelMatrix
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import CarrierKind, HolderKind
from forestall.intake.vrplib import Floats, Instance

DEFAULT_START = datetime(2026, 3, 2, 6, tzinfo=UTC)
# The slack every benchmark day is dispatched with: leaving at the last feasible moment costs four points on time.
DEPARTURE_SLACK_S = 1800.0
# What the simulated days assume of a van on standby: its driver is called and the goods are loaded.
SPARE_NOTICE_S = 1200.0

_ANCHOR_LAT, _ANCHOR_LON = 41.15, -8.61  # Porto; any place on land away from the poles would do
_SPEED_M_S = 8.3  # urban van, stops apart: 30 km/h
_CIRCUITY = 1.3  # road metres to a straight metre
_METRES_PER_DEGREE = 111_320.0

_HUB, _CARRIER = HubId("H1"), CarrierId("OWN")


def build_day(instance: Instance, routes: Sequence[Sequence[int]], day: str, start: datetime, spares: int) -> DayPlan:
    """The plan of ``routes`` (node numbers in driving order); time 0 of the instance is ``start``. No digest yet."""
    return _Builder(instance, day, start, spares).build(routes)


def latest_departure_s(instance: Instance, route: Sequence[int]) -> float:
    """The latest the route can leave and keep every window on expected times, backwards from the depot's closing."""
    latest, then = float(instance.windows_s[0, 1]), 0
    for node in reversed(route):
        start = latest - instance.durations_s[node, then] - instance.service_s[node]
        latest, then = float(min(instance.windows_s[node, 1], start)), node
    return latest - float(instance.durations_s[0, then])


def to_degrees(instance: Instance) -> Floats:
    """(n, 2) latitudes and longitudes; the depot lies at the anchor, the x axis points east."""
    metres = (instance.coordinates - instance.coordinates[0]) * _metres_per_unit(instance)
    lat = _ANCHOR_LAT + metres[:, 1] / _METRES_PER_DEGREE
    lon = _ANCHOR_LON + metres[:, 0] / (_METRES_PER_DEGREE * np.cos(np.radians(_ANCHOR_LAT)))
    return np.column_stack([lat, lon])


def _metres_per_unit(instance: Instance) -> float:
    """The scale at which the median straight line equals what the median travel time would cover."""
    apart = instance.coordinates[:, None, :] - instance.coordinates[None, :, :]
    pairs = ~np.eye(instance.size, dtype=bool)
    straight = float(np.median(np.hypot(apart[..., 0], apart[..., 1])[pairs]))
    covered = float(np.median(instance.durations_s[pairs])) * _SPEED_M_S / _CIRCUITY
    return covered / straight if straight > 0 else 0.0


@dataclass(frozen=True)
class _Builder:
    instance: Instance
    day: str
    start: datetime
    spares: int

    def build(self, routes: Sequence[Sequence[int]]) -> DayPlan:
        locations = self._locations()
        suffixes = [f"{k:02d}" for k in range(1, len(routes) + 1)]
        spares = [f"SP{k}" for k in range(1, self.spares + 1)]
        nodes = range(1, self.instance.size)
        return DayPlan(
            day=self.day,
            digest="",
            hubs=(self._hub(locations[0]),),
            links=(),
            carriers=(Carrier(_CARRIER, "Own fleet", CarrierKind.OWNED),),
            contacts=tuple(self._contacts(len(suffixes) + len(spares), [*suffixes, *spares])),
            vehicles=tuple(self._vehicle(suffix) for suffix in suffixes + spares),
            drivers=tuple(self._driver(suffix) for suffix in suffixes + spares),
            orders=tuple(self._order(node) for node in nodes),
            packages=tuple(self._package(node) for node in nodes),
            routes=tuple(self._routes(suffixes, routes, spares)),
            stops=tuple(self._stops(suffixes, routes, locations)),
            matrix=TravelMatrix(
                self.day, tuple(place.id for place in locations), self.instance.durations_s.astype("<f4").tobytes()
            ),
        )

    def _at(self, seconds: float) -> datetime:
        return self.start + timedelta(seconds=float(seconds))

    def _window(self, node: int) -> Window:
        opens, closes = self.instance.windows_s[node]
        return Window(self._at(opens), self._at(closes))

    def _locations(self) -> list[Location]:
        degrees = to_degrees(self.instance)
        return [Location(LocationId(f"n{k}"), float(lat), float(lon)) for k, (lat, lon) in enumerate(degrees)]

    def _hub(self, location: Location) -> Hub:
        hours = self._window(0)
        return Hub(_HUB, "Hub 1", location, "Europe/Lisbon", hours.opens_at, hours.closes_at)

    def _contacts(self, drivers: int, suffixes: Sequence[str]) -> Iterator[Contact]:
        """Fictitious numbers (exchange 555): customers in one area code, drivers in another."""
        for node in range(1, self.instance.size):
            yield Contact(ContactId(f"C{node:03d}"), f"Customer {node}", phone=f"+1202555{node:04d}")
        for number, suffix in zip(range(1, drivers + 1), suffixes, strict=True):
            yield Contact(ContactId(f"CD{suffix}"), f"Driver {suffix}", phone=f"+1303555{number:04d}")

    def _vehicle(self, suffix: str) -> Vehicle:
        return Vehicle(VehicleId(f"V{suffix}"), _HUB, _CARRIER, capacity={"units": self.instance.capacity})

    def _driver(self, suffix: str) -> Driver:
        shift = self._window(0)
        contact = ContactId(f"CD{suffix}")
        return Driver(DriverId(f"D{suffix}"), _CARRIER, shift.opens_at, shift.closes_at, f"Driver {suffix}", contact)

    def _order(self, node: int) -> Order:
        contact = ContactId(f"C{node:03d}")
        return Order(OrderId(f"O{node:03d}"), _HUB, self._window(node), contact_id=contact)

    def _package(self, node: int) -> Package:
        custody = Custody(HolderKind.HUB, _HUB, self._window(0).opens_at)
        size = {"units": float(self.instance.demand[node])}
        return Package(PackageId(f"P{node:03d}"), OrderId(f"O{node:03d}"), custody, size)

    def _routes(
        self, suffixes: Sequence[str], routes: Sequence[Sequence[int]], spares: Sequence[str]
    ) -> Iterator[Route]:
        for suffix, route in zip(suffixes, routes, strict=True):
            yield self._route(suffix, self._departs_at(route))
        for suffix in spares:
            yield self._route(suffix, self._window(0).opens_at, is_spare=True)

    def _route(self, suffix: str, departs_at: datetime, is_spare: bool = False) -> Route:
        vehicle, driver = VehicleId(f"V{suffix}"), DriverId(f"D{suffix}")
        notice_s = SPARE_NOTICE_S if is_spare else 0.0
        route_id = RouteId(f"R{suffix}")
        return Route(route_id, self.day, _HUB, vehicle, driver, departs_at, is_spare=is_spare, notice_s=notice_s)

    def _departs_at(self, route: Sequence[int]) -> datetime:
        opens = float(self.instance.windows_s[0, 0])
        return self._at(max(opens, latest_departure_s(self.instance, route) - DEPARTURE_SLACK_S))

    def _stops(
        self, suffixes: Sequence[str], routes: Sequence[Sequence[int]], locations: Sequence[Location]
    ) -> Iterator[Stop]:
        for suffix, route in zip(suffixes, routes, strict=True):
            for sequence, node in enumerate(route, start=1):
                yield Stop(
                    StopId(f"S{node:03d}"),
                    RouteId(f"R{suffix}"),
                    sequence,
                    locations[node],
                    self._window(node),
                    float(self.instance.service_s[node]),
                    OrderId(f"O{node:03d}"),
                )
