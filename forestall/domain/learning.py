"""What the risk model learns from: scores with their features, what became of the stops, and the models themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from forestall.domain.forecast import AttemptInputs
from forestall.domain.ids import DecisionId, HubId, ModelId, RouteId, StopId
from forestall.domain.vocabulary import ModelKind, ModelStatus


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A learned model as it is kept: ``text`` is the whole artefact, ``hash`` its SHA-256 in hexadecimal.

    ``trained_on`` says on which days and how many scores; ``metrics`` how it did when it was last judged.
    """

    id: ModelId
    kind: ModelKind
    text: str
    hash: str
    trained_at: datetime
    trained_on: Mapping[str, object]
    metrics: Mapping[str, object]
    status: ModelStatus
    decided_at: datetime | None = None
    decided_by: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a stop, known since ``known_at``. One a stop, never changed.

    ``started_at`` is the service start (an early arrival waits); None when nobody saw it. ``late`` counts undone stops.
    ``failed`` is None when there was no first attempt at the door. ``acted_at`` is when a decision last changed the
    plan of its route, ``told_at`` when its customer was last written to because of a case: scores up to then are
    censored, since somebody may have changed what they foretold.
    """

    stop_id: StopId
    day: str
    hub_id: HubId
    route_id: RouteId
    known_at: datetime
    started_at: datetime | None
    late: bool
    lateness_s: float
    failed: bool | None
    undone: bool
    acted_at: datetime | None = None
    told_at: datetime | None = None

    def is_censored(self, taken_at: datetime) -> bool:
        """Whether somebody changed the stop's route after a score of ``taken_at``."""
        return self.acted_at is not None and taken_at <= self.acted_at

    def is_attempt_censored(self, taken_at: datetime) -> bool:
        """The same for P(failed), which a message to the customer changes too: who is told is at home."""
        return self.is_censored(taken_at) or (self.told_at is not None and taken_at <= self.told_at)


@dataclass(frozen=True, slots=True)
class Intervention:
    """A committed decision reached a stop: its route's plan changed, or its customer was written to."""

    decision_id: DecisionId
    stop_id: StopId
    at: datetime
    changes_plan: bool


@dataclass(frozen=True, eq=False, slots=True)
class ScoreFrame:
    """The n scores of one forecast with their features, as of ``taken_at``: rows are stops.

    ``features`` (n, F) are the columns that ``feature_hash`` stands for; ``p`` (n, 2) P(late) and P(failed);
    ``eta_s`` (n, 3) the 10, 50 and 90 % points of the start, seconds after ``taken_at``. ``attempts`` are the n inputs
    of the model of failed attempts, whose columns ``attempt_hash`` stands for; None where they were not kept or read.
    """

    day: str
    taken_at: datetime
    model: str
    feature_hash: str
    stop_ids: tuple[StopId, ...]
    hub_ids: tuple[HubId, ...]
    features: NDArray[np.float32]
    p: NDArray[np.float32]
    eta_s: NDArray[np.float32]
    attempt_hash: str | None = None
    attempts: AttemptInputs | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """One score held against its outcome: the first kept score of a stop in a lead bucket, nobody having acted since.

    ``lead_min`` is the bucket's lower end, minutes. ``covered`` says whether the start fell within the 10 and 90 %
    points; None when nobody saw the start.
    """

    stop_id: StopId
    lead_min: int
    day: str
    hub_id: HubId
    route_id: RouteId
    taken_at: datetime
    known_at: datetime
    model: str
    p_late: float
    late: bool
    covered: bool | None


@dataclass(frozen=True, slots=True)
class DriftState:
    """How a hub's forecast stands at one lead: ``is_drifting`` lowers autonomy there. Limits are those of the band."""

    hub_id: HubId
    lead_min: int
    is_drifting: bool
    since: datetime
    checked_at: datetime
    n: int
    ece: float
    ece_limit: float
    coverage: float | None
    coverage_limit: float | None
