"""Trees beside a first opinion (the simulation's P), each calibrated, blended, and calibrated again.

Blend and calibrations are fitted to out-of-sample answers: trees grown on the older days answer for the newer ones,
fold after fold forwards in time. The trees that serve are then grown on all rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.errors import BadInput, Problem
from optimizer.kernel import Floats
from optimizer.risk.learned.calibration import Bools, Calibration, choose_calibration
from optimizer.risk.learned.metrics import log_loss
from optimizer.risk.learned.trees import Growth, Matrix, Trees, grow

SHARES = (0.25, 0.5, 0.75, 1.0)
"""How much of the blend the trees may get; half and half measured best over several sets and wins near ties."""

_DAY_S = 86_400.0
_FIRST = 0.5  # of the time goes into the first fold's trees
_FOLDS = 3
_LEAST_ROWS = 40
_WORTH_LEAVING_HALF = 0.002  # nats


@dataclass(frozen=True, slots=True)
class Layer:
    """P from (n, F) features and a first opinion (n,)."""

    trees: Trees
    first: Calibration
    second: Calibration
    share: float
    last: Calibration

    def p(self, features: Matrix, opinion: Floats) -> Floats:
        """(n,) blended and calibrated."""
        return self.blend(self.trees.predict(features), opinion)

    def blend(self, from_trees: Floats, opinion: Floats) -> Floats:
        """(n,) from what the trees and the first opinion say."""
        mixed = self.share * self.second.apply(from_trees) + (1.0 - self.share) * self.first.apply(opinion)
        return self.last.apply(mixed)

    def to_content(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "trees": self.trees.text,
            "share": self.share,
            **{name: getattr(self, name).to_content() for name in ("first", "second", "last")},
        }

    @classmethod
    def from_content(cls, content: Any) -> "Layer":
        """From ``to_content``."""
        first, second, last = (Calibration.from_content(content[name]) for name in ("first", "second", "last"))
        return cls(Trees(content["trees"]), first, second, content["share"], last)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a layer is fitted to: (n, F) features by name, the first opinion, the outcome and the time (n,)."""

    features: Matrix
    names: Sequence[str]
    opinion: Floats
    late: Bools
    time_s: Floats
    rising: Sequence[str] = ()
    weight: Floats | None = None

    def trees(self, rows: Bools, growth: Growth, seed: int) -> Trees:
        """Trees grown on some of the rows."""
        return grow(
            self.features[rows],
            self.late[rows].astype(np.float64),
            self.names,
            growth,
            seed,
            rising=self.rising,
            weight=None if self.weight is None else self.weight[rows],
        )


@dataclass(frozen=True, slots=True)
class OutOfSample:
    """What the layer would have said of newer ``rows`` (k,), had it been trained on the days before: ``p`` (k,)."""

    rows: NDArray[np.int64]
    p: Floats


def fit_layer(lesson: Lesson, growth: Growth, seed: int) -> tuple[Layer, OutOfSample]:
    """Fit trees, blend and calibrations. Raises BadInput when there are too few rows, or one outcome only."""
    check_outcomes(lesson.late)
    asked, answers = answers_out_of_sample(lesson, growth, seed)
    opinion, late, time_s = lesson.opinion[asked], lesson.late[asked], lesson.time_s[asked]
    first = choose_calibration(opinion, late, time_s)
    second = choose_calibration(answers, late, time_s)
    share = _choose_share(first.apply(opinion), second.apply(answers), late)
    mixed = share * second.apply(answers) + (1.0 - share) * first.apply(opinion)
    last = choose_calibration(mixed, late, time_s)
    everything = np.ones(len(lesson.late), dtype=bool)
    layer = Layer(lesson.trees(everything, growth, seed), first, second, share, last)
    return layer, OutOfSample(asked, last.apply(mixed))


def check_outcomes(late: Bools) -> None:
    """Raises BadInput unless both outcomes are there and rows enough to learn from."""
    if len(late) < _LEAST_ROWS:
        problem = Problem("rows", f"are only {len(late)}, {_LEAST_ROWS} are needed", "gather more finished days")
        raise BadInput("There is too little to learn from.", [problem])
    if late.all() or not late.any():
        problem = Problem("late", f"is {bool(late[0])} in every row", "gather days on which both happened")
        raise BadInput("One outcome alone teaches nothing.", [problem])


def answers_out_of_sample(lesson: Lesson, growth: Growth, seed: int) -> tuple[NDArray[np.int64], Floats]:
    """The rows of the later folds, and what trees grown on the days before each fold say of them."""
    rows, answers = [], []
    for older, fold in forward_folds(lesson.time_s):
        if lesson.late[older].all() or not lesson.late[older].any():
            continue  # the first days knew one outcome only
        rows.append(np.flatnonzero(fold))
        answers.append(lesson.trees(older, growth, seed).predict(lesson.features[fold]))
    if not rows or lesson.late[np.concatenate(rows)].all() or not lesson.late[np.concatenate(rows)].any():
        problem = Problem("taken_at_s", "has both outcomes in one stretch of time only", "gather more finished days")
        raise BadInput("What was learned could not be tested on later days.", [problem])
    return np.concatenate(rows), np.concatenate(answers)


def forward_folds(time_s: Floats, folds: int = _FOLDS) -> Iterator[tuple[Bools, Bools]]:
    """Masks (older rows, rows of the fold), forwards in time; whole days where there are days enough."""
    day = np.floor(time_s / _DAY_S)
    unit = day if np.unique(day).size > 2 * folds else time_s
    cuts = np.quantile(unit, np.linspace(_FIRST, 1.0, folds + 1), method="lower")
    for low, high in pairwise(cuts):
        fold = (unit >= low) & ((unit < high) | (high == cuts[-1]))
        older = unit < low
        if older.any() and fold.any():
            yield older, fold
        if high == cuts[-1]:
            return


def _choose_share(first: Floats, second: Floats, late: Bools) -> float:
    """Half and half, unless another share is better by more than chance would explain."""
    losses = {share: log_loss(share * second + (1.0 - share) * first, late) for share in SHARES}
    best = min(SHARES, key=lambda share: losses[share])
    return best if losses[best] < losses[0.5] - _WORTH_LEAVING_HALF else 0.5
