"""Goods that change hands on the way: which stops belong together, and which stops wait for goods that won't come."""

from collections.abc import Collection
from dataclasses import dataclass

from forestall.domain.ids import PackageId, RouteId, VehicleId
from forestall.domain.orders import Package
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two vehicles that meet: ``hand_over`` is the giver's stop, ``transfer`` the taker's. Both are open."""

    hand_over: Stop
    transfer: Stop


def list_meetings(snapshot: HubSnapshot, route_ids: Collection[RouteId]) -> list[Meeting]:
    """The meetings still to come of which at least one side is on one of the routes."""
    return [
        Meeting(hand_over, transfer)
        for hand_over in snapshot.hand_overs
        if (transfer := find_transfer(snapshot, hand_over)) is not None
        and (hand_over.route_id in route_ids or transfer.route_id in route_ids)
    ]


def list_hand_ins(snapshot: HubSnapshot) -> list[Stop]:
    """The open stops at which a vehicle on its way is to bring goods back to its hub."""
    return [
        stop
        for stop in snapshot.hand_overs
        if stop.transfer_to is None and snapshot.routes[stop.route_id].status is RouteStatus.UNDERWAY
    ]


def find_transfer(snapshot: HubSnapshot, hand_over: Stop) -> Stop | None:
    """The taker's side of a meeting; None when the goods go to the hub, or the taker no longer comes."""
    taker = None if hand_over.transfer_to is None else snapshot.route_by_vehicle.get(hand_over.transfer_to)
    giver = snapshot.routes[hand_over.route_id].vehicle_id
    stops = () if taker is None else snapshot.open_stops(taker.id)
    return next((stop for stop in stops if _is_taken(stop, giver, hand_over)), None)


def _is_taken(stop: Stop, giver: VehicleId, hand_over: Stop) -> bool:
    return (
        stop.kind is StopKind.TRANSFER
        and stop.transfer_from == giver
        and not set(stop.package_ids).isdisjoint(hand_over.package_ids)
    )


def with_partners(snapshot: HubSnapshot, route_ids: Collection[RouteId]) -> frozenset[RouteId]:
    """The routes and all whose times hang on theirs: who meets one of them, or waits at the hub for its goods."""
    found = frozenset(route_ids)
    if not snapshot.hand_overs:
        return found
    while True:
        wider = set(found)
        for meeting in list_meetings(snapshot, found):
            wider |= {meeting.hand_over.route_id, meeting.transfer.route_id}
        for hand_in in list_hand_ins(snapshot):
            waiting = {stop.route_id for stop in stops_waiting_for(snapshot, hand_in)}
            if waiting & found or hand_in.route_id in found:
                wider |= {hand_in.route_id, *waiting}
        if wider == found:
            return found
        found = frozenset(wider)


def stops_waiting_for(snapshot: HubSnapshot, hand_in: Stop) -> list[Stop]:
    """The open stops, on routes that have not left the hub, whose goods this stop is to bring there."""
    orders = {snapshot.packages[package_id].order_id for package_id in hand_in.package_ids}
    return [
        stop
        for order_id in orders
        for stop in snapshot.stops_by_order.get(order_id, ())
        if stop.status.is_open and snapshot.routes[stop.route_id].status is RouteStatus.PLANNED
    ]


def list_misplaced(snapshot: HubSnapshot, route_id: RouteId) -> list[Stop]:
    """The route's free stops whose goods another vehicle has, with no hand-over to come that would bring them."""
    vehicle_id = snapshot.routes[route_id].vehicle_id
    elsewhere = [
        (stop, away)
        for stop in snapshot.open_stops(route_id)
        if stop.kind is StopKind.DELIVERY
        and not stop.status.is_committed
        and (away := [goods.id for goods in packages_of(snapshot, stop) if _is_elsewhere(goods, vehicle_id)])
    ]
    if not elsewhere:
        return []
    coming = _coming(snapshot, route_id)
    return [stop for stop, away in elsewhere if not coming.issuperset(away)]


def _coming(snapshot: HubSnapshot, route_id: RouteId) -> set[PackageId]:
    """The packages that hand-overs to come bring aboard the route's vehicle, or to the hub before it leaves."""
    status = snapshot.routes[route_id].status
    if status is RouteStatus.BROKEN:
        return set()
    bringing = [
        stop for stop in snapshot.open_stops(route_id) if stop.kind is StopKind.TRANSFER and _can_come(snapshot, stop)
    ]
    if status is RouteStatus.PLANNED:
        bringing += list_hand_ins(snapshot)
    return {package_id for stop in bringing for package_id in stop.package_ids}


def _can_come(snapshot: HubSnapshot, transfer: Stop) -> bool:
    """Whether the giver is there to be met: broken down, or with a stop of its own at which it hands over.

    A taker that is on its way there already finds out by itself.
    """
    if transfer.status.is_committed:
        return True
    giver = None if transfer.transfer_from is None else snapshot.route_by_vehicle.get(transfer.transfer_from)
    if giver is None:
        return False
    return giver.status is RouteStatus.BROKEN or any(
        stop.route_id == giver.id and not set(stop.package_ids).isdisjoint(transfer.package_ids)
        for stop in snapshot.hand_overs
    )


def _is_elsewhere(package: Package, vehicle_id: VehicleId) -> bool:
    custody = package.custody
    return custody.kind is HolderKind.VEHICLE and custody.holder_id != vehicle_id


def packages_of(snapshot: HubSnapshot, stop: Stop) -> tuple[Package, ...]:
    """The packages a stop delivers, takes over or hands over."""
    if stop.package_ids:
        return tuple([snapshot.packages[package_id] for package_id in stop.package_ids])
    return snapshot.packages_by_order.get(stop.order_id, ()) if stop.order_id is not None else ()
