"""The drift watch: each hub's forecast held against its band; what changes is on record and binds autonomy."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np

from forestall.domain.learning import DriftState, Grade
from forestall.settings import Settings
from forestall.store import UnitOfWork
from optimizer.risk.drift import Standing, standing

# The newest so many of a hub and bucket: enough for a band of half a percent, and a bound on what a check costs.
MOST_GRADES = 2_000
# The stops of one day share its weather and its luck: fewer days than this say more of them than of the forecast.
_LEAST_DAYS = 3


@dataclass(frozen=True, slots=True)
class Watch:
    """``window``: how far back grades count; ``least``: fewer than so many decide nothing."""

    window: timedelta
    least: int
    seed: int


def watch_of(settings: Settings) -> Watch:
    """As the operator set it."""
    return Watch(timedelta(days=settings.drift_window_days), settings.drift_min_stops, settings.seed)


def check_drift(uow: UnitOfWork, watch: Watch, now: datetime) -> list[DriftState]:
    """Judge every hub and lead bucket as of ``now``; the states that changed sides, each with its audit record.

    A hub stays what it was while there is too little to judge it by: a drifting one has to show that it is back.
    """
    before = {(state.hub_id, state.lead_min): state for state in uow.drift.list_states()}
    changed: list[DriftState] = []
    for hub_id, lead_min in uow.outcomes.list_graded():
        grades = of_newest_model(uow.outcomes.list_grades(hub_id, lead_min, now - watch.window, now, limit=MOST_GRADES))
        if len(grades) < watch.least or len({grade.day for grade in grades}) < _LEAST_DAYS:
            continue
        known = before.get((hub_id, lead_min))
        was_out = known is not None and known.is_drifting
        judged = stand(grades, was_out, watch.seed)
        turned = judged.is_outside != was_out
        state = DriftState(
            hub_id=hub_id,
            lead_min=lead_min,
            is_drifting=judged.is_outside,
            since=now if known is None or turned else known.since,
            checked_at=now,
            **asdict(judged),
        )
        uow.drift.put(state)
        if turned:
            changed.append(state)
            _put_on_record(uow, state, grades[0].model, watch, now)
    return changed


def of_newest_model(grades: Sequence[Grade]) -> list[Grade]:
    """A new model is judged by its own scores alone. ``grades`` are newest first."""
    return [grade for grade in grades if grade.model == grades[0].model]


def stand(grades: Sequence[Grade], is_out: bool, seed: int) -> Standing:
    routes = {route_id: i for i, route_id in enumerate(sorted({grade.route_id for grade in grades}))}
    return standing(
        p=np.array([grade.p_late for grade in grades]),
        late=np.array([grade.late for grade in grades]),
        covered=np.array([np.nan if grade.covered is None else float(grade.covered) for grade in grades]),
        cluster=np.array([routes[grade.route_id] for grade in grades]),
        is_out=is_out,
        seed=seed,
    )


def _put_on_record(uow: UnitOfWork, state: DriftState, model: str, watch: Watch, now: datetime) -> None:
    body = {
        "hub_id": state.hub_id,
        "lead_min": state.lead_min,
        "model": model,
        "n": state.n,
        "ece": round(state.ece, 5),
        "ece_limit": round(state.ece_limit, 5),
        "coverage": None if state.coverage is None else round(state.coverage, 5),
        "coverage_limit": None if state.coverage_limit is None else round(state.coverage_limit, 5),
        "window_days": watch.window / timedelta(days=1),
        "autonomy": "approval" if state.is_drifting else "restored",
    }
    uow.audit.append(now, "risk.drifting" if state.is_drifting else "risk.calibrated_again", state.hub_id, body)
