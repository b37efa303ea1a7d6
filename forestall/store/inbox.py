"""Everything a feed ever told us, once for each (source, id), with what became of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias, cast

from sqlalchemy import or_, select

from forestall.domain.events import Event, EventResult, Receipt
from forestall.domain.ids import OrderId, StopId, VehicleId
from forestall.domain.routes import Position
from forestall.domain.vocabulary import EventOutcome, EventType
from forestall.store.days import days_of_events
from forestall.store.mappers import EVENTS
from forestall.store.repository import Lock, Repository, chunks
from forestall.store.tables import inbox

_Taken: TypeAlias = tuple[Event, EventResult]


class Inbox(Repository):
    def known(self, source_ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those (source, id) pairs that are in the inbox already."""
        by_source: dict[str, list[str]] = defaultdict(list)
        for source, event_id in source_ids:
            by_source[source].append(event_id)
        known: set[tuple[str, str]] = set()
        for source, ids in by_source.items():
            for some in chunks(ids):
                query = select(inbox.c.id).where(inbox.c.source == source, inbox.c.id.in_(some))
                known |= {(source, event_id) for event_id in self._connection.scalars(query)}
        return known

    def add(self, entries: Sequence[tuple[Event, EventOutcome, str]]) -> None:
        """Keep events with their outcome and its reason. Call it after applying them, in the same transaction.

        A pair that is there already fails the whole transaction as a Conflict: another server took it meanwhile.
        """
        self.lock(Lock.STATE)
        days = days_of_events(self._connection, [event for event, _, _ in entries])
        rows = [
            EVENTS.values(event, outcome=outcome, detail=detail, day=day)
            for (event, outcome, detail), day in zip(entries, days, strict=True)
        ]
        self._insert_all(inbox, rows)

    def find(self, source: str, event_id: str) -> _Taken | None:
        rows = self._rows(inbox.c.source == source, inbox.c.id == event_id)
        return next((taken for _, taken in rows), None)

    def list_parked(self, day: str | None = None, limit: int = 1000) -> list[_Taken]:
        """Events that name something unknown, the oldest first; with a ``day``, those of no known day included."""
        conditions = [inbox.c.outcome == EventOutcome.PARKED]
        if day is not None:
            conditions.append(or_(inbox.c.day == day, inbox.c.day.is_(None)))
        return [taken for _, taken in self._rows(*conditions, limit=limit)]

    def list_replies(self, order_ids: Collection[OrderId]) -> list[_Taken]:
        """What the customers of these orders have written, the oldest first, with what was understood."""
        conditions = [inbox.c.type == EventType.CUSTOMER_REPLY, inbox.c.subject.in_(sorted(order_ids))]
        return [taken for _, taken in self._rows(*conditions)]

    def list_failures(self, stop_ids: Collection[StopId]) -> list[_Taken]:
        """What drivers have reported of failed attempts at these stops, the oldest first, with what was understood."""
        conditions = [inbox.c.type == EventType.FAILED, inbox.c.subject.in_(sorted(stop_ids))]
        return [taken for _, taken in self._rows(*conditions)]

    def list_events(self, after_seq: int = 0, limit: int = 1000) -> list[tuple[int, Event, EventResult]]:
        """The journal in the order it was taken, from behind ``after_seq``."""
        return [(seq, *taken) for seq, taken in self._rows(inbox.c.seq > after_seq, limit=limit)]

    def list_newest(self, limit: int) -> list[Receipt]:
        """Of the events received last, the latest first."""
        columns = inbox.c.type, inbox.c.subject, inbox.c.received_at, inbox.c.claimed_at
        query = select(*columns).order_by(inbox.c.seq.desc()).limit(limit)
        return [Receipt(*row) for row in self._connection.execute(query)]

    def list_positions(self, vehicle_id: VehicleId, since: datetime, until: datetime) -> list[Position]:
        """Where a vehicle reported to be between two instants, the earliest report first."""
        is_its = (inbox.c.type == EventType.POSITION) & (inbox.c.subject == vehicle_id)
        is_then = inbox.c.occurred_at.between(since, until)
        query = EVENTS.select().where(is_its, is_then).order_by(inbox.c.occurred_at, inbox.c.seq)
        return [_position(EVENTS.from_row(row)) for row in self._connection.execute(query)]

    def _rows(self, *conditions: Any, limit: int | None = None) -> list[tuple[int, _Taken]]:
        query = EVENTS.select().add_columns(inbox.c.outcome, inbox.c.detail, inbox.c.seq)
        rows = self._connection.execute(query.where(*conditions).order_by(inbox.c.seq).limit(limit))
        return [
            (row.seq, (EVENTS.from_row(row), EventResult(row.source, row.id, row.outcome, detail=row.detail)))
            for row in rows
        ]


def _position(event: Event) -> Position:
    lat, lon = cast(float, event.data["lat"]), cast(float, event.data["lon"])
    return Position(VehicleId(event.subject), event.occurred_at, lat, lon)
