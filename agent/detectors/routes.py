"""Routes that will break promises, whatever delays them; a signal's kind names the cause as far as it can be told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from agent.detectors.course import is_off_course
from agent.detectors.view import View, minutes
from forestall.domain.cases import Signal
from forestall.domain.handovers import list_misplaced
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import CaseKind, RouteStatus, StopStatus, TenderStatus
from optimizer.geo import crow_fly_m

LATE_LOAD = timedelta(minutes=10)
LATE_DEPARTURE = timedelta(minutes=10)
PROLONGED_STOP = timedelta(minutes=25)
# A vehicle that has stood this long between two stops is held up; lights, fuel and a coffee are over by then.
STANDS_STILL = timedelta(minutes=15)
SIGNAL_LOST = timedelta(minutes=30)
_AT_ITS_STOP_M = 200.0  # so near it is parking or looking for the door
_KIND_OF_REFUSAL = {
    TenderStatus.DECLINED: CaseKind.TENDER_DECLINED,
    TenderStatus.SILENT: CaseKind.CARRIER_SILENT,
}


def breakdowns(view: View) -> Iterable[Signal]:
    """Vehicles that can't go on, with goods aboard that somebody waits for."""
    for route in view.routes(RouteStatus.BROKEN):
        if stops := view.snapshot.open_stops(route.id):
            since = view.now - (route.broken_at or view.now)
            cause = f"breakdown/{route.vehicle_id}"
            yield view.signal(route, CaseKind.VEHICLE_BREAKDOWN, cause, stops, minutes_since=minutes(since))


def delays(view: View) -> Iterable[Signal]:
    """At most one for each route; those that a closed road holds up belong to it (``closures``)."""
    for route in view.routes(RouteStatus.PLANNED, RouteStatus.UNDERWAY):
        stops = own_stops(view, route)
        if not stops or route.is_on_standby or is_abandoned(view, route) or is_barred(view, route):
            continue
        kind, late = _cause(view, route)
        cause = f"delay/{route.id}"
        if is_at_risk(view, route, cause) or kind is CaseKind.ROUTE_DEVIATION:
            kind = refusal(view, route) or kind
            main = main_cause(view, stops)
            yield view.signal(route, kind, cause, stops, minutes_late=late, main_cause=main)
        elif (p := p_overrun(view, route)) and view.passes(p, view.thresholds.overrun, cause):
            yield view.signal(route, CaseKind.SHIFT_OVERRUN_RISK, cause, stops, p_overrun=round(p, 3))


def own_stops(view: View, route: Route) -> list[Stop]:
    """The open stops the route may bring: those that wait for goods which will not come have a cause of their own."""
    astray = {stop.id for stop in list_misplaced(view.snapshot, route.id)}
    open_stops = view.snapshot.open_stops(route.id)
    return [stop for stop in open_stops if stop.id in view.forecast.stops and stop.id not in astray]


def is_at_risk(view: View, route: Route, cause: str) -> bool:
    risk = sum(view.p_late(stop) for stop in own_stops(view, route))
    return view.passes(risk, view.thresholds.route_risk, cause)


def is_barred(view: View, route: Route) -> bool:
    """Whether a closed road keeps it from one of its stops."""
    return any(stop.id in view.snapshot.closure_by_stop for stop in view.snapshot.open_stops(route.id))


def is_abandoned(view: View, route: Route) -> bool:
    """Whether its carrier has withdrawn: a cause of its own, beside which its being late says nothing."""
    return route.status is RouteStatus.PLANNED and not view.snapshot.carrier_of(route).active


def p_overrun(view: View, route: Route) -> float:
    """P(the driver is back after the shift, or over the hours of service)."""
    score = view.forecast.routes.get(route.id)
    return 0.0 if score is None else max(score.p_shift_overrun, score.p_hours_breach)


def refusal(view: View, route: Route) -> CaseKind | None:
    """What the carrier that was asked last made of it, where it left the stops on a route that is still at its hub."""
    if route.status is not RouteStatus.PLANNED:
        return None
    stops = {stop.id for stop in view.snapshot.open_stops(route.id)}
    asked = [tender for tender in view.snapshot.tenders if not stops.isdisjoint(tender.stop_ids)]
    last = max(asked, key=lambda tender: (tender.made_at, tender.id), default=None)
    return None if last is None else _KIND_OF_REFUSAL.get(last.status)


def main_cause(view: View, stops: Sequence[Stop]) -> str:
    """What adds most to the risk of these stops, by the forecast's reasons; empty where it gives none."""
    shares: dict[str, float] = defaultdict(float)
    for stop in stops:
        for reason in view.forecast.stops[stop.id].reasons:
            shares[reason.cause] += reason.p_late
    return max(sorted(shares), key=lambda cause: shares[cause], default="")


def _cause(view: View, route: Route) -> tuple[CaseKind, float]:
    """The observed cause, and the minutes it has cost so far; WINDOW_MISS_RISK when it is the forecast alone."""
    found = _cause_at_hub(view, route) if route.status is RouteStatus.PLANNED else _cause_on_the_road(view, route)
    return found or (CaseKind.WINDOW_MISS_RISK, 0.0)


def _cause_at_hub(view: View, route: Route) -> tuple[CaseKind, float] | None:
    absence = view.snapshot.find_absence(route)
    if absence is not None and (absence.until is None or absence.until - route.departs_at >= LATE_DEPARTURE):
        return CaseKind.DRIVER_UNAVAILABLE, minutes((absence.until or view.now) - route.departs_at)
    load_late = (route.load_ready_at or route.departs_at) - route.departs_at
    if load_late >= LATE_LOAD:
        return CaseKind.HUB_NOT_READY, minutes(load_late)
    if view.now - route.departs_at >= LATE_DEPARTURE:
        return CaseKind.LATE_DEPARTURE, minutes(view.now - route.departs_at)
    return None


def _cause_on_the_road(view: View, route: Route) -> tuple[CaseKind, float] | None:
    position = view.snapshot.positions.get(route.vehicle_id)
    if position is not None and view.now - position.at >= SIGNAL_LOST:
        return CaseKind.SIGNAL_LOST, minutes(view.now - position.at)
    if is_off_course(view, route):
        return CaseKind.ROUTE_DEVIATION, 0.0
    stop = view.snapshot.committed_stop(route.id)
    if stop is not None and stop.arrived_at is not None:
        over = view.now - max(stop.arrived_at, view.snapshot.opens_at(stop)) - timedelta(seconds=stop.service_s)
        return (CaseKind.PROLONGED_STOP, minutes(over)) if over >= PROLONGED_STOP else None
    stood = _stood_between_stops(view, route, stop)
    return (CaseKind.PROLONGED_STOP, minutes(stood)) if stood >= STANDS_STILL else None


def _stood_between_stops(view: View, route: Route, stop: Stop | None) -> timedelta:
    """How long a vehicle that is on its way has not moved, by its newest report; 0 where it is at its stop."""
    position = view.snapshot.positions.get(route.vehicle_id)
    if position is None or position.standing_since is None or stop is None or stop.status is not StopStatus.ENROUTE:
        return timedelta()
    left_m = crow_fly_m(position.lat, position.lon, stop.location.lat, stop.location.lon)
    since = max(position.standing_since, stop.departed_at or position.standing_since)
    return position.at - since if left_m > _AT_ITS_STOP_M else timedelta()
