"""An order that no plan named: taken onto the spare route of its hub, until planning gives it a better one."""

from dataclasses import dataclass
from datetime import datetime

from forestall.domain.events import Event
from forestall.domain.ids import ContactId, HubId, LocationId, OrderId, PackageId, StopId
from forestall.domain.network import Contact, Location
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import EventOutcome, HolderKind, RouteStatus, Tier
from forestall.intake.eventdata import OrderCreatedData
from forestall.intake.rows import NOTHING_NEW, Outcome, parked, raise_version
from forestall.store import UnitOfWork


def create_order(uow: UnitOfWork, event: Event) -> Outcome:
    """The order, its package, contact and stop, last on the spare route that has the fewest stops."""
    data = OrderCreatedData.model_validate(event.data)
    order_id, hub_id = OrderId(event.subject), HubId(data.hub)
    if uow.state.find_order(order_id) is not None:
        return NOTHING_NEW
    day = _find_day(uow, hub_id, data.promise.opens_at)
    if day is None:
        return parked(f"no plan of hub {hub_id} covers {data.promise.opens_at.isoformat()}")
    spare = _find_spare(uow, day, hub_id)
    if spare is None:
        return parked(f"hub {hub_id} has no spare vehicle that is still there to take it")
    newcomer = _Newcomer(order_id, data, event.occurred_at)
    if taken := newcomer.find_taken_id(uow):
        return parked(f"the id {taken} its rows would have is in use")
    newcomer.add(uow, day, spare)
    return Outcome(EventOutcome.APPLIED, f"it is on spare route {spare.id}", grows=True)


def _find_day(uow: UnitOfWork, hub_id: HubId, promised_at: datetime) -> str | None:
    """The first day of the hub that is not over when the promise opens."""
    days = uow.state.list_open_days(closing_after=promised_at)
    return next((day for day in days if hub_id in uow.state.list_hub_ids(day)), None)


def _find_spare(uow: UnitOfWork, day: str, hub_id: HubId) -> Route | None:
    spares = [
        route
        for route in uow.state.list_routes(day)
        if route.hub_id == hub_id and route.is_spare and route.status is RouteStatus.PLANNED
    ]
    return min(spares, key=lambda route: (len(uow.state.list_stops(route.id)), route.id), default=None)


@dataclass(frozen=True)
class _Newcomer:
    """The rows of an order that came during the day; their ids are made from its own."""

    order_id: OrderId
    data: OrderCreatedData
    at: datetime

    @property
    def contact_id(self) -> ContactId:
        return ContactId(f"C-{self.order_id}")

    @property
    def package_id(self) -> PackageId:
        return PackageId(f"P-{self.order_id}")

    @property
    def stop_id(self) -> StopId:
        return StopId(f"S-{self.order_id}")

    def find_taken_id(self, uow: UnitOfWork) -> str | None:
        found = (
            uow.state.find_contact(self.contact_id),
            uow.state.find_package(self.package_id),
            uow.state.find_stop(self.stop_id),
        )
        return next((row.id for row in found if row is not None), None)

    def add(self, uow: UnitOfWork, day: str, spare: Route) -> None:
        data = self.data
        promise = Window(data.promise.opens_at, data.promise.closes_at)
        uow.state.add_contact(Contact(self.contact_id, data.customer.name, phone=data.customer.phone))
        uow.state.add_order(Order(self.order_id, spare.hub_id, promise, Tier(data.tier), self.contact_id), day)
        custody = Custody(HolderKind.HUB, spare.hub_id, self.at)
        uow.state.add_package(Package(self.package_id, self.order_id, custody, data.size))
        last = max((stop.sequence for stop in uow.state.list_stops(spare.id)), default=0)
        place = Location(LocationId(data.location or f"L-{self.order_id}"), data.lat, data.lon)
        uow.state.add_stop(
            Stop(self.stop_id, spare.id, last + 1, place, promise, data.service_s, order_id=self.order_id)
        )
        raise_version(uow, spare)
