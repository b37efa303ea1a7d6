"""The luck of the day: evenly spread, and an entity's own."""

import numpy as np
import pytest

from optimizer.risk.draws import Draws
from optimizer.risk.priors import Priors


def test_an_entitys_ranks_are_its_own_whoever_was_asked_before() -> None:
    first, second = Draws(Priors(), 256, 1), Draws(Priors(), 256, 1)
    second.ranks("leg", "other")
    assert (first.ranks("leg", "S1") == second.ranks("leg", "S1")).all()
    assert (first.ranks("leg", "S1") != first.ranks("visit", "S1")).any()
    assert (first.ranks("leg", "S1") != Draws(Priors(), 256, 2).ranks("leg", "S1")).any()


@pytest.mark.parametrize("samples", [64, 256, 512])
def test_all_samples_and_each_run_of_64_are_evenly_spread(samples: int) -> None:
    ranks = Draws(Priors(), samples, 7).ranks("leg", "S1").astype(int)
    assert sorted(ranks) == list(range(samples))
    for run in ranks.reshape(-1, 64):
        assert sorted(run * 64 // samples) == list(range(64))


def test_factors_have_the_mean_they_are_asked_for() -> None:
    draws = Draws(Priors(), 256, 1)
    assert draws.leg(0.25).mean() == pytest.approx(1.0)
    assert draws.service(0.3).mean() == pytest.approx(1.0)
    factors = draws.factor("pace", "R1", 1.3, 0.1)
    assert factors.mean() == pytest.approx(1.3)
    assert np.log(factors).std() == pytest.approx(0.1, rel=0.05)


def test_legs_have_heavier_tails_than_visits() -> None:
    logs = np.log(Draws(Priors(), 512, 1).leg(0.3))
    assert np.abs(logs / logs.std()).max() > 4.0


def test_samples_that_cannot_be_spread_evenly_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 64"):
        Draws(Priors(), 100, 1)
