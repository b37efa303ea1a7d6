"""What earlier days say of trains and stations: sums that fade, each shrunken towards the more general one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.risk_bench.rail import Line, Trip
from optimizer.kernel import Floats, Ints

FADE_DAYS = 60.0
"""After so many days a day counts half: timetables, works and seasons change."""

BEHIND_MIN = np.array([0.0, 2.0, 5.0, 10.0])
"""Steps of present delay, and so five states: a train further behind catches up differently."""

_STATES = BEHIND_MIN.size + 1
_CLIP_MIN = 45.0  # of delays: one train stuck for two hours must not speak for a month
_CLIP_GAIN_MIN = 6.0  # of what a leg gains: the mean is that of ordinary days, the tail speaks through the residuals
_TRUST_LEG, _TRUST_TRAIN, _TRUST_STATE, _TRUST_SPREAD = 10.0, 4.0, 16.0, 5.0
_TRUST = 8.0
_FIRST_SPREAD_MIN = 2.0
_KEPT_RESIDUALS = 6000
_LEAST_RESIDUALS = 300


class History:
    """Sums over days before today. ``add_day`` is called in the evening, with everything the day has told."""

    def __init__(self, line: Line) -> None:
        trains, stations = len(line.trains), len(line.stations)
        self.today = line.days[0]
        self.delay = np.zeros((trains, stations, 2))  # rows, sum of delay
        self.leg = np.zeros((_STATES, stations, stations, 2))  # rows, sum of minutes gained over plan
        self.leg_of_train = np.zeros((trains, stations, 2))  # the same of a train into a station, beyond the leg's own
        self.leg_of_train_by_state = np.zeros((_STATES, trains, stations, 2))
        self.spread_of_train = np.zeros((trains, stations, 2))  # rows, squares of what is left
        self.spread_of_leg = np.zeros((stations, stations, 2))
        self.least_plan = np.full((stations, stations), np.inf)  # the shortest planned minutes seen: the rest is slack
        self.residuals: list[float] = []  # in units of their spread, newest last

    def fade_to(self, day: int) -> None:
        """Let time pass until that day."""
        gap = day - self.today
        for sums in (
            self.delay,
            self.leg,
            self.leg_of_train,
            self.leg_of_train_by_state,
            self.spread_of_train,
            self.spread_of_leg,
        ):
            sums *= 0.5 ** (gap / FADE_DAYS)
        self.today = day

    def add_day(self, trips: Sequence[Trip], morning: "Morning") -> None:
        """Learn from a finished day, whose ``morning`` says what had been expected of it."""
        for trip in trips:
            self._add(trip, morning)
        del self.residuals[:-_KEPT_RESIDUALS]

    def _add(self, trip: Trip, morning: "Morning") -> None:
        delay = np.clip(trip.delay, -_CLIP_MIN, _CLIP_MIN)
        np.add.at(
            self.delay, (np.full(delay.size, trip.train), trip.station), np.column_stack([np.ones(delay.size), delay])
        )
        i, j = np.triu_indices(delay.size, 1)
        np.minimum.at(self.least_plan, (trip.station[i], trip.station[j]), trip.sched[j] - trip.sched[i])
        self._add_legs(trip, morning)

    def _add_legs(self, trip: Trip, morning: "Morning") -> None:
        a, b = trip.station[:-1], trip.station[1:]
        t = np.full(a.size, trip.train)
        one, state = np.ones(a.size), state_of(trip.delay[:-1])
        raw = leg_gain(trip)
        gain = np.clip(raw, -_CLIP_GAIN_MIN, _CLIP_GAIN_MIN)
        beyond_leg = gain - morning.leg[state, a, b]
        beyond_train = beyond_leg - morning.leg_of_train[t, b]
        left = beyond_train - morning.leg_of_train_by_state[state, t, b]
        self.residuals.extend(((raw - gain + left) / morning.spread(trip.train, a, b)).tolist())
        np.add.at(self.leg, (state, a, b), np.column_stack([one, gain]))
        np.add.at(self.leg_of_train, (t, b), np.column_stack([one, beyond_leg]))
        np.add.at(self.leg_of_train_by_state, (state, t, b), np.column_stack([one, beyond_train]))
        np.add.at(self.spread_of_train, (t, b), np.column_stack([one, left**2]))
        np.add.at(self.spread_of_leg, (a, b), np.column_stack([one, left**2]))


def state_of(delay: Floats) -> Ints:
    """Which step of BEHIND_MIN a delay has reached."""
    return np.searchsorted(BEHIND_MIN, delay, side="left")


def leg_gain(trip: Trip) -> Floats:
    """(k - 1,) minutes each leg took over its plan; a train that is early waits for its time."""
    leaves = np.maximum(trip.actual[:-1], trip.sched[:-1])
    gain: Floats = trip.actual[1:] - leaves - np.diff(trip.sched)
    return gain


def shrink(sums: NDArray[np.float64], above: Floats | float, trust: float = _TRUST) -> Floats:
    """Means from (..., 2) rows and sums, shrunken towards ``above``."""
    means: Floats = (sums[..., 1] + trust * above) / (sums[..., 0] + trust)
    return means


def overall(sums: NDArray[np.float64]) -> float:
    """The mean of everything; 0 before there is anything."""
    total = sums.reshape(-1, sums.shape[-1]).sum(axis=0)
    return float(total[1] / total[0]) if total[0] > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Morning:
    """The shrunken rates as they stand on one morning, looked up all day. T trains, P stations.

    ``mean`` (T, P) is of delays; ``leg`` (states, P, P), ``leg_of_train`` (T, P)
    and ``leg_of_train_by_state`` (states, T, P) add up to the minutes a leg is expected to gain over its plan.
    ``residuals`` are past surprises in units of their spread, sorted.
    """

    mean: Floats
    leg: Floats
    leg_of_train: Floats
    leg_of_train_by_state: Floats
    spread_of_leg: Floats
    spread_of_train: NDArray[np.float64]
    least_plan: Floats
    residuals: Floats

    def expected_gain(self, train: int, a: Ints, b: Ints) -> Floats:
        """(states, n) minutes that legs are expected to gain."""
        gain: Floats = self.leg[:, a, b] + self.leg_of_train[train, b] + self.leg_of_train_by_state[:, train, b]
        return gain

    def spread(self, train: int, a: Ints, b: Ints) -> Floats:
        """(n,) minutes; what is usual between expected and actual gain."""
        return np.sqrt(shrink(self.spread_of_train[train, b], self.spread_of_leg[a, b], _TRUST_SPREAD))

    def surprise(self, trip: Trip) -> Floats:
        """(k - 1,) minutes each leg gained beyond what was expected of it."""
        a, b = trip.station[:-1], trip.station[1:]
        expected = self.expected_gain(trip.train, a, b)[state_of(trip.delay[:-1]), np.arange(a.size)]
        return np.clip(leg_gain(trip), -_CLIP_GAIN_MIN, _CLIP_GAIN_MIN) - expected


def morning_of(history: History) -> Morning:
    """Shrink: a train at a station towards the mean of both, a leg towards all legs in that state of delay."""
    state_means = np.array([overall(leg) for leg in history.leg])
    spread = overall(history.spread_of_leg) or _FIRST_SPREAD_MIN**2
    return Morning(
        mean=_by_both(history.delay),
        leg=shrink(history.leg, state_means[:, None, None], _TRUST_LEG),
        leg_of_train=shrink(history.leg_of_train, 0.0, _TRUST_TRAIN),
        leg_of_train_by_state=shrink(history.leg_of_train_by_state, 0.0, _TRUST_STATE),
        spread_of_leg=shrink(history.spread_of_leg, spread, _TRUST_SPREAD),
        spread_of_train=history.spread_of_train.copy(),
        least_plan=history.least_plan.copy(),
        residuals=np.sort(history.residuals if len(history.residuals) >= _LEAST_RESIDUALS else []),
    )


def _by_both(sums: NDArray[np.float64]) -> Floats:
    """(T, P) shrunken towards the middle of the train's and the station's own mean."""
    whole = overall(sums)
    station, train = shrink(sums.sum(axis=0), whole), shrink(sums.sum(axis=1), whole)
    return shrink(sums, 0.5 * (station[None, :] + train[:, None]))
