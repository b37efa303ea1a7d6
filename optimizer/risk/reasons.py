"""Why a stop is at risk: P(late) shared out among causes, so that the shares add up.

Each cause can be switched off: the route made punctual, the load ready, the roads as usual, and so on. P(late) is
simulated on the same draws, an evenly spread part of them, with every choice of the causes that touch the route
switched off; each cause gets its Shapley value, its effect averaged over the orders in which causes could be taken
away, scaled to the P(late) of all draws. What is left with all of them off is the ordinary spread of a day: ``ordinary
+ sum of the shares = P(late)`` exactly. Causes that don't interact get what taking them away alone would change.

Causes (keys of the glossary): ``upstream_delay`` (the route is behind its plan), ``long_visit`` (the present visit is
taking longer), ``late_load``, ``slow_roads`` (today, here, this driver), ``long_service`` (visits took longer today),
``tight_window`` (the plan leaves less than half an hour), ``driver_limit`` (shift and breaks), ``hold_up`` (it could
still be held up or break down); and where nobody drives any more ``vehicle_broken``, ``shift_over``,
``driver_absent`` or ``carrier_withdrawn``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from math import factorial

import numpy as np

from forestall.domain.forecast import Contribution
from forestall.domain.routes import Route
from forestall.domain.vocabulary import RouteStatus
from optimizer.kernel import Floats
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.risk.ablation import CAUSES, Evidence, Touched, chances
from optimizer.risk.learning import driven_order
from optimizer.travel import TravelTimes

_WORTH_TELLING = 0.005  # a smaller share goes to the ordinary spread
_AMPLE_S = 1800.0  # a plan that leaves so much before a promise ends is not tight
_A_DELAY_S = 60.0
_SLOWER = 1.01


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
            found.update(_Inquiry(problem.search, self._travel, by_route, self._p_late).explain())
        return found

    def _stranding(self, stop: int) -> str:
        """Why nobody will drive there any more."""
        problem = self._problem
        route = problem.snapshot.routes[problem.route_ids[problem.route_of[stop]]]
        nobody_left = "carrier_withdrawn" if problem.snapshot.find_absence(route) is None else "driver_absent"
        return {RouteStatus.BROKEN: "vehicle_broken", RouteStatus.FINISHED: "shift_over"}.get(route.status, nobody_left)


class _Inquiry:
    """What the trials of some running routes say of the stops asked for (by route)."""

    def __init__(
        self, problem: FleetProblem, travel: TravelTimes, wanted: dict[int, list[int]], p_late: Floats
    ) -> None:
        self._problem, self._travel, self._p_late = problem, travel, p_late
        self._evidence = self._gather(wanted)
        self._touched = [Touched(r, self._causes_of(r, wanted[r]), tuple(wanted[r])) for r in sorted(wanted)]

    def explain(self) -> dict[int, Explanation]:
        found: dict[int, Explanation] = {}
        for one, value in zip(self._touched, chances(self._problem, self._evidence, self._touched), strict=True):
            found.update(self._explanations(one, value))
        return found

    def _explanations(self, one: Touched, value: Floats) -> Iterator[tuple[int, Explanation]]:
        """Of each stop; ``value`` (2**causes, stops) is its P(late) under each choice of causes left on."""
        p_late = self._p_late[list(one.stops)]
        rest, caused = np.minimum(value[0], p_late), value[-1] - value[0]
        scale = np.divide(p_late - rest, caused, out=np.zeros(caused.size), where=caused > 0.0)
        weights = shapley_weights(len(one.causes))
        # Stop by stop: a product of matrices rounds by who else is asked about.
        shares = [by * (weights @ of_stop) for by, of_stop in zip(scale, np.ascontiguousarray(value.T), strict=True)]
        values = [self._values(cause, one.route) for cause in one.causes]
        for stop, p, of_stop in zip(one.stops, p_late.tolist(), shares, strict=True):
            told = [
                Contribution(cause, share, self._slack(stop) if cause == "tight_window" else figures)
                for cause, share, figures in zip(one.causes, of_stop.tolist(), values, strict=True)
                if abs(share) >= _WORTH_TELLING
            ]
            ordinary = p - sum(contribution.p_late for contribution in told)
            yield stop, Explanation(ordinary, tuple(sorted(told, key=_largest_first)))

    # which causes touch a route, and their figures

    def _gather(self, wanted: dict[int, list[int]]) -> Evidence:
        """How far each cause reaches on the routes asked about."""
        problem, count = self._problem, len(self._problem.route_ids)
        behind_s, visiting_s, wider_s = np.zeros(count), np.zeros(count), np.zeros(len(problem.stop_ids))
        ready_s = np.median(problem.drive.ready_s - problem.unannounced_s, axis=1)
        start_s = np.median(problem.committed_start_s, axis=1)
        for r, stops in wanted.items():
            plan = self._planned(problem.snapshot.routes[problem.route_ids[r]], r)
            bound_for = int(problem.committed[r])
            if bound_for != NO_STOP:
                visiting_s[r] = max(ready_s[r] - start_s[r] - problem.world.service_s[bound_for], 0.0)
            behind_s[r] = max(ready_s[r] - visiting_s[r] - plan.free_s, 0.0)
            for stop in stops:
                slack_s = float(problem.world.closes_s[stop]) - plan.start_s.get(stop, -np.inf)
                wider_s[stop] = min(max(_AMPLE_S - slack_s, 0.0), _AMPLE_S)
        return Evidence(behind_s, visiting_s, np.maximum(problem.drive.pace.mean(axis=1), 1.0), wider_s)

    def _causes_of(self, route: int, wanted: list[int]) -> tuple[str, ...]:
        problem, evidence, drive = self._problem, self._evidence, self._problem.drive
        last_s = float(problem.world.closes_s[wanted].max()) + _AMPLE_S
        touches = {
            "upstream_delay": evidence.behind_s[route] >= _A_DELAY_S,
            "long_visit": evidence.visiting_s[route] >= _A_DELAY_S,
            "late_load": self._load_wait_s(route) > 0.0 or bool((problem.unannounced_s[route] > 0.0).any()),
            "slow_roads": evidence.moods[route] > _SLOWER or self._slowest(route) > _SLOWER,
            "long_service": float(drive.service_pace[route]) > _SLOWER,
            "tight_window": bool((evidence.wider_s[wanted] > 0.0).any()),
            "driver_limit": float(drive.break_after_s[route]) < np.inf or float(drive.shift_end_s[route]) < last_s,
            "hold_up": bool((drive.hold_at_s[route] < last_s).any()),
        }
        only_window = wanted == [int(problem.committed[route])]  # nothing but the stop it is bound for
        return tuple(
            cause
            for cause in CAUSES
            if touches[cause] and (not only_window or cause in ("upstream_delay", "tight_window"))
        )

    def _slack(self, stop: int) -> dict[str, float]:
        return {"slack_s": _AMPLE_S - float(self._evidence.wider_s[stop])}

    def _values(self, cause: str, route: int) -> dict[str, float]:
        """The figures of a cause that all stops of the route share."""
        match cause:
            case "upstream_delay":
                return {"delay_s": float(self._evidence.behind_s[route])}
            case "long_visit":
                return {"delay_s": float(self._evidence.visiting_s[route])}
            case "late_load":
                return {"wait_s": max(self._load_wait_s(route), float(self._problem.unannounced_s[route].mean()))}
            case "slow_roads":
                return {"factor": float(self._evidence.moods[route] * max(self._slowest(route), 1.0))}
            case "long_service":
                return {"factor": float(self._problem.drive.service_pace[route])}
            case _:
                return {}

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
        durations = self._travel.durations_s([hub, *[stop.location for stop in stops]])
        opens_s = [(stop.window.opens_at - problem.epoch).total_seconds() for stop in stops]
        free_s = now_s = problem.seconds(route.departs_at)
        starts_s = []
        for i, (stop, leg_s) in enumerate(zip(stops, durations.diagonal(1).tolist(), strict=True)):
            start_s = max(now_s + leg_s, opens_s[i])
            now_s = start_s + stop.service_s
            free_s = now_s if i < len(driven) else free_s
            starts_s.append(start_s)
        start_s_of = dict(zip(problem.sequences[r], starts_s[len(driven) :], strict=True))
        if committed is not None:
            start_s_of[problem.stop_index[committed.id]] = starts_s[driven.index(committed)]
        return _Plan(free_s, start_s_of)

    def _load_wait_s(self, route: int) -> float:
        problem = self._problem
        if not problem.drive.at_hub[route]:
            return 0.0
        available = problem.world.available_s[list(problem.sequences[route])]
        return max(float(available.max(initial=-np.inf)) - float(problem.drive.earliest_s[route]), 0.0)

    def _slowest(self, route: int) -> float:
        world, sequence = self._problem.world, self._problem.sequences[route]
        return float(world.slow[world.place[list(sequence)]].max()) if sequence else 1.0


def _largest_first(contribution: Contribution) -> tuple[float, str]:
    return -contribution.p_late, contribution.cause


@dataclass(frozen=True, slots=True)
class _Plan:
    """When the route would have been free to go on, and when it would begin each open stop (by index)."""

    free_s: float
    start_s: dict[int, float]


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
