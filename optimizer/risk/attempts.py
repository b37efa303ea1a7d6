"""What is known beforehand of a first attempt: by what the learned model of failed attempts tells doors apart."""

import numpy as np
from numpy.typing import NDArray

from optimizer.kernel import Floats
from optimizer.problem import FleetProblem

LEVELS = ("hub", "place")
"""What an attempt belongs to, the most general first; rates are learned and shrunk in this order."""

NUMBERS = ("hour", "window_s", "service_s", "size")
"""Hour of the expected start (UTC), the promise's length, the planned service, and the goods in units of capacity."""


def attempts_of(problem: FleetProblem, starts: Floats) -> tuple[list[NDArray[np.str_]], NDArray[np.float32]]:
    """Keys, one (m,) array for each of ``LEVELS``, and (m, len(NUMBERS)) numbers of every open stop."""
    world = problem.world
    hubs = [problem.snapshot.routes[problem.route_ids[r]].hub_id for r in problem.route_of]
    places = [problem.places[place].id for place in world.place]
    expected_s = np.minimum(np.median(starts, axis=1), world.closes_s)
    numbers = [expected_s / 3600.0 % 24.0, world.closes_s - world.opens_s, world.service_s, problem.demand.sum(axis=1)]
    return [np.array(hubs, dtype=np.str_), np.array(places, dtype=np.str_)], np.column_stack(numbers).astype(np.float32)
