"""Closed roads: one cause for all routes that have stops behind them."""

from collections.abc import Iterable

from agent.detectors.routes import is_abandoned, is_at_risk, own_stops
from agent.detectors.view import View, minutes
from forestall.domain.cases import Signal
from forestall.domain.hindrances import Closure
from forestall.domain.routes import Route
from forestall.domain.vocabulary import CaseKind, RouteStatus


def closures(view: View) -> Iterable[Signal]:
    """Each closure with the routes it puts at risk, their stops outside included: those wait behind the ones inside."""
    by_closure: dict[str, tuple[Closure, list[Route]]] = {}
    for route in view.routes(RouteStatus.PLANNED, RouteStatus.UNDERWAY):
        closure = _closure_in_the_way(view, route)
        if closure is None or route.is_on_standby or is_abandoned(view, route):
            continue
        if is_at_risk(view, route, _cause(closure)):
            by_closure.setdefault(closure.id, (closure, []))[1].append(route)
    for closure, routes in by_closure.values():
        yield view.signal_of(
            closure.hub_id,
            [route.id for route in routes],
            CaseKind.ROAD_CLOSURE,
            _cause(closure),
            [stop for route in routes for stop in own_stops(view, route)],
            closure=closure.id,
            minutes_left=minutes(closure.ends_at - view.now),
        )


def _cause(closure: Closure) -> str:
    return f"closure/{closure.hub_id}/{closure.id}"


def _closure_in_the_way(view: View, route: Route) -> Closure | None:
    """The closure that bars most of its stops."""
    barring = [c for stop in view.snapshot.open_stops(route.id) if (c := view.snapshot.closure_by_stop.get(stop.id))]
    return max(barring, key=lambda closure: (barring.count(closure), closure.id), default=None)
