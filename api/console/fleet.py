"""How the routes and hubs of a day stand: done, on time so far, and what the forecast expects of the rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent import wording
from forestall.domain.forecast import StopForecast
from forestall.domain.ids import HubId, StopId
from forestall.domain.network import Hub
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, StopKind, StopStatus

Forecasts = Mapping[StopId, StopForecast]

# Vehicles report every few seconds; one that has not for a quarter of an hour is out of sight.
_STALE_AFTER = timedelta(minutes=15)
# Expected late stops from which a route is shown as behind: about as likely as not to break a promise.
_BEHIND_FROM = 0.5


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route in a list. ``expected_late`` is the sum of P(late) over its open deliveries."""

    route: Route
    carrier_name: str
    driver_name: str
    stops_total: int
    stops_done: int
    next_stop: Stop | None
    expected_late: float
    worst_p_late: float
    seen_at: datetime | None
    is_stale: bool

    @property
    def status(self) -> str:
        return wording.ROUTE_STATUSES[self.route.status]

    @property
    def is_behind(self) -> bool:
        return self.expected_late >= _BEHIND_FROM or self.route.status is RouteStatus.BROKEN


@dataclass(frozen=True, slots=True)
class HubStanding:
    """A hub's deliveries. ``on_time`` is the share forecast to keep its window, those done counted as they went."""

    hub: Hub
    stops_total: int
    stops_done: int
    on_time: float | None
    routes_behind: int
    vehicles_stale: int


def list_route_rows(snapshot: HubSnapshot, forecasts: Forecasts) -> list[RouteRow]:
    """Every route, those that lose most first."""
    rows = [make_route_row(snapshot, route, forecasts) for route in snapshot.routes.values()]
    return sorted(rows, key=lambda row: (-row.expected_late, row.route.id))


def make_route_row(snapshot: HubSnapshot, route: Route, forecasts: Forecasts) -> RouteRow:
    """One route as it stands now."""
    stops = _deliveries(snapshot.stops_by_route[route.id])
    open_stops = [stop for stop in stops if stop.status.is_open]
    told = [forecasts[stop.id] for stop in open_stops if stop.id in forecasts]
    position = snapshot.positions.get(route.vehicle_id)
    driver = None if route.driver_id is None else snapshot.drivers.get(route.driver_id)
    underway = route.status is RouteStatus.UNDERWAY
    return RouteRow(
        route=route,
        carrier_name=snapshot.carrier_of(route).name,
        driver_name="" if driver is None else (driver.name or driver.id),
        stops_total=len(stops),
        stops_done=len(stops) - len(open_stops),
        next_stop=next(iter(snapshot.open_stops(route.id)), None),
        expected_late=sum(forecast.p_late for forecast in told),
        worst_p_late=max((forecast.p_late for forecast in told), default=0.0),
        seen_at=None if position is None else position.at,
        is_stale=underway and (position is None or snapshot.taken_at - position.at > _STALE_AFTER),
    )


def list_hub_standings(snapshot: HubSnapshot, rows: Iterable[RouteRow], forecasts: Forecasts) -> list[HubStanding]:
    """One strip per hub."""
    by_hub: dict[HubId, list[RouteRow]] = {hub_id: [] for hub_id in snapshot.hubs}
    for row in rows:
        by_hub[row.route.hub_id].append(row)
    return [_standing(snapshot, hub, by_hub[hub.id], forecasts) for hub in snapshot.hubs.values()]


def _standing(snapshot: HubSnapshot, hub: Hub, rows: list[RouteRow], forecasts: Forecasts) -> HubStanding:
    stops = [stop for row in rows for stop in _deliveries(snapshot.stops_by_route[row.route.id])]
    shares = [_share_on_time(snapshot, stop, forecasts) for stop in stops]
    return HubStanding(
        hub=hub,
        stops_total=len(stops),
        stops_done=sum(not stop.status.is_open for stop in stops),
        on_time=sum(shares) / len(shares) if shares else None,
        routes_behind=sum(row.is_behind for row in rows),
        vehicles_stale=sum(row.is_stale for row in rows),
    )


def _share_on_time(snapshot: HubSnapshot, stop: Stop, forecasts: Forecasts) -> float:
    if stop.status.is_open:
        return 1 - forecasts[stop.id].p_late if stop.id in forecasts else 1.0
    return float(was_on_time(snapshot, stop))


def was_on_time(snapshot: HubSnapshot, stop: Stop) -> bool:
    """Whether a finished delivery kept its promise: delivered, and service began inside the window promised."""
    if stop.status is not StopStatus.COMPLETED or stop.arrived_at is None:
        return False
    order = None if stop.order_id is None else snapshot.orders.get(stop.order_id)
    promise = stop.window if order is None else order.promise
    return max(stop.arrived_at, stop.window.opens_at) <= promise.closes_at


def _deliveries(stops: Iterable[Stop]) -> list[Stop]:
    """What was promised to somebody: neither hand-overs nor what the customer called off."""
    return [stop for stop in stops if stop.kind is StopKind.DELIVERY and stop.status is not StopStatus.CANCELLED]
