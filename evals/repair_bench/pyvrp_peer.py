"""PyVRP, warm: its search starts from the present plan, and every stop is worth its price to it."""

import time
from typing import Any

import numpy as np
import pyvrp
from pyvrp.search import OPERATORS, LocalSearch, NeighbourhoodParams, PerturbationManager, compute_neighbours

from evals.repair_bench.case import RepairCase
from evals.repair_bench.hard_windows import last_arrival_s, on_time_part
from evals.repair_bench.objective import LATENESS_PRICE, MISS_PRICE
from optimizer.repair.subproblem import Sequences

PRIZE = round(MISS_PRICE + 600 * LATENESS_PRICE)
"""What a stop is worth in its window: with us it would come ten minutes late. With the whole price of an undone stop
as the prize the search lived among plans that break windows, and left out more (12 hub cases: 1.8 stops, not 0.9)."""

HISTORY = 30
"""How long late acceptance remembers: a tenth of the default, which is meant for minutes, not for one second."""


class _CpuLimit:
    """Stops the search after some CPU seconds, so that a busy machine takes nothing from it."""

    def __init__(self, limit_s: float) -> None:
        self._until = time.process_time() + limit_s

    def __call__(self, best_cost: float) -> bool:
        del best_cost
        return time.process_time() >= self._until


def solve(case: RepairCase, limit_s: float, seed: int) -> tuple[Sequences, float]:
    """The plan PyVRP comes to, with the stops it left out in no sequence, and the CPU seconds of its solve alone."""
    data = _model(case)
    routes = [
        pyvrp.Route(data, [pyvrp.Activity(pyvrp.ActivityType.CLIENT, stop) for stop in sequence], van)
        for van, sequence in enumerate(on_time_part(case))
        if sequence
    ]
    began = time.process_time()
    limit = _CpuLimit(limit_s)
    start = _descended(data, pyvrp.Solution(data, routes), seed)
    params = pyvrp.SolveParams(ils=pyvrp.IteratedLocalSearchParams(history_length=HISTORY))
    result = pyvrp.solve(data, limit, seed, collect_stats=False, params=params, initial_solution=start)
    spent_s = time.process_time() - began
    plan: list[tuple[int, ...]] = [() for _ in case.vans]
    for route in result.best.routes():
        plan[route.vehicle_type()] = tuple(activity.idx for activity in route if activity.is_client())
    return tuple(plan), spent_s


def _descended(data: pyvrp.ProblemData, start: pyvrp.Solution, seed: int) -> pyvrp.Solution:
    """The local optimum that is reached from the start with windows kept; where that fails, the start itself."""
    rng = pyvrp.RandomNumberGenerator(seed)
    search = LocalSearch(data, rng, compute_neighbours(data, NeighbourhoodParams()), PerturbationManager())
    for operator in OPERATORS:
        if operator.supports(data):
            search.add_operator(operator(data))
    settings = pyvrp.PenaltyParams()
    penalties = pyvrp.PenaltyManager(settings.midpoint_penalties(data), settings)
    reached = search(start, penalties.max_cost_evaluator(), exhaustive=True)
    return reached if reached.is_feasible() else start


def _model(case: RepairCase) -> pyvrp.ProblemData:
    """Every van a vehicle type of its own with a depot at its committed stop; every stop a client it may leave out."""
    matrices: Any = [np.ascontiguousarray(case.travel_s)]  # PyVRP's own types say it wants something else
    hub = pyvrp.Depot(0)
    clients = [
        pyvrp.Client(
            visit.node,
            delivery=[visit.demand],
            service_duration=visit.service_s,
            tw_early=visit.opens_s,
            tw_late=visit.closes_s,
            prize=PRIZE,
            required=False,
        )
        for visit in case.visits
    ]
    vehicles = [
        pyvrp.VehicleType(
            1,
            [case.capacity],
            start_depot=number + 1,
            end_depot=0,
            tw_early=van.ready_s,
            tw_late=last_arrival_s(case, number),
        )
        for number, van in enumerate(case.vans)
    ]
    return pyvrp.ProblemData(
        [pyvrp.Location(0, 0)] * len(case.travel_s),
        clients,
        [hub, *(pyvrp.Depot(van.node) for van in case.vans)],
        vehicles,
        matrices,
        matrices,
    )
