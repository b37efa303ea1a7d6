"""A day on which every van breaks down: one case each, whose customers are to be told."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.service import Service
from forestall.bootstrap import build
from forestall.clock import Clock
from forestall.domain.events import Event
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
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import CarrierKind, EventType, HolderKind, Mode, Tier
from forestall.intake.plan import with_digest
from forestall.settings import Settings

OPENS_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BREAK_DOWN_AT = OPENS_AT + timedelta(minutes=10)
_DAY, _A_HUB = "crowd", 20
_CARRIER = CarrierId("OWN")


def crowd(cases: int) -> DayPlan:
    """A plan of so many vans with one stop each, twenty to a hub, and no spare."""
    hubs = [_hub(number) for number in range(-(-cases // _A_HUB))]
    rows = [_van(hubs[number // _A_HUB], number) for number in range(cases)]
    return with_digest(
        DayPlan(
            day=_DAY,
            digest="",
            hubs=tuple(hubs),
            links=(),
            carriers=(Carrier(_CARRIER, "Own fleet", CarrierKind.OWNED),),
            contacts=tuple(contact for contact, *_ in rows),
            vehicles=tuple(vehicle for _, vehicle, *_ in rows),
            drivers=tuple(driver for _, _, driver, *_ in rows),
            orders=tuple(order for *_, order, _, _, _ in rows),
            packages=tuple(package for *_, package, _, _ in rows),
            routes=tuple(route for *_, route, _ in rows),
            stops=tuple(stop for *_, stop in rows),
        )
    )


def breakdowns(cases: int, first: int = 0) -> Iterator[Event]:
    """The vans from number ``first`` on set out, and break down on the way."""
    for number in range(first, cases):
        left = _event(EventType.DEPARTED, f"R{number}", OPENS_AT + timedelta(minutes=5), {"to_stop": f"S{number}"})
        yield left
        place = {"lat": 41.0 + 0.001 * (number % _A_HUB), "lon": -8.6}
        yield replace(_event(EventType.BREAKDOWN, f"V{number}", BREAK_DOWN_AT, place), id=f"b{number}")


def sign_of_life(at: datetime) -> Event:
    """A word from the road: a field that is silent for long is waited for."""
    where = {"lat": 41.0, "lon": -8.6}
    return replace(_event(EventType.POSITION, "V0", at, where), id=f"position {at.isoformat()}")


def open_service(
    url: str, folder: Path, clock: Clock, mode: Mode = Mode.LIVE, policy_dir: Path | None = None, durable: bool = True
) -> Service:
    """A service over that database; its checkpoints are in ``folder`` where the database is SQLite."""
    settings = Settings(
        data_dir=folder, database_url=url, mode=mode, policy_dir=policy_dir, durable=durable, samples=64,
        sweep_min_gap_s=0.0, picture_fresh_s=0.0, learning_interval_s=1e6, features_every_s=0.0,
    )  # fmt: skip
    return build(settings, clock=clock)


def write_policies(folder: Path, text: str) -> Path:
    """A folder with ``text`` as the operator's own policies."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "autonomy.cedar").write_text(text, encoding="utf-8")
    return folder


def _hub(number: int) -> Hub:
    place = Location(LocationId(f"h{number}"), 41.0, -8.6 + 0.5 * number)
    return Hub(HubId(f"H{number}"), f"Hub {number}", place, "UTC", OPENS_AT, OPENS_AT + timedelta(hours=10))


def _van(hub: Hub, number: int) -> tuple[Contact, Vehicle, Driver, Order, Package, Route, Stop]:
    vehicle_id, order_id, route_id = VehicleId(f"V{number}"), OrderId(f"O{number}"), RouteId(f"R{number}")
    contact_id, driver_id, package_id = ContactId(f"C{number}"), DriverId(f"D{number}"), PackageId(f"P{number}")
    window = Window(OPENS_AT, OPENS_AT + timedelta(hours=6))
    place = Location(LocationId(f"p{number}"), 41.0 + 0.002 * (number % _A_HUB + 1), hub.location.lon)
    return (
        Contact(contact_id, f"Customer {number}", phone=f"+1202{number:07d}"),
        Vehicle(vehicle_id, hub.id, _CARRIER, capacity={"units": 1.0}),
        Driver(driver_id, _CARRIER, OPENS_AT, OPENS_AT + timedelta(hours=10)),
        Order(order_id, hub.id, window, Tier.STANDARD, contact_id),
        Package(package_id, order_id, Custody(HolderKind.HUB, hub.id, OPENS_AT), {"units": 1.0}),
        Route(route_id, _DAY, hub.id, vehicle_id, driver_id, OPENS_AT + timedelta(minutes=5)),
        Stop(StopId(f"S{number}"), route_id, 1, place, window, 120.0, order_id, package_ids=(package_id,)),
    )


def _event(kind: EventType, subject: str, at: datetime, data: Mapping[str, object]) -> Event:
    return Event("crowd", f"{kind.value} {subject}", kind, subject, at, at, at, data)
