"""The engines under test by name, each as a call from a sub-problem to sequences, with the budgets of the benchmark."""

from collections.abc import Callable
from enum import StrEnum

from optimizer.repair.climb import ORTOOLS, Limits, climb
from optimizer.repair.engines import Rung, SearchBudget, solve
from optimizer.repair.pool import InProcessSolver
from optimizer.repair.subproblem import Budget, Sequences, SubProblem

Engine = Callable[[SubProblem, int], Sequences]
"""From a sub-problem and a seed to a plan that is feasible and no worse than doing nothing."""

LONG = 3
"""The oracle's ruin-and-recreate searches this many times as long as the second rung."""

# Wall clock must cut nothing short here, however busy the machine: counts alone limit a search.
_FUSE_S = 600.0
SECOND_BUDGET = SearchBudget(fuse_s=_FUSE_S)
# 12 to 30 us a neighbour: about a CPU second.
ORTOOLS_BUDGET = Budget(solution_limit=5_000, neighbour_limit=50_000, fuse_s=_FUSE_S)


class RungName(StrEnum):
    FIRST = "first"
    SECOND = "second"
    ORTOOLS = "ortools"


def engine(name: RungName) -> Engine:
    return {RungName.FIRST: first, RungName.SECOND: second, RungName.ORTOOLS: ortools}[name]


def first(sub: SubProblem, seed: int) -> Sequences:
    return solve(sub, Rung.FIRST, seed=seed).sequences


def second(sub: SubProblem, seed: int) -> Sequences:
    return solve(sub, Rung.SECOND, SECOND_BUDGET, seed).sequences


def long_second(sub: SubProblem, seed: int, times: float = LONG) -> Sequences:
    """The second rung with so many times its search."""
    budget = SearchBudget(work=round(times * SECOND_BUDGET.work), fuse_s=_FUSE_S)
    return solve(sub, Rung.SECOND, budget, seed).sequences


def ortools(sub: SubProblem, seed: int) -> Sequences:
    """OR-Tools, warm from the first rung, on the vehicles in trouble and those nearest to them alone."""
    limits = Limits(ortools=ORTOOLS_BUDGET)
    return climb(sub, (Rung.FIRST.value, ORTOOLS), seed, limits, InProcessSolver()).sequences
