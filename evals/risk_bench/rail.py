"""The rail set: stop-by-stop records of trains, which fall behind and catch up as routes do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from evals.risk_bench.tables import BadRow, LeftOut, instant, name_of, number, read_table
from optimizer.kernel import Floats, Ints

FILE = "stops.csv"
COLUMNS = ("dir", "train", "day", "seq", "station", "sched", "actual")
LATE_MIN = 5.0
"""More than this behind is late."""

_MOST_MIN = 24 * 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """One train at one station, in minutes since midnight of its day."""

    day: date
    train: str
    direction: str
    seq: int
    station: str
    sched_min: float
    actual_min: float


@dataclass(frozen=True, eq=False)
class Trip:
    """One train on one day: k calls in order. Stations and the train are numbers of the ``Line``."""

    day: int
    train: int
    direction: str
    station: Ints
    sched: Floats
    actual: Floats

    @property
    def delay(self) -> Floats:
        return self.actual - self.sched


@dataclass(frozen=True)
class Line:
    """Trips day by day. ``days`` are proleptic day numbers in order; names are numbered over all sets given, which
    tells nobody anything about the days to come."""

    trains: tuple[str, ...]
    stations: tuple[str, ...]
    days: tuple[int, ...]
    trips: Mapping[int, Sequence[Trip]]


def read_rail(folders: Sequence[Path]) -> tuple[list[list[Call]], list[LeftOut]]:
    """The calls of each folder, and what was left out of it."""
    read = [read_table(folder / FILE, COLUMNS, _parse) for folder in folders]
    return [calls for calls, _ in read], [left_out for _, left_out in read]


def _parse(record: Mapping[str, str]) -> Call:
    try:
        day = date.fromisoformat(record["day"])
    except ValueError:
        raise BadRow(f"day is {record['day']!r}, not a date") from None
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  the file's own local time
    sched, actual = ((instant(record, name) - midnight).total_seconds() / 60.0 for name in ("sched", "actual"))
    if not -_MOST_MIN <= sched <= 2 * _MOST_MIN:
        raise BadRow(f"sched is {record['sched']}, which is not on or about {day}")
    if abs(actual - sched) > _MOST_MIN:
        raise BadRow(f"actual is {record['actual']}, more than a day from sched {record['sched']}")
    seq = number(record, "seq", 0, 10_000)
    train, direction, station = (name_of(record, name) for name in ("train", "dir", "station"))
    return Call(day, train, direction, int(seq), station, sched, actual)


def make_line(calls: Sequence[Call]) -> Line:
    """Trips from calls. A trip's calls are ordered by ``seq``; of two with the same number the first counts."""
    trains = tuple(sorted({call.train for call in calls}))
    stations = tuple(sorted({call.station for call in calls}))
    train_of, station_of = ({name: i for i, name in enumerate(names)} for names in (trains, stations))
    grouped: dict[tuple[int, str], dict[int, Call]] = {}
    for call in calls:
        grouped.setdefault((call.day.toordinal(), call.train), {}).setdefault(call.seq, call)
    trips: dict[int, list[Trip]] = {}
    for (day, train), by_seq in sorted(grouped.items()):
        ordered = [by_seq[seq] for seq in sorted(by_seq)]
        trips.setdefault(day, []).append(
            Trip(
                day,
                train_of[train],
                ordered[0].direction,
                np.array([station_of[call.station] for call in ordered]),
                np.array([call.sched_min for call in ordered]),
                np.array([call.actual_min for call in ordered]),
            )
        )
    return Line(trains, stations, tuple(trips), trips)


def epoch_s(day: Ints) -> Floats:
    """Seconds since 1970 at the midnight of day numbers."""
    first = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
    seconds: Floats = 86_400.0 * (day - first).astype(np.float64)
    return seconds
