"""The one definition of good."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.risk.learned import metrics


@given(seed=st.integers(0, 10_000), levels=st.integers(2, 30))
@settings(max_examples=40, deadline=None)
def test_auc_is_the_share_of_pairs_in_the_right_order(seed, levels) -> None:
    rng = np.random.default_rng(seed)
    p, late = rng.integers(0, levels, 40) / levels, np.arange(40) % 3 == 0
    pairs = np.sign(p[late][:, None] - p[~late][None, :])
    assert metrics(p, late).auc == pytest.approx((pairs.mean() + 1.0) / 2.0)


def test_the_base_rate_has_no_skill_and_no_error() -> None:
    late = np.arange(100) % 4 == 0
    said = metrics(np.full(100, 0.25), late)
    assert said.brier_skill == pytest.approx(0.0)
    assert said.ece == pytest.approx(0.0)
    assert said.precision_at_5 == pytest.approx(0.25)  # ties are taken evenly
    assert said.recall_at_5 == pytest.approx(0.05)


def test_knowing_everything_is_perfect() -> None:
    late = np.arange(100) % 20 == 0
    said = metrics(late.astype(float), late)
    assert (said.auc, said.brier_skill, said.precision_at_5, said.recall_at_5) == (1.0, 1.0, 1.0, 1.0)


def test_a_surprise_after_certainty_is_dear_but_finite() -> None:
    assert 13.0 < metrics(np.zeros(2), np.array([True, True])).log_loss < 14.0


def test_one_class_or_no_rows_have_no_order() -> None:
    only = metrics(np.array([0.1, 0.2]), np.array([False, False]))
    assert (only.auc, only.brier_skill, only.recall_at_5, only.n) == (None, None, None, 2)
    assert metrics(np.zeros(0), np.zeros(0, bool)).ece is None


def test_quantiles_are_judged_by_what_they_held_and_missed() -> None:
    quantiles = np.tile([0.0, 10.0, 20.0], (4, 1))
    actual = np.array([-1.0, 0.0, 20.0, 12.0])
    said = metrics(np.full(4, 0.5), np.array([True, False, True, False]), quantiles, (0.05, 0.5, 0.95), actual)
    assert said.coverage_90 == 0.75
    by_hand = np.mean([np.maximum(q * (actual - v), (q - 1) * (actual - v)) for q, v in
                       ((0.05, 0.0), (0.5, 10.0), (0.95, 20.0))])  # fmt: skip
    assert said.pinball == pytest.approx(by_hand)
    point = metrics(np.full(4, 0.5), np.array([True, False, True, False]), quantiles[:, [1, 1, 1]], (0.05, 0.5, 0.95),
                    actual)  # fmt: skip
    assert point.coverage_90 is None
