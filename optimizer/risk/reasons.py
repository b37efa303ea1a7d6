"""Why a stop is at risk: P(late) shared out among causes, so that the shares add up.

Each cause can be switched off: the route made punctual, the load ready, the roads as usual, and so on. P(late) is
simulated on the same draws with every choice of the causes that touch the route switched off, and each cause gets its
Shapley value, its effect averaged over the orders in which causes could be taken away. What is left with all of them
off is the ordinary spread of a day: ``ordinary + sum of the shares = P(late)`` exactly. Causes that don't interact get
what taking them away alone would change.

Causes (keys of the glossary): ``upstream_delay`` (the route is behind its plan), ``long_visit`` (the present visit is
taking longer), ``late_load``, ``slow_roads`` (today, here, this driver), ``long_service`` (visits took longer today),
``tight_window`` (the plan leaves less than half an hour), ``driver_limit`` (shift and breaks), ``hold_up`` (it could
still be held up or break down); and where nobody drives any more ``vehicle_broken``, ``shift_over`` or
``carrier_withdrawn``.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import factorial

import numpy as np

from forestall.domain.forecast import Contribution
from forestall.domain.routes import Route
from forestall.domain.vocabulary import RouteStatus
from optimizer.kernel import NEVER, Drive, Floats, World, fleet_starts
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.risk.learning import driven_order
from optimizer.travel import TravelTimes

CAUSES = (
    "upstream_delay",
    "long_visit",
    "late_load",
    "slow_roads",
    "long_service",
    "tight_window",
    "driver_limit",
    "hold_up",
)
_BIT = {cause: 1 << i for i, cause in enumerate(CAUSES)}
_ALL_ON = (1 << len(CAUSES)) - 1
_WORTH_TELLING = 0.005  # a smaller share goes to the ordinary spread
_AMPLE_S = 1800.0  # a plan that leaves so much before a promise ends is not tight
_A_DELAY_S = 60.0
_SLOWER = 1.005


@dataclass(frozen=True, slots=True)
class Explanation:
    """``ordinary`` and the contributions, the largest first, add up to P(late)."""

    ordinary: float
    contributions: tuple[Contribution, ...]


class Reasons:
    """Explains stops of one problem. A route costs one more run for every choice of its causes: 32 for five."""

    def __init__(self, problem: FleetProblem, travel: TravelTimes, p_late: Floats) -> None:
        self._problem, self._travel, self._p_late = problem, travel, p_late

    def of(self, stops: Iterable[int]) -> dict[int, Explanation]:
        """The explanation of each stop."""
        problem = self._problem
        by_route: dict[int, list[int]] = defaultdict(list)
        found: dict[int, Explanation] = {}
        for stop in map(int, stops):
            route = int(problem.route_of[stop])
            if problem.stranded[route]:
                lost = Contribution(self._stranding(stop), float(self._p_late[stop]), {})
                found[stop] = Explanation(0.0, (lost,))
            else:
                by_route[route].append(stop)
        if by_route:
            found.update(_Trials(problem, self._travel, by_route).explain())
        return found

    def _stranding(self, stop: int) -> str:
        """Why nobody will drive there any more."""
        problem = self._problem
        status = problem.snapshot.routes[problem.route_ids[problem.route_of[stop]]].status
        return {RouteStatus.BROKEN: "vehicle_broken", RouteStatus.FINISHED: "shift_over"}.get(
            status, "carrier_withdrawn"
        )


class _Trials:
    """The what-ifs of some running routes, and what they say of the stops asked for (by route)."""

    def __init__(self, problem: FleetProblem, travel: TravelTimes, wanted: dict[int, list[int]]) -> None:
        self._problem, self._travel, self._wanted = problem, travel, wanted
        self._routes = sorted(wanted)
        self._plan = {r: self._planned(problem.snapshot.routes[problem.route_ids[r]], r) for r in self._routes}
        self._behind, self._visiting = self._delays(self._routes)
        self._wider = np.zeros(len(problem.stop_ids))
        for r in self._routes:
            for stop in wanted[r]:
                slack_s = float(problem.world.closes_s[stop]) - self._plan[r].start_s.get(stop, -np.inf)
                self._wider[stop] = min(max(_AMPLE_S - slack_s, 0.0), _AMPLE_S)
        self._causes = {r: self._causes_of(r) for r in self._routes}

    def explain(self) -> dict[int, Explanation]:
        chances = self._chances()
        found = {}
        for r in self._routes:
            causes = self._causes[r]
            bits = [_BIT[cause] for cause in causes]
            masks = [
                _ALL_ON - sum(bit for i, bit in enumerate(bits) if not choice >> i & 1)
                for choice in range(1 << len(bits))
            ]
            for stop in self._wanted[r]:
                value = np.array([chances[mask, stop] for mask in masks])
                found[stop] = self._explanation(r, stop, causes, value)
        return found

    def _explanation(self, route: int, stop: int, causes: Sequence[str], value: Floats) -> Explanation:
        shares = dict(zip(causes, shapley_weights(len(causes)) @ value, strict=True))
        told = [
            Contribution(cause, float(share), self._values(cause, route, stop))
            for cause, share in shares.items()
            if abs(share) >= _WORTH_TELLING
        ]
        ordinary = float(value[-1]) - sum(one.p_late for one in told)
        return Explanation(ordinary, tuple(sorted(told, key=lambda one: (-one.p_late, one.cause))))

    def _chances(self) -> dict[tuple[int, int], float]:
        """P(late) of each stop asked for under each choice of causes left on (bits), of those that touch its route."""
        routes_of: dict[int, list[int]] = defaultdict(list)
        for r in self._routes:
            for off in _subsets(sum(_BIT[cause] for cause in self._causes[r])):
                routes_of[_ALL_ON - off].append(r)
        found: dict[tuple[int, int], float] = {}
        for mask, routes in routes_of.items():
            found.update(self._run(mask, routes))
        return found

    def _run(self, mask: int, routes: list[int]) -> dict[tuple[int, int], float]:
        problem = self._problem
        closes_s = problem.world.closes_s + (0.0 if mask & _BIT["tight_window"] else self._wider)
        heads = [self._sequence_heads[r] for r in routes]
        flat = np.array([stop for head in heads for stop in head], dtype=np.int64)
        starts = np.empty((flat.size, problem.samples))
        offsets = np.cumsum([0, *map(len, heads)])
        fleet_starts(self._world(mask), self._drive(mask), np.array(routes), offsets, flat, starts)
        late = (starts > closes_s[flat, None]).mean(axis=1)
        found = {(mask, int(stop)): float(p) for stop, p in zip(flat, late, strict=True)}
        for r in routes:
            stop = int(problem.committed[r])
            if stop in self._wanted[r]:
                earlier_s = 0.0 if mask & _BIT["upstream_delay"] else self._behind[r]
                found[mask, stop] = float((problem.committed_start_s[r] - earlier_s > closes_s[stop]).mean())
        return found

    @cached_property
    def _sequence_heads(self) -> dict[int, tuple[int, ...]]:
        """Each route's free stops up to the last one asked for: what comes after it changes nothing before."""
        heads = {}
        for r in self._routes:
            sequence, asked = self._problem.sequences[r], set(self._wanted[r])
            last = max((i for i, stop in enumerate(sequence) if stop in asked), default=-1)
            heads[r] = sequence[: last + 1]
        return heads

    # the world with causes switched off

    def _world(self, mask: int) -> World:
        world = self._problem.world
        if not mask & _BIT["late_load"]:
            world = world._replace(available_s=np.full_like(world.available_s, -np.inf))
        if not mask & _BIT["slow_roads"]:
            world = world._replace(slow=np.minimum(world.slow, 1.0))
        return world

    def _drive(self, mask: int) -> Drive:
        problem, drive = self._problem, self._problem.drive
        earlier_s = np.zeros(len(problem.route_ids))
        for cause, by_s in (("upstream_delay", self._behind), ("long_visit", self._visiting)):
            if not mask & _BIT[cause]:
                earlier_s[list(by_s)] += list(by_s.values())
        ready_s = drive.ready_s - earlier_s[:, None]
        if not mask & _BIT["late_load"]:
            ready_s = ready_s - problem.unannounced_s
        drive = drive._replace(ready_s=ready_s, earliest_s=drive.earliest_s - earlier_s)
        if not mask & _BIT["slow_roads"]:
            drive = drive._replace(pace=drive.pace / self._moods[:, None])
        if not mask & _BIT["long_service"]:
            drive = drive._replace(service_pace=np.minimum(drive.service_pace, 1.0))
        if not mask & _BIT["driver_limit"]:
            endless = np.full_like(drive.shift_end_s, np.inf)
            drive = drive._replace(shift_end_s=endless, break_after_s=endless)
        if not mask & _BIT["hold_up"]:
            drive = drive._replace(hold_at_s=np.full_like(drive.hold_at_s, NEVER))
        return drive

    @cached_property
    def _moods(self) -> Floats:
        """(R,) how much slower than usual the route's driver and hub are, 1 at least."""
        return np.maximum(self._problem.drive.pace.mean(axis=1), 1.0)

    # which causes touch a route, and their figures

    def _causes_of(self, route: int) -> tuple[str, ...]:
        problem, wanted = self._problem, self._wanted[route]
        drive, sequence = problem.drive, list(self._sequence_heads[route])
        last_s = float(problem.world.closes_s[wanted].max()) + _AMPLE_S
        touches = {
            "upstream_delay": self._behind[route] >= _A_DELAY_S,
            "long_visit": self._visiting[route] >= _A_DELAY_S,
            "late_load": self._load_wait_s(route) > 0.0 or bool((problem.unannounced_s[route] > 0.0).any()),
            "slow_roads": self._moods[route] > _SLOWER or self._slowest(route) > _SLOWER,
            "long_service": float(drive.service_pace[route]) > _SLOWER,
            "tight_window": bool((self._wider[wanted] > 0.0).any()),
            "driver_limit": float(drive.break_after_s[route]) < np.inf or float(drive.shift_end_s[route]) < last_s,
            "hold_up": bool((drive.hold_at_s[route] < last_s).any()),
        }
        only_window = not sequence  # nothing but the stop it is bound for
        return tuple(
            cause
            for cause in CAUSES
            if touches[cause] and (not only_window or cause in ("upstream_delay", "tight_window"))
        )

    def _values(self, cause: str, route: int, stop: int) -> dict[str, float]:
        match cause:
            case "upstream_delay":
                return {"delay_s": self._behind[route]}
            case "long_visit":
                return {"delay_s": self._visiting[route]}
            case "late_load":
                return {"wait_s": max(self._load_wait_s(route), float(self._problem.unannounced_s[route].mean()))}
            case "slow_roads":
                return {"factor": float(self._moods[route] * max(self._slowest(route), 1.0))}
            case "long_service":
                return {"factor": float(self._problem.drive.service_pace[route])}
            case "tight_window":
                return {"slack_s": _AMPLE_S - float(self._wider[stop])}
            case _:
                return {}

    def _delays(self, routes: list[int]) -> tuple[dict[int, float], dict[int, float]]:
        """Seconds each route is behind its plan (before the present visit), and behind it by that visit."""
        problem = self._problem
        behind, visiting = {}, {}
        for r in routes:
            planned_s = self._plan[r].free_s
            stop = int(problem.committed[r])
            ready_s = float(np.median(problem.drive.ready_s[r] - problem.unannounced_s[r]))
            visiting[r] = 0.0
            if stop != NO_STOP:
                start_s = float(np.median(problem.committed_start_s[r]))
                visiting[r] = max(ready_s - start_s - float(problem.world.service_s[stop]), 0.0)
            behind[r] = max(ready_s - visiting[r] - planned_s, 0.0)
        return behind, visiting

    def _planned(self, route: Route, r: int) -> "_Plan":
        """The route at expected times, in the order in which it has been driven and will be."""
        problem = self._problem
        committed = problem.snapshot.committed_stop(route.id)
        driven = driven_order(problem.snapshot, route)
        if committed is not None and committed not in driven:
            driven.append(committed)
        ahead = [problem.snapshot.stops[problem.stop_ids[stop]] for stop in problem.sequences[r]]
        hub = problem.snapshot.hubs[route.hub_id].location
        stops = driven + ahead
        durations = self._travel.durations_s([hub, *(stop.location for stop in stops)])
        free_s = now_s = problem.seconds(route.departs_at)
        start_s = {}
        for i, stop in enumerate(stops):
            start = max(now_s + float(durations[i, i + 1]), problem.seconds(stop.window.opens_at))
            now_s = start + stop.service_s
            free_s = now_s if i < len(driven) else free_s
            if (index := problem.stop_index.get(stop.id)) is not None:
                start_s[index] = start
        return _Plan(free_s, start_s)

    def _load_wait_s(self, route: int) -> float:
        problem = self._problem
        if not problem.drive.at_hub[route]:
            return 0.0
        available = [float(problem.world.available_s[stop]) for stop in problem.sequences[route]]
        return max(max(available, default=-np.inf) - float(problem.drive.earliest_s[route]), 0.0)

    def _slowest(self, route: int) -> float:
        world = self._problem.world
        places = [int(world.place[stop]) for stop in self._problem.sequences[route]]
        return float(max((world.slow[place] for place in places), default=1.0))


@dataclass(frozen=True, slots=True)
class _Plan:
    """When the route would have been free to go on, and when it would begin each open stop (by index)."""

    free_s: float
    start_s: dict[int, float]


def _subsets(bits: int) -> list[int]:
    found, subset = [0], bits
    while subset:
        found.append(subset)
        subset = (subset - 1) & bits
    return found


@cache
def shapley_weights(count: int) -> Floats:
    """(count, 2**count) how the value of each choice of causes (bits set: left on) enters each cause's share.

    ``shapley_weights(n) @ value`` adds up to ``value[-1] - value[0]``.
    """
    weights = np.zeros((count, 1 << count))
    for choice in range(1 << count):
        size = choice.bit_count()
        for cause in range(count):
            without = size - (choice >> cause & 1)
            weight = factorial(without) * factorial(count - without - 1) / factorial(count)
            weights[cause, choice] = weight if choice >> cause & 1 else -weight
    return weights
