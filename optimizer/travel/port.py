"""The port to travel times."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from forestall.domain.network import Location
from forestall.domain.vocabulary import VehicleMode
from optimizer.travel.hours import HourFactors


class TravelTimes(Protocol):
    """Expected travel seconds between places under usual traffic, and how traffic changes over the day.

    ``provenance`` names the source and its version for the decision record; ``hours`` are the factors by hour.
    """

    @property
    def provenance(self) -> str: ...

    @property
    def hours(self) -> HourFactors: ...

    def durations_s(self, places: Sequence[Location], mode: VehicleMode = VehicleMode.VAN) -> NDArray[np.float64]:
        """(n, n) seconds for a vehicle of that mode, row = from, 0 on the diagonal; finite and not negative."""
        ...
