"""The hub-to-hub set: legs whose planned minutes are OSRM's, and take about twice as long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evals.risk_bench.durations import DurationRows, mean_lately, newest_before, simulate_durations
from evals.risk_bench.tables import LeftOut, instant, name_of, number, optional_number, read_table
from optimizer.kernel import Floats, Ints

FILE, PRIORS_FILE = "legs.csv", "corridor_priors.csv"
COLUMNS = (
    "trip_uuid", "source_center", "destination_center", "route_type", "od_start_time", "osrm_time", "actual_time",
    "q50", "q80", "q90",
)  # fmt: skip
PRIOR_COLUMNS = ("source_center", "destination_center", "n_legs", "shrunk_ratio")
PROMISE_LEVEL = 0.8
"""A leg is late when it takes more than this share of the training legs did, over its planned minutes."""

REFERENCE_LEVELS = (0.5, 0.8, 0.9)
_MOST_MIN = 7 * 1440.0
_LATELY_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Leg:
    """``reference`` are the source repository's own quantiles: to compare with, never a feature."""

    trip: str
    source: str
    destination: str
    is_full_load: bool
    started_s: float
    planned_min: float
    minutes: float
    reference: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Corridor:
    """What the source knew of a corridor before these legs: its ratio of actual over planned, from so many legs."""

    ends: tuple[str, str]
    ratio: float
    legs: float


def read_legs(folder: Path) -> tuple[list[Leg], list[Corridor], list[LeftOut]]:
    """Legs in order of their start, corridors, and what was left out of both files."""
    legs, odd_legs = read_table(folder / FILE, COLUMNS, _parse)
    corridors, odd_corridors = read_table(folder / PRIORS_FILE, PRIOR_COLUMNS, _parse_corridor)
    return sorted(legs, key=lambda leg: leg.started_s), corridors, [odd_legs, odd_corridors]


def _parse(record: Mapping[str, str]) -> Leg:
    q50, q80, q90 = (optional_number(record, name) for name in ("q50", "q80", "q90"))
    return Leg(
        trip=name_of(record, "trip_uuid"),
        source=name_of(record, "source_center"),
        destination=name_of(record, "destination_center"),
        is_full_load=record["route_type"] == "FTL",
        started_s=seconds(record, "od_start_time"),
        planned_min=number(record, "osrm_time", 0.1, _MOST_MIN),
        minutes=number(record, "actual_time", 0.1, _MOST_MIN),
        reference=(q50, q80, q90),
    )


def _parse_corridor(record: Mapping[str, str]) -> Corridor:
    ends = (name_of(record, "source_center"), name_of(record, "destination_center"))
    return Corridor(ends, number(record, "shrunk_ratio", 0.01, 100.0), number(record, "n_legs", 0))


def seconds(record: Mapping[str, str], name: str) -> float:
    """Seconds since 1970 by the file's clock, else BadRow."""
    when = instant(record, name)
    return (when - when.min).total_seconds() - 719_162 * 86_400.0


def leg_rows(legs: Sequence[Leg], corridors: Sequence[Corridor], training: int, seed: int) -> DurationRows:
    """Features of every leg as of its start; the promise is read off the first ``training`` legs."""
    planned, minutes = (np.array([getattr(leg, name) for leg in legs]) for name in ("planned_min", "minutes"))
    started_s = np.array([leg.started_s for leg in legs])
    ended_s = started_s + 60.0 * minutes
    day = np.floor(started_s / 86_400.0).astype(np.int64)
    told = np.floor(ended_s / 86_400.0).astype(np.int64)
    known = {corridor.ends: corridor for corridor in corridors}
    usual = float(np.median([corridor.ratio for corridor in corridors]))
    ratio = np.array([known[e].ratio if (e := (leg.source, leg.destination)) in known else usual for leg in legs])
    behind = np.array([known[e].legs if (e := (leg.source, leg.destination)) in known else 0.0 for leg in legs])
    limit = planned * np.quantile(minutes[:training] / planned[:training], PROMISE_LEVEL)
    source, destination = np.array([leg.source for leg in legs]), np.array([leg.destination for leg in legs])
    corridor = np.char.add(np.char.add(source, ">"), destination)
    expected = planned * ratio
    simulated = simulate_durations([source, corridor], expected, limit, minutes, day, told, seed)
    late = minutes > limit
    surprise = np.log(minutes / expected)
    trip, station, whole = (_number(names) for names in ([leg.trip for leg in legs], source.tolist(), [""] * len(legs)))
    on_trip, since_trip = newest_before(trip, started_s, ended_s, surprise)
    carried, _ = newest_before(trip, started_s, ended_s, late.astype(np.float64))
    columns = {
        "p_mc": simulated.p_late,
        "expected_over_limit": np.log(expected / limit) + simulated.mean,
        "mean": simulated.mean,
        "corridor_ratio": np.log(ratio),
        "corridor_legs": behind,
        "planned": np.log(planned),
        "is_full_load": np.array([leg.is_full_load for leg in legs], dtype=np.float64),
        "hour": started_s / 3600.0 % 24.0,
        "trip_surprise": on_trip,
        "trip_seen": np.isfinite(since_trip).astype(np.float64),
        "source_lately": mean_lately(station, started_s, ended_s, surprise, _LATELY_S),
        "all_lately": mean_lately(whole, started_s, ended_s, surprise, _LATELY_S),
    }
    features = np.column_stack(list(columns.values())).astype(np.float32)
    quantiles = simulated.quantiles
    names = tuple(columns)
    return DurationRows(names, features, simulated.p_late, quantiles, carried, late, minutes, day, told, started_s)


def reference_of(legs: Sequence[Leg]) -> Floats:
    """(n, 3) the source repository's quantiles at REFERENCE_LEVELS, in minutes."""
    return np.array([leg.reference for leg in legs])


def _number(names: Sequence[str]) -> Ints:
    return np.unique(np.array(names), return_inverse=True)[1]
