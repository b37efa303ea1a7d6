"""What drivers will do who have not confirmed their newest plan: the plan they had before, as far as goods allow.

A new plan is believed until its driver's time to confirm it is over; else every plan would begin with an alarm. From
then on, until he confirms it, he is *silent*, and

- does the stops of his old list in their old order, and leaves when he was to leave;
- keeps stops that another driver is to have by now, if their goods are aboard his vehicle;
- does none of those he does not know of: deliveries are not made, hand-overs do not take place.

Goods at the hub that another route is to take are that route's: its driver was told, or is silent himself.
"""

from collections.abc import Mapping
from dataclasses import replace

from forestall.domain.handovers import packages_of
from forestall.domain.ids import RouteId, StopId
from forestall.domain.instructions import Instruction
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind, StopStatus

# Larger than any place in a route.
_LAST = 1_000_000


def find_silent(snapshot: HubSnapshot) -> dict[RouteId, Instruction]:
    """Routes whose drivers follow an older plan, with the first instruction that each has not confirmed."""
    first: dict[RouteId, Instruction] = {}
    for instruction in sorted(snapshot.instructions, key=lambda one: one.plan_version):
        first.setdefault(instruction.route_id, instruction)
    return {
        route_id: instruction
        for route_id, instruction in first.items()
        if snapshot.taken_at >= instruction.answer_by and _is_awaited(snapshot, instruction)
    }


def is_followed(stops: tuple[Stop, ...], instruction: Instruction) -> bool:
    """Whether a driver's deeds say that he has read it: he set out for a stop that he did not have before.

    ``stops`` are all of the route.
    """
    known = set(instruction.stops_before)
    return any(
        stop.id not in known and seen is not None and seen >= instruction.told_at
        for stop in stops
        for seen in (stop.departed_at, stop.arrived_at)
    )


def believed(snapshot: HubSnapshot) -> HubSnapshot:
    """The snapshot with the stops of silent drivers where they will do them; ``untold`` names those nobody will do."""
    silent = find_silent(snapshot)
    if not silent:
        return snapshot
    unknown = {route_id: _unknown(snapshot, route_id, heard) for route_id, heard in silent.items()}
    stops: dict[StopId, Stop] = {}
    for stop in (stop for missed in unknown.values() for stop in missed):
        # a hand-over that one side does not come to is none; a delivery comes behind all the others
        stops[stop.id] = (
            replace(stop, sequence=stop.sequence + _LAST)
            if stop.kind is StopKind.DELIVERY
            else replace(stop, status=StopStatus.CANCELLED)
        )
    untold = set(stops)
    for route_id, instruction in silent.items():
        his = _as_known(snapshot, route_id, instruction)
        stops |= his
        untold -= his.keys()
    return replace(
        snapshot,
        stops={**snapshot.stops, **stops},
        routes={**snapshot.routes, **_departures(snapshot, silent)},
        untold=frozenset(untold),
    )


def _is_awaited(snapshot: HubSnapshot, instruction: Instruction) -> bool:
    route = snapshot.routes.get(instruction.route_id)
    return (
        route is not None
        and route.status in {RouteStatus.PLANNED, RouteStatus.UNDERWAY}
        and route.acknowledged_version < instruction.plan_version
        and not is_followed(snapshot.stops_by_route[route.id], instruction)
    )


def _as_known(snapshot: HubSnapshot, route_id: RouteId, instruction: Instruction) -> dict[StopId, Stop]:
    """The stops that a silent driver will do, in the order of his old list."""
    vehicle_id = snapshot.routes[route_id].vehicle_id
    listed = [snapshot.stops[stop_id] for stop_id in instruction.stops_before if stop_id in snapshot.stops]
    his = [
        stop
        for stop in listed
        if stop.status.is_open
        and not stop.status.is_committed
        and (stop.route_id == route_id or _is_aboard(snapshot, stop, vehicle_id))
    ]
    first = max((stop.sequence for stop in snapshot.stops_by_route[route_id]), default=0) + 1
    return {stop.id: replace(stop, route_id=route_id, sequence=n) for n, stop in enumerate(his, start=first)}


def _unknown(snapshot: HubSnapshot, route_id: RouteId, instruction: Instruction) -> list[Stop]:
    """The route's free stops that its driver has not heard of."""
    known = set(instruction.stops_before)
    return [s for s in snapshot.open_stops(route_id) if s.id not in known and not s.status.is_committed]


def _is_aboard(snapshot: HubSnapshot, stop: Stop, vehicle_id: str) -> bool:
    packages = packages_of(snapshot, stop)
    return (
        stop.kind is StopKind.DELIVERY
        and bool(packages)
        and all(
            package.custody.kind is HolderKind.VEHICLE and package.custody.holder_id == vehicle_id
            for package in packages
        )
    )


def _departures(snapshot: HubSnapshot, silent: Mapping[RouteId, Instruction]) -> dict[RouteId, Route]:
    return {
        route_id: replace(snapshot.routes[route_id], departs_at=instruction.departs_before)
        for route_id, instruction in silent.items()
        if snapshot.routes[route_id].status is RouteStatus.PLANNED
    }
