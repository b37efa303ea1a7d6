"""What a candidate would make of a snapshot: the one definition that forecast, check and commit all use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from forestall.domain.actions import Candidate, Notice, RouteChange
from forestall.domain.ids import OrderId, PackageId, RouteId, StopId
from forestall.domain.orders import Custody, Order, Package
from forestall.domain.replies import CONFIRM_PRESENCE, NOT_UNDERSTOOD
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind, StopStatus


class UnsoundChange(ValueError):
    """A change that would lose a stop, take one twice, or move one that may not be moved."""


@dataclass(frozen=True, slots=True)
class Replanned:
    """The rows a candidate changes: what a commit writes, and what a what-if looks at."""

    routes: tuple[Route, ...]
    stops: tuple[Stop, ...]
    new_stops: tuple[Stop, ...]
    packages: tuple[Package, ...]
    orders: tuple[Order, ...] = ()


def free_stops(snapshot: HubSnapshot, route_id: RouteId) -> tuple[Stop, ...]:
    """The stops of a route a repair may move or reorder: open, and the driver is not yet on the way to them."""
    return tuple(stop for stop in snapshot.open_stops(route_id) if not stop.status.is_committed)


def replan(snapshot: HubSnapshot, candidate: Candidate) -> Replanned:
    """The changed rows. Every free stop of a changed route must be named exactly once over all changes.

    Raises:
        UnsoundChange: a stop is lost, doubled, unknown, or no longer free; a delivery is dropped, moved to another day
            without its customer's wish, or attempted once more where that can't be.
    """
    changed = {change.route_id for change in candidate.route_changes}
    movable = {stop.id: stop for route_id in changed for stop in free_stops(snapshot, route_id)}
    new = {stop.id: stop for change in candidate.route_changes for stop in change.new_stops}
    dropped = {**_drop(candidate.route_changes, movable), **_reschedule(snapshot, candidate.route_changes, movable)}
    movable = {stop_id: stop for stop_id, stop in movable.items() if stop_id not in dropped}
    movable |= _retry(snapshot, candidate.route_changes)
    _check_partition(candidate.route_changes, movable, new)
    routes: list[Route] = []
    placed: dict[StopId, Stop] = {}
    packages = _moved_packages(snapshot, candidate)
    for change in candidate.route_changes:
        placed.update(_place(snapshot, change, {**movable, **new}))
        routes.append(_changed_route(snapshot, change, placed.values(), packages))
    return Replanned(
        routes=tuple(routes),
        stops=(
            *(stop for stop in placed.values() if stop.id not in new and stop != snapshot.stops[stop.id]),
            *dropped.values(),
        ),
        new_stops=tuple(stop for stop in placed.values() if stop.id in new),
        packages=tuple(packages.values()),
        orders=_written_to(snapshot, candidate.notices),
    )


def apply_candidate(snapshot: HubSnapshot, candidate: Candidate) -> HubSnapshot:
    """The snapshot as it would be had the candidate been committed; the id stays that of the state it came from."""
    rows = replan(snapshot, candidate)
    if not candidate.route_changes and not rows.orders:
        return snapshot
    return replace(
        snapshot,
        routes={**snapshot.routes, **{route.id: route for route in rows.routes}},
        stops={**snapshot.stops, **{stop.id: stop for stop in (*rows.stops, *rows.new_stops)}},
        packages={**snapshot.packages, **{package.id: package for package in rows.packages}},
        orders={**snapshot.orders, **{order.id: order for order in rows.orders}},
    )


def _drop(changes: Iterable[RouteChange], movable: Mapping[StopId, Stop]) -> dict[StopId, Stop]:
    """The hand-overs that are called off."""
    named = [stop_id for change in changes for stop_id in change.dropped_stops]
    for stop_id in named:
        if stop_id not in movable or movable[stop_id].kind is StopKind.DELIVERY:
            raise UnsoundChange(f"no hand-over that could still be called off: {stop_id}")
    return {stop_id: replace(movable[stop_id], status=StopStatus.CANCELLED) for stop_id in named}


def _reschedule(
    snapshot: HubSnapshot, changes: Iterable[RouteChange], movable: Mapping[StopId, Stop]
) -> dict[StopId, Stop]:
    """The deliveries that leave the day."""
    named = [stop_id for change in changes for stop_id in change.rescheduled_stops]
    for stop_id in named:
        order_id = movable[stop_id].order_id if stop_id in movable else None
        if order_id is None or not snapshot.orders[order_id].wants_another_day:
            raise UnsoundChange(f"no customer's wish, or no longer free to be moved to another day: {stop_id}")
    return {stop_id: replace(movable[stop_id], status=StopStatus.RESCHEDULED) for stop_id in named}


def why_not_retried(snapshot: HubSnapshot, stop_id: StopId) -> str | None:
    """The rule that keeps a delivery from being attempted once more on its own route, or None: it can be."""
    stop = snapshot.stops.get(stop_id)
    if stop is None or stop.kind is not StopKind.DELIVERY or stop.order_id is None:
        return "no_delivery"
    if stop.status is not StopStatus.FAILED:
        return "not_failed"
    if stop.retried_at is not None:
        return "made_already"
    route, goods = snapshot.routes[stop.route_id], snapshot.packages_by_order.get(stop.order_id, ())
    if route.status is not RouteStatus.UNDERWAY:
        return "route_is_over"
    aboard = (HolderKind.VEHICLE, route.vehicle_id)
    if not goods or any((p.custody.kind, p.custody.holder_id) != aboard for p in goods):
        return "goods_not_aboard"
    return None


def _retry(snapshot: HubSnapshot, changes: Iterable[RouteChange]) -> dict[StopId, Stop]:
    """The deliveries that are open once more, with nothing of the first attempt on them."""
    named = [(stop_id, change.route_id) for change in changes for stop_id in change.retried_stops]
    for stop_id, route_id in named:
        if why_not_retried(snapshot, stop_id) is not None or snapshot.stops[stop_id].route_id != route_id:
            raise UnsoundChange(f"no failed delivery of {route_id} that could be attempted once more: {stop_id}")
    return {
        stop_id: replace(
            snapshot.stops[stop_id],
            status=StopStatus.LOADED,
            departed_at=None,
            arrived_at=None,
            finished_at=None,
            retried_at=snapshot.taken_at,
        )
        for stop_id, _ in named
    }


def _written_to(snapshot: HubSnapshot, notices: Iterable[Notice]) -> tuple[Order, ...]:
    """The orders whose customers are asked something, or asked back, with when that was."""
    orders: dict[OrderId, Order] = {}
    for notice in notices:
        if notice.order_id is None:
            continue
        order, now = orders.get(notice.order_id, snapshot.orders[notice.order_id]), snapshot.taken_at
        if notice.template == CONFIRM_PRESENCE:
            orders[order.id] = replace(order, word=replace(order.word, asked_at=now))
        elif notice.template == NOT_UNDERSTOOD:
            orders[order.id] = replace(order, word=replace(order.word, corrected_at=now))
    return tuple(orders.values())


def _check_partition(
    changes: Iterable[RouteChange], movable: Mapping[StopId, Stop], new: Mapping[StopId, Stop]
) -> None:
    named: list[StopId] = [stop_id for change in changes for stop_id in change.stop_ids]
    if len(named) != len(set(named)):
        raise UnsoundChange(f"stops named twice: {sorted({s for s in named if named.count(s) > 1})}")
    if lost := movable.keys() - set(named):
        raise UnsoundChange(f"stops left without a route: {sorted(lost)}")
    if unknown := set(named) - movable.keys() - new.keys():
        raise UnsoundChange(f"stops that are not free to be moved: {sorted(unknown)}")


def _place(snapshot: HubSnapshot, change: RouteChange, pool: Mapping[StopId, Stop]) -> dict[StopId, Stop]:
    """Number the named stops after everything of the route that stays as it is."""
    fixed = [
        stop.sequence
        for stop in snapshot.stops_by_route[change.route_id]
        if stop.status.is_committed or not stop.status.is_open
    ]
    first = max(fixed, default=0) + 1
    return {
        stop_id: replace(
            pool[stop_id],
            route_id=change.route_id,
            sequence=first + position,
            safe_place=_wants_safe_place(snapshot, pool[stop_id]),
        )
        for position, stop_id in enumerate(change.stop_ids)
    }


def _wants_safe_place(snapshot: HubSnapshot, stop: Stop) -> bool:
    """What the new list says of it: every list repeats what the customer last said."""
    order = None if stop.order_id is None else snapshot.orders.get(stop.order_id)
    return order is not None and order.wants_safe_place


def _moved_packages(snapshot: HubSnapshot, candidate: Candidate) -> dict[PackageId, Package]:
    return {
        move.package_id: replace(
            snapshot.packages[move.package_id],
            custody=Custody(HolderKind.UPSTREAM, move.to_hub, snapshot.taken_at),
            available_at=move.available_at,
        )
        for move in candidate.package_moves
    }


def _changed_route(
    snapshot: HubSnapshot, change: RouteChange, placed: Iterable[Stop], moved: Mapping[PackageId, Package]
) -> Route:
    route = snapshot.routes[change.route_id]
    departs_at = change.departs_at or route.earliest_departure(snapshot.taken_at)
    load_ready_at = route.load_ready_at
    if route.status is RouteStatus.PLANNED:
        load_ready_at = _load_ready(snapshot, route, placed, moved)
    return replace(
        route,
        version=route.version + 1,
        plan_version=route.plan_version + 1,
        departs_at=departs_at,
        load_ready_at=load_ready_at,
    )


def _load_ready(
    snapshot: HubSnapshot, route: Route, placed: Iterable[Stop], moved: Mapping[PackageId, Package]
) -> datetime | None:
    """The latest release among the goods the route will load; None when all of them are at hand."""
    orders = {stop.order_id for stop in placed if stop.route_id == route.id and stop.order_id is not None}
    packages = (moved.get(p.id, p) for order in orders for p in snapshot.packages_by_order.get(order, ()))
    return max((p.available_at for p in packages if p.available_at is not None), default=None)
