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
Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Sequences = tuple[tuple[int, ...], ...]

NOWHERE = -1
"""The home of a stop that no vehicle of the sub-problem has now."""

LARGEST = 1e9
"""No time or price is larger: the engine's sums must stay within 64 bits."""

NO_LIMIT = 10**9
"""Seconds of driving that no day reaches: the value of a rule that does not apply."""

CUSTODY = 1
"""The code in ``excluded`` where ``allowed`` says no and nothing more is known; other codes are the registry's."""


@dataclass(frozen=True, slots=True, eq=False)
class SubProblem:
    """m stops, k vehicles, n nodes, P vehicle modes, D capacity dimensions. Stops and vehicles go by their index.

    ``travel_s`` (P, n, n), row = from, one matrix for each mode; ``profile`` (k,) is each vehicle's. ``hours`` (H,) are
    traffic factors at the full hours since the common instant, linear in between, the last for ever after; empty:
    none. A leg left at t takes ``floor(travel_s x factor(t) + 1/2)``.

    Of each stop (m,): its ``node``; the soft window ``opens_s`` (service waits for it) to ``closes_s``; ``service_s``;
    ``setup_s``, spent on top when the vehicle comes from another node (handing over several parcels in one place costs
    it once); the prices of a second of lateness, of being late at all, of being left undone, of leaving its ``home``
    vehicle, and of being done at all (``visit_price``: a hand-over's); ``demand`` (m, D). ``excluded`` (m, k) is where
    custody, skills and access speak: 0 is allowed, any other number the code of the constraint that forbids.

    ``held`` (m,) are stops whose goods are aboard their ``home``, done or not: only what is delivered makes room.
    ``segment`` (m,) keeps pins: along a vehicle the segments of its own stops (``home``) never fall, and each pinned
    stop has an odd one to itself, so that nothing gets in front of it that was not there before. What comes from
    elsewhere goes behind the last pin. A pinned stop stays with its home.

    Of each vehicle (k,): ``start_node``, where its commitment ends, left at ``ready_s``; ``end_node``, to be reached by
    ``shift_end_s``, which is hard (a vehicle already too late may go straight there); ``capacity`` (k, D). After
    ``break_after_s`` of driving since the last break its driver rests ``break_s`` where he then is, on the road if need
    be; ``since_break_s`` is what he has driven at ``ready_s``. In all he may drive ``drive_limit_s`` more (hard, with
    the same mercy). ``churn_price``: of changing anything about its sequence; ``carrier_price``: for each stop it does
    (pickups are free).

    ``sequences`` is the plan to start from, one tuple of stops a vehicle; a stop in none is undone.

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
    excluded: Codes
    start_node: Ints
    ready_s: Ints
    end_node: Ints
    shift_end_s: Ints
    capacity: Ints
    sequences: Sequences
    home: Ints
    setup_s: Ints
    profile: Ints
    hours: Floats
    segment: Ints
    held: NDArray[np.bool_]
    break_after_s: Ints
    break_s: Ints
    since_break_s: Ints
    drive_limit_s: Ints
    visit_price: Floats
    churn_price: Floats
    carrier_price: Floats
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
        excluded: ArrayLike | None = None,
        home: ArrayLike | None = None,
        setup_s: ArrayLike = 0,
        profile: ArrayLike = 0,
        hours: ArrayLike = (),
        segment: ArrayLike = 0,
        held: ArrayLike = False,
        break_after_s: ArrayLike = NO_LIMIT,
        break_s: ArrayLike = 0,
        since_break_s: ArrayLike = 0,
        drive_limit_s: ArrayLike = NO_LIMIT,
        visit_price: ArrayLike = 0.0,
        churn_price: ArrayLike = 0.0,
        carrier_price: ArrayLike = 0.0,
        pairs: tuple[tuple[int, int], ...] = (),
        travel_price: float = 1.0,
    ) -> "SubProblem":
        """A sub-problem from anything array-like: times rounded to seconds, scalars spread over all stops.

        ``home`` defaults to the vehicle whose sequence holds the stop, and without ``demand`` or ``capacity`` nothing
        is ever full. Who may do what is said by ``excluded`` or, where the reason does not matter, by ``allowed``;
        by default everyone may do everything. ``travel_s`` may be one (n, n) matrix for all.
        """
        m, k = np.size(node), np.size(ready_s)
        times = {"opens_s": opens_s, "closes_s": closes_s, "service_s": service_s, "setup_s": setup_s}
        times |= {"ready_s": ready_s, "shift_end_s": shift_end_s}
        if problems := [*_travel_problems(travel_s), *_unfinished(times)]:
            raise BadInput("This sub-problem is malformed.", problems)
        if demand is None or capacity is None:
            demand, capacity = np.zeros((m, 0)), np.zeros((k, 0))
        if excluded is None:
            excluded = (
                np.zeros((m, k)) if allowed is None else np.where(np.asarray(allowed, dtype=np.bool_), 0, CUSTODY)
            )
        matrices = _seconds(travel_s)
        return cls(
            travel_s=matrices[None] if matrices.ndim == 2 else matrices,
            node=_seconds(node),
            opens_s=_seconds(opens_s, m),
            closes_s=_seconds(closes_s, m),
            service_s=_seconds(service_s, m),
            lateness_price=_prices(lateness_price, m),
            miss_price=_prices(miss_price, m),
            undone_price=_prices(undone_price, m),
            move_price=_prices(move_price, m),
            demand=_seconds(demand),
            excluded=np.asarray(excluded, dtype=np.uint8),
            start_node=_seconds(start_node, k),
            ready_s=_seconds(ready_s),
            end_node=_seconds(end_node, k),
            shift_end_s=_seconds(shift_end_s, k),
            capacity=_seconds(capacity) if k else np.zeros((0, np.shape(demand)[-1]), dtype=np.int64),
            sequences=tuple(tuple(int(stop) for stop in sequence) for sequence in sequences),
            home=_homes(sequences, m) if home is None else _seconds(home, m),
            setup_s=_seconds(setup_s, m),
            profile=_seconds(profile, k),
            hours=np.array(hours, dtype=np.float64),
            segment=_seconds(segment, m),
            held=np.broadcast_to(np.asarray(held, dtype=np.bool_), (m,))
            if np.ndim(held) == 0
            else np.asarray(held, dtype=np.bool_),
            break_after_s=_limits(break_after_s, k),
            break_s=_seconds(break_s, k),
            since_break_s=_seconds(since_break_s, k),
            drive_limit_s=_limits(drive_limit_s, k),
            visit_price=_prices(visit_price, m),
            churn_price=_prices(churn_price, k),
            carrier_price=_prices(carrier_price, k),
            pairs=tuple((int(pickup), int(delivery)) for pickup, delivery in pairs),
            travel_price=float(travel_price),
        )

    def __post_init__(self) -> None:
        problems = _shape_problems(self) or _value_problems(self)
        if problems:
            raise BadInput("This sub-problem is malformed.", problems)

    @property
    def held_load(self) -> Ints:
        """(k, D) what each vehicle carries of the goods it holds, whatever becomes of them."""
        load = np.zeros_like(self.capacity)
        np.add.at(load, self.home[self.held], self.demand[self.held])
        return load

    @property
    def stops(self) -> int:
        return len(self.node)

    @property
    def vehicles(self) -> int:
        return len(self.ready_s)

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """(m, k) whether the vehicle may do the stop."""
        free: NDArray[np.bool_] = self.excluded == 0
        return free

    @property
    def has_breaks(self) -> bool:
        """Whether any driver's hours are limited."""
        return bool(np.any(self.break_after_s < NO_LIMIT) or np.any(self.drive_limit_s < NO_LIMIT))


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
    given = np.asarray(values)
    whole = given if np.issubdtype(given.dtype, np.integer) else np.rint(given.astype(np.float64))
    spread = whole if size is None else np.broadcast_to(whole, (size, *whole.shape[1:]))
    return np.array(spread, dtype=np.int64, order="C")


def _travel_problems(values: ArrayLike) -> list[Problem]:
    """The cells of a travel matrix that hold no time. Two ways may take different times each way: that is no fault."""
    try:
        travel_s = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return [Problem("travel_s", "has rows of different lengths, or holds no numbers", "give a full matrix")]
    bad = np.argwhere(~(np.isfinite(travel_s) & (travel_s >= 0)))
    cells = [(cell[-2:].tolist(), travel_s[tuple(cell)]) for cell in bad[:_FAULTS_TOLD]] if travel_s.ndim > 1 else []
    return [
        Problem("travel_s", f"row {row}, column {column} is {value:g}", "give seconds, zero or more")
        for (row, column), value in cells
    ]


def _unfinished(times: Mapping[str, ArrayLike]) -> list[Problem]:
    return [
        Problem(name, "holds a value that is no number", "give seconds")
        for name, values in times.items()
        if not np.isfinite(np.asarray(values, dtype=np.float64)).all()
    ]


def _limits(values: ArrayLike, size: int) -> Ints:
    """Seconds, where infinity is allowed and means no limit."""
    return _seconds(np.minimum(np.asarray(values, dtype=np.float64), NO_LIMIT), size)


def _prices(values: ArrayLike, size: int) -> Floats:
    return np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), (size,)))


def _homes(sequences: Sequences, stops: int) -> Ints:
    homes = np.full(stops, NOWHERE, dtype=np.int64)
    for vehicle, sequence in enumerate(sequences):
        for stop in sequence:
            if 0 <= stop < stops:
                homes[stop] = vehicle
    return homes


_PER_STOP = (
    "node", "opens_s", "closes_s", "service_s", "setup_s", "home", "segment", "held",
    "lateness_price", "miss_price", "undone_price", "move_price", "visit_price",
)  # fmt: skip
_PER_VEHICLE = (
    "start_node", "ready_s", "end_node", "shift_end_s", "profile", "break_after_s", "break_s", "since_break_s",
    "drive_limit_s", "churn_price", "carrier_price",
)  # fmt: skip
_NEVER_NEGATIVE = (
    "travel_s", "service_s", "setup_s", "lateness_price", "miss_price", "undone_price", "move_price", "visit_price",
    "segment", "break_s", "since_break_s", "drive_limit_s", "churn_price", "carrier_price",
)  # fmt: skip
_MOST_FACTOR = 100.0
_FAULTS_TOLD = 20


def _shape_problems(sub: SubProblem) -> list[Problem]:
    modes, n = (sub.travel_s.shape[0], sub.travel_s.shape[-1]) if sub.travel_s.ndim else (1, 1)
    m, k, d = len(sub.node), len(sub.ready_s), sub.capacity.shape[-1]
    wanted: dict[str, tuple[int, ...]] = {"travel_s": (modes, n, n), "hours": (sub.hours.size,)}
    wanted |= dict.fromkeys(_PER_STOP, (m,)) | dict.fromkeys(_PER_VEHICLE, (k,))
    wanted |= {"demand": (m, d), "excluded": (m, k), "capacity": (k, d)}
    problems = [
        Problem(name, f"has shape {getattr(sub, name).shape}", f"give it shape {shape}")
        for name, shape in wanted.items()
        if getattr(sub, name).shape != shape
    ]
    if len(sub.sequences) != k:
        problems.append(Problem("sequences", f"has {len(sub.sequences)} entries", f"give one for each of {k} vehicles"))
    return problems


def _held_problem(sub: SubProblem) -> Problem | None:
    """Goods in a vehicle's hands are that vehicle's to deliver, and need no pickup."""
    held = np.flatnonzero(sub.held & (sub.home != NOWHERE))
    elsewhere = sub.excluded[held] == 0
    elsewhere[np.arange(held.size), sub.home[held]] = False
    at_pickups = {stop for pair in sub.pairs for stop in pair} & set(np.flatnonzero(sub.held).tolist())
    if held.size == sub.held.sum() and not elsewhere.any() and not at_pickups:
        return None
    return Problem("held", "names a stop without a home, open to others or with a pickup", "keep it to its home alone")


def _value_problems(sub: SubProblem) -> list[Problem]:
    n, m, k = sub.travel_s.shape[-1], sub.stops, sub.vehicles
    problems = [
        Problem(name, f"names node {bad}", f"use the travel matrix's indices 0 to {n - 1}")
        for name in ("node", "start_node", "end_node")
        for bad in _outside(getattr(sub, name), n)
    ]
    problems += [
        Problem("profile", f"names matrix {bad}", f"use 0 to {len(sub.travel_s) - 1}")
        for bad in _outside(sub.profile, len(sub.travel_s))
    ]
    problems += [
        Problem(name, "holds a value below 0 or above 1e9", "give 0 to 1e9")
        for name in _NEVER_NEGATIVE
        if not _within(getattr(sub, name), 0, LARGEST)
    ]
    if not _within(sub.hours, 0.01, _MOST_FACTOR):
        problems.append(Problem("hours", "holds a factor that no traffic has", f"give 0.01 to {_MOST_FACTOR:g}"))
    if not _within(sub.break_after_s, 1, LARGEST):
        problems.append(Problem("break_after_s", "is not a time one can drive", "give 1 second or more"))
    if np.any((sub.segment % 2 == 1) & (sub.home == NOWHERE)):
        problems.append(Problem("segment", "pins a stop that has no home", "give it a home, or an even segment"))
    if problem := _held_problem(sub):
        problems.append(problem)
    if np.any(sub.ready_s < 0):
        problems.append(Problem("ready_s", "is before the common instant", "give zero or more"))
    if np.any(sub.demand < 0) or np.any(sub.capacity < 0):
        problems.append(Problem("demand", "is negative, or a capacity is", "give zero or more"))
    if np.any((sub.home < NOWHERE) | (sub.home >= k)):
        problems.append(Problem("home", "names a vehicle that is not here", f"use 0 to {k - 1}, or {NOWHERE}"))
    return problems + _sequence_problems(sub, m)


def _outside(indices: Ints, size: int) -> list[int]:
    return sorted(set(indices[(indices < 0) | (indices >= size)].tolist()))


def _within(values: NDArray[np.generic], low: float, high: float) -> bool:
    """Also false where a value is not a number."""
    return values.size == 0 or bool(values.min() >= low and values.max() <= high)


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
