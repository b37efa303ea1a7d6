"""Hold-ups: long tails, no memory of what did not happen, and what has lasted will last."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.kernel import NEVER
from optimizer.risk.draws import Draws
from optimizer.risk.holdups import length_s, next_hold, outlasting, rest_s
from optimizer.risk.priors import Priors

PRIORS = Priors()
LEVELS = (np.arange(1024) + 0.5) / 1024


def test_lengths_keep_within_their_bounds_and_have_a_long_tail() -> None:
    lengths = length_s(PRIORS, LEVELS)
    assert lengths.min() >= PRIORS.hold_min_s
    assert lengths.max() <= PRIORS.hold_max_s
    assert lengths.mean() > 1.2 * np.median(lengths)


@given(st.floats(0.0, 20_000.0), st.floats(0.0, 5_000.0))
def test_the_longer_it_has_lasted_the_longer_it_lasts_in_all(stood_s: float, more_s: float) -> None:
    shorter, longer = (when + rest_s(PRIORS, when, LEVELS) for when in (stood_s, stood_s + more_s))
    if stood_s + more_s < PRIORS.hold_max_s or stood_s >= PRIORS.hold_max_s:
        assert (longer >= shorter - 1e-6).all()
    assert (rest_s(PRIORS, stood_s, LEVELS) >= -1e-6).all()


@pytest.mark.parametrize("stood_s", [0.0, 1_800.0, 5_400.0])
def test_the_rest_is_the_length_of_those_that_last_so_long(stood_s: float) -> None:
    lengths = length_s(PRIORS, (np.arange(400_000) + 0.5) / 400_000)
    lasting = lengths[lengths > stood_s]
    assert lasting.size / lengths.size == pytest.approx(outlasting(PRIORS, stood_s), abs=1e-3)
    assert np.median(lasting) - stood_s == pytest.approx(float(np.median(rest_s(PRIORS, stood_s, LEVELS))), rel=0.01)


def test_as_many_come_in_an_hour_as_the_rates_say_and_breakdowns_end_it() -> None:
    draws = Draws(PRIORS, 4096, 1)
    at_s, lasts_s = next_hold(PRIORS, draws, "R1", 1000.0, (0.3, 0.1))
    within = (at_s - 1000.0 <= 3600.0).mean()
    assert within == pytest.approx(1 - np.exp(-0.4), abs=0.005)
    assert (lasts_s >= NEVER).mean() == pytest.approx(0.25, abs=0.005)


def test_without_any_rate_nothing_ever_happens() -> None:
    at_s, _ = next_hold(PRIORS, Draws(PRIORS, 64, 1), "R1", 0.0, (0.0, 0.0))
    assert (at_s >= NEVER).all()
