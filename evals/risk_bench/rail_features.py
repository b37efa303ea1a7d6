"""What was known of a train's future calls at the moment it made one: its own past, the network now, earlier days.

Everything is as of the moment: reports of today that had come in by then, and days that were over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from evals.risk_bench.rail import LATE_MIN, Line, Trip, epoch_s
from evals.risk_bench.rail_history import History, Morning, morning_of
from evals.risk_bench.rail_simulation import Simulation
from optimizer.kernel import Floats, Ints
from optimizer.risk.learned.quantiles import LEVELS

SHORTEST_MIN, LONGEST_MIN = 15.0, 160.0
"""Planned minutes ahead that are learned from: a little more than is judged."""

RISING = ("p_mc", "mc_q05", "mc_q25", "mc_q50", "mc_q75", "mc_q95", "delay")
"""Through these present delay speaks: P(late) never falls when one of them rises."""

_NOW_MIN = 60.0
_LINE_MIN = 90.0
_CLIP_MIN = 60.0
_LEAST_SPREAD_MIN = 0.3  # trains report whole minutes
_SUREST = 0.005  # one sample of 256, more or less
_LOGISTIC_QUARTILE = float(np.log(3.0))
_FARTHEST_ODDS = (-12.0, 20.0)
Columns = dict[str, Floats | float]


@dataclass(frozen=True, eq=False)
class RailRows:
    """n pairs of a moment and a future call. ``p_simulated`` is the simulation's P(late), ``mc`` (n, 5) its quantiles
    of the delay in minutes, ``opinion`` what both say together; ``day`` the service day, ``known_s`` the moment,
    seconds since 1970 by the file's clock."""

    names: tuple[str, ...]
    features: NDArray[np.float32]
    p_simulated: Floats
    opinion: Floats
    mc: Floats
    day: Ints
    known_s: Floats
    lead_min: Floats
    now_delay: Floats
    delay: Floats

    @property
    def late(self) -> NDArray[np.bool_]:
        return self.delay > LATE_MIN


def rail_rows(line: Line, seed: int) -> RailRows:
    """Every pair of the line, day after day. History is that of the days before; the first day has none."""
    history, simulation = History(line), Simulation(seed)
    blocks: list[dict[str, Floats]] = []
    for day in line.days:
        history.fade_to(day)
        morning, trips = morning_of(history), line.trips[day]
        reports = Reports(trips, morning)
        for t in range(len(trips)):
            blocks.extend(_moments(reports, t, morning, simulation))
        history.add_day(trips, morning)
    table = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    names = tuple(name for name in table if not name.startswith("_"))
    days = table["_day"].astype(np.int64)
    mc = np.column_stack([table[_quantile_name(level)] for level in LEVELS])
    return RailRows(
        names=names,
        features=np.column_stack([table[name] for name in names]).astype(np.float32),
        p_simulated=table["p_mc"],
        opinion=opinion_of(table["p_mc"], mc),
        mc=mc,
        day=days,
        known_s=epoch_s(days) + 60.0 * table["_now"],
        lead_min=table["lead"],
        now_delay=table["delay"],
        delay=table["_delay_then"],
    )


def opinion_of(p: Floats, mc: Floats) -> Floats:
    """(n,) P(late): half in odds the share of samples, half what a logistic law through their quartiles says.

    The share stands on the tails, which are common to all trains; the quartiles on the train's own expected run. Each
    alone ranks worse than both.
    """
    low, middle, high = (mc[:, LEVELS.index(level)] for level in (0.25, 0.5, 0.75))
    spread = (high - low) / (2.0 * _LOGISTIC_QUARTILE) + _LEAST_SPREAD_MIN
    by_share = logit(np.clip(p, _SUREST, 1.0 - _SUREST))
    by_quartiles = np.clip((middle - LATE_MIN) / spread, *_FARTHEST_ODDS)
    opinion: Floats = expit(0.5 * (by_share + by_quartiles))
    return opinion


def _quantile_name(level: float) -> str:
    return f"mc_q{round(100 * level):02d}"


class Reports:
    """The calls of one day in the order in which they became known."""

    def __init__(self, trips: Sequence[Trip], morning: Morning) -> None:
        self.trips = trips
        self.surprise = [morning.surprise(trip) for trip in trips]
        odd = [np.clip(trip.delay - morning.mean[trip.train, trip.station], -_CLIP_MIN, _CLIP_MIN) for trip in trips]
        time = np.concatenate([trip.actual for trip in trips])
        order = np.argsort(time, kind="stable")
        self.time = time[order]
        self.station = np.concatenate([trip.station for trip in trips])[order]
        self.late = np.concatenate([trip.delay > LATE_MIN for trip in trips])[order]
        self.odd = np.concatenate(odd)[order]
        self.leg = np.concatenate([np.concatenate(([np.nan], surprise)) for surprise in self.surprise])[order]
        self.trip = np.concatenate([np.full(trip.station.size, t) for t, trip in enumerate(trips)])[order]
        self.way = np.array([trip.direction for trip in trips])[self.trip]

    def until(self, now: float) -> int:
        """How many reports had come in by then."""
        return int(np.searchsorted(self.time, now, side="right"))


def _moments(reports: Reports, t: int, morning: Morning, simulation: Simulation) -> Iterator[dict[str, Floats]]:
    trip = reports.trips[t]
    noise = simulation.noise(morning, trip)
    for i in range(trip.station.size - 1):
        lead = trip.sched - trip.sched[i]
        j = np.flatnonzero((lead >= SHORTEST_MIN) & (lead <= LONGEST_MIN) & (np.arange(lead.size) > i))
        if not j.size:
            continue
        simulated = simulation.delays(morning, trip, noise, i, int(j[-1]))[j - i - 1]
        columns: Columns = {"lead": lead[j], "p_mc": (simulated > LATE_MIN).mean(axis=1)}
        for level, values in zip(LEVELS, np.quantile(simulated, LEVELS, axis=1), strict=True):
            columns[_quantile_name(level)] = values
        columns |= _own(trip, reports.surprise[t], morning, i)
        columns |= _plan(trip, morning, i, j)
        columns |= _network(reports, t, i, j)
        columns |= {"_day": float(trip.day), "_now": trip.actual[i], "_delay_then": trip.delay[j]}
        yield {name: np.broadcast_to(np.asarray(value, dtype=np.float64), j.shape) for name, value in columns.items()}


def _own(trip: Trip, surprise: Floats, morning: Morning, i: int) -> Columns:
    """The train's own reports of today."""
    delay, gained = trip.delay[: i + 1], surprise[:i]
    a_while_ago = int(np.searchsorted(trip.sched[: i + 1], trip.sched[i] - 20.0))
    return {
        "delay": delay[-1],
        "delay_before": delay[max(i - 1, 0)],
        "delay_20_min_ago": delay[a_while_ago],
        "delay_first": delay[0],
        "delay_most": delay.max(),
        "delay_odd": delay[-1] - morning.mean[trip.train, trip.station[i]],
        "own_surprise": _mean(gained),
        "own_surprise_now": _mean(gained[-2:], 1.0),
    }


def _plan(trip: Trip, morning: Morning, i: int, j: Ints) -> Columns:
    """The timetable. (Hour, weekday and the past of train and station make trees remember days; the simulation, which
    is shrunken, says it better.)"""
    lead = trip.sched[j] - trip.sched[i]
    least = np.minimum(morning.least_plan[trip.station[i], trip.station[j]], lead)
    return {
        "legs": j - i,
        "slack_share": least / np.maximum(lead, 1.0),
        "stops_after": trip.station.size - 1 - j,
        "last_leg": trip.sched[j] - trip.sched[j - 1],
        "since_first": trip.sched[i] - trip.sched[0],
    }


def _network(reports: Reports, t: int, i: int, j: Ints) -> Columns:
    """The other trains of today, as reported by now."""
    trip = reports.trips[t]
    now = trip.actual[i]
    other = np.flatnonzero(reports.trip[: reports.until(now)] != t)
    lately = other[reports.time[other] > now - _NOW_MIN]
    line = other[reports.time[other] > now - _LINE_MIN]
    my_way = line[reports.way[line] == trip.direction]
    return {
        "net_odd": _mean(reports.odd[lately]),
        "net_late": _mean(reports.late[lately].astype(np.float64)),
        "net_surprise": _mean(reports.leg[lately]),
        "net_odd_today": _mean(reports.odd[other], 10.0),
        "way_odd": _mean(reports.odd[my_way]),
        "way_surprise": _mean(reports.leg[my_way]),
        "path_surprise": _along_path(trip.station[i:], reports.station[line], reports.leg[line])[j - i],
    }


def _mean(values: Floats, trust: float = 3.0) -> float:
    """Shrunken towards nothing out of the ordinary."""
    known = values[~np.isnan(values)]
    return float(known.sum() / (known.size + trust))


def _along_path(path: Ints, station: Ints, surprise: Floats) -> Floats:
    """(len(path),) minutes that trains lately gained into the stations of the path, added up along it."""
    mine = (station[None, :] == path[:, None]) & ~np.isnan(surprise)[None, :]
    sums = np.where(mine, np.nan_to_num(surprise)[None, :], 0.0).sum(axis=1)
    gained = sums / (mine.sum(axis=1) + 1.0)
    gained[0] = 0.0
    return np.cumsum(gained)
