"""The structural baseline on rail: each train driven on from where it is, leg by leg, in many samples.

The same random numbers as the service's forecast (``optimizer.risk.draws``), and its tails until a month of surprises
has been seen; what it believes of a leg are the shrunken rates of earlier days.
"""

import numpy as np

from evals.risk_bench.rail import Trip
from evals.risk_bench.rail_history import Morning, state_of
from optimizer.kernel import Floats
from optimizer.risk.draws import Draws
from optimizer.risk.priors import Priors

SAMPLES = 256
_FASTEST = 0.6  # of the planned run; no train gains more than the rest


class Simulation:
    """Drives trains on; owns the draws, so equal seeds give equal answers."""

    def __init__(self, seed: int) -> None:
        self._priors = Priors()
        self._draws = Draws(self._priors, SAMPLES, seed)

    def noise(self, morning: Morning, trip: Trip) -> Floats:
        """(k - 1, S) surprises of the trip's legs in units of their spread; the same whenever it is looked at."""
        if morning.residuals.size:
            table = np.quantile(morning.residuals, self._draws.levels)
        else:
            table = np.log(self._draws.leg(self._priors.leg_sd)) / self._priors.leg_sd
        legs = [self._draws.ranks("leg", f"{trip.day}:{trip.train}:{k}") for k in range(1, trip.sched.size)]
        return np.array([table[ranks] for ranks in legs]).reshape(trip.sched.size - 1, SAMPLES)

    def delays(self, morning: Morning, trip: Trip, noise: Floats, i: int, last: int) -> Floats:
        """(last - i, S) delays at the calls i + 1 to ``last``, as seen when the train was at the i-th."""
        sched, plan = trip.sched, np.diff(trip.sched)
        legs = (trip.train, trip.station[:-1], trip.station[1:])
        expected, spread = morning.expected_gain(*legs), morning.spread(*legs)
        at = np.full(SAMPLES, trip.actual[i])
        delays = np.empty((last - i, SAMPLES))
        for k in range(i + 1, last + 1):
            leg = k - 1
            gain = expected[state_of(at - sched[leg]), leg] + spread[leg] * noise[leg]
            at = np.maximum(at, sched[leg]) + np.maximum(plan[leg] + gain, _FASTEST * plan[leg])
            delays[leg - i] = at - sched[k]
        return delays
