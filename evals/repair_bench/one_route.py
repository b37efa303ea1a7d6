"""One route alone: a held-up driver with up to 25 stops, whose order is all there is to change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import numpy as np

from evals.repair_bench.case import RepairCase
from evals.repair_bench.disruptions import DELAY_S
from evals.repair_bench.objective import free_problem, score
from evals.repair_bench.run import ENGINE_SEED, in_cpu_time
from evals.repair_bench.rungs import ORTOOLS_BUDGET, long_second
from optimizer.repair import ortools_routing
from optimizer.repair.evaluation import fitting_start

MOST_STOPS = 25
SEARCH_SHARE = 0.05
"""Of the second rung's search, which takes about a CPU second. On eight routes of 16 to 25 stops four times as much
found nothing better."""


@dataclass(frozen=True, slots=True)
class Alone:
    """``oracle`` is the fewest misses of the second rung's long run and OR-Tools' second."""

    stops: int
    do_nothing: int
    misses: int
    oracle: int
    cpu_s: float


def routes_alone(cases: Iterable[RepairCase]) -> list[RepairCase]:
    """Of each case the fullest van of up to 25 stops, 30 to 60 minutes late, and nobody else."""
    alone = []
    for case in cases:
        fitting = [van for van, sequence in enumerate(case.sequences) if 2 <= len(sequence) <= MOST_STOPS]
        if fitting:
            alone.append(_alone(case, max(fitting, key=lambda van: len(case.sequences[van]))))
    return alone


def summarise(routes: Sequence[Alone]) -> dict[str, Any]:
    """Means per route, and the dearest."""
    return {
        "cases": len(routes),
        "stops": round(fmean(route.stops for route in routes), 1),
        "do_nothing_misses": round(fmean(route.do_nothing for route in routes), 3),
        "misses": round(fmean(route.misses for route in routes), 3),
        "oracle_misses": round(fmean(route.oracle for route in routes), 3),
        "cpu_ms": round(1000 * fmean(route.cpu_s for route in routes), 1),
        "cpu_ms_most": round(1000 * max(route.cpu_s for route in routes), 1),
    }


def _alone(case: RepairCase, van: int) -> RepairCase:
    delay_s = int(np.random.default_rng([case.seed, case.disruption.at_s]).integers(*DELAY_S, endpoint=True))
    stops = case.sequences[van]
    held_up = replace(case.vans[van], ready_s=case.vans[van].ready_s + delay_s)
    return replace(
        case,
        vans=(held_up,),
        visits=tuple(replace(case.visits[stop], holder=0) for stop in stops),
        wreck=None,
        sequences=(tuple(range(len(stops))),),
    )


def measure(case: RepairCase) -> Alone:
    """The second rung with as much search as fits the time, beside the long run and OR-Tools."""
    sub = free_problem(case)
    plan, cpu_s = in_cpu_time(lambda: long_second(sub, ENGINE_SEED, SEARCH_SHARE))
    others = (long_second(sub, ENGINE_SEED), ortools_routing.solve(sub, ORTOOLS_BUDGET, ENGINE_SEED).sequences)
    misses = score(sub, plan).misses
    return Alone(
        stops=sub.stops,
        do_nothing=score(sub, fitting_start(sub)[0]).misses,
        misses=misses,
        oracle=min(misses, *(score(sub, other).misses for other in others)),
        cpu_s=cpu_s,
    )
