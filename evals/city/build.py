"""A day of the city as a plan: its streets, customers and fleets put together, and routes made for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from evals.city.demand import WINDOW_H, Customer, draw_customers
from evals.city.firstplan import HubDay, plan_routes
from evals.city.fleet import CARRIERS, LIFT, Unit, muster
from evals.city.streets import Floats, Streets, lay_streets
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
from forestall.domain.network import Contact, Driver, Hub, HubLink, Location, Vehicle
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.plan import DayPlan, TravelMatrix
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import HolderKind, Tier
from forestall.intake import parse_plan, plan_document

ANCHOR_LAT, ANCHOR_LON, METRES_PER_DEGREE = 41.15, -8.61, 111_320.0
TIME_ZONE = "Europe/Lisbon"
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)  # winter: local time is UTC there
HUBS = (("H1", "North depot", (-3_000.0, 5_600.0)), ("H2", "South depot", (2_600.0, -5_900.0)))
HUB_OPENS_H, HUB_CLOSES_H = 6, 22
CUSTOMERS = 300
PLAN_SLACK_S = 0  # what the city's planners leave before every window's end
DEPARTURE_SLACK_S = 900  # routes leave this long before the latest moment that still works
SPARE_NOTICE_S = 1200.0  # a reserve driver is called and the goods are loaded


@dataclass(frozen=True)
class _City:
    """Node 0 and 1 of ``durations_s`` are the hubs, then the customers in order."""

    day: str
    locations: Sequence[Location]
    durations_s: Floats
    customers: Sequence[Customer]
    units: Sequence[Unit]
    tours: Sequence[Sequence[int]]  # per unit: customer indices


def build_city(seed: int, spares: int = 1, customers: int = CUSTOMERS) -> DayPlan:
    """The day of ``seed``: about 290 stops, 26 vehicles of three carriers and two hubs, ``spares`` more at each hub.

    Takes a few seconds. Customers whom nobody can reach in time are not promised anything, so they are not in it.
    """
    rng = np.random.default_rng([seed, 20_260_302])
    streets = lay_streets(rng)
    hubs = [_nearest(streets, spot) for _, _, spot in HUBS]
    people = draw_customers(rng, streets, customers, set(hubs))
    nodes = np.array([*hubs, *(customer.node for customer in people)])
    durations = np.rint(streets.durations_s(nodes))
    units = muster(spares)
    city = _City(
        day=f"city-{seed}",
        locations=_locations(streets, nodes, rng),
        durations_s=durations,
        customers=people,
        units=units,
        tours=_plan(durations, people, units),
    )
    return parse_plan(plan_document(_Writer(city).write()), city.day)


def _nearest(streets: Streets, spot: tuple[float, float]) -> int:
    return int(np.hypot(*(streets.points - np.array(spot)).T).argmin())


def _locations(streets: Streets, nodes: NDArray[np.int64], rng: np.random.Generator) -> list[Location]:
    """Door steps: a few metres off the crossing."""
    points = streets.points[nodes] + rng.uniform(-25, 25, size=(len(nodes), 2))
    per_lon = METRES_PER_DEGREE * np.cos(np.radians(ANCHOR_LAT))
    names = [*(name for name, _, _ in HUBS), *(f"L{number:03d}" for number in range(1, len(nodes) - 1))]
    return [
        Location(
            LocationId(name), round(ANCHOR_LAT + north / METRES_PER_DEGREE, 6), round(ANCHOR_LON + east / per_lon, 6)
        )
        for name, (east, north) in zip(names, points, strict=True)
    ]


def _plan(durations: Floats, customers: Sequence[Customer], units: Sequence[Unit]) -> list[list[int]]:
    """A tour for each unit. Every customer belongs to the hub that is nearer by road."""
    nearer = durations[: len(HUBS), len(HUBS) :].argmin(axis=0)
    tours: list[list[int]] = [[] for _ in units]
    for hub in range(len(HUBS)):
        members = [number for number in range(len(customers)) if nearer[number] == hub]
        fleet = [number for number, unit in enumerate(units) if unit.hub == hub]
        nodes = np.array([hub, *(len(HUBS) + number for number in members)])
        day = HubDay(
            durations[np.ix_(nodes, nodes)], [customers[n] for n in members], [units[n] for n in fleet], PLAN_SLACK_S
        )
        for number, tour in zip(fleet, plan_routes(day), strict=True):
            tours[number] = [members[index] for index in tour]
    return tours


class _Writer:
    """Names everything and puts it into the domain's words."""

    def __init__(self, city: _City) -> None:
        self._city = city
        self._hubs = [
            Hub(HubId(name), title, city.locations[number], TIME_ZONE, _at(HUB_OPENS_H), _at(HUB_CLOSES_H))
            for number, (name, title, _) in enumerate(HUBS)
        ]
        self._crew = [number for number, unit in enumerate(city.units) if city.tours[number] or unit.is_spare]
        self._served = sorted(number for tour in city.tours for number in tour)

    def write(self) -> DayPlan:
        city = self._city
        hub_of = {number: city.units[unit].hub for unit, tour in enumerate(city.tours) for number in tour}
        return DayPlan(
            day=city.day,
            digest="",
            hubs=tuple(self._hubs),
            links=tuple(
                HubLink(self._hubs[a].id, self._hubs[b].id, float(city.durations_s[a, b])) for a, b in ((0, 1), (1, 0))
            ),
            carriers=CARRIERS,
            contacts=tuple(self._contacts()),
            vehicles=tuple(self._vehicle(number) for number in self._crew),
            drivers=tuple(self._driver(number) for number in self._crew),
            orders=tuple(self._order(number, hub_of[number]) for number in self._served),
            packages=tuple(self._package(number, hub_of[number]) for number in self._served),
            routes=tuple(self._route(number) for number in self._crew),
            stops=tuple(stop for number in self._crew for stop in self._stops(number)),
            matrix=self._matrix(),
        )

    def _matrix(self) -> TravelMatrix:
        ids = tuple(location.id for location in self._city.locations)
        return TravelMatrix(f"{self._city.day}-roads", ids, self._city.durations_s.astype("<f4").tobytes())

    def _contacts(self) -> list[Contact]:
        partners = [
            Contact(carrier.contact_id, carrier.name, phone=f"+1202555{9000 + number:04d}")
            for number, carrier in enumerate(CARRIERS)
            if carrier.contact_id is not None
        ]
        people = [
            Contact(ContactId(f"C{number + 1:03d}"), f"Customer {number + 1}", phone=f"+1202555{number + 1:04d}")
            for number in self._served
        ]
        return partners + people

    def _vehicle(self, number: int) -> Vehicle:
        unit = self._city.units[number]
        capacity = {"units": float(unit.units)}
        return Vehicle(
            VehicleId(self._name("V", number)),
            self._hubs[unit.hub].id,
            unit.carrier_id,
            unit.mode,
            capacity,
            unit.skills,
        )

    def _driver(self, number: int) -> Driver:
        unit = self._city.units[number]
        starts, ends = unit.shift_h
        return Driver(
            DriverId(self._name("D", number)),
            CarrierId(unit.carrier_id),
            _at(starts),
            _at(ends),
            f"Driver {number + 1}",
        )

    def _order(self, number: int, hub: int) -> Order:
        customer = self._city.customers[number]
        return Order(
            OrderId(f"O{number + 1:03d}"),
            self._hubs[hub].id,
            _window(customer),
            Tier.PRIORITY if customer.is_priority else Tier.STANDARD,
            ContactId(f"C{number + 1:03d}"),
        )

    def _package(self, number: int, hub: int) -> Package:
        owner = self._hubs[hub]
        custody = Custody(HolderKind.HUB, owner.id, owner.opens_at)
        size = {"units": float(self._city.customers[number].units)}
        return Package(PackageId(f"P{number + 1:03d}"), OrderId(f"O{number + 1:03d}"), custody, size)

    def _route(self, number: int) -> Route:
        unit = self._city.units[number]
        return Route(
            id=RouteId(self._name("R", number)),
            day=self._city.day,
            hub_id=self._hubs[unit.hub].id,
            vehicle_id=VehicleId(self._name("V", number)),
            driver_id=DriverId(self._name("D", number)),
            departs_at=MIDNIGHT + timedelta(seconds=self._leaves_s(number)),
            is_spare=unit.is_spare,
            notice_s=SPARE_NOTICE_S if unit.is_spare else 0.0,
        )

    def _leaves_s(self, number: int) -> float:
        """A little before the latest moment at which every window still holds, never before the shift."""
        unit, tour, durations = self._city.units[number], self._city.tours[number], self._city.durations_s
        latest, then = unit.shift_h[1] * 3600.0, unit.hub
        for index in reversed(tour):
            node, customer = len(HUBS) + index, self._city.customers[index]
            latest = latest - durations[node, then] - customer.service_s
            latest, then = min((customer.opens_h + WINDOW_H) * 3600.0, latest), node
        latest -= durations[unit.hub, then]
        return max(unit.shift_h[0] * 3600.0, latest - DEPARTURE_SLACK_S) if tour else unit.shift_h[0] * 3600.0

    def _stops(self, number: int) -> list[Stop]:
        route = RouteId(self._name("R", number))
        return [self._stop(route, place, index) for place, index in enumerate(self._city.tours[number], start=1)]

    def _stop(self, route: RouteId, place: int, index: int) -> Stop:
        customer = self._city.customers[index]
        return Stop(
            id=StopId(f"S{index + 1:03d}"),
            route_id=route,
            sequence=place,
            location=self._city.locations[len(HUBS) + index],
            window=_window(customer),
            service_s=customer.service_s,
            order_id=OrderId(f"O{index + 1:03d}"),
            skills=frozenset({LIFT}) if customer.is_bulky else frozenset(),
        )

    def _name(self, letter: str, number: int) -> str:
        """``R07`` for the seventh vehicle; spares count apart, as ``RSP1``."""
        unit = self._city.units[number]
        if not unit.is_spare:
            return f"{letter}{self._crew.index(number) + 1:02d}"
        return f"{letter}SP{number - min(n for n, u in enumerate(self._city.units) if u.is_spare) + 1}"


def _window(customer: Customer) -> Window:
    return Window(_at(customer.opens_h), _at(customer.opens_h + WINDOW_H))


def _at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)
