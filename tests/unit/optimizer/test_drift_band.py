"""The drift band: chance alone seldom leads out of it, a forecast that breaks its word does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.risk.drift import TOLERATED_ECE, lead_bucket, standing


def graded(n, seed, *, truth=lambda p: p, stops_a_route=5, shared=0.0, held=0.8):
    """Scores of routes whose stops share their luck to a degree; the outcome comes true with ``truth`` of the score."""
    rng = np.random.default_rng(seed)
    cluster = np.arange(n) // stops_a_route
    p = rng.beta(0.6, 4.0, n)
    luck = np.where(rng.random(n) < shared, rng.random(cluster.max() + 1)[cluster], rng.random(n))
    late = luck < truth(p)
    covered = (rng.random(n) < held).astype(float)
    return {"p": p, "late": late, "covered": covered, "cluster": cluster}


def share_outside(**how):
    days = 60
    return sum(standing(**graded(seed=seed, **how)).is_outside for seed in range(days)) / days


@pytest.mark.parametrize("n", [60, 300, 1500])
def test_a_forecast_that_keeps_its_word_seldom_leaves_the_band(n):
    assert share_outside(n=n) <= 0.05


def test_routes_that_share_their_luck_do_not_look_like_drift():
    assert share_outside(n=400, shared=0.8, stops_a_route=20) <= 0.08  # a band for independent stops: 0.28


def test_a_forecast_twice_too_hopeful_leaves_the_band():
    assert share_outside(n=400, truth=lambda p: 2 * p) >= 0.95


def test_a_forecast_twice_too_gloomy_leaves_the_band():
    assert share_outside(n=800, truth=lambda p: p / 2) >= 0.95


def test_intervals_that_hold_too_seldom_are_drift_and_too_often_are_not():
    assert share_outside(n=400, held=0.65) >= 0.95
    assert share_outside(n=400, held=1.0) <= 0.05


def test_an_error_too_small_to_matter_is_never_drift_however_many_stops_prove_it():
    judged = standing(**graded(20_000, 1, truth=lambda p: p + 0.015 * (p < 0.9)))
    assert 0.01 < judged.ece < TOLERATED_ECE
    assert not judged.is_outside


@given(seed=st.integers(0, 1000), n=st.integers(30, 400))
@settings(max_examples=40, deadline=None)
def test_coming_back_takes_no_less_than_staying_in(seed, n):
    scores = graded(n, seed)
    staying, returning = standing(**scores), standing(**scores, is_out=True)
    assert returning.ece_limit <= staying.ece_limit
    assert returning.coverage_limit >= staying.coverage_limit
    assert not staying.is_outside or returning.is_outside


def test_the_same_scores_are_judged_the_same():
    scores = graded(200, 3)
    assert standing(**scores) == standing(**scores)


def test_stops_that_nobody_saw_start_say_nothing_of_intervals():
    scores = graded(100, 1) | {"covered": np.full(100, np.nan)}
    judged = standing(**scores)
    assert (judged.coverage, judged.coverage_limit) == (None, None)


def test_leads_fall_into_the_bucket_that_begins_with_them():
    minutes = np.array([-5.0, 0.0, 19.9, 20.0, 44.9, 45.0, 90.0, 500.0])
    assert lead_bucket(minutes * 60).tolist() == [0, 0, 0, 20, 20, 45, 90, 90]
