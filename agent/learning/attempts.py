"""First attempts: what was known beforehand of each, joined to whether it failed, as of a moment.

One row an attempt, of the first kept score that nobody acted on afterwards: rates count attempts, not how often they
were looked at, and the hour is that which was expected while there was time to do something.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from agent.learning.frames import ATTEMPT_HASH
from agent.learning.grades import has_begun
from forestall.domain.forecast import AttemptInputs
from forestall.domain.ids import StopId
from forestall.domain.learning import Outcome, ScoreFrame
from forestall.store import UnitOfWork
from optimizer.kernel import Floats
from optimizer.risk.attempts import LEVELS, NUMBERS, chosen, joined
from optimizer.risk.learned import FailedAttemptModel, FailedExamples, Metrics, metrics, train_failed


@dataclass(frozen=True, slots=True)
class AttemptHarvest:
    """First attempts of ``days``, the oldest at the front: ``inputs`` (n of them), whether each ``failed`` (n,), when
    it was, ``at_s`` (n,), seconds since 1970.

    ``censored``: scores after which somebody acted on the stop or wrote to its customer; ``other_features``: scores
    kept without inputs, or with other ones.
    """

    inputs: AttemptInputs
    failed: NDArray[np.bool_]
    at_s: Floats
    days: tuple[str, ...]
    censored: int
    other_features: int

    def __len__(self) -> int:
        return len(self.failed)

    @property
    def came(self) -> NDArray[np.bool_]:
        """(n,) whether the attempt failed."""
        return self.failed

    def train(self, seed: int) -> FailedAttemptModel:
        """A model of these attempts. BadInput when there are too few of them, or one outcome only."""
        keys = [np.array(key, dtype=np.str_) for key in self.inputs.keys]
        return train_failed(FailedExamples(LEVELS, keys, NUMBERS, self.inputs.numbers, self.failed, self.at_s), seed)

    def judge(self, model: FailedAttemptModel) -> Metrics:
        """The metrics of a model's P(failed)."""
        return metrics(model.p_of(self.inputs), self.failed)

    def judge_cold_start(self) -> Metrics:
        """The metrics of what the priors and the day alone said."""
        return metrics(self.inputs.p_prior.astype(np.float64), self.failed)


def gather_attempts(uow: UnitOfWork, days: Sequence[str], as_of: datetime, limit: int) -> AttemptHarvest:
    """The uncensored first attempts of ``days`` (oldest first) as known at ``as_of``; of the newest days alone, as many
    as it takes to reach ``limit``."""
    gleaning = _Gleaning(uow.outcomes.list_known(days, known_by=as_of))
    for day in reversed(days):
        for frame in uow.frames.each([day], with_features=False, with_attempts=True):
            if frame.taken_at <= as_of:
                gleaning.take(frame)
        if len(gleaning.stop_ids) >= limit:
            break
    return gleaning.harvest(days)


class _Gleaning:
    """What has been gathered so far; frames are to come in the order they were taken."""

    def __init__(self, outcomes: Mapping[StopId, Outcome]) -> None:
        self.stop_ids: list[StopId] = []
        self._attempted = {stop_id: one for stop_id, one in outcomes.items() if one.failed is not None}
        self._seen: set[StopId] = set()
        self._parts: list[AttemptInputs] = []
        self._censored = self._other_features = 0

    def take(self, frame: ScoreFrame) -> None:
        """Every attempt that this score is the first to foretell."""
        if frame.attempts is None or frame.attempt_hash != ATTEMPT_HASH:
            self._other_features += len(frame.stop_ids)
            return
        rows = []
        for row, stop_id in enumerate(frame.stop_ids):
            outcome = self._attempted.get(stop_id)
            if outcome is None or frame.attempts.p_prior[row] <= 0.0 or has_begun(frame, outcome):
                continue
            if outcome.is_attempt_censored(frame.taken_at):
                self._censored += 1
            elif stop_id not in self._seen:
                rows.append(row)
        self._parts.append(chosen(frame.attempts, rows))
        self.stop_ids += [frame.stop_ids[row] for row in rows]
        self._seen.update(frame.stop_ids[row] for row in rows)

    def harvest(self, days: Sequence[str]) -> AttemptHarvest:
        """All of it, the oldest attempt at the front."""
        ended = [self._attempted[stop_id] for stop_id in self.stop_ids]
        at_s = np.array([(one.started_at or one.known_at).timestamp() for one in ended], dtype=np.float64)
        order = np.argsort(at_s, kind="stable").tolist()
        used = {one.day for one in ended}
        return AttemptHarvest(
            inputs=chosen(joined(self._parts), order),
            failed=np.array([ended[i].failed for i in order], dtype=bool),
            at_s=at_s[order],
            days=tuple(day for day in days if day in used),
            censored=self._censored,
            other_features=self._other_features,
        )
