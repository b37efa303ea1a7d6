"""PyVRP, warm: its search starts from the present plan, and every stop is worth its price to it."""

import time

import numpy as np
import pyvrp

from evals.repair_bench.case import MISS_PRICE, UNDONE_PRICE, Case
from evals.repair_bench.hard_windows import on_time_part
from optimizer.repair.subproblem import Sequences

PRIZE = round(UNDONE_PRICE + MISS_PRICE)


class _CpuLimit:
    """Stops the search after some CPU seconds, so that a busy machine takes nothing from it."""

    def __init__(self, limit_s: float) -> None:
        self._until = time.process_time() + limit_s

    def __call__(self, best_cost: float) -> bool:
        del best_cost
        return time.process_time() >= self._until


def solve(case: Case, limit_s: float, seed: int) -> tuple[Sequences, float]:
    """The plan PyVRP comes to, with the stops it left out in no sequence, and the CPU seconds of its solve alone."""
    data = _model(case)
    routes = [
        pyvrp.Route(data, [pyvrp.Activity(pyvrp.ActivityType.CLIENT, stop) for stop in sequence], van)
        for van, sequence in enumerate(on_time_part(case))
        if sequence
    ]
    start = pyvrp.Solution(data, routes)
    began = time.process_time()
    result = pyvrp.solve(data, _CpuLimit(limit_s), seed=seed, collect_stats=False, initial_solution=start)
    spent_s = time.process_time() - began
    plan: list[tuple[int, ...]] = [() for _ in case.vans]
    for route in result.best.routes():
        plan[route.vehicle_type()] = tuple(activity.idx for activity in route if activity.is_client())
    return tuple(plan), spent_s


def _model(case: Case) -> pyvrp.ProblemData:
    """Every van a vehicle type of its own with a depot at its committed stop; every stop a client it may leave out."""
    duration = np.ascontiguousarray(case.travel_s)
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
            start_depot=number,
            end_depot=0,
            tw_early=van.ready_s,
            tw_late=max(case.shift_end_s, van.ready_s + int(case.travel_s[van.node, 0])),
        )
        for number, van in enumerate(case.vans, start=1)
    ]
    return pyvrp.ProblemData(
        [pyvrp.Location(0, 0)] * len(duration),
        clients,
        [hub, *(pyvrp.Depot(van.node) for van in case.vans)],
        vehicles,
        [duration],
        [duration],
    )
