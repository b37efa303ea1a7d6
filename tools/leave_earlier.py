"""leave-earlier: what a route that is still at its hub would gain by setting out sooner, which is slack for all of it.

The first plan and its departures are the operator's. So this is advice, judged like any plan and shown to people, and
becomes a plan that may be carried out only as far as a setting allows (``Situation.earlier_departure``).
"""

from datetime import datetime, timedelta

from forestall.domain.actions import Action, Candidate, RouteChange
from forestall.domain.ids import CandidateId
from forestall.domain.replan import free_stops
from forestall.domain.routes import Route
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, RouteStatus, Tool
from tools.situation import Offer, Situation, decline, identified

STEPS = (timedelta(minutes=15), timedelta(minutes=30))
NOTICE = timedelta(minutes=30)
"""A driver who is told later than this before the new departure may not be there yet."""


def propose(situation: Situation) -> Offer:
    """The case's routes that can still leave earlier, by each step; as advice, where that is more than is allowed."""
    candidates = []
    for step in STEPS:
        routes = [route for route in _waiting(situation) if _can_leave_at(situation.snapshot, route, step)]
        if routes:
            candidates.append(_candidate(situation, routes, step))
    if not candidates:
        return decline(Tool.REROUTE, "leave_earlier.cannot")
    return Offer(tuple(candidates))


def _waiting(situation: Situation) -> list[Route]:
    """The case's routes that nobody has to mend before they can leave."""
    routes = (situation.snapshot.routes[route_id] for route_id in situation.case.route_ids)
    return [
        route
        for route in routes
        if route.status is RouteStatus.PLANNED
        and not route.is_on_standby
        and situation.snapshot.carrier_of(route).active
        and free_stops(situation.snapshot, route.id)
    ]


def _can_leave_at(snapshot: HubSnapshot, route: Route, step: timedelta) -> bool:
    """Load, hub and driver are ready by then, and the driver can be told in time."""
    leaves_at = route.departs_at - step
    driver = snapshot.drivers.get(route.driver_id) if route.driver_id else None
    ready = (_goods_ready_at(snapshot, route), snapshot.hubs[route.hub_id].opens_at, snapshot.taken_at + NOTICE)
    return leaves_at >= max(ready) and (driver is None or leaves_at >= driver.shift_start)


def _goods_ready_at(snapshot: HubSnapshot, route: Route) -> datetime:
    """When the last of its goods can be loaded; at once where nothing else was said."""
    orders = [stop.order_id for stop in free_stops(snapshot, route.id) if stop.order_id is not None]
    told = [p.available_at for order in orders for p in snapshot.packages_by_order.get(order, ()) if p.available_at]
    return max((*told, route.load_ready_at or snapshot.taken_at))


def _candidate(situation: Situation, routes: list[Route], step: timedelta) -> Candidate:
    snapshot = situation.snapshot
    changes = tuple(
        RouteChange(
            route.id,
            route.version,
            tuple(stop.id for stop in free_stops(snapshot, route.id)),
            departs_at=route.departs_at - step,
        )
        for route in routes
    )
    stop_ids = tuple(stop_id for change in changes for stop_id in change.stop_ids)
    params = {"minutes": round(step / timedelta(minutes=1))}
    action = Action(ActionKind.LEAVE_EARLIER, stop_ids, tuple(route.id for route in routes), params)
    return identified(
        Candidate(
            CandidateId(""),
            Tool.REROUTE,
            (action,),
            route_changes=changes,
            read_set={change.route_id: change.base_version for change in changes},
            is_advice=step > situation.earlier_departure,
        )
    )
