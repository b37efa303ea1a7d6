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


def two_wrecks(town, travel, repairer: Repairer) -> HubSnapshot:
    """R1 broke down with A and B; R2, which has C and D, was to fetch them and broke down on its way."""
    first, second = town.route("R1", status=RouteStatus.BROKEN), town.route("R2", status=RouteStatus.UNDERWAY)
    for route, names in ((first, "AB"), (second, "CD")):
        for km, name in enumerate(names, start=2):
            town.stop(route, name, town.place(name, km, 3 if route == first else 1), ("08:00", "16:00"))
    town.seen(first, town.place("first wreck", 2, 4), "08:20")
    town.seen(second, town.place("second wreck", 1, 2), "08:20")
    snapshot = town.snapshot("08:30")
    plan = repairer.rescue(repairer.prepare(snapshot, travel), first).plans[0]
    assert [spec.route_id for spec in plan.transfers] == [second]
    return broken_down(applied(snapshot, plan), second)


def test_the_goods_that_a_broken_rescuer_was_to_fetch_are_fetched_from_the_first_wreck(town, travel, repairer) -> None:
    spare = town.route("SPARE", departs="08:30", is_spare=True)
    town.routes[spare] = replace(town.routes[spare], notice_s=600.0)
    snapshot = two_wrecks(town, travel, repairer)
    for plan in checked(snapshot, repairer.rescue(repairer.prepare(snapshot, travel), RouteId("R2")).plans):
        met = {spec.from_vehicle: set(spec.stop_ids) for spec in plan.transfers}
        assert met.get("V-R1", set()) <= {"A", "B"}
        assert met.get("V-R2", set()) <= {"C", "D"}
    plan = repairer.rescue(repairer.prepare(snapshot, travel), RouteId("R2")).plans[0]
    assert {spec.from_vehicle: set(spec.stop_ids) for spec in plan.transfers} == {
        "V-R1": {"A", "B"},
        "V-R2": {"C", "D"},
    }
    assert plan.routes[RouteId("R2")] == ()
    assert len(plan.dropped) == 1


def test_after_the_meeting_everything_is_rescued_from_the_second_wreck(town, travel, repairer) -> None:
    town.route("SPARE", departs="08:30", is_spare=True)
    snapshot = two_wrecks(town, travel, repairer)
    fetched = {
        package.id: replace(package, custody=replace(package.custody, holder_id="V-R2"))
        for package in snapshot.packages.values()
    }
    over = {
        stop.id: replace(stop, status=StopStatus.COMPLETED)
        for stop in snapshot.stops.values()
        if stop.kind is StopKind.TRANSFER
    }
    snapshot = replace(snapshot, packages={**snapshot.packages, **fetched}, stops={**snapshot.stops, **over})
    plan = next(checked(snapshot, repairer.rescue(repairer.prepare(snapshot, travel), RouteId("R2")).plans))
    assert [(spec.from_vehicle, set(spec.stop_ids)) for spec in plan.transfers] == [("V-R2", {"A", "B", "C", "D"})]
