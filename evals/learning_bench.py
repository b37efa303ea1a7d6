"""What the risk model's life costs: label, grade, gather, train, judge and watch, over made-up scores of one service.

Prints CPU seconds of this process for each step, beside the same step on a tenth of the scores: a step that grows
faster than its input shows at once.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TypeVar

import numpy as np
import typer

from agent.learning.contest import hold_contest
from agent.learning.drift import Watch, check_drift
from agent.learning.examples import gather
from agent.learning.frames import FEATURE_HASH
from agent.learning.grades import grade_outcomes
from agent.learning.training import MOST_SCORES, train_challenger
from forestall.clock import ManualClock
from forestall.domain.ids import HubId, RouteId, StopId
from forestall.domain.learning import Outcome, ScoreFrame
from forestall.store import Store
from optimizer.risk.learned import FEATURES

T = TypeVar("T")
_START = datetime(2026, 3, 2, 6, tzinfo=UTC)
_DAYS, _LOOKS, _HUBS, _A_ROUTE = 10, 4, 5, 25
_STEPS = ("keep", "grade", "gather", "train", "evaluate", "drift")


def bench_learning(
    scores: Annotated[int, typer.Option(help="Labelled scores.", min=10_000, max=2_000_000)] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Measure keeping, grading, training, judging and drift watching of labelled scores, beside a tenth of them."""
    small, whole = measure(scores // 10), measure(scores)
    if as_json:
        body = {"scores": scores, "cpu_s": whole, "cpu_s_of_a_tenth": small}
        sys.stdout.write(json.dumps(body) + "\n")
        return
    for step in _STEPS:
        print(f"{step}: {whole[step]:.2f} CPU s for {scores} scores; a tenth of them: {small[step]:.2f}")
    print(f"stored: {whole['bytes_a_score']:.0f} bytes a score")


def measure(scores: int) -> dict[str, float]:
    """CPU seconds of each step over ``scores`` scores of ten days (four looks at each stop), and bytes a score."""
    stops = scores // (_DAYS * _LOOKS)
    spent: dict[str, float] = {}
    over = _START + timedelta(days=_DAYS)
    with TemporaryDirectory(prefix="forestall-learning-") as folder:
        file = Path(folder) / "learning.db"
        with closing(Store.open(f"sqlite:///{file}", ManualClock(over), durable=False)) as store:
            store.migrate()
            days = [_make_day(number, stops) for number in range(_DAYS)]
            _timed(spent, "keep", lambda: _keep(store, days))
            _timed(spent, "grade", lambda: _grade(store, days))
            with store.read() as uow:
                names = uow.outcomes.list_days()
                _timed(spent, "gather", lambda: gather(uow, names, over, MOST_SCORES))
            model = _timed(spent, "train", lambda: train_challenger(store, over, 2, 1, lambda _: None))
            with store.read() as uow:
                _timed(spent, "evaluate", lambda: hold_contest(uow, model, over, MOST_SCORES))
            with store.write() as uow:
                _timed(spent, "drift", lambda: check_drift(uow, Watch(timedelta(days=14), 200, 1), over))
        spent["bytes_a_score"] = file.stat().st_size / scores
    return spent


def _timed(spent: dict[str, float], step: str, work: Callable[[], T]) -> T:
    started = time.process_time()
    result = work()
    spent[step] = time.process_time() - started
    return result


def _make_day(number: int, stops: int) -> tuple[list[ScoreFrame], list[Outcome]]:
    """Scores that are noisy about the truth, looked at two hours, one hour, half an hour and ten minutes ahead."""
    rng = np.random.default_rng(number)
    begins, day = _START + timedelta(days=number), f"day{number:02d}"
    truth = rng.beta(0.6, 3.0, stops)
    late = rng.random(stops) < truth
    ids = tuple(StopId(f"{day}-{i}") for i in range(stops))
    hubs = tuple(HubId(f"H{i % _HUBS}") for i in range(stops))
    started_at = begins + timedelta(hours=6)
    frames = []
    for lead_s in (7200.0, 3600.0, 1800.0, 600.0):
        p = np.clip(truth + rng.normal(0, 0.1, stops), 0.0, 1.0).astype(np.float32)
        features = rng.normal(0, 1000, (stops, len(FEATURES))).astype(np.float32)
        features[:, FEATURES.index("p_mc")] = p
        features[:, FEATURES.index("lead_s")] = lead_s
        features[:, FEATURES.index("closes_in_s")] = lead_s
        eta = (lead_s + np.array([-600.0, 0.0, 600.0]) + np.zeros((stops, 1))).astype(np.float32)
        taken_at = started_at - timedelta(seconds=lead_s)
        both = np.column_stack([p, p]).astype(np.float32)
        frames.append(ScoreFrame(day, taken_at, "m", FEATURE_HASH, ids, hubs, features, both, eta))
    outcomes = [
        Outcome(
            stop_id=ids[i],
            day=day,
            hub_id=hubs[i],
            route_id=RouteId(f"{day}-R{i // _A_ROUTE}"),
            known_at=started_at + timedelta(hours=1),
            started_at=started_at,
            late=bool(late[i]),
            lateness_s=600.0 if late[i] else -600.0,
            failed=False,
            undone=False,
        )
        for i in range(stops)
    ]
    return frames, outcomes


def _keep(store: Store, days: list[tuple[list[ScoreFrame], list[Outcome]]]) -> None:
    for frames, outcomes in days:
        with store.write() as uow:
            for frame in frames:
                uow.frames.add(frame)
            uow.outcomes.add(outcomes)


def _grade(store: Store, days: list[tuple[list[ScoreFrame], list[Outcome]]]) -> None:
    for _, outcomes in days:
        with store.write() as uow:
            grade_outcomes(uow, outcomes)
