"""One set, learned on the older days and judged on the newer, beside the two baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.kernel import Floats, Ints
from optimizer.risk.learned import Metrics, metrics
from optimizer.risk.learned.layer import Lesson, fit_layer
from optimizer.risk.learned.quantiles import LEVELS, fit_quantiles
from optimizer.risk.learned.rolling import Told, conform_daily, recalibrate_daily
from optimizer.risk.learned.trees import Growth, Matrix

Bools = NDArray[np.bool_]

OURS, CARRY, SIMULATED = "learned", "carry_over", "monte_carlo"

GROWTH = Growth(rounds=200, leaves=6, rate=0.03, least_in_leaf=200, columns_share=0.3, ridge=20.0)
"""Shallow: the rows are many, the days few, and days are what differs."""

QUANTILE_GROWTH = Growth(rounds=120, leaves=6, rate=0.05, least_in_leaf=200, columns_share=0.3, ridge=20.0)


@dataclass(frozen=True, eq=False)
class Amounts:
    """The continuous outcome (n,), the simulation's quantiles of it (n, 5), and the point carried forward (n,)."""

    actual: Floats
    simulated: Floats
    carried: Floats | None = None


@dataclass(frozen=True, eq=False)
class Task:
    """n rows of one set. ``carried`` is the P of carrying the newest known state forward, ``opinion`` the simulation's.

    Where the opinion is more than the simulation's P, ``simulated`` keeps that for the baseline.
    ``horizons`` are the masks that are judged apart; ``bands`` (n,) the groups that are recalibrated apart. Rows asked
    before ``first_day`` are learned from.
    """

    names: Sequence[str]
    features: Matrix
    opinion: Floats
    carried: Floats
    late: Bools
    known_s: Floats
    told: Told
    first_day: int
    horizons: Mapping[str, Bools]
    rising: Sequence[str] = ()
    simulated: Floats | None = None
    amounts: Amounts | None = None
    growth: Growth = GROWTH

    @property
    def training(self) -> Bools:
        """The rows whose outcome was told before the first day that is judged."""
        return (self.told.asked < self.first_day) & (self.told.told < self.first_day)

    @property
    def judged(self) -> Bools:
        return self.told.asked >= self.first_day


@dataclass(frozen=True, eq=False)
class Answers:
    """What one model says of every row that it says anything of (NaN elsewhere)."""

    p: Floats
    quantiles: Floats | None


def judge(task: Task, seed: int) -> dict[str, dict[str, Metrics]]:
    """By model and horizon, over the judged rows."""
    return score(task, {OURS: learn(task, seed), **baselines(task)})


def learn(task: Task, seed: int) -> Answers:
    """Trained on the training rows; recalibrated each day on what had been told by then."""
    rows = np.flatnonzero(task.training)
    lesson = Lesson(
        task.features[rows], task.names, task.opinion[rows], task.late[rows], task.known_s[rows], task.rising
    )
    layer, tested = fit_layer(lesson, task.growth, seed)
    p = np.full(len(task.late), np.nan)
    p[rows[tested.rows]] = tested.p
    p[task.judged] = layer.p(task.features[task.judged], task.opinion[task.judged])
    known = np.flatnonzero(~np.isnan(p))
    p[known] = recalibrate_daily(p[known], task.late[known], _told_of(task, known), task.first_day)
    return Answers(p, None if task.amounts is None else _learn_quantiles(task, task.amounts, rows, seed))


def _learn_quantiles(task: Task, amounts: Amounts, rows: NDArray[np.int64], seed: int) -> Floats:
    """(n, k) half and half with the simulation's own, then held to what they say day by day."""
    middle = amounts.simulated[:, LEVELS.index(0.5)]
    residual = (amounts.actual - middle)[rows]
    grown, asked, said = fit_quantiles(
        task.features[rows], residual, task.known_s[rows], task.names, QUANTILE_GROWTH, seed
    )
    quantiles = np.full(amounts.simulated.shape, np.nan)
    quantiles[rows[asked]] = said
    quantiles[task.judged] = grown.predict(task.features[task.judged])
    quantiles = 0.5 * (quantiles + middle[:, None]) + 0.5 * amounts.simulated
    known = np.flatnonzero(~np.isnan(quantiles[:, 0]))
    quantiles[known] = conform_daily(quantiles[known], amounts.actual[known], _told_of(task, known), task.first_day)
    return quantiles


def _told_of(task: Task, rows: NDArray[np.int64]) -> Told:
    return Told(task.told.asked[rows], task.told.told[rows], task.told.band[rows])


def baselines(task: Task) -> dict[str, Answers]:
    """The newest known state carried forward, and the simulation as it is."""
    simulated = task.opinion if task.simulated is None else task.simulated
    if task.amounts is None:
        return {CARRY: Answers(task.carried, None), SIMULATED: Answers(simulated, None)}
    point = task.amounts.carried
    carried = None if point is None else np.repeat(point[:, None], len(LEVELS), axis=1)
    return {CARRY: Answers(task.carried, carried), SIMULATED: Answers(simulated, task.amounts.simulated)}


def score(task: Task, answers: Mapping[str, Answers], rows: Bools | None = None) -> dict[str, dict[str, Metrics]]:
    """By model and horizon, over the judged rows, or some of them."""
    among = task.judged if rows is None else task.judged & rows
    return {
        model: {name: _metrics(task, answer, among & mask) for name, mask in task.horizons.items()}
        for model, answer in answers.items()
    }


def _metrics(task: Task, answer: Answers, rows: Bools) -> Metrics:
    if answer.quantiles is None or task.amounts is None:
        return metrics(answer.p[rows], task.late[rows])
    return metrics(answer.p[rows], task.late[rows], answer.quantiles[rows], LEVELS, task.amounts.actual[rows])


def bands_of(lead_min: Floats, edges: Sequence[float]) -> Ints:
    """(n,) the group of lead time each row is recalibrated in."""
    return np.searchsorted(np.asarray(edges), lead_min)
