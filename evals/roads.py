"""Expected travel between places, the ones where a vehicle broke down included."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

import numpy as np

from forestall.domain.ids import LocationId
from forestall.domain.network import Location
from forestall.domain.plan import DayPlan

EARTH_RADIUS_M = 6_371_000.0
FALLBACK_SPEED_MS = 8.3  # city traffic, where a plan brings no matrix
FALLBACK_CIRCUITY = 1.3  # road metres per crow-fly metre


@dataclass(frozen=True, slots=True)
class Place:
    """A named location, or a spot on the leg between two: ``leg`` is (from, to, share of the leg passed)."""

    id: LocationId
    lat: float
    lon: float
    leg: tuple[LocationId, LocationId, float] | None = None


def crow_fly_m(a: Place | Location, b: Place | Location) -> float:
    """Great-circle metres."""
    half_lat, half_lon = radians(b.lat - a.lat) / 2, radians(b.lon - a.lon) / 2
    h = sin(half_lat) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(h)))


def point_between(a: Place, b: Place, share: float) -> tuple[float, float]:
    """(lat, lon) after ``share`` of the straight line; a city is small enough for plain interpolation."""
    return a.lat + (b.lat - a.lat) * share, a.lon + (b.lon - a.lon) * share


class Roads:
    """``locations`` are the plan's own; a spot is reached, and left, along the leg that it lies on."""

    def __init__(self, plan: DayPlan) -> None:
        self.places: Mapping[LocationId, Place] = {place.id: place for place in _places_of(plan)}
        self._row: dict[LocationId, int] = {}
        self._seconds: list[list[float]] = []
        if plan.matrix is not None:
            size = len(plan.matrix.location_ids)
            flat = np.frombuffer(plan.matrix.durations_f32, dtype="<f4").reshape(size, size)
            self._row = {location: row for row, location in enumerate(plan.matrix.location_ids)}
            self._seconds = flat.astype(float).tolist()

    def base_s(self, start: Place, end: Place) -> float:
        """Expected seconds before anything random, 0 for staying put."""
        if start.id == end.id:
            return 0.0
        return min(
            out_s + self._between(exit_id, entry_id) + in_s
            for exit_id, out_s in self._ways_out(start)
            for entry_id, in_s in self._ways_in(end)
        )

    def _ways_out(self, place: Place) -> list[tuple[LocationId, float]]:
        if place.leg is None:
            return [(place.id, 0.0)]
        start, end, share = place.leg
        return [(end, (1 - share) * self._between(start, end)), (start, share * self._between(end, start))]

    def _ways_in(self, place: Place) -> list[tuple[LocationId, float]]:
        if place.leg is None:
            return [(place.id, 0.0)]
        start, end, share = place.leg
        return [(start, share * self._between(start, end)), (end, (1 - share) * self._between(end, start))]

    def _between(self, start: LocationId, end: LocationId) -> float:
        if start == end:
            return 0.0
        row, column = self._row.get(start), self._row.get(end)
        if row is not None and column is not None:
            return self._seconds[row][column]
        metres = crow_fly_m(self.places[start], self.places[end])
        return metres * FALLBACK_CIRCUITY / FALLBACK_SPEED_MS


def _places_of(plan: DayPlan) -> list[Place]:
    locations = [hub.location for hub in plan.hubs] + [stop.location for stop in plan.stops]
    return [Place(location.id, location.lat, location.lon) for location in locations]
