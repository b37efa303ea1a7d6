"""How the cost of a solve grows: with the size of the case, and when only the rest of the fleet grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from evals.repair_bench.case import RepairCase, undisturbed
from evals.repair_bench.days import Day
from evals.repair_bench.objective import free_problem
from evals.repair_bench.run import ENGINE_SEED, Outcome, in_cpu_time
from evals.repair_bench.rungs import RungName, engine
from optimizer.repair.subproblem import SubProblem

FLEETS = 5
FAR_S = 3600
"""Between two of the towns side by side: far enough that nobody helps out, near enough to be looked at."""


@dataclass(frozen=True, slots=True)
class Point:
    """One solve: how many stops were at risk (missed if nothing is done) of how many, and its CPU seconds."""

    at_risk: int
    stops: int
    cpu_s: float


def exponent(outcomes: Sequence[Outcome], name: str) -> dict[str, Any]:
    """By which power of (stops at risk x stops of the fleet) an engine's CPU grows over the cases: 1 is linear."""
    points = [
        Point(outcome.do_nothing.misses, len(outcome.case.visits), outcome.rungs[name].cpu_s) for outcome in outcomes
    ]
    sizes = np.array([point.at_risk * point.stops for point in points if point.at_risk], dtype=float)
    spent = np.array([point.cpu_s for point in points if point.at_risk])
    if len(set(sizes.tolist())) < 3:
        return {"exponent": None}
    slope, _ = np.polyfit(np.log(sizes), np.log(spent), 1)
    return {"exponent": round(float(slope), 3), "sizes": [int(sizes.min()), int(sizes.max())]}


def fleet_ratio(pairs: Sequence[tuple[Day, RepairCase]], name: RungName) -> float | None:
    """How many times dearer a case gets when four towns without trouble join it: the median over some cases."""
    ratios = []
    for day, case in pairs:
        sub = free_problem(case)
        calm = free_problem(undisturbed(day, case))
        alone_s = _cpu_s(sub, name)
        ratios.append(_cpu_s(side_by_side(sub, calm, FLEETS - 1), name) / alone_s)
    return round(median(ratios), 3) if ratios else None


def side_by_side(sub: SubProblem, calm: SubProblem, copies: int) -> SubProblem:
    """The problem with ``copies`` of another town of as many nodes, its vehicles and their stops beside it."""
    towns = [sub] + [calm] * copies
    n = sub.travel_s.shape[-1]
    travel = np.full((n * len(towns), n * len(towns)), int(sub.travel_s.max()) + FAR_S, dtype=np.int64)
    for number, town in enumerate(towns):
        travel[number * n : (number + 1) * n, number * n : (number + 1) * n] = town.travel_s[0]
    stops_before = np.cumsum([0] + [town.stops for town in towns])
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(town, name) for town in towns]) for name in (*_OF_STOPS, *_OF_VEHICLES)
    }
    for name in ("node", "start_node", "end_node"):
        joined[name] = np.concatenate([getattr(town, name) + number * n for number, town in enumerate(towns)])
    sequences = tuple(
        tuple(stop + int(before) for stop in sequence)
        for town, before in zip(towns, stops_before, strict=False)
        for sequence in town.sequences
    )
    return SubProblem.build(travel_s=travel, sequences=sequences, **joined)


def _cpu_s(sub: SubProblem, name: RungName) -> float:
    solve = engine(name)
    return in_cpu_time(lambda: solve(sub, ENGINE_SEED))[1]


_OF_STOPS = (
    "node", "opens_s", "closes_s", "service_s", "setup_s", "lateness_price", "miss_price", "undone_price",
    "move_price", "demand",
)  # fmt: skip
_OF_VEHICLES = ("start_node", "ready_s", "end_node", "shift_end_s", "capacity")
