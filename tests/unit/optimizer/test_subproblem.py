"""The evaluator and the sub-problem itself: what a plan costs, what it must keep, what is refused on the way in."""

import pickle

import numpy as np
import pytest

from forestall.errors import BadInput
from optimizer.repair.evaluation import Violation, evaluate, fitting_start
from optimizer.repair.subproblem import Budget, SubProblem

LINE_S = np.abs(np.subtract.outer(np.arange(6), np.arange(6))) * 100
"""Six places in a row, 100 s apart; the depot is the first."""


def make_line(**changes: object) -> SubProblem:
    """Stops 0 to 4 at places 1 to 5, two vehicles from the depot at time 0, 10 s of service, windows without end."""
    values: dict[str, object] = {
        "travel_s": LINE_S,
        "node": [1, 2, 3, 4, 5],
        "opens_s": 0,
        "closes_s": 100_000,
        "service_s": 10,
        "start_node": 0,
        "ready_s": [0, 0],
        "end_node": 0,
        "shift_end_s": 100_000,
        "sequences": ((0, 1, 2), (3, 4)),
    }
    return SubProblem.build(**(values | changes))  # type: ignore[arg-type]


class TestEvaluate:
    def test_a_plan_without_trouble_costs_its_travel(self) -> None:
        assert evaluate(make_line(), ((0, 1, 2), (3, 4))).objective == 600 + 1000

    def test_service_waits_for_the_window_and_the_rest_of_the_route_with_it(self) -> None:
        result = evaluate(make_line(opens_s=[500, 0, 0, 0, 0]), ((0, 1), ()))
        assert result.starts_s[0] == (500, 610)

    def test_a_late_stop_costs_its_seconds_and_a_miss(self) -> None:
        result = evaluate(make_line(closes_s=[90, 100_000, 100_000, 100_000, 100_000]), ((0, 1, 2), (3, 4)))
        assert result.missed == (0,)
        assert result.objective == 1600 + 10 * 10 + 1800

    def test_service_at_the_very_close_is_on_time(self) -> None:
        assert evaluate(make_line(closes_s=100), ((0,), ())).missed == ()

    def test_a_stop_nobody_does_costs_its_penalty(self) -> None:
        result = evaluate(make_line(), ((0, 1, 2), (3,)))
        assert result.undone == (4,)
        assert result.objective == 600 + 800 + 36_000

    def test_a_stop_away_from_home_costs_a_move_but_a_homeless_one_does_not(self) -> None:
        sub = make_line(move_price=300, sequences=((0, 1, 2), (3,)))
        result = evaluate(sub, ((0, 1), (2, 3, 4)))
        assert result.moved == (2,)
        assert result.objective == 400 + 1000 + 300

    def test_setting_up_is_paid_once_for_stops_in_one_place(self) -> None:
        sub = make_line(node=[1, 1, 1, 4, 5], setup_s=[180, 180, 180, 0, 0])
        assert evaluate(sub, ((0, 1, 2), ())).starts_s[0] == (280, 290, 300)

    def test_custody_shift_and_capacity_are_hard(self) -> None:
        allowed = np.ones((5, 2), dtype=bool)
        allowed[4, 0] = False
        sub = make_line(allowed=allowed, shift_end_s=500, demand=np.ones((5, 1)), capacity=[[2], [2]])
        violations = evaluate(sub, ((2, 3, 4), ())).violations
        assert violations == (Violation("custody", 0, 4), Violation("shift", 0), Violation("capacity", 0))

    def test_a_vehicle_already_past_its_shift_may_go_straight_home(self) -> None:
        sub = make_line(start_node=[5, 0], shift_end_s=[300, 100_000])
        assert evaluate(sub, ((), (0, 1))).is_feasible
        assert not evaluate(sub, ((4,), (0, 1))).is_feasible

    def test_a_pickup_comes_first_and_on_the_same_vehicle(self) -> None:
        sub = make_line(pairs=((0, 4),), sequences=((), ()))
        assert evaluate(sub, ((0, 4), ())).is_feasible
        assert evaluate(sub, ((4, 0), ())).violations == (Violation("pair", 0, 4),)
        assert evaluate(sub, ((0,), (4,))).violations == (Violation("pair", 0, 4), Violation("pair", 1, 4))

    def test_goods_picked_up_on_the_way_need_room_only_from_there(self) -> None:
        sub = make_line(pairs=((1, 4),), demand=[[1], [0], [0], [0], [1]], capacity=[[1], [1]], sequences=((), ()))
        assert evaluate(sub, ((0, 1, 4), ())).is_feasible
        assert evaluate(sub, ((1, 0, 4), ())).violations == (Violation("capacity", 0),)

    def test_a_stop_done_twice_is_a_violation(self) -> None:
        assert evaluate(make_line(), ((0,), (0,))).violations == (Violation("twice", 1, 0),)

    def test_the_parts_add_up_to_the_objective(self) -> None:
        sub = make_line(closes_s=150, move_price=300, visit_price=5, churn_price=[60, 0], carrier_price=[0, 7])
        result = evaluate(sub, ((1, 0), (2, 3)))
        assert sum(result.parts.values()) == result.objective
        assert {name: price for name, price in result.parts.items() if name != "travel"} == {
            "lateness": 10 * (50 + 160 + 150 + 260), "miss": 4 * 1800, "move": 300, "visit": 20, "carrier": 14,
            "churn": 60, "undone": 36_000,
        }  # fmt: skip
        assert result.changed == (0, 1)

    def test_each_vehicle_drives_by_its_own_matrix(self) -> None:
        sub = make_line(travel_s=np.stack([LINE_S, 3 * LINE_S]), profile=[0, 1])
        assert evaluate(sub, ((0,), (1,))).drives_s == (200, 1200)

    def test_traffic_is_that_of_the_hour_a_leg_begins(self) -> None:
        sub = make_line(hours=[1.0, 2.0, 1.0], ready_s=[1800, 3 * 3600], service_s=0)
        assert evaluate(sub, ((0,), (1,))).starts_s == ((1800 + 150,), (3 * 3600 + 200,))

    def test_a_driver_rests_where_his_hours_end_even_on_the_road(self) -> None:
        sub = make_line(break_after_s=[300, np.inf], break_s=1000, since_break_s=[50, 0], service_s=0)
        result = evaluate(sub, ((1, 4), ()))
        assert result.starts_s[0] == (200, 200 + 300 + 1000)
        assert result.drives_s[0] == 1000

    def test_driving_ends_with_the_limit_but_for_the_way_home(self) -> None:
        sub = make_line(drive_limit_s=[900, 900], start_node=[0, 5], ready_s=[0, 0])
        assert evaluate(sub, ((0,), ())).is_feasible
        assert evaluate(sub, ((4,), ())).violations == (Violation("driving", 0),)

    def test_what_excludes_a_stop_is_named_by_its_code(self) -> None:
        excluded = np.zeros((5, 2))
        excluded[3, 0] = 7
        assert evaluate(make_line(excluded=excluded), ((3,), ())).violations == (Violation("excluded", 0, 3, 7),)

    def test_nothing_new_gets_in_front_of_a_pin_and_a_pin_stays_home(self) -> None:
        sub = make_line(segment=[0, 1, 2, 0, 0])
        assert evaluate(sub, ((0, 1, 3, 2, 4), ())).is_feasible
        assert evaluate(sub, ((0, 3, 1, 2), (4,))).violations == (Violation("pin", 0, 1),)
        assert evaluate(sub, ((0, 2), (3, 1, 4))).violations == (Violation("pin", 1, 1),)


class TestFittingStart:
    def test_a_plan_that_keeps_the_rules_stays_as_it_is(self) -> None:
        sub = make_line()
        assert fitting_start(sub) == (sub.sequences, ())

    def test_what_the_shift_leaves_no_time_for_goes_from_the_back(self) -> None:
        assert fitting_start(make_line(shift_end_s=[420, 100_000])) == (((0, 1), (3, 4)), (2,))

    def test_a_delivery_without_its_pickup_goes_and_a_pickup_goes_with_its_delivery(self) -> None:
        allowed = np.ones((5, 2), dtype=bool)
        allowed[4, 1] = False
        sub = make_line(pairs=((3, 4),), allowed=allowed)
        assert fitting_start(sub) == (((0, 1, 2), ()), (3, 4))


class TestBuild:
    def test_every_fault_is_named_at_once(self) -> None:
        with pytest.raises(BadInput) as caught:
            make_line(node=[1, 2, 3, 4, 9], miss_price=-1.0, sequences=((0, 1), (1, 7)))
        assert [p.place for p in caught.value.problems] == ["node", "miss_price", "sequences", "sequences"]

    def test_arrays_of_the_wrong_size_are_refused(self) -> None:
        with pytest.raises(BadInput) as caught:
            make_line(allowed=np.ones((5, 3), dtype=bool), sequences=((0,),))
        assert [p.place for p in caught.value.problems] == ["excluded", "sequences"]

    def test_values_no_day_can_have_are_named(self) -> None:
        with pytest.raises(BadInput) as caught:
            make_line(hours=[1.0, np.nan], profile=[0, 1], segment=[0, 0, 0, 0, 1], sequences=((0, 1, 2), (3,)))
        assert [p.place for p in caught.value.problems] == ["profile", "hours", "segment"]

    def test_times_are_rounded_to_seconds_once(self) -> None:
        assert make_line(travel_s=LINE_S + 0.4).travel_s[0].tolist() == LINE_S.tolist()

    def test_it_survives_the_way_to_another_process(self) -> None:
        sub = make_line(pairs=((0, 4),), sequences=((0, 4, 1), (2, 3)))
        again = pickle.loads(pickle.dumps(sub))
        assert evaluate(again, sub.sequences) == evaluate(sub, sub.sequences)

    def test_a_budget_allows_something(self) -> None:
        with pytest.raises(ValueError, match="allow something"):
            Budget(solution_limit=0)


@pytest.mark.parametrize(
    ("travel_s", "named"),
    [
        ([[0, 1, 2], [1, 0, float("nan")], [2, 1, 0]], "row 1, column 2"),
        ([[0, 1, 2], [1, 0, 3], [-2, 1, 0]], "row 2, column 0"),
        ([[0, 1, 2], [1, 0], [2, 1, 0]], "rows of different lengths"),
    ],
)
def test_an_incomplete_matrix_is_refused_by_its_cell(travel_s, named: str) -> None:
    with pytest.raises(BadInput) as caught:
        make_line(travel_s=travel_s)
    assert named in caught.value.problems[0].message


def test_goods_in_a_vehicles_hands_take_room_until_they_are_delivered() -> None:
    """Stop 1 stays undone; its goods ride along all the same, and stop 2's find no room before stop 0's are gone."""
    shape = {"sequences": ((0, 1), (2, 3, 4)), "demand": [[4], [4], [4], [0], [0]], "capacity": [[8], [8]]}
    hands = {"held": [True, True, False, False, False], "allowed": [[True, False]] * 2 + [[True, True]] * 3}
    free, bound = make_line(**shape), make_line(**shape, **hands)
    assert evaluate(free, ((0, 2), ())).is_feasible
    assert [violation.rule for violation in evaluate(bound, ((0, 2), ())).violations] == ["capacity"]


def test_held_goods_have_a_home_and_are_open_to_nobody_else() -> None:
    with pytest.raises(BadInput) as caught:
        make_line(held=True)
    assert caught.value.problems[0].place == "held"
