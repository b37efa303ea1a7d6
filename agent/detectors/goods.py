"""Stops that nobody is going to drive: their carrier has withdrawn, nobody was called, or their goods are elsewhere."""

from collections.abc import Iterable

from agent.detectors.routes import is_abandoned, refusal
from agent.detectors.view import View
from forestall.domain.cases import Signal
from forestall.domain.handovers import list_misplaced
from forestall.domain.vocabulary import CaseKind, RouteStatus


def orders_without_plan(view: View) -> Iterable[Signal]:
    """Orders that came in during the day stand on a spare that nobody has called up."""
    for route in view.routes(RouteStatus.PLANNED):
        stops = view.snapshot.open_stops(route.id)
        if stops and route.is_on_standby:
            kind = refusal(view, route) or CaseKind.PRIORITY_INSERT
            yield view.signal(route, kind, f"new/{route.id}", stops)


def carriers_gone(view: View) -> Iterable[Signal]:
    """A carrier that has withdrawn: its routes that have not left need another one."""
    for route in view.routes(RouteStatus.PLANNED):
        stops = view.snapshot.open_stops(route.id)
        if stops and is_abandoned(view, route):
            kind = refusal(view, route) or CaseKind.CARRIER_CAPACITY
            yield view.signal(route, kind, f"carrier/{route.id}", stops)


def hand_overs_missed(view: View) -> Iterable[Signal]:
    """Stops that wait on a route for goods which another vehicle still has, and will not bring. Those of a broken
    route belong to its breakdown."""
    for route in view.routes(RouteStatus.PLANNED, RouteStatus.UNDERWAY):
        if stops := list_misplaced(view.snapshot, route.id):
            yield view.signal(route, CaseKind.HAND_OVER_MISSED, f"hand-over/{route.id}", stops)
