"""The plan document's rows of the day, how each becomes a domain value, and the list of all lists.

Field names are the domain's. A row knows nothing of other rows: what relates them is checked in ``checks.py``.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from forestall.domain.ids import ContactId, DriverId, HubId, OrderId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import HolderKind, Tier
from forestall.intake.fields import Count, Document, Id, Seconds, Sizes, Time, refusal
from forestall.intake.networkdocs import (
    CarrierDoc,
    ContactDoc,
    DriverDoc,
    HubDoc,
    LinkDoc,
    LocationDoc,
    Skills,
    VehicleDoc,
)


def _check_opening_holder(value: object) -> object:
    if isinstance(value, str) and value in {HolderKind.VEHICLE, HolderKind.CUSTOMER}:
        raise refusal("holder", f"a day can't begin with a package at {value}", "use HUB, or UPSTREAM while inbound")
    return value


class WindowDoc(Document):
    opens_at: Time
    closes_at: Time

    def build(self) -> Window:
        return Window(self.opens_at, self.closes_at)


class CustodyDoc(Document):
    """Where a package is when the day begins; left out, it is at its order's hub since that hub opened."""

    kind: Annotated[HolderKind, BeforeValidator(_check_opening_holder)] = HolderKind.HUB
    holder_id: Id
    since: Time

    def build(self) -> Custody:
        return Custody(self.kind, self.holder_id, self.since)


class OrderDoc(Document):
    id: Id
    hub_id: Id
    promise: WindowDoc
    tier: Tier = Tier.STANDARD
    contact_id: Id | None = None

    def build(self) -> Order:
        return Order(
            OrderId(self.id),
            HubId(self.hub_id),
            self.promise.build(),
            self.tier,
            ContactId(self.contact_id) if self.contact_id is not None else None,
        )


class PackageDoc(Document):
    id: Id
    order_id: Id
    size: Sizes = Field(default_factory=dict)
    available_at: Time | None = None
    custody: CustodyDoc | None = None

    def build(self, at_hub: Custody) -> Package:
        """``at_hub`` is where it is when the document does not say."""
        custody = self.custody.build() if self.custody is not None else at_hub
        return Package(PackageId(self.id), OrderId(self.order_id), custody, self.size, self.available_at)


class RouteDoc(Document):
    id: Id
    hub_id: Id
    vehicle_id: Id
    driver_id: Id | None = None
    departs_at: Time
    load_ready_at: Time | None = None
    is_spare: bool = False
    notice_s: Seconds = 0.0

    def build(self, day: str) -> Route:
        return Route(
            RouteId(self.id),
            day,
            HubId(self.hub_id),
            VehicleId(self.vehicle_id),
            DriverId(self.driver_id) if self.driver_id is not None else None,
            self.departs_at,
            load_ready_at=self.load_ready_at,
            is_spare=self.is_spare,
            notice_s=self.notice_s,
        )


class StopDoc(Document):
    id: Id
    route_id: Id
    sequence: Count
    order_id: Id
    location: LocationDoc
    window: WindowDoc
    service_s: Seconds
    pinned: bool = False
    skills: Skills
    package_ids: tuple[Id, ...] = ()

    def build(self) -> Stop:
        return Stop(
            StopId(self.id),
            RouteId(self.route_id),
            self.sequence,
            self.location.build(),
            self.window.build(),
            self.service_s,
            OrderId(self.order_id),
            pinned=self.pinned,
            skills=self.skills,
            package_ids=tuple(PackageId(package_id) for package_id in self.package_ids),
        )


# The document's lists in the order in which they are read and written.
LISTS: dict[str, type[Document]] = {
    "hubs": HubDoc,
    "links": LinkDoc,
    "carriers": CarrierDoc,
    "contacts": ContactDoc,
    "vehicles": VehicleDoc,
    "drivers": DriverDoc,
    "orders": OrderDoc,
    "packages": PackageDoc,
    "routes": RouteDoc,
    "stops": StopDoc,
}
