"""One route: its stops in driving order, each with its window, its forecast and the reasons for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.people.confirming import can_be_confirmed
from agent.trace import JsonObject, describe_stop
from agent.wording import describe_route_forecast
from api.console.fleet import RouteRow, make_route_row, was_on_time
from forestall.domain.cases import Case
from forestall.domain.ids import RouteId, StopId
from forestall.domain.instructions import Instruction
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
    can_be_confirmed: bool


def read_route_page(uow: UnitOfWork, route_id: RouteId, now: datetime) -> RoutePage:
    """The page of one route, as of ``now``.

    Raises:
        NotFound: there is no such route.
    """
    route = uow.state.get_route(route_id)
    snapshot = uow.state.load_snapshot(route.day, now, [route.hub_id])
    forecasts = uow.scores.latest(route_ids=[route_id])
    outlook = uow.scores.latest_of_route(route_id) if snapshot.open_stops(route_id) else None
    stops = snapshot.stops_by_route[route_id]
    return RoutePage(
        row=make_route_row(snapshot, route, forecasts),
        now=now,
        zone=snapshot.hubs[route.hub_id].time_zone,
        outlook=describe_route_forecast(outlook) if outlook else "",
        stops=[describe_stop(stop, forecasts.get(stop.id) if stop.status.is_open else None) for stop in stops],
        late=frozenset(stop.id for stop in stops if stop.finished_at is not None and not was_on_time(snapshot, stop)),
        waiting=next(reversed(uow.instructions.list_unconfirmed(route_id)), None),
        can_be_confirmed=can_be_confirmed(route),
        cases=[case for case in uow.cases.list_active(route.day) if route_id in case.route_ids],
    )
