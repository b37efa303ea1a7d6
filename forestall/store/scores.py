"""Scores: every forecast of every stop, kept so that outcomes can label them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, insert, select

from forestall.domain.forecast import Forecast, StopForecast
from forestall.domain.ids import RouteId, StopId
from forestall.store.mappers import SCORES
from forestall.store.repository import Repository
from forestall.store.tables import forecasts, routes, scores, stops


class Scores(Repository):
    def add(self, forecast: Forecast) -> None:
        """Keep a forecast whole: its model, snapshot and seed once, and a row for each stop."""
        head = {name: getattr(forecast, name) for name in ("snapshot_id", "taken_at", "model", "seed", "samples")}
        seq = self._connection.execute(insert(forecasts).values(head).returning(forecasts.c.seq)).scalar_one()
        self._insert_all(scores, [SCORES.values(stop, forecast_seq=seq) for stop in forecast.stops.values()])

    def latest(
        self, day: str | None = None, route_ids: Collection[RouteId] | None = None
    ) -> dict[StopId, StopForecast]:
        """The newest score of each stop now on the day's routes, or on ``route_ids``; unscored stops are absent."""
        query = SCORES.select().join(stops, stops.c.id == scores.c.stop_id).where(_is_newest())
        if day is not None:
            query = query.join(routes, routes.c.id == stops.c.route_id).where(routes.c.day == day)
        if route_ids is not None:
            query = query.where(stops.c.route_id.in_(route_ids))
        found = [SCORES.from_row(row) for row in self._connection.execute(query)]
        return {score.stop_id: score for score in sorted(found, key=lambda score: score.stop_id)}

    def list_for_stop(self, stop_id: StopId) -> list[StopForecast]:
        """All that was ever forecast of one stop, the first one first."""
        query = SCORES.select().where(scores.c.stop_id == stop_id).order_by(scores.c.forecast_seq)
        return [SCORES.from_row(row) for row in self._connection.execute(query)]


def _is_newest() -> Any:
    later = scores.alias("later")
    newest = select(func.max(later.c.forecast_seq)).where(later.c.stop_id == stops.c.id).correlate(stops)
    return scores.c.forecast_seq == newest.scalar_subquery()
