"""From a set's folder to a task: which rows are older, which newer, and over which horizons they are judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.risk_bench import legs, orders, parcel, rail
from evals.risk_bench.durations import DurationRows
from evals.risk_bench.judging import Amounts, Task, bands_of
from evals.risk_bench.rail_features import RISING, rail_rows
from evals.risk_bench.tables import LeftOut
from forestall.errors import BadInput, Problem
from optimizer.kernel import Floats, Ints
from optimizer.risk.learned.rolling import Told
from optimizer.risk.learned.trees import Growth

TRAINING_SHARE = 0.7
"""Without another folder to test on, so much of a set's days (rows, where days are few) is learned from."""

_PARCEL_GROWTH = Growth(rounds=250, leaves=12, rate=0.04, least_in_leaf=300, columns_share=0.4, ridge=20.0)
"""Two hundred days and few failures: a little deeper than rail bears."""

_BAND_EDGES_MIN = (42.5, 82.5)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A task, variants of it that are printed for comparison alone, and what was left out on the way."""

    task: Task
    left_out: Sequence[LeftOut]
    variants: Mapping[str, Task]
    note: str
    reference: Floats | None = None  # (n, 3) somebody else's quantiles, at legs.REFERENCE_LEVELS


def prepare_rail(folders: Sequence[Path], seed: int, share: float) -> Prepared:
    """Every future call of a trip from every call made. History runs on through the days that are judged."""
    read, left_out = rail.read_rail(folders)
    line = rail.make_line([call for calls in read for call in calls])
    first_day = _first_day([np.array([call.day.toordinal() for call in calls]) for calls in read], share)
    rows = rail_rows(line, seed)
    lead, on_time = rows.lead_min, rows.now_delay <= rail.LATE_MIN
    task = Task(
        names=rows.names,
        features=rows.features,
        opinion=rows.opinion,
        carried=(rows.now_delay > rail.LATE_MIN).astype(np.float64),
        late=rows.late,
        known_s=rows.known_s,
        told=Told(rows.day, rows.day, bands_of(lead, _BAND_EDGES_MIN)),
        first_day=first_day,
        horizons={
            "20-40": (lead >= 20) & (lead <= 40),
            "45-75": (lead >= 45) & (lead <= 75),
            "90-150": (lead >= 90) & (lead <= 150),
            "on_time_now": (lead >= 20) & (lead <= 75) & on_time,
        },
        rising=RISING,
        simulated=rows.p_simulated,
        amounts=Amounts(rows.delay, rows.mc, rows.now_delay),
    )
    note = "late: more than 5 min at a future call; lead: planned minutes; quantiles of the delay in minutes"
    return Prepared(task, left_out, {}, note)


def prepare_parcel(folders: Sequence[Path], _seed: int, share: float) -> Prepared:
    """First attempts. Nothing is drawn: the baseline is a rate."""
    read = [parcel.read_parcels(folder) for folder in folders]
    rows = parcel.parcel_rows([row for parcels, _ in read for row in parcels])
    first_day = _first_day([np.array([row.day for row in parcels]) for parcels, _ in read], share)
    everything = np.ones(rows.day.size, dtype=bool)

    def task(names: Sequence[str], features: NDArray[np.float32]) -> Task:
        return Task(
            names=names,
            features=features,
            opinion=rows.opinion,
            carried=rows.failed_last,
            late=rows.failed,
            known_s=86_400.0 * rows.day.astype(np.float64),
            told=Told(rows.day, rows.day, np.zeros_like(rows.day)),
            first_day=first_day,
            horizons={"all": everything},
            growth=_PARCEL_GROWTH,
        )

    with_when = task((*rows.names, "timeslot", "weekday"), np.column_stack([rows.features, rows.when]))
    note = "failed first attempt, as known in the morning: without the time of receipt"
    variants = {"with the time slot and weekday of receipt": with_when}
    return Prepared(task(rows.names, rows.features), [left_out for _, left_out in read], variants, note)


def prepare_legs(folders: Sequence[Path], seed: int, share: float) -> Prepared:
    """Hub-to-hub legs; the corridors' priors are those of the first folder."""
    read = [legs.read_legs(folder) for folder in folders]
    every = [leg for some, _, _ in read for leg in some]
    training = len(read[0][0]) if len(read) > 1 else int(share * len(every))
    rows = legs.leg_rows(every, read[0][1], training, seed)
    note = (
        f"late: longer than OSRM's planned minutes times the {legs.PROMISE_LEVEL:.0%} point of that ratio in training"
    )
    left_out = [each for _, _, some in read for each in some]
    return Prepared(_duration_task(rows, training), left_out, {}, note, legs.reference_of(every))


def prepare_orders(folders: Sequence[Path], seed: int, share: float) -> Prepared:
    """Single orders."""
    read = [orders.read_orders(folder) for folder in folders]
    every = [order for some, _ in read for order in some]
    training = len(read[0][0]) if len(read) > 1 else int(share * len(every))
    rows = orders.order_rows(every, training, seed)
    note = f"late: longer than the hour's median in training and {orders.GRACE_MIN:g} min"
    return Prepared(_duration_task(rows, training), [left_out for _, left_out in read], {}, note)


def _duration_task(rows: DurationRows, training: int) -> Task:
    """The row number stands for the day of scoring: with few days, the split falls within one."""
    return Task(
        names=rows.names,
        features=rows.features,
        opinion=rows.opinion,
        carried=rows.carried,
        late=rows.late,
        known_s=rows.known_s,
        told=Told(rows.day, rows.told, np.zeros_like(rows.day)),
        first_day=int(rows.day[training]),
        horizons={"all": np.arange(rows.day.size) >= training},
        rising=("p_mc",),
        amounts=Amounts(rows.minutes, rows.mc),
    )


def _first_day(days: Sequence[Ints], share: float) -> int:
    """The first day that is judged: of the second folder, else after that share of the only one's days."""
    if len(days) > 1:
        if days[1].min() <= days[0].max():
            problem = Problem("--test", "has days that are not after those of DIR", "give later days of the same sets")
            raise BadInput("Days that were learned from cannot be tested on.", [problem])
        return int(days[1].min())
    each = np.unique(days[0])
    return int(each[min(int(share * each.size), each.size - 1)])


SETS: Mapping[str, Callable[[Sequence[Path], int, float], Prepared]] = {
    "italy_rail_stops": prepare_rail,
    "parcel_failed_attempt": prepare_parcel,
    "delhivery_legs": prepare_legs,
    "doordash_orders": prepare_orders,
}
