"""Making 0.3 mean three in ten: a rising map from what a model says to what then came.

Four maps compete. ``none`` leaves P as it is; ``logistic`` has two numbers and suits few rows; ``isotonic`` follows any
rising shape; ``venn-abers`` is the conformal one: what isotonic regression would say were the next outcome late, and
were it not, merged, which keeps it away from 0 and 1 where rows are few. The map is chosen on rows newer than those
it was fitted to, by log loss.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.special import expit, logit

from optimizer.kernel import Floats
from optimizer.risk.learned.metrics import log_loss

Bools = NDArray[np.bool_]

KINDS = ("none", "logistic", "isotonic", "venn-abers")
_EDGE = 1e-4  # no map says more surely than this
_CELLS = 100  # of equal counts: a map with more knots than that would be noise
_STEPS = 30
_WORTH_MAPPING = 0.01  # of the log loss: less is what a few odd days make by chance
_LEAST_DAYS = 7  # held out: rows of a day are kin, and what a few days have in common passes
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A map of probabilities that never falls: piecewise linear through knots, or logistic (offset, slope)."""

    kind: str = "none"
    said: tuple[float, ...] = ()
    came: tuple[float, ...] = ()

    def apply(self, p: Floats) -> Floats:
        """(n,) calibrated probabilities."""
        if self.kind == "none":
            return p
        if self.kind == "logistic":
            offset, slope = self.came
            logistic: Floats = expit(offset + slope * _logit(p))
            return logistic
        return np.interp(p, self.said, self.came)

    def to_content(self) -> dict[str, Any]:
        """As JSON values."""
        return {"kind": self.kind, "said": list(self.said), "came": list(self.came)}

    @classmethod
    def from_content(cls, content: Any) -> "Calibration":
        """From ``to_content``."""
        return cls(content["kind"], tuple(content["said"]), tuple(content["came"]))


def fit_calibration(kind: str, p: Floats, late: Bools) -> Calibration:
    """The map of that kind fitted to (n,) rows; ``none`` if only one outcome is among them."""
    if kind == "none" or late.all() or not late.any():
        return Calibration()
    if kind == "logistic":
        return _logistic(p, late)
    said, came, count = _cells(p, late)
    if kind == "isotonic":
        level = isotonic_regression(came / count, weights=count).x
        # A block without a single late stop is not proof that there is none: one more row at the common rate.
        came = np.maximum.accumulate(_in_blocks(level, came, count, late.mean()))
    else:
        came = _venn_abers(came, count)
    return Calibration(kind, tuple(said.tolist()), tuple(np.clip(came, _EDGE, 1 - _EDGE).tolist()))


def choose_calibration(p: Floats, late: Bools, time_s: Floats, *, hold_out: float = 0.35) -> Calibration:
    """The kind that does best on the newest rows when fitted to the older, then fitted to all of them.

    Never worse than ``none``, neither on the newest rows by choice nor on all of them by check; and ``none`` as long as
    the newest rows are of less than a week of days.
    """
    cut = np.quantile(time_s, 1.0 - hold_out)
    old, new = time_s < cut, time_s >= cut
    if np.unique(np.floor(time_s[new] / _DAY_S)).size < _LEAST_DAYS:
        return Calibration()
    losses = {kind: log_loss(fit_calibration(kind, p[old], late[old]).apply(p[new]), late[new]) for kind in KINDS}
    kind = min(KINDS, key=lambda kind: losses[kind])
    if losses[kind] > (1.0 - _WORTH_MAPPING) * losses["none"]:
        return Calibration()
    best = fit_calibration(kind, p, late)
    return best if log_loss(best.apply(p), late) <= log_loss(p, late) else Calibration()


def _logit(p: Floats) -> Floats:
    odds: Floats = logit(np.clip(p, _EDGE, 1.0 - _EDGE))
    return odds


def _logistic(p: Floats, late: Bools) -> Calibration:
    """Platt's map by Newton's method; the slope is kept from turning round."""
    x = np.column_stack([np.ones(len(p)), _logit(p)])
    weights = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        said = expit(x @ weights)
        slope = x.T @ (late - said)
        bend = (x * (said * (1.0 - said))[:, None]).T @ x + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return Calibration("logistic", (), (float(weights[0]), float(max(weights[1], 0.0))))


def _cells(p: Floats, late: Bools) -> tuple[Floats, Floats, Floats]:
    """At most ``_CELLS`` runs of rows in order of p, equals together: mean p, late ones, rows."""
    _, index, count = np.unique(p, return_inverse=True, return_counts=True)
    cell_of_value = np.minimum((np.cumsum(count) - count) * _CELLS // len(p), _CELLS - 1)
    cell = np.unique(cell_of_value, return_inverse=True)[1][index]
    rows = np.bincount(cell).astype(np.float64)
    late_ones = np.bincount(cell, weights=late).astype(np.float64)
    return np.bincount(cell, weights=p) / rows, late_ones, rows


def _in_blocks(level: Floats, came: Floats, count: Floats, rate: float) -> Floats:
    block = np.concatenate(([0], np.cumsum(np.diff(level) > 0)))
    shrunk: Floats = ((np.bincount(block, weights=came) + rate) / (np.bincount(block, weights=count) + 1.0))[block]
    return shrunk


def _venn_abers(came: Floats, count: Floats) -> Floats:
    """For each cell: one more row put into it, first not late and then late, and the two answers merged."""
    merged = np.empty(came.size)
    for cell in range(came.size):
        more = count.copy()
        more[cell] += 1.0
        p0 = isotonic_regression(came / more, weights=more).x[cell]
        hits = came.copy()
        hits[cell] += 1.0
        p1 = isotonic_regression(hits / more, weights=more).x[cell]
        merged[cell] = p1 / (1.0 - p0 + p1)
    return np.maximum.accumulate(merged)
