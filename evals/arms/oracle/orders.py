"""From the search's sequences to what drivers are told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from evals.arms.oracle.picture import Picture
from evals.arms.oracle.rehearsal import Payload
from forestall.domain.ids import PackageId, RouteId, StopId, VehicleId
from forestall.domain.network import Location
from forestall.domain.orders import Window
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import StopKind
from optimizer.repair.meetings import HAND_OVER_PER_PACKAGE_S, HAND_OVER_S
from tools.rendering import driver_payload

_ALL_DAY = timedelta(days=1)


def write_orders(
    plan: DayPlan, picture: Picture, lists: Sequence[Sequence[int]], versions: Mapping[RouteId, int], now: float
) -> list[Payload]:
    """A message for every driver whose list is another one than before; who gives stops away is told first."""
    routes = {route.id: route for route in plan.routes}
    told = []
    for van, rows in enumerate(lists):
        if tuple(rows) != picture.lists[van] or _fetches(picture, rows):
            route = routes[picture.vans[van]]
            gains = bool(set(rows) - set(picture.lists[van]))
            told.append((gains, route.id, _payload(plan, picture, route, rows, versions[route.id] + 1, now)))
    return [payload for _, _, payload in sorted(told, key=lambda entry: entry[:2])]


def _fetches(picture: Picture, rows: Iterable[int]) -> bool:
    return any(picture.tables.wreck[row] >= 0 for row in rows)


def _payload(plan: DayPlan, picture: Picture, route: Route, rows: Sequence[int], version: int, now: float) -> Payload:
    stops: list[Stop] = []
    fetched: set[int] = set()
    for at, row in enumerate(rows):
        wreck = int(picture.tables.wreck[row])
        if wreck >= 0 and wreck not in fetched:
            fetched.add(wreck)
            goods = [r for r in rows[at:] if picture.tables.wreck[r] == wreck]
            stops.append(_meeting(plan, picture, route, picture.wrecks[wreck], goods, version, now))
        stops.append(picture.stops[row])
    return driver_payload(replace(route, plan_version=version), stops)


def _meeting(
    plan: DayPlan, picture: Picture, route: Route, giver: VehicleId, rows: Iterable[int], version: int, now: float
) -> Stop:
    orders = {picture.stops[row].order_id for row in rows}
    packages: list[PackageId] = [package.id for package in plan.packages if package.order_id in orders]
    at = datetime.fromtimestamp(now, UTC)
    return Stop(
        id=StopId(f"O-{giver}-{route.id}-{version}"),
        route_id=route.id,
        sequence=0,
        location=Location(picture.stops[0].location.id, 0.0, 0.0),
        window=Window(at, at + _ALL_DAY),
        service_s=HAND_OVER_S + HAND_OVER_PER_PACKAGE_S * len(packages),
        kind=StopKind.TRANSFER,
        package_ids=tuple(packages),
        transfer_from=giver,
    )
