"""Breakdowns by the hundred, goods staying where they are: is every hand-over feasible, and what is missed?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean
from typing import Any

from evals.repair_bench import handovers
from evals.repair_bench.case import RepairCase, make_case
from evals.repair_bench.days import Day
from evals.repair_bench.disruptions import Kind
from evals.repair_bench.objective import custody_problem, score
from evals.repair_bench.run import ENGINE_SEED
from evals.repair_bench.rungs import Engine, long_second
from optimizer.repair.evaluation import evaluate, fitting_start
from optimizer.repair.subproblem import Sequences, SubProblem

# Breakdowns have seeds of their own, clear of those of the table.
FIRST_SEED = 1_000_000
LONG_TIMES = 10
"""The best known of a case is found by the second rung with so many times its search."""


@dataclass(frozen=True, slots=True)
class Rescue:
    """One breakdown: the misses of doing nothing and of each engine, and its hand-overs with the faults in them."""

    do_nothing: int
    misses: dict[str, int]
    handed_over: dict[str, int]
    faults: dict[str, int]
    best_known: int | None


def breakdowns(days: Sequence[Day], count: int) -> Iterable[RepairCase]:
    """So many breakdowns of vans with goods aboard, spread evenly over the days."""
    cases = (
        case
        for seed in range(FIRST_SEED, FIRST_SEED + 10 * count)
        for day in days
        if (case := make_case(day, seed, Kind.BREAKDOWN)).wreck is not None and case.wreck.stops
    )
    return islice(cases, count)


def rescue(case: RepairCase, engines: dict[str, Engine], seed: int, with_best_known: bool) -> Rescue:
    """Every engine on one breakdown, its answer checked."""
    sub = custody_problem(case)
    plans = {name: engine(sub, seed) for name, engine in engines.items()}
    misses = {name: score(sub, plan).misses for name, plan in plans.items()}
    best_known = None
    if with_best_known:
        best_known = min(score(sub, long_second(sub, seed, LONG_TIMES)).misses, *misses.values())
    return Rescue(
        do_nothing=score(sub, fitting_start(sub)[0]).misses,
        misses=misses,
        handed_over={name: sum(stop >= len(case.visits) for s in plan for stop in s) for name, plan in plans.items()},
        faults={name: len(check(case, sub, plan)) for name, plan in plans.items()},
        best_known=best_known,
    )


def check(case: RepairCase, sub: SubProblem, plan: Sequences) -> list[handovers.Fault]:
    """What the second opinion finds wrong with a plan at the times the evaluator gives it."""
    return handovers.faults(case, handovers.as_steps(case, plan, evaluate(sub, plan).starts_s))


def summarise(rescues: Sequence[Rescue]) -> dict[str, Any]:
    """All hand-overs of all engines checked; misses per breakdown by each, the least of them as ``misses``.

    ``excess`` is over the best known, where that was sought; ``within_one`` the share of those cases missing by one
    at most.
    """
    names = rescues[0].misses
    by_rung = {name: _of_one(rescues, name) for name in names}
    known = [one.best_known for one in rescues if one.best_known is not None]
    return {
        "checked": sum(sum(one.handed_over.values()) for one in rescues),
        "infeasible": sum(sum(one.faults.values()) for one in rescues),
        "misses": min(row["misses"] for row in by_rung.values()),
        "breakdowns": len(rescues),
        "do_nothing_misses": round(fmean(one.do_nothing for one in rescues), 3),
        "with_best_known": len(known),
        "oracle_misses": round(fmean(known), 3) if known else None,
        "rungs": by_rung,
    }


def _of_one(rescues: Sequence[Rescue], name: str) -> dict[str, Any]:
    excess = [one.misses[name] - one.best_known for one in rescues if one.best_known is not None]
    return {
        "misses": round(fmean(one.misses[name] for one in rescues), 3),
        "infeasible": sum(one.faults[name] for one in rescues),
        "excess": round(fmean(excess), 3) if excess else None,
        "within_one": round(fmean(more <= 1 for more in excess), 3) if excess else None,
    }


def play(
    cases: Iterable[RepairCase], engines: dict[str, Engine], long_runs: int, tell: Callable[[RepairCase, Rescue], None]
) -> list[Rescue]:
    """Every case in turn; of the first ``long_runs`` the best known too."""
    rescues = []
    for number, case in enumerate(cases):
        rescues.append(rescue(case, engines, ENGINE_SEED, with_best_known=number < long_runs))
        tell(case, rescues[-1])
    return rescues
