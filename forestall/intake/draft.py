"""A plan while it is being read: the rows that are well formed, at the places where they stood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from forestall.domain.network import Carrier, Contact, Driver, Hub, HubLink, Vehicle
from forestall.domain.orders import Order, Package
from forestall.domain.plan import DayPlan, TravelMatrix
from forestall.domain.routes import Route, Stop

T = TypeVar("T")


@dataclass(frozen=True)
class Draft:
    """Each list by the index its rows have in the document.

    ``malformed`` holds the ids of rows that could not be read, by list: naming one of them is no second fault.
    """

    day: str
    hubs: Mapping[int, Hub]
    links: Mapping[int, HubLink]
    carriers: Mapping[int, Carrier]
    contacts: Mapping[int, Contact]
    vehicles: Mapping[int, Vehicle]
    drivers: Mapping[int, Driver]
    orders: Mapping[int, Order]
    packages: Mapping[int, Package]
    routes: Mapping[int, Route]
    stops: Mapping[int, Stop]
    matrix: TravelMatrix | None = None
    malformed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: DayPlan) -> "Draft":
        return cls(
            plan.day,
            _indexed(plan.hubs),
            _indexed(plan.links),
            _indexed(plan.carriers),
            _indexed(plan.contacts),
            _indexed(plan.vehicles),
            _indexed(plan.drivers),
            _indexed(plan.orders),
            _indexed(plan.packages),
            _indexed(plan.routes),
            _indexed(plan.stops),
            plan.matrix,
        )


def _indexed(rows: Sequence[T]) -> dict[int, T]:
    return dict(enumerate(rows))
