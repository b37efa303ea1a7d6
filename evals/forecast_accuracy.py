"""How right a day's forecasts were: every score beside what became of its stop, and beside a simple baseline.

A score counts while its question is open: the promise has not run out and the service has not begun. Late means as in
the forecast: begun after the promise's end, or never. Orders their customer called off are left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.ledger import Ledger
from evals.watching import WatchedDay
from forestall.domain.forecast import Forecast, StopForecast
from forestall.domain.ids import StopId
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, StopKind
from optimizer.risk.learned import metrics
from optimizer.travel import TravelTimes

Floats = NDArray[np.float64]

LEADS_MIN = (0, 20, 45, 90, 180, 24 * 60)


@dataclass(frozen=True, slots=True)
class Scored:
    """n scores as columns. ``lead_s`` is from scoring to the median ETA; ``covered``: the service began within the
    10 to 90 % interval, NaN where it never began; ``carried`` is 1 where the present delay, carried on, ends late."""

    p_late: Floats
    p_miss: Floats
    late: NDArray[np.bool_]
    missed: NDArray[np.bool_]
    lead_s: Floats
    at_hub: NDArray[np.bool_]
    covered: Floats
    carried: Floats

    def where(self, mask: NDArray[np.bool_]) -> "Scored":
        """The scores that ``mask`` chooses."""
        return Scored(*(getattr(self, field.name)[mask] for field in fields(self)))


def score_day(day: WatchedDay) -> Scored:
    """Every open score of a watched day."""
    rows = [row for picture in day.pictures for row in _rows(picture.snapshot, picture.travel, picture.forecast, day)]
    return _columns(rows)


def join(days: Iterable[Scored]) -> Scored:
    """The scores of several days as one table."""
    tables = list(days)
    return Scored(*(np.concatenate([getattr(table, field.name) for table in tables]) for field in fields(Scored)))


def _columns(rows: Sequence[tuple[float, ...]]) -> Scored:
    names = [field.name for field in fields(Scored)]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(names))
    flags = {"late", "missed", "at_hub"}
    columns: dict[str, Any] = {
        name: table[:, i].astype(bool) if name in flags else table[:, i] for i, name in enumerate(names)
    }
    return Scored(**columns)


def _rows(
    snapshot: HubSnapshot, travel: TravelTimes, forecast: Forecast, day: WatchedDay
) -> Iterator[tuple[float, ...]]:
    carried = carried_starts(snapshot, travel)
    for stop_id, score in forecast.stops.items():
        stop = snapshot.stops[stop_id]
        order = snapshot.orders.get(stop.order_id) if stop.order_id is not None else None
        if stop.kind is not StopKind.DELIVERY or order is None or order.id in day.ledger.called_off:
            continue
        closes_at = order.promise.closes_at.timestamp()
        begun = _begun_at(day.ledger, stop_id)
        now = snapshot.taken_at.timestamp()
        if closes_at < now or (begun is not None and begun <= now):
            continue
        visit = day.ledger.visits.get(stop_id)
        late = begun is None or begun > closes_at
        missed = late or (visit is not None and visit.failed)
        at_hub = snapshot.routes[stop.route_id].status is RouteStatus.PLANNED
        expected = carried.get(stop_id)
        yield (
            score.p_late, score.p_miss, late, missed, score.eta_p50.timestamp() - now, at_hub,
            _covered(score, begun), expected is None or expected > closes_at,
        )  # fmt: skip


def _begun_at(ledger: Ledger, stop_id: StopId) -> float | None:
    visit = ledger.visits.get(stop_id)
    return visit.started_at if visit is not None else None


def _covered(score: StopForecast, begun: float | None) -> float:
    """Whether the interval held what came, to the second in which events are told."""
    if begun is None:
        return float("nan")
    return float(score.eta_p10.timestamp() - 1.0 <= begun <= score.eta_p90.timestamp() + 1.0)


# the baseline


def carried_starts(snapshot: HubSnapshot, travel: TravelTimes) -> dict[StopId, float]:
    """When each open stop would begin (Unix seconds) were its route's present delay to stay as it is.

    The delay is that of the last thing reported beside the plan at expected times; stops of a broken vehicle are
    absent: they will not be done.
    """
    starts: dict[StopId, float] = {}
    for route in snapshot.routes.values():
        stops = list(snapshot.stops_by_route[route.id])
        if not stops or route.status in (RouteStatus.BROKEN, RouteStatus.FINISHED):
            continue
        planned = _planned_starts(snapshot, travel, route, stops)
        delay_s = _present_delay_s(snapshot, route, stops, planned)
        starts.update({stop.id: planned[stop.id] + delay_s for stop in stops if stop.status.is_open})
    return starts


def _planned_starts(
    snapshot: HubSnapshot, travel: TravelTimes, route: Route, stops: Sequence[Stop]
) -> dict[StopId, float]:
    places = [snapshot.hubs[route.hub_id].location, *(stop.location for stop in stops)]
    durations = travel.durations_s(places)
    now, starts = route.departs_at.timestamp(), {}
    for i, stop in enumerate(stops):
        start = max(now + float(durations[i, i + 1]), stop.window.opens_at.timestamp())
        starts[stop.id], now = start, start + stop.service_s
    return starts


def _present_delay_s(
    snapshot: HubSnapshot, route: Route, stops: Sequence[Stop], planned: Mapping[StopId, float]
) -> float:
    if route.status is RouteStatus.PLANNED:
        known = max(snapshot.taken_at, route.departs_at, route.load_ready_at or route.departs_at)
        return (known - route.departs_at).total_seconds()
    reached = [stop for stop in stops if stop.arrived_at is not None]
    if not reached:
        return ((route.departed_at or route.departs_at) - route.departs_at).total_seconds()
    last = max(reached, key=lambda stop: (stop.arrived_at, stop.sequence))
    assert last.arrived_at is not None
    begun = max(last.arrived_at.timestamp(), last.window.opens_at.timestamp())
    return begun - planned[last.id]


# the report


def report(scored: Scored) -> dict[str, dict[str, object]]:
    """AUC, Brier skill, ECE and coverage, overall and by lead bucket and route state, beside the baseline."""
    parts: dict[str, NDArray[np.bool_]] = {"all": np.ones(scored.late.size, dtype=bool)}
    parts |= {"at_hub": scored.at_hub, "under_way": ~scored.at_hub}
    for low, high in pairwise(LEADS_MIN):
        parts[f"{low}-{high}"] = (scored.lead_s >= low * 60) & (scored.lead_s < high * 60)
    return {name: _describe(scored.where(mask)) for name, mask in parts.items() if mask.any()}


def _describe(part: Scored) -> dict[str, object]:
    known = ~np.isnan(part.covered)
    return {
        "n": int(part.late.size),
        "late_rate": round(float(part.late.mean()), 4),
        "p_late": round(float(part.p_late.mean()), 4),
        **_measures(part.p_late, part.late),
        "miss_ece": _measures(part.p_miss, part.missed)["ece"],
        "coverage_80": _rounded(float(part.covered[known].mean())) if known.any() else None,
        "carry_over": _measures(part.carried, part.late),
    }


def _measures(p: Floats, outcome: NDArray[np.bool_]) -> dict[str, float | None]:
    judged = metrics(p, outcome)
    return {name: _rounded(getattr(judged, name)) for name in ("auc", "brier_skill", "ece")}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
