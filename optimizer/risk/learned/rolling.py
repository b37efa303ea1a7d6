"""Day after day: yesterday's outcomes correct today's answers, over a window that moves along.

Only outcomes told before a day are used for it. Days are alike within themselves, so what a window says is taken with
many rows' worth of doubt, per band of lead time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from optimizer.kernel import Floats, Ints
from optimizer.risk.learned.calibration import Bools
from optimizer.risk.learned.quantiles import LEVELS, conformal_offsets

CALIBRATION_DAYS, QUANTILE_DAYS = 60, 10
"""How far back is looked, in days that have rows: spreads change sooner than the meaning of P."""

_DOUBT = (
    3000.0  # information units (about four rows at P = .5 each) for offset and slope as they are: rows of a day are kin
)
_EDGE = 1e-4
_LEAST_ROWS = 50
_STEP = 0.8  # how fast the nominal level follows what was covered
_WIDEST, _NARROWEST = 0.02, 0.4
_NOMINAL = 1.0 - (LEVELS[-1] - LEVELS[0])


@dataclass(frozen=True, eq=False)
class Told:
    """n rows in any order: the day each was asked, the day its outcome was told, and its band of lead time."""

    asked: Ints
    told: Ints
    band: Ints

    def window(self, day: int, band: int, length: int) -> NDArray[np.int64]:
        """The band's rows of the last ``length`` days that have any told before this day."""
        mine = np.flatnonzero((self.band == band) & (self.told < day) & (self.asked < day))
        days = np.unique(self.asked[mine])
        return mine[self.asked[mine] >= days[-length:][0]] if days.size else mine


def recalibrate_daily(p: Floats, late: Bools, told: Told, first_day: int) -> Floats:
    """(n,) p with the rows from ``first_day`` on corrected by what the window of each day says."""
    corrected = p.copy()
    for day, band, now in _days(told):
        window = told.window(day, band, CALIBRATION_DAYS)
        if day >= first_day and window.size >= _LEAST_ROWS:
            offset, slope = _offset_and_slope(p[window], late[window])
            corrected[now] = expit(offset + slope * _odds(p[now]))
    return corrected


def conform_daily(quantiles: Floats, actual: Floats, told: Told, first_day: int) -> Floats:
    """(n, k) quantiles, from ``first_day`` on moved so that they would have held over each day's window.

    The outermost two also follow how often they failed lately: after days with too many misses they reach further.
    """
    moved = quantiles.copy()
    misses = actual[:, None] - quantiles
    wish: dict[int, float] = {}
    for day, band, now in _days(told):
        window = told.window(day, band, QUANTILE_DAYS)
        if window.size < _LEAST_ROWS:
            continue
        missed = wish.get(band, _NOMINAL)
        levels = (missed / 2, *LEVELS[1:-1], 1.0 - missed / 2)
        said = np.sort(quantiles[now] + conformal_offsets(misses[window], levels), axis=1)
        # Told in the evening, so it counts from the next day on.
        failed = np.mean((actual[now] < said[:, 0]) | (actual[now] > said[:, -1]))
        moved[now] = said if day >= first_day else quantiles[now]
        wish[band] = float(np.clip(missed + _STEP * (_NOMINAL - failed), _WIDEST, _NARROWEST))
    return moved


def _days(told: Told) -> list[tuple[int, int, NDArray[np.int64]]]:
    """(day, band, rows) in order of days."""
    found = []
    for day in np.unique(told.asked).tolist():
        today = np.flatnonzero(told.asked == day)
        found += [(day, band, today[told.band[today] == band]) for band in np.unique(told.band[today]).tolist()]
    return found


def _offset_and_slope(p: Floats, late: Bools) -> tuple[float, float]:
    """Logistic regression of the outcome on the odds, held towards (0, 1)."""
    x = np.column_stack([np.ones(len(p)), _odds(p)])
    start = weights = np.array([0.0, 1.0])
    for _ in range(25):
        said = expit(x @ weights)
        slope = x.T @ (late - said) - _DOUBT * (weights - start)
        bend = (x * (said * (1.0 - said))[:, None]).T @ x + _DOUBT * np.eye(2)
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return float(weights[0]), float(max(weights[1], 0.0))


def _odds(p: Floats) -> Floats:
    odds: Floats = logit(np.clip(p, _EDGE, 1.0 - _EDGE))
    return odds
