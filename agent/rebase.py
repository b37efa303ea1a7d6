"""A plan made a while ago, held against the state as it is now: still good, good for what is left, or stale."""

from dataclasses import replace

from forestall.domain.actions import Candidate, RouteChange
from forestall.domain.ids import PackageId, RouteId, StopId
from forestall.domain.replan import free_stops, why_not_retried
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind, StopStatus


def rebase(candidate: Candidate, live: HubSnapshot) -> Candidate | None:
    """The candidate on the live route versions, without the stops that were done or set out for meanwhile.

    What other plans did to its routes since stands: a stop that they took away is theirs, one that they brought stays
    behind the stop it comes after today. Whether it then all fits is for the checker to say (``has_met_others``).
    None when the world has moved under it: a route left the hub, broke down or finished, goods are no longer where the
    plan takes them from, a meeting would be about other stops, or nothing is left to change.
    """
    if not candidate.route_changes:
        return candidate
    changed = [change.route_id for change in candidate.route_changes]
    if any(route_id not in live.routes for route_id in changed):
        return None
    free = {stop.id: stop for route_id in changed for stop in free_stops(live, route_id)}
    new = {stop.id: stop for change in candidate.route_changes for stop in change.new_stops}
    named = {stop_id for change in candidate.route_changes for stop_id in change.stop_ids}
    givers = {free[stop_id].route_id for stop_id, _ in _movers(candidate, free)}
    dropped = {stop_id for change in candidate.route_changes for stop_id in change.dropped_stops}
    retried = {stop_id for change in candidate.route_changes for stop_id in change.retried_stops}
    gone = named - free.keys() - new.keys() - retried
    brought = [stop for stop_id, stop in free.items() if stop_id not in named | dropped]
    taken = {stop_id for stop_id in gone if not _is_behind_us(live, stop_id)}
    still_sound = (
        dropped <= free.keys()
        and (not (brought or taken) or not new)
        and all(stop.kind is StopKind.DELIVERY and not stop.pinned for stop in brought)
        and all(_is_elsewhere(live, stop_id) for stop_id in taken)
        and all(why_not_retried(live, stop_id) is None for stop_id in retried)
        and all(_may_still_take(live, change.route_id, givers) for change in candidate.route_changes)
        and _goods_still_there(candidate, live, free, new)
        and all(_keeps_pins(live, change) for change in candidate.route_changes)
        and bool(named - gone - new.keys())
    )
    if not still_sound:
        return None
    changes = tuple(
        replace(
            change,
            base_version=live.routes[change.route_id].version,
            stop_ids=_with_brought(live, change, gone, brought),
        )
        for change in candidate.route_changes
    )
    return replace(
        candidate, route_changes=changes, read_set={change.route_id: change.base_version for change in changes}
    )


def has_met_others(candidate: Candidate, rebased: Candidate, live: HubSnapshot) -> bool:
    """Whether other plans have brought stops to its routes, or taken some away, since it was made."""
    then = {stop_id for change in candidate.route_changes for stop_id in change.stop_ids}
    now = {stop_id for change in rebased.route_changes for stop_id in change.stop_ids}
    return bool(now - then) or any(not _is_behind_us(live, stop_id) for stop_id in then - now)


def _with_brought(live: HubSnapshot, change: RouteChange, gone: set[StopId], brought: list[Stop]) -> tuple[StopId, ...]:
    """The plan's list without what is gone, each stop that was brought behind the one it comes after today."""
    order = [stop_id for stop_id in change.stop_ids if stop_id not in gone]
    today = [stop.id for stop in free_stops(live, change.route_id)]
    for stop in brought:
        if stop.route_id == change.route_id:
            before = [stop_id for stop_id in today[: today.index(stop.id)] if stop_id in order]
            order.insert(order.index(before[-1]) + 1 if before else 0, stop.id)
    return tuple(order)


def _keeps_pins(live: HubSnapshot, change: RouteChange) -> bool:
    """Whether a stop somebody pinned meanwhile stays on its route, with nothing new in front of it.

    A broken vehicle keeps nothing: what was pinned to it may be fetched.
    """
    if live.routes[change.route_id].status is RouteStatus.BROKEN:
        return True
    today = [stop.id for stop in free_stops(live, change.route_id)]
    for position, stop_id in enumerate(today):
        if not live.stops[stop_id].pinned or stop_id in change.dropped_stops:
            continue
        if stop_id not in change.stop_ids:
            return False
        in_front = [other for other in change.stop_ids[: change.stop_ids.index(stop_id)] if other in live.stops]
        new_in_front = {stop.id for stop in change.new_stops} & set(change.stop_ids[: change.stop_ids.index(stop_id)])
        free_in_front = [o for o in in_front if not live.stops[o].status.is_committed and live.stops[o].status.is_open]
        retried_in_front = set(change.retried_stops) & set(in_front)
        if new_in_front or retried_in_front or not set(free_in_front) <= set(today[:position]):
            return False
    return True


def dropped_stops(candidate: Candidate, rebased: Candidate) -> tuple[StopId, ...]:
    """The stops the plan named that the rebased one no longer does."""
    kept = {stop_id for change in rebased.route_changes for stop_id in change.stop_ids}
    return tuple(s for change in candidate.route_changes for s in change.stop_ids if s not in kept)


def _is_behind_us(live: HubSnapshot, stop_id: StopId) -> bool:
    """Done with or committed."""
    stop = live.stops.get(stop_id)
    return stop is not None and (not stop.status.is_open or stop.status.is_committed)


def _is_elsewhere(live: HubSnapshot, stop_id: StopId) -> bool:
    """Free on a route outside the plan: somebody else's plan moved it there."""
    stop = live.stops.get(stop_id)
    return stop is not None and stop.status.is_open and stop.kind is StopKind.DELIVERY


def _may_still_take(live: HubSnapshot, route_id: RouteId, givers: set[RouteId]) -> bool:
    """A route that is over takes no plan; a broken one may be relieved of stops."""
    status = live.routes[route_id].status
    return status is not RouteStatus.FINISHED and (status is not RouteStatus.BROKEN or route_id in givers)


def _movers(candidate: Candidate, free: dict[StopId, Stop]) -> list[tuple[StopId, RouteId]]:
    """The free stops that would change routes, and to which."""
    return [
        (stop_id, change.route_id)
        for change in candidate.route_changes
        for stop_id in change.stop_ids
        if stop_id in free and free[stop_id].route_id != change.route_id
    ]


def _goods_still_there(
    candidate: Candidate, live: HubSnapshot, free: dict[StopId, Stop], new: dict[StopId, Stop]
) -> bool:
    """Custody: what changes vehicle lies at the hub with both routes still there, is aboard a broken van or one that
    can still be met where the plan says, or is with the vehicle that gets the stop."""
    fetched = {p for stop in new.values() if stop.kind is StopKind.TRANSFER for p in stop.package_ids}
    brought = {p for stop in new.values() if stop.kind is StopKind.HAND_OVER for p in stop.package_ids} - fetched
    if not all(_can_be_met(live, stop, new) for stop in new.values()):
        return False
    if any(stop_id in live.stops for stop_id in new):
        return False
    for move in candidate.package_moves:
        if live.packages[move.package_id].custody.kind is not HolderKind.HUB:
            return False
    return all(
        _may_change_route(live, free[stop_id], route_id, fetched, brought)
        for stop_id, route_id in _movers(candidate, free)
    )


def _may_change_route(
    live: HubSnapshot, stop: Stop, route_id: RouteId, fetched: set[PackageId], brought: set[PackageId]
) -> bool:
    """``fetched`` changes hands on the road, ``brought`` at the hub before the route leaves it."""
    packages = live.packages_by_order.get(stop.order_id, ()) if stop.order_id else ()
    if packages and all(package.id in fetched for package in packages):
        return True
    if packages and all(package.id in brought for package in packages):
        return live.routes[route_id].status is RouteStatus.PLANNED
    vehicle_id = live.routes[route_id].vehicle_id
    if packages and all(p.custody.kind is HolderKind.VEHICLE and p.custody.holder_id == vehicle_id for p in packages):
        return True
    return stop.status is StopStatus.PLANNED and live.routes[route_id].status is RouteStatus.PLANNED


def _can_be_met(live: HubSnapshot, stop: Stop, new: dict[StopId, Stop]) -> bool:
    """A giver stands broken; or it is still bound for the meeting's place, has all of the goods, and there is time."""
    if stop.kind is StopKind.TRANSFER:
        giver = None if stop.transfer_from is None else live.route_by_vehicle[stop.transfer_from]
        is_met = any(other.transfer_to and other.package_ids == stop.package_ids for other in new.values())
        return giver is not None and (is_met or giver.status is RouteStatus.BROKEN)
    giver = live.routes[stop.route_id]
    committed = live.committed_stop(giver.id)
    is_near = committed is not None and committed.location.id == stop.location.id
    return (
        giver.status is RouteStatus.UNDERWAY
        and (is_near or stop.transfer_to is None)
        and live.taken_at < stop.window.closes_at
        and all(live.packages[package_id].custody.holder_id == giver.vehicle_id for package_id in stop.package_ids)
    )
