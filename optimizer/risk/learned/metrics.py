"""How good probabilities and quantiles are: the one definition that benchmarks, promotion, drift and reports share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from optimizer.kernel import Floats

BINS = 10
_TOP = 0.05
_SURE = 1e-6  # a forecast of 0 or 1 is charged as this far from it; else one surprise would be infinite


@dataclass(frozen=True, slots=True)
class Metrics:
    """None where a figure has no meaning (one class only, no quantiles, no rows).

    ``brier_skill`` is against always saying the rows' own rate. ``ece`` is over ten bins of equal width.
    ``precision_at_5`` and ``recall_at_5`` are of the twentieth of the rows with the highest P, ties taken evenly.
    ``coverage_90`` is the share within the outermost quantiles, ``pinball`` the mean over all levels in the unit of the
    quantiles.
    """

    auc: float | None
    brier_skill: float | None
    ece: float | None
    log_loss: float | None
    precision_at_5: float | None
    recall_at_5: float | None
    coverage_90: float | None
    pinball: float | None
    n: int


def metrics(
    p: Floats,
    late: NDArray[np.bool_],
    quantiles: Floats | None = None,
    levels: Sequence[float] = (),
    actual: Floats | None = None,
) -> Metrics:
    """Judge ``p`` (n,) by ``late`` (n,), and ``quantiles`` (n, k) of ``levels`` (k,) by ``actual`` (n,) when given.

    Censored rows are the caller's to leave out: every row counts alike here.
    """
    n = len(late)
    coverage, pinball = None, None
    if n and quantiles is not None and actual is not None:
        pinball = pinball_loss(quantiles, levels, actual)
        # A point forecast has no interval.
        coverage = interval_coverage(quantiles, actual) if np.any(quantiles[:, 0] < quantiles[:, -1]) else None
    if n == 0:
        return Metrics(None, None, None, None, None, None, coverage, pinball, 0)
    positive = int(late.sum())
    both = 0 < positive < n
    base = positive / n
    hits = _expected_hits(p, late)
    top = max(round(_TOP * n), 1)
    return Metrics(
        auc=_auc(p, late) if both else None,
        brier_skill=float(1.0 - np.mean((p - late) ** 2) / (base * (1.0 - base))) if both else None,
        ece=expected_calibration_error(p, late),
        log_loss=log_loss(p, late),
        precision_at_5=hits / top,
        recall_at_5=hits / positive if positive else None,
        coverage_90=coverage,
        pinball=pinball,
        n=n,
    )


def log_loss(p: Floats, late: NDArray[np.bool_]) -> float:
    """The mean surprise in nats."""
    safe = np.clip(p, _SURE, 1.0 - _SURE)
    return float(-np.mean(np.where(late, np.log(safe), np.log1p(-safe))))


def expected_calibration_error(p: Floats, late: NDArray[np.bool_]) -> float:
    """Mean distance between what was said and what came, over bins of equal width, weighted by rows."""
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=p - late, minlength=BINS)
    return float(np.abs(gaps).sum() / len(p))


def interval_coverage(quantiles: Floats, actual: Floats) -> float:
    """The share of outcomes between the first and the last quantile, both included."""
    return float(np.mean((actual >= quantiles[:, 0]) & (actual <= quantiles[:, -1])))


def pinball_loss(quantiles: Floats, levels: Sequence[float], actual: Floats) -> float:
    """The mean over rows and levels; at the level one half it is half the absolute error."""
    above = actual[:, None] - quantiles
    share = np.asarray(levels)[None, :]
    return float(np.mean(np.maximum(share * above, (share - 1.0) * above)))


def _auc(p: Floats, late: NDArray[np.bool_]) -> float:
    positive = int(late.sum())
    rank_sum = float(rankdata(p)[late].sum())
    return (rank_sum - positive * (positive + 1) / 2) / (positive * (len(p) - positive))


def _expected_hits(p: Floats, late: NDArray[np.bool_]) -> float:
    """How many late ones the top holds; where the edge falls among equals, their share of it."""
    top = max(round(_TOP * len(p)), 1)
    edge = np.partition(p, len(p) - top)[len(p) - top]
    above, level = p > edge, p == edge
    return float(late[above].sum() + (top - above.sum()) * late[level].mean())
