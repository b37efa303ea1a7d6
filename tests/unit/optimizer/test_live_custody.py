"""Breakdowns amid days under way, hundreds of them: every rescue on offer can be carried out, by the separate checker,
and so can the next one after it."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from forestall.domain.ids import RouteId
from forestall.domain.replan import apply_candidate, free_stops
from forestall.domain.routes import Position
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind, StopStatus, Tool
from optimizer.repair import FleetPlan, Repairer
from optimizer.repair.check import check_plan
from optimizer.travel import HaversineTravel
from tools.changes import candidate_of

SEEDS = range(110)  # two snapshots each
FIRST = RouteId("R1")


@pytest.fixture(scope="module")
def repairer() -> Repairer:
    return Repairer(samples=64)


def broken_down(snapshot: HubSnapshot, route_id: RouteId) -> HubSnapshot:
    """The vehicle stands where it was seen last; it will not get to the stop it was bound for."""
    route, hub = snapshot.routes[route_id], next(iter(snapshot.hubs.values()))
    seen = snapshot.positions.get(route.vehicle_id)
    wreck = seen or Position(route.vehicle_id, snapshot.taken_at, hub.location.lat + 0.01, hub.location.lon)
    stops = {
        stop.id: replace(stop, status=StopStatus.LOADED)
        for stop in snapshot.stops_by_route[route_id]
        if stop.status.is_committed
    }
    return replace(
        snapshot,
        routes={**snapshot.routes, route_id: replace(route, status=RouteStatus.BROKEN, broken_at=snapshot.taken_at)},
        stops={**snapshot.stops, **stops},
        positions={**snapshot.positions, route.vehicle_id: wreck},
    )


def set_out(snapshot: HubSnapshot, route_id: RouteId) -> HubSnapshot:
    """A route that was still at its hub has left it with its goods."""
    route = snapshot.routes[route_id]
    if route.status is not RouteStatus.PLANNED:
        return snapshot
    orders = {stop.order_id for stop in free_stops(snapshot, route_id) if stop.kind is StopKind.DELIVERY}
    aboard = {
        p.id: replace(p, custody=replace(p.custody, kind=HolderKind.VEHICLE, holder_id=route.vehicle_id))
        for p in snapshot.packages.values()
        if p.order_id in orders and p.custody.kind is HolderKind.HUB
    }
    stops = {
        stop.id: replace(stop, status=StopStatus.LOADED)
        for stop in free_stops(snapshot, route_id)
        if stop.kind is StopKind.DELIVERY
    }
    return replace(
        snapshot,
        routes={
            **snapshot.routes,
            route_id: replace(route, status=RouteStatus.UNDERWAY, departed_at=snapshot.taken_at),
        },
        stops={**snapshot.stops, **stops},
        packages={**snapshot.packages, **aboard},
    )


def applied(snapshot: HubSnapshot, plan: FleetPlan) -> HubSnapshot:
    """As a commit would leave it."""
    return apply_candidate(snapshot, candidate_of(snapshot, Tool.REASSIGN, plan))


def checked(snapshot: HubSnapshot, plans: tuple[FleetPlan, ...]) -> Iterator[FleetPlan]:
    for plan in plans:
        assert check_plan(snapshot, plan) == ()
        assert plan.gain > 0
        yield plan


def test_every_rescue_can_be_carried_out_and_so_can_the_one_of_its_rescuer(new_town, repairer: Repairer) -> None:
    """Two breakdowns a day: a vehicle under way, then one that is on its way to it, or was to be."""
    travel, first_plans, later_plans = HaversineTravel(), 0, 0
    for seed in SEEDS:
        draw, town = np.random.default_rng(seed), new_town()
        town.fleet(seed, routes=int(draw.integers(3, 6)), stops=4, breaks=True, spare=seed % 3 > 0)
        snapshot = town.snapshot("08:40")
        plans = list(checked(snapshot, repairer.rescue(repairer.prepare(snapshot, travel), FIRST).plans))
        first_plans += len(plans)
        if not plans:
            continue
        plan = plans[int(draw.integers(len(plans)))]
        second = RouteId(str(draw.choice(sorted({spec.route_id for spec in plan.transfers}))))
        snapshot = broken_down(set_out(applied(snapshot, plan), second), second)
        problem = repairer.prepare(snapshot, travel)
        answers = (
            repairer.rescue(problem, FIRST),
            repairer.rescue(problem, second),
            repairer.take_back(problem, second),
        )
        later_plans += sum(len(list(checked(snapshot, answer.plans))) for answer in answers)
    assert first_plans > len(SEEDS)
    assert later_plans > len(SEEDS)
