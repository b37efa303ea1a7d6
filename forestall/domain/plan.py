"""A day's plan as it is taken in: everything it names, whole."""

from dataclasses import dataclass

from forestall.domain.ids import LocationId
from forestall.domain.network import Carrier, Contact, Driver, Hub, HubLink, Vehicle
from forestall.domain.orders import Order, Package
from forestall.domain.routes import Route, Stop


@dataclass(frozen=True, slots=True)
class TravelMatrix:
    """Expected travel seconds between locations, row = from. ``durations_f32`` is row-major little-endian float32."""

    id: str
    location_ids: tuple[LocationId, ...]
    durations_f32: bytes


@dataclass(frozen=True, slots=True)
class DayPlan:
    """``digest`` is the hash of the source document's content: the same plan twice has the same digest."""

    day: str
    digest: str
    hubs: tuple[Hub, ...]
    links: tuple[HubLink, ...]
    carriers: tuple[Carrier, ...]
    contacts: tuple[Contact, ...]
    vehicles: tuple[Vehicle, ...]
    drivers: tuple[Driver, ...]
    orders: tuple[Order, ...]
    packages: tuple[Package, ...]
    routes: tuple[Route, ...]
    stops: tuple[Stop, ...]
    matrix: TravelMatrix | None = None
