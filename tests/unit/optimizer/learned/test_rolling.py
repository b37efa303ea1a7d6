"""Daily corrections: from the past alone, and worth having when the world drifts."""

import numpy as np

from optimizer.risk.learned.metrics import expected_calibration_error, interval_coverage
from optimizer.risk.learned.quantiles import LEVELS
from optimizer.risk.learned.rolling import Told, conform_daily, recalibrate_daily

DAYS, ROWS = 40, 60
RNG = np.random.default_rng(1)
DAY = np.repeat(np.arange(DAYS), ROWS)
TOLD = Told(DAY, DAY, np.arange(DAY.size) % 2)
P = RNG.uniform(0.05, 0.6, DAY.size)
LATE = RNG.random(DAY.size) < 0.5 * P  # half as often as said
ACTUAL = RNG.normal(size=DAY.size) * (1.0 + DAY / 20.0)  # spreads ever wider
QUANTILES = np.tile(np.array([-1.645, -0.674, 0.0, 0.674, 1.645]), (DAY.size, 1))


def test_what_comes_later_never_changes_what_was_said() -> None:
    later = DAY >= 30
    p = recalibrate_daily(P, LATE, TOLD, 20)
    assert np.array_equal(p[~later], recalibrate_daily(P, LATE ^ later, TOLD, 20)[~later])
    q = conform_daily(QUANTILES, ACTUAL, TOLD, 20)
    other = conform_daily(QUANTILES, np.where(later, 99.0, ACTUAL), TOLD, 20)
    assert np.array_equal(q[~later], other[~later])
    assert np.array_equal(q[DAY == 30], other[DAY == 30])  # that day's own outcomes come in the evening


def test_what_was_told_later_is_used_later() -> None:
    slow = Told(DAY, DAY + 5, TOLD.band)
    later = DAY + 5 >= 30
    q = conform_daily(QUANTILES, ACTUAL, slow, 20)
    other = conform_daily(QUANTILES, np.where(later & (DAY < 30), 99.0, ACTUAL), slow, 20)
    assert np.array_equal(q[DAY < 25], other[DAY < 25])


def test_before_the_first_day_nothing_is_touched() -> None:
    early = DAY < 20
    assert np.array_equal(recalibrate_daily(P, LATE, TOLD, 20)[early], P[early])
    assert np.array_equal(conform_daily(QUANTILES, ACTUAL, TOLD, 20)[early], QUANTILES[early])


def test_a_lasting_error_is_taken_back_in_part() -> None:
    new = DAY >= 20
    corrected = recalibrate_daily(P, LATE, TOLD, 20)
    assert expected_calibration_error(corrected[new], LATE[new]) < expected_calibration_error(P[new], LATE[new])


def test_intervals_hold_while_spreads_grow_and_never_cross() -> None:
    new = DAY >= 20
    q = conform_daily(QUANTILES, ACTUAL, TOLD, 20)
    assert interval_coverage(QUANTILES[new], ACTUAL[new]) < 0.70
    assert 0.86 <= interval_coverage(q[new], ACTUAL[new]) <= 0.93
    assert (np.diff(q, axis=1) >= 0.0).all()
    assert q.shape[1] == len(LEVELS)
