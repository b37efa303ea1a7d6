"""One handler for each type of event: reads the rows it names, applies the rules, writes what changed.

A handler never raises for what an event says: what names something unknown is PARKED, with the reason.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias, cast

from forestall.domain.events import Event
from forestall.domain.ids import CarrierId, OrderId, PackageId, RouteId, StopId, TenderId, VehicleId
from forestall.domain.orders import Package
from forestall.domain.routes import Attempt, Position, Route, Stop
from forestall.domain.vocabulary import (
    DriverWord,
    EventOutcome,
    EventType,
    FailureReason,
    HolderKind,
    StopKind,
    StopStatus,
    TenderStatus,
)
from forestall.intake import apply
from forestall.intake.apply import Drive
from forestall.intake.confirming import confirm_plan
from forestall.intake.custody import hand_in, hand_over, take_aboard, take_over
from forestall.intake.customers import take_reply
from forestall.intake.driverwords import read_note
from forestall.intake.hindrances import close_road, keep_driver
from forestall.intake.newcomers import create_order
from forestall.intake.registers import is_latest_word
from forestall.intake.rows import (
    APPLIED,
    NOTHING_NEW,
    Outcome,
    drive_of,
    load_drive,
    parked,
    raise_version,
    save_drive,
    save_packages,
)
from forestall.store import UnitOfWork

Handler: TypeAlias = Callable[[UnitOfWork, Event], Outcome]

# A vehicle may break down on its way home, after its hub has closed: its day is looked for this far back.
_OVERTIME = timedelta(hours=24)
# Decided before the vehicle left, so their goods are not aboard.
_LEFT_BEHIND = frozenset({StopStatus.SKIPPED, StopStatus.RESCHEDULED})


def handle(uow: UnitOfWork, event: Event) -> Outcome:
    """Apply one event other than a position, which are taken in bulk."""
    return HANDLERS[event.type](uow, event)


def _departed(uow: UnitOfWork, event: Event) -> Outcome:
    route = uow.state.find_route(RouteId(event.subject))
    if route is None:
        return parked(f"there is no route {event.subject}")
    to_stop = event.data["to_stop"]
    target = None if to_stop is None else uow.state.find_stop(StopId(str(to_stop)))
    if to_stop is not None and target is None:
        return parked(f"there is no stop {to_stop}")
    before = drive_of(uow, route)
    after = apply.depart(before, target.id if target else None, event.occurred_at)
    outcome = _save_movement(uow, before, after)
    if target is not None and target.route_id != route.id:
        return replace(outcome, detail=f"stop {target.id} is on route {target.route_id} by now")
    return outcome


def _arrived(uow: UnitOfWork, event: Event) -> Outcome:
    stop = uow.state.find_stop(StopId(event.subject))
    if stop is None:
        return parked(f"there is no stop {event.subject}")
    before = load_drive(uow, stop.route_id)
    return _save_movement(uow, before, apply.arrive(before, stop.id, event.occurred_at))


def _completed(uow: UnitOfWork, event: Event) -> Outcome:
    return _finished(uow, event, StopStatus.COMPLETED)


def _failed(uow: UnitOfWork, event: Event) -> Outcome:
    note = event.data.get("note")
    said = read_note(str(note)) if note else None
    outcome = _finished(uow, event, StopStatus.FAILED, FailureReason(str(event.data["reason"])), said)
    is_taken = outcome.outcome is not EventOutcome.PARKED
    return replace(outcome, detail=f"understood as {said}") if said is not None and is_taken else outcome


def _finished(
    uow: UnitOfWork,
    event: Event,
    status: StopStatus,
    reason: FailureReason | None = None,
    said: DriverWord | None = None,
) -> Outcome:
    stop = uow.state.find_stop(StopId(event.subject))
    if stop is None:
        return parked(f"there is no stop {event.subject}")
    succeeded = status is StopStatus.COMPLETED
    if stop.kind is StopKind.DELIVERY:
        # Kept even when the stop's outcome stands already: first attempts are counted from these.
        uow.state.add_attempt(Attempt(stop.id, event.occurred_at, succeeded, reason, said))
    before = load_drive(uow, stop.route_id)
    outcome = _save_movement(uow, before, apply.finish(before, stop.id, status, event.occurred_at))
    if succeeded:
        _pass_on(uow, stop, before.route, event.occurred_at)
    return outcome


def _pass_on(uow: UnitOfWork, stop: Stop, route: Route, at: datetime) -> None:
    """The goods of a completed stop: to the customer, into the vehicle that took them over, or back to the hub."""
    if stop.kind is StopKind.TRANSFER:
        moved = [package for package_id in stop.package_ids if (package := uow.state.find_package(package_id))]
        save_packages(uow, moved, [take_over(package, route.vehicle_id, at) for package in moved])
    elif stop.kind is StopKind.HAND_OVER and stop.transfer_to is None:
        brought = [package for package_id in stop.package_ids if (package := uow.state.find_package(package_id))]
        save_packages(uow, brought, [hand_in(package, route.vehicle_id, route.hub_id, at) for package in brought])
    elif stop.order_id is not None:
        delivered = uow.state.list_packages(stop.order_id)
        save_packages(uow, delivered, [hand_over(package, stop.order_id, at) for package in delivered])


def _save_movement(uow: UnitOfWork, before: Drive, after: Drive) -> Outcome:
    """Save a route on the road; when it left its hub, or left earlier than was known, its goods left with it."""
    departed_at = after.route.departed_at
    if departed_at is not None and departed_at != before.route.departed_at:
        aboard = _goods(uow, after.stops.values())
        save_packages(uow, aboard, [take_aboard(package, after.route.vehicle_id, departed_at) for package in aboard])
    return save_drive(uow, before, after)


def _goods(uow: UnitOfWork, stops: Iterable[Stop]) -> list[Package]:
    """What a route's delivery stops deliver. A cancelled order counts: its goods were loaded, or might have been, and
    which it was must not depend on which of two messages came first."""
    orders = [s.order_id for s in stops if s.order_id is not None and s.status not in _LEFT_BEHIND]
    return [package for order_id in orders for package in uow.state.list_packages(order_id)]


def _broke_down(uow: UnitOfWork, event: Event) -> Outcome:
    vehicle_id, at = VehicleId(event.subject), event.occurred_at
    if uow.state.find_vehicle(vehicle_id) is None:
        return parked(f"there is no vehicle {vehicle_id}")
    lat, lon = cast(float, event.data["lat"]), cast(float, event.data["lon"])
    uow.state.put_position(Position(vehicle_id, at, lat, lon))
    route = _find_route_driven(uow, vehicle_id, at)
    if route is None:
        return parked(f"vehicle {vehicle_id} has no route on a day that is under way")
    before = drive_of(uow, route)
    return save_drive(uow, before, apply.break_down(before, at))


def _find_route_driven(uow: UnitOfWork, vehicle_id: VehicleId, at: datetime) -> Route | None:
    """The vehicle's route of the day that had begun last at ``at``, or of the next one to come."""
    days = uow.state.list_open_days(closing_after=at - _OVERTIME)
    routes = [route for day in days if (route := uow.state.find_route_of_vehicle(vehicle_id, day))]
    begun = [route for route in routes if uow.state.get_hub(route.hub_id, route.day).opens_at <= at]
    return begun[-1] if begun else next(iter(routes), None)


def _hub_ready(uow: UnitOfWork, event: Event) -> Outcome:
    route_id, ready_at = RouteId(str(event.data["route"])), datetime.fromisoformat(str(event.data["ready_at"]))
    route = uow.state.find_route(route_id)
    if route is None:
        return parked(f"there is no route {route_id}")
    if route.hub_id != event.subject:
        return parked(f"route {route_id} leaves from hub {route.hub_id}, not from {event.subject}")
    named = cast("list[str] | None", event.data.get("packages"))
    if named is None:
        if not is_latest_word(uow, event, route_id):
            return NOTHING_NEW
        own = [package for package in _load(uow, route) if not _is_elsewhere(package, route)]
        return APPLIED if _release(uow, event, own, [route], ready_at) else NOTHING_NEW
    found = {package_id: uow.state.find_package(PackageId(package_id)) for package_id in named}
    told = [package for package in found.values() if package is not None]
    is_news = _release(uow, event, told, _loading(uow, told), ready_at)
    if unknown := [package_id for package_id, package in found.items() if package is None]:
        return parked(f"there is no package {', '.join(unknown)}; the others it names were told")
    return APPLIED if is_news else NOTHING_NEW


def _release(
    uow: UnitOfWork, event: Event, packages: list[Package], routes: Iterable[Route], ready_at: datetime
) -> bool:
    """Note when the hub hands these out, and when the routes that load them can leave; whether that is news."""
    fresh = [package for package in packages if is_latest_word(uow, event, package.id)]
    is_news = save_packages(uow, fresh, [replace(package, available_at=ready_at) for package in fresh])
    for route in routes:
        told = [package.available_at for package in _load(uow, route) if not _is_elsewhere(package, route)]
        load_ready_at = max((at for at in told if at is not None), default=ready_at)
        if is_news or route.load_ready_at != load_ready_at:
            raise_version(uow, replace(route, load_ready_at=load_ready_at))
            is_news = True
    return is_news


def _loading(uow: UnitOfWork, packages: Iterable[Package]) -> list[Route]:
    """The routes that are to take these along."""
    orders = dict.fromkeys(package.order_id for package in packages)
    stops = [stop for order_id in orders for stop in uow.state.list_stops_of_order(order_id)]
    return [uow.state.get_route(route_id) for route_id in dict.fromkeys(stop.route_id for stop in stops)]


def _load(uow: UnitOfWork, route: Route) -> list[Package]:
    """What the route delivers, wherever it is."""
    return _goods(uow, [stop for stop in uow.state.list_stops(route.id) if stop.kind is StopKind.DELIVERY])


def _is_elsewhere(package: Package, route: Route) -> bool:
    """Whether another vehicle has it: what comes from there knows better when it comes."""
    return package.custody.kind is HolderKind.VEHICLE and package.custody.holder_id != route.vehicle_id


def _order_cancelled(uow: UnitOfWork, event: Event) -> Outcome:
    order_id = OrderId(event.subject)
    if uow.state.find_order(order_id) is None:
        return parked(f"there is no order {order_id}")
    outcome = NOTHING_NEW
    for stop in uow.state.list_stops_of_order(order_id):
        before = load_drive(uow, stop.route_id)
        saved = save_drive(uow, before, apply.cancel(before, stop.id))
        outcome = APPLIED if saved is APPLIED else outcome
    return outcome


def _carrier_capacity(uow: UnitOfWork, event: Event) -> Outcome:
    carrier = uow.state.find_carrier(CarrierId(event.subject))
    if carrier is None:
        return parked(f"there is no carrier {event.subject}")
    if not is_latest_word(uow, event, carrier.id):
        return NOTHING_NEW
    active = event.data["active"]
    told = replace(carrier, free_stops=cast(int, event.data["free_stops"]))
    uow.state.save_carrier(told if active is None else replace(told, active=bool(active)))
    for day in uow.state.list_open_days(closing_after=event.occurred_at):
        for hub_id in uow.state.list_hub_ids(day):
            uow.state.touch_hub(hub_id)
    return APPLIED


def _tender_answered(uow: UnitOfWork, event: Event) -> Outcome:
    """A carrier's yes or no to an offer. The first answer counts, if it was given in time; the agent carries it out."""
    tender = uow.tenders.find(TenderId(event.subject))
    if tender is None:
        return parked(f"there is no tender {event.subject}")
    if event.occurred_at > tender.answer_by:
        return replace(NOTHING_NEW, detail=f"the answer was due by {tender.answer_by.isoformat()}")
    uow.state.touch_hub(tender.hub_id)
    status = TenderStatus.ACCEPTED if event.data["accepted"] else TenderStatus.DECLINED
    return APPLIED if uow.tenders.answer(tender.id, status, event.occurred_at) else NOTHING_NEW


def _route_acknowledged(uow: UnitOfWork, event: Event) -> Outcome:
    """The driver confirmed a plan."""
    route = uow.state.find_route(RouteId(event.subject))
    if route is None:
        return parked(f"there is no route {event.subject}")
    version = cast(int, event.data["plan_version"])
    if version > route.plan_version:
        return parked(f"route {route.id} is at plan version {route.plan_version}, there is no {version} yet")
    if version <= route.acknowledged_version:
        return NOTHING_NEW
    confirm_plan(uow, route, version, event.occurred_at)
    uow.state.touch_hub(route.hub_id)
    return APPLIED


HANDLERS: Mapping[EventType, Handler] = {
    EventType.DEPARTED: _departed,
    EventType.ARRIVED: _arrived,
    EventType.COMPLETED: _completed,
    EventType.FAILED: _failed,
    EventType.BREAKDOWN: _broke_down,
    EventType.HUB_READY: _hub_ready,
    EventType.ROAD_CLOSED: close_road,
    EventType.DRIVER_UNAVAILABLE: keep_driver,
    EventType.ORDER_CREATED: create_order,
    EventType.ORDER_CANCELLED: _order_cancelled,
    EventType.CARRIER_CAPACITY: _carrier_capacity,
    EventType.TENDER_ANSWER: _tender_answered,
    EventType.CUSTOMER_REPLY: take_reply,
    EventType.ROUTE_ACK: _route_acknowledged,
}
