"""What the learned layer sees of an open stop: what the simulation says of it, and what stands around it now."""

import numpy as np
from numpy.typing import NDArray

from optimizer.kernel import NEVER, SEARCH_SAMPLES, Floats
from optimizer.problem import NO_STOP, FleetProblem

FEATURES: tuple[str, ...] = (
    "p_mc",  # the simulation's P(late)
    "late_q10_s",  # its lateness (start after the promise's end; negative is early) at 10, 50 and 90 %
    "late_q50_s",
    "late_q90_s",
    "p_undone",  # its P(never attempted)
    "held_s",  # how long until the vehicle can go on
    "slow",  # roads at the stop over usual, as they are now
    "pace",  # the route's expected travel multiplier
    "service_pace",  # its visits over planned, so far today
    "lead_s",  # until the expected start
    "closes_in_s",  # until the promise ends
    "window_s",
    "leg_s",  # planned driving into the stop
    "service_s",
    "legs_before",  # stops of the route still to be done first
    "stops_left",  # on the route after it
    "shift_left_s",  # from the expected start to the shift's end
    "hour",  # of the day, UTC, as of scoring
    "miss_price",  # of the tier, in thousands
    "at_hub",  # 1 while the vehicle has not left
)
"""Names of the columns of ``stop_features``, in order. All are as of the scoring time."""

RISING: tuple[str, ...] = ("p_mc", "late_q10_s", "late_q50_s", "late_q90_s", "p_undone", "held_s")
"""Features through which delay speaks: P(late) never falls when one of them rises."""

_REACH_S = 6 * 3600.0
"""Further off than this counts as this; it keeps the undone (far beyond any time) in a scale of hours."""


def stop_features(problem: FleetProblem, starts: Floats) -> NDArray[np.float32]:
    """(m, len(FEATURES)) of every open stop; ``starts`` (m, S) are its simulated service starts, NEVER where undone.

    Quantiles are taken over the first run of samples, which is evenly spread itself; P over all of them.
    """
    world, drive, route = problem.world, problem.drive, problem.route_of
    few = np.sort(starts[:, : min(SEARCH_SAMPLES, starts.shape[1])], axis=1)
    quantiles = few[:, (np.array([0.1, 0.5, 0.9]) * (few.shape[1] - 1)).round().astype(int)]
    late = np.clip(quantiles - world.closes_s[:, None], -_REACH_S, _REACH_S)
    before, after, leg_s = _along_routes(problem)
    at_hub = drive.at_hub[route]
    ready_s = np.where(at_hub, drive.earliest_s[route], np.median(drive.ready_s, axis=1)[route])
    columns = {
        "p_mc": (starts > world.closes_s[:, None]).mean(axis=1) * ~problem.is_transfer,
        "late_q10_s": late[:, 0],
        "late_q50_s": late[:, 1],
        "late_q90_s": late[:, 2],
        "p_undone": (starts >= NEVER).mean(axis=1),
        "held_s": _near(ready_s - world.now_s),
        "slow": world.slow[world.place],
        "pace": drive.pace.mean(axis=1)[route],
        "service_pace": drive.service_pace[route],
        "lead_s": _near(quantiles[:, 1] - world.now_s),
        "closes_in_s": _near(world.closes_s - world.now_s),
        "window_s": _near(world.closes_s - world.opens_s),
        "leg_s": leg_s,
        "service_s": world.service_s,
        "legs_before": before,
        "stops_left": after,
        "shift_left_s": _near(drive.shift_end_s[route] - quantiles[:, 1]),
        "hour": np.full(before.size, world.now_s / 3600.0 % 24.0),
        "miss_price": world.miss_price / 1000.0,
        "at_hub": at_hub,
    }
    return np.column_stack([columns[name] for name in FEATURES]).astype(np.float32)


def _near(seconds: Floats) -> Floats:
    clipped: Floats = np.clip(seconds, -_REACH_S, _REACH_S)
    return clipped


def _along_routes(problem: FleetProblem) -> tuple[Floats, Floats, Floats]:
    """(m,) each: open stops before and after on the same route, and planned seconds of the leg into the stop."""
    count = len(problem.stop_ids)
    before, after, leg_s = np.zeros(count), np.zeros(count), np.zeros(count)
    world, drive = problem.world, problem.drive
    for r, sequence in enumerate(problem.sequences):
        free = np.array(sequence, dtype=np.int64)
        bound = int(problem.committed[r] != NO_STOP)
        before[free] = np.arange(free.size) + bound
        after[free] = np.arange(free.size)[::-1]
        places = world.place[free]
        if free.size:
            leg_s[free] = world.travel_s[drive.profile[r], np.concatenate(([drive.place[r]], places[:-1])), places]
        if bound:
            after[problem.committed[r]] = free.size
    return before, after, leg_s
