"""Detectors: pure functions that look at a snapshot and its forecast and name root causes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from forestall.domain.cases import Signal
from forestall.domain.forecast import Forecast, StopForecast
from forestall.domain.handovers import list_misplaced
from forestall.domain.ids import RouteId
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CaseKind, RouteStatus, StopStatus, TenderStatus

LATE_LOAD = timedelta(minutes=10)
LATE_DEPARTURE = timedelta(minutes=10)
PROLONGED_STOP = timedelta(minutes=25)
SIGNAL_LOST = timedelta(minutes=30)
_KIND_OF_REFUSAL = {
    TenderStatus.DECLINED: CaseKind.TENDER_DECLINED,
    TenderStatus.SILENT: CaseKind.CARRIER_SILENT,
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """``route_risk``: expected missed promises of one route (no-shows apart) from which it is worth a case."""

    route_risk: float = 0.30


def detect(snapshot: HubSnapshot, forecast: Forecast, thresholds: Thresholds) -> list[Signal]:
    """All signals of a snapshot, at most one per root cause, worst first."""
    signals = [signal for detector in _DETECTORS for signal in detector(snapshot, forecast, thresholds)]
    return sorted(signals, key=lambda signal: (-signal.severity, signal.fingerprint))


def _breakdowns(snapshot: HubSnapshot, forecast: Forecast, _: Thresholds) -> Iterable[Signal]:
    for route in _routes(snapshot, RouteStatus.BROKEN):
        if stops := snapshot.open_stops(route.id):
            yield _signal(
                snapshot, forecast, route, CaseKind.VEHICLE_BREAKDOWN, f"breakdown/{route.vehicle_id}", stops,
                minutes_since=_minutes(snapshot.taken_at - (route.broken_at or snapshot.taken_at)),
            )  # fmt: skip


def _delays(snapshot: HubSnapshot, forecast: Forecast, thresholds: Thresholds) -> Iterable[Signal]:
    """A route that will break promises, whatever delays it; the kind names the cause as far as it can be told."""
    for route in _routes(snapshot, RouteStatus.PLANNED, RouteStatus.UNDERWAY):
        astray = {stop.id for stop in list_misplaced(snapshot, route.id)}  # a cause of its own
        stops = [s for s in snapshot.open_stops(route.id) if s.id in forecast.stops and s.id not in astray]
        risk = sum(forecast.stops[stop.id].p_late for stop in stops)
        if risk < thresholds.route_risk or not stops or route.is_on_standby or _is_abandoned(snapshot, route):
            continue
        kind, minutes = _cause_of_delay(snapshot, route)
        kind = _refusal(snapshot, route) or kind
        yield _signal(snapshot, forecast, route, kind, f"delay/{route.id}", stops, minutes_late=minutes)


def _cause_of_delay(snapshot: HubSnapshot, route: Route) -> tuple[CaseKind, float]:
    """The observed cause, and the minutes it has cost so far; WINDOW_MISS_RISK when it is the forecast alone."""
    now = snapshot.taken_at
    if route.status is RouteStatus.PLANNED:
        load_late = (route.load_ready_at or route.departs_at) - route.departs_at
        if load_late >= LATE_LOAD:
            return CaseKind.HUB_NOT_READY, _minutes(load_late)
        if now - route.departs_at >= LATE_DEPARTURE:
            return CaseKind.LATE_DEPARTURE, _minutes(now - route.departs_at)
        return CaseKind.WINDOW_MISS_RISK, 0.0
    position = snapshot.positions.get(route.vehicle_id)
    if position is not None and now - position.at >= SIGNAL_LOST:
        return CaseKind.SIGNAL_LOST, _minutes(now - position.at)
    stop = snapshot.committed_stop(route.id)
    if stop is not None and stop.arrived_at is not None:
        over = now - max(stop.arrived_at, stop.window.opens_at) - timedelta(seconds=stop.service_s)
        if over >= PROLONGED_STOP:
            return CaseKind.PROLONGED_STOP, _minutes(over)
    return CaseKind.WINDOW_MISS_RISK, 0.0


def _is_abandoned(snapshot: HubSnapshot, route: Route) -> bool:
    """Whether nobody will drive it: a cause of its own, beside which its being late says nothing."""
    return route.status is RouteStatus.PLANNED and not snapshot.carrier_of(route).active


def _refusal(snapshot: HubSnapshot, route: Route) -> CaseKind | None:
    """What the carrier that was asked last made of it, where it left the stops on a route that is still at its hub."""
    if route.status is not RouteStatus.PLANNED:
        return None
    stops = {stop.id for stop in snapshot.open_stops(route.id)}
    asked = [tender for tender in snapshot.tenders if not stops.isdisjoint(tender.stop_ids)]
    last = max(asked, key=lambda tender: (tender.made_at, tender.id), default=None)
    return None if last is None else _KIND_OF_REFUSAL.get(last.status)


def _orders_without_plan(snapshot: HubSnapshot, forecast: Forecast, _: Thresholds) -> Iterable[Signal]:
    """Orders that came in during the day stand on a spare that nobody has called up."""
    for route in _routes(snapshot, RouteStatus.PLANNED):
        stops = snapshot.open_stops(route.id)
        if stops and route.is_on_standby:
            kind = _refusal(snapshot, route) or CaseKind.PRIORITY_INSERT
            yield _signal(snapshot, forecast, route, kind, f"new/{route.id}", stops)


def _carriers_gone(snapshot: HubSnapshot, forecast: Forecast, _: Thresholds) -> Iterable[Signal]:
    """A carrier that has withdrawn: its routes that have not left need another one."""
    for route in _routes(snapshot, RouteStatus.PLANNED):
        stops = snapshot.open_stops(route.id)
        if stops and _is_abandoned(snapshot, route):
            kind = _refusal(snapshot, route) or CaseKind.CARRIER_CAPACITY
            yield _signal(snapshot, forecast, route, kind, f"carrier/{route.id}", stops)


def _hand_overs_missed(snapshot: HubSnapshot, forecast: Forecast, _: Thresholds) -> Iterable[Signal]:
    """Stops that wait on a route for goods which another vehicle still has, and will not bring."""
    for route in _routes(snapshot, RouteStatus.PLANNED, RouteStatus.UNDERWAY, RouteStatus.BROKEN):
        if stops := list_misplaced(snapshot, route.id):
            kind = CaseKind.HAND_OVER_MISSED
            yield _signal(snapshot, forecast, route, kind, f"hand-over/{route.id}", stops)


_DETECTORS: Sequence[Callable[[HubSnapshot, Forecast, Thresholds], Iterable[Signal]]] = (
    _breakdowns,
    _delays,
    _carriers_gone,
    _orders_without_plan,
    _hand_overs_missed,
)


def _routes(snapshot: HubSnapshot, *statuses: RouteStatus) -> list[Route]:
    return [route for route in snapshot.routes.values() if route.status in statuses]


def _signal(
    snapshot: HubSnapshot,
    forecast: Forecast,
    route: Route,
    kind: CaseKind,
    cause: str,
    stops: Sequence[Stop],
    **evidence: float,
) -> Signal:
    at_risk = [stop for stop in stops if _p_late(forecast.stops.get(stop.id), stop) >= 0.05]
    return Signal(
        fingerprint=f"{snapshot.day}/{cause}",
        kind=kind,
        hub_id=route.hub_id,
        route_ids=(RouteId(route.id),),
        stop_ids=tuple(stop.id for stop in (at_risk or stops)),
        severity=round(sum(_p_late(forecast.stops.get(stop.id), stop) for stop in stops), 4),
        evidence=evidence,
    )


def _p_late(score: StopForecast | None, stop: Stop) -> float:
    """A stop nobody can score any more (its vehicle is gone) counts as missed."""
    if score is not None:
        return score.p_late
    return 0.0 if stop.status is StopStatus.COMPLETED else 1.0


def _minutes(span: timedelta) -> float:
    return round(span.total_seconds() / 60, 1)
