"""What is known beforehand of a first attempt: by what the learned model of failed attempts tells doors apart."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from forestall.domain.forecast import AttemptInputs
from optimizer.kernel import Floats
from optimizer.problem import FleetProblem
from optimizer.risk.presence import presence_level

LEVELS = ("hub", "place")
"""What an attempt belongs to, the most general first; rates are learned and shrunk in this order."""

NUMBERS = ("hour", "window_s", "service_s", "size", "presence")
"""Hour of the expected start (UTC), the promise's length, the planned service, the goods in units of capacity, and what
is known of anybody being there (``presence_level``)."""


def attempts_of(problem: FleetProblem, expected_s: Floats) -> AttemptInputs:
    """Of every open stop; ``expected_s`` (m,) is its expected start, as late as the promise's end at most."""
    world = problem.world
    hubs = [problem.snapshot.routes[problem.route_ids[r]].hub_id for r in problem.route_of]
    places = [problem.places[place].id for place in world.place]
    hour = np.minimum(expected_s, world.closes_s) / 3600.0 % 24.0
    stops = [problem.snapshot.stops[stop_id] for stop_id in problem.stop_ids]
    orders = problem.snapshot.orders
    presence = [presence_level(stop, orders.get(stop.order_id) if stop.order_id else None) for stop in stops]
    numbers = [hour, world.closes_s - world.opens_s, world.service_s, problem.demand.sum(axis=1), np.array(presence)]
    return AttemptInputs(
        keys=(tuple(hubs), tuple(places)),
        numbers=np.column_stack(numbers).astype(np.float32),
        p_prior=problem.p_failed.astype(np.float32),
    )


def joined(parts: Sequence[AttemptInputs]) -> AttemptInputs:
    """Several tables as one."""
    nothing = AttemptInputs(tuple(() for _ in LEVELS), np.empty((0, len(NUMBERS)), np.float32), np.empty(0, np.float32))
    parts = [nothing, *parts]
    return AttemptInputs(
        keys=tuple(tuple(chain.from_iterable(part.keys[level] for part in parts)) for level in range(len(LEVELS))),
        numbers=np.concatenate([part.numbers for part in parts]),
        p_prior=np.concatenate([part.p_prior for part in parts]),
    )


def chosen(inputs: AttemptInputs, rows: Sequence[int]) -> AttemptInputs:
    """Some rows of a table, in that order."""
    keys = tuple(tuple(key[row] for row in rows) for key in inputs.keys)
    index = np.array(rows, dtype=np.int64)
    return AttemptInputs(keys, inputs.numbers[index], inputs.p_prior[index])
