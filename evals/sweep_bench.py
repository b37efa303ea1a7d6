"""How much CPU time and memory the sweep takes: propagation alone, numba beside numpy, and the whole of it.

The state is made up (``evals.manyhubs``) and written to a store first. Each measure runs in a process of its own that
does nothing else, so that neither making the state nor compiling counts.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from evals.manyhubs import HubState, make_hubs, plan_of
from forestall.clock import ManualClock
from forestall.store import Store
from optimizer.prices import Prices
from optimizer.risk import Forecaster
from optimizer.risk.assemble import assemble
from optimizer.risk.learned import Examples, LearnedModel, stop_features, train
from optimizer.risk.outcomes import all_starts
from optimizer.travel import HaversineTravel

_LESSONS = 12  # days of one hub from which the bench's model learns
_LATEST_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class SweepFigures:
    """CPU seconds of one core, megabytes of the process that sweeps, milliseconds of one route's what-if."""

    stops: int
    samples: int
    propagate_cpu_s: float
    propagate_numpy_cpu_s: float
    sweep_cpu_s: float
    peak_mb: float
    what_if_ms: float


def measure(stops: int, samples: int, seed: int = 1) -> SweepFigures:
    """All figures for a state with so many open stops."""
    with TemporaryDirectory(prefix="forestall-sweep-") as name:
        folder = Path(name)
        day, now = _write_state(folder, stops, seed)
        (folder / "model.json").write_text(_lesson_model(samples, seed).to_text(), encoding="utf-8")
        job = {"folder": name, "day": day, "now": now.isoformat(), "samples": samples}
        propagation, sweep = _in_own_process("propagation", job), _in_own_process("sweep", job)
    return SweepFigures(stops=stops, samples=samples, **propagation, **sweep)


def _in_own_process(task: str, job: dict[str, object]) -> dict[str, float]:
    """What ``evals.sweep_tasks`` measures; its own errors go to our stderr."""
    command = [sys.executable, "-m", "evals.sweep_tasks", task, json.dumps(job)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own module
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _write_state(folder: Path, stops: int, seed: int) -> tuple[str, datetime]:
    hubs = list(make_hubs(stops, seed))
    clock = ManualClock(hubs[0].taken_at)
    with closing(Store.open(f"sqlite:///{folder / 'day.db'}", clock, durable=False)) as store:
        store.migrate()
        with store.write() as uow:
            uow.plans.put(plan_of(hubs))
            uow.state.put_positions(position for hub in hubs for position in hub.positions)
    return hubs[0].day, hubs[0].taken_at


def _lesson_model(samples: int, seed: int) -> LearnedModel:
    """A learned layer from what became of the stops of other days, so that its use is in the figures."""
    forecaster = Forecaster(samples=samples, prices=Prices())
    lessons = [_examples(hub, forecaster) for hub in _lesson_hubs(seed)]
    names = Examples.__dataclass_fields__
    return train(Examples(*(np.concatenate([getattr(lesson, name) for lesson in lessons]) for name in names)))


def _lesson_hubs(seed: int) -> Iterator[HubState]:
    for day in range(1, _LESSONS + 1):
        yield from make_hubs(500, seed, day)


def _examples(hub: HubState, forecaster: Forecaster) -> Examples:
    snapshot, travel = hub.snapshot(), HaversineTravel()
    problem = assemble(snapshot, travel, forecaster.beliefs(snapshot, travel))
    starts = all_starts(problem)
    taken_at_s = snapshot.taken_at.timestamp()
    begins = np.array([hub.begins_at[stop_id] for stop_id in problem.stop_ids]) - problem.epoch.timestamp()
    over = np.clip(begins - problem.world.closes_s, -_LATEST_S, _LATEST_S)
    count = begins.size
    return Examples(
        features=stop_features(problem, starts),
        p_mc=(starts > problem.world.closes_s[:, None]).mean(axis=1),
        late=over > 0.0,
        lateness_s=over,
        taken_at_s=np.full(count, taken_at_s),
        lead_s=np.clip(np.median(starts, axis=1) - problem.world.now_s, 0.0, _LATEST_S),
        group=np.full(count, str(hub.hub.id)),
        weight=np.ones(count),
    )
