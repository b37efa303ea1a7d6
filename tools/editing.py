"""A person's version of a candidate: some stops left where they are, or stops in an order of his own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from forestall.domain.actions import Candidate, RouteChange
from forestall.domain.ids import PackageId, RouteId, StopId
from forestall.domain.replan import free_stops
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import StopKind
from forestall.errors import BadInput, Problem
from optimizer.repair import FleetPlan, TransferSpec
from optimizer.repair.check import Fault, check_plan
from optimizer.repair.constraints import constraint_of_fault
from tools.changes import actions_of, carrier_charge_cents
from tools.situation import identified


@dataclass(frozen=True, slots=True)
class Edits:
    """``leave_out``: stops that stay with the vehicle they have now. ``order``: per route, stops that are to come in
    this order among themselves; those not named keep their places."""

    leave_out: tuple[StopId, ...] = ()
    order: Mapping[RouteId, tuple[StopId, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.leave_out or self.order)


def edited(snapshot: HubSnapshot, candidate: Candidate, edits: Edits) -> Candidate:
    """The candidate with the edits, without its messages (they follow from what it comes to).

    Raises:
        BadInput: the edits name what the plan does not have, leave nothing of it, or make it one that can't be driven.
    """
    if not edits:
        return candidate
    if candidate.tender is not None or not candidate.route_changes:
        where = Problem("candidate_id", "is a tender, or only messages", "edit a plan that changes routes itself")
        raise BadInput("this alternative has nothing that could be edited", [where])
    if problems := _misnamed(snapshot, candidate, edits):
        raise BadInput("the edit does not fit the plan", problems)
    lists = {change.route_id: list(change.stop_ids) for change in candidate.route_changes}
    for stop_id in edits.leave_out:
        _put_back(snapshot, lists, stop_id)
    for route_id, wanted in edits.order.items():
        lists[route_id] = _in_order(lists[route_id], wanted)
    return _rebuilt(snapshot, candidate, lists, _goods(snapshot, edits.leave_out))


def faults_of(snapshot: HubSnapshot, candidate: Candidate) -> list[Problem]:
    """What the repair's own checker finds wrong with a plan, in words; none means that it can be driven."""
    return [_problem(fault) for fault in check_plan(snapshot, fleet_plan_of(snapshot, candidate))]


def fleet_plan_of(snapshot: HubSnapshot, candidate: Candidate) -> FleetPlan:
    """The candidate in the checker's words. What it is worth is not carried over (all zero)."""
    changes = candidate.route_changes
    return FleetPlan(
        routes={change.route_id: change.stop_ids for change in changes},
        transfers=_transfers(snapshot, changes),
        j_before=0.0,
        j_after=0.0,
        misses_before=0.0,
        misses_after=0.0,
        moved=0,
        dropped=tuple(stop_id for change in changes for stop_id in change.dropped_stops),
    )


def _misnamed(snapshot: HubSnapshot, candidate: Candidate, edits: Edits) -> list[Problem]:
    moved = {
        stop_id: change.route_id
        for change in candidate.route_changes
        for stop_id in change.stop_ids
        if stop_id in snapshot.stops and snapshot.stops[stop_id].route_id != change.route_id
    }
    lists = {change.route_id: set(change.stop_ids) - set(edits.leave_out) for change in candidate.route_changes}
    for stop_id in edits.leave_out:
        if stop_id in moved:
            lists[snapshot.stops[stop_id].route_id].add(stop_id)
    problems = [
        Problem(f"leave_out[{i}]", f"{stop_id} is not moved to another vehicle by this plan", "name one that is")
        for i, stop_id in enumerate(edits.leave_out)
        if stop_id not in moved
    ]
    for route_id, wanted in edits.order.items():
        unknown = [stop_id for stop_id in wanted if stop_id not in lists.get(route_id, ())]
        if unknown or len(set(wanted)) != len(wanted):
            what = f"{', '.join(unknown)} would not be on {route_id}" if unknown else "a stop is named twice"
            problems.append(Problem(f"order.{route_id}", what, "name stops that the plan has on that route, once each"))
    return problems


def _put_back(snapshot: HubSnapshot, lists: dict[RouteId, list[StopId]], stop_id: StopId) -> None:
    """Take the stop off its new route and put it behind the stop it comes after today."""
    home = snapshot.stops[stop_id].route_id
    for stops in lists.values():
        if stop_id in stops:
            stops.remove(stop_id)
    today = [stop.id for stop in free_stops(snapshot, home)]
    before = set(today[: today.index(stop_id)])
    place = max((i + 1 for i, other in enumerate(lists[home]) if other in before), default=0)
    lists[home].insert(place, stop_id)


def _in_order(stops: Sequence[StopId], wanted: Sequence[StopId]) -> list[StopId]:
    """The named stops in the wanted order, in the places that they have between them."""
    queue = iter(wanted)
    return [next(queue) if stop_id in set(wanted) else stop_id for stop_id in stops]


def _goods(snapshot: HubSnapshot, stop_ids: Sequence[StopId]) -> frozenset[PackageId]:
    orders = [snapshot.stops[stop_id].order_id for stop_id in stop_ids]
    return frozenset(
        package.id for order in orders if order is not None for package in snapshot.packages_by_order.get(order, ())
    )


def _rebuilt(
    snapshot: HubSnapshot, candidate: Candidate, lists: Mapping[RouteId, list[StopId]], stays: frozenset[PackageId]
) -> Candidate:
    """The candidate of the new lists; hand-overs of goods that stay shrink, and fall away when they are empty."""
    changes = tuple(
        change
        for old in candidate.route_changes
        if _changes_anything(snapshot, change := _without_goods(old, lists[old.route_id], stays))
    )
    if not changes:
        raise BadInput(
            "nothing is left of the plan", [Problem("leave_out", "names all that it does", "reject it instead")]
        )
    result = identified(
        replace(
            candidate,
            actions=actions_of(snapshot, changes, _transfers(snapshot, changes)),
            route_changes=changes,
            package_moves=tuple(move for move in candidate.package_moves if move.package_id not in stays),
            notices=(),
            read_set={change.route_id: change.base_version for change in changes},
            cost_cents=carrier_charge_cents(snapshot, changes),
        )
    )
    if problems := faults_of(snapshot, result):
        raise BadInput("the edited plan can't be driven", problems)
    return result


def _without_goods(change: RouteChange, stop_ids: Sequence[StopId], stays: frozenset[PackageId]) -> RouteChange:
    new = [
        replace(stop, package_ids=tuple(package for package in stop.package_ids if package not in stays))
        for stop in change.new_stops
    ]
    empty = {stop.id for stop in new if not stop.package_ids}
    return replace(
        change,
        stop_ids=tuple(stop_id for stop_id in stop_ids if stop_id not in empty),
        new_stops=tuple(stop for stop in new if stop.id not in empty),
    )


def _changes_anything(snapshot: HubSnapshot, change: RouteChange) -> bool:
    today = tuple(stop.id for stop in free_stops(snapshot, change.route_id))
    return change.stop_ids != today or bool(change.new_stops or change.dropped_stops) or change.departs_at is not None


def _transfers(snapshot: HubSnapshot, changes: Sequence[RouteChange]) -> tuple[TransferSpec, ...]:
    """The hand-overs that the changes' new stops stand for."""
    new = [stop for change in changes for stop in change.new_stops]
    gifts = [stop for stop in new if stop.kind is StopKind.HAND_OVER]
    met = [_meeting(snapshot, changes, stop, gifts) for stop in new if stop.kind is StopKind.TRANSFER]
    brought = [_hand_in(snapshot, changes, gift) for gift in gifts if gift.transfer_to is None]
    return (*met, *brought)


def _meeting(snapshot: HubSnapshot, changes: Sequence[RouteChange], stop: Stop, gifts: Sequence[Stop]) -> TransferSpec:
    assert stop.transfer_from is not None
    taker = snapshot.routes[stop.route_id].vehicle_id
    gift = next((g for g in gifts if g.transfer_to == taker and g.package_ids == stop.package_ids), None)
    return TransferSpec(
        stop_id=stop.id,
        route_id=stop.route_id,
        from_route_id=snapshot.route_by_vehicle[stop.transfer_from].id,
        from_vehicle=stop.transfer_from,
        location=stop.location,
        stop_ids=_served_with(snapshot, changes, stop.route_id, stop.package_ids),
        package_ids=stop.package_ids,
        service_s=stop.service_s,
        hand_over_id=None if gift is None else gift.id,
        ends_at=None if gift is None else stop.window.closes_at,
    )


def _hand_in(snapshot: HubSnapshot, changes: Sequence[RouteChange], gift: Stop) -> TransferSpec:
    served = {change.route_id: _served_with(snapshot, changes, change.route_id, gift.package_ids) for change in changes}
    receiver = max(served, key=lambda route_id: len(served[route_id]))
    return TransferSpec(
        stop_id=None,
        route_id=receiver,
        from_route_id=gift.route_id,
        from_vehicle=snapshot.routes[gift.route_id].vehicle_id,
        location=gift.location,
        stop_ids=served[receiver],
        package_ids=gift.package_ids,
        service_s=gift.service_s,
        hand_over_id=gift.id,
    )


def _served_with(
    snapshot: HubSnapshot, changes: Sequence[RouteChange], route_id: RouteId, package_ids: Sequence[PackageId]
) -> tuple[StopId, ...]:
    """The deliveries of a route's new list that bring these packages."""
    wanted = set(package_ids)
    return tuple(
        stop_id
        for change in changes
        if change.route_id == route_id
        for stop_id in change.stop_ids
        if stop_id in snapshot.stops and wanted & _goods(snapshot, [stop_id])
    )


def _problem(fault: Fault) -> Problem:
    sentence = constraint_of_fault(fault.rule).sentence
    return Problem(f"{fault.route_id}.{fault.subject}", sentence, "leave it out of the plan, or put it elsewhere")
