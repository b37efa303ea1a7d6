"""What is measured for ``bench sweep``, in a process of its own: ``python -m evals.sweep_tasks TASK JOB``.

Everything that a service does once at its start (compiling, loading the model) comes before the clock.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np

from agent.hub_groups import group_hubs
from forestall.clock import ManualClock
from forestall.collector import collect_less, keep_memory
from forestall.domain.ids import HubId
from forestall.domain.snapshot import HubSnapshot
from forestall.store import Store
from optimizer.kernel import Floats
from optimizer.problem import FleetProblem
from optimizer.risk import Forecaster
from optimizer.risk.assemble import assemble
from optimizer.risk.learned import FEATURES, LearnedModel
from optimizer.travel import HaversineTravel
from optimizer.twin import starts_by_numpy
from optimizer.warmup import warm_up

_WHAT_IFS = 200


class SweepTasks:
    """One state in a store, and what is to be measured on it."""

    def __init__(self, folder: str, day: str, now: str, samples: int) -> None:
        self._day, self._now, self._samples = day, datetime.fromisoformat(now), samples
        self._model = LearnedModel.from_text((Path(folder) / "model.json").read_text(encoding="utf-8"))
        self._model.p_late(np.zeros((1, len(FEATURES)), np.float32), np.zeros(1))  # its trees are read at first use
        self._store = Store.open(f"sqlite:///{Path(folder) / 'day.db'}", ManualClock(self._now), durable=False)
        self._travel = HaversineTravel()

    def propagation(self) -> dict[str, float]:
        """Every route's service starts hub by hub, compiled and in numpy, and what-ifs of single routes."""
        forecaster = Forecaster(samples=self._samples)
        compiled, plain, what_ifs = 0.0, 0.0, list[float]()
        for snapshot in self._snapshots():
            problem = assemble(snapshot, self._travel, forecaster.beliefs(snapshot, self._travel))
            compiled += _cpu_s(partial(_propagate, problem))
            plain += _cpu_s(partial(_propagate_by_numpy, problem))
            if len(what_ifs) < _WHAT_IFS:
                what_ifs += _what_ifs_s(problem)
        what_if_ms = 1000.0 * float(np.median(what_ifs)) if what_ifs else float("nan")
        return {"propagate_cpu_s": compiled, "propagate_numpy_cpu_s": plain, "what_if_ms": what_if_ms}

    def sweep(self) -> dict[str, float]:
        """Load, features, score with a learned layer, and store, hub by hub; nothing is known from a sweep before."""
        forecaster = Forecaster(samples=self._samples, model=self._model, keep_features=True)
        spent = _cpu_s(lambda: self._sweep(forecaster))
        return {"sweep_cpu_s": spent, "peak_mb": _peak_mb()}

    def _sweep(self, forecaster: Forecaster) -> None:
        for snapshot in self._snapshots():
            forecast = forecaster.forecast(snapshot, self._travel)
            with self._store.write() as uow:
                uow.scores.add(forecast)

    def _snapshots(self) -> Iterator[HubSnapshot]:
        for group in self._groups():
            with self._store.read() as uow:
                snapshot = uow.state.load_snapshot(self._day, self._now, group)
            yield snapshot

    def _groups(self) -> list[tuple[HubId, ...]]:
        with self._store.read() as uow:
            return group_hubs(uow.state.list_hub_ids(self._day), uow.state.list_links(self._day))

    def close(self) -> None:
        self._store.close()


def _propagate(problem: FleetProblem) -> None:
    problem.starts(range(len(problem.route_ids)), problem.sequences)


def _propagate_by_numpy(problem: FleetProblem) -> None:
    for route, sequence in enumerate(problem.sequences):
        starts_by_numpy(problem.world, problem.drive, route, list(sequence))


def _what_ifs_s(problem: FleetProblem) -> list[float]:
    """CPU seconds of asking route by route what its last stop first would change: on that route alone, draw by draw."""
    spent = []
    for route, sequence in enumerate(problem.sequences):
        if len(sequence) < 2 or problem.stranded[route]:
            continue
        before = problem.miss_chance(route, sequence)
        other = (sequence[-1], *sequence[:-1])
        spent.append(_cpu_s(partial(_what_if, problem, route, other, np.roll(before, 1))))
    return spent


def _what_if(problem: FleetProblem, route: int, sequence: Sequence[int], before: Floats) -> Floats:
    change: Floats = problem.miss_chance(route, sequence) - before
    return change


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _peak_mb() -> float:
    """This process's own peak. (What getrusage says may include the process that started it.)"""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024.0
    scale = 1024.0**2 if sys.platform == "darwin" else 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def main(task: str, job: str) -> None:
    """Print what the task measures as one JSON object."""
    keep_memory()
    warm_up()
    collect_less()  # as the service does
    with closing(SweepTasks(**json.loads(job))) as tasks:
        work = {"propagation": tasks.propagation, "sweep": tasks.sweep}[task]
        sys.stdout.write(json.dumps(work()) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
