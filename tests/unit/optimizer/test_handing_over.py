"""Goods that change hands on the road: every meeting can be carried out, and a plan that can't be is told apart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forestall.domain.ids import RouteId, StopId
from forestall.domain.orders import Custody
from forestall.domain.replan import apply_candidate
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, HolderKind, RouteStatus, StopKind, StopStatus, Tool
from optimizer.repair import FleetPlan, Repairer
from optimizer.repair.check import check_plan
from optimizer.repair.rendezvous import PATIENCE_S
from optimizer.risk.forecast import Forecaster, all_starts
from optimizer.travel import HaversineTravel
from tools.changes import candidate_of

SEEDS = 200
GIVER, TAKER = RouteId("R1"), RouteId("R2")


@pytest.fixture(scope="module")
def repairer() -> Repairer:
    return Repairer(samples=64)


def late_fleet(town_type, seed: int) -> HubSnapshot:
    """Five vans under way, the first of which can't keep most of its promises; a spare; and sometimes little room."""
    rng = np.random.default_rng(seed)
    day = town_type()
    for r in range(5):
        units = {"units": float(rng.integers(6, 14))}
        route_id = day.route(f"R{r}", status=RouteStatus.UNDERWAY, capacity=units, skills=("cold",) if r % 2 else ())
        bound_for = day.place(f"b{r}", *rng.uniform(-6, 6, 2))
        day.stop(route_id, f"B{r}", bound_for, ("08:00", "10:00"), StopStatus.ENROUTE, departed_at=day.at("08:20"))
        for k in range(int(rng.integers(2, 6)) + 4 * (r == 1)):
            closes = "10:00" if r == 1 else "16:00"
            where, skills = day.place(f"p{r}-{k}", *rng.uniform(-7, 7, 2)), ("cold",) if rng.random() < 0.1 else ()
            size, pinned = float(rng.integers(1, 3)), rng.random() < 0.08
            day.stop(route_id, f"S{r}-{k}", where, ("08:00", closes), size=size, pinned=pinned, skills=skills)
        near = day.place(f"near{r}", *rng.uniform(-6, 6, 2))
        day.seen(route_id, near, "08:29")
    day.route("SPARE", departs="08:30", is_spare=True, capacity={"units": 5.0})
    return day.snapshot("08:30")


@pytest.fixture(scope="module")
def meetings(new_town, repairer) -> list[tuple[HubSnapshot, FleetPlan]]:
    """What comes of many seeds; most fleets find a meeting or two."""
    found = []
    for seed in range(SEEDS):
        snapshot = late_fleet(new_town, seed)
        problem = repairer.prepare(snapshot, HaversineTravel())
        found += [(snapshot, plan) for plan in repairer.rendezvous(problem, GIVER).plans]
    assert len(found) >= SEEDS // 2
    return found


def committed(snapshot: HubSnapshot, plan: FleetPlan) -> HubSnapshot:
    return apply_candidate(snapshot, candidate_of(snapshot, Tool.REASSIGN, plan))


def test_every_meeting_proposed_can_be_carried_out(meetings) -> None:
    for snapshot, plan in meetings:
        assert check_plan(snapshot, plan) == ()
        assert plan.gain > 0
        [spec] = plan.transfers
        assert plan.routes[spec.from_route_id][0] == spec.hand_over_id
        assert plan.moved == len(spec.stop_ids)


def test_neither_waits_longer_than_its_patience_and_the_giver_leaves_last(meetings, repairer) -> None:
    for snapshot, plan in meetings[:60]:
        [spec] = plan.transfers
        after = committed(snapshot, plan)
        problem = repairer.prepare(after, HaversineTravel())
        starts = all_starts(problem)
        taken, given = starts[problem.stop_index[spec.stop_id]], starts[problem.stop_index[spec.hand_over_id]]
        giver = problem.route_index[spec.from_route_id]
        there = problem.drive.ready_s[giver]
        ends = problem.seconds(spec.ends_at)
        assert np.all(taken >= np.minimum(there, ends) - 1e-6)
        assert np.all(given >= np.minimum(taken, ends) - 1e-6)
        assert float((taken - there > PATIENCE_S).mean()) <= 0.15  # sought on the same luck, in another order perhaps
        first_after = [problem.stop_index[s] for s in plan.routes[spec.from_route_id][1:2]]
        assert all(np.all(starts[stop] >= given - 1e-6) for stop in first_after)


def test_the_forecast_sees_the_gain_of_a_meeting_as_the_repair_does(meetings, repairer) -> None:
    for snapshot, plan in meetings[:25]:
        candidate = candidate_of(snapshot, Tool.REASSIGN, plan)
        judgement = Forecaster(samples=64).judge(snapshot, HaversineTravel(), [candidate])[candidate.id]
        churn = repairer.prices.churn * sum(len(stops) for stops in plan.routes.values())
        assert judgement.gain == pytest.approx(plan.gain, abs=churn + 1e-6)
        assert judgement.stops_moved == plan.moved
        assert ActionKind.RENDEZVOUS in candidate.kinds


def doctored(snapshot: HubSnapshot, plan: FleetPlan) -> Iterator[tuple[str, HubSnapshot, FleetPlan]]:
    """The plan with one thing made impossible, and the rule that this breaks."""
    [spec] = plan.transfers
    given, taken = plan.routes[spec.from_route_id], plan.routes[spec.route_id]
    first = spec.stop_ids[0]
    goods = snapshot.packages[spec.package_ids[0]]
    elsewhere = replace(goods, custody=Custody(HolderKind.VEHICLE, "V-R4", snapshot.taken_at))
    moved = replace(snapshot, packages={**snapshot.packages, goods.id: elsewhere})
    yield "transfer_goods", moved, plan
    before = tuple(stop for stop in taken if stop != first)
    yield "custody", snapshot, replace(plan, routes={**plan.routes, spec.route_id: (first, *before)})
    yield "lost", snapshot, replace(plan, routes={**plan.routes, spec.from_route_id: given[1:]})
    without = replace(spec, hand_over_id=None)
    alone = {**plan.routes, spec.from_route_id: given[1:]}
    yield "transfer_goods", snapshot, replace(plan, routes=alone, transfers=(without,))
    over = replace(spec, ends_at=snapshot.taken_at - timedelta(minutes=1))
    yield "meeting", snapshot, replace(plan, transfers=(over,))
    away = replace(spec, location=snapshot.hubs[snapshot.routes[GIVER].hub_id].location)
    yield "meeting", snapshot, replace(plan, transfers=(away,))
    if len(given) > 1:
        later = (given[1], given[0], *given[2:])
        yield "meeting", snapshot, replace(plan, routes={**plan.routes, spec.from_route_id: later})
    kept = tuple(stop for stop in taken if stop != first)
    back = {**plan.routes, spec.route_id: kept, spec.from_route_id: (*given, first)}
    yield "custody", snapshot, replace(plan, routes=back)  # handed over, and yet to be delivered by the giver


def test_a_meeting_that_can_not_take_place_is_told_apart(meetings) -> None:
    for snapshot, plan in meetings[:60]:
        for rule, state, wrong in doctored(snapshot, plan):
            assert rule in {fault.rule for fault in check_plan(state, wrong)}


def test_a_delay_that_is_not_worth_a_meeting_brings_none(town, repairer, travel) -> None:
    route = town.route("R1", status=RouteStatus.UNDERWAY)
    town.stop(route, "A", town.place("a", 2, 2), status=StopStatus.ENROUTE, departed_at=town.at("08:20"))
    town.stop(route, "B", town.place("b", 3, 2))
    town.route("SPARE", is_spare=True)
    assert repairer.rendezvous(repairer.prepare(town.snapshot("08:30"), travel), route).rule == "nothing_to_move"


def test_a_van_that_can_only_come_far_too_late_is_not_sent(town, repairer, travel) -> None:
    route = town.route("R1", status=RouteStatus.UNDERWAY)
    town.stop(route, "A", town.place("a", 2, 2), status=StopStatus.ENROUTE, departed_at=town.at("08:20"))
    for name in "BCDE":
        town.stop(route, name, town.place(name, 9, 9), ("08:00", "09:00"))
    town.route("SPARE", departs="11:00", is_spare=True)
    assert repairer.rendezvous(repairer.prepare(town.snapshot("08:30"), travel), route).rule == "no_gain"


def agreed(town) -> tuple[HubSnapshot, StopId]:
    """R1 has handed S to R2 at a meeting to come: the snapshot after, and the stop."""
    town.route("R1", status=RouteStatus.UNDERWAY)
    town.stop(GIVER, "A", town.place("a", 2, 2), status=StopStatus.ENROUTE, departed_at=town.at("08:20"))
    for name in "BCDEF":
        town.stop(GIVER, name, town.place(name, 6, 9), ("08:00", "09:05"), service_s=900.0)
    town.route("R2", status=RouteStatus.UNDERWAY)
    town.stop(TAKER, "Z", town.place("z", 2, 3), status=StopStatus.ENROUTE, departed_at=town.at("08:20"))
    for route, place in ((GIVER, town.place("g", 1.5, 1.5)), (TAKER, town.place("t", 1.8, 2.6))):
        town.seen(route, place, "08:29")
    snapshot = town.snapshot("08:30")
    repairer = Repairer(samples=64)
    plan = repairer.rendezvous(repairer.prepare(snapshot, HaversineTravel()), GIVER).plans[0]
    return committed(snapshot, plan), plan.transfers[0].stop_ids[0]


def over(snapshot: HubSnapshot, **statuses: StopStatus) -> HubSnapshot:
    """The snapshot with the hand-over (H) and the transfer (T) at these statuses."""
    stops = {
        stop.id: replace(stop, status=statuses[stop.id[0]])
        for stop in snapshot.stops.values()
        if stop.kind is not StopKind.DELIVERY and stop.id[0] in statuses
    }
    return replace(snapshot, stops={**snapshot.stops, **stops})


def test_a_new_order_keeps_the_meeting_where_it_was_promised(town, repairer, travel) -> None:
    snapshot, _ = agreed(town)
    problem = repairer.prepare(snapshot, travel)
    for route_id in (GIVER, TAKER):
        for plan in repairer.resequence(problem, route_id).plans:
            assert check_plan(snapshot, plan) == ()
    assert repairer.rendezvous(problem, GIVER).rule == "cannot_stop"  # one hand-over at a time


def test_stops_of_a_missed_meeting_count_as_lost_until_they_go_back(town, repairer, travel) -> None:
    snapshot, stop_id = agreed(town)
    assert repairer.take_back(repairer.prepare(snapshot, travel), TAKER).rule == "nothing_to_move"
    missed = over(snapshot, H=StopStatus.FAILED, T=StopStatus.FAILED)
    assert Forecaster(samples=64).forecast(missed, travel).stops[stop_id].p_late == 1.0
    plan = repairer.take_back(repairer.prepare(missed, travel), TAKER).plans[0]
    assert stop_id in plan.routes[GIVER]
    assert stop_id not in plan.routes[TAKER]
    assert check_plan(missed, plan) == ()
    assert plan.gain > repairer.prices.miss  # worth more than a promise: a stop that nobody could do is done


def test_a_taker_that_breaks_down_gives_the_stops_back_and_the_giver_does_not_wait(town, repairer, travel) -> None:
    snapshot, stop_id = agreed(town)
    broken = replace(snapshot.routes[TAKER], status=RouteStatus.BROKEN, broken_at=snapshot.taken_at)
    wreck = replace(snapshot, routes={**snapshot.routes, TAKER: broken})
    plan = repairer.take_back(repairer.prepare(wreck, travel), TAKER).plans[0]
    assert stop_id in plan.routes[GIVER]
    assert {stop[0] for stop in plan.dropped} == {"H", "T"}
    assert check_plan(wreck, plan) == ()
    candidate = candidate_of(wreck, Tool.REASSIGN, plan)
    assert ActionKind.TAKE_BACK in candidate.kinds
    after = apply_candidate(wreck, candidate)
    assert {after.stops[stop].status for stop in plan.dropped} == {StopStatus.CANCELLED}


def test_a_giver_that_breaks_down_is_met_where_it_stands(town, repairer, travel) -> None:
    snapshot, stop_id = agreed(town)
    broken = replace(snapshot.routes[GIVER], status=RouteStatus.BROKEN, broken_at=snapshot.taken_at)
    stranded = replace(snapshot, routes={**snapshot.routes, GIVER: broken})
    problem = repairer.prepare(stranded, travel)
    transfer = next(i for i, s in enumerate(problem.stop_ids) if s.startswith("T-"))
    assert problem.world.place[transfer] == problem.breakdown_place[GIVER]
    assert Forecaster(samples=64).forecast(stranded, travel).stops[stop_id].eta_p50 > stranded.taken_at


def near_the_hub(new_town, seed: int) -> HubSnapshot:
    """A van that starts near its hub with too much to do, and others that have not left it."""
    rng = np.random.default_rng(seed)
    day = new_town()
    day.route("R1", status=RouteStatus.UNDERWAY)
    near = day.place("near", *rng.uniform(-1, 1, 2))
    day.stop(GIVER, "A", near, status=StopStatus.ENROUTE, departed_at=day.at("08:28"))
    for k in range(int(rng.integers(6, 12))):
        day.stop(GIVER, f"B{k}", day.place(f"b{k}", *rng.uniform(-7, 7, 2)), ("08:00", "10:00"), size=2.0)
    for r in range(2, 4):
        later = day.route(f"R{r}", departs=f"09:{10 * r}", capacity={"units": float(rng.integers(4, 10))})
        day.stop(later, f"C{r}", day.place(f"c{r}", *rng.uniform(-5, 5, 2)))
    day.seen(GIVER, near, "08:29")
    return day.snapshot("08:30")


def test_goods_brought_back_leave_the_hub_only_when_they_are_there(new_town, repairer) -> None:
    count = 0
    for seed in range(40):
        snapshot = near_the_hub(new_town, seed)
        for plan in repairer.through_hub(repairer.prepare(snapshot, HaversineTravel()), GIVER).plans:
            count += 1
            assert check_plan(snapshot, plan) == ()
            assert plan.gain > 0
            [spec] = plan.transfers
            candidate = candidate_of(snapshot, Tool.REASSIGN, plan)
            assert ActionKind.RETURN_TO_HUB in candidate.kinds
            judgement = Forecaster(samples=64).judge(snapshot, HaversineTravel(), [candidate])[candidate.id]
            churn = repairer.prices.churn * sum(len(stops) for stops in plan.routes.values())
            assert judgement.gain == pytest.approx(plan.gain, abs=churn + 1e-6)
            problem = repairer.prepare(apply_candidate(snapshot, candidate), HaversineTravel())
            starts = all_starts(problem)
            brought = np.quantile(starts[problem.stop_index[spec.hand_over_id]], 0.5)
            out = [starts[problem.stop_index[stop]] for stop in spec.stop_ids]
            assert all(np.median(start) > brought for start in out)
    assert count >= 20


def test_goods_brought_back_to_another_hub_or_for_a_van_that_has_left_are_told_apart(new_town, repairer) -> None:
    snapshot = near_the_hub(new_town, 2)
    plan = repairer.through_hub(repairer.prepare(snapshot, HaversineTravel()), GIVER).plans[0]
    [spec] = plan.transfers
    left = replace(snapshot.routes[spec.route_id], status=RouteStatus.UNDERWAY)
    gone = replace(snapshot, routes={**snapshot.routes, left.id: left})
    assert {"meeting", "custody"} <= {fault.rule for fault in check_plan(gone, plan)}
    elsewhere = replace(spec, location=snapshot.stops[StopId("C2")].location)
    assert "meeting" in {fault.rule for fault in check_plan(snapshot, replace(plan, transfers=(elsewhere,)))}
    kept = {**plan.routes, GIVER: (*plan.routes[GIVER], spec.stop_ids[0])}
    assert "custody" in {fault.rule for fault in check_plan(snapshot, replace(plan, routes=kept))}


def test_goods_on_their_way_back_that_break_down_are_rescued_although_another_route_waits_for_them(
    new_town, repairer
) -> None:
    snapshot = near_the_hub(new_town, 2)
    problem = repairer.prepare(snapshot, HaversineTravel())
    plan = repairer.through_hub(problem, GIVER).plans[0]
    [spec] = plan.transfers
    agreed = committed(snapshot, plan)
    broken = replace(agreed.routes[GIVER], status=RouteStatus.BROKEN, broken_at=agreed.taken_at)
    wreck = replace(agreed, routes={**agreed.routes, GIVER: broken})
    assert Forecaster(samples=64).forecast(wreck, HaversineTravel()).stops[spec.stop_ids[0]].p_late == 1.0
    plans = repairer.rescue(repairer.prepare(wreck, HaversineTravel()), GIVER).plans
    assert [check_plan(wreck, rescued) for rescued in plans] == [()] * len(plans)
    assert any(set(spec.stop_ids) & {stop for s in rescued.transfers for stop in s.stop_ids} for rescued in plans)
    assert all(
        set(spec.stop_ids).isdisjoint(rescued.routes[spec.route_id])
        or spec.route_id in {s.route_id for s in rescued.transfers}
        for rescued in plans
    )
    best = candidate_of(wreck, Tool.REASSIGN, plans[0])
    judgement = Forecaster(samples=64).judge(wreck, HaversineTravel(), [best])[best.id]
    churn = repairer.prices.churn * sum(len(stops) for stops in plans[0].routes.values())
    assert judgement.gain == pytest.approx(plans[0].gain, abs=churn + 1e-6)
