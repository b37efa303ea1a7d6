"""What the forecast says of a stop, as values a case can keep and a person can read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from forestall.domain.ids import RouteId, SnapshotId, StopId


@dataclass(frozen=True, slots=True)
class Contribution:
    """One reason for a stop's risk. ``cause`` is a key of the glossary, ``p_late`` how much of P(late) it adds."""

    cause: str
    p_late: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StopForecast:
    """P(outcome | nobody intervenes, as of the snapshot). ETAs are service starts; lateness is past window end."""

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


@dataclass(frozen=True, slots=True)
class Forecast:
    """All stops in flight of one snapshot, scored together with the same random numbers.

    ``features`` (m, F) are what the learned layer sees of each stop, in the order of ``stops``, where asked for.
    """

    snapshot_id: SnapshotId
    taken_at: datetime
    model: str
    seed: int
    samples: int
    stops: Mapping[StopId, StopForecast]
    features: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
