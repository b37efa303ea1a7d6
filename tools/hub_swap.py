"""hub-swap: goods still on one hub's floor go by shuttle to a linked hub and out on a route of that one."""

from dataclasses import replace
from datetime import datetime, timedelta

from forestall.domain.actions import Action, Candidate, PackageMove
from forestall.domain.ids import StopId
from forestall.domain.network import HubLink
from forestall.domain.orders import Custody, Package
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, HolderKind, RouteStatus, StopStatus, Tool
from optimizer.repair import FleetPlan
from tools.changes import candidate_of
from tools.situation import Offer, Situation, decline, identified

# Handing in at one dock and taking out at the other, on top of the shuttle's drive.
HANDLING = timedelta(minutes=15)


def propose(situation: Situation) -> Offer:
    """For the case's stops at the hub: what a route of a linked hub could still do for them."""
    snapshot, hub_id = situation.snapshot, situation.case.hub_id
    links = [link for link in snapshot.links if link.from_hub == hub_id and link.to_hub in snapshot.hubs]
    if not links:
        return decline(Tool.HUB_SWAP, "hub_swap.no_linked_hub", hub=hub_id)
    stops = _swappable(situation)
    if not stops:
        return decline(Tool.HUB_SWAP, "hub_swap.goods_have_left", hub=hub_id)
    candidates = tuple(candidate for link in links for candidate in _over(situation, link, stops))
    if candidates:
        return Offer(candidates)
    return decline(Tool.HUB_SWAP, "hub_swap.no_gain", hub=hub_id, links=[link.to_hub for link in links])


def _swappable(situation: Situation) -> list[StopId]:
    """Stops at risk whose packages all lie in the case's hub."""
    snapshot, hub_id = situation.snapshot, situation.case.hub_id
    return [
        stop_id
        for stop_id in situation.case.stop_ids
        if snapshot.stops[stop_id].status is StopStatus.PLANNED
        and (packages := _packages(snapshot, stop_id))
        and all(p.custody.kind is HolderKind.HUB and p.custody.holder_id == hub_id for p in packages)
    ]


def _over(situation: Situation, link: HubLink, stops: list[StopId]) -> list[Candidate]:
    """Relocate in a world where the goods already lie in the other hub, available once the shuttle has brought them."""
    snapshot = situation.snapshot
    receivers = [
        route.id
        for route in snapshot.routes.values()
        if route.hub_id == link.to_hub and route.status is RouteStatus.PLANNED
    ]
    if not receivers:
        return []
    problem = situation.repairer.prepare(_as_if_moved(snapshot, link, stops), situation.travel)
    return [_swap(snapshot, link, plan) for plan in situation.repairer.relocate(problem, stops, receivers).plans]


def _as_if_moved(snapshot: HubSnapshot, link: HubLink, stops: list[StopId]) -> HubSnapshot:
    moved = {
        package.id: replace(
            package,
            custody=Custody(HolderKind.HUB, link.to_hub, snapshot.taken_at),
            available_at=_reaches(snapshot, link, package),
        )
        for stop_id in stops
        for package in _packages(snapshot, stop_id)
    }
    return replace(snapshot, packages={**snapshot.packages, **moved})


def _swap(snapshot: HubSnapshot, link: HubLink, plan: FleetPlan) -> Candidate:
    """The plan as a candidate that moves the packages of exactly the stops it takes over."""
    candidate = candidate_of(snapshot, Tool.HUB_SWAP, plan)
    arriving = tuple(
        stop_id
        for change in candidate.route_changes
        for stop_id in change.stop_ids
        if snapshot.routes[change.route_id].hub_id == link.to_hub
        and snapshot.routes[snapshot.stops[stop_id].route_id].hub_id != link.to_hub
    )
    moves = tuple(
        PackageMove(package.id, link.to_hub, _reaches(snapshot, link, package))
        for stop_id in arriving
        for package in _packages(snapshot, stop_id)
    )
    swap = Action(ActionKind.HUB_SWAP, arriving, tuple(sorted(plan.routes)), {"to_hub": link.to_hub})
    others = tuple(action for action in candidate.actions if action.kind is ActionKind.RESEQUENCE)
    return identified(replace(candidate, actions=(swap, *others), package_moves=moves))


def _reaches(snapshot: HubSnapshot, link: HubLink, package: Package) -> datetime:
    """When the package can go out from the other hub: released, driven over, and handled at both docks."""
    leaves = max(snapshot.taken_at, package.available_at or snapshot.taken_at)
    return leaves + timedelta(seconds=link.duration_s) + HANDLING


def _packages(snapshot: HubSnapshot, stop_id: StopId) -> tuple[Package, ...]:
    order_id = snapshot.stops[stop_id].order_id
    return () if order_id is None else snapshot.packages_by_order.get(order_id, ())
