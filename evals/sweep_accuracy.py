"""How far P(late) at so many samples is from P(late) at 100,000, on the simulated city's day."""

from dataclasses import dataclass

import numpy as np

from agent.pictures import Picture
from evals.city import build_city
from evals.profile import load_profile
from evals.watching import watch
from optimizer.kernel import Floats
from optimizer.prices import Prices
from optimizer.risk.assemble import Beliefs, assemble
from optimizer.risk.draws import Draws
from optimizer.risk.forecast import Forecaster
from optimizer.risk.learning import learn
from optimizer.risk.outcomes import all_starts
from optimizer.risk.priors import Priors

_EVERY_S = 5400.0
_PICTURES = 6  # from the day's begin on; later ones hold few open stops
_SEEDS = range(1, 7)
_TRUTH_SEEDS, _TRUTH_SAMPLES = range(1001, 1009), 12_544  # 100,352 samples in all, none of them the forecast's


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Over every open stop of every picture and seed: the mean and the 99th percentile of the error of P(late)."""

    p_error_mean: float
    p_error_p99: float


def measure_accuracy(samples: int, city: int = 1) -> Accuracy:
    """Errors of forecasts with so many samples of the built-in city's day."""
    day = watch(build_city(city), load_profile(None), city, Forecaster(samples=64), _EVERY_S)
    pictures = day.pictures[:_PICTURES]
    truth = [np.mean(row, axis=0) for row in zip(*_chances(pictures, _TRUTH_SEEDS, _TRUTH_SAMPLES), strict=True)]
    errors = [
        np.abs(chance - true)
        for row in _chances(pictures, _SEEDS, samples)
        for chance, true in zip(row, truth, strict=True)
    ]
    every = np.concatenate(errors)
    return Accuracy(float(every.mean()), float(np.quantile(every, 0.99)))


def _chances(pictures: tuple[Picture, ...], seeds: range, samples: int) -> list[list[Floats]]:
    """P(late) of every open stop, by seed and picture."""
    priors, found = Priors(), []
    for seed in seeds:
        draws = Draws(priors, samples, seed)
        found.append([_chance(picture, draws, priors) for picture in pictures])
    return found


def _chance(picture: Picture, draws: Draws, priors: Priors) -> Floats:
    beliefs = Beliefs(Prices(), priors, draws, learn(picture.snapshot, picture.travel, priors))
    problem = assemble(picture.snapshot, picture.travel, beliefs)
    chance: Floats = (all_starts(problem) > problem.world.closes_s[:, None]).mean(axis=1)
    return chance
