"""One route: its stops in driving order, each with its window, its forecast and the reasons for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.people.confirming import can_be_confirmed
from agent.trace import JsonObject, describe_stop
from agent.wording import describe_route_forecast
from api.console.fleet import RouteRow, make_route_row, was_on_time
from forestall.domain.believed import find_silent
from forestall.domain.cases import Case
from forestall.domain.ids import RouteId, StopId
from forestall.domain.instructions import Instruction
from forestall.domain.routes import Stop
from forestall.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class RoutePage:
    row: RouteRow
    now: datetime
    zone: str
    outlook: str
    stops: Sequence[JsonObject]
    late: frozenset[StopId]
    cases: Sequence[Case]
    waiting: Instruction | None
    is_disbelieved: bool
    can_be_confirmed: bool
    movable: frozenset[StopId]


def read_route_page(uow: UnitOfWork, route_id: RouteId, now: datetime) -> RoutePage:
    """The page of one route, as of ``now``.

    Raises:
        NotFound: there is no such route.
    """
    route = uow.state.get_route(route_id)
    snapshot = uow.state.load_snapshot(route.day, now, [route.hub_id])
    forecasts = uow.scores.latest(route_ids=[route_id])
    outlook = uow.scores.latest_of_route(route_id) if snapshot.open_stops(route_id) else None
    stops = sorted(snapshot.stops_by_route[route_id], key=_as_driven)
    return RoutePage(
        row=make_route_row(snapshot, route, forecasts),
        now=now,
        zone=snapshot.hubs[route.hub_id].time_zone,
        outlook=describe_route_forecast(outlook) if outlook else "",
        stops=[describe_stop(stop, forecasts.get(stop.id) if stop.status.is_open else None) for stop in stops],
        late=frozenset(stop.id for stop in stops if stop.finished_at is not None and not was_on_time(snapshot, stop)),
        waiting=next(reversed(uow.instructions.list_unconfirmed(route_id)), None),
        is_disbelieved=route_id in find_silent(snapshot),
        can_be_confirmed=can_be_confirmed(route),
        movable=frozenset(stop.id for stop in stops if stop.status.is_open and not stop.status.is_committed),
        cases=[case for case in uow.cases.list_active(route.day) if route_id in case.route_ids],
    )


def _as_driven(stop: Stop) -> tuple[int, float, int]:
    """What is done in the order in which it was, then where the driver is now, then his list; last what fell away."""
    if stop.finished_at is not None:
        return 0, stop.finished_at.timestamp(), stop.sequence
    if stop.status.is_committed:
        return 1, 0.0, stop.sequence
    return (2 if stop.status.is_open else 3), 0.0, stop.sequence
