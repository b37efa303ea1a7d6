"""Taking a snapshot: one consistent read of the rows, as values, with a content hash for its id.

The hash covers values, not rows, so it is the same on both databases and can be recomputed from a kept snapshot.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, or_, select, union

from forestall.domain.ids import HubId, SnapshotId
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import InstructionStatus
from forestall.errors import NotFound
from forestall.store import tables as t
from forestall.store.codec import canonical, digest
from forestall.store.instants import as_utc, to_text
from forestall.store.interning import Interner
from forestall.store.mappers import (
    ABSENCES,
    CARRIERS,
    CLOSURES,
    DRIVERS,
    HUBS,
    INSTRUCTIONS,
    LINKS,
    ORDERS,
    PACKAGES,
    POSITIONS,
    ROUTES,
    STOPS,
    TENDERS,
    VEHICLES,
)
from forestall.store.mapping import AnySelect, Mapper

_FIRST_SECTIONS = 10  # hubs to positions
_Narrow: TypeAlias = Callable[[AnySelect], AnySelect]


def take_picture(
    connection: Connection,
    interner: Interner,
    day: str,
    taken_at: datetime,
    hub_ids: Collection[HubId] | None,
) -> HubSnapshot:
    """The snapshot of ``day`` as ``connection`` sees it; NotFound for a day without a plan."""
    plan = connection.execute(select(t.plans.c.matrix_id).where(t.plans.c.day == day)).one_or_none()
    if plan is None:
        raise NotFound(f"there is no plan for day {day}")
    hubs_chosen = None if hub_ids is None else tuple(sorted(set(hub_ids)))
    sections = [
        interner.load(connection, mapper, (day, hubs_chosen), query, order)
        for mapper, query, order in _queries(day, hubs_chosen)
    ]
    (
        hubs, links, carriers, vehicles, drivers, orders, packages, routes, stops, positions,
        tenders, closures, absences, instructions,
    ) = sections  # fmt: skip
    taken_at = as_utc(taken_at)
    return HubSnapshot(
        id=_hash(day, taken_at, plan.matrix_id, [[kept.digest for kept in section] for section in sections]),
        day=day,
        taken_at=taken_at,
        hubs={kept.value.id: kept.value for kept in hubs},
        links=tuple(kept.value for kept in links),
        carriers={kept.value.id: kept.value for kept in carriers},
        vehicles={kept.value.id: kept.value for kept in vehicles},
        drivers={kept.value.id: kept.value for kept in drivers},
        orders={kept.value.id: kept.value for kept in orders},
        packages={kept.value.id: kept.value for kept in packages},
        routes={kept.value.id: kept.value for kept in routes},
        stops={kept.value.id: kept.value for kept in stops},
        positions={kept.value.vehicle_id: kept.value for kept in positions},
        matrix_id=plan.matrix_id,
        tenders=tuple(kept.value for kept in tenders),
        closures=tuple(kept.value for kept in closures),
        absences=tuple(kept.value for kept in absences),
        instructions=tuple(kept.value for kept in instructions),
    )


def content_id(snapshot: HubSnapshot) -> SnapshotId:
    """The id that ``snapshot`` should have by its content: compare it to ``snapshot.id`` to prove it whole."""
    sections: Sequence[Iterable[object]] = (
        snapshot.hubs.values(),
        snapshot.links,
        snapshot.carriers.values(),
        snapshot.vehicles.values(),
        snapshot.drivers.values(),
        snapshot.orders.values(),
        snapshot.packages.values(),
        snapshot.routes.values(),
        snapshot.stops.values(),
        snapshot.positions.values(),
        snapshot.tenders,
        snapshot.closures,
        snapshot.absences,
        snapshot.instructions,
    )
    digests = [[digest(value) for value in section] for section in sections]
    return _hash(snapshot.day, snapshot.taken_at, snapshot.matrix_id, digests)


def _hash(day: str, taken_at: datetime, matrix_id: str | None, sections: Sequence[Sequence[bytes]]) -> SnapshotId:
    """SHA-256 over the head and each section's size and digests, so that no value can slip between sections.

    The sections that came later than the first ten count as far as the last that has anything in it, so that the
    hash of a snapshot without them is what it was before there were any.
    """
    while len(sections) > _FIRST_SECTIONS and not sections[-1]:
        sections = sections[:-1]
    head = canonical([day, to_text(taken_at), matrix_id, [len(section) for section in sections]])
    return SnapshotId(sha256(b"".join([head.encode(), *[b"".join(section) for section in sections]])).hexdigest())


@lru_cache(maxsize=64)  # a query knows its own cache key from the second time on, and to make fourteen takes time
def _queries(day: str, hubs: tuple[HubId, ...] | None) -> tuple[tuple[Mapper[Any], AnySelect, Sequence[str]], ...]:
    """What belongs to a day and choice of hubs, in the order of a snapshot's sections, and how each is sorted."""
    view = _View(day, hubs)
    sections: tuple[tuple[Mapper[Any], _Narrow, Sequence[str]], ...] = (
        (HUBS, view.of_hubs(t.hubs, t.hubs.c.id), ("id",)),
        (LINKS, view.links(), ("from_hub", "to_hub")),
        (CARRIERS, view.of_day(t.carriers), ("id",)),
        (VEHICLES, view.vehicles(), ("id",)),
        (DRIVERS, view.drivers(), ("id",)),
        (ORDERS, view.orders(), ("id",)),
        (PACKAGES, view.packages(), ("id",)),
        (ROUTES, view.of_hubs(t.routes, t.routes.c.hub_id), ("id",)),
        (STOPS, view.stops(), ("route_id", "sequence", "id")),
        (POSITIONS, view.positions(), ("vehicle_id",)),
        (TENDERS, view.of_hubs(t.tenders, t.tenders.c.hub_id), ("id",)),
        (CLOSURES, view.of_hubs(t.closures, t.closures.c.hub_id), ("hub_id", "id")),
        (ABSENCES, view.absences(), ("driver_id",)),
        (INSTRUCTIONS, view.unconfirmed(), ("route_id", "plan_version")),
    )
    return tuple((mapper, narrow(mapper.raw_select), order) for mapper, narrow, order in sections)


class _View:
    """Which rows belong to one day and choice of hubs."""

    def __init__(self, day: str, hubs: tuple[HubId, ...] | None) -> None:
        self._day, self._hubs = day, hubs

    def of_day(self, table: Any) -> _Narrow:
        return lambda query: query.where(table.c.day == self._day)

    def of_hubs(self, table: Any, hub_column: ColumnElement[str]) -> _Narrow:
        if self._hubs is None:
            return self.of_day(table)
        return lambda query: query.where(table.c.day == self._day, hub_column.in_(self._hubs or ()))

    def links(self) -> _Narrow:
        if self._hubs is None:
            return self.of_day(t.hub_links)
        either = or_(t.hub_links.c.from_hub.in_(self._hubs), t.hub_links.c.to_hub.in_(self._hubs))
        return lambda query: query.where(t.hub_links.c.day == self._day, either)

    def vehicles(self) -> _Narrow:
        """The hubs' own vehicles, and any that drives one of their routes."""
        if self._hubs is None:
            return self.of_day(t.vehicles)
        either = union(self._own(t.vehicles), self._routes(t.routes.c.vehicle_id))
        return lambda query: query.where(t.vehicles.c.day == self._day, t.vehicles.c.id.in_(either))

    def drivers(self) -> _Narrow:
        if self._hubs is None:
            return self.of_day(t.drivers)
        driving = t.drivers.c.id.in_(self._routes(t.routes.c.driver_id))
        return lambda query: query.where(t.drivers.c.day == self._day, driving)

    def absences(self) -> _Narrow:
        if self._hubs is None:
            return self.of_day(t.absences)
        driving = t.absences.c.driver_id.in_(self._routes(t.routes.c.driver_id))
        return lambda query: query.where(t.absences.c.day == self._day, driving)

    def orders(self) -> _Narrow:
        """The hubs' own orders, and any that one of their routes delivers (after a hub swap)."""
        if self._hubs is None:
            return self.of_day(t.orders)
        served = select(t.stops.c.order_id).where(
            t.stops.c.route_id.in_(self._routes(t.routes.c.id)), t.stops.c.order_id.is_not(None)
        )
        either = union(self._own(t.orders), served)
        # Joined to nothing, the day is no longer what its index can find: SQLite would read the whole day by it.
        return lambda query: query.where(t.orders.c.id.in_(either), t.orders.c.day.concat("") == self._day)

    def packages(self) -> _Narrow:
        of_orders = self.orders()
        return lambda query: of_orders(query.join(t.orders, t.orders.c.id == t.packages.c.order_id))

    def stops(self) -> _Narrow:
        of_routes = self.of_hubs(t.routes, t.routes.c.hub_id)
        return lambda query: of_routes(query.join(t.routes, t.routes.c.id == t.stops.c.route_id))

    def positions(self) -> _Narrow:
        of_vehicles = self.vehicles()
        return lambda query: of_vehicles(query.join(t.vehicles, t.vehicles.c.id == t.positions.c.vehicle_id))

    def unconfirmed(self) -> _Narrow:
        of_hubs = self.of_hubs(t.instructions, t.instructions.c.hub_id)
        return lambda query: of_hubs(query).where(t.instructions.c.status == InstructionStatus.TOLD)

    def _own(self, table: Any) -> Select[Any]:
        """Ids of the hubs' own rows. In a union with others, each part is found by its index; an OR reads all rows."""
        return select(table.c.id).where(table.c.day == self._day, table.c.hub_id.in_(self._hubs or ()))

    def _routes(self, column: ColumnElement[Any]) -> Select[Any]:
        return select(column).where(t.routes.c.day == self._day, t.routes.c.hub_id.in_(self._hubs or ()))
