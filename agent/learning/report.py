"""The report: how often what was said came true, per hub and lead time, and which model said it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from agent.learning.drift import MOST_GRADES, Watch, of_newest_model, stand
from agent.learning.in_force import COLD_START, InForce, find_in_force
from agent.learning.kinds import WORDS
from forestall.domain.ids import HubId
from forestall.domain.learning import DriftState, Grade, StoredModel
from forestall.domain.vocabulary import ModelKind
from forestall.store import UnitOfWork
from optimizer.risk.drift import LEAD_BUCKETS_MIN, NOMINAL_COVERAGE, Standing
from optimizer.risk.learned.metrics import BINS

_Z = 1.96


@dataclass(frozen=True, slots=True)
class Point:
    """Scores that said about the same: ``said`` their mean P(late), ``came`` the share that was late, and between
    which shares that could lie by chance (95 %, Wilson)."""

    said: float
    came: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """One diagram, of P(late). ``hub_id`` None stands for all hubs; ``lead_min`` is the bucket's lower end, minutes."""

    hub_id: HubId | None
    lead_min: int
    model: str
    points: tuple[Point, ...]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Report:
    """``in_force`` has an entry for each kind of model; ``diagrams`` are those of all hubs first."""

    as_of: datetime
    window_days: float
    in_force: tuple[InForce, ...]
    models: tuple[StoredModel, ...]
    drift: tuple[DriftState, ...]
    diagrams: tuple[Reliability, ...]


def read_report(uow: UnitOfWork, watch: Watch, now: datetime, hubs: Sequence[HubId] | None = None) -> Report:
    """As of ``now``, with diagrams of all hubs together and of each of ``hubs`` (all of them when None)."""
    graded = uow.outcomes.list_graded()
    by_bucket: dict[int, list[Grade]] = {lead_min: [] for lead_min in LEAD_BUCKETS_MIN}
    single: list[Reliability] = []
    for hub_id, lead_min in graded:
        grades = uow.outcomes.list_grades(hub_id, lead_min, now - watch.window, now, limit=MOST_GRADES)
        by_bucket[lead_min] += grades
        if grades and (hubs is None or hub_id in hubs):
            single.append(reliability(grades, hub_id, lead_min, watch.seed))
    together = [
        reliability(sorted(grades, key=lambda one: one.known_at, reverse=True), None, lead_min, watch.seed)
        for lead_min, grades in by_bucket.items()
        if grades
    ]
    return Report(
        as_of=now,
        window_days=watch.window.total_seconds() / 86_400,
        in_force=list_in_force(uow),
        models=tuple(uow.models.list_all()),
        drift=tuple(uow.drift.list_states()),
        diagrams=(*together, *single),
    )


def list_in_force(uow: UnitOfWork) -> tuple[InForce, ...]:
    """Which model of each kind counts."""
    return tuple(find_in_force(uow, kind) for kind in ModelKind)


def reliability(grades: Sequence[Grade], hub_id: HubId | None, lead_min: int, seed: int) -> Reliability:
    """The diagram of some grades, the newest first; only those of the newest one's model count."""
    grades = of_newest_model(grades)
    p = np.array([grade.p_late for grade in grades])
    late = np.array([grade.late for grade in grades])
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    points = [_point(p[bins == b], late[bins == b]) for b in range(BINS) if np.any(bins == b)]
    return Reliability(hub_id, lead_min, grades[0].model, tuple(points), stand(grades, is_out=False, seed=seed))


def _point(p: NDArray[np.float64], late: NDArray[np.bool_]) -> Point:
    n, share = len(p), float(late.mean())
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * float(np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))) / (1 + _Z**2 / n)
    # the interval holds its share; where that is 0 or 1 the ends meet it but for a rounding
    return Point(float(p.mean()), share, min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share), n)


def describe_report(report: Report) -> dict[str, object]:
    """As JSON values."""
    return {
        "as_of": report.as_of.isoformat(),
        "window_days": report.window_days,
        "nominal_coverage": NOMINAL_COVERAGE,
        "in_force": describe_in_force(report.in_force),
        "models": [describe_model(model) for model in report.models],
        "drift": [describe_drift(state) for state in report.drift],
        "reliability": [
            {
                "hub": one.hub_id,
                "lead_min": one.lead_min,
                "model": one.model,
                **asdict(one.standing),
                "points": [asdict(point) for point in one.points],
            }
            for one in report.diagrams
        ],
    }


def describe_in_force(found: Sequence[InForce]) -> dict[str, object]:
    """As JSON values, by kind: ``model`` is in force by the store's word, ``used`` counts; None: the priors alone."""
    return {
        one.kind.value: {"model": one.named, "refusal": "; ".join(one.refusals) or None, "used": one.used}
        for one in found
    }


def describe_model(model: StoredModel) -> dict[str, object]:
    """Everything of a model but its text, as JSON values."""
    return {
        "id": model.id,
        "kind": model.kind.value,
        "status": model.status.value,
        "hash": model.hash,
        "trained_at": model.trained_at.isoformat(),
        "trained_on": dict(model.trained_on),
        "metrics": dict(model.metrics),
        "decided_at": model.decided_at.isoformat() if model.decided_at else None,
        "decided_by": model.decided_by,
        "why": model.why,
    }


def describe_drift(state: DriftState) -> dict[str, object]:
    """As JSON values."""
    return {**asdict(state), "since": state.since.isoformat(), "checked_at": state.checked_at.isoformat()}


def say_in_force(one: InForce) -> str:
    """``gbm-1``, or what counts in its place and why."""
    used = one.used or COLD_START
    return used if not one.refusals else f"{used}, as {one.named} can't be used ({'; '.join(one.refusals)})"


def say_standing(in_force: Sequence[InForce], drift: Sequence[DriftState]) -> str:
    """One line for a page or a terminal."""
    by_kind = ", ".join(f"{WORDS[one.kind]} by {say_in_force(one)}" for one in in_force)
    forecast = f"Forecast: {by_kind if any(one.named for one in in_force) else COLD_START}"
    if out := [state for state in drift if state.is_drifting]:
        places = ", ".join(f"{state.hub_id} {lead_words(state.lead_min)}" for state in out)
        return f"{forecast} · drifting at {places}: every action there waits for a person"
    return f"{forecast} · {'calibrated' if drift else 'not yet judged'}"


def lead_words(lead_min: int) -> str:
    """``20 to 45 min`` for the bucket that begins at 20."""
    later = [end for end in LEAD_BUCKETS_MIN if end > lead_min]
    return f"{lead_min} to {later[0]} min" if later else f"over {lead_min} min"
