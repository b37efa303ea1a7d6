"""The engines under test by name, each as a call from a sub-problem to sequences, with the budgets of the benchmark."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

import numpy as np

from optimizer.repair import ortools_routing
from optimizer.repair.engines import Rung, SearchBudget, solve
from optimizer.repair.evaluation import evaluate
from optimizer.repair.subproblem import NOWHERE, Budget, Ints, Sequences, SubProblem

Engine = Callable[[SubProblem, int], Sequences]
"""From a sub-problem and a seed to a plan that is feasible and no worse than doing nothing."""

LONG = 3
"""The oracle's ruin-and-recreate searches this many times as long as the second rung."""

# Wall clock must cut nothing short here, however busy the machine: counts alone limit a search.
_FUSE_S = 600.0
SECOND_BUDGET = SearchBudget(fuse_s=_FUSE_S)
# 12 to 30 us a neighbour: about a CPU second.
ORTOOLS_BUDGET = Budget(solution_limit=5_000, neighbour_limit=50_000, fuse_s=_FUSE_S)
_NEAREST = 8


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
    """OR-Tools, warm from the first rung, on the vehicles in trouble and the eight nearest to them alone."""
    start = first(sub, seed)
    vehicles = _around_trouble(sub, start)
    if not vehicles:
        return start
    part, stops = _part(sub, start, vehicles)
    answer = ortools_routing.solve(part, ORTOOLS_BUDGET, seed)
    plan = list(start)
    for vehicle, sequence in zip(vehicles, answer.sequences, strict=True):
        plan[vehicle] = tuple(stops[stop] for stop in sequence)
    better = tuple(plan)
    return better if evaluate(sub, better).objective < evaluate(sub, start).objective else start


def _around_trouble(sub: SubProblem, plan: Sequences) -> list[int]:
    """Vehicles that have a late stop, or took one that was in trouble, or gave one away; and those nearest to them."""
    result = evaluate(sub, plan)
    before = evaluate(sub, sub.sequences)
    troubled = {*before.missed, *before.undone, *result.missed, *result.moved}
    now = {stop: vehicle for vehicle, sequence in enumerate(plan) for stop in sequence}
    chosen = {now[stop] for stop in troubled if stop in now} | {int(sub.home[stop]) for stop in troubled} - {NOWHERE}
    nodes = sub.node[[*troubled, *result.undone]]
    if not len(nodes):
        return []
    near_s = [
        (int(_away_s(sub, vehicle, sequence, nodes).min()), vehicle)
        for vehicle, sequence in enumerate(plan)
        if vehicle not in chosen
    ]
    return sorted(chosen | {vehicle for _, vehicle in sorted(near_s)[:_NEAREST]})


def _away_s(sub: SubProblem, vehicle: int, sequence: tuple[int, ...], nodes: Ints) -> Ints:
    here = np.append(sub.node[list(sequence)], sub.start_node[vehicle])
    matrix = sub.travel_s[sub.profile[vehicle]]
    away: Ints = matrix[np.ix_(here, nodes)] + matrix[np.ix_(nodes, here)].T
    return away


def _part(sub: SubProblem, plan: Sequences, vehicles: list[int]) -> tuple[SubProblem, list[int]]:
    """The sub-problem of some vehicles, their stops under ``plan`` and those in none, and which stops they are."""
    done = {stop for sequence in plan for stop in sequence}
    loose = [stop for stop in range(sub.stops) if stop not in done]
    stops = [stop for vehicle in vehicles for stop in plan[vehicle]] + loose
    index = {stop: number for number, stop in enumerate(stops)}
    home = [vehicles.index(h) if (h := int(sub.home[stop])) in vehicles else NOWHERE for stop in stops]
    part = replace(
        sub,
        **{name: getattr(sub, name)[stops] for name in _OF_STOPS},
        **{name: getattr(sub, name)[vehicles] for name in _OF_VEHICLES},
        home=np.array(home, dtype=np.int64),
        held=sub.held[stops] & (np.array(home) != NOWHERE),
        excluded=sub.excluded[stops][:, vehicles],
        sequences=tuple(tuple(index[stop] for stop in plan[vehicle]) for vehicle in vehicles),
        pairs=tuple((index[pickup], index[delivery]) for pickup, delivery in sub.pairs if pickup in index),
    )
    return part, stops


_OF_STOPS = (
    "node", "opens_s", "closes_s", "service_s", "setup_s", "lateness_price", "miss_price", "undone_price",
    "move_price", "visit_price", "demand", "segment",
)  # fmt: skip
_OF_VEHICLES = (
    "start_node", "ready_s", "end_node", "shift_end_s", "capacity", "profile", "break_after_s", "break_s",
    "since_break_s", "drive_limit_s", "churn_price", "carrier_price",
)  # fmt: skip
