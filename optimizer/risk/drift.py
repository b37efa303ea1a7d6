"""Whether a forecast still keeps its word: calibration and interval coverage, held against what chance alone allows.

Stops of one route share their luck, so a band for independent stops would be too narrow. Two bands are made and the
wider one counts: outcomes drawn anew from the forecast itself (no route effect, exact for few stops), and the residuals
with their sign turned route by route (a wild cluster bootstrap: keeps what the stops of a route have in common).
Neither knows what a whole day has in common; a window of several days and the way back (hysteresis) damp that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.kernel import Floats, Ints
from optimizer.risk.learned.metrics import BINS

LEAD_BUCKETS_MIN: tuple[int, ...] = (0, 20, 45, 90)
"""Lower ends of the lead buckets, minutes from the score to the expected start; the last one is open."""

NOMINAL_COVERAGE = 0.8
"""The ETA's interval runs from its 10 to its 90 % point."""

# As good as the goals ask for (ECE .025 to .03) is never called drift, however many stops prove it not to be zero.
TOLERATED_ECE = 0.03
TOLERATED_SHORTFALL = 0.05
_OUT, _BACK = 0.99, 0.90  # share of calibrated forecasts that stay inside: going out takes more than coming back
_EASIER_BACK = 0.8  # the same for the tolerances
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Standing:
    """How a forecast stands. Limits are those of the band; ``coverage`` is None when nobody saw a start.

    Only too narrow intervals count as drift: a stop that waits for its window to open has its whole interval at one
    point and is always covered, so that more than the nominal share is no fault.
    """

    n: int
    ece: float
    ece_limit: float
    coverage: float | None
    coverage_limit: float | None

    @property
    def is_outside(self) -> bool:
        too_narrow = (
            self.coverage is not None and self.coverage_limit is not None and self.coverage < self.coverage_limit
        )
        return self.ece > self.ece_limit or too_narrow


def lead_bucket(lead_s: Floats) -> Ints:
    """(n,) lower end in minutes of each lead's bucket; a start that was expected earlier counts as now."""
    ends = np.array(LEAD_BUCKETS_MIN)
    buckets: Ints = ends[np.clip(np.searchsorted(ends * 60.0, lead_s, side="right") - 1, 0, None)]
    return buckets


def standing(
    p: Floats,
    late: NDArray[np.bool_],
    covered: NDArray[np.float64],
    cluster: Ints,
    *,
    is_out: bool = False,
    seed: int = 1,
) -> Standing:
    """Hold n > 0 graded scores against the band.

    ``covered`` (n,) is 1, 0, or NaN where nobody saw the start; ``cluster`` (n,) numbers the routes from 0. ``is_out``:
    the forecast is outside at present, so the narrower band counts that it must get back into.
    """
    rng = np.random.default_rng(seed)
    share, ease = (_BACK, _EASIER_BACK) if is_out else (_OUT, 1.0)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    seen = np.isfinite(covered)
    coverage = float(covered[seen].mean()) if seen.any() else None
    return Standing(
        n=len(p),
        ece=float(np.abs(np.bincount(bins, weights=p - late, minlength=BINS)).sum() / len(p)),
        ece_limit=max(float(np.quantile(_ece_by_chance(rng, p, late, bins, cluster), share)), TOLERATED_ECE * ease),
        coverage=coverage,
        coverage_limit=None
        if coverage is None
        else NOMINAL_COVERAGE
        - max(
            float(np.quantile(_shortfall_by_chance(rng, covered[seen], cluster[seen]), share)),
            TOLERATED_SHORTFALL * ease,
        ),
    )


def _ece_by_chance(rng: np.random.Generator, p: Floats, late: NDArray[np.bool_], bins: Ints, cluster: Ints) -> Floats:
    """(2 K,) calibration errors that a calibrated forecast would show."""
    per_route = np.zeros((int(cluster.max()) + 1, BINS))
    np.add.at(per_route, (cluster, bins), p - late)
    turned = np.abs(_signs(rng, len(per_route)) @ per_route).sum(axis=1) / len(p)
    said = np.bincount(bins, weights=p, minlength=BINS)
    drawn = np.empty((_DRAWS, BINS))
    for k in range(_DRAWS):  # draw by draw: all at once would take n x K bytes many times over
        drawn[k] = np.bincount(bins, weights=rng.random(len(p)) < p, minlength=BINS)
    independent = np.abs(drawn - said).sum(axis=1) / len(p)
    return _wider(independent, turned)


def _shortfall_by_chance(rng: np.random.Generator, covered: Floats, cluster: Ints) -> Floats:
    """How far below the nominal share the coverage of honest intervals may fall."""
    per_route = np.bincount(cluster, weights=NOMINAL_COVERAGE - covered)
    turned: Floats = _signs(rng, len(per_route)) @ per_route / len(covered)
    hits = rng.binomial(len(covered), NOMINAL_COVERAGE, _DRAWS).astype(np.float64)
    independent: Floats = NOMINAL_COVERAGE - hits / len(covered)
    return _wider(independent, turned)


def _wider(independent: Floats, clustered: Floats) -> Floats:
    """The band with the further 99th percentile."""
    return max(independent, clustered, key=lambda draws: float(np.quantile(draws, _OUT)))


def _signs(rng: np.random.Generator, count: int) -> Floats:
    """(K, count) of plus and minus one."""
    signs: Floats = rng.choice(np.array([-1.0, 1.0]), size=(_DRAWS, count))
    return signs
