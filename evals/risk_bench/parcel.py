"""The parcel set: whether a first attempt fails, told by who and where, as known in the morning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.risk_bench.tables import BadRow, LeftOut, name_of, number, optional_number, read_table, truth
from optimizer.kernel import Floats, Ints
from optimizer.risk.learned.rates import rates_as_of

FILE = "deliveries.csv.gz"
COLUMNS = (
    "user", "gx", "gy", "weight", "volume", "w_user", "v_user", "date", "slots_arrival_to_receipt", "autonomous",
    "redelivered", "timeslot",
)  # fmt: skip
_MOST_SLOTS = 4.0  # a wait of a whole day is as telling as one of three
_LONG_AGO = 60.0
_USUAL = 0.1  # of first attempts fail, as a beginning
_FIRST_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One row. ``slots``, ``by_robot`` and ``timeslot`` are known only afterwards."""

    user: str
    cell: str
    gx: float
    gy: float
    size: tuple[float, float, float, float]
    day: int
    slots: float
    by_robot: bool
    failed: bool
    timeslot: float


def read_parcels(folder: Path) -> tuple[list[Parcel], LeftOut]:
    """The usable rows, in order of days, and what was left out."""
    rows, left_out = read_table(folder / FILE, COLUMNS, _parse)
    return sorted(rows, key=lambda row: row.day), left_out


def _parse(record: Mapping[str, str]) -> Parcel:
    try:
        day = date.fromisoformat(record["date"])
    except ValueError:
        raise BadRow(f"date is {record['date']!r}, not a date") from None
    if not 2000 <= day.year < 2100:
        raise BadRow(f"date is {day}, not in 2000 to 2100")
    gx, gy = (number(record, name, 0, 1000) for name in ("gx", "gy"))
    size = tuple(optional_number(record, name) for name in ("weight", "volume", "w_user", "v_user"))
    return Parcel(
        user=name_of(record, "user"),
        cell=f"{gx:g},{gy:g}",
        gx=gx,
        gy=gy,
        size=(size[0], size[1], size[2], size[3]),
        day=day.toordinal() - _FIRST_DAY,
        slots=number(record, "slots_arrival_to_receipt", 0, 1000),
        by_robot=truth(record, "autonomous"),
        failed=truth(record, "redelivered"),
        timeslot=number(record, "timeslot", -1, 1000),
    )


@dataclass(frozen=True, eq=False)
class ParcelRows:
    """n parcels, (n, F) features by name, all known in the morning but ``when`` (n, 2): slot and weekday of receipt."""

    names: tuple[str, ...]
    features: NDArray[np.float32]
    when: NDArray[np.float32]
    opinion: Floats
    failed_last: Floats
    failed: NDArray[np.bool_]
    day: Ints


def parcel_rows(parcels: Sequence[Parcel]) -> ParcelRows:
    """Features of every parcel from earlier days' outcomes and the day's own list of parcels."""
    day = np.array([row.day for row in parcels])
    user, cell = np.array([row.user for row in parcels]), np.array([row.cell for row in parcels])
    failed = np.array([row.failed for row in parcels])
    rates = rates_as_of([cell, user], failed.astype(np.float64), day)
    robot = rates_as_of([user], np.array([float(row.by_robot) for row in parcels]), day)
    slots = np.minimum([row.slots for row in parcels], _MOST_SLOTS)
    columns = {
        "cell_rate": rates[:, 0],
        "cell_rows": rates[:, 1],
        "user_rate": rates[:, 2],
        "user_rows": rates[:, 3],
        "user_robot": robot[:, 0],
        **_last_days(user, failed, slots, day),
        "user_today": _same(user, day),
        "cell_today": _same(cell, day),
        "all_today": _same(np.zeros(day.size, dtype=np.int64), day),
        "cell_lately": _lately(cell, failed, day, 30.0, 10.0),
        "all_lately": _lately(np.zeros(day.size, dtype=np.int64), failed, day, 5.0, 20.0),
        "gx": np.array([row.gx for row in parcels]),
        "gy": np.array([row.gy for row in parcels]),
    }
    size = np.array([row.size for row in parcels])
    columns |= {name: size[:, k] for k, name in enumerate(("weight", "volume", "w_user", "v_user"))}
    weekday = (day + _FIRST_DAY - 1) % 7
    return ParcelRows(
        names=tuple(columns),
        features=np.column_stack(list(columns.values())).astype(np.float32),
        when=np.column_stack([[row.timeslot for row in parcels], weekday]).astype(np.float32),
        opinion=rates[:, 2],
        failed_last=(columns["last_failed"] > 0).astype(np.float64),
        failed=failed,
        day=day,
    )


def _same(key: NDArray[np.generic], day: Ints) -> Floats:
    """(n,) parcels of the same key on the same day."""
    _, key_index = np.unique(key, return_inverse=True)
    _, group, count = np.unique(np.column_stack([key_index, day]), axis=0, return_inverse=True, return_counts=True)
    return count[group].astype(np.float64)


def _lately(
    key: NDArray[np.generic], failed: NDArray[np.bool_], day: Ints, half_life_days: float, trust: float
) -> Floats:
    """(n,) the share of the key's parcels that failed on earlier days, which fade, held towards ``_USUAL``."""
    names, index = np.unique(key, return_inverse=True)
    sums, before = np.zeros((2, names.size)), int(day.min())
    rate = np.empty(day.size)
    for today in np.unique(day).tolist():
        rows = np.flatnonzero(day == today)
        sums *= 0.5 ** ((today - before) / half_life_days)
        rate[rows] = (sums[1, index[rows]] + trust * _USUAL) / (sums[0, index[rows]] + trust)
        sums[0] += np.bincount(index[rows], minlength=names.size)
        sums[1] += np.bincount(index[rows], weights=failed[rows], minlength=names.size)
        before = today
    return rate


def _last_days(user: NDArray[np.str_], failed: NDArray[np.bool_], slots: Floats, day: Ints) -> dict[str, Floats]:
    """What happened on the user's last days, and how long ago: (n,) each, by days before the row's own."""
    n = day.size
    out = {name: np.zeros(n) for name in ("last_failed", "last_wait", "failed_faded", "wait_faded", "rows_faded")}
    out["days_since"] = np.full(n, _LONG_AGO)
    out["days_since_failed"] = np.full(n, _LONG_AGO)
    order = np.lexsort((day, user))
    edges = np.flatnonzero((np.diff(day[order]) != 0) | (user[order][1:] != user[order][:-1])) + 1
    before: tuple[str, int] | None = None
    sums = np.zeros(3)
    last = (0.0, 0.0)
    last_failed_day = -np.inf
    for rows in np.split(order, edges):
        who, today = str(user[rows[0]]), int(day[rows[0]])
        if before is None or before[0] != who:
            sums, last, last_failed_day = np.zeros(3), (0.0, 0.0), -np.inf
        else:
            gap = today - before[1]
            sums = sums * 0.5 ** (gap / 14.0)
            out["days_since"][rows] = min(gap, _LONG_AGO)
        out["last_failed"][rows], out["last_wait"][rows] = last
        out["days_since_failed"][rows] = min(today - last_failed_day, _LONG_AGO)
        for name, value in zip(("rows_faded", "failed_faded", "wait_faded"), sums, strict=True):
            out[name][rows] = value
        failures = float(failed[rows].sum())
        sums = sums + np.array([rows.size, failures, float(slots[rows].sum())])
        last = (failures / rows.size, float(slots[rows].mean()))
        last_failed_day = today if failures else last_failed_day
        before = (who, today)
    return out
