"""The scheduled part of learning: labels, grades, the drift watch, scores of overrides, forgetting."""

import logging
from datetime import datetime, timedelta

from agent.learning.drift import Watch, check_drift
from agent.learning.grades import grade_outcomes
from agent.learning.labels import label_ended
from agent.overrides.scoring import score_overrides
from forestall.domain.learning import DriftState
from forestall.store import Store
from optimizer.travel import TravelTimes

logger = logging.getLogger(__name__)


class LearningJob:
    """Due every ``interval`` of the service's clock; frames and grades are kept for ``keep``. ``roads`` are the travel
    times of days that brought none.

    Its memory is a convenience: everything due is found in SQL.
    """

    def __init__(self, store: Store, watch: Watch, interval: timedelta, keep: timedelta, roads: TravelTimes) -> None:
        self._store, self._watch, self._interval, self._keep = store, watch, interval, keep
        self._roads = roads
        self._last: datetime | None = None

    def run_due(self, now: datetime) -> None:
        if self._last is None or now - self._last >= self._interval:
            self.run(now)
            self._last = now

    def run(self, now: datetime) -> None:
        """Label, grade and check in one transaction: a label is never without its grades. Then score the overrides
        whose outcome is known by now, and forget frames and grades older than ``keep``; all else stays."""
        with self._store.write() as uow:
            outcomes = label_ended(uow, now)
            grade_outcomes(uow, outcomes)
            changed = check_drift(uow, self._watch, now)
        for state in changed:
            said = "drifts: autonomy falls back to approval" if state.is_drifting else "is calibrated again"
            logger.warning("the forecast of hub %s %s (%s)", state.hub_id, said, _figures(state))
        self._score_overrides(now)
        self._forget(now - self._keep)

    def _score_overrides(self, now: datetime) -> None:
        """Replays take their time, so they are done before anything is locked."""
        with self._store.read() as uow:
            scores = score_overrides(uow, self._roads, now)
        if scores:
            with self._store.write() as uow:
                uow.overrides.add(scores)
            logger.info("scored %d overrides both ways", len(scores))

    def _forget(self, before: datetime) -> None:
        with self._store.write() as uow:
            frames, grades = uow.frames.prune(before), uow.outcomes.prune_grades(before)
        if frames or grades:
            logger.info("forgot %d frames and %d grades from before %s", frames, grades, before.isoformat())


def _figures(state: DriftState) -> str:
    figures = f"{state.lead_min} min ahead, {state.n} stops: ECE {state.ece:.3f}, at most {state.ece_limit:.3f}"
    if state.coverage is None:
        return figures
    return f"{figures}; interval held {state.coverage:.3f}, at least {state.coverage_limit:.3f}"
