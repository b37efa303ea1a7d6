"""One visit or leg at a time: the structural baseline where there is no route to drive along.

A duration is what is expected of it times a multiplier; the multiplier's mean is shrunken from earlier days, its spread
is that of earlier days' surprises (empirical, so with the tails they had).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.kernel import Floats, Ints
from optimizer.risk.draws import Draws
from optimizer.risk.learned.quantiles import LEVELS
from optimizer.risk.learned.rates import Keys, rates_as_of
from optimizer.risk.priors import Priors

_LEAST_SURPRISES = 100
_CLIP = 1.0  # of log ratios: a click on the wrong day is not a slow road


@dataclass(frozen=True, eq=False)
class DurationRows:
    """n durations in minutes: (n, F) features by name, the simulation's P(late) and (n, 5) quantiles, what carrying
    the newest known outcome forward says, and what came. ``day`` is the day of scoring, ``told`` that of the outcome,
    ``known_s`` the moment of scoring."""

    names: tuple[str, ...]
    features: NDArray[np.float32]
    opinion: Floats
    mc: Floats
    carried: Floats
    late: NDArray[np.bool_]
    minutes: Floats
    day: Ints
    told: Ints
    known_s: Floats


@dataclass(frozen=True, eq=False)
class Simulated:
    """(n,) P(late), (n, 5) quantiles in minutes, (n,) the expected log multiplier."""

    p_late: Floats
    quantiles: Floats
    mean: Floats


def simulate_durations(
    keys: Keys, expected_min: Floats, limit_min: Floats, minutes: Floats, day: Ints, told: Ints, seed: int
) -> Simulated:
    """Each row from what was ``told`` on days before its own; the priors' own tails until surprises are enough."""
    log_ratio = np.clip(np.log(minutes / expected_min), -_CLIP, _CLIP)
    mean = rates_as_of(keys, log_ratio, day, told)[:, -2]
    surprise = np.log(minutes / expected_min) - mean
    priors = Priors()
    first = np.sort(np.log(Draws(priors, 512, seed).leg(priors.leg_sd)))
    p_late, quantiles = np.empty(day.size), np.empty((day.size, len(LEVELS)))
    for today in np.unique(day):
        now, past = day == today, np.sort(surprise[told < today])
        pool = past if past.size >= _LEAST_SURPRISES else first
        limit = np.log(limit_min[now] / expected_min[now]) - mean[now]
        p_late[now] = 1.0 - np.searchsorted(pool, limit, side="right") / pool.size
        spread = np.quantile(pool, LEVELS)
        quantiles[now] = expected_min[now, None] * np.exp(mean[now, None] + spread[None, :])
    return Simulated(p_late, quantiles, mean)


def newest_before(key: Ints, asked_s: Floats, told_s: Floats, value: Floats) -> tuple[Floats, Floats]:
    """(n,) the value of the same key's row that was told last before each row was asked (0: none), and how long ago."""
    newest, age = np.zeros(key.size), np.full(key.size, np.inf)
    for each in np.unique(key):
        rows = np.flatnonzero(key == each)
        told = rows[np.argsort(told_s[rows], kind="stable")]
        index = np.searchsorted(told_s[told], asked_s[rows], side="left") - 1
        known = index >= 0
        newest[rows[known]] = value[told[index[known]]]
        age[rows[known]] = asked_s[rows[known]] - told_s[told[index[known]]]
    return newest, age


def mean_lately(key: Ints, asked_s: Floats, told_s: Floats, value: Floats, within_s: float) -> Floats:
    """(n,) the shrunken mean of the same key's rows that were told in that span before each row was asked."""
    means = np.zeros(key.size)
    for each in np.unique(key):
        rows = np.flatnonzero(key == each)
        told = rows[np.argsort(told_s[rows], kind="stable")]
        sums = np.concatenate(([0.0], np.cumsum(value[told])))
        until = np.searchsorted(told_s[told], asked_s[rows], side="left")
        since = np.searchsorted(told_s[told], asked_s[rows] - within_s, side="left")
        means[rows] = (sums[until] - sums[since]) / (until - since + 3.0)
    return means
