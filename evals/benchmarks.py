"""Benchmarks: each figure beside its baseline, both measured in the same run, in CPU seconds of this process."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from evals.city import build_city
from forestall.clock import ManualClock
from forestall.domain.events import Event
from forestall.domain.ids import StopId
from forestall.domain.plan import DayPlan
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import EventType
from forestall.intake import Intake
from forestall.store import Store
from optimizer.problem import FleetProblem
from optimizer.repair import FleetPlan, Ladder, Repairer
from optimizer.repair.climb import ORTOOLS
from optimizer.repair.pool import InProcessSolver
from optimizer.travel import MatrixTravel
from optimizer.twin import starts_by_numpy
from optimizer.warmup import warm_up

ROUNDS = 5
EVENTS = 600
BATCH = 100


@dataclass(frozen=True, slots=True)
class Comparison:
    """``ratio`` is how many times better ours is: the baseline's figure over ours, or the reverse if more is better."""

    name: str
    unit: str
    ours: float
    baseline_name: str
    baseline: float
    more_is_better: bool = False

    @property
    def ratio(self) -> float:
        return self.ours / self.baseline if self.more_is_better else self.baseline / self.ours


def run_benchmarks(seed: int = 1) -> list[Comparison]:
    """Every comparison on the built-in city's day of that seed."""
    plan = build_city(seed)
    with TemporaryDirectory(prefix="forestall-bench-") as folder:
        store, clock = _open(Path(folder), "day.db", plan)
        with store.read() as uow:
            snapshot = uow.state.load_snapshot(plan.day, clock.now())
        store.close()
        return [*_planning(plan, snapshot), _ingest(Path(folder), plan)]


def _open(folder: Path, name: str, plan: DayPlan) -> tuple[Store, ManualClock]:
    clock = ManualClock(min(hub.opens_at for hub in plan.hubs))
    store = Store.open(f"sqlite:///{folder / name}", clock, durable=False)
    store.migrate()
    Intake(store, clock).put_plan(plan)
    return store, clock


def _planning(plan: DayPlan, snapshot: HubSnapshot) -> list[Comparison]:
    assert plan.matrix is not None
    places = [*(stop.location for stop in plan.stops), *(hub.location for hub in plan.hubs)]
    travel = MatrixTravel(plan.matrix, places)
    repairer = Repairer(samples=256)
    problem = repairer.prepare(snapshot, travel)
    warm_up()  # compiled code is loaded at first use
    return [_propagation(problem), *_ladder(repairer, problem)]


def _propagation(problem: FleetProblem) -> Comparison:
    routes = [r for r, sequence in enumerate(problem.sequences) if len(sequence)]

    def compiled() -> None:
        problem.starts(routes, problem.sequences)

    def plain() -> None:
        for r in routes:
            starts_by_numpy(problem.world, problem.drive, r, [int(stop) for stop in problem.sequences[r]])

    return Comparison("forecast of every stop", "CPU ms", _cpu_ms(compiled), "plain numpy", _cpu_ms(plain))


def _ladder(repairer: Repairer, problem: FleetProblem) -> list[Comparison]:
    """The first rung beside the same with OR-Tools on top, route by route: the loss avoided, and what it costs."""
    higher = Repairer(samples=256, ladder=Ladder((ORTOOLS,), solver=InProcessSolver()))
    gains, spent = np.zeros(2), np.zeros(2)
    for sequence in problem.sequences:
        stops = [problem.stop_ids[stop] for stop in sequence]
        for rung, engine in enumerate((repairer, higher)):
            plan, spent_ms = _timed_plan(engine, problem, stops)
            gains[rung] += plan.gain if plan is not None else 0.0
            spent[rung] += spent_ms
    if not gains.all():
        return []  # a day on which nothing at the hub is worth moving
    avoided = Comparison("loss avoided, OR-Tools on top", "price units", gains[1], "first rung", gains[0], True)
    return [avoided, Comparison("all plans of the first rung", "CPU ms", spent[0], "OR-Tools on top", spent[1])]


def _timed_plan(engine: Repairer, problem: FleetProblem, stops: Sequence[StopId]) -> tuple[FleetPlan | None, float]:
    began = time.process_time()
    plan = engine.relocate(problem, stops).best
    return plan, 1000 * (time.process_time() - began)


def _ingest(folder: Path, plan: DayPlan) -> Comparison:
    """Events a CPU second in batches, beside one event a call."""
    batched = _ingest_ms(folder, plan, BATCH)
    single = _ingest_ms(folder, plan, 1)
    return Comparison(f"an event in batches of {BATCH}", "CPU ms", batched, "one event a call", single)


def _ingest_ms(folder: Path, plan: DayPlan, batch: int) -> float:
    store, clock = _open(folder, f"ingest-{batch}.db", plan)
    intake = Intake(store, clock)
    events = [_position(plan, number, clock) for number in range(EVENTS)]
    began = time.process_time()
    for start in range(0, EVENTS, batch):
        intake.take_events(events[start : start + batch])
    spent = time.process_time() - began
    store.close()
    return 1000 * spent / EVENTS


def _position(plan: DayPlan, number: int, clock: ManualClock) -> Event:
    vehicle = plan.vehicles[number % len(plan.vehicles)]
    at = clock.now() + timedelta(milliseconds=number)
    event = Event("bench", str(number), EventType.POSITION, vehicle.id, at, at, at, {})
    return replace(event, data={"lat": 41.15 + number * 1e-5, "lon": -8.61})


def _cpu_ms(work: Callable[[], None]) -> float:
    """The median of some rounds, after one that loads what is loaded once."""
    work()
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return 1000 * float(np.median(spent))
