"""The registry of constraints: each is broken on purpose and caught, and no checker reports what is not registered."""

import ast
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from forestall.cli.constraints import constraints_page, list_constraints
from forestall.domain.ids import CarrierId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.network import Carrier
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CarrierKind, RouteStatus, StopStatus, Tier, VehicleMode
from optimizer.prices import Prices
from optimizer.problem import FleetProblem
from optimizer.repair import Repairer, check, evaluation
from optimizer.repair.check import check_plan
from optimizer.repair.constraints import (
    CONSTRAINTS,
    Kind,
    code_of,
    constraint_of_fault,
    constraint_of_violation,
    get_constraint,
)
from optimizer.repair.draft import finished_plan
from optimizer.repair.evaluation import evaluate
from optimizer.repair.plan import FleetPlan, TransferSpec
from optimizer.repair.subproblem import Sequences, SubProblem
from optimizer.risk.priors import Priors

DOCS = Path(__file__).parents[3] / "docs"
R1, R2 = RouteId("R1"), RouteId("R2")
CERTAIN = Priors(
    route_sd=0.0,
    hub_sd=0.0,
    leg_sd=0.0,
    service_sd=0.0,
    load_sd=0.0,
    load_hub_sd=0.0,
    load_late=0.0,
    hold_per_h=0.0,
    hold_chance=0.0,
    breakdown_per_h=0.0,
)
"""A world without luck, in which a price can be read off to the cent."""


def faults(snapshot: HubSnapshot, routes: Mapping[RouteId, tuple[str, ...]], *specs: TransferSpec) -> set[str]:
    """The rules by which the checker of plans in the street refuses these lists of free stops."""
    plan = FleetPlan({r: tuple(map(StopId, stops)) for r, stops in routes.items()}, specs, 0.0, 0.0, 0.0, 0.0, 0)
    return {fault.rule for fault in check_plan(snapshot, plan)}


def make_sub(**changes: object) -> SubProblem:
    """Stops 0 to 2 at 100, 200 and 300 s from the depot, in a row; two vehicles, the first of which has them all."""
    values: dict[str, object] = {
        "travel_s": np.abs(np.subtract.outer(np.arange(4), np.arange(4))) * 100,
        "node": [1, 2, 3],
        "opens_s": 0,
        "closes_s": 100_000,
        "service_s": 0,
        "start_node": 0,
        "ready_s": [0, 0],
        "end_node": 0,
        "shift_end_s": 100_000,
        "sequences": ((0, 1, 2), ()),
    }
    return SubProblem.build(**(values | changes))  # type: ignore[arg-type]


def violations(sub: SubProblem, sequences: Sequences) -> set[str]:
    """The rules by which the judge of small problems refuses a plan."""
    return {violation.rule for violation in evaluate(sub, sequences).violations}


def excluded(name: str) -> set[str]:
    """The same for a plan that gives a stop to a vehicle from which this constraint keeps it."""
    sub = make_sub(excluded=[[0, code_of(name)]] * 3)
    found = evaluate(sub, ((0, 1), (2,))).violations
    assert {constraint_of_violation(violation.rule, violation.code).name for violation in found} == {name}
    return {violation.rule for violation in found}


BROKEN: dict[str, Callable[..., set[str]]] = {}
"""By hard constraint: breaks it in every way there is, and gives the rules by which that was reported."""
PAID: dict[str, Callable[..., float]] = {}
"""By soft constraint: what a plan pays for one unit of it."""


def breaks(name: str) -> Callable[[Callable], Callable]:
    def keep(function: Callable) -> Callable:
        (BROKEN if get_constraint(name).kind is Kind.HARD else PAID)[name] = function
        return function

    return keep


# goods


@breaks("custody")
def _goods_aboard_one_van_on_another(town, travel) -> set[str]:
    town.route("R1", status=RouteStatus.UNDERWAY)
    town.stop(R1, "A", town.place("a", 1, 1))
    town.route("R2")
    apart = make_sub(allowed=[[True, False]] * 3)
    return faults(town.snapshot(), {R1: (), R2: ("A",)}) | violations(apart, ((), (0, 1, 2)))


@breaks("pickup_first")
def _delivered_before_it_is_fetched(town, travel) -> set[str]:
    return violations(make_sub(pairs=((0, 1),)), ((1, 0), (2,))) | violations(make_sub(pairs=((0, 1),)), ((0,), (1,)))


@breaks("hand_over")
def _a_meeting_for_goods_the_other_has_not(town, travel) -> set[str]:
    """The broken van does not hold what is to be taken over from it."""
    town.route("R1", status=RouteStatus.BROKEN)
    town.route("R2", status=RouteStatus.UNDERWAY)
    town.route("R3", status=RouteStatus.UNDERWAY)
    town.stop(R1, "A", town.place("a", 1, 1))
    town.stop(RouteId("R3"), "B", town.place("b", 1, 2))
    spec = TransferSpec(
        StopId("T"), R2, R1, VehicleId("V-R1"), town.place("w", 2, 2), (StopId("B"),), (PackageId("P-B"),), 200.0
    )
    return faults(town.snapshot(), {R1: ("A",), R2: ("T", "B"), RouteId("R3"): ()}, spec) | _a_meeting_out_of_the_way(
        type(town)()
    )


def _a_meeting_out_of_the_way(town) -> set[str]:
    """The giver is bound for somewhere else."""
    town.route("R1", status=RouteStatus.UNDERWAY)
    town.route("R2", status=RouteStatus.UNDERWAY)
    town.stop(R1, "A", town.place("a", 1, 1), status=StopStatus.ENROUTE)
    town.stop(R1, "B", town.place("b", 1, 2))
    snapshot = town.snapshot()
    spec = TransferSpec(
        StopId("T"), R2, R1, VehicleId("V-R1"), town.place("w", 2, 2), (StopId("B"),), (PackageId("P-B"),), 200.0,
        hand_over_id=StopId("H"), ends_at=snapshot.taken_at + timedelta(minutes=20),
    )  # fmt: skip
    right = replace(spec, location=snapshot.stops[StopId("A")].location)
    assert faults(snapshot, {R1: ("H",), R2: ("T", "B")}, right) == set()
    return faults(snapshot, {R1: ("H",), R2: ("T", "B")}, spec)


@breaks("hub_goods")
def _goods_that_are_not_there_when_it_leaves(town, travel) -> set[str]:
    return excluded("hub_goods")


# vehicles and places


@breaks("capacity")
def _a_van_too_full(town, travel) -> set[str]:
    town.route("R1")
    town.route("R2", capacity={"units": 1.0})
    for name in "AB":
        town.stop(R1, name, town.place(name, 1, 1))
    tight = make_sub(demand=np.ones((3, 1)), capacity=[[3], [1]])
    return faults(town.snapshot(), {R1: (), R2: ("A", "B")}) | violations(tight, ((2,), (0, 1)))


@breaks("skills")
def _a_van_without_the_skill(town, travel) -> set[str]:
    town.route("R1", skills=["cold"])
    town.route("R2")
    town.stop(R1, "A", town.place("a", 1, 1), skills=["cold"])
    return faults(town.snapshot(), {R1: (), R2: ("A",)}) | excluded("skills")


@breaks("access")
def _a_van_where_only_bicycles_go(town, travel) -> set[str]:
    town.route("R1")
    town.vehicles[VehicleId("V-R1")] = replace(town.vehicles[VehicleId("V-R1")], mode=VehicleMode.BIKE)
    town.route("R2")
    town.stop(R1, "A", town.place("a", 1, 1), skills=["access:bike"])
    return faults(town.snapshot(), {R1: (), R2: ("A",)}) | excluded("access")


@breaks("in_service")
def _a_stop_for_a_van_that_stands_still(town, travel) -> set[str]:
    town.route("R1")
    town.route("R2", status=RouteStatus.BROKEN)
    town.stop(R1, "A", town.place("a", 1, 1))
    return faults(town.snapshot(), {R1: (), R2: ("A",)}) | excluded("in_service")


# hours


@breaks("shift_end")
def _home_after_the_shift(town, travel) -> set[str]:
    return violations(make_sub(shift_end_s=599), ((0, 1, 2), ()))


@breaks("drive_limit")
def _more_driving_than_a_day_allows(town, travel) -> set[str]:
    return violations(make_sub(drive_limit_s=599), ((0, 1, 2), ()))


@breaks("break")
def _no_time_left_for_the_break(town, travel) -> set[str]:
    """The clock takes the break by itself: only what comes of it can be broken."""
    assert violations(make_sub(shift_end_s=600), ((0, 1, 2), ())) == set()
    return violations(make_sub(shift_end_s=600, break_after_s=300, break_s=1), ((0, 1, 2), ()))


# people


@breaks("pin")
def _something_new_before_a_pinned_stop(town, travel) -> set[str]:
    town.route("R1")
    for name in "AB":
        town.stop(R1, name, town.place(name, 1, 1), pinned=name == "A")
    return faults(town.snapshot(), {R1: ("B", "A")}) | violations(make_sub(segment=[1, 2, 2]), ((1, 0, 2), ()))


@breaks("committed")
def _a_stop_the_driver_is_on_the_way_to(town, travel) -> set[str]:
    town.route("R1", status=RouteStatus.UNDERWAY)
    town.stop(R1, "A", town.place("a", 1, 1), status=StopStatus.ENROUTE)
    town.stop(R1, "B", town.place("b", 1, 2))
    return faults(town.snapshot(), {R1: ("B", "A")})


@breaks("once")
def _a_stop_lost_and_one_doubled(town, travel) -> set[str]:
    town.route("R1")
    for name in "AB":
        town.stop(R1, name, town.place(name, 1, 1))
    snapshot = town.snapshot()
    called_off = FleetPlan({R1: ("A",)}, (), 0.0, 0.0, 0.0, 0.0, 0, dropped=(StopId("B"),))
    dropped = {fault.rule for fault in check_plan(snapshot, called_off)}  # a delivery is no hand-over
    return faults(snapshot, {R1: ("A", "A")}) | dropped | violations(make_sub(), ((0, 1), (1, 2)))


# carriers


@breaks("carrier_active")
def _a_stop_for_a_carrier_that_has_withdrawn(town, travel) -> set[str]:
    town.carriers[CarrierId("GIG")] = Carrier(CarrierId("GIG"), "Couriers", CarrierKind.GIG, active=False)
    town.route("R1")
    town.route("R2", carrier="GIG")
    town.stop(R1, "A", town.place("a", 1, 1))
    return faults(town.snapshot(), {R1: (), R2: ("A",)}) | excluded("carrier_active")


@breaks("carrier_room")
def _more_than_the_carrier_said(town, travel) -> set[str]:
    town.carriers[CarrierId("GIG")] = Carrier(CarrierId("GIG"), "Couriers", CarrierKind.GIG, free_stops=1)
    town.route("R1")
    town.route("R2", carrier="GIG")
    for name in "AB":
        town.stop(R1, name, town.place(name, 1, 1))
    return faults(town.snapshot(), {R1: (), R2: ("A", "B")}) | excluded("carrier_room")


@breaks("carrier_answer")
def _a_stop_for_a_carrier_that_was_not_asked(town, travel) -> set[str]:
    town.carriers[CarrierId("GIG")] = Carrier(CarrierId("GIG"), "Couriers", CarrierKind.GIG, answers_within_s=600.0)
    town.route("R1")
    town.route("R2", carrier="GIG")
    town.stop(R1, "A", town.place("a", 1, 1))
    return faults(town.snapshot(), {R1: (), R2: ("A",)}) | excluded("carrier_answer")


# prices


def prepared(town, travel, clock: str = "07:00") -> FleetProblem:
    return Repairer(samples=64, priors=CERTAIN).prepare(town.snapshot(clock), travel)


def cost_of_late(town, travel, late_s: float, tier: Tier = Tier.STANDARD) -> float:
    """J of a route with one stop, which opens long after the driver is there and so many seconds after its promise."""
    day = type(town)()
    day.route("R1")
    day.stop(R1, "A", day.place("a", 5, 5), ("10:00", "18:00"), tier=tier)
    problem = prepared(day, travel)
    world = problem.world._replace(closes_s=problem.world.opens_s - late_s)
    return replace(problem, world=world).cost(0, [0])


@breaks("window")
def _ten_seconds_later(town, travel) -> float:
    return (cost_of_late(town, travel, 40) - cost_of_late(town, travel, 30)) / 10


@breaks("miss")
def _just_too_late(town, travel) -> float:
    return cost_of_late(town, travel, 1) - cost_of_late(town, travel, 0) - Prices().lateness_per_s


@breaks("gross_lateness")
def _just_over_an_hour(town, travel) -> float:
    return cost_of_late(town, travel, 3601) - cost_of_late(town, travel, 3600) - Prices().lateness_per_s


@breaks("undone")
def _not_before_the_shift_ends(town, travel) -> float:
    town.route("R1", shift_end="07:30")
    town.stop(R1, "A", town.place("a", 5, 5), ("10:00", "18:00"))
    return prepared(town, travel).cost(0, [0]) - cost_of_late(town, travel, 0)


@breaks("priority")
def _late_for_someone_who_pays_more(town, travel) -> float:
    on_time = cost_of_late(town, travel, 0)
    return (cost_of_late(town, travel, 90, Tier.PRIORITY) - on_time) / (cost_of_late(town, travel, 90) - on_time)


def extra_of(problem: FleetProblem, changed: Mapping[int, tuple[int, ...]]) -> float:
    """What a plan is charged beside the driving and the promises of its routes."""
    driven = sum(problem.cost(r, sequence) for r, sequence in changed.items())
    return finished_plan(problem, problem, changed, (), {}).j_after - driven


def two_routes(town, carrier: str = "OWN") -> None:
    town.route("R1")
    town.route("R2", carrier=carrier)
    for name, north in (("A", 1), ("B", 2)):
        town.stop(R1, name, town.place(name, 1, north))


@breaks("move")
def _another_driver(town, travel) -> float:
    two_routes(town)
    return extra_of(prepared(town, travel), {0: (0,), 1: (1,)})


@breaks("churn")
def _another_order(town, travel) -> float:
    two_routes(town)
    return extra_of(prepared(town, travel), {0: (1, 0)})


@breaks("transfer")
def _a_meeting(town, travel) -> float:
    town.route("R1", status=RouteStatus.BROKEN)
    town.stop(R1, "A", town.place("a", 1, 1))
    town.seen(R1, town.place("wreck", 2, 2), "08:05")
    town.route("R2", status=RouteStatus.UNDERWAY)
    repairer = Repairer(samples=64, priors=CERTAIN)
    snapshot = town.snapshot("08:10")
    free = Repairer(samples=64, priors=CERTAIN, prices=Prices(hand_over=0.0))
    plan, gratis = (one.rescue(one.prepare(snapshot, travel), R1).plans[0] for one in (repairer, free))
    assert plan.routes == gratis.routes
    return plan.j_after - gratis.j_after


@breaks("carrier_price")
def _a_dearer_carrier(town, travel) -> float:
    town.carriers[CarrierId("GIG")] = Carrier(CarrierId("GIG"), "Couriers", CarrierKind.GIG, cost_per_stop_cents=400)
    two_routes(town, carrier="GIG")
    return (extra_of(prepared(town, travel), {0: (0,), 1: (1,)}) - Prices().move) / 400


# the promises


@pytest.mark.parametrize("name", [constraint.name for constraint in CONSTRAINTS])
def test_a_plan_that_breaks_it_is_caught(name: str, town, travel) -> None:
    constraint = get_constraint(name)
    if constraint.kind is Kind.HARD:
        assert BROKEN[name](town, travel) == {*constraint.faults, *constraint.violations}
    else:
        assert constraint.price is not None
        assert PAID[name](town, travel) == pytest.approx(constraint.price(Prices()), abs=0.01)


@pytest.mark.parametrize(
    ("module", "row", "find"),
    [(check, "Fault", constraint_of_fault), (evaluation, "Violation", constraint_of_violation)],
)
def test_no_checker_reports_a_rule_that_is_not_registered(module: ModuleType, row: str, find: Callable) -> None:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    rules = {
        word.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == row
        for word in ast.walk(call.args[0])
        if isinstance(word, ast.Constant) and isinstance(word.value, str) and word.value.isidentifier()
    }
    assert rules
    for rule in rules:
        find(rule)


def test_codes_and_names_are_given_once_and_fit_a_byte() -> None:
    codes = [constraint.code for constraint in CONSTRAINTS]
    assert len(set(codes)) == len({constraint.name for constraint in CONSTRAINTS}) == len(CONSTRAINTS)
    assert all(1 <= code <= 255 for code in codes)


def test_hard_ones_have_a_checker_and_soft_ones_a_price() -> None:
    for constraint in CONSTRAINTS:
        assert (constraint.price is not None) == (constraint.kind is Kind.SOFT)
        assert bool(constraint.faults or constraint.violations) == (constraint.kind is Kind.HARD)


def test_the_page_of_constraints_is_the_registrys() -> None:
    """When this fails: ``forestall constraints --markdown > docs/constraints.md``."""
    assert (DOCS / "constraints.md").read_text(encoding="utf-8") == constraints_page()


def test_the_command_prints_every_constraint_with_unit_kind_price_and_test(capsys) -> None:
    list_constraints(as_json=True)
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["constraints"]}
    assert rows.keys() == {constraint.name for constraint in CONSTRAINTS}
    assert (rows["move"]["kind"], rows["move"]["unit"], rows["move"]["price"]) == (
        "soft",
        "stop to another driver",
        300,
    )
    assert rows["custody"]["price"] is None
    assert rows["custody"]["test"].endswith("[custody]")
