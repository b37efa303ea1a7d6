"""What may come of stops and routes, read off one set of samples.

A failed first attempt is a door that stays shut: it is drawn independently of the road. Within the samples, P(miss) as
the union of late and failed is then ``p_late + (1 - p_late) * p_failed`` exactly: averaging over the failure's own draw
is done by hand instead of by more samples.
"""

import numpy as np
from numpy.typing import NDArray

from forestall.domain.forecast import RouteForecast
from forestall.domain.ids import RouteId
from optimizer.kernel import NEVER, Floats
from optimizer.problem import NO_STOP, FleetProblem

_DAYS_AWAY_S = NEVER / 2  # later than this no vehicle comes back


def all_starts(problem: FleetProblem) -> Floats:
    """(m, S) service starts of every open stop, the committed ones included; NEVER where undone."""
    starts = np.full((len(problem.stop_ids), problem.samples), NEVER)
    stops, free_starts = problem.starts(range(len(problem.route_ids)), problem.sequences)
    starts[stops] = free_starts
    bound = problem.committed != NO_STOP
    starts[problem.committed[bound]] = problem.committed_start_s[bound]
    return starts


def p_late(problem: FleetProblem, starts: Floats) -> Floats:
    """(m,) P(begun after the promise's end, or never); 0 at a hand-over, which nobody was promised."""
    late: Floats = (starts > problem.world.closes_s[:, None]).mean(axis=1) * ~problem.is_transfer
    return late


def p_undone(problem: FleetProblem, starts: Floats) -> Floats:
    """(m,) P(never attempted on the day); part of ``p_late``."""
    undone: Floats = (starts >= NEVER).mean(axis=1) * ~problem.is_transfer
    return undone


def union(late: Floats, failed: Floats) -> Floats:
    """(m,) P(late, or failed at the first attempt, or both)."""
    either: Floats = late + (1.0 - late) * failed
    return either


def route_forecasts(problem: FleetProblem) -> dict[RouteId, RouteForecast]:
    """The outcomes of every route of the problem, in its order."""
    drive = problem.drive
    driven_s, duty_s = problem.duties(range(len(problem.route_ids)), problem.sequences)
    finish_s = drive.duty_start_s[:, None] + duty_s
    returns = finish_s < _DAYS_AWAY_S
    breach = (driven_s > drive.drive_limit_s[:, None]) | ((duty_s > drive.duty_limit_s[:, None]) & returns)
    overrun = (finish_s > drive.shift_end_s[:, None]) & returns
    not_ready = is_not_ready(problem)
    middle = np.median(finish_s, axis=1)
    return {
        route_id: RouteForecast(
            route_id=route_id,
            p_hours_breach=float(breach[r].mean()),
            p_shift_overrun=float(overrun[r].mean()),
            p_not_ready=float(not_ready[r].mean()),
            finish_p50=problem.instant(middle[r]) if middle[r] < _DAYS_AWAY_S else None,
        )
        for r, route_id in enumerate(problem.route_ids)
    }


def is_not_ready(problem: FleetProblem) -> NDArray[np.bool_]:
    """(R, S) whether the load is ready only after the planned departure: as told, or later than anybody has told."""
    told = _told_ready_s(problem) > _planned_s(problem)[:, None]
    late: NDArray[np.bool_] = told | (problem.unannounced_s > 0.0)
    return late


def departures(problem: FleetProblem) -> Floats:
    """(R, S) when each vehicle leaves towards its first free stop, as ``kernel.set_out`` has it.

    A late load is the route's start, and part of how late it is is its hub's, so that routes of a hub start late
    together.
    """
    drive = problem.drive
    lag_s = drive.ready_s - drive.earliest_s[:, None]
    waits: Floats = lag_s + np.maximum(drive.earliest_s[:, None], _told_ready_s(problem))
    return np.where(drive.at_hub[:, None], waits, drive.ready_s)


def _told_ready_s(problem: FleetProblem) -> Floats:
    """(R, S) when loads still at their hub can leave, by what has been told; -inf where nothing was."""
    drive, world = problem.drive, problem.world
    told = [max((float(world.available_s[s]) for s in sequence), default=-np.inf) for sequence in problem.sequences]
    told_s = np.where(drive.at_hub, told, -np.inf)[:, None]
    wait_s = np.maximum(np.maximum(told_s, world.now_s) - world.now_s, 0.0)
    ready: Floats = np.where(told_s > world.now_s, world.now_s + wait_s * drive.slip, told_s)
    return ready


def _planned_s(problem: FleetProblem) -> Floats:
    routes = [problem.snapshot.routes[route_id] for route_id in problem.route_ids]
    return np.array([problem.seconds(route.departs_at) for route in routes])
