"""Examples: kept scores joined to what became of their stops, as of a moment.

What was not known by that moment does not exist here: neither outcomes learned later nor scores taken later.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from agent.learning.frames import FEATURE_HASH
from agent.learning.grades import foretells
from forestall.domain.ids import StopId
from forestall.domain.learning import Outcome, ScoreFrame
from forestall.store import UnitOfWork
from optimizer.kernel import Floats
from optimizer.risk.learned import FEATURES, Examples, LearnedModel, Metrics, metrics, train

_P_MC, _LEAD = FEATURES.index("p_mc"), FEATURES.index("lead_s")
_FAR_S = 7 * 86_400.0  # lateness is bounded by what the learned layer takes


@dataclass(frozen=True, slots=True)
class Harvest:
    """``examples`` of ``days`` (the one that ended first at the front), and what was left out of them.

    ``censored``: somebody had acted on the stop; ``other_features``: kept by a version that computed other features.
    """

    examples: Examples
    days: tuple[str, ...]
    censored: int
    other_features: int

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def came(self) -> NDArray[np.bool_]:
        """(n,) whether the stop was late."""
        return self.examples.late

    @property
    def at_s(self) -> Floats:
        """(n,) when the score was taken, seconds since 1970."""
        return self.examples.taken_at_s

    def train(self, seed: int) -> LearnedModel:
        """A model of these examples."""
        return train(self.examples, seed)

    def judge(self, model: LearnedModel) -> Metrics:
        """The metrics of a model's P(late) and of its lateness quantiles."""
        return metrics(
            model.p_late(self.examples.features, self.examples.p_mc),
            self.examples.late,
            model.lateness_quantiles(self.examples.features),
            model.levels,
            self.examples.lateness_s,
        )

    def judge_cold_start(self) -> Metrics:
        """The metrics of the simulation's own P(late)."""
        return metrics(self.examples.p_mc, self.examples.late)


def list_labelled_days(uow: UnitOfWork, as_of: datetime) -> list[str]:
    """Days with outcomes that were known by then, the one that ended first at the front."""
    return uow.outcomes.list_days(known_by=as_of)


def gather(uow: UnitOfWork, days: Collection[str], as_of: datetime, limit: int) -> Harvest:
    """The uncensored examples of ``days`` as known at ``as_of``; the newest ``limit`` of them when there are more."""
    outcomes = uow.outcomes.list_known(days, known_by=as_of)
    parts: list[Examples] = []
    used: set[str] = set()
    found = censored = other_features = 0
    for frame in uow.frames.each(days, newest_first=True):
        if frame.taken_at > as_of:
            continue
        if frame.feature_hash != FEATURE_HASH:
            other_features += len(frame.stop_ids)
            continue
        rows = [i for i, stop_id in enumerate(frame.stop_ids) if _foretells(frame, outcomes.get(stop_id))]
        censored += sum(_is_censored(frame, outcomes.get(stop_id)) for stop_id in frame.stop_ids)
        rows = rows[: limit - found]
        parts.append(_examples(frame, rows, outcomes))
        used.update(outcomes[frame.stop_ids[row]].day for row in rows[:1])
        found += len(rows)
        if found >= limit:
            break
    return Harvest(_joined(parts), tuple(day for day in days if day in used), censored, other_features)


def _foretells(frame: ScoreFrame, outcome: Outcome | None) -> bool:
    return outcome is not None and foretells(frame, outcome)


def _is_censored(frame: ScoreFrame, outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.is_censored(frame.taken_at)


def _examples(frame: ScoreFrame, rows: list[int], outcomes: Mapping[StopId, Outcome]) -> Examples:
    ended = [outcomes[frame.stop_ids[row]] for row in rows]
    features = frame.features[rows]
    lateness: Floats = np.array([outcome.lateness_s for outcome in ended], dtype=np.float64)
    return Examples(
        features=features,
        p_mc=np.clip(features[:, _P_MC].astype(np.float64), 0.0, 1.0),
        late=np.array([outcome.late for outcome in ended], dtype=bool),
        lateness_s=np.clip(lateness, -_FAR_S, _FAR_S),
        taken_at_s=np.full(len(rows), frame.taken_at.timestamp()),
        lead_s=features[:, _LEAD].astype(np.float64),
        group=np.array([frame.hub_ids[row] for row in rows], dtype=np.str_),
        weight=np.ones(len(rows)),
    )


def _joined(parts: list[Examples]) -> Examples:
    """One whole, the oldest score first."""
    parts = parts[::-1]
    nothing = Examples(
        features=np.empty((0, len(FEATURES)), np.float32),
        p_mc=np.empty(0),
        late=np.empty(0, bool),
        lateness_s=np.empty(0),
        taken_at_s=np.empty(0),
        lead_s=np.empty(0),
        group=np.empty(0, np.str_),
        weight=np.empty(0),
    )
    columns = Examples.__dataclass_fields__
    return Examples(*(np.concatenate([getattr(part, name) for part in [nothing, *parts]]) for name in columns))
