"""Maps from said to came."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.risk.learned.calibration import KINDS, Calibration, choose_calibration, fit_calibration
from optimizer.risk.learned.metrics import expected_calibration_error, log_loss


def world(seed: int, rows: int = 2000, bend: float = 2.0):
    """P that says ``bend`` times the odds it should, over forty days."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-1.0, 1.5, rows)
    late = rng.random(rows) < 1.0 / (1.0 + np.exp(-odds))
    return 1.0 / (1.0 + np.exp(-bend * odds)), late, np.linspace(0.0, 40 * 86_400.0, rows)


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 10_000), rows=st.integers(2, 300), levels=st.integers(2, 50))
@settings(max_examples=25, deadline=None)
def test_a_map_never_falls_and_stays_within_0_and_1(kind, seed, rows, levels) -> None:
    rng = np.random.default_rng(seed)
    p = rng.integers(0, levels, rows) / levels  # with ties
    mapped = fit_calibration(kind, p, rng.random(rows) < p).apply(np.linspace(0.0, 1.0, 101))
    assert (np.diff(mapped) >= -1e-12).all()
    assert ((mapped >= 0.0) & (mapped <= 1.0)).all()


@given(seed=st.integers(0, 10_000), bend=st.floats(0.2, 4.0))
@settings(max_examples=25, deadline=None)
def test_the_chosen_map_never_worsens_log_loss_on_its_rows(seed, bend) -> None:
    p, late, time_s = world(seed, 400, bend)
    chosen = choose_calibration(p, late, time_s)
    assert log_loss(chosen.apply(p), late) <= log_loss(p, late)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
def test_overconfidence_is_corrected_out_of_sample(kind) -> None:
    p, late, _ = world(1)
    new_p, new_late, _ = world(2)
    mapped = fit_calibration(kind, p, late).apply(new_p)
    assert expected_calibration_error(mapped, new_late) < 0.5 * expected_calibration_error(new_p, new_late)


def test_what_is_calibrated_is_left_as_it_is() -> None:
    p, late, time_s = world(3, bend=1.0)
    assert choose_calibration(p, late, time_s) == Calibration()


def test_a_map_is_chosen_only_when_a_week_could_be_held_out() -> None:
    p, late, time_s = world(5)
    assert choose_calibration(p, late, time_s).kind != "none"
    assert choose_calibration(p, late, time_s / 4.0) == Calibration()


def test_a_corner_without_late_stops_is_not_called_safe() -> None:
    p = np.repeat([0.01, 0.6], 50)
    late = np.concatenate([np.zeros(50, bool), np.arange(50) % 2 == 0])
    for kind in ("isotonic", "venn-abers"):
        assert fit_calibration(kind, p, late).apply(np.array([0.01]))[0] > 0.002


def test_a_map_read_back_is_the_same() -> None:
    p, late, _ = world(4)
    for kind in KINDS:
        fitted = fit_calibration(kind, p, late)
        assert Calibration.from_content(fitted.to_content()) == fitted
