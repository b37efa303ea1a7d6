"""Vehicles that have left the way to their next stop, and go on leaving it."""

from collections.abc import Sequence
from datetime import timedelta

from agent.detectors.view import View
from forestall.domain.network import Location
from forestall.domain.routes import Position, Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, StopKind, StopStatus
from optimizer.geo import crow_fly_m
from optimizer.risk.heads import origin_of

TRAIL = timedelta(minutes=15)
# Off course for so long, by at least so many reports: receivers jump for one or two, and detours end.
_PERSISTS = timedelta(minutes=6)
_REPORTS = 3
# Roads wind, so being at a place may cost this much of the straight way more, and this much in any case.
_WINDING, _WINDING_M = 0.6, 1500.0
_NO_NEARER_M = 100.0


def list_suspects(snapshot: HubSnapshot) -> list[Route]:
    """The routes whose newest position is off their course: whose trail is worth a look."""
    return [
        route
        for route in snapshot.routes.values()
        if route.status is RouteStatus.UNDERWAY
        and (stop := _bound_for(snapshot, route)) is not None
        and (position := snapshot.positions.get(route.vehicle_id)) is not None
        and _is_on_this_leg(position, stop)
        and _is_off(position, _origin(snapshot, route), stop.location)
    ]


def is_off_course(view: View, route: Route) -> bool:
    """Whether the newest reports in a row were off the course, for a while, and came no nearer to the next stop."""
    stop = _bound_for(view.snapshot, route)
    trail = view.trails.get(route.vehicle_id, ())
    if stop is None or not trail:
        return False
    origin = _origin(view.snapshot, route)
    off = _last_in_a_row([p for p in trail if _is_on_this_leg(p, stop)], origin, stop.location)
    if len(off) < _REPORTS or off[-1].at - off[0].at < _PERSISTS:
        return False
    return _left_m(off[-1], stop.location) > _left_m(off[0], stop.location) - _NO_NEARER_M


def _last_in_a_row(trail: Sequence[Position], origin: Location, end: Location) -> list[Position]:
    """The newest reports that are all off the course, the earliest of them first."""
    found: list[Position] = []
    for position in reversed(trail):
        if not _is_off(position, origin, end):
            break
        found.append(position)
    return found[::-1]


def _bound_for(snapshot: HubSnapshot, route: Route) -> Stop | None:
    """The stop the vehicle is on its way to, where its place is sure: what is met may have moved."""
    stop = snapshot.committed_stop(route.id)
    return stop if stop is not None and stop.status is StopStatus.ENROUTE and stop.kind is StopKind.DELIVERY else None


def _origin(snapshot: HubSnapshot, route: Route) -> Location:
    return origin_of(snapshot, route.id, snapshot.hubs[route.hub_id].location)


def _is_on_this_leg(position: Position, stop: Stop) -> bool:
    return stop.departed_at is None or position.at > stop.departed_at


def _is_off(position: Position, origin: Location, end: Location) -> bool:
    whole_m = float(crow_fly_m(origin.lat, origin.lon, end.lat, end.lon))
    come_m = float(crow_fly_m(origin.lat, origin.lon, position.lat, position.lon))
    return come_m + _left_m(position, end) - whole_m > max(_WINDING * whole_m, _WINDING_M)


def _left_m(position: Position, end: Location) -> float:
    return float(crow_fly_m(position.lat, position.lon, end.lat, end.lon))
