"""From a fleet plan, which speaks of stop ids, to the domain's candidate, which can be judged and committed."""

from collections.abc import Sequence
from datetime import timedelta

from forestall.domain.actions import Action, Candidate, RouteChange
from forestall.domain.handovers import list_misplaced
from forestall.domain.ids import CandidateId, RouteId
from forestall.domain.orders import Window
from forestall.domain.replan import free_stops
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, StopKind, Tool
from optimizer.repair import FleetPlan, TransferSpec
from tools.situation import identified

LATER_WAVE = timedelta(minutes=30)


def candidate_of(snapshot: HubSnapshot, tool: Tool, plan: FleetPlan) -> Candidate:
    """The plan as a candidate: what changes route by route, the actions in words, the versions it relies upon."""
    changes = tuple(_route_change(snapshot, plan, route_id) for route_id in sorted(plan.routes))
    return identified(
        Candidate(
            id=CandidateId(""),
            tool=tool,
            actions=actions_of(snapshot, changes, plan.transfers),
            route_changes=changes,
            read_set={change.route_id: change.base_version for change in changes},
            cost_cents=carrier_charge_cents(snapshot, changes),
            solver=plan.engine,
        )
    )


def actions_of(
    snapshot: HubSnapshot, changes: Sequence[RouteChange], transfers: Sequence[TransferSpec]
) -> tuple[Action, ...]:
    """Hand-overs first, then stops that change vehicle (RETENDER when the carrier changes too), then reorderings."""
    actions = [
        Action(
            _kind_of(transfer),
            stop_ids=transfer.stop_ids,
            route_ids=(transfer.from_route_id, transfer.route_id),
            params={"from_vehicle": transfer.from_vehicle, "packages": len(transfer.package_ids)},
        )
        for transfer in transfers
    ]
    rescued = {stop_id for transfer in transfers for stop_id in transfer.stop_ids}
    misplaced = {stop.id for change in changes for stop in list_misplaced(snapshot, change.route_id)}
    for change in changes:
        arriving = tuple(
            stop_id
            for stop_id in change.stop_ids
            if stop_id in snapshot.stops
            and snapshot.stops[stop_id].route_id != change.route_id
            and stop_id not in rescued
        )
        if arriving:
            kind = ActionKind.RETENDER if _crosses_carrier(snapshot, change, arriving) else ActionKind.REASSIGN
            kind = ActionKind.TAKE_BACK if misplaced.issuperset(arriving) else kind
            origins = sorted({snapshot.stops[stop_id].route_id for stop_id in arriving})
            params = _later_wave(snapshot, origins, change.route_id) if kind is ActionKind.REASSIGN else {}
            actions.append(Action(kind, stop_ids=arriving, route_ids=(*origins, change.route_id), params=params))
        elif _is_reordered(snapshot, change):
            actions.append(Action(ActionKind.RESEQUENCE, stop_ids=change.stop_ids, route_ids=(change.route_id,)))
    return tuple(actions)


def _later_wave(snapshot: HubSnapshot, origins: Sequence[RouteId], receiver: RouteId) -> dict[str, str]:
    """When the goods leave the hub now, if that is a good deal later than they were to."""
    leaves = snapshot.routes[receiver].earliest_departure(snapshot.taken_at)
    planned = max(snapshot.routes[origin].earliest_departure(snapshot.taken_at) for origin in origins)
    return {"later_wave": leaves.isoformat()} if leaves - planned >= LATER_WAVE else {}


def _kind_of(transfer: TransferSpec) -> ActionKind:
    if transfer.stop_id is None:
        return ActionKind.RETURN_TO_HUB
    return ActionKind.RESCUE_TRANSFER if transfer.hand_over_id is None else ActionKind.RENDEZVOUS


def _route_change(snapshot: HubSnapshot, plan: FleetPlan, route_id: RouteId) -> RouteChange:
    route = snapshot.routes[route_id]
    taking = (_transfer_stop(snapshot, spec) for spec in plan.transfers if spec.route_id == route_id)
    giving = (_hand_over_stop(snapshot, spec) for spec in plan.transfers if spec.from_route_id == route_id)
    new = tuple(stop for stop in (*taking, *giving) if stop is not None)
    dropped = {stop.id for stop in free_stops(snapshot, route_id)}.intersection(plan.dropped)
    return RouteChange(route_id, route.version, tuple(plan.routes[route_id]), new, dropped_stops=tuple(sorted(dropped)))


def _transfer_stop(snapshot: HubSnapshot, spec: TransferSpec) -> Stop | None:
    """The visit to the vehicle that gives. One that waits is promised a meeting, which no later plan may push back."""
    if spec.stop_id is None:
        return None
    return Stop(
        id=spec.stop_id,
        route_id=spec.route_id,
        sequence=0,
        location=spec.location,
        window=_window(snapshot, spec),
        service_s=spec.service_s,
        kind=StopKind.TRANSFER,
        pinned=spec.hand_over_id is not None,
        package_ids=spec.package_ids,
        transfer_from=spec.from_vehicle,
    )


def _hand_over_stop(snapshot: HubSnapshot, spec: TransferSpec) -> Stop | None:
    """The giver's side of it, where the giver is not broken."""
    if spec.hand_over_id is None:
        return None
    return Stop(
        id=spec.hand_over_id,
        route_id=spec.from_route_id,
        sequence=0,
        location=spec.location,
        window=_window(snapshot, spec),
        service_s=spec.service_s,
        kind=StopKind.HAND_OVER,
        pinned=spec.stop_id is not None,
        package_ids=spec.package_ids,
        transfer_to=None if spec.stop_id is None else snapshot.routes[spec.route_id].vehicle_id,
    )


def _window(snapshot: HubSnapshot, spec: TransferSpec) -> Window:
    """From now until nobody waits any longer, or the receiving hub closes."""
    hub = snapshot.hubs[snapshot.routes[spec.route_id].hub_id]
    closes = spec.ends_at or hub.closes_at
    return Window(min(hub.opens_at, snapshot.taken_at), max(closes, snapshot.taken_at))


def _is_reordered(snapshot: HubSnapshot, change: RouteChange) -> bool:
    """Whether the stops that were the route's before now come in another order (losing some is no reordering)."""
    before = [stop.id for stop in free_stops(snapshot, change.route_id)]
    kept = [stop_id for stop_id in change.stop_ids if stop_id in set(before)]
    return kept != [stop_id for stop_id in before if stop_id in set(kept)]


def _crosses_carrier(snapshot: HubSnapshot, change: RouteChange, arriving: Sequence[str]) -> bool:
    receiver = snapshot.carrier_of(snapshot.routes[change.route_id]).id
    givers = {
        snapshot.carrier_of(snapshot.routes[stop.route_id]).id
        for stop_id, stop in snapshot.stops.items()
        if stop_id in set(arriving)
    }
    return givers != {receiver}


def carrier_charge_cents(snapshot: HubSnapshot, changes: Sequence[RouteChange]) -> int:
    """What the receiving carriers charge for stops more than the giving carriers charge less."""
    total = 0
    for change in changes:
        receiver = snapshot.carrier_of(snapshot.routes[change.route_id])
        for stop_id in change.stop_ids:
            stop = snapshot.stops.get(stop_id)
            if stop is None or stop.route_id == change.route_id:
                continue
            giver = snapshot.carrier_of(snapshot.routes[stop.route_id])
            if giver.id != receiver.id:
                total += receiver.cost_per_stop_cents - giver.cost_per_stop_cents
    return max(0, total)
