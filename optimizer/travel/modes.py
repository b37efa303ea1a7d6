"""How vehicles other than a van differ on the same roads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forestall.domain.vocabulary import VehicleMode


@dataclass(frozen=True, slots=True)
class ModePace:
    """``slower`` multiplies a van's time; no leg is driven faster than ``at_most_m_s`` over the road."""

    slower: float = 1.0
    at_most_m_s: float = np.inf


# Assumptions, for want of tracks: a truck's limits and turns, a loaded cargo bike at 16 km/h, a pavement robot at 5.
PACES = {
    VehicleMode.VAN: ModePace(),
    VehicleMode.TRUCK: ModePace(slower=1.15),
    VehicleMode.BIKE: ModePace(at_most_m_s=4.5),
    VehicleMode.ROBOT: ModePace(at_most_m_s=1.4),
}


def seconds_for(mode: VehicleMode, van_s: NDArray[np.float64], road_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """A van's seconds as another mode's, for legs of ``road_m`` metres (same shape). More metres never take less."""
    pace = PACES[mode]
    seconds: NDArray[np.float64] = np.maximum(van_s * pace.slower, road_m / pace.at_most_m_s)
    return seconds
