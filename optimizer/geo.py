"""Distances on the map."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_M = 6_371_008.8  # IUGG mean radius

_Point: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def crow_fly_m(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> NDArray[np.float64]:
    """Great-circle metres between points in degrees; the arguments broadcast.

    By the straight line through the globe: sines are then taken of the places, not of the many more pairs of them.
    """
    return _metres(_on_unit_sphere(lat1, lon1), _on_unit_sphere(lat2, lon2))


def crow_fly_among_m(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, n) great-circle metres between n points in degrees."""
    x, y, z = _on_unit_sphere(lat, lon)
    return _metres((x[:, None], y[:, None], z[:, None]), (x[None, :], y[None, :], z[None, :]))


def _metres(here: _Point, there: _Point) -> NDArray[np.float64]:
    (x1, y1, z1), (x2, y2, z2) = here, there
    half_chord = 0.5 * np.sqrt((x1 - x2) ** 2 + (y1 - y2) ** 2 + (z1 - z2) ** 2)
    metres: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(half_chord, 1.0))
    return metres


def _on_unit_sphere(lat: ArrayLike, lon: ArrayLike) -> _Point:
    lat, lon = np.radians(np.asarray(lat, dtype=np.float64)), np.radians(np.asarray(lon, dtype=np.float64))
    return np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat) + 0.0 * lon
