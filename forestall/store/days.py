"""Which day something belongs to, when only its name is known.

Routes, stops, orders and packages belong to one day for good. Hubs, carriers, vehicles and drivers come back every
day with other hours and capacities, so each day has its own row of them; without a day, the one meant is the day that
began last, or the first to come.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, select

from forestall.domain.events import Event
from forestall.domain.vocabulary import EventType
from forestall.store.repository import chunks
from forestall.store.tables import carriers, drivers, hubs, orders, plans, routes, stops, vehicles

# What an event names its day by. Positions are missing: they belong to a vehicle, not to a day.
_NAMED_IN: Mapping[EventType, Table] = {
    EventType.DEPARTED: routes,
    EventType.ROUTE_ACK: routes,
    EventType.HUB_READY: routes,
    EventType.ARRIVED: stops,
    EventType.COMPLETED: stops,
    EventType.FAILED: stops,
    EventType.ORDER_CANCELLED: orders,
    EventType.CUSTOMER_REPLY: orders,
    EventType.ORDER_CREATED: hubs,
    EventType.ROAD_CLOSED: hubs,
    EventType.DRIVER_UNAVAILABLE: drivers,
    EventType.BREAKDOWN: vehicles,
    EventType.CARRIER_CAPACITY: carriers,
}
# Where the name is not the event's subject but in its data.
_NAMED_BY = {EventType.HUB_READY: "route", EventType.ORDER_CREATED: "hub"}


def find_day_of(connection: Connection, table: Table, entity_id: str, at: datetime) -> str | None:
    """The day at ``at`` among those that name ``entity_id`` in ``table`` (hubs, carriers, vehicles or drivers)."""
    named = select(table.c.day).join(plans, plans.c.day == table.c.day).where(table.c.id == entity_id)
    begun = named.where(plans.c.starts_at <= at).order_by(plans.c.starts_at.desc(), plans.c.day.desc()).limit(1)
    to_come = named.order_by(plans.c.starts_at, plans.c.day).limit(1)
    day: str | None = connection.scalar(begun)
    return day or connection.scalar(to_come)


def days_of_events(connection: Connection, events: Sequence[Event]) -> list[str | None]:
    """Each event's day; None for positions, and where it names nothing known."""
    for_good = {
        routes: select(routes.c.id, routes.c.day),
        stops: select(stops.c.id, routes.c.day).join(routes, routes.c.id == stops.c.route_id),
        orders: select(orders.c.id, orders.c.day),
    }
    known: dict[tuple[Table, str], str] = {}
    for table, statement in for_good.items():
        for some in chunks(sorted({_name(event) for event in events if _NAMED_IN.get(event.type) is table})):
            rows = connection.execute(statement.where(table.c.id.in_(some)))
            known |= {(table, entity_id): day for entity_id, day in rows}
    return [_day_of(connection, event, known) for event in events]


def _name(event: Event) -> str:
    field = _NAMED_BY.get(event.type)
    return event.subject if field is None else str(event.data.get(field, ""))


def _day_of(connection: Connection, event: Event, known: Mapping[tuple[Table, str], str]) -> str | None:
    table = _NAMED_IN.get(event.type)
    if table is None:
        return None
    if table in (hubs, vehicles, carriers, drivers):
        return find_day_of(connection, table, _name(event), event.occurred_at)
    return known.get((table, _name(event)))
