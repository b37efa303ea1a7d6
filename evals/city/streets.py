"""Streets: a jittered grid with avenues and two rings, cut by a river with a few bridges.

Metres are counted from the centre, east and north. Speeds are driving speeds by class of street; every crossing costs
time. Streets are a little faster one way than the other, so that travel times are not symmetric.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

Floats = NDArray[np.float64]

RADIUS_M, BLOCK_M = 11_000.0, 400.0
SPEED_STREET_MS, SPEED_AVENUE_MS, SPEED_RING_MS = 5.6, 8.3, 13.9  # 20, 30 and 50 km/h, lights included
CROSSING_S = 4.0
AVENUE_EVERY = 4  # blocks
RINGS_M = (3_200.0, 7_600.0)
BRIDGES_M = (-6_400.0, -1_600.0, 1_200.0, 5_600.0)  # where, west to east, the river can be crossed
ONE_WAY_SPREAD = 0.08


@dataclass(frozen=True)
class Streets:
    """``points`` are the crossings, (n, 2) metres; ``travel`` the directed times between neighbours, seconds."""

    points: Floats
    travel: csr_matrix

    def durations_s(self, nodes: NDArray[np.int64]) -> Floats:
        """Shortest driving times between these crossings, (k, k), row = from."""
        times: Floats = dijkstra(self.travel, indices=nodes)[:, nodes]
        return times


def lay_streets(rng: np.random.Generator) -> Streets:
    """The street network; every crossing can be reached from every other."""
    cells, points = _crossings(rng)
    index = {cell: number for number, cell in enumerate(cells)}
    rows, columns, seconds = [], [], []
    for cell, number in index.items():
        for step in ((1, 0), (0, 1), (-1, 0), (0, -1)):
            other = index.get((cell[0] + step[0], cell[1] + step[1]))
            if other is None or _is_cut(points[number], points[other]):
                continue
            rows.append(number)
            columns.append(other)
            metres = float(np.hypot(*(points[number] - points[other])))
            speed = _speed(cell, step, points[number]) * (1 + rng.uniform(-ONE_WAY_SPREAD, ONE_WAY_SPREAD))
            seconds.append(metres / speed + CROSSING_S)
    return Streets(points, csr_matrix((seconds, (rows, columns)), shape=(len(points), len(points))))


def river_m(east: float | Floats) -> float | Floats:
    """How far north the river runs at each distance east."""
    return -2_500.0 + 900.0 * np.sin(np.asarray(east) / 3_000.0)


def _crossings(rng: np.random.Generator) -> tuple[list[tuple[int, int]], Floats]:
    reach = int(RADIUS_M // BLOCK_M)
    inside = [
        (east, north)
        for east in range(-reach, reach + 1)
        for north in range(-reach, reach + 1)
        if np.hypot(east, north) * BLOCK_M <= RADIUS_M
    ]
    jitter = rng.normal(0, BLOCK_M / 10, size=(len(inside), 2))
    return inside, np.array(inside, dtype=float) * BLOCK_M + jitter


def _is_cut(start: Floats, end: Floats) -> bool:
    """Whether the river lies between two crossings, and no bridge is near."""
    south = [point[1] < river_m(point[0]) for point in (start, end)]
    middle = (start[0] + end[0]) / 2
    return bool(south[0] != south[1]) and min(abs(middle - bridge) for bridge in BRIDGES_M) > BLOCK_M * 0.75


def _speed(cell: tuple[int, int], step: tuple[int, int], point: Floats) -> float:
    radius = float(np.hypot(*point))
    if any(abs(radius - ring) < BLOCK_M for ring in RINGS_M):
        return SPEED_RING_MS
    across = cell[1] if step[0] else cell[0]
    return SPEED_AVENUE_MS if across % AVENUE_EVERY == 0 else SPEED_STREET_MS
