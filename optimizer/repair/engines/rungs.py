"""Solving a sub-problem by a rung's own engine: repeatable, and never worse than the plan it starts from."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from optimizer.repair.engines.first import insert_all, relieve_late
from optimizer.repair.engines.layout import routes_of, sequences_of, tables_of
from optimizer.repair.engines.route import LEAST_GAIN, NONE, Routes, Tables
from optimizer.repair.engines.second import NEIGHBOURS, Memory, Tuning, keep_best, search, total_price
from optimizer.repair.evaluation import Evaluation, evaluate, fitting_start
from optimizer.repair.subproblem import Sequences, SolveStatus, SubProblem

ENGINE = "forestall-repair-1"

MOVE_PENALTY = 300.0
"""Seconds of driving that a stop's leaving its vehicle must save at least, whatever the sub-problem says of moves."""


class Rung(StrEnum):
    FIRST = "first"  # insertion, then late routes give stops away: milliseconds
    SECOND = "second"  # ruin and recreate from there: about a second


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """How long a search may go on: ``work`` places looked at. 15 million took 0.9 to 1.3 CPU seconds on a
    busy machine; one route of 25 stops is done with 1.2 million.

    ``fuse_s`` is wall clock, for the day something is wrong: an answer it cut short is marked not replayable.
    """

    work: int = 15_000_000
    fuse_s: float = 20.0

    def __post_init__(self) -> None:
        if self.work < 1 or self.fuse_s <= 0:
            raise ValueError(f"a budget must allow something: {self}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A feasible plan, never worse than its start by ``evaluate``, whose result for it is ``evaluation``.

    ``trimmed`` are the stops that had to leave the start because it broke a hard rule with them (they may have found
    another place). ``engine`` names engine, parameters and seed: with the sub-problem they give this plan again,
    unless the fuse fired (``replayable`` False).
    """

    sequences: Sequences
    evaluation: Evaluation
    start_objective: float
    status: SolveStatus
    trimmed: tuple[int, ...]
    rung: Rung
    iterations: int
    work: int
    replayable: bool
    wall_s: float
    cpu_s: float
    engine: Mapping[str, str | int | float]

    @property
    def objective(self) -> float:
        return self.evaluation.objective


_TUNING = Tuning(
    mean_ruin=8.0,
    longest=10.0,
    hot=100.0,
    cold=1.0,
    blink=0.01,
    at_trouble=0.3,
    at_focus=0.5,
    overhead=40,
    only_trouble=False,
)
_QUICK = _TUNING._replace(mean_ruin=3.0, hot=1.0, at_trouble=1.0, only_trouble=True)
"""For what the first rung could not save by moving single stops."""

_RELIEF_SHARE = 0.5  # of that work, the most that goes into moving single stops
_QUICK_WORK = 40
"""The first rung looks at so many places for each stop at risk and each stop there is: linear in both."""

_RUNS = 50  # so often a search comes up to look at the fuse


def solve(sub: SubProblem, rung: Rung, budget: SearchBudget | None = None, seed: int = 1) -> Answer:
    """The best plan the rung finds; the same arguments give the same plan. The compiled part holds no lock.

    FIRST has no use for a budget: it ends by itself.
    """
    wall, cpu = time.perf_counter(), time.thread_time()
    budget = budget or SearchBudget()
    before = evaluate(sub, sub.sequences)
    start, trimmed = (sub.sequences, ()) if before.is_feasible else fitting_start(sub, before)
    if trimmed:
        before = evaluate(sub, start)
    tables = tables_of(sub, MOVE_PENALTY * sub.travel_price, gathered=rung is Rung.SECOND)
    routes = routes_of(tables, start)
    rng = _generator(seed)
    plans: list[Sequences] = []
    iterations, is_whole = 0, True
    if sub.stops:
        memory = _first(tables, routes, rng, before)
        if rung is Rung.SECOND:
            plans.insert(0, sequences_of(memory.best, memory.best_size))
            memory.value[2] = 0
            is_whole = _search(tables, routes, memory, budget)
            iterations = int(memory.value[2])
        plans.insert(0, sequences_of(memory.best, memory.best_size))
    best, after = _best_of(sub, plans, start, before)
    return Answer(
        sequences=best,
        evaluation=after,
        start_objective=before.objective,
        status=SolveStatus.IMPROVED if after.objective < before.objective else SolveStatus.KEPT,
        trimmed=trimmed,
        rung=rung,
        iterations=iterations,
        work=int(routes.meter[0]),
        replayable=is_whole,
        wall_s=time.perf_counter() - wall,
        cpu_s=time.thread_time() - cpu,
        engine=_engine(rung, budget, seed),
    )


def _first(tables: Tables, routes: Routes, rng: NDArray[np.uint64], before: Evaluation) -> Memory:
    """The first rung's plan, as the best so far of the memory."""
    work = _QUICK_WORK * len(tables.demand) * (1 + len(before.missed) + len(before.undone))
    insert_all(tables, routes, rng)
    begin = int(routes.meter[0])
    relieve_late(tables, routes, rng, begin + int(work * _RELIEF_SHARE))
    memory = _memory(tables, routes, rng, before)
    search(tables, routes, memory, _QUICK, begin + work, begin + work)
    return memory


def _best_of(
    sub: SubProblem, plans: list[Sequences], start: Sequences, before: Evaluation
) -> tuple[Sequences, Evaluation]:
    """The first of the plans that keeps the rules and is better than the start; else the start."""
    for plan in plans:
        after = evaluate(sub, plan)
        if after.is_feasible and after.objective < before.objective - LEAST_GAIN:
            return plan, after
    return start, before


def _search(tables: Tables, routes: Routes, memory: Memory, budget: SearchBudget) -> bool:
    """Run the second rung to the end of its work; False when the fuse cut it short.

    The fuse is lit here: what is compiled on the way to the first search of all is none of the search's time.
    """
    began, begin = time.perf_counter(), int(routes.meter[0])
    for run in range(1, _RUNS + 1):
        search(tables, routes, memory, _TUNING, begin + budget.work * run // _RUNS, begin + budget.work)
        if run < _RUNS and time.perf_counter() - began > budget.fuse_s:
            return False
    return True


def _memory(tables: Tables, routes: Routes, rng: NDArray[np.uint64], before: Evaluation) -> Memory:
    m, k = len(tables.demand), len(tables.vehicles)
    price = total_price(tables, routes)
    memory = Memory(
        near=np.empty((m, min(m, NEIGHBOURS)), dtype=np.int64),
        is_known=np.zeros(m, dtype=np.bool_),
        best=np.empty((k, m), dtype=np.int64),
        best_size=np.empty(k, dtype=np.int64),
        value=np.array([price, price, 0.0]),
        focus=_focus(routes, before),
        saved=np.empty((k, m), dtype=np.int64),
        saved_size=np.empty(k, dtype=np.int64),
        saved_price=np.empty(k),
        touched=np.empty(k, dtype=np.int64),
        stamp=np.empty(k, dtype=np.int64),
        rng=rng,
    )
    keep_best(tables, routes, memory)
    return memory


def _focus(routes: Routes, before: Evaluation) -> NDArray[np.int64]:
    """The stops of the routes that had trouble at first or took from those that had."""
    vehicles = {int(routes.where[stop]) for stop in (*before.missed, *before.undone)} - {int(NONE)}
    sizes = routes.loads["size"]
    return np.concatenate([routes.seq[v, : sizes[v]] for v in sorted(vehicles)] or [np.empty(0, dtype=np.int64)])


def _generator(seed: int) -> NDArray[np.uint64]:
    """The state of the compiled generator: any seed, well mixed (splitmix64), never zero."""
    mixed = (seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
    return np.array([(mixed ^ (mixed >> 31)) | 1], dtype=np.uint64)


def _engine(rung: Rung, budget: SearchBudget, seed: int) -> dict[str, str | int | float]:
    engine: dict[str, str | int | float] = {"name": ENGINE, "rung": rung.value, "move_penalty": MOVE_PENALTY}
    if rung is Rung.SECOND:
        engine |= {"seed": seed, "work": budget.work, "fuse_s": budget.fuse_s, **_TUNING._asdict()}
    return engine
