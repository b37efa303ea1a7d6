"""What every rung promises of every problem, judged by the evaluator, which knows none of them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.repair import ortools_routing
from optimizer.repair.constraints import CONSTRAINTS
from optimizer.repair.evaluation import evaluate, fitting_start
from optimizer.repair.subproblem import Budget, SolveStatus
from optimizer.repair.unserved import NOT_TRIED, explain_unserved
from random_problems import make_any

seeds = st.integers(0, 10**9)
many = settings(max_examples=100, deadline=None, derandomize=True)
KNOWN = {constraint.name for constraint in CONSTRAINTS}


@many
@given(seeds)
def test_ortools_keeps_the_rules_and_is_never_worse_than_doing_nothing(seed: int) -> None:
    sub = make_any(seed)
    found = ortools_routing.solve(sub, Budget(20, 1_000), seed)
    result = evaluate(sub, found.sequences)
    assert result.violations == ()
    assert found.objective == result.objective <= evaluate(sub, fitting_start(sub)[0]).objective


@many
@given(seeds)
def test_ortools_reads_every_start(seed: int) -> None:
    sub = make_any(seed)
    assert ortools_routing.solve(sub, Budget(2, 50), seed).status is not SolveStatus.REFUSED


@many
@given(seeds)
def test_whatever_is_left_out_a_constraint_says_why(seed: int) -> None:
    sub = make_any(seed)
    plan = fitting_start(sub)[0]
    pickups = {pickup for pickup, _ in sub.pairs}
    left = explain_unserved(sub, plan)
    assert {one.stop for one in left} == set(evaluate(sub, plan).undone) - pickups
    for one in left:
        assert one.constraint in one.by_vehicle
        assert set(one.by_vehicle) <= KNOWN | {NOT_TRIED}
