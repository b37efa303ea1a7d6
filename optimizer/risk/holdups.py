"""Hold-ups and breakdowns: what happens to few vehicles, lasts long, and makes most of the promises that are missed.

A hold-up's length is Pareto: many just count as one, few last for hours. What is under way tells how it may go on: the
longer a vehicle has stood, the longer it will still stand.
"""

import numpy as np

from optimizer.kernel import NEVER, Floats
from optimizer.risk.draws import Draws
from optimizer.risk.priors import Priors

_BEYOND = 0.25  # what has outlasted all that is believed possible goes on for about a quarter as long again


def length_s(priors: Priors, level: Floats) -> Floats:
    """(S,) lengths at probability levels ``level``."""
    return rest_s(priors, priors.hold_min_s, level) + priors.hold_min_s


def rest_s(priors: Priors, stood_s: float, level: Floats) -> Floats:
    """(S,) how much longer a hold-up lasts that has lasted for ``stood_s``, at probability levels ``level``."""
    if stood_s >= priors.hold_max_s:
        return -_BEYOND * stood_s * np.log1p(-level)
    least_s = max(stood_s, priors.hold_min_s)
    least, most = least_s**-priors.hold_tail, priors.hold_max_s**-priors.hold_tail
    rest: Floats = (least - level * (least - most)) ** (-1.0 / priors.hold_tail) - stood_s
    return rest


def outlasting(priors: Priors, stood_s: float) -> float:
    """P(a hold-up lasts longer than ``stood_s``)."""
    if stood_s <= priors.hold_min_s:
        return 1.0
    least, most = priors.hold_min_s**-priors.hold_tail, priors.hold_max_s**-priors.hold_tail
    return float(max(stood_s**-priors.hold_tail - most, 0.0) / (least - most))


def next_hold(
    priors: Priors, draws: Draws, key: str, now_s: float, rates: tuple[float, float]
) -> tuple[Floats, Floats]:
    """(S,) when the next hold-up or breakdown of vehicle ``key`` begins, and how long it lasts (NEVER: for good).

    ``rates`` are hold-ups and breakdowns per hour under way. Their waiting times have no memory, so they are counted
    from now whenever now is; one that is under way already is for the vehicle's head to know.
    """
    hold_per_h, breakdown_per_h = rates
    both_per_h = hold_per_h + breakdown_per_h
    if both_per_h <= 0.0:
        return np.full(draws.samples, NEVER), np.zeros(draws.samples)
    at_s = now_s - np.log1p(-draws.levels[draws.ranks("hold-at", key)]) / both_per_h * 3600.0
    level = draws.levels[draws.ranks("hold-length", key)]
    breaks = breakdown_per_h / both_per_h
    lasts_s = length_s(priors, np.clip((level - breaks) / max(1.0 - breaks, 1e-12), 0.0, 1.0))
    return at_s, np.where(level < breaks, NEVER, lasts_s)
