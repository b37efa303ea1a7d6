"""What every rung, and the ladder of them, promises of every problem, judged by the evaluator, which knows none."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.repair.climb import ORTOOLS, RUNGS, Limits, climb, replay
from optimizer.repair.constraints import CONSTRAINTS
from optimizer.repair.engines import Rung, SearchBudget, solve
from optimizer.repair.evaluation import evaluate, fitting_start
from optimizer.repair.ortools_routing import solve as solve_by_ortools
from optimizer.repair.pool import InProcessSolver
from optimizer.repair.subproblem import Budget, Sequences, SolveStatus, SubProblem
from optimizer.repair.unserved import NOT_TRIED, explain_unserved
from random_problems import make_any

KNOWN = {constraint.name for constraint in CONSTRAINTS}
SMALL = Limits(SearchBudget(work=5_000), Budget(20, 1_000, fuse_s=120.0))
A_HUNDRED = 100
"""Problems an example looks at, where a rung takes milliseconds: hypothesis itself would take longer than the rung."""


def problems(seed: int) -> Iterator[SubProblem]:
    return (make_any(one) for one in range(A_HUNDRED * seed, A_HUNDRED * (seed + 1)))


def keeps_its_promises(sub: SubProblem, sequences: Sequences) -> bool:
    """Custody, pick-ups, capacity, skills, shifts, driving, pins, each stop once; and no worse than doing nothing."""
    result = evaluate(sub, sequences)
    return result.is_feasible and result.objective <= evaluate(sub, fitting_start(sub)[0]).objective


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_the_first_rung_keeps_the_rules_and_is_never_worse_than_doing_nothing(seed: int) -> None:
    for sub in problems(seed):
        assert keeps_its_promises(sub, solve(sub, Rung.FIRST, seed=seed).sequences)


@settings(max_examples=7, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_the_second_rung_keeps_the_rules_and_is_never_worse_than_doing_nothing(seed: int) -> None:
    for sub in problems(seed):
        assert keeps_its_promises(sub, solve(sub, Rung.SECOND, SMALL.second, seed).sequences)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_ortools_keeps_the_rules_and_is_never_worse_than_doing_nothing(seed: int) -> None:
    sub = make_any(seed)
    found = solve_by_ortools(sub, SMALL.ortools, seed)
    assert keeps_its_promises(sub, found.sequences)
    assert found.status is not SolveStatus.REFUSED


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_the_ladder_takes_the_best_answer_and_can_make_it_again(seed: int) -> None:
    sub = make_any(seed)
    best = climb(sub, RUNGS, seed, SMALL, InProcessSolver())
    assert keeps_its_promises(sub, best.sequences)
    assert set(best.objectives) == set(RUNGS)
    assert best.evaluation.objective <= min(best.objectives.values())
    assert best.replayable
    assert replay(sub, best.record, InProcessSolver()) == best.sequences


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_whatever_is_left_out_a_constraint_says_why(seed: int) -> None:
    sub = make_any(seed)
    plan = fitting_start(sub)[0]
    left = explain_unserved(sub, plan)
    assert {one.stop for one in left} == set(evaluate(sub, plan).undone) - {pickup for pickup, _ in sub.pairs}
    for one in left:
        assert one.constraint in one.by_vehicle
        assert set(one.by_vehicle) <= KNOWN | {NOT_TRIED}


def test_without_a_solver_the_ladder_has_a_rung_less() -> None:
    closed = InProcessSolver()
    closed.close()
    for solver in (None, closed):
        assert ORTOOLS not in climb(make_any(3), RUNGS, 1, SMALL, solver).objectives


class TestBadInput:
    """What no day should bring, and every rung must answer all the same: with the stops left out, and why."""

    @pytest.fixture(params=RUNGS)
    def rung(self, request: pytest.FixtureRequest) -> str:
        return request.param

    def answer(self, rung: str, sub: SubProblem) -> tuple[Sequences, dict[int, str]]:
        found = climb(sub, [rung], 1, SMALL, InProcessSolver())
        assert keeps_its_promises(sub, found.sequences)
        return found.sequences, {one.stop: one.constraint for one in explain_unserved(sub, found.sequences)}

    def make(self, **changes: object) -> SubProblem:
        """Two stops on the way out, on one vehicle; a second vehicle has none."""
        values: dict[str, object] = {
            "travel_s": [[0, 100, 200], [100, 0, 100], [200, 100, 0]],
            "node": [1, 2], "opens_s": 0, "closes_s": 10_000, "service_s": 0, "start_node": 0, "ready_s": [0, 0],
            "end_node": 0, "shift_end_s": 10_000, "sequences": ((0, 1), ()),
        }  # fmt: skip
        return SubProblem.build(**(values | changes))  # type: ignore[arg-type]

    def test_ways_that_differ_by_direction(self, rung: str) -> None:
        """Out by stop 1 and home by stop 0 is the short way round."""
        sub = self.make(travel_s=[[0, 900, 100], [100, 0, 900], [900, 100, 0]])
        assert self.answer(rung, sub)[1] == {}
        assert evaluate(sub, self.answer(Rung.SECOND, sub)[0]).objective == 300

    def test_no_vehicles(self, rung: str) -> None:
        none = {"start_node": [], "ready_s": [], "end_node": [], "shift_end_s": [], "sequences": ()}
        assert self.answer(rung, self.make(**none)) == ((), {0: "in_service", 1: "in_service"})

    def test_no_stops(self, rung: str) -> None:
        assert self.answer(rung, self.make(node=[], sequences=((), ()))) == (((), ()), {})

    def test_a_stop_no_vehicle_may_serve(self, rung: str) -> None:
        sub = self.make(excluded=[[0, 0], [6, 7]])
        assert self.answer(rung, sub) == (((0,), ()), {1: "access"})

    def test_a_window_in_the_past(self, rung: str) -> None:
        """Late is late: it is served all the same."""
        sequences, left = self.answer(rung, self.make(opens_s=-900, closes_s=[-300, 10_000]))
        assert left == {}
        assert 0 in {stop for sequence in sequences for stop in sequence}

    def test_pins_that_contradict_each_other(self, rung: str) -> None:
        """The second stop is pinned before the first, which is planned first: one of them can't stay."""
        _, left = self.answer(rung, self.make(segment=[3, 1]))
        assert set(left.values()) <= {"pin", NOT_TRIED}

    def test_a_stop_pinned_to_a_vehicle_that_may_not_have_it(self, rung: str) -> None:
        sub = self.make(segment=[0, 1], excluded=[[0, 0], [8, 0]])
        assert self.answer(rung, sub)[1] == {1: "pin"}
