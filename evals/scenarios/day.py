"""The small days that stories happen on: a hub in Lisbon, a few vans, one order, package and customer for each stop.

Hub ``H1``, routes ``R01``… of vans ``V01``… and drivers ``D01``…, stops ``S001``… in driving order with orders
``O001``…, packages ``P001``… and customers ``C001``…; a spare van ``VSP1`` stands by on route ``RSP1``. The hub is open
from 06:00 to 18:00, vans leave at 06:30, promises run all day. Times are ``HH:MM`` of the day in UTC, as in Lisbon in
winter; ``25:30`` is half past one of the night after.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

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
from forestall.domain.network import Carrier, Contact, Driver, Hub, HubLink, Location, Vehicle
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import CarrierKind, HolderKind

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
OWN = CarrierId("OWN")
HUB = HubId("H1")
_HUB_LAT, _HUB_LON = 41.15, -8.61
_SERVICE_S = 180.0


def moment(time: str, midnight: datetime = MIDNIGHT) -> datetime:
    """The instant that ``HH:MM`` or ``HH:MM:SS`` means on the day that begins at ``midnight``."""
    hours, minutes, seconds = (int(part) for part in (*time.split(":"), "0")[:3])
    return midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def small_day(
    routes: int = 3,
    stops_each: int = 4,
    *,
    spare: bool = True,
    opens: str = "06:00",
    leaves: str = "06:30",
    closes: str = "18:00",
    midnight: datetime = MIDNIGHT,
) -> DayPlan:
    """A day of ``routes`` vans with ``stops_each`` stops each, all easily kept."""
    open_at, leave_at, close_at = (moment(time, midnight) for time in (opens, leaves, closes))
    hours = Window(open_at, close_at)
    numbers = [f"{number:02d}" for number in range(1, routes + 1)] + ["SP1"] * spare
    parcels = [
        _parcel(route, index, (route - 1) * stops_each + index, hours)
        for route in range(1, routes + 1)
        for index in range(1, stops_each + 1)
    ]
    return DayPlan(
        day=midnight.date().isoformat(),
        digest="",
        hubs=(Hub(HUB, "Hub H1", Location(LocationId("n0"), _HUB_LAT, _HUB_LON), "Europe/Lisbon", open_at, close_at),),
        links=(),
        carriers=(Carrier(OWN, "Own fleet", CarrierKind.OWNED),),
        contacts=tuple(contact for contact, _, _, _ in parcels),
        vehicles=tuple(Vehicle(VehicleId(f"V{n}"), HUB, OWN, capacity={"units": 100.0}) for n in numbers),
        drivers=tuple(
            Driver(id=DriverId(f"D{n}"), carrier_id=OWN, shift_start=open_at, shift_end=close_at) for n in numbers
        ),
        orders=tuple(order for _, order, _, _ in parcels),
        packages=tuple(package for _, _, package, _ in parcels),
        routes=tuple(
            Route(
                RouteId(f"R{n}"), midnight.date().isoformat(), HUB, VehicleId(f"V{n}"), DriverId(f"D{n}"), leave_at,
                is_spare=n == "SP1",
            )
            for n in numbers
        ),
        stops=tuple(stop for _, _, _, stop in parcels),
    )  # fmt: skip


def _parcel(route: int, index: int, number: int, promise: Window) -> tuple[Contact, Order, Package, Stop]:
    order_id, package_id = OrderId(f"O{number:03d}"), PackageId(f"P{number:03d}")
    contact = Contact(id=ContactId(f"C{number:03d}"), name="Ada", phone=f"+1202555{number:04d}")
    order = Order(id=order_id, hub_id=HUB, promise=promise, contact_id=contact.id)
    package = Package(package_id, order_id, Custody(HolderKind.HUB, HUB, promise.opens_at), {"units": 1.0})
    place = Location(LocationId(f"n{number}"), _HUB_LAT + 0.01 * route, _HUB_LON + 0.005 * index)
    stop = Stop(
        StopId(f"S{number:03d}"), RouteId(f"R{route:02d}"), index, place, promise, _SERVICE_S,
        order_id=order_id, package_ids=(package_id,),
    )  # fmt: skip
    return contact, order, package, stop


def promised(plan: DayPlan, by: str, stops: Collection[str], opens: str = "06:00") -> DayPlan:
    """The same day, where these stops' promises run from ``opens`` to ``by``."""
    midnight = _midnight(plan)
    window = Window(moment(opens, midnight), moment(by, midnight))
    orders = {stop.order_id for stop in plan.stops if stop.id in stops}
    return replace(
        plan,
        orders=tuple(replace(order, promise=window) if order.id in orders else order for order in plan.orders),
        stops=tuple(replace(stop, window=window) if stop.id in stops else stop for stop in plan.stops),
    )


def serving(plan: DayPlan, minutes: float, stops: Collection[str]) -> DayPlan:
    """The same day, where a visit at these stops takes so long."""
    return replace(plan, stops=_changed(plan.stops, stops, lambda stop: replace(stop, service_s=60.0 * minutes)))


def driven_by(plan: DayPlan, carrier: Carrier, vehicles: Collection[str]) -> DayPlan:
    """The same day, where these vans are another carrier's."""
    handed = tuple(replace(v, carrier_id=carrier.id) if v.id in vehicles else v for v in plan.vehicles)
    return replace(plan, carriers=(*plan.carriers, carrier), vehicles=handed)


def with_room_for(plan: DayPlan, units: float, vehicles: Collection[str]) -> DayPlan:
    """The same day, where these vans hold so much; a parcel is one unit."""
    sized = tuple(replace(v, capacity={"units": units}) if v.id in vehicles else v for v in plan.vehicles)
    return replace(plan, vehicles=sized)


def without_consent(plan: DayPlan, contacts: Collection[str]) -> DayPlan:
    """The same day, where these customers want no text messages."""
    return replace(
        plan, contacts=tuple(replace(c, accepts_sms=False) if c.id in contacts else c for c in plan.contacts)
    )


def with_twin_hub(plan: DayPlan, routes: Collection[str]) -> DayPlan:
    """The same day, where these routes leave from a second hub ``H2`` four kilometres north, linked to the first."""
    first = plan.hubs[0]
    place = Location(LocationId("m0"), _HUB_LAT + 0.036, _HUB_LON)
    twin = replace(first, id=HubId("H2"), name="Hub H2", location=place)
    vehicles = {route.vehicle_id for route in plan.routes if route.id in routes}
    orders = {stop.order_id for stop in plan.stops if stop.route_id in routes}
    custody = Custody(HolderKind.HUB, twin.id, first.opens_at)
    return replace(
        plan,
        hubs=(first, twin),
        links=(HubLink(first.id, twin.id, 600.0), HubLink(twin.id, first.id, 600.0)),
        vehicles=tuple(replace(v, hub_id=twin.id) if v.id in vehicles else v for v in plan.vehicles),
        orders=tuple(replace(o, hub_id=twin.id) if o.id in orders else o for o in plan.orders),
        packages=tuple(replace(p, custody=custody) if p.order_id in orders else p for p in plan.packages),
        routes=tuple(replace(r, hub_id=twin.id) if r.id in routes else r for r in plan.routes),
    )


def stops_of(plan: DayPlan, *routes: str) -> frozenset[str]:
    """The ids of these routes' stops."""
    return frozenset(stop.id for stop in plan.stops if stop.route_id in routes)


def _changed(stops: tuple[Stop, ...], ids: Collection[str], change: Callable[[Stop], Stop]) -> tuple[Stop, ...]:
    return tuple(change(stop) if stop.id in ids else stop for stop in stops)


def _midnight(plan: DayPlan) -> datetime:
    return datetime.fromisoformat(plan.day).replace(tzinfo=UTC)
