"""The ladder over one sub-problem: each rung is asked, and the best answer by the evaluator stands.

FIRST answers in milliseconds and always; SECOND searches from there; OR-Tools looks at the vehicles in trouble and
their nearest alone, warm from FIRST's plan. What is recorded of the answer makes it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from forestall.errors import Unavailable
from optimizer.repair.engines import Rung, SearchBudget, solve
from optimizer.repair.evaluation import Evaluation, evaluate, fitting_start
from optimizer.repair.pool import Solver
from optimizer.repair.subproblem import NOWHERE, Budget, Sequences, SubProblem

ORTOOLS = "ortools"
RUNGS: tuple[str, ...] = (Rung.FIRST.value, ORTOOLS, Rung.SECOND.value)

_NEAREST = 8
_MOST_VEHICLES = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much each rung may search, in counts; clocks are only fuses."""

    second: SearchBudget = field(default_factory=SearchBudget)
    ortools: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True)
class Climb:
    """The best plan of all rungs, feasible and never worse than doing nothing.

    ``rung`` is whose it is (None: doing nothing), ``objectives`` what each rung that answered came to. ``record`` is
    what ``replay`` needs to make it again; not ``replayable`` when a fuse cut the rung short.
    """

    sequences: Sequences
    evaluation: Evaluation
    rung: str | None
    objectives: Mapping[str, float]
    replayable: bool
    record: Mapping[str, object]


def climb(
    sub: SubProblem, rungs: Sequence[str], seed: int, limits: Limits | None = None, solver: Solver | None = None
) -> Climb:
    """Ask every rung named; of equals the one asked first stands. A rung without its solver at hand is passed over."""
    limits = limits or Limits()
    nothing = fitting_start(sub)[0]
    best, best_value, best_rung, whole = nothing, evaluate(sub, nothing), None, True
    objectives: dict[str, float] = {}
    for rung in rungs:
        answer = _ask(sub, rung, seed, limits, solver)
        if answer is None:
            continue
        sequences, is_whole = answer
        value = evaluate(sub, sequences)
        objectives[rung] = value.objective
        if value.is_feasible and value.objective < best_value.objective:
            best, best_value, best_rung, whole = sequences, value, rung, is_whole
    record = {"rung": best_rung, "seed": seed, **{name: asdict(limit) for name, limit in _limits(limits).items()}}
    return Climb(best, best_value, best_rung, objectives, whole, record)


def replay(sub: SubProblem, record: Mapping[str, object], solver: Solver | None = None) -> Sequences:
    """The plan a record speaks of, made anew. Raises Unavailable when its rung is not at hand."""
    rung, seed = record["rung"], record["seed"]
    if rung is None:
        return fitting_start(sub)[0]
    second, ortools = record["second"], record["ortools"]
    assert isinstance(rung, str)
    assert isinstance(seed, int)
    assert isinstance(second, Mapping)
    assert isinstance(ortools, Mapping)
    answer = _ask(sub, rung, seed, Limits(SearchBudget(**second), Budget(**ortools)), solver)
    if answer is None:
        raise Unavailable(f"The rung {rung} is not at hand.")
    return answer[0]


def troubled(sub: SubProblem, sequences: Sequences, nearest: int = _NEAREST) -> tuple[int, ...]:
    """The vehicles with late stops, now or under the plan, and the nearest to any stop that is late or left out.

    Where there are not more than those, all of them.
    """
    if sub.vehicles <= nearest:
        return tuple(range(sub.vehicles))
    before, after = evaluate(sub, sub.sequences), evaluate(sub, sequences)
    in_trouble = sorted({*before.missed, *after.missed, *after.undone})
    vehicle_of = {stop: v for plan in (sub.sequences, sequences) for v, stops in enumerate(plan) for stop in stops}
    late = {vehicle_of[stop] for stop in in_trouble if stop in vehicle_of}
    far_s = _detours_s(sub, sequences, in_trouble) if in_trouble else {}
    near = sorted(far_s.keys() - late, key=lambda v: (far_s[v], v))[:nearest]
    return tuple(sorted(late)[:_MOST_VEHICLES] + near[: max(_MOST_VEHICLES - len(late), 0)])


def _limits(limits: Limits) -> Mapping[str, SearchBudget | Budget]:
    return {"second": limits.second, "ortools": limits.ortools}


def _ask(sub: SubProblem, rung: str, seed: int, limits: Limits, solver: Solver | None) -> tuple[Sequences, bool] | None:
    """The rung's plan and whether it can be made again; None when nobody is there to answer."""
    if rung != ORTOOLS:
        answer = solve(sub, Rung(rung), limits.second, seed)
        return answer.sequences, answer.replayable
    if solver is None:
        return None
    first = solve(sub, Rung.FIRST, None, seed).sequences
    part = Part.of(sub, first, troubled(sub, first))
    try:
        found = solver.solve(part.sub, limits.ortools, seed, part.warm)
    except Unavailable:
        return None
    return part.put_back(first, found.sequences), found.replayable


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a sub-problem's vehicles with the stops they have under a plan, and those nobody has; indices back."""

    sub: SubProblem
    warm: Sequences
    vehicles: tuple[int, ...]
    stops: tuple[int, ...]

    @classmethod
    def of(cls, whole: SubProblem, plan: Sequences, vehicles: tuple[int, ...]) -> "Part":
        elsewhere = {stop for v, sequence in enumerate(plan) if v not in vehicles for stop in sequence}
        elsewhere |= set(
            np.flatnonzero(((whole.segment % 2 == 1) | whole.held) & ~np.isin(whole.home, vehicles)).tolist()
        )
        stops = tuple(stop for stop in range(whole.stops) if stop not in elsewhere)
        at = {stop: i for i, stop in enumerate(stops)}
        rows, columns = list(stops), list(vehicles)
        seat = {vehicle: i for i, vehicle in enumerate(vehicles)}

        def renamed(sequences: Sequences) -> Sequences:
            return tuple(tuple(at[stop] for stop in sequences[v] if stop in at) for v in vehicles)

        per_stop = ("opens_s", "closes_s", "service_s", "setup_s", "segment", "held", "demand")
        prices = ("lateness_price", "miss_price", "undone_price", "move_price", "visit_price")
        per_vehicle = ("ready_s", "shift_end_s", "capacity", "profile", "break_after_s", "break_s", "since_break_s")
        more = ("drive_limit_s", "churn_price", "carrier_price")
        nodes, place = np.unique(
            np.concatenate([whole.node[rows], whole.start_node[columns], whole.end_node[columns]]), return_inverse=True
        )
        m, k = len(rows), len(columns)
        sub = replace(
            whole,
            **{name: getattr(whole, name)[rows] for name in (*per_stop, *prices)},
            **{name: getattr(whole, name)[columns] for name in (*per_vehicle, *more)},
            travel_s=np.ascontiguousarray(whole.travel_s[:, nodes[:, None], nodes[None, :]]),
            node=place[:m],
            start_node=place[m : m + k],
            end_node=place[m + k :],
            excluded=whole.excluded[np.ix_(rows, columns)],
            home=np.array([seat.get(int(home), NOWHERE) for home in whole.home[rows]], dtype=np.int64),
            sequences=renamed(whole.sequences),
            pairs=tuple((at[a], at[b]) for a, b in whole.pairs if a in at and b in at),
        )
        return cls(sub, renamed(plan), vehicles, stops)

    def put_back(self, plan: Sequences, answer: Sequences) -> Sequences:
        """The whole plan with the part's vehicles as answered."""
        whole = list(plan)
        for vehicle, sequence in zip(self.vehicles, answer, strict=True):
            whole[vehicle] = tuple(self.stops[stop] for stop in sequence)
        return tuple(whole)


def _detours_s(sub: SubProblem, sequences: Sequences, stops: list[int]) -> dict[int, int]:
    """By vehicle, the least extra driving to pass any of the stops anywhere on its way."""
    counts = [len(sequence) + 1 for sequence in sequences]
    ways = [
        [s, *sub.node[list(q)].tolist(), e] for s, q, e in zip(sub.start_node, sequences, sub.end_node, strict=True)
    ]
    leaves = np.array([node for way in ways for node in way[:-1]], dtype=np.int64)
    reaches = np.array([node for way in ways for node in way[1:]], dtype=np.int64)
    mode = np.repeat(sub.profile, counts)
    places = np.unique(sub.node[stops])
    there = sub.travel_s[mode[:, None], leaves[:, None], places] + sub.travel_s[mode[:, None], places, reaches[:, None]]
    extra_s = there.min(axis=1) - sub.travel_s[mode, leaves, reaches]
    first = np.cumsum([0, *counts[:-1]])
    return dict(enumerate(np.minimum.reduceat(extra_s, first).tolist()))
