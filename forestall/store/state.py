"""The state of the days being driven: routes, stops, orders, packages, positions and the network they run on."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    null,
    or_,
    select,
    update,
)

from forestall.clock import Clock
from forestall.domain.hindrances import Absence, Closure
from forestall.domain.ids import (
    CarrierId,
    ClosureId,
    ContactId,
    DriverId,
    HubId,
    OrderId,
    PackageId,
    RouteId,
    StopId,
    VehicleId,
)
from forestall.domain.network import Carrier, Contact, Driver, Hub, HubLink, Vehicle
from forestall.domain.orders import Order, Package
from forestall.domain.routes import STANDING_LAT_DEG, STANDING_LON_DEG, Attempt, Position, Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import StopStatus
from forestall.errors import NotFound, StalePlan
from forestall.store import tables as t
from forestall.store.days import find_day_of
from forestall.store.interning import Interner
from forestall.store.mappers import (
    ABSENCES,
    ATTEMPTS,
    CARRIERS,
    CLOSURES,
    CONTACTS,
    DRIVERS,
    HUBS,
    LINKS,
    ORDERS,
    PACKAGES,
    POSITIONS,
    ROUTES,
    STOPS,
    VEHICLES,
)
from forestall.store.mapping import Mapper
from forestall.store.optouts import has_stopped, keep_opt_outs, later_of
from forestall.store.picture import take_picture
from forestall.store.repository import Repository, chunks, insert_into

T = TypeVar("T")
# Asked at every step, and so made once.
_HUB_IDS = select(t.hubs.c.id).where(t.hubs.c.day == bindparam("of_day"))
_HUB_VERSION = select(t.hub_versions.c.version).where(t.hub_versions.c.hub_id == bindparam("of_hub"))
_HAS_OPEN_STOP = (
    exists()
    .select_from(t.stops.join(t.routes, t.routes.c.id == t.stops.c.route_id))
    .where(t.routes.c.day == t.plans.c.day, t.stops.c.status.in_([status for status in StopStatus if status.is_open]))
)
_OPEN_DAYS = select(t.plans.c.day).where(_HAS_OPEN_STOP).order_by(t.plans.c.starts_at, t.plans.c.day)
_OPEN_DAYS_AFTER = _OPEN_DAYS.where(t.plans.c.ends_at > bindparam("after"))


class State(Repository):
    """``find_x`` may be None, ``get_x`` raises NotFound. Hubs, carriers, vehicles and drivers have a row a day;
    without a ``day`` the present one by the store's clock is meant (see ``forestall.store.days``).
    """

    def __init__(self, connection: Connection, clock: Clock, interner: Interner) -> None:
        super().__init__(connection, clock)
        self._interner = interner

    # --- pictures and versions ---

    def load_snapshot(self, day: str, taken_at: datetime, hub_ids: Collection[HubId] | None = None) -> HubSnapshot:
        """All of ``day``, or what belongs to ``hub_ids``; NotFound for a day without a plan."""
        return take_picture(self._connection, self._interner, day, taken_at, hub_ids)

    def list_hub_ids(self, day: str) -> list[HubId]:
        return sorted(HubId(hub_id) for hub_id in self._connection.scalars(_HUB_IDS, {"of_day": day}))

    def list_links(self, day: str) -> list[HubLink]:
        """The shuttles between the day's hubs."""
        return sorted(self._list(LINKS, day=day), key=lambda link: (link.from_hub, link.to_hub))

    def list_open_days(self, closing_after: datetime | None = None) -> list[str]:
        """Days that still have an open stop, the earliest first; only those whose last hub closes after the given
        instant, because a stop that nobody attempted stays open for ever.
        """
        if closing_after is None:
            return list(self._connection.scalars(_OPEN_DAYS))
        return list(self._connection.scalars(_OPEN_DAYS_AFTER, {"after": closing_after}))

    def hub_state_version(self, hub_id: HubId) -> int:
        """How often the hub's state has changed; 0 for never. Positions don't count."""
        return self._connection.scalar(_HUB_VERSION, {"of_hub": hub_id}) or 0

    def touch_hub(self, hub_id: HubId) -> int:
        """Say that the hub's state changed; the new version. Call it in the transaction that changes it."""
        touched = self._connection.execute(_touch_hub(self._is_postgresql), {"hub_id": hub_id, "version": 1})
        return int(touched.scalar_one())

    # --- routes and stops ---

    def find_route(self, route_id: RouteId) -> Route | None:
        return self._find(ROUTES, id=route_id)

    def get_route(self, route_id: RouteId) -> Route:
        return _found(self.find_route(route_id), "route", route_id)

    def find_route_of_vehicle(self, vehicle_id: VehicleId, day: str) -> Route | None:
        return self._find(ROUTES, vehicle_id=vehicle_id, day=day)

    def list_routes(self, day: str) -> list[Route]:
        """The day's routes by id, spares included."""
        return sorted(self._list(ROUTES, day=day), key=lambda route: route.id)

    def save_route(self, route: Route, expected_version: int) -> None:
        """Store ``route`` as given, its new version included, if it still stands at ``expected_version``.

        StalePlan (with both versions) when somebody was faster.
        """
        if self._overwrite(ROUTES, route, id=route.id, version=expected_version) == 0:
            present = self.get_route(route.id)
            raise StalePlan(
                f"route {route.id} is at version {present.version}, not {expected_version}",
                route_id=route.id,
                version=present.version,
                expected_version=expected_version,
            )

    def find_stop(self, stop_id: StopId) -> Stop | None:
        return self._find(STOPS, id=stop_id)

    def get_stop(self, stop_id: StopId) -> Stop:
        return _found(self.find_stop(stop_id), "stop", stop_id)

    def list_stops(self, route_id: RouteId) -> list[Stop]:
        """The route's stops in driving order, done ones included."""
        return sorted(self._list(STOPS, route_id=route_id), key=lambda stop: (stop.sequence, stop.id))

    def list_stops_of_order(self, order_id: OrderId) -> list[Stop]:
        return sorted(self._list(STOPS, order_id=order_id), key=lambda stop: stop.id)

    def add_stop(self, stop: Stop) -> None:
        self._insert_all(t.stops, [STOPS.values(stop)])

    def save_stop(self, stop: Stop) -> None:
        self._save(STOPS, stop, id=stop.id)

    def add_attempt(self, attempt: Attempt) -> None:
        self._insert_all(t.attempts, [ATTEMPTS.values(attempt)])

    def list_attempts(self, stop_id: StopId) -> list[Attempt]:
        """The stop's attempts, the first one first."""
        return sorted(self._list(ATTEMPTS, stop_id=stop_id), key=lambda attempt: attempt.at)

    def list_failed_attempts(self, stop_ids: Collection[StopId]) -> list[Attempt]:
        """Of these stops the attempts that failed, the first ones first."""
        query = ATTEMPTS.select().where(t.attempts.c.succeeded.is_(False), t.attempts.c.stop_id.in_(stop_ids))
        return [ATTEMPTS.from_row(row) for row in self._connection.execute(query.order_by(t.attempts.c.at))]

    # --- what keeps vehicles from going ---

    def find_closure(self, day: str, hub_id: HubId, closure_id: ClosureId) -> Closure | None:
        return self._find(CLOSURES, day=day, hub_id=hub_id, id=closure_id)

    def put_closure(self, closure: Closure, day: str) -> None:
        """What is told of a closed road now, for one day of its hub."""
        self._put(CLOSURES, closure, day=day)

    def list_closures(self, day: str) -> list[Closure]:
        return sorted(self._list(CLOSURES, day=day), key=lambda closure: (closure.hub_id, closure.id))

    def find_absence(self, day: str, driver_id: DriverId) -> Absence | None:
        return self._find(ABSENCES, day=day, driver_id=driver_id)

    def put_absence(self, absence: Absence, day: str) -> None:
        """What is told now of when a driver can leave, on one day."""
        self._put(ABSENCES, absence, day=day)

    def list_absences(self, day: str) -> list[Absence]:
        return sorted(self._list(ABSENCES, day=day), key=lambda absence: absence.driver_id)

    # --- orders, packages and contacts ---

    def find_order(self, order_id: OrderId) -> Order | None:
        return self._find(ORDERS, id=order_id)

    def get_order(self, order_id: OrderId) -> Order:
        return _found(self.find_order(order_id), "order", order_id)

    def lock_order(self, order_id: OrderId) -> Order | None:
        """The order, kept from everybody else who would change it until this transaction ends."""
        query = ORDERS.select().where(t.orders.c.id == order_id).with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else ORDERS.from_row(row)

    def add_order(self, order: Order, day: str | None = None) -> None:
        """Add an order that no plan named, to ``day`` or else to its hub's day at the promise."""
        day = day or find_day_of(self._connection, t.hubs, order.hub_id, order.promise.opens_at)
        if day is None:
            raise NotFound(f"order {order.id} is for hub {order.hub_id}, which no day's plan names")
        self._insert_all(t.orders, [ORDERS.values(order, day=day)])

    def save_order(self, order: Order) -> None:
        self._save(ORDERS, order, id=order.id)

    def find_package(self, package_id: PackageId) -> Package | None:
        return self._find(PACKAGES, id=package_id)

    def get_package(self, package_id: PackageId) -> Package:
        return _found(self.find_package(package_id), "package", package_id)

    def list_packages(self, order_id: OrderId) -> list[Package]:
        return sorted(self._list(PACKAGES, order_id=order_id), key=lambda package: package.id)

    def add_package(self, package: Package) -> None:
        self._insert_all(t.packages, [PACKAGES.values(package)])

    def save_package(self, package: Package) -> None:
        self._save(PACKAGES, package, id=package.id)

    def find_contact(self, contact_id: ContactId) -> Contact | None:
        return self._find(CONTACTS, id=contact_id)

    def get_contact(self, contact_id: ContactId) -> Contact:
        return _found(self.find_contact(contact_id), "contact", contact_id)

    def list_contacts(self, contact_ids: Iterable[ContactId]) -> list[Contact]:
        """Those that are known, by id."""
        rows: list[Any] = []
        for some in chunks(sorted(set(contact_ids))):
            rows += self._connection.execute(CONTACTS.select().where(t.contacts.c.id.in_(some)))
        return sorted((CONTACTS.from_row(row) for row in rows), key=lambda contact: contact.id)

    def list_sharing_number(self, contact: Contact) -> list[ContactId]:
        """Everybody who is reached at the contact's number, the contact included."""
        query = select(t.contacts.c.id).where(_shares_number(contact))
        return sorted(ContactId(contact_id) for contact_id in self._connection.scalars(query))

    def list_unreachable(self, day: str) -> set[ContactId]:
        """The day's customers that can't be, or don't want to be, sent a text message."""
        mute = or_(t.contacts.c.phone.is_(None), ~t.contacts.c.accepts_sms, has_stopped())
        joined = t.orders.join(t.contacts, t.contacts.c.id == t.orders.c.contact_id)
        query = select(t.contacts.c.id).select_from(joined).where(t.orders.c.day == day, mute)
        return {ContactId(contact_id) for contact_id in self._connection.scalars(query)}

    def lock_textable(self, contact_ids: Iterable[ContactId]) -> set[ContactId]:
        """Those of the contacts that may be sent text messages; none of them can opt out until this transaction ends,
        so whoever does then finds the message among those to be cancelled."""
        textable = (t.contacts.c.phone.is_not(None), t.contacts.c.accepts_sms, ~has_stopped())
        found: set[ContactId] = set()
        for some in chunks(sorted(set(contact_ids))):
            query = select(t.contacts.c.id).where(t.contacts.c.id.in_(some), *textable).order_by(t.contacts.c.id)
            found |= {ContactId(contact_id) for contact_id in self._connection.scalars(query.with_for_update())}
        return found

    def add_contact(self, contact: Contact) -> None:
        """Add one; what was said by its number before holds for it too."""
        self._insert_all(t.contacts, [CONTACTS.values(contact)])
        keep_opt_outs(self._connection)

    def opt_out(self, contact: Contact, at: datetime) -> list[ContactId]:
        """STOP was said at ``at`` by the contact's number; everybody who has it, as long as that is its last word."""
        return [told.id for told in self._note_word(contact, t.contacts.c.opted_out_at, at) if told.has_stopped]

    def opt_in(self, contact: Contact, at: datetime) -> list[ContactId]:
        """START was said at ``at`` by the contact's number; everybody who has it, as long as that is its last word."""
        return [told.id for told in self._note_word(contact, t.contacts.c.opted_in_at, at) if not told.has_stopped]

    def _note_word(self, contact: Contact, column: Column[Any], at: datetime) -> list[Contact]:
        """The contacts of its number, once they know it was said then, or later."""
        values = {column.name: later_of(column, at)}
        noted = update(t.contacts).where(_shares_number(contact)).values(values).returning(*CONTACTS.columns)
        return sorted((CONTACTS.from_row(row) for row in self._connection.execute(noted)), key=lambda told: told.id)

    # --- the network of a day ---

    def find_hub(self, hub_id: HubId, day: str | None = None) -> Hub | None:
        return self._find_of_day(HUBS, hub_id, day)

    def get_hub(self, hub_id: HubId, day: str | None = None) -> Hub:
        return _found(self.find_hub(hub_id, day), "hub", hub_id)

    def find_carrier(self, carrier_id: CarrierId, day: str | None = None) -> Carrier | None:
        return self._find_of_day(CARRIERS, carrier_id, day)

    def get_carrier(self, carrier_id: CarrierId, day: str | None = None) -> Carrier:
        return _found(self.find_carrier(carrier_id, day), "carrier", carrier_id)

    def save_carrier(self, carrier: Carrier, day: str | None = None) -> None:
        self._save(CARRIERS, carrier, id=carrier.id, day=self._present(CARRIERS, carrier.id, day))

    def find_vehicle(self, vehicle_id: VehicleId, day: str | None = None) -> Vehicle | None:
        return self._find_of_day(VEHICLES, vehicle_id, day)

    def get_vehicle(self, vehicle_id: VehicleId, day: str | None = None) -> Vehicle:
        return _found(self.find_vehicle(vehicle_id, day), "vehicle", vehicle_id)

    def find_driver(self, driver_id: DriverId, day: str | None = None) -> Driver | None:
        return self._find_of_day(DRIVERS, driver_id, day)

    # --- positions ---

    def find_position(self, vehicle_id: VehicleId) -> Position | None:
        return self._find(POSITIONS, vehicle_id=vehicle_id)

    def put_position(self, position: Position) -> bool:
        """Keep ``position`` if it is newer than what is known; whether it was."""
        upsert = _put_position(self._is_postgresql).returning(t.positions.c.vehicle_id)
        return self._connection.execute(upsert, POSITIONS.values(position)).first() is not None

    def put_positions(self, positions: Iterable[Position]) -> None:
        """Keep each vehicle's newest position, if newer than what is known, and since when it has stood there."""
        reports: dict[VehicleId, list[Position]] = {}
        for position in positions:
            reports.setdefault(position.vehicle_id, []).append(position)
        # In one order for all, so that two servers never wait for each other's rows crosswise.
        rows = [POSITIONS.values(told) for vehicle_id in sorted(reports) for told in _telling(reports[vehicle_id])]
        if rows:
            self._connection.execute(_put_position(self._is_postgresql), rows)

    # --- shared by all ---

    def _list(self, mapper: Mapper[T], **match: str) -> Sequence[T]:
        return [mapper.from_row(row) for row in self._connection.execute(mapper.matching(*match), match)]

    def _find(self, mapper: Mapper[T], **match: str) -> T | None:
        return next(iter(self._list(mapper, **match)), None)

    def _put(self, mapper: Mapper[T], value: T, **further: str) -> None:
        """Write a row over the one with its key, if there is one."""
        row = mapper.values(value, **further)
        keys = [column.name for column in mapper.table.primary_key]
        news = {name: value for name, value in row.items() if name not in keys}
        insert = self._insert(mapper.table).values(row)
        self._connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=news))

    def _present(self, mapper: Mapper[Any], entity_id: str, day: str | None) -> str:
        """``day``, or the present one among those that name the entity ("" when none does)."""
        return day or find_day_of(self._connection, mapper.table, entity_id, self._clock.now()) or ""

    def _find_of_day(self, mapper: Mapper[T], entity_id: str, day: str | None) -> T | None:
        return self._find(mapper, id=entity_id, day=self._present(mapper, entity_id, day))

    def _save(self, mapper: Mapper[T], value: T, **match: str) -> None:
        """Overwrite a row that exists; NotFound when it doesn't."""
        if self._overwrite(mapper, value, **match) == 0:
            raise NotFound(f"there is no {mapper.cls.__name__.lower()} {match['id']}")


@cache
def _touch_hub(is_postgresql: bool) -> Any:
    """Puts a hub's version one up, from the first on, and gives it."""
    insert = insert_into(t.hub_versions, is_postgresql)
    news = {"version": t.hub_versions.c.version + 1}
    return insert.on_conflict_do_update(index_elements=["hub_id"], set_=news).returning(t.hub_versions.c.version)


@cache
def _put_position(is_postgresql: bool) -> Any:
    """Keeps a position that is newer than the known one, and since when the vehicle has stood there."""
    insert, known = insert_into(t.positions, is_postgresql), t.positions.c
    new = insert.excluded
    stands = and_(func.abs(new.lat - known.lat) <= STANDING_LAT_DEG, func.abs(new.lon - known.lon) <= STANDING_LON_DEG)
    news = {name: new[name] for name in ("at", "lat", "lon")}
    news["standing_since"] = case((stands, func.coalesce(known.standing_since, known.at)), else_=null())
    return insert.on_conflict_do_update(index_elements=["vehicle_id"], set_=news, where=new.at > known.at)


def _found(value: T | None, kind: str, entity_id: str) -> T:
    if value is None:
        raise NotFound(f"there is no {kind} {entity_id}")
    return value


def _shares_number(contact: Contact) -> ColumnElement[bool]:
    same_person = t.contacts.c.id == contact.id
    return same_person if contact.phone is None else or_(same_person, t.contacts.c.phone == contact.phone)


def _telling(reports: list[Position]) -> list[Position]:
    """Of one vehicle's reports, those that say where it is and since when: the newest, the first of those in a row
    that are of its place, and the one before, from elsewhere. Of two of one instant the first one counts."""
    first_told: dict[datetime, Position] = {}
    for report in reports:
        first_told.setdefault(report.at, report)
    in_order = sorted(first_told.values(), key=lambda position: position.at)
    arrived = len(in_order) - 1
    while arrived and in_order[arrived - 1].is_where(in_order[arrived]):
        arrived -= 1
    return [*in_order[max(arrived - 1, 0) : arrived + 1], *([in_order[-1]] if arrived < len(in_order) - 1 else [])]
