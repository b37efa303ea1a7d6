"""Why a stop is at risk: what P(late) would lose if one cause were away, on the same draws.

Causes (keys of the glossary): ``upstream_delay`` (the route is behind its plan), ``long_visit`` (the present visit is
taking longer), ``late_load``, ``slow_roads`` (today, here, this driver), ``tight_window`` (half an hour more of it
would do); and where nobody drives any more ``vehicle_broken``, ``shift_over`` or ``carrier_withdrawn``. Shares need not
add up: causes that would each do alone all show little.
"""

from collections.abc import Iterable

import numpy as np

from forestall.domain.forecast import Contribution
from forestall.domain.routes import Route
from forestall.domain.vocabulary import RouteStatus
from optimizer.kernel import Drive, Floats, World, fleet_starts
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.risk.learning import driven_order
from optimizer.travel import TravelTimes

_WORTH_TELLING = 0.01
_WIDER_S = 1800.0


class Reasons:
    """Explains the stops of one problem. Costs one more run of the routes concerned for each cause."""

    def __init__(self, problem: FleetProblem, travel: TravelTimes, p_late: Floats) -> None:
        self._problem, self._travel, self._p_late = problem, travel, p_late

    def of(self, stops: Iterable[int]) -> dict[int, tuple[Contribution, ...]]:
        """Contributions of each stop, the largest first."""
        problem = self._problem
        wanted = [int(stop) for stop in stops]
        routes = sorted({int(problem.route_of[stop]) for stop in wanted})
        broken = [r for r in routes if problem.stranded[r]]
        found: dict[int, list[Contribution]] = {stop: [] for stop in wanted}
        for stop in wanted:
            if problem.route_of[stop] in broken:
                found[stop].append(Contribution(self._stranding(stop), float(self._p_late[stop]), {}))
        running = [r for r in routes if not problem.stranded[r]]
        if running:
            self._explain_running(running, [s for s in wanted if problem.route_of[s] in running], found)
        return {stop: tuple(sorted(c, key=lambda one: (-one.p_late, one.cause))) for stop, c in found.items()}

    def _stranding(self, stop: int) -> str:
        """Why nobody will drive there any more."""
        problem = self._problem
        status = problem.snapshot.routes[problem.route_ids[problem.route_of[stop]]].status
        return {RouteStatus.BROKEN: "vehicle_broken", RouteStatus.FINISHED: "shift_over"}.get(
            status, "carrier_withdrawn"
        )

    def _explain_running(self, routes: list[int], stops: list[int], found: dict[int, list[Contribution]]) -> None:
        problem = self._problem
        behind, visiting = self._delays(routes)
        world, drive = problem.world, problem.drive
        moods = np.maximum(drive.pace.mean(axis=1), 1.0)
        trials: list[tuple[str, World, Drive, float, dict[int, dict[str, float]]]] = [
            ("upstream_delay", world, self._earlier(behind), 0.0, {r: {"delay_s": behind[r]} for r in routes}),
            ("long_visit", world, self._earlier(visiting), 0.0, {r: {"delay_s": visiting[r]} for r in routes}),
            (
                "late_load",
                world._replace(available_s=np.full_like(world.available_s, -np.inf)),
                drive,
                0.0,
                {r: {"wait_s": self._load_wait_s(r)} for r in routes},
            ),
            (
                "slow_roads",
                world._replace(slow=np.minimum(world.slow, 1.0)),
                drive._replace(pace=drive.pace / moods[:, None]),
                0.0,
                {r: {"factor": float(moods[r] * self._slowest(r))} for r in routes},
            ),
            ("tight_window", world, drive, _WIDER_S, {r: {"wider_s": _WIDER_S} for r in routes}),
        ]
        for cause, other_world, other_drive, wider_s, values in trials:
            shift = {"upstream_delay": behind, "long_visit": {}}.get(cause, {})
            p_without = self._p_without(routes, other_world, other_drive, wider_s, shift)
            for stop in stops:
                share = float(self._p_late[stop] - p_without[stop])
                if share >= _WORTH_TELLING:
                    found[stop].append(Contribution(cause, share, values[int(problem.route_of[stop])]))

    def _p_without(
        self, routes: list[int], world: World, drive: Drive, wider_s: float, shift: dict[int, float]
    ) -> Floats:
        problem = self._problem
        sequences = [problem.sequences[r] for r in routes]
        flat = np.array([stop for sequence in sequences for stop in sequence], dtype=np.int64)
        starts = np.empty((flat.size, problem.samples))
        fleet_starts(world, drive, np.array(routes), np.cumsum([0, *map(len, sequences)]), flat, starts)
        p_late = np.zeros(len(problem.stop_ids))
        p_late[flat] = (starts > problem.world.closes_s[flat, None] + wider_s).mean(axis=1)
        for r in routes:
            stop = int(problem.committed[r])
            if stop != NO_STOP:
                start = problem.committed_start_s[r] - shift.get(r, 0.0)
                p_late[stop] = (start > problem.world.closes_s[stop] + wider_s).mean()
        return p_late

    def _earlier(self, by_s: dict[int, float]) -> Drive:
        drive = self._problem.drive
        shift = np.zeros(len(self._problem.route_ids))
        shift[list(by_s)] = list(by_s.values())
        return drive._replace(ready_s=drive.ready_s - shift[:, None], earliest_s=drive.earliest_s - shift)

    def _delays(self, routes: list[int]) -> tuple[dict[int, float], dict[int, float]]:
        """Seconds each route is behind its plan (before the present visit), and behind it by that visit."""
        problem = self._problem
        behind, visiting = {}, {}
        for r in routes:
            route = problem.snapshot.routes[problem.route_ids[r]]
            planned_s = self._planned_s(route)
            stop = int(problem.committed[r])
            ready_s = float(np.median(problem.drive.ready_s[r]))
            visiting[r] = 0.0
            if stop != NO_STOP:
                start_s = float(np.median(problem.committed_start_s[r]))
                visiting[r] = max(ready_s - start_s - float(problem.world.service_s[stop]), 0.0)
            behind[r] = max(ready_s - visiting[r] - planned_s, 0.0)
        return behind, visiting

    def _planned_s(self, route: Route) -> float:
        """When the route would have been free to go on, had everything taken its expected time."""
        problem = self._problem
        snapshot = problem.snapshot
        now_s = problem.seconds(route.departs_at)
        committed = snapshot.committed_stop(route.id)
        stops = driven_order(snapshot, route)
        if committed is not None and committed not in stops:
            stops.append(committed)
        if route.status is RouteStatus.PLANNED or not stops:
            return now_s
        durations = self._travel.durations_s([snapshot.hubs[route.hub_id].location, *(s.location for s in stops)])
        for i, stop in enumerate(stops):
            arrive_s = now_s + float(durations[i, i + 1])
            now_s = max(arrive_s, problem.seconds(stop.window.opens_at)) + stop.service_s
        return now_s

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
