"""How sure a ratio over days is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.evaluation.bootstrap import Interval, mean_interval, ratio_interval

COUNTS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.integers(0, 5)), min_size=2, max_size=30)


@given(COUNTS)
def test_the_figure_is_the_ratio_of_the_sums_and_lies_within_the_days_own(runs: list[tuple[int, int, int]]) -> None:
    parts, wholes, days = zip(*runs, strict=True)
    interval = ratio_interval(parts, wholes, days)
    assert interval.mean == pytest.approx(sum(parts) / sum(wholes))
    assert interval.low is not None
    assert interval.high is not None
    ratios = [part / whole for part, whole, _ in runs]
    assert min(ratios) - 1e-9 <= interval.low <= interval.high <= max(ratios) + 1e-9


def test_the_same_runs_give_the_same_interval() -> None:
    runs = ([3, 5, 1, 4], [10, 10, 10, 10], ["a", "a", "b", "c"])
    assert ratio_interval(*runs) == ratio_interval(*runs)


def test_runs_of_one_day_are_no_independent_witnesses() -> None:
    """Forty runs of four days, each day always the same: only the days vary."""
    values = [0, 0, 1, 1] * 10
    by_day = mean_interval(values, ["a", "b", "c", "d"] * 10)
    as_if_independent = mean_interval(values, range(40))
    assert by_day.high - by_day.low > 2 * (as_if_independent.high - as_if_independent.low)


def test_intervals_hold_as_often_as_they_say() -> None:
    """200 samples of 30 days of 3 seeds with a common luck each day: about 95 % hold the truth."""
    generator = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        luck = np.repeat(generator.normal(0.5, 0.1, 30), 3)
        values = luck + generator.normal(0, 0.1, 90)
        interval = mean_interval(values, [number // 3 for number in range(90)])
        held += interval.low <= 0.5 <= interval.high
    assert 180 <= held <= 198


def test_one_run_has_no_interval() -> None:
    assert ratio_interval([1], [2], ["a"]) == Interval(0.5, None, None)


def test_of_nothing_there_is_no_share() -> None:
    assert ratio_interval([0, 0], [0, 0], ["a", "b"]) == Interval(None, None, None)


def test_a_ratio_that_most_resamples_lack_has_no_interval() -> None:
    """All there is to divide by lies in one of three days: three in ten resamples do not hold it."""
    interval = ratio_interval([1, 0, 0], [2, 0, 0], ["a", "b", "c"])
    assert (interval.mean, interval.low) == (0.5, None)
