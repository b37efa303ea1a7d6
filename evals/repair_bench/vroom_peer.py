"""VROOM, warm: its routes start as the present plan's (vehicle steps), its local search takes in what is free."""

import time

import vroom

from evals.repair_bench.case import RepairCase
from evals.repair_bench.hard_windows import last_arrival_s, on_time_part
from optimizer.repair.subproblem import Sequences

THOROUGH, QUICK = 5, 1
"""Exploration levels: VROOM's own default, which is its highest, and one that answers several times sooner."""


def solve(case: RepairCase, exploration: int) -> tuple[Sequences, float]:
    """The plan VROOM comes to, with the stops it left out in no sequence, and the CPU seconds of its solve alone."""
    problem = _model(case)
    began = time.process_time()
    solution = problem.solve(exploration_level=exploration, nb_threads=1)
    spent_s = time.process_time() - began
    plan: list[list[int]] = [[] for _ in case.vans]
    routes = solution.routes
    for van, kind, job in zip(routes["vehicle_id"], routes["type"], routes["id"], strict=True):
        if kind == "job" and int(job) < len(case.visits):
            plan[int(van)].append(int(job))
    return tuple(tuple(sequence) for sequence in plan), spent_s


def _model(case: RepairCase) -> vroom.Input:
    """Every stop a job with its window, every van a vehicle that leaves its committed stop when that is done."""
    problem = vroom.Input()
    problem.set_durations_matrix("car", case.travel_s.astype("uint32"))
    warm = on_time_part(case)
    count = len(case.visits)
    for number, van in enumerate(case.vans):
        # VROOM charges nothing for a vehicle it leaves unused, but ours must come home from where it is: a job of its
        # own there, which only it can do, has it make the way in any case.
        stay = count + number
        problem.add_job(vroom.Job(stay, van.node, delivery=[0], skills={number + 1}, priority=100))
        steps = [vroom.VehicleStepStart(), vroom.VehicleStepSingle(stay)]
        steps += [vroom.VehicleStepSingle(stop) for stop in warm[number]]
        problem.add_vehicle(
            vroom.Vehicle(
                number,
                start=van.node,
                end=0,
                capacity=[case.capacity],
                skills={number + 1},
                time_window=(van.ready_s, last_arrival_s(case, number)),
                steps=[*steps, vroom.VehicleStepEnd()],
            )
        )
    for stop, visit in enumerate(case.visits):
        window = vroom.TimeWindow(visit.opens_s, visit.closes_s)
        problem.add_job(
            vroom.Job(
                stop,
                visit.node,
                default_service=visit.service_s,
                delivery=[visit.demand],
                time_windows=[window],
            )
        )
    return problem
