"""The luck of the day: evenly spread, and an entity's own."""

from itertools import combinations

import numpy as np
import pytest

from optimizer.risk.draws import ROUTE_KINDS, Draws
from optimizer.risk.priors import Priors


def test_an_entitys_ranks_are_its_own_whoever_was_asked_before() -> None:
    first, second = Draws(Priors(), 256, 1), Draws(Priors(), 256, 1)
    second.ranks("leg", "other")
    assert (first.ranks("leg", "S1") == second.ranks("leg", "S1")).all()
    assert (first.ranks("leg", "S1") != first.ranks("visit", "S1")).any()
    assert (first.ranks("leg", "S1") != Draws(Priors(), 256, 2).ranks("leg", "S1")).any()


@pytest.mark.parametrize("samples", [64, 192, 256, 512])
@pytest.mark.parametrize("kind", ["leg", "pace", "hold-length"])
def test_all_samples_and_each_run_of_64_are_evenly_spread(samples: int, kind: str) -> None:
    ranks = Draws(Priors(), samples, 7).ranks(kind, "S1").astype(int)
    assert sorted(ranks) == list(range(samples))
    for run in ranks.reshape(-1, 64):
        assert sorted(run * 64 // samples) == list(range(64))


@pytest.mark.parametrize("route", ["R1", "R2", "R3"])
def test_a_routes_dimensions_are_evenly_spread_together(route: str) -> None:
    """Each run of 64 samples has 16 in each quarter that the halves of two dimensions make, for any two of them."""
    draws = Draws(Priors(), 512, 7)
    upper = np.array([draws.ranks(kind, route) >= 256 for kind in ROUTE_KINDS])
    for one, other in combinations(upper, 2):
        quarters = (2 * one + other).reshape(-1, 64)
        assert all(np.bincount(run, minlength=4).tolist() == [16] * 4 for run in quarters)


@pytest.mark.parametrize(("one", "other"), [("pace", "pace"), ("leg", "leg"), ("pace", "leg"), ("pace", "departure")])
def test_different_entities_know_nothing_of_each_other(one: str, other: str) -> None:
    """Ranks of different entities correlate as independent ones do: 1 / sqrt(samples) either way, and 0 on average."""
    draws, samples, entities = Draws(Priors(), 512, 3), 512, 120
    first = np.array([draws.ranks(one, f"A{i}") for i in range(entities)]) >= samples // 2
    second = np.array([draws.ranks(other, f"B{i}") for i in range(entities)]) >= samples // 2
    correlation = (2.0 * first - 1.0) @ (2.0 * second - 1.0).T / samples
    assert abs(correlation.mean()) < 0.002
    assert correlation.std() == pytest.approx(samples**-0.5, rel=0.1)


def test_noise_is_the_table_by_rank() -> None:
    draws = Draws(Priors(), 128, 1)
    table = draws.leg(0.25)
    noise = draws.noise("leg", ["S0", "S1"], table)
    assert (noise[1] == table.astype(np.float32)[draws.ranks("leg", "S1")]).all()
    assert (draws.stop_noise("S1")[0] == noise[1]).all()


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
