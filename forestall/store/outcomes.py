"""What became of the stops: outcomes, what decisions reached which stop before, and scores held against outcomes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from forestall.domain.ids import HubId, StopId
from forestall.domain.learning import Grade, Intervention, Outcome
from forestall.domain.routes import Attempt, Stop
from forestall.domain.vocabulary import StopKind, StopStatus
from forestall.store.mappers import ATTEMPTS, GRADES, INTERVENTIONS, OUTCOMES, STOPS
from forestall.store.mapping import Mapper
from forestall.store.repository import Repository, chunks
from forestall.store.tables import (
    attempts,
    grades,
    interventions,
    labelled_days,
    orders,
    outcomes,
    plans,
    routes,
    stops,
)

_ATTEMPTED = (StopStatus.COMPLETED, StopStatus.FAILED)


@dataclass(frozen=True, slots=True)
class UnlabelledStop:
    """A delivery stop that has come to its end and has no outcome yet; ``promised_by`` is when its promise closes."""

    stop: Stop
    hub_id: HubId
    promised_by: datetime
    attempts: tuple[Attempt, ...]
    interventions: tuple[Intervention, ...]


class Outcomes(Repository):
    def add(self, news: Sequence[Outcome]) -> None:
        self._insert_all(outcomes, [OUTCOMES.values(outcome) for outcome in news])

    def list_known(
        self, days: Collection[str] | None = None, known_by: datetime | None = None
    ) -> dict[StopId, Outcome]:
        """Outcomes by stop, of some days or all; only what was known by then."""
        query = OUTCOMES.select().order_by(outcomes.c.stop_id)
        if days is not None:
            query = query.where(outcomes.c.day.in_(sorted(days)))
        if known_by is not None:
            query = query.where(outcomes.c.known_at <= known_by)
        return {outcome.stop_id: outcome for outcome in map(OUTCOMES.from_row, self._connection.execute(query))}

    def list_days(self, known_by: datetime | None = None) -> list[str]:
        """Days with an outcome known by then, the one that ended first at the front."""
        last = func.max(outcomes.c.known_at)
        query = select(outcomes.c.day).group_by(outcomes.c.day).order_by(last, outcomes.c.day)
        if known_by is not None:
            query = query.where(outcomes.c.known_at <= known_by)
        return list(self._connection.scalars(query))

    def list_unlabelled_days(self) -> list[tuple[str, datetime]]:
        """Days that may still have stops without an outcome, with the end of each."""
        query = select(plans.c.day, plans.c.ends_at).where(plans.c.day.not_in(select(labelled_days.c.day)))
        return [(day, ends_at) for day, ends_at in self._connection.execute(query.order_by(plans.c.ends_at))]

    def mark_labelled(self, day: str) -> None:
        """Every stop of ``day`` that will ever have an outcome has it."""
        insert = self._insert(labelled_days).values(day=day, at=self._clock.now())
        self._connection.execute(insert.on_conflict_do_nothing())

    def list_unlabelled(self, day: str, ended_by: datetime, day_is_over: bool) -> list[UnlabelledStop]:
        """The day's deliveries that ended by then, and, once the day is over, those that nobody attempted."""
        ended = stops.c.status.in_(_ATTEMPTED) & (stops.c.finished_at <= ended_by)
        if day_is_over:
            undone = [status for status in StopStatus if status.is_open]
            ended = ended | stops.c.status.in_((*undone, *_ATTEMPTED))
        query = (
            select(*STOPS.columns, routes.c.hub_id, orders.c.promise_closes_at)
            .join(routes, routes.c.id == stops.c.route_id)
            .join(orders, orders.c.id == stops.c.order_id)
            .where(routes.c.day == day, stops.c.kind == StopKind.DELIVERY, ended)
            .where(stops.c.id.not_in(select(outcomes.c.stop_id).where(outcomes.c.day == day)))
            .order_by(stops.c.id)
        )
        rows = list(self._connection.execute(query))
        found = [STOPS.from_row(row) for row in rows]
        tried = self._by_stop(ATTEMPTS, (attempts.c.at, attempts.c.seq), found)
        reached = self._by_stop(INTERVENTIONS, (interventions.c.at,), found)
        return [
            UnlabelledStop(stop, row.hub_id, row.promise_closes_at, tuple(tried[stop.id]), tuple(reached[stop.id]))
            for stop, row in zip(found, rows, strict=True)
        ]

    def add_interventions(self, news: Sequence[Intervention]) -> None:
        self._insert_all(interventions, [INTERVENTIONS.values(one) for one in news])

    def list_interventions(self, stop_id: StopId) -> list[Intervention]:
        query = INTERVENTIONS.select().where(interventions.c.stop_id == stop_id).order_by(interventions.c.at)
        return [INTERVENTIONS.from_row(row) for row in self._connection.execute(query)]

    def add_grades(self, news: Sequence[Grade]) -> None:
        self._insert_all(grades, [GRADES.values(grade) for grade in news])

    def prune_grades(self, before: datetime) -> int:
        """Forget grades whose outcome became known before then; how many there were."""
        old = grades.c.known_at < before
        # hub by hub and bucket by bucket: that is how they are indexed
        return sum(
            self._changed(delete(grades).where(grades.c.hub_id == hub_id, grades.c.lead_min == lead_min, old))
            for hub_id, lead_min in self.list_graded()
        )

    def list_graded(self) -> list[tuple[HubId, int]]:
        """Every hub and lead bucket that has grades."""
        query = select(grades.c.hub_id, grades.c.lead_min).distinct().order_by(grades.c.hub_id, grades.c.lead_min)
        return [(hub_id, lead_min) for hub_id, lead_min in self._connection.execute(query)]

    def list_grades(self, hub_id: HubId, lead_min: int, since: datetime, known_by: datetime, limit: int) -> list[Grade]:
        """The newest grades of a hub and bucket whose outcome became known after ``since`` and by ``known_by``."""
        query = (
            GRADES.select()
            .where(grades.c.hub_id == hub_id, grades.c.lead_min == lead_min)
            .where(grades.c.known_at > since, grades.c.known_at <= known_by)
            .order_by(grades.c.known_at.desc(), grades.c.stop_id)
            .limit(limit)
        )
        return [GRADES.from_row(row) for row in self._connection.execute(query)]

    def _by_stop(self, mapper: Mapper[Any], order: Sequence[Any], found: Sequence[Stop]) -> Mapping[StopId, list[Any]]:
        """The mapper's values that name one of the stops, grouped by it."""
        grouped: dict[StopId, list[Any]] = defaultdict(list)
        for some in chunks(stop.id for stop in found):
            query = mapper.select().where(mapper.table.c.stop_id.in_(some)).order_by(*order)
            for value in map(mapper.from_row, self._connection.execute(query)):
                grouped[value.stop_id].append(value)
        return grouped
