"""The gig set: single orders, with how busy the couriers around were when each was placed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evals.risk_bench.durations import DurationRows, mean_lately, newest_before, simulate_durations
from evals.risk_bench.legs import seconds
from evals.risk_bench.tables import BadRow, LeftOut, name_of, optional_number, read_table
from optimizer.kernel import Floats, Ints

FILE = "orders.csv"
NUMBERS = (
    "order_protocol", "total_items", "subtotal", "num_distinct_items", "min_item_price", "max_item_price",
    "total_onshift_dashers", "total_busy_dashers", "total_outstanding_orders", "estimated_order_place_duration",
    "estimated_store_to_consumer_driving_duration",
)  # fmt: skip
COLUMNS = ("market_id", "created_at", "actual_delivery_time", "store_id", *NUMBERS)
GRACE_MIN = 10.0
"""The set has no promise: it is the hour's median of the training orders, and so much more."""

_MOST_MIN = 6 * 60.0
_LATELY_S = 3600.0


@dataclass(frozen=True, slots=True)
class GigOrder:
    """One order; ``numbers`` as the file names them, NaN where it is silent."""

    market: str
    store: str
    placed_s: float
    minutes: float
    numbers: tuple[float, ...]


def read_orders(folder: Path) -> tuple[list[GigOrder], LeftOut]:
    """Orders by the time they were placed, and what was left out."""
    rows, left_out = read_table(folder / FILE, COLUMNS, _parse)
    return sorted(rows, key=lambda row: row.placed_s), left_out


def _parse(record: Mapping[str, str]) -> GigOrder:
    placed_s, delivered_s = (seconds(record, name) for name in ("created_at", "actual_delivery_time"))
    minutes = (delivered_s - placed_s) / 60.0
    if not 1.0 <= minutes <= _MOST_MIN:
        raise BadRow(f"actual_delivery_time is {minutes:.0f} minutes after created_at, not between 1 and {_MOST_MIN:g}")
    numbers = tuple(optional_number(record, name) for name in NUMBERS)
    return GigOrder(record["market_id"] or "unknown", name_of(record, "store_id"), placed_s, minutes, numbers)


def order_rows(orders: Sequence[GigOrder], training: int, seed: int) -> DurationRows:
    """Features of every order as of its placing; the promise is read off the first ``training`` orders."""
    placed_s, minutes = np.array([order.placed_s for order in orders]), np.array([order.minutes for order in orders])
    told_s = placed_s + 60.0 * minutes
    day = np.floor(placed_s / 86_400.0).astype(np.int64)
    told = np.floor(told_s / 86_400.0).astype(np.int64)
    hour = (placed_s // 3600 % 24).astype(np.int64)
    expected = _hour_medians(hour[:training], minutes[:training])[hour]
    limit = expected + GRACE_MIN
    market, store = np.array([order.market for order in orders]), np.array([order.store for order in orders])
    simulated = simulate_durations([market, store], expected, limit, minutes, day, told, seed)
    surprise, late = np.log(minutes / expected), minutes > limit
    market_of, store_of = (np.unique(names, return_inverse=True)[1] for names in (market, store))
    carried, _ = newest_before(store_of, placed_s, told_s, late.astype(np.float64))
    columns = {
        "p_mc": simulated.p_late,
        "mean": simulated.mean,
        "market_lately": mean_lately(market_of, placed_s, told_s, surprise, _LATELY_S),
        "store_lately": mean_lately(store_of, placed_s, told_s, surprise, 86_400.0),
        "hour": placed_s / 3600.0 % 24.0,
        "weekday": ((day + 3) % 7).astype(np.float64),
        "market": market_of.astype(np.float64),
    }
    columns |= dict(zip(NUMBERS, np.array([order.numbers for order in orders]).T, strict=True))
    onshift = np.maximum(columns["total_onshift_dashers"], 1.0)
    columns["busy_share"] = columns["total_busy_dashers"] / onshift
    columns["orders_each"] = columns["total_outstanding_orders"] / onshift
    features = np.column_stack(list(columns.values())).astype(np.float32)
    quantiles = simulated.quantiles
    return DurationRows(
        tuple(columns), features, simulated.p_late, quantiles, carried, late, minutes, day, told, placed_s
    )


def _hour_medians(hour: Ints, minutes: Floats) -> Floats:
    """(24,) the median minutes of each hour; of all hours where one has too few."""
    whole = float(np.median(minutes))
    rows = [minutes[hour == each] for each in range(24)]
    return np.array([float(np.median(row)) if row.size >= 20 else whole for row in rows])
