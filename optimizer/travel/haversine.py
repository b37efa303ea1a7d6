"""Travel times from the map alone: crow-fly distance, a detour factor, and a speed that grows with distance."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forestall.domain.network import Location
from forestall.domain.vocabulary import VehicleMode
from optimizer.geo import crow_fly_among_m
from optimizer.travel.hours import HourFactors
from optimizer.travel.modes import seconds_for
from optimizer.travel.zones import ZoneFactors


@dataclass(frozen=True, slots=True)
class HaversineTravel:
    """The fallback when no road network answers.

    ``circuity`` is road over crow-fly distance. ``bands`` are (up to road metres, metres per second) in rising order:
    short hops crawl through streets, long legs use through roads. A leg is driven band by band, so that time rises
    with distance everywhere. ``hours`` and ``zones`` are what finished legs taught (``optimizer.travel.fit``).
    """

    circuity: float = 1.3
    bands: tuple[tuple[float, float], ...] = ((1_500.0, 5.5), (8_000.0, 8.3), (30_000.0, 13.0), (np.inf, 20.0))
    hours: HourFactors = field(default_factory=HourFactors)
    zones: ZoneFactors = field(default_factory=ZoneFactors)
    source: str = "defaults"

    @property
    def provenance(self) -> str:
        return f"haversine {self.source} circuity={self.circuity:g} bands={len(self.bands)}"

    def durations_s(self, places: Sequence[Location], mode: VehicleMode = VehicleMode.VAN) -> NDArray[np.float64]:
        """(n, n) seconds, symmetric."""
        metres = crow_fly_table_m(places)
        return self.zones.apply(self.seconds_of(metres, mode), places)

    def seconds_of(self, crow_m: NDArray[np.float64], mode: VehicleMode = VehicleMode.VAN) -> NDArray[np.float64]:
        """Seconds to drive between points that lie ``crow_m`` apart, whatever their zones."""
        road_m = crow_m * self.circuity
        seconds = np.zeros_like(road_m)
        below = 0.0
        for up_to_m, speed in self.bands:
            seconds += np.minimum(np.maximum(road_m - below, 0.0), up_to_m - below) / speed
            below = up_to_m
        return seconds_for(mode, seconds, road_m)


def crow_fly_table_m(places: Sequence[Location]) -> NDArray[np.float64]:
    """(n, n) metres between the places as the crow flies."""
    lat = np.array([place.lat for place in places])
    lon = np.array([place.lon for place in places])
    return crow_fly_among_m(lat, lon)
