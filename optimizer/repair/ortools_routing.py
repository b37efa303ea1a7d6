"""Polishing a sub-problem with OR-Tools' routing library: warm-started, bounded by counts, repeatable.

A solve holds the interpreter lock from beginning to end; run it through ``pool``. The engine cannot price being late
at all, as its costs on a time are convex: it sees a ramp instead, which begins before the window closes and is exact
from there on once late (see ``_ramp``). So every plan the search passes through is priced by our own evaluator as
well, and the best of them by that is the answer.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import ortools
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from optimizer.repair.evaluation import (
    broken_rules,
    evaluate,
    fitting_start,
    last_arrival_s,
    most_driving_s,
    route_price,
)
from optimizer.repair.subproblem import (
    NO_LIMIT,
    NOWHERE,
    Budget,
    Floats,
    Ints,
    Sequences,
    SolveStatus,
    SubProblem,
    SubSolution,
)

PRICE_SCALE = 100
"""The engine counts in integers: hundredths of a price unit are finer than any price we set."""

LONGEST_RAMP_S = 300
"""Where lateness is cheap and the miss dear, the ramp rises this fast rather than taking in half the window."""


_Parameters = object
"""OR-Tools' RoutingSearchParameters, a protocol buffer without types."""


class Metaheuristic(StrEnum):
    """How the search leaves a local optimum. On one route of 14 to 20 stops tabu was optimal after 50 solutions, guided
    not always after 400: it penalises long legs, and what is wrong with a late plan is seldom a long leg.
    """

    GUIDED = "GUIDED_LOCAL_SEARCH"
    TABU = "TABU_SEARCH"
    DESCENT = "GREEDY_DESCENT"


# Rebuild whole routes by insertion: a fifth to two fifths more time to a local optimum no better (9 x 15 stops).
_COSTLY_OPERATORS = (
    "use_global_cheapest_insertion_path_lns",
    "use_local_cheapest_insertion_path_lns",
    "use_relocate_path_global_cheapest_insertion_insert_unperformed",
    "use_global_cheapest_insertion_visit_types_lns",
    "use_local_cheapest_insertion_visit_types_lns",
    "use_relocate_expensive_chain",
)


def solve(
    sub: SubProblem,
    budget: Budget,
    seed: int,
    warm: Sequences | None = None,
    metaheuristic: Metaheuristic = Metaheuristic.TABU,
) -> SubSolution:
    """The best plan found within the budget, never worse than its start by ``evaluate``: ``warm``, a feasible plan, or
    else the sub-problem's own.

    A plan of the sub-problem's own that breaks a hard rule is trimmed until it keeps them. The same arguments give the
    same sequences, unless the fuse fired (``replayable`` False). Nothing is raised for a start the engine cannot read.

    The model says modes, driving limits, prices and windows. It knows neither breaks, nor that traffic changes with the
    hour, nor what may stand before a pin: there plans that the evaluator finds broken are passed over.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    start, trimmed = fitting_start(sub) if warm is None else (warm, ())
    before = evaluate(sub, start).objective
    best = _Best(sub, start)
    meter = _Meter(budget)
    was_read = True
    if sub.stops and sub.vehicles:
        was_read = _search(sub, start, seed, _parameters(budget, metaheuristic), best, meter)
    is_whole = meter.is_spent or best.seen >= budget.solution_limit or meter.wall_s < 0.95 * budget.fuse_s
    after = evaluate(sub, best.sequences).objective
    status = SolveStatus.IMPROVED if after < before else SolveStatus.KEPT
    return SubSolution(
        sequences=best.sequences,
        objective=after,
        start_objective=before,
        status=status if was_read else SolveStatus.REFUSED,
        solutions=best.seen,
        neighbours=meter.spent,
        replayable=is_whole,
        wall_s=time.perf_counter() - wall,
        cpu_s=time.process_time() - cpu,
        trimmed=trimmed,
        engine={
            "name": "ortools-routing",
            "version": ortools.__version__,
            "metaheuristic": metaheuristic.value,
            "solution_limit": budget.solution_limit,
            "neighbour_limit": budget.neighbour_limit,
            "fuse_s": budget.fuse_s,
            "seed": seed,
        },
    )


def says_all(sub: SubProblem) -> bool:
    """Whether the model can say every hard rule of the problem, so that all its plans keep them."""
    return not (sub.hours.size or np.any(sub.segment) or np.any(sub.break_after_s < NO_LIMIT))


class _Best:
    """The best plan seen by our own price. Routes are priced once: between two plans only one or two differ."""

    def __init__(self, sub: SubProblem, start: Sequences) -> None:
        self._sub, self._is_checked = sub, not says_all(sub)
        self._prices: dict[tuple[int, tuple[int, ...]], float] = {}
        self.sequences = start
        self._price = self._total(start)
        self.seen = 0

    def offer(self, sequences: Sequences) -> None:
        self.seen += 1
        price = self._total(sequences)
        if price < self._price:
            self.sequences, self._price = sequences, price

    def _total(self, sequences: Sequences) -> float:
        """The objective less a constant (every stop undone)."""
        return sum(self._of(vehicle, sequence) for vehicle, sequence in enumerate(sequences))

    def _of(self, vehicle: int, sequence: tuple[int, ...]) -> float:
        key = (vehicle, sequence)
        if key not in self._prices:
            saved = sum(float(self._sub.undone_price[stop]) for stop in sequence)
            is_broken = self._is_checked and bool(broken_rules(self._sub, vehicle, sequence))
            self._prices[key] = np.inf if is_broken else route_price(self._sub, vehicle, sequence) - saved
        return self._prices[key]


@dataclass(frozen=True, slots=True)
class _Model:
    """A routing model and its numbering: nodes are the stops, then each vehicle's start, then each vehicle's end."""

    sub: SubProblem
    start: Sequences
    manager: pywrapcp.RoutingIndexManager
    routing: pywrapcp.RoutingModel

    def index(self, stop: int) -> int:
        return int(self.manager.NodeToIndex(stop))

    def current(self) -> Sequences:
        """The plan the search stands on, read from inside it."""
        return tuple(self._current(vehicle) for vehicle in range(self.sub.vehicles))

    def _current(self, vehicle: int) -> tuple[int, ...]:
        sequence = []
        index = self.routing.NextVar(self.routing.Start(vehicle)).Value()
        while not self.routing.IsEnd(index):
            sequence.append(int(self.manager.IndexToNode(index)))
            index = self.routing.NextVar(index).Value()
        return tuple(sequence)


class _Meter:
    """Counts the neighbours tried, and stops the search at the budget's number of them.

    Between two solutions the engine may try 50,000 neighbours, so a limit on solutions alone does not bound the
    time; a limit on neighbours does (12 to 30 us each), and unlike a clock it falls in the same place every time.
    """

    def __init__(self, budget: Budget) -> None:
        self._limit = budget.neighbour_limit
        self.spent = 0
        self.wall_s = 0.0

    @property
    def is_spent(self) -> bool:
        return self.spent >= self._limit

    def tick(self) -> bool:
        """The engine asks this at every neighbour; true ends the search."""
        self.spent += 1
        return self.spent >= self._limit


def _search(sub: SubProblem, start: Sequences, seed: int, parameters: _Parameters, best: _Best, meter: _Meter) -> bool:
    """Run the engine, offering every plan it stands on to ``best``. False when it could not read the start."""
    model = _build(sub, start)
    routing, solver = model.routing, model.routing.solver()
    # The engine keeps its callbacks for ever, so one that named the model would keep both from being freed.
    watched = [model]
    routing.AddAtSolutionCallback(lambda: best.offer(watched[0].current()))
    routing.AddSearchMonitor(solver.CustomLimit(meter.tick))
    routing.CloseModelWithParameters(parameters)
    solver.ReSeed(seed)
    began = time.perf_counter()
    warm = routing.ReadAssignmentFromRoutes([[model.index(stop) for stop in sequence] for sequence in start], True)
    if warm is not None:
        routing.SolveFromAssignmentWithParameters(warm, parameters)
    meter.wall_s = time.perf_counter() - began
    watched.clear()
    return best.seen > 0


def _parameters(budget: Budget, metaheuristic: Metaheuristic) -> _Parameters:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.Value.Value(metaheuristic.value)
    parameters.solution_limit = budget.solution_limit
    parameters.time_limit.FromMilliseconds(round(budget.fuse_s * 1000))
    for operator in _COSTLY_OPERATORS:
        setattr(parameters.local_search_operators, operator, optional_boolean_pb2.BOOL_FALSE)
    return parameters


def _build(sub: SubProblem, start: Sequences) -> _Model:
    m, k = sub.stops, sub.vehicles
    manager = pywrapcp.RoutingIndexManager(m + 2 * k, k, list(range(m, m + k)), list(range(m + k, m + 2 * k)))
    model = _Model(sub, start, manager, pywrapcp.RoutingModel(manager))
    for part in (_add_travel, _add_time, _add_driving, _add_stops, _add_moves, _add_loads, _add_pairs):
        part(model)
    return model


def _add_travel(model: _Model) -> None:
    price = model.sub.travel_price * PRICE_SCALE
    for vehicle, callback in enumerate(_matrices(model, lambda travel_s: np.rint(travel_s * price))):
        model.routing.SetArcCostEvaluatorOfVehicle(callback, vehicle)
        # A vehicle under way must come home, with or without stops.
        model.routing.SetVehicleUsedWhenEmpty(True, vehicle)


def _add_time(model: _Model) -> None:
    """Time at a stop is when its service starts; waiting for the window is slack."""
    sub, routing = model.sub, model.routing
    nodes = _nodes(sub)
    setup = np.where(nodes[:, None] != nodes[None, :], _padded(sub, sub.setup_s)[None, :], 0)
    at_stop = _padded(sub, sub.service_s)[:, None] + setup
    horizon = _horizon_s(model)
    callbacks = _matrices(model, lambda travel_s: travel_s + at_stop)
    routing.AddDimensionWithVehicleTransits(callbacks, horizon, horizon, False, "time")
    times = routing.GetDimensionOrDie("time")
    for vehicle in range(sub.vehicles):
        ready = int(sub.ready_s[vehicle])
        times.CumulVar(routing.Start(vehicle)).SetRange(ready, ready)
        times.CumulVar(routing.End(vehicle)).SetMax(_latest_s(model, vehicle))


def _add_driving(model: _Model) -> None:
    """What a driver may still drive today."""
    sub, routing = model.sub, model.routing
    if not np.any(sub.drive_limit_s < NO_LIMIT):
        return
    callbacks = _matrices(model, lambda travel_s: travel_s)
    most = [max(most_driving_s(sub, v), _as_modelled(sub, v, model.start[v])[0]) for v in range(sub.vehicles)]
    routing.AddDimensionWithVehicleTransitAndCapacity(callbacks, 0, most, True, "driving")


def _add_stops(model: _Model) -> None:
    """Windows, the penalty of leaving a stop undone, and which vehicles may have it."""
    sub, routing, horizon = model.sub, model.routing, _horizon_s(model)
    times = routing.GetDimensionOrDie("time")
    # Of what doing a stop costs, the least is taken off its penalty: the engine can't read a plan that leaves a stop
    # undone if a unary transit is above zero for every vehicle (9.15).
    penalties = np.maximum(sub.undone_price - _charges(sub).min(axis=1), 0.0)
    for stop in range(sub.stops):
        index = model.index(stop)
        routing.AddDisjunction([index], round(float(penalties[stop]) * PRICE_SCALE))
        opens = int(sub.opens_s[stop])
        allowed = [vehicle for vehicle in range(sub.vehicles) if _may_have(sub, vehicle, stop) and opens <= horizon]
        if len(allowed) < sub.vehicles:
            routing.VehicleVar(index).SetValues([-1, *allowed])
        if allowed:
            times.CumulVar(index).SetMin(min(opens, horizon))
        bound_s, slope = _ramp(sub, stop)
        if slope > 0:
            times.SetCumulVarSoftUpperBound(index, bound_s, slope)


def _may_have(sub: SubProblem, vehicle: int, stop: int) -> bool:
    """Whether nothing excludes it, and no pin holds it elsewhere."""
    return not sub.excluded[stop, vehicle] and (sub.segment[stop] % 2 == 0 or int(sub.home[stop]) == vehicle)


def _ramp(sub: SubProblem, stop: int) -> tuple[int, int]:
    """Where the price of lateness begins to rise and how fast, in the engine's units.

    It begins early enough to have reached the miss price when the window closes, so what is late costs exactly what
    it should. What is only nearly late costs something too, and on expected times rightly so.
    """
    lateness, miss = float(sub.lateness_price[stop]), float(sub.miss_price[stop])
    slope = max(lateness, miss / LONGEST_RAMP_S)
    lead_s = round(miss / slope) if slope > 0 else 0
    return max(0, int(sub.closes_s[stop]) - lead_s), round(slope * PRICE_SCALE)


def _add_moves(model: _Model) -> None:
    """What a stop costs on one vehicle more than on another."""
    charges = _charges(model.sub)
    prices = np.rint((charges - charges.min(axis=1, keepdims=True)) * PRICE_SCALE).astype(np.int64)
    if not np.any(prices):
        return
    callbacks = [
        model.routing.RegisterUnaryTransitVector(_padded(model.sub, prices[:, vehicle]).tolist())
        for vehicle in range(model.sub.vehicles)
    ]
    most = int(prices.max(axis=1).sum())
    model.routing.AddDimensionWithVehicleTransits(callbacks, 0, most, True, "moves")
    model.routing.GetDimensionOrDie("moves").SetSpanCostCoefficientForAllVehicles(1)


def _charges(sub: SubProblem) -> Floats:
    """(m, k) what it costs that a stop is done by a vehicle: done at all, away from home, by its carrier."""
    away = (sub.home[:, None] != np.arange(sub.vehicles)) & (sub.home != NOWHERE)[:, None]
    carriage = np.tile(sub.carrier_price, (sub.stops, 1))
    carriage[[pickup for pickup, _ in sub.pairs], :] = 0.0
    charges: Floats = sub.visit_price[:, None] + np.where(away, sub.move_price[:, None], 0.0) + carriage
    return charges


def _add_loads(model: _Model) -> None:
    """What is aboard: deliveries take off, pickups put on, and every vehicle comes home empty."""
    sub, routing = model.sub, model.routing
    for dimension in range(sub.capacity.shape[1]):
        change = -sub.demand[:, dimension]
        for pickup, delivery in sub.pairs:
            change[pickup] = sub.demand[delivery, dimension]
        callback = routing.RegisterUnaryTransitVector(_padded(sub, change).tolist())
        name = f"load {dimension}"
        routing.AddDimensionWithVehicleCapacity(callback, 0, sub.capacity[:, dimension].tolist(), False, name)
        loads = routing.GetDimensionOrDie(name)
        for vehicle in range(sub.vehicles):
            loads.CumulVar(routing.End(vehicle)).SetValue(0)


def _add_pairs(model: _Model) -> None:
    solver, routing = model.routing.solver(), model.routing
    times = routing.GetDimensionOrDie("time")
    for pickup, delivery in ((model.index(a), model.index(b)) for a, b in model.sub.pairs):
        routing.AddPickupAndDelivery(pickup, delivery)
        solver.Add(routing.VehicleVar(pickup) == routing.VehicleVar(delivery))
        solver.Add(times.CumulVar(pickup) <= times.CumulVar(delivery))


def _nodes(sub: SubProblem) -> Ints:
    return np.concatenate([sub.node, sub.start_node, sub.end_node])


def _node_travel(sub: SubProblem, profile: int) -> Floats:
    """One mode's matrix over the model's nodes, with the traffic of the hour at which vehicles set out: the model knows
    no other hour."""
    nodes = _nodes(sub)
    among: Floats = sub.travel_s[profile][np.ix_(nodes, nodes)].astype(np.float64)
    if sub.hours.size:
        among = np.rint(among * np.interp(sub.ready_s.mean() / 3600, np.arange(sub.hours.size), sub.hours))
    return among


def _matrices(model: _Model, make: Callable[[Floats], Floats]) -> list[int]:
    """For each vehicle its mode's matrix, made into what a dimension counts; one callback a mode."""
    sub = model.sub
    callbacks = {
        profile: model.routing.RegisterTransitMatrix(make(_node_travel(sub, profile)).astype(np.int64).tolist())
        for profile in sorted(set(sub.profile.tolist()))
    }
    return [callbacks[profile] for profile in sub.profile.tolist()]


def _as_modelled(sub: SubProblem, vehicle: int, sequence: Sequence[int]) -> tuple[int, int]:
    """Seconds driven and the arrival at the end, as the model counts: no breaks, and one hour's traffic."""
    matrix = _node_travel(sub, int(sub.profile[vehicle]))
    nodes = _nodes(sub)
    here, now, driven = sub.stops + vehicle, int(sub.ready_s[vehicle]), 0
    for stop in sequence:
        leg = int(matrix[here, stop])
        setup = int(sub.setup_s[stop]) if nodes[here] != nodes[stop] else 0
        now = max(now + leg + setup, int(sub.opens_s[stop])) + int(sub.service_s[stop])
        here, driven = stop, driven + leg
    leg = int(matrix[here, sub.stops + sub.vehicles + vehicle])
    return driven + leg, now + leg


def _latest_s(model: _Model, vehicle: int) -> int:
    """The latest arrival the model allows. Where it counts otherwise than the evaluator, its start's is allowed too."""
    latest = last_arrival_s(model.sub, vehicle)
    if says_all(model.sub):
        return latest
    return max(latest, _as_modelled(model.sub, vehicle, model.start[vehicle])[1])


def _padded(sub: SubProblem, per_stop: Ints) -> Ints:
    """Values of the stops, with zeros for the vehicles' starts and ends."""
    return np.concatenate([per_stop, np.zeros(2 * sub.vehicles, dtype=np.int64)])


def _horizon_s(model: _Model) -> int:
    return max(_latest_s(model, vehicle) for vehicle in range(model.sub.vehicles))
