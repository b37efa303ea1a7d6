"""Who gets something today: where they live, when they were promised it, and how large it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.city.streets import Floats, Streets

CENTRE_SHARE, CENTRE_M = 0.40, 1_900.0
SUBURBS = ((-6_300.0, 3_900.0), (5_300.0, 4_600.0), (-4_600.0, -6_300.0), (6_400.0, -5_300.0), (300.0, 7_700.0))
SUBURB_M = 1_500.0
# Two-hour windows by their first hour, local time: mornings and early evenings are what people choose.
WINDOW_HOURS = np.arange(8, 19)
WINDOW_WEIGHTS = np.array([6, 12, 12, 9, 7, 7, 8, 9, 11, 12, 7], dtype=float)
WINDOW_H = 2
BULKY_SHARE, PRIORITY_SHARE = 0.06, 0.10


@dataclass(frozen=True, slots=True)
class Customer:
    """``node`` is a crossing of the streets; ``opens_h`` the first hour of the two promised, local time."""

    node: int
    opens_h: int
    units: int
    is_bulky: bool
    is_priority: bool
    service_s: float


def draw_customers(rng: np.random.Generator, streets: Streets, count: int, taken: set[int]) -> list[Customer]:
    """``count`` customers, each at a crossing of their own and none at one ``taken``."""
    nodes = _homes(rng, streets, count, taken)
    return [_customer(rng, node) for node in nodes]


def _homes(rng: np.random.Generator, streets: Streets, count: int, taken: set[int]) -> list[int]:
    free = np.array([number not in taken for number in range(len(streets.points))])
    homes: list[int] = []
    while len(homes) < count:
        if rng.random() < CENTRE_SHARE:
            spot = rng.normal(0, CENTRE_M, size=2)
        else:
            spot = np.array(SUBURBS[rng.integers(len(SUBURBS))]) + rng.normal(0, SUBURB_M, size=2)
        nearest = _nearest_free(streets.points, free, spot)
        free[nearest] = False
        homes.append(nearest)
    return homes


def _nearest_free(points: Floats, free: NDArray[np.bool_], spot: Floats) -> int:
    distance = np.hypot(*(points - spot).T)
    distance[~free] = np.inf
    return int(distance.argmin())


def _customer(rng: np.random.Generator, node: int) -> Customer:
    is_bulky = bool(rng.random() < BULKY_SHARE)
    units = int(rng.integers(6, 10)) if is_bulky else 1 + int(rng.poisson(0.9))
    return Customer(
        node=node,
        opens_h=int(rng.choice(WINDOW_HOURS, p=WINDOW_WEIGHTS / WINDOW_WEIGHTS.sum())),
        units=units,
        is_bulky=is_bulky,
        is_priority=bool(rng.random() < PRIORITY_SHARE),
        service_s=float(round(330 + 45 * units + rng.exponential(150))),
    )
