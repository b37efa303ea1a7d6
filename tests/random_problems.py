"""Small repair problems at random: anything a day could bring, and much that it should not."""

import numpy as np

from optimizer.repair.constraints import CONSTRAINTS
from optimizer.repair.subproblem import NO_LIMIT, SubProblem

_CODES = [constraint.code for constraint in CONSTRAINTS]


def make_any(seed: int, most_stops: int = 10) -> SubProblem:
    """A problem of one to three vehicles, drawn from the seed.

    Ways differ by direction and mode, and break the triangle; places are shared; goods are fetched on the way, pinned
    and homeless; vans are full; shifts long over; windows past; breaks fall due. The plan to start from may break
    every rule there is.
    """
    draw = np.random.default_rng(seed)
    vehicles, stops = int(draw.integers(1, 4)), int(draw.integers(1, most_stops + 1))
    modes = int(draw.integers(1, 3))
    owner, order = draw.integers(-1, vehicles, stops), draw.permutation(stops)
    opens = draw.integers(0, 20_000, stops)
    has_breaks, has_limits = draw.random(2) < 0.3
    return SubProblem.build(
        travel_s=draw.uniform(0, 3000, (modes, stops, stops)),
        profile=draw.integers(0, modes, vehicles),
        hours=draw.uniform(0.7, 1.6, 12) if draw.random() < 0.3 else (),
        node=draw.integers(0, stops, stops),
        opens_s=opens,
        closes_s=opens + draw.integers(-3000, 5000, stops),
        service_s=draw.integers(0, 600, stops),
        setup_s=draw.choice([0, 180], stops),
        start_node=draw.integers(0, stops, vehicles),
        ready_s=draw.integers(0, 5000, vehicles),
        end_node=draw.integers(0, stops, vehicles),
        shift_end_s=draw.integers(0, 30_000, vehicles),
        break_after_s=draw.integers(1000, 8000, vehicles) if has_breaks else NO_LIMIT,
        break_s=draw.integers(0, 2700, vehicles),
        since_break_s=draw.integers(0, 3000, vehicles),
        drive_limit_s=draw.integers(0, 15_000, vehicles) if has_limits else NO_LIMIT,
        sequences=tuple(tuple(int(s) for s in order if owner[s] == v) for v in range(vehicles)),
        segment=_segments(draw, owner, order),
        lateness_price=draw.choice([0, 1, 10], stops),
        miss_price=draw.choice([0, 1800], stops),
        undone_price=draw.choice([0, 500, 36_000], stops),
        move_price=draw.choice([0, 300], stops),
        visit_price=draw.choice([0, 0, 600], stops),
        churn_price=draw.choice([0, 60], vehicles),
        carrier_price=draw.choice([0, 400], vehicles),
        demand=draw.integers(0, 5, (stops, 2)),
        capacity=draw.integers(0, 25, (vehicles, 2)),
        excluded=np.where(draw.random((stops, vehicles)) < 0.7, 0, draw.choice(_CODES, (stops, vehicles))),
        pairs=tuple((int(order[2 * i]), int(order[2 * i + 1])) for i in range(int(draw.integers(0, stops // 2 + 1)))),
    )


def _segments(draw: np.random.Generator, owner: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Pins in the order of the plan; now and then pins that contradict it."""
    segment = np.zeros(owner.size, dtype=np.int64)
    kind = draw.random()
    if kind < 0.6:
        return segment
    for vehicle in set(owner[owner >= 0].tolist()):
        current = 0
        for stop in (s for s in order if owner[s] == vehicle):
            is_pinned = draw.random() < 0.2
            segment[stop] = current = current + is_pinned
            current += is_pinned
    if kind > 0.9:
        homes = np.flatnonzero(owner >= 0)
        segment[homes] = draw.permutation(segment[homes])
    return segment
