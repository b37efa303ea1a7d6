"""Grades: the first kept score of each stop in each lead bucket, held against its outcome; what drift is judged by.

One a stop and bucket, because a stop's later scores repeat what the earlier ones said. Censored scores get none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

import numpy as np

from forestall.domain.ids import StopId
from forestall.domain.learning import Grade, Outcome, ScoreFrame
from forestall.store import UnitOfWork
from optimizer.risk.drift import lead_bucket
from optimizer.risk.forecast import late_part

# Kept times are rounded; a stop that waits for its window starts exactly at the interval's end.
_ROUNDED = timedelta(seconds=1)


def grade_outcomes(uow: UnitOfWork, news: Sequence[Outcome]) -> list[Grade]:
    """Grade the kept scores of stops whose outcome has just become known; those written."""
    outcomes = {outcome.stop_id: outcome for outcome in news}
    days = {outcome.day for outcome in news}
    frames = uow.frames.each(days, with_features=False) if days else iter(())
    grades = list(grades_of(outcomes, frames))
    uow.outcomes.add_grades(grades)
    return grades


def grades_of(outcomes: Mapping[StopId, Outcome], frames: Iterable[ScoreFrame]) -> Iterator[Grade]:
    """``frames`` in the order they were taken."""
    graded: set[tuple[StopId, int]] = set()
    for frame in frames:
        buckets = lead_bucket(frame.eta_s[:, 1].astype(np.float64)).tolist()
        for row, (stop_id, lead_min) in enumerate(zip(frame.stop_ids, buckets, strict=True)):
            outcome = outcomes.get(stop_id)
            if outcome is None or (stop_id, lead_min) in graded or not foretells(frame, outcome):
                continue
            graded.add((stop_id, lead_min))
            yield _grade(outcome, frame, row, lead_min)


def foretells(frame: ScoreFrame, outcome: Outcome) -> bool:
    """Whether a score can be held against the outcome: service had not begun, and nobody acted on the stop since."""
    return not has_begun(frame, outcome) and not outcome.is_censored(frame.taken_at)


def has_begun(frame: ScoreFrame, outcome: Outcome) -> bool:
    """Whether service had begun when the score was taken."""
    return frame.taken_at >= (outcome.started_at or outcome.known_at)


def _grade(outcome: Outcome, frame: ScoreFrame, row: int, lead_min: int) -> Grade:
    started_at = outcome.started_at
    earliest, latest = (frame.taken_at + timedelta(seconds=float(frame.eta_s[row, i])) for i in (0, 2))
    return Grade(
        stop_id=outcome.stop_id,
        lead_min=lead_min,
        day=outcome.day,
        hub_id=outcome.hub_id,
        route_id=outcome.route_id,
        taken_at=frame.taken_at,
        known_at=outcome.known_at,
        model=late_part(frame.model),
        p_late=float(frame.p[row, 0]),
        late=outcome.late,
        covered=None if started_at is None else earliest - _ROUNDED <= started_at <= latest + _ROUNDED,
    )
