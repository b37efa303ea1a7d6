"""How sure a figure is that was taken over days and seeds: a bootstrap over days.

The runs of one day share its plan, so they are no independent witnesses: whole days are drawn, with all their seeds.
A figure is a ratio of sums, which is what the whole fleet would report, never a mean of the days' ratios.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 4_000
LEVEL = 0.95
_SEED = 20_260_302
_WORTHLESS = (
    0.05  # of the resamples, the most that may have no ratio (nothing to divide by) before there is no interval
)


@dataclass(frozen=True, slots=True)
class Interval:
    """``mean`` is the figure itself; with ``LEVEL`` confidence it is in ``low`` to ``high``. None: can't be said."""

    mean: float | None
    low: float | None
    high: float | None

    def as_json(self) -> dict[str, float | None]:
        return {"mean": _rounded(self.mean), "low": _rounded(self.low), "high": _rounded(self.high)}


def ratio_interval(parts: ArrayLike, wholes: ArrayLike, clusters: Sequence[Hashable]) -> Interval:
    """The ratio sum(parts) / sum(wholes) over n runs, and its percentile interval; the same input gives the same.

    ``parts``, ``wholes`` (n,); ``clusters`` (n,) names the day of each run. With one day alone its runs are drawn, as
    there is nothing else to draw; with one run there is no interval.
    """
    top, bottom = _sums(parts, clusters), _sums(wholes, clusters)
    mean = _ratio(float(top.sum()), float(bottom.sum()))
    if len(top) < 2 or mean is None:
        return Interval(mean, None, None)
    drawn = _draw(len(top))
    sums = drawn @ bottom
    has_ratio = sums > 0
    if has_ratio.mean() < 1 - _WORTHLESS:
        return Interval(mean, None, None)
    ratios = (drawn @ top)[has_ratio] / sums[has_ratio]
    low, high = np.percentile(ratios, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Interval(mean, float(low), float(high))


def mean_interval(values: ArrayLike, clusters: Sequence[Hashable]) -> Interval:
    """The mean of n runs' values (n,), the same way."""
    return ratio_interval(values, np.ones(np.size(values)), clusters)


def _sums(values: ArrayLike, clusters: Sequence[Hashable]) -> NDArray[np.float64]:
    """The values added up by cluster; each by itself where all are of one."""
    each = np.asarray(values, dtype=np.float64)
    names = list(dict.fromkeys(clusters))
    if len(names) < 2:
        return each
    place = {name: number for number, name in enumerate(names)}
    sums = np.zeros(len(names))
    np.add.at(sums, [place[cluster] for cluster in clusters], each)
    return sums


@cache
def _draw(count: int) -> NDArray[np.float64]:
    """(RESAMPLES, count) how often each cluster is in each resample."""
    generator = np.random.default_rng([_SEED, count])
    return generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES).astype(np.float64)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
