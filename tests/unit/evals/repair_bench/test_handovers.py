"""The second opinion finds each kind of fault in a plan that was doctored to have it, and none in a sound one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from evals.repair_bench.case import HUB, RepairCase, Van, make_case
from evals.repair_bench.custody import check
from evals.repair_bench.days import Day
from evals.repair_bench.disruptions import Kind
from evals.repair_bench.handovers import MEETING_S, PARCEL_S, Step, faults
from evals.repair_bench.objective import custody_problem
from evals.repair_bench.rungs import first

Plan = list[list[Step]]
RESCUER = 0


@pytest.fixture
def broken(town: Day) -> RepairCase:
    """A van is broken with several parcels aboard; three others are under way."""
    case = make_case(town, 2, Kind.BREAKDOWN)
    assert case.wreck is not None
    assert len(case.wreck.stops) >= 2
    return case


def sound_plan(case: RepairCase) -> Plan:
    """One van meets the broken one first and takes two parcels over, does its own stops, then the two."""
    assert case.wreck is not None
    taken = case.wreck.stops[:2]
    plan: Plan = []
    for number, van in enumerate(case.vans):
        steps = [Step(stop, False, 0) for stop in taken] if number == RESCUER else []
        steps += [Step(stop, True, 0) for stop in case.sequences[number]]
        steps += [Step(stop, True, 0) for stop in taken] if number == RESCUER else []
        plan.append(timed(case, van, steps))
    return plan


def timed(case: RepairCase, van: Van, steps: list[Step]) -> list[Step]:
    assert case.wreck is not None
    here, now, timed_steps = van.node, van.ready_s, []
    is_met = False
    for step in steps:
        visit = case.visits[step.stop]
        there = visit.node if step.delivers else case.wreck.node
        start = now + int(case.travel_s[here, there])
        start = max(start, visit.opens_s) if step.delivers else start + (0 if is_met else MEETING_S)
        timed_steps.append(replace(step, start_s=start))
        here, now, is_met = there, start + (visit.service_s if step.delivers else PARCEL_S), not step.delivers
    return timed_steps


def rules(case: RepairCase, plan: Plan) -> set[str]:
    return {fault.rule for fault in faults(case, plan)}


def test_a_sound_plan_has_no_fault(broken: RepairCase) -> None:
    assert faults(broken, sound_plan(broken)) == []


def without_pickup(plan: Plan) -> None:
    del plan[RESCUER][0]


def delivered_first(plan: Plan) -> None:
    steps = plan[RESCUER]
    steps.insert(0, steps.pop())


def delivered_by_another(plan: Plan) -> None:
    plan[1].append(plan[RESCUER].pop())


def taken_for_nothing(plan: Plan) -> None:
    plan[RESCUER].pop()


def swapped_between_vans(plan: Plan) -> None:
    plan[1].append(plan[2].pop())


def met_before_it_broke(plan: Plan) -> None:
    plan[RESCUER][0] = replace(plan[RESCUER][0], start_s=0)


def without_time_to_hand_over(plan: Plan) -> None:
    first_start = plan[RESCUER][0].start_s
    plan[RESCUER][1] = replace(plan[RESCUER][1], start_s=first_start)


def without_time_to_meet(plan: Plan) -> None:
    plan[RESCUER][0] = replace(plan[RESCUER][0], start_s=plan[RESCUER][0].start_s - MEETING_S)


def served_before_it_can_be_there(plan: Plan) -> None:
    plan[1][0] = replace(plan[1][0], start_s=plan[1][0].start_s - 1)


def delivered_twice(plan: Plan) -> None:
    plan[RESCUER].append(plan[RESCUER][-1])


@pytest.mark.parametrize(
    ("doctor", "rule"),
    [
        (without_pickup, "pickup_first"),
        (delivered_first, "pickup_first"),
        (delivered_by_another, "pickup_first"),
        (taken_for_nothing, "goods"),
        (swapped_between_vans, "goods"),
        (met_before_it_broke, "before_breakdown"),
        (without_time_to_hand_over, "too_soon"),
        (without_time_to_meet, "too_soon"),
        (served_before_it_can_be_there, "too_soon"),
        (delivered_twice, "twice"),
    ],
)
def test_a_doctored_plan_is_caught(broken: RepairCase, doctor: Callable[[Plan], None], rule: str) -> None:
    plan = sound_plan(broken)
    doctor(plan)
    assert rule in rules(broken, plan)


def test_a_van_too_small_for_what_it_takes_over_is_caught(broken: RepairCase) -> None:
    own = sum(visit.demand for visit in broken.visits if visit.holder == RESCUER)
    assert "capacity" in rules(replace(broken, capacity=own + 1), sound_plan(broken))


def test_goods_of_stops_left_undone_still_take_room(broken: RepairCase) -> None:
    assert broken.wreck is not None
    own = [stop for stop, visit in enumerate(broken.visits) if visit.holder == RESCUER]
    plan = sound_plan(broken)
    plan[RESCUER] = timed(broken, broken.vans[RESCUER], [step for step in plan[RESCUER] if step.stop not in own])
    room = sum(broken.visits[stop].demand for stop in own)
    assert "capacity" in rules(replace(broken, capacity=room), plan)


def test_a_van_home_after_its_shift_is_caught(broken: RepairCase) -> None:
    assert "shift" in rules(replace(broken, shift_end_s=broken.disruption.at_s), sound_plan(broken))


def test_a_van_under_way_cannot_load_at_the_hub(broken: RepairCase) -> None:
    plan = sound_plan(broken)
    new = next(stop for stop, visit in enumerate(broken.visits) if visit.holder == HUB)
    plan[1] = timed(broken, broken.vans[1], [*plan[1], Step(new, True, 0)])
    assert "goods" in rules(broken, plan)


def test_the_first_rung_s_hand_overs_hold_on_many_breakdowns(town: Day) -> None:
    handed_over = 0
    for seed in range(20):
        case = make_case(town, seed, Kind.BREAKDOWN)
        sub = custody_problem(case)
        plan = first(sub, 1)
        assert check(case, sub, plan) == []
        handed_over += sum(stop >= len(case.visits) for sequence in plan for stop in sequence)
    assert handed_over > 20
