"""The second rung's promises about its own effort; that it is feasible and never worse is in test_repair."""

import pytest

from optimizer.repair import Repairer
from optimizer.repair import ladder as ladder_module
from optimizer.repair.climb import ORTOOLS, RUNGS, Limits
from optimizer.repair.engines import SearchBudget
from optimizer.repair.ladder import Ladder
from optimizer.repair.pool import InProcessSolver
from optimizer.repair.subproblem import Budget, Sequences, SubProblem, SubSolution

SMALL = Limits(SearchBudget(work=20_000), Budget(solution_limit=30, neighbour_limit=2_000, fuse_s=120.0))


class _Watched(InProcessSolver):
    """Remembers how many vehicles it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.vehicles: list[int] = []

    def solve(self, sub: SubProblem, budget: Budget, seed: int, warm: Sequences | None = None) -> SubSolution:
        self.vehicles.append(sub.vehicles)
        return super().solve(sub, budget, seed, warm)


@pytest.fixture
def trouble(town, travel):
    repairer = Repairer(samples=64)
    town.fleet(1, routes=8, stops=6)
    snapshot = town.snapshot("08:40")
    problem = repairer.prepare(snapshot, travel)
    return problem, repairer.relocate(problem, list(snapshot.stops)).best, repairer.effort


@pytest.mark.parametrize("rung", RUNGS)
def test_the_same_plan_and_seed_are_polished_the_same(trouble, rung: str) -> None:
    problem, plan, effort = trouble
    ladder = Ladder((rung,), SMALL, InProcessSolver())
    assert ladder.polish(problem, plan, effort, 1) == ladder.polish(problem, plan, effort, 1)


def test_the_solver_sees_few_routes_more_than_the_plan(trouble) -> None:
    problem, plan, effort = trouble
    solver = _Watched()
    Ladder((ORTOOLS,), SMALL, solver).polish(problem, plan, effort, 1)
    (seen,) = solver.vehicles
    assert len(plan.routes) <= seen <= min(len(plan.routes) + 4, 8)


def test_a_plan_of_many_routes_comes_back_unasked(trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, plan, effort = trouble
    monkeypatch.setattr(ladder_module, "_MOST_ROUTES", len(plan.routes) - 1)
    solver = _Watched()
    assert Ladder((ORTOOLS,), SMALL, solver).polish(problem, plan, effort, 1) is plan
    assert solver.vehicles == []


def test_an_answer_cut_short_by_the_clock_is_not_used(trouble) -> None:
    problem, plan, effort = trouble
    hurried = Ladder((ORTOOLS,), Limits(ortools=Budget(10**6, 10**9, fuse_s=0.05)), InProcessSolver())
    assert hurried.polish(problem, plan, effort, 1) is plan
