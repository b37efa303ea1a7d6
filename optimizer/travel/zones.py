"""Parts of town where driving takes longer, or less, than the map says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forestall.domain.network import Location

Zone = tuple[int, int]
ZONE_DEG = 0.02  # about 2.2 km from south to north: a neighbourhood


def zone_of(lat: float, lon: float) -> Zone:
    """The square of the map a point lies in."""
    return int(np.floor(lat / ZONE_DEG)), int(np.floor(lon / ZONE_DEG))


@dataclass(frozen=True, slots=True)
class ZoneFactors:
    """Multipliers of travel time by zone; 1 where nothing is known. A leg takes the mean of its two ends' factors."""

    by_zone: Mapping[Zone, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(not 0 < factor < np.inf for factor in self.by_zone.values()):
            raise ValueError("zone factors are numbers above 0")

    def of(self, places: Sequence[Location]) -> NDArray[np.float64]:
        """(n,) each place's factor."""
        return np.array([self.by_zone.get(zone_of(place.lat, place.lon), 1.0) for place in places])

    def apply(self, durations_s: NDArray[np.float64], places: Sequence[Location]) -> NDArray[np.float64]:
        """(n, n) durations between the places with their zones' factors in."""
        if not self.by_zone:
            return durations_s
        factors = self.of(places)
        slowed: NDArray[np.float64] = durations_s * (factors[:, None] + factors[None, :]) / 2
        return slowed
