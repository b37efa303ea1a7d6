"""Day plans: taken in whole, replaced whole while nothing has happened, removed whole."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, select

from forestall.domain.plan import DayPlan, TravelMatrix
from forestall.domain.vocabulary import EventOutcome, EventType
from forestall.errors import BadInput, Conflict, NotFound, Problem
from forestall.store import tables as t
from forestall.store.mappers import (
    CARRIERS,
    CONTACTS,
    DRIVERS,
    HUBS,
    LINKS,
    MATRICES,
    ORDERS,
    PACKAGES,
    ROUTES,
    STOPS,
    VEHICLES,
)
from forestall.store.mapping import Mapper
from forestall.store.optouts import is_remembered, keep_opt_outs
from forestall.store.repository import Lock, Repository, chunks


class Plans(Repository):
    def put(self, plan: DayPlan) -> None:
        """Take in ``plan``, in place of the same day's earlier one.

        Conflict once that day has seen an event or a route of it was changed. BadInput when it names orders,
        packages, routes or stops that another day has: their ids are theirs for ever.
        """
        self.lock(Lock.STATE)
        if self.has_moved(plan.day):
            raise Conflict(f"day {plan.day} is under way, so its plan can't be replaced", day=plan.day)
        self.remove(plan.day)
        if problems := self._list_taken_ids(plan):
            raise BadInput(f"the plan of {plan.day} uses ids that belong to another day", problems)
        self._put_network(plan)
        self._insert_all(t.orders, [ORDERS.values(order, day=plan.day) for order in plan.orders])
        self._insert_all(t.packages, [PACKAGES.values(package) for package in plan.packages])
        self._insert_all(t.routes, [ROUTES.values(route) for route in plan.routes])
        self._insert_all(t.stops, [STOPS.values(stop) for stop in plan.stops])

    def find_digest(self, day: str) -> str | None:
        """The digest of the plan taken in for ``day``."""
        return self._connection.scalar(select(t.plans.c.digest).where(t.plans.c.day == day))

    def list_days(self) -> list[str]:
        """All days with a plan, the earliest start first."""
        return list(self._connection.scalars(select(t.plans.c.day).order_by(t.plans.c.starts_at, t.plans.c.day)))

    def has_events(self, day: str) -> bool:
        """Whether anything but positions has been told of ``day``."""
        told = (
            (t.inbox.c.day == day) & (t.inbox.c.outcome != EventOutcome.PARKED) & (t.inbox.c.type != EventType.POSITION)
        )
        return bool(self._connection.scalar(select(exists().where(told))))

    def has_moved(self, day: str) -> bool:
        """Whether ``day`` has seen an event, or a decision has changed one of its routes."""
        changed = exists().where((t.routes.c.day == day) & (t.routes.c.version > 1))
        return self.has_events(day) or bool(self._connection.scalar(select(changed)))

    def get_matrix(self, matrix_id: str) -> TravelMatrix:
        row = self._connection.execute(MATRICES.select().where(t.matrices.c.id == matrix_id)).one_or_none()
        if row is None:
            raise NotFound(f"there is no travel matrix {matrix_id}")
        return MATRICES.from_row(row)

    def remove(self, day: str) -> None:
        """Forget the day's state, with contacts that nothing else names. What the journals say of it stays."""
        self.lock(Lock.STATE)
        named = self._list_contact_ids(day)
        of_routes = select(t.routes.c.id).where(t.routes.c.day == day)
        of_stops = select(t.stops.c.id).where(t.stops.c.route_id.in_(of_routes))
        of_orders = select(t.orders.c.id).where(t.orders.c.day == day)
        self._delete(t.attempts, t.attempts.c.stop_id.in_(of_stops))
        self._delete(t.stops, t.stops.c.route_id.in_(of_routes))
        self._delete(t.packages, t.packages.c.order_id.in_(of_orders))
        of_day = (
            t.tenders, t.instructions, t.closures, t.absences, t.orders, t.routes, t.drivers, t.vehicles, t.carriers,
            t.hub_links, t.hubs, t.plans,
        )  # fmt: skip
        for table in of_day:
            self._delete(table, table.c.day == day)
        self._delete(t.matrices, t.matrices.c.id.not_in(_used(t.plans.c.matrix_id)))
        for some in chunks(named):
            self._delete(t.contacts, t.contacts.c.id.in_(some) & ~_is_named_contact())

    def _put_network(self, plan: DayPlan) -> None:
        self._put_matrix(plan.matrix)
        self._put_contacts(plan)
        self._insert_all(t.plans, [self._plan_row(plan)])
        self._insert_all(t.hubs, [HUBS.values(hub, day=plan.day) for hub in plan.hubs])
        self._insert_all(t.hub_links, [LINKS.values(link, day=plan.day) for link in plan.links])
        self._insert_all(t.carriers, [CARRIERS.values(carrier, day=plan.day) for carrier in plan.carriers])
        self._insert_all(t.vehicles, [VEHICLES.values(vehicle, day=plan.day) for vehicle in plan.vehicles])
        self._insert_all(t.drivers, [DRIVERS.values(driver, day=plan.day) for driver in plan.drivers])

    def _plan_row(self, plan: DayPlan) -> dict[str, object]:
        if not plan.hubs:
            problem = Problem("hubs", "there is none", "name at least one hub")
            raise BadInput(f"the plan of {plan.day} has no hub", [problem])
        return {
            "day": plan.day,
            "digest": plan.digest,
            "starts_at": min(hub.opens_at for hub in plan.hubs),
            "ends_at": max(hub.closes_at for hub in plan.hubs),
            "matrix_id": plan.matrix.id if plan.matrix else None,
            "taken_in_at": self._clock.now(),
        }

    def _put_matrix(self, matrix: TravelMatrix | None) -> None:
        if matrix is not None:
            self._delete(t.matrices, t.matrices.c.id == matrix.id)
            self._insert_all(t.matrices, [MATRICES.values(matrix)])

    def _put_contacts(self, plan: DayPlan) -> None:
        """Contacts are people and partners, not days: the newest plan's word on how to reach them stands, but for
        those who have told us to stop."""
        insert = self._insert(t.contacts)
        told = [column.name for column in t.contacts.c if column.name not in {"id", "opted_out_at", "opted_in_at"}]
        news = {name: insert.excluded[name] for name in told}
        if plan.contacts:
            upsert = insert.on_conflict_do_update(index_elements=["id"], set_=news)
            self._connection.execute(upsert, [CONTACTS.values(contact) for contact in plan.contacts])
            keep_opt_outs(self._connection)

    def _list_taken_ids(self, plan: DayPlan) -> list[Problem]:
        problems: list[Problem] = []
        for mapper, values in _owned_by_day(plan):
            for some in chunks(value.id for value in values):
                taken = self._connection.scalars(
                    select(mapper.table.c.id).where(mapper.table.c.id.in_(some)).order_by(mapper.table.c.id)
                )
                problems += [_taken(mapper.table, taken_id) for taken_id in taken]
        return problems

    def _list_contact_ids(self, day: str) -> list[str]:
        named: set[str] = set()
        for table in (t.orders, t.drivers, t.carriers):
            query = select(table.c.contact_id).where((table.c.day == day) & table.c.contact_id.is_not(None))
            named |= set(self._connection.scalars(query))
        return sorted(named)

    def _delete(self, table: Table, condition: ColumnElement[bool]) -> None:
        self._connection.execute(delete(table).where(condition))


def _owned_by_day(plan: DayPlan) -> Iterable[tuple[Mapper[Any], tuple[Any, ...]]]:
    return [(ORDERS, plan.orders), (PACKAGES, plan.packages), (ROUTES, plan.routes), (STOPS, plan.stops)]


def _taken(table: Table, taken_id: str) -> Problem:
    return Problem(f"{table.name}.{taken_id}", "is the id of another day's", "give it an id that is used once only")


def _used(column: ColumnElement[Any]) -> Any:
    return select(column).where(column.is_not(None))


def _is_named_contact() -> ColumnElement[bool]:
    """Whether something still names it; whose number has opted out is kept, so that it stays so."""
    named: list[ColumnElement[bool]] = [
        exists().where(table.c.contact_id == t.contacts.c.id) for table in (t.orders, t.drivers, t.carriers)
    ]
    return named[0] | named[1] | named[2] | is_remembered()
