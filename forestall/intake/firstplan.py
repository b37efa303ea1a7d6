"""Routes for an instance that comes without a solution: feasible where it can be, in a moment, and no more than that.

Regret insertion on expected times (Potvin and Rousseau 1993): the stop that would lose most by waiting goes in first,
where it costs the least travel. A planner does better; this lets a day without a plan be driven at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forestall.intake.vrplib import Floats, Instance

# No real detour costs this much; a stop with one feasible place left must not wait for any other.
_NO_OTHER_PLACE = 1e7


def plan_routes(instance: Instance) -> list[list[int]]:
    """Node numbers of each route in driving order; every stop is on one, in its window and within the load.

    A stop that no vehicle can reach in time, or carry, begins a route of its own all the same. More vehicles than the
    instance names are used only when windows or loads leave no other way.
    """
    insertion = _Insertion(instance)
    while len(insertion.waiting):
        insertion.insert_next()
    return insertion.routes


@dataclass
class _Insertion:
    """Routes as they grow. ``costs`` and ``places`` (waiting stops x routes) hold each stop's cheapest way in."""

    instance: Instance
    routes: list[list[int]] = field(default_factory=list)
    waiting: NDArray[np.int64] = field(init=False)
    costs: Floats = field(init=False)
    places: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        count = self.instance.size - 1
        self.waiting = np.arange(1, count + 1)
        self.costs, self.places = np.empty((count, 0)), np.empty((count, 0), dtype=np.int64)

    def insert_next(self) -> None:
        """Put the stop that can wait least where it costs least, or into a vehicle of its own."""
        durations = self.instance.durations_s
        alone = durations[0, self.waiting] + durations[self.waiting, 0]
        if len(self.routes) == self.instance.vehicles:
            alone = alone + _NO_OTHER_PLACE
        options = np.column_stack([self.costs, alone])
        chosen = int(np.argmax(_regrets(options)))
        route = int(np.argmin(options[chosen]))
        node = int(self.waiting[chosen])
        if route == len(self.routes):
            self._open(node)
        else:
            self.routes[route].insert(int(self.places[chosen, route]), node)
        self.waiting = np.delete(self.waiting, chosen)
        self.costs, self.places = np.delete(self.costs, chosen, axis=0), np.delete(self.places, chosen, axis=0)
        self.costs[:, route], self.places[:, route] = _ways_in(self.instance, self.routes[route], self.waiting)

    def _open(self, node: int) -> None:
        self.routes.append([node])
        rows = len(self.waiting)
        self.costs = np.column_stack([self.costs, np.empty(rows)])
        self.places = np.column_stack([self.places, np.empty(rows, dtype=np.int64)])


def _regrets(options: Floats) -> Floats:
    """What each stop loses if its best way in goes; the far ones first while there is but one way for any."""
    if options.shape[1] == 1:
        return options[:, 0]
    best, second = np.partition(options, 1, axis=1)[:, :2].T
    regrets: Floats = np.minimum(second, _NO_OTHER_PLACE * 2) - np.minimum(best, _NO_OTHER_PLACE * 2)
    return regrets


def _ways_in(instance: Instance, route: Sequence[int], nodes: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Each node's cheapest feasible place in the route and what it costs (infinite when there is none)."""
    durations, service, windows = instance.durations_s, instance.service_s, instance.windows_s
    before, after = np.array([0, *route]), np.array([*route, 0])
    leaves, latest = _times(instance, route)
    towards, onwards = durations[before][:, nodes].T, durations[nodes][:, after]
    starts = np.maximum(leaves + towards, windows[nodes, :1])
    fits = (starts <= windows[nodes, 1:]) & (starts + service[nodes, None] + onwards <= latest)
    room = instance.capacity - float(instance.demand[list(route)].sum())
    fits &= (instance.demand[nodes] <= room)[:, None]
    costs = np.where(fits, towards + onwards - durations[before, after], np.inf)
    places = costs.argmin(axis=1)
    return costs[np.arange(len(nodes)), places], places


def _times(instance: Instance, route: Sequence[int]) -> tuple[Floats, Floats]:
    """When the vehicle can leave the depot and each stop, and by when each stop and the depot must be reached."""
    durations, service, windows = instance.durations_s, instance.service_s, instance.windows_s
    nodes = [0, *route, 0]
    leaves, latest = [float(windows[0, 0])], [float(windows[0, 1])]
    for before, node in zip(nodes, route, strict=False):
        leaves.append(float(max(leaves[-1] + durations[before, node], windows[node, 0]) + service[node]))
    for node, after in zip(reversed(route), reversed(nodes), strict=False):
        latest.append(float(min(windows[node, 1], latest[-1] - durations[node, after] - service[node])))
    return np.array(leaves), np.array(latest[::-1])
