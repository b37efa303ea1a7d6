"""Scores: every forecast of every stop and route, kept so that outcomes can label them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, insert, select

from forestall.domain.forecast import Forecast, HubForecast, RouteForecast, StopForecast
from forestall.domain.ids import HubId, RouteId, StopId
from forestall.store.mappers import ROUTE_SCORES, SCORES
from forestall.store.repository import Repository
from forestall.store.rowwriting import RowWriter
from forestall.store.tables import forecasts, route_scores, routes, scores, stops

_RECENT = 200  # forecasts: hub groups are swept in turn, so a hub that is watched is among them


class Scores(Repository):
    def add(self, forecast: Forecast) -> None:
        """Keep a forecast whole: its model, snapshot, seed and hubs once, and a row for each stop and route."""
        head = {name: getattr(forecast, name) for name in ("snapshot_id", "taken_at", "model", "seed", "samples")}
        head["hubs"] = tuple(forecast.hubs.values())
        seq = self._connection.execute(insert(forecasts).values(head).returning(forecasts.c.seq)).scalar_one()
        dialect, beside = self._connection.dialect, ["forecast_seq"]
        RowWriter(SCORES, dialect, beside).insert(self._connection, list(forecast.stops.values()), seq)
        RowWriter(ROUTE_SCORES, dialect, beside).insert(self._connection, list(forecast.routes.values()), seq)

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

    def latest_of_route(self, route_id: RouteId) -> RouteForecast | None:
        """The newest forecast of a route; None when it has never been forecast with anything left to do."""
        query = ROUTE_SCORES.select().where(route_scores.c.route_id == route_id)
        row = self._connection.execute(query.order_by(route_scores.c.forecast_seq.desc()).limit(1)).first()
        return None if row is None else ROUTE_SCORES.from_row(row)

    def latest_of_hub(self, hub_id: HubId) -> HubForecast | None:
        """What the newest forecast that looked at a hub says of it; None when none has."""
        newest = select(forecasts.c.hubs).where(forecasts.c.hubs.is_not(None)).order_by(forecasts.c.seq.desc())
        for (hubs,) in self._connection.execute(newest.limit(_RECENT)):
            for hub in hubs:
                if hub.hub_id == hub_id:
                    return cast(HubForecast, hub)
        return None

    def list_for_stop(self, stop_id: StopId) -> list[StopForecast]:
        """All that was ever forecast of one stop, the first one first."""
        query = SCORES.select().where(scores.c.stop_id == stop_id).order_by(scores.c.forecast_seq)
        return [SCORES.from_row(row) for row in self._connection.execute(query)]

    def first_at_least(self, p_late: float) -> dict[StopId, datetime]:
        """When each stop's P(late) was first that high; stops that never were are absent."""
        first = func.min(forecasts.c.taken_at)
        query = select(scores.c.stop_id, first).join(forecasts, forecasts.c.seq == scores.c.forecast_seq)
        rows = self._connection.execute(query.where(scores.c.p_late >= p_late).group_by(scores.c.stop_id))
        return {StopId(stop_id): taken_at for stop_id, taken_at in sorted(rows)}


def _is_newest() -> Any:
    later = scores.alias("later")
    newest = select(func.max(later.c.forecast_seq)).where(later.c.stop_id == stops.c.id).correlate(stops)
    return scores.c.forecast_seq == newest.scalar_subquery()
