"""A case as the sub-problem that engines solve and the evaluator scores, in the two settings, and what a plan is worth.

J = travel seconds + 10 a second of lateness + 1,800 for each late stop + 36,000 for each left undone; moves are counted
and not priced. Misses are late and undone stops.
"""

from dataclasses import dataclass

import numpy as np

from evals.repair_bench.case import HUB, RepairCase
from optimizer.repair.evaluation import evaluate
from optimizer.repair.meetings import HAND_OVER_PER_PACKAGE_S, HAND_OVER_S
from optimizer.repair.subproblem import Sequences, SubProblem

LATENESS_PRICE, MISS_PRICE, UNDONE_PRICE = 10.0, 1800.0, 36_000.0
NEVER_S = 10**8
"""The end of a window that does not close."""


@dataclass(frozen=True, slots=True)
class Score:
    """``violations`` counts broken hard rules: a plan with any is no plan."""

    misses: int
    objective: float
    moved: int
    violations: int


def free_problem(case: RepairCase) -> SubProblem:
    """Goods move freely between vans, as visits, pickups and goods not yet loaded do."""
    visits, vans = case.visits, case.vans
    return SubProblem.build(
        travel_s=case.travel_s,
        node=[visit.node for visit in visits],
        opens_s=[visit.opens_s for visit in visits],
        closes_s=[visit.closes_s for visit in visits],
        service_s=[visit.service_s for visit in visits],
        start_node=[van.node for van in vans],
        ready_s=[van.ready_s for van in vans],
        end_node=[0] * len(vans),
        shift_end_s=[case.shift_end_s] * len(vans),
        sequences=case.sequences,
        lateness_price=LATENESS_PRICE,
        miss_price=MISS_PRICE,
        undone_price=UNDONE_PRICE,
        demand=[[visit.demand] for visit in visits],
        capacity=[[case.capacity]] * len(vans),
    )


def custody_problem(case: RepairCase) -> SubProblem:
    """Goods stay where they are: aboard their van, at the hub for vans that have not left, or in the broken van.

    Each stop of the broken van has a pickup there, numbered after all visits in the order of ``wreck.stops``.
    """
    visits, vans = case.visits, case.vans
    stranded = case.wreck.stops if case.wreck else ()
    since_s = case.wreck.since_s if case.wreck else 0
    m, extra = len(visits), len(stranded)
    # The broken van is a place of its own, so that whoever comes to it has a meeting, even from next door.
    nodes = np.arange(len(case.travel_s) + 1)
    nodes[-1] = case.wreck.node if case.wreck else 0
    allowed = np.ones((m + extra, len(vans)), dtype=np.bool_)
    for stop, visit in enumerate(visits):
        if visit.holder == HUB:
            allowed[stop] = [not van.has_left for van in vans]
        elif visit.holder is not None:
            allowed[stop] = False
            allowed[stop, visit.holder] = True
    return SubProblem.build(
        travel_s=case.travel_s[np.ix_(nodes, nodes)],
        node=[visit.node for visit in visits] + [len(nodes) - 1] * extra,
        opens_s=[visit.opens_s for visit in visits] + [since_s] * extra,
        closes_s=[visit.closes_s for visit in visits] + [NEVER_S] * extra,
        service_s=[visit.service_s for visit in visits] + [HAND_OVER_PER_PACKAGE_S] * extra,
        setup_s=[0.0] * m + [HAND_OVER_S] * extra,
        start_node=[van.node for van in vans],
        ready_s=[van.ready_s for van in vans],
        end_node=[0] * len(vans),
        shift_end_s=[case.shift_end_s] * len(vans),
        sequences=case.sequences,
        lateness_price=[LATENESS_PRICE] * m + [0.0] * extra,
        miss_price=[MISS_PRICE] * m + [0.0] * extra,
        undone_price=[UNDONE_PRICE] * m + [0.0] * extra,
        demand=[[visit.demand] for visit in visits] + [[0]] * extra,
        capacity=[[case.capacity]] * len(vans),
        allowed=allowed,
        held=[visit.holder not in (HUB, None) for visit in visits] + [False] * extra,
        pairs=tuple((m + number, stop) for number, stop in enumerate(stranded)),
    )


def score(sub: SubProblem, sequences: Sequences) -> Score:
    """What the plan is worth by the evaluator. Pickups at a broken van are no promises and count as no misses."""
    result = evaluate(sub, sequences)
    pickups = {pickup for pickup, _ in sub.pairs}
    misses = sum(stop not in pickups for stop in (*result.missed, *result.undone))
    return Score(misses, result.objective, len(set(result.moved) - pickups), len(result.violations))
