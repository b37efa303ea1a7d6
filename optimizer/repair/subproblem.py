"""A repair in small: a few vehicles, the stops still free on them, what everything costs, and how a plan is scored.

Everything is a plain array or tuple, so a sub-problem crosses a process border and can be kept for replay. Times are
whole seconds from one common instant: the engine counts in integers, and rounding once, here, lets the evaluator and
the engine agree to the last second. Prices are in any one currency (the repair's own: seconds of travel).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forestall.errors import BadInput, Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Sequences = tuple[tuple[int, ...], ...]

NOWHERE = -1
"""The home of a stop that no vehicle of the sub-problem has now."""

LARGEST = 1e9
"""No time or price is larger: the engine's sums must stay within 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class SubProblem:
    """m stops, k vehicles, n nodes, D capacity dimensions. Stops and vehicles are named by their index.

    ``travel_s`` (n, n), row = from. Of each stop (m,): its ``node``; the soft window ``opens_s`` (service waits for
    it) to ``closes_s``; ``service_s``; ``setup_s``, spent on top when the vehicle comes from another node (handing
    over several parcels in one place costs it once); the prices of a second of lateness, of being late at all, of
    being left undone and of leaving its ``home`` vehicle; ``demand`` (m, D); ``allowed`` (m, k), which is where
    custody speaks. Of each vehicle (k,): ``start_node``, where its commitment ends, left at ``ready_s``;
    ``end_node``, to be reached by ``shift_end_s``, which is hard (a vehicle already too late may go straight there);
    ``capacity`` (k, D). ``sequences`` is the plan to start from, one tuple of stops a vehicle; a stop in none is
    undone.

    ``pairs`` (pickup stop, delivery stop): both on one vehicle, the pickup first, or both undone. A meeting at a
    broken van is one pickup a parcel, all at the van's node. A delivery with a pickup is loaded there; any other is
    aboard from the start. Each stop is in one pair at most; a pickup's ``demand`` is not read.

    Raises BadInput naming every fault.
    """

    travel_s: Ints
    node: Ints
    opens_s: Ints
    closes_s: Ints
    service_s: Ints
    lateness_price: Floats
    miss_price: Floats
    undone_price: Floats
    move_price: Floats
    demand: Ints
    allowed: NDArray[np.bool_]
    start_node: Ints
    ready_s: Ints
    end_node: Ints
    shift_end_s: Ints
    capacity: Ints
    sequences: Sequences
    home: Ints
    setup_s: Ints
    pairs: tuple[tuple[int, int], ...] = ()
    travel_price: float = 1.0

    @classmethod
    def build(
        cls,
        *,
        travel_s: ArrayLike,
        node: ArrayLike,
        opens_s: ArrayLike,
        closes_s: ArrayLike,
        service_s: ArrayLike,
        start_node: ArrayLike,
        ready_s: ArrayLike,
        end_node: ArrayLike,
        shift_end_s: ArrayLike,
        sequences: Sequences,
        lateness_price: ArrayLike = 10.0,
        miss_price: ArrayLike = 1800.0,
        undone_price: ArrayLike = 36000.0,
        move_price: ArrayLike = 0.0,
        demand: ArrayLike | None = None,
        capacity: ArrayLike | None = None,
        allowed: ArrayLike | None = None,
        home: ArrayLike | None = None,
        setup_s: ArrayLike = 0,
        pairs: tuple[tuple[int, int], ...] = (),
        travel_price: float = 1.0,
    ) -> "SubProblem":
        """A sub-problem from anything array-like: times rounded to seconds, scalars spread over all stops.

        ``home`` defaults to the vehicle whose sequence holds the stop, ``allowed`` to everywhere, and without
        ``demand`` or ``capacity`` nothing is ever full.
        """
        m, k = np.size(node), np.size(ready_s)
        if demand is None or capacity is None:
            demand, capacity = np.zeros((m, 0)), np.zeros((k, 0))
        return cls(
            travel_s=_seconds(travel_s),
            node=_seconds(node),
            opens_s=_seconds(opens_s, m),
            closes_s=_seconds(closes_s, m),
            service_s=_seconds(service_s, m),
            lateness_price=_prices(lateness_price, m),
            miss_price=_prices(miss_price, m),
            undone_price=_prices(undone_price, m),
            move_price=_prices(move_price, m),
            demand=_seconds(demand),
            allowed=np.ones((m, k), dtype=np.bool_) if allowed is None else np.asarray(allowed, dtype=np.bool_),
            start_node=_seconds(start_node, k),
            ready_s=_seconds(ready_s),
            end_node=_seconds(end_node, k),
            shift_end_s=_seconds(shift_end_s, k),
            capacity=_seconds(capacity),
            sequences=tuple(tuple(int(stop) for stop in sequence) for sequence in sequences),
            home=_homes(sequences, m) if home is None else _seconds(home, m),
            setup_s=_seconds(setup_s, m),
            pairs=tuple((int(pickup), int(delivery)) for pickup, delivery in pairs),
            travel_price=float(travel_price),
        )

    def __post_init__(self) -> None:
        problems = _shape_problems(self) or _value_problems(self)
        if problems:
            raise BadInput("This sub-problem is malformed.", problems)

    @property
    def stops(self) -> int:
        return len(self.node)

    @property
    def vehicles(self) -> int:
        return len(self.ready_s)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much search a solve may do: it ends at ``solution_limit`` accepted plans or ``neighbour_limit`` plans tried,
    whichever is first. ``fuse_s`` is wall clock, for the day something is wrong: an answer it cut short is marked not
    replayable. The defaults take about a third of a CPU second on six routes of twenty stops.
    """

    solution_limit: int = 400
    neighbour_limit: int = 20_000
    fuse_s: float = 2.0

    def __post_init__(self) -> None:
        if self.solution_limit < 1 or self.neighbour_limit < 1 or self.fuse_s <= 0:
            raise ValueError(f"a budget must allow something: {self}")


class SolveStatus(StrEnum):
    IMPROVED = "improved"  # better than the plan it started from
    KEPT = "kept"  # nothing better was found: the plan it started from
    REFUSED = "refused"  # the engine could not read the plan it was to start from, which is returned


@dataclass(frozen=True, slots=True)
class SubSolution:
    """A plan for a sub-problem: feasible, and never worse than its start by our own evaluator.

    ``objective`` and ``start_objective`` are ``evaluate``'s. ``trimmed`` are the stops that had to leave the start
    because it broke a hard rule with them (they may have found another place). ``engine`` names solver, version and
    parameters for the decision record. ``wall_s`` and ``cpu_s`` include building the model.
    """

    sequences: Sequences
    objective: float
    start_objective: float
    status: SolveStatus
    solutions: int
    neighbours: int
    replayable: bool
    wall_s: float
    cpu_s: float
    trimmed: tuple[int, ...]
    engine: Mapping[str, str | int | float]


def _seconds(values: ArrayLike, size: int | None = None) -> Ints:
    spread = np.rint(np.asarray(values, dtype=np.float64))
    return np.array(spread if size is None else np.broadcast_to(spread, (size, *spread.shape[1:])), dtype=np.int64)


def _prices(values: ArrayLike, size: int) -> Floats:
    return np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), (size,)))


def _homes(sequences: Sequences, stops: int) -> Ints:
    homes = np.full(stops, NOWHERE, dtype=np.int64)
    for vehicle, sequence in enumerate(sequences):
        for stop in sequence:
            if 0 <= stop < stops:
                homes[stop] = vehicle
    return homes


def _shape_problems(sub: SubProblem) -> list[Problem]:
    n, m, k, d = len(sub.travel_s), len(sub.node), len(sub.ready_s), sub.capacity.shape[-1]
    per_stop = ("opens_s", "closes_s", "service_s", "lateness_price", "miss_price", "undone_price", "move_price")
    wanted: dict[str, tuple[int, ...]] = {"travel_s": (n, n), "node": (m,), "home": (m,), "setup_s": (m,)}
    wanted |= dict.fromkeys(per_stop, (m,)) | {"demand": (m, d), "allowed": (m, k), "capacity": (k, d)}
    wanted |= dict.fromkeys(("start_node", "ready_s", "end_node", "shift_end_s"), (k,))
    problems = [
        Problem(name, f"has shape {getattr(sub, name).shape}", f"give it shape {shape}")
        for name, shape in wanted.items()
        if getattr(sub, name).shape != shape
    ]
    if len(sub.sequences) != k:
        problems.append(Problem("sequences", f"has {len(sub.sequences)} entries", f"give one for each of {k} vehicles"))
    return problems


def _value_problems(sub: SubProblem) -> list[Problem]:
    n, m, k = len(sub.travel_s), sub.stops, sub.vehicles
    problems = [
        Problem(name, f"names node {bad}", f"use the travel matrix's indices 0 to {n - 1}")
        for name in ("node", "start_node", "end_node")
        for bad in sorted({int(x) for x in getattr(sub, name) if not 0 <= x < n})
    ]
    problems += [
        Problem(name, "holds a value below 0 or above 1e9", "give 0 to 1e9")
        for name in ("travel_s", "service_s", "setup_s", "lateness_price", "miss_price", "undone_price", "move_price")
        if not np.all((getattr(sub, name) >= 0) & (getattr(sub, name) <= LARGEST))
    ]
    if np.any(sub.ready_s < 0) or k == 0:
        problems.append(Problem("ready_s", "is before the common instant, or there is no vehicle", "give zero or more"))
    if np.any(sub.demand < 0) or np.any(sub.capacity < 0):
        problems.append(Problem("demand", "is negative, or a capacity is", "give zero or more"))
    if np.any((sub.home < NOWHERE) | (sub.home >= k)):
        problems.append(Problem("home", "names a vehicle that is not here", f"use 0 to {k - 1}, or {NOWHERE}"))
    return problems + _sequence_problems(sub, m)


def _sequence_problems(sub: SubProblem, stops: int) -> list[Problem]:
    named = [stop for sequence in sub.sequences for stop in sequence]
    paired = [stop for pair in sub.pairs for stop in pair]
    problems = []
    for place, names in (("sequences", named), ("pairs", paired)):
        if any(not 0 <= stop < stops for stop in names):
            problems.append(Problem(place, "names a stop that does not exist", f"use 0 to {stops - 1}"))
        if len(set(names)) != len(names):
            problems.append(Problem(place, "names a stop twice", "name each stop once at most"))
    return problems
