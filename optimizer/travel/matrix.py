"""Travel times from a plan's own matrix, also for places the matrix does not know."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from forestall.domain.ids import LocationId
from forestall.domain.network import Location
from forestall.domain.plan import TravelMatrix
from forestall.domain.vocabulary import VehicleMode
from forestall.errors import BadInput, Problem
from optimizer.geo import crow_fly_m
from optimizer.travel.haversine import HaversineTravel
from optimizer.travel.hours import HourFactors


class MatrixTravel:
    """A plan's explicit durations. ``places`` tells where its locations are, to serve those it does not name.

    They hold for every vehicle mode: whoever brings a matrix knows the fleet that drives by it.

    An unknown place (where a van broke down) takes the row and column of the nearest known location, and the crow-fly
    time between the two on top: asymmetry and one-way detours of that neighbourhood are kept.
    """

    def __init__(
        self,
        matrix: TravelMatrix,
        places: Iterable[Location],
        access: HaversineTravel | None = None,
        hours: HourFactors | None = None,
    ) -> None:
        n = len(matrix.location_ids)
        durations = np.frombuffer(matrix.durations_f32, dtype="<f4")
        if durations.size != n * n:
            raise BadInput("The travel matrix is not square.", [_size_problem(matrix.id, n, durations.size)])
        self._durations: NDArray[np.float32] = durations.reshape(n, n)
        self._row = {location_id: i for i, location_id in enumerate(matrix.location_ids)}
        known = {place.id: place for place in places if place.id in self._row}
        self._known_rows = np.array([self._row[location_id] for location_id in known], dtype=np.intp)
        self._lat = np.array([place.lat for place in known.values()])
        self._lon = np.array([place.lon for place in known.values()])
        self._access = access or HaversineTravel()
        self._provenance = f"matrix {matrix.id}"
        self._hours = hours or HourFactors()

    @property
    def provenance(self) -> str:
        return self._provenance

    @property
    def hours(self) -> HourFactors:
        return self._hours

    def durations_s(
        self,
        places: Sequence[Location],
        mode: VehicleMode = VehicleMode.VAN,  # noqa: ARG002 - see the class
    ) -> NDArray[np.float64]:
        """(n, n) seconds, row = from. BadInput when a place is unknown and no location of the matrix has a place."""
        rows = np.empty(len(places), dtype=np.intp)
        access_s = np.zeros(len(places))
        for i, place in enumerate(places):
            row = self._row.get(place.id)
            if row is None:
                row, access_s[i] = self._nearest(place)
            rows[i] = row
        durations = self._durations[np.ix_(rows, rows)].astype(np.float64)
        if access_s.any():
            durations += access_s[:, None] + access_s[None, :]
            self._settle_neighbours(durations, places, rows, access_s)
        np.fill_diagonal(durations, 0.0)
        return durations

    def _nearest(self, place: Location) -> tuple[int, float]:
        """The row of the known location nearest to the place, and the seconds between the two."""
        if not self._known_rows.size:
            raise BadInput("A place is not in the travel matrix.", [_unknown_problem(place.id)])
        metres = crow_fly_m(place.lat, place.lon, self._lat, self._lon)
        nearest = int(np.argmin(metres))
        return int(self._known_rows[nearest]), float(self._access.seconds_of(metres[nearest : nearest + 1])[0])

    def _settle_neighbours(
        self,
        durations: NDArray[np.float64],
        places: Sequence[Location],
        rows: NDArray[np.intp],
        access_s: NDArray[np.float64],
    ) -> None:
        """Two places that lean on one location are as far apart as the crow flies, not by way of that location."""
        for i in np.flatnonzero(access_s).tolist():
            same = np.flatnonzero(rows == rows[i]).tolist()
            lat = np.array([places[j].lat for j in same])
            lon = np.array([places[j].lon for j in same])
            seconds = self._access.seconds_of(crow_fly_m(places[i].lat, places[i].lon, lat, lon))
            durations[i, same] = durations[same, i] = seconds


def _size_problem(matrix_id: str, n: int, size: int) -> Problem:
    return Problem(f"matrix[{matrix_id}]", f"{n} locations need {n * n} durations, not {size}", "give a full matrix")


def _unknown_problem(location_id: LocationId) -> Problem:
    return Problem(f"location[{location_id}]", "not in the matrix, and no place of the matrix is known", "give places")
