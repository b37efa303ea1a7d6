"""The first plan of a hub's day by OR-Tools: capacity, skills, shifts and windows kept on expected times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from evals.city.demand import WINDOW_H, Customer
from evals.city.fleet import LIFT, Unit
from evals.city.streets import Floats

HOUR_S = 3600
UNSERVED = 10_000_000  # above any tour: a stop is dropped only where nobody can reach it in time
PER_VEHICLE = 0
LONGEST_WAIT_S = 2 * HOUR_S


@dataclass(frozen=True)
class HubDay:
    """One hub's customers and vehicles. ``durations_s``: row and column 0 are the hub, then the customers in order."""

    durations_s: Floats
    customers: Sequence[Customer]
    units: Sequence[Unit]
    slack_s: int


def plan_routes(day: HubDay) -> list[list[int]]:
    """For each vehicle the customers it visits, in order, as indices into ``day.customers``.

    Greedy search from a parallel insertion, without a clock, so that the same day gives the same plan. Customers who
    can't be reached in time are in no route.
    """
    manager = pywrapcp.RoutingIndexManager(len(day.customers) + 1, len(day.units), 0)
    model = pywrapcp.RoutingModel(manager)
    _add_travel(model, manager, day)
    _add_time(model, manager, day)
    _add_load(model, manager, day)
    _add_eligibility(model, manager, day)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    solution = model.SolveWithParameters(parameters)
    assert solution is not None, "every customer may be left out, so there is always a plan"
    return [_tour(model, manager, solution, vehicle) for vehicle in range(len(day.units))]


def _add_travel(model: pywrapcp.RoutingModel, manager: pywrapcp.RoutingIndexManager, day: HubDay) -> None:
    del manager
    travel = model.RegisterTransitMatrix(np.rint(day.durations_s).astype(int).tolist())
    model.SetArcCostEvaluatorOfAllVehicles(travel)
    model.SetFixedCostOfAllVehicles(PER_VEHICLE)


def _add_time(model: pywrapcp.RoutingModel, manager: pywrapcp.RoutingIndexManager, day: HubDay) -> None:
    service = np.array([0.0, *(customer.service_s for customer in day.customers)])
    spent = np.rint(day.durations_s + service[:, None]).astype(int).tolist()
    horizon = 24 * HOUR_S
    model.AddDimension(model.RegisterTransitMatrix(spent), LONGEST_WAIT_S, horizon, False, "time")
    time = model.GetDimensionOrDie("time")
    for number, customer in enumerate(day.customers, start=1):
        opens = customer.opens_h * HOUR_S
        time.CumulVar(manager.NodeToIndex(number)).SetRange(opens, opens + WINDOW_H * HOUR_S - day.slack_s)
    for vehicle, unit in enumerate(day.units):
        starts, ends = (round(hour * HOUR_S) for hour in unit.shift_h)
        time.CumulVar(model.Start(vehicle)).SetRange(starts, ends)
        time.CumulVar(model.End(vehicle)).SetRange(starts, ends - day.slack_s)


def _add_load(model: pywrapcp.RoutingModel, manager: pywrapcp.RoutingIndexManager, day: HubDay) -> None:
    del manager
    units = [0, *(customer.units for customer in day.customers)]
    load = model.RegisterUnaryTransitVector(units)
    model.AddDimensionWithVehicleCapacity(load, 0, [unit.units for unit in day.units], True, "load")


def _add_eligibility(model: pywrapcp.RoutingModel, manager: pywrapcp.RoutingIndexManager, day: HubDay) -> None:
    for number, customer in enumerate(day.customers, start=1):
        index = manager.NodeToIndex(number)
        may = [
            vehicle for vehicle, unit in enumerate(day.units) if _may_serve(unit, customer, day.durations_s[0, number])
        ]
        model.AddDisjunction([index], UNSERVED)
        model.VehicleVar(index).SetValues([-1, *may])


def _may_serve(unit: Unit, customer: Customer, away_s: float) -> bool:
    if unit.is_spare or away_s > unit.reach_s:
        return False
    return not customer.is_bulky or LIFT in unit.skills


def _tour(
    model: pywrapcp.RoutingModel,
    manager: pywrapcp.RoutingIndexManager,
    solution: pywrapcp.Assignment,
    vehicle: int,
) -> list[int]:
    tour, index = [], solution.Value(model.NextVar(model.Start(vehicle)))
    while not model.IsEnd(index):
        tour.append(manager.IndexToNode(index) - 1)
        index = solution.Value(model.NextVar(index))
    return tour
