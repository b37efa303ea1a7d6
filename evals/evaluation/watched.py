"""How reliable what the service says is: forecasts of days that nobody alters, beside what came of them."""

import time

import numpy as np

from evals.evaluation.lines import Line
from evals.forecast_accuracy import score_day
from evals.profile import Profile
from evals.watching import watch
from forestall.domain.plan import DayPlan
from forestall.settings import Settings
from optimizer.risk import Forecaster
from optimizer.risk.learned.metrics import BINS

EVERY_S = 1800.0

Bins = tuple[tuple[int, float, int], ...]
"""For each tenth of P(late): scores, the sum of what was said, and how many of their stops were late."""


def watch_day(key: str, day: str, plan: DayPlan, profile: Profile, seed: int) -> Line:
    """The day played by itself and forecast every half hour; scores count while their question is open."""
    began = time.process_time()
    scored = score_day(watch(plan, profile, seed, Forecaster(samples=Settings().samples), EVERY_S))
    tenth = np.minimum((scored.p_late * BINS).astype(int), BINS - 1)
    counts = np.bincount(tenth, minlength=BINS)
    said = np.bincount(tenth, weights=scored.p_late, minlength=BINS)
    late = np.bincount(tenth, weights=scored.late, minlength=BINS)
    bins = tuple((int(n), round(float(p), 6), int(came)) for n, p, came in zip(counts, said, late, strict=True))
    return Line(key, day, seed, "watched", reliability=bins, cpu_s=round(time.process_time() - began, 3))


def add_up(days: list[Bins]) -> Bins:
    """The bins of several days as one."""
    return tuple(
        (sum(bins[i][0] for bins in days), sum(bins[i][1] for bins in days), sum(bins[i][2] for bins in days))
        for i in range(BINS)
    )


def calibration_error(bins: Bins) -> float | None:
    """ECE: how far what was said lies from what came, weighted by scores; None without any."""
    total = sum(n for n, _, _ in bins)
    return sum(abs(said - late) for _, said, late in bins) / total if total else None
