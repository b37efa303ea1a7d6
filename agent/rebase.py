"""A plan made a while ago, held against the state as it is now: still good, good for what is left, or stale."""

from dataclasses import replace

from forestall.domain.actions import Candidate
from forestall.domain.ids import PackageId, RouteId, StopId, VehicleId
from forestall.domain.replan import free_stops
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopStatus


def rebase(candidate: Candidate, live: HubSnapshot) -> Candidate | None:
    """The candidate on the live route versions, without the stops that were done or set out for meanwhile.

    None when the world has moved under it: a route gained a stop, left the hub, broke down or finished, goods are no
    longer where the plan takes them from, or nothing is left to change.
    """
    if not candidate.route_changes:
        return candidate
    changed = [change.route_id for change in candidate.route_changes]
    if any(route_id not in live.routes for route_id in changed):
        return None
    free = {stop.id: stop for route_id in changed for stop in free_stops(live, route_id)}
    new = {stop.id: stop for change in candidate.route_changes for stop in change.new_stops}
    named = {stop_id for change in candidate.route_changes for stop_id in change.stop_ids}
    gone = named - free.keys() - new.keys()
    still_sound = (
        free.keys() <= named
        and all(_is_behind_us(live, stop_id) for stop_id in gone)
        and all(_may_still_take(live, change.route_id, new) for change in candidate.route_changes)
        and _goods_still_there(candidate, live, free, new)
        and bool(named - gone - new.keys())
    )
    if not still_sound:
        return None
    changes = tuple(
        replace(
            change,
            base_version=live.routes[change.route_id].version,
            stop_ids=tuple(stop_id for stop_id in change.stop_ids if stop_id not in gone),
        )
        for change in candidate.route_changes
    )
    return replace(
        candidate, route_changes=changes, read_set={change.route_id: change.base_version for change in changes}
    )


def dropped_stops(candidate: Candidate, rebased: Candidate) -> tuple[StopId, ...]:
    """The stops the plan named that the rebased one no longer does."""
    kept = {stop_id for change in rebased.route_changes for stop_id in change.stop_ids}
    return tuple(s for change in candidate.route_changes for s in change.stop_ids if s not in kept)


def _is_behind_us(live: HubSnapshot, stop_id: StopId) -> bool:
    """Done with or committed; a stop that is free on a route outside the plan was moved by somebody else."""
    stop = live.stops.get(stop_id)
    return stop is not None and (not stop.status.is_open or stop.status.is_committed)


def _may_still_take(live: HubSnapshot, route_id: RouteId, new: dict[StopId, Stop]) -> bool:
    route = live.routes[route_id]
    if route.status is RouteStatus.FINISHED:
        return False
    is_giver = any(stop.transfer_from == route.vehicle_id for stop in new.values())
    return route.status is not RouteStatus.BROKEN or is_giver


def _goods_still_there(
    candidate: Candidate, live: HubSnapshot, free: dict[StopId, Stop], new: dict[StopId, Stop]
) -> bool:
    """Custody: what changes vehicle lies at the hub with both routes still there, or aboard a broken van."""
    rescued = {package_id for stop in new.values() for package_id in stop.package_ids}
    if any(live.route_by_vehicle[v].status is not RouteStatus.BROKEN for v in _broken_vehicles(new)):
        return False
    if any(stop_id in live.stops for stop_id in new):
        return False
    for move in candidate.package_moves:
        if live.packages[move.package_id].custody.kind is not HolderKind.HUB:
            return False
    return all(
        _may_change_route(live, free[stop_id], change.route_id, rescued)
        for change in candidate.route_changes
        for stop_id in change.stop_ids
        if stop_id in free and free[stop_id].route_id != change.route_id
    )


def _may_change_route(live: HubSnapshot, stop: Stop, route_id: RouteId, rescued: set[PackageId]) -> bool:
    packages = live.packages_by_order.get(stop.order_id, ()) if stop.order_id else ()
    if packages and all(package.id in rescued for package in packages):
        return True
    return stop.status is StopStatus.PLANNED and live.routes[route_id].status is RouteStatus.PLANNED


def _broken_vehicles(new: dict[StopId, Stop]) -> set[VehicleId]:
    return {stop.transfer_from for stop in new.values() if stop.transfer_from is not None}
