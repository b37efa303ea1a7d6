"""What every repair promises, on random days, by a checker that shares nothing with the engines."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestall.domain.actions import Action, Candidate, RouteChange
from forestall.domain.ids import CandidateId, CarrierId, HubId, PackageId, RouteId, StopId
from forestall.domain.network import Carrier
from forestall.domain.orders import Custody, Window
from forestall.domain.replan import apply_candidate
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import ActionKind, CarrierKind, HolderKind, RouteStatus, StopKind, StopStatus, Tool
from optimizer.repair.check import check_plan
from optimizer.repair.climb import ORTOOLS, RUNGS, Limits
from optimizer.repair.engines import SearchBudget
from optimizer.repair.ladder import Ladder
from optimizer.repair.pool import InProcessSolver
from optimizer.repair.repairer import Repairer
from optimizer.repair.subproblem import Budget
from optimizer.risk.forecast import Forecaster

random_day = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)


@pytest.fixture(scope="module")
def repairer() -> Repairer:
    return Repairer()


def as_candidate(snapshot, plan) -> Candidate:
    """What the tools make of a plan: its TRANSFER stops become real."""
    day = Window(min(h.opens_at for h in snapshot.hubs.values()), max(h.closes_at for h in snapshot.hubs.values()))
    new = {
        spec.route_id: Stop(
            id=spec.stop_id,
            route_id=spec.route_id,
            sequence=0,
            location=spec.location,
            window=day,
            service_s=spec.service_s,
            kind=StopKind.TRANSFER,
            package_ids=spec.package_ids,
            transfer_from=spec.from_vehicle,
        )
        for spec in plan.transfers
    }
    changes = tuple(
        RouteChange(r, snapshot.routes[r].version, stops, (new[r],) if r in new else ())
        for r, stops in plan.routes.items()
    )
    return Candidate(CandidateId("c"), Tool.REROUTE, (Action(ActionKind.RESEQUENCE),), changes)


@random_day
@given(seed=st.integers(0, 10_000))
def test_a_new_order_is_feasible_and_never_worse(town, travel, repairer, seed) -> None:
    day = type(town)()
    day.fleet(seed)
    snapshot = day.snapshot("08:40")
    problem = repairer.prepare(snapshot, travel)
    for route_id in snapshot.routes:
        repairs = repairer.resequence(problem, route_id)
        assert repairs.plans or repairs.rule in {"nothing_to_move", "no_gain"}
        for plan in repairs.plans:
            assert check_plan(snapshot, plan) == ()
            assert plan.gain > 0
            assert set(plan.routes) == {route_id}


@random_day
@given(seed=st.integers(0, 10_000))
def test_moving_stops_at_the_hub_is_feasible_and_never_worse(town, travel, repairer, seed) -> None:
    day = type(town)()
    day.fleet(seed)
    snapshot = day.snapshot("08:40")
    problem = repairer.prepare(snapshot, travel)
    for plan in repairer.relocate(problem, list(snapshot.stops)).plans:
        assert check_plan(snapshot, plan) == ()
        assert plan.gain > 0
        assert all(snapshot.routes[r].status is RouteStatus.PLANNED for r in plan.routes)


@random_day
@given(seed=st.integers(0, 10_000))
def test_a_rescue_is_feasible_and_its_hand_over_comes_first(town, travel, repairer, seed) -> None:
    day = type(town)()
    day.fleet(seed, breaks=True)
    snapshot = day.snapshot("08:40")
    repairs = repairer.rescue(repairer.prepare(snapshot, travel), RouteId("R1"))
    assert repairs.plans or repairs.rule
    for plan in repairs.plans:
        assert check_plan(snapshot, plan) == ()
        assert plan.gain > 0
        assert 1 <= len(plan.transfers) <= 2
        assert plan.moved == sum(len(spec.stop_ids) for spec in plan.transfers)


@random_day
@given(seed=st.integers(0, 10_000))
def test_the_forecast_sees_the_same_gain_as_the_repair(town, travel, repairer, seed) -> None:
    day = type(town)()
    day.fleet(seed, breaks=True)
    snapshot = day.snapshot("08:40")
    problem = repairer.prepare(snapshot, travel)
    plans = repairer.rescue(problem, RouteId("R1")).plans + repairer.resequence(problem, RouteId("R0")).plans
    for plan in plans:
        judgement = Forecaster().judge(snapshot, travel, [as_candidate(snapshot, plan)])[CandidateId("c")]
        churn = Repairer().prices.churn * sum(len(stops) for stops in plan.routes.values())
        assert judgement.gain == pytest.approx(plan.gain, abs=churn + 1e-6)
        assert judgement.stops_moved == plan.moved


def test_the_same_problem_gives_the_same_plan(town, travel) -> None:
    town.fleet(4, breaks=True)
    snapshot = town.snapshot("08:40")
    plans = [Repairer().rescue(Repairer().prepare(snapshot, travel), RouteId("R1")) for _ in range(2)]
    assert plans[0] == plans[1]


def test_a_spare_takes_over_a_broken_vans_goods(town, travel, repairer) -> None:
    route = town.route("R1", status=RouteStatus.BROKEN)
    stops = [town.stop(route, name, town.place(name, x, 3), ("08:00", "14:00")) for name, x in (("A", 2), ("B", 4))]
    town.seen(route, town.place("wreck", 3, 3), "08:20")
    spare = town.route("SPARE", departs="08:30", is_spare=True)
    plan = repairer.rescue(repairer.prepare(town.snapshot("08:30"), travel), route).plans[0]
    assert plan.routes[route] == ()
    assert plan.routes[spare][0] == plan.transfers[0].stop_id
    assert set(plan.routes[spare][1:]) == set(stops)
    assert plan.misses_before == 2.0
    assert plan.misses_after < 0.1


@pytest.mark.parametrize(("shift_end", "notice_s", "comes"), [("18:00", 1800.0, True), ("08:50", 1800.0, False)])
def test_a_spare_comes_no_sooner_than_its_notice_and_only_within_its_shift(
    town, travel, repairer, shift_end, notice_s, comes
) -> None:
    route = town.route("R1", status=RouteStatus.BROKEN)
    stops = [town.stop(route, name, town.place(name, x, 3), ("08:00", "14:00")) for name, x in (("A", 2), ("B", 4))]
    town.seen(route, town.place("wreck", 3, 3), "08:20")
    spare = town.route("SPARE", departs="08:00", is_spare=True, shift_end=shift_end)
    town.routes[spare] = replace(town.routes[spare], notice_s=notice_s)
    snapshot = town.snapshot("08:30")
    plans = repairer.rescue(repairer.prepare(snapshot, travel), route).plans
    assert bool(plans) == comes
    for plan in plans:
        after = apply_candidate(snapshot, as_candidate(snapshot, plan))
        scores = Forecaster().forecast(after, travel).stops
        assert after.routes[spare].departs_at == town.at("09:00")
        assert all(scores[stop].eta_p10 > town.at("09:00") for stop in stops)


def test_a_full_van_rescues_no_more_than_it_can_carry(town, travel, repairer) -> None:
    route = town.route("R1", status=RouteStatus.BROKEN)
    for name in "ABC":
        town.stop(route, name, town.place(name, 2, 2), ("08:00", "16:00"))
    helper = town.route("R2", status=RouteStatus.UNDERWAY, capacity={"units": 2.0})
    town.seen(route, town.place("wreck", 3, 3), "08:20")
    snapshot = town.snapshot("08:30")
    plan = repairer.rescue(repairer.prepare(snapshot, travel), route).plans[0]
    assert len(plan.transfers[0].stop_ids) == 2
    assert len(plan.routes[route]) == 1
    assert check_plan(snapshot, plan) == ()
    assert helper in plan.routes


def test_nobody_without_the_skill_is_sent(town, travel, repairer) -> None:
    route = town.route("R1", status=RouteStatus.BROKEN)
    town.stop(route, "A", town.place("a", 2, 2), ("08:00", "16:00"), skills=("cold",))
    town.route("R2", status=RouteStatus.UNDERWAY)
    repairs = repairer.rescue(repairer.prepare(town.snapshot("08:30"), travel), route)
    assert repairs.plans == ()
    assert repairs.rule == "no_receiver"


def test_goods_aboard_one_van_are_never_given_to_another_by_relocation(town, travel, repairer) -> None:
    route = town.route("R1", status=RouteStatus.UNDERWAY)
    stop = town.stop(route, "A", town.place("a", 2, 2), ("08:00", "08:01"))
    town.route("SPARE", is_spare=True)
    repairs = repairer.relocate(repairer.prepare(town.snapshot("08:30"), travel), [stop])
    assert repairs.rule == "nothing_to_move"


@pytest.mark.parametrize(("free_stops", "taken"), [(0, 0), (1, 1), (None, 3)])
def test_a_carrier_is_given_no_more_than_it_said_it_can_take(town, travel, repairer, free_stops, taken) -> None:
    gig = Carrier(CarrierId("GIG"), "Couriers", CarrierKind.GIG, cost_per_stop_cents=400, free_stops=free_stops)
    town.carriers[gig.id] = gig
    route = town.route("R1", status=RouteStatus.BROKEN)
    for name in "ABC":
        town.stop(route, name, town.place(name, 2, 2), ("08:00", "16:00"))
    town.seen(route, town.place("wreck", 3, 3), "08:20")
    town.route("G1", status=RouteStatus.UNDERWAY, carrier="GIG")
    snapshot = town.snapshot("08:30")
    repairs = repairer.rescue(repairer.prepare(snapshot, travel), route)
    assert (repairs.plans[0].moved if repairs.plans else 0) == taken
    assert all(check_plan(snapshot, plan) == () for plan in repairs.plans)


def test_a_carrier_that_has_withdrawn_gets_nothing(town, travel, repairer) -> None:
    town.carriers[CarrierId("GIG")] = Carrier(CarrierId("GIG"), "Couriers", CarrierKind.GIG, active=False)
    town.route("R1", departs="10:00")
    for name in "ABC":
        town.stop(RouteId("R1"), name, town.place(name, 2, 2), ("08:00", "09:00"))
    town.route("G1", carrier="GIG")
    repairs = repairer.relocate(repairer.prepare(town.snapshot("08:00"), travel), list(town.stops))
    assert repairs.rule == "no_receiver"


def test_the_stops_of_a_carrier_that_has_withdrawn_are_lost_until_others_take_them(town, travel, repairer) -> None:
    town.carriers[CarrierId("GIG")] = Carrier(CarrierId("GIG"), "Couriers", CarrierKind.GIG, active=False)
    route = town.route("G1", carrier="GIG")
    stops = [town.stop(route, name, town.place(name, 2, 2), ("08:00", "16:00")) for name in "AB"]
    town.route("SPARE", is_spare=True)
    snapshot = town.snapshot("07:30")
    score = Forecaster().forecast(snapshot, travel).stops[stops[0]]
    assert (score.p_late, score.reasons[0].cause) == (1.0, "carrier_withdrawn")
    plan = repairer.relocate(repairer.prepare(snapshot, travel), stops).plans[0]
    assert set(plan.routes[RouteId("SPARE")]) == set(stops)
    assert plan.misses_after < 0.1


def test_late_goods_are_split_off_so_that_the_rest_can_leave(town, travel, repairer) -> None:
    route = town.route("R1", departs="08:00")
    for name in "ABCD":
        town.stop(route, name, town.place(name, 4, ord(name) - 66), ("08:00", "09:00"))
    late = town.stop(route, "L", town.place("l", 3, 3), ("08:00", "15:00"), available="10:30")
    spare = town.route("SPARE", departs="08:00", is_spare=True)
    plan = repairer.relocate(repairer.prepare(town.snapshot("07:55"), travel), list(town.stops)).plans[0]
    assert plan.misses_before > 3.5
    assert plan.misses_after < 0.5
    assert late in plan.routes[spare] or late in plan.routes[route]
    assert (late in plan.routes[spare]) != (StopId("A") in plan.routes[spare])


def test_goods_to_be_taken_over_stay_behind_their_hand_over(town, travel, repairer) -> None:
    """A rescue already agreed: re-sequencing its route keeps the meeting before the goods it brings."""
    broken = town.route("R1", status=RouteStatus.BROKEN)
    helper = town.route("R2", status=RouteStatus.UNDERWAY)
    town.stop(broken, "A", town.place("a", -3, 3), ("08:00", "09:15"))
    town.stop(helper, "B", town.place("b", 5, 5), ("08:00", "18:00"))
    snapshot = town.snapshot("08:30")
    meeting = Stop(
        id=StopId("T"),
        route_id=helper,
        sequence=2,
        location=town.place("wreck", 6, 5),
        window=Window(town.at("06:00"), town.at("20:00")),
        service_s=200.0,
        kind=StopKind.TRANSFER,
        status=StopStatus.LOADED,
        package_ids=(PackageId("P-A"),),
        transfer_from=snapshot.routes[broken].vehicle_id,
    )
    moved = replace(snapshot.stops[StopId("A")], route_id=helper, sequence=3)
    stops = {**snapshot.stops, StopId("A"): moved, StopId("T"): meeting}
    agreed = replace(snapshot, stops=stops)
    for plan in repairer.resequence(repairer.prepare(agreed, travel), helper).plans:
        order = plan.routes[helper]
        assert order.index(StopId("T")) < order.index(StopId("A"))
        assert check_plan(agreed, plan) == ()
    on_the_way = replace(meeting, status=StopStatus.ENROUTE, departed_at=snapshot.taken_at, sequence=0)
    committed = replace(agreed, stops={**stops, StopId("T"): on_the_way})
    plan = repairer.resequence(repairer.prepare(committed, travel), helper).plans[0]
    assert plan.routes[helper] == ("A", "B")
    assert check_plan(committed, plan) == ()


def test_a_route_with_one_stop_left_has_nothing_to_reorder(town, travel, repairer) -> None:
    route = town.route("R1")
    town.stop(route, "A", town.place("a", 2, 2))
    assert repairer.resequence(repairer.prepare(town.snapshot(), travel), route).rule == "nothing_to_move"


def test_changing_nothing_is_judged_to_change_exactly_nothing(town, travel) -> None:
    town.fleet(1)
    snapshot = town.snapshot("08:40")
    free = {r: tuple(s.id for s in snapshot.open_stops(r) if not s.status.is_committed) for r in snapshot.routes}
    same = tuple(RouteChange(r, 1, stops) for r, stops in free.items())
    nothing = Candidate(CandidateId("nothing"), Tool.NOTIFY_CUSTOMER, ())
    as_is = Candidate(CandidateId("as-is"), Tool.REROUTE, (), same)
    for judgement in Forecaster().judge(snapshot, travel, [nothing, as_is]).values():
        assert judgement.loss_after == judgement.loss_before
        assert judgement.misses_after == judgement.misses_before
        assert judgement.travel_delta_s == 0.0
        assert judgement.effects == ()


def test_the_checker_finds_goods_that_are_elsewhere_and_stops_that_are_lost(town, travel, repairer) -> None:
    town.fleet(1)
    snapshot = town.snapshot("08:40")
    problem = repairer.prepare(snapshot, travel)
    plan = next(plan for route_id in snapshot.routes for plan in repairer.resequence(problem, route_id).plans)
    ((route_id, order),) = plan.routes.items()
    package = snapshot.packages[PackageId(f"P-{order[0]}")]
    elsewhere = replace(package, custody=Custody(HolderKind.HUB, HubId("H2"), snapshot.taken_at))
    moved = replace(snapshot, packages={**snapshot.packages, package.id: elsewhere})
    assert {fault.rule for fault in check_plan(moved, plan)} == {"custody"}
    short = replace(plan, routes={route_id: order[1:]})
    assert "lost" in {fault.rule for fault in check_plan(snapshot, short)}
    twice = replace(plan, routes={route_id: (*order, order[0])})
    assert "doubled" in {fault.rule for fault in check_plan(snapshot, twice)}


@pytest.mark.parametrize("rung", RUNGS)
@pytest.mark.parametrize("seed", range(4))
def test_a_rung_on_top_is_feasible_and_never_worse(town, travel, repairer, seed, rung) -> None:
    town.fleet(seed, routes=8, stops=6)
    snapshot = town.snapshot("08:40")
    problem = repairer.prepare(snapshot, travel)
    first = repairer.relocate(problem, list(snapshot.stops)).best
    limits = Limits(SearchBudget(work=20_000), Budget(solution_limit=30, neighbour_limit=2_000, fuse_s=120.0))
    ladder = Ladder((rung,), limits, InProcessSolver())
    polished = ladder.polish(problem, first, repairer.effort, 1)
    assert polished.gain >= first.gain
    assert check_plan(snapshot, polished) == ()


def test_without_a_solver_at_hand_the_first_rung_stands(town, travel, repairer) -> None:
    town.fleet(0, routes=8, stops=6)
    snapshot = town.snapshot("08:40")
    problem = repairer.prepare(snapshot, travel)
    closed = InProcessSolver()
    closed.close()
    plan = repairer.relocate(problem, list(snapshot.stops)).best
    assert Ladder((ORTOOLS,), solver=closed).polish(problem, plan, repairer.effort, 1) == plan


def test_what_nobody_drives_finds_the_vehicle_that_has_nothing_to_do(town, travel, repairer) -> None:
    """Nine full vans pass nearer to it than one that stands at the hub, which passes nowhere."""
    town.carriers[CarrierId("GIG")] = Carrier(CarrierId("GIG"), "Couriers", CarrierKind.GIG, active=False)
    gone = town.route("G1", carrier="GIG")
    lost = [town.stop(gone, f"L{k}", town.place(f"l{k}", 4, k), ("08:00", "15:00")) for k in range(3)]
    for number in range(9):
        full = town.route(f"R{number}", capacity={"units": 1.0})
        town.stop(full, f"F{number}", town.place(f"f{number}", 4, 0.1 * number), ("08:00", "15:00"))
    spare = town.route("SPARE", is_spare=True)
    found = repairer.relocate(repairer.prepare(town.snapshot("07:50"), travel), lost)
    assert found.best is not None
    assert set(found.best.routes[spare]) == set(lost)


def test_late_goods_that_a_route_would_wait_for_leave_it_together(town, travel, repairer) -> None:
    """One at a time gains nothing: the van waits for the other all the same."""
    waits, goes_later = town.route("R1"), town.route("R2", departs="09:40")
    for name in ("A", "B", "C"):
        town.stop(waits, name, town.place(name, 3, 1), ("08:00", "09:00"))
    for name in ("D", "E"):
        town.stop(waits, name, town.place(name, 3, 2), ("08:00", "12:00"), available="09:30")
    town.stop(goes_later, "F", town.place("F", 3, 2), ("09:00", "12:00"))
    problem = repairer.prepare(town.snapshot("07:50"), travel)
    found = repairer.relocate(problem, ["A", "B", "C"])
    assert found.best is not None
    assert set(found.best.routes[waits]) == {"A", "B", "C"}
    assert set(found.best.routes[goes_later]) == {"D", "E", "F"}
    assert found.best.misses_after < 0.1 < 2.5 < found.best.misses_before


def test_late_goods_stay_where_their_leaving_would_cost_more(town, travel, repairer) -> None:
    waits, full = town.route("R1"), town.route("R2", departs="09:40", capacity={"units": 1.0})
    for name in ("A", "B"):
        town.stop(waits, name, town.place(name, 3, 1), ("08:00", "09:00"))
    for name in ("D", "E"):
        town.stop(waits, name, town.place(name, 3, 2), ("08:00", "12:00"), available="09:30")
    town.stop(full, "F", town.place("F", 3, 2), ("09:00", "12:00"))
    problem = repairer.prepare(town.snapshot("07:50"), travel)
    assert repairer.relocate(problem, ["A", "B"]).best is None
