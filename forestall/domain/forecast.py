"""What the forecast says of stops, routes and hubs, as values a case can keep and a person can read.

Every probability is P(outcome | nobody intervenes, as of the snapshot), read off the same samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from forestall.domain.ids import CarrierId, HubId, RouteId, SnapshotId, StopId


@dataclass(frozen=True, slots=True)
class Contribution:
    """One reason for a stop's risk. ``cause`` is a key of the glossary, ``p_late`` how much of P(late) it adds."""

    cause: str
    p_late: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StopForecast:
    """ETAs are service starts; lateness is past the promise's end.

    ``p_late`` contains ``p_undone``, never attempted on the day; ``p_failed`` is of the first attempt; ``p_miss`` is
    either, a union. ``reasons`` are filled where P(late) is worth explaining: with ``p_ordinary``, what the ordinary
    spread of a day without any of these causes leaves, they add up to the simulation's P(late).
    """

    stop_id: StopId
    route_id: RouteId
    p_late: float
    p_failed: float
    p_miss: float
    eta_p10: datetime
    eta_p50: datetime
    eta_p90: datetime
    expected_lateness_s: float
    reasons: tuple[Contribution, ...] = ()
    p_undone: float = 0.0
    p_ordinary: float = 0.0


@dataclass(frozen=True, slots=True)
class RouteForecast:
    """One route until it is back at its hub.

    ``p_hours_breach``: it drives or is on duty for longer than its driver's hours of service allow;
    ``p_shift_overrun``: back after the shift's end; ``p_not_ready``: its load is ready after the planned departure.
    ``finish_p50`` is None where it will not come back by itself.
    """

    route_id: RouteId
    p_hours_breach: float
    p_shift_overrun: float
    p_not_ready: float
    finish_p50: datetime | None


@dataclass(frozen=True, slots=True)
class SlotForecast:
    """The stops of one carrier that are to leave a hub in one hour. ``p_over_capacity``: P(those whose vehicle does
    not leave in time are more than the others, and the carrier's further vehicles, have room for)."""

    carrier_id: CarrierId
    opens_at: datetime
    closes_at: datetime
    stops: int
    p_over_capacity: float


@dataclass(frozen=True, slots=True)
class HubForecast:
    """What is still to leave one hub, slot by slot and carrier by carrier."""

    hub_id: HubId
    slots: tuple[SlotForecast, ...]


@dataclass(frozen=True, eq=False, slots=True)
class AttemptInputs:
    """What is known beforehand of m first attempts: by what a learned model of failed ones tells them apart.

    ``keys`` are what each belongs to, (m,) names a level, the most general first; ``numbers`` (m, K); ``p_prior`` (m,)
    is P(failed) before anything was learned from past days, 0 where there is no attempt at a door.
    """

    keys: tuple[tuple[str, ...], ...]
    numbers: NDArray[np.float32]
    p_prior: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Forecast:
    """All stops in flight of one snapshot, scored together with the same random numbers.

    ``features`` (m, F) and ``attempts`` (m of them) are what the learned models of P(late) and of P(failed) saw, rows
    in the order of ``stops``; None unless asked for.
    """

    snapshot_id: SnapshotId
    taken_at: datetime
    model: str
    seed: int
    samples: int
    stops: Mapping[StopId, StopForecast]
    routes: Mapping[RouteId, RouteForecast] = field(default_factory=dict)
    hubs: Mapping[HubId, HubForecast] = field(default_factory=dict)
    features: NDArray[np.float32] | None = field(default=None, compare=False)
    attempts: AttemptInputs | None = field(default=None, compare=False)
