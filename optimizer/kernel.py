"""The simulation of one route, compiled: the single definition of what a plan is worth.

A sequence of free stops is driven in S samples at once from where the vehicle becomes free:
``arrive = depart + travel; start = max(arrive, opens); late = start > closes; depart = start + service``. A stop whose
service would start after the shift's end is undone, and so is all that follows. No ``exp`` and no drawing in here: the
noise comes as tables. No fast-math either, so that equal inputs give equal bits on any machine of the kind.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEVER = 1e15
"""The service start of a stop that is not attempted; far above any time, and finite so that sums stay ordered."""


SEARCH_SAMPLES = 64
"""What a search looks at; the draws keep each run of so many samples evenly spread. Scoring uses whole multiples."""


_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile at the first call, and keep the result on disk. The compiled code runs without the interpreter lock."""
    return cast(_Function, njit(cache=True, nogil=True, error_model="numpy")(function))


class World(NamedTuple):
    """What is the same for every vehicle. m stops, n places, S samples; seconds since the epoch; prices in price units.

    ``slow`` (n,) is how much longer than usual roads around a place take now (1 = as usual); it fades evenly from
    ``now_s`` until ``now_s + persist_s`` and adds at most ``slow_cap_s`` to a leg (which keeps a later departure from
    ever arriving earlier). ``hours`` are traffic factors at the full hours since the epoch, linear in between.
    A stop later than ``gross_after_s`` counts as ``gross_share`` of a miss more.
    ``available_s`` is when a stop's goods can leave their hub (-inf: now, or not at a hub).
    """

    travel_s: Floats
    slow: Floats
    place: Ints
    opens_s: Floats
    closes_s: Floats
    service_s: Floats
    available_s: Floats
    late_price: Floats
    miss_price: Floats
    undone_price: Floats
    leg: NDArray[np.float32]  # (m, S) multipliers of the leg into the stop
    visit: NDArray[np.float32]  # (m, S) multipliers of the service at the stop
    hours: Floats
    now_s: float
    persist_s: float
    slow_cap_s: float
    lateness_cap_s: float
    gross_after_s: float
    gross_share: float
    travel_price: float


class Drive(NamedTuple):
    """Where and when each of R vehicles is free to go on. ``pace`` and ``slip`` are (R, S) multipliers.

    ``ready_s`` (R, S) is when it may leave ``place`` for its first free stop. For one that is still ``at_hub`` it is
    ``earliest_s`` plus the driver's own lag, and loading may hold it back further: it leaves when the last of its
    goods is there (announced times ``slip``). From ``hold_at_s`` (R, S; NEVER: not at all) on, it can't drive for
    ``hold_s``: what has not happened yet, and to some vehicle will.
    """

    ready_s: Floats
    earliest_s: Floats
    at_hub: NDArray[np.bool_]
    slip: Floats
    pace: Floats
    hold_at_s: Floats
    hold_s: Floats
    service_pace: Floats
    place: Ints
    end: Ints
    shift_end_s: Floats


@compiled
def load_time_s(world: World, seq: Ints, count: int) -> float:
    """When the last of the goods of these stops can leave the hub; -inf when all are there."""
    latest = -np.inf
    for i in range(count):
        latest = max(latest, world.available_s[seq[i]])
    return latest


@compiled
def set_out(world: World, drive: Drive, route: int, loaded_s: float, depart: Floats) -> None:
    """Fill ``depart`` (S,) with when the vehicle leaves towards its first free stop."""
    if not drive.at_hub[route] or loaded_s <= drive.earliest_s[route]:
        for s in range(depart.size):
            depart[s] = drive.ready_s[route, s]
        return
    wait_s = max(loaded_s - world.now_s, 0.0)
    for s in range(depart.size):
        lag_s = drive.ready_s[route, s] - drive.earliest_s[route]
        depart[s] = lag_s + max(drive.earliest_s[route], world.now_s + wait_s * drive.slip[route, s])


@compiled
def hour_factor(hours: Floats, depart: Floats) -> float:
    """The traffic factor at the samples' mean departure (one factor for all samples keeps the inner loop straight)."""
    total, count = 0.0, 0
    for s in range(depart.size):
        if depart[s] < NEVER:
            total += depart[s]
            count += 1
    if count == 0:
        return 1.0
    at = min(max(total / count / 3600.0, 0.0), hours.size - 1.001)
    low = int(at)
    return float(hours[low] + (at - low) * (hours[low + 1] - hours[low]))


@compiled
def visit(world: World, drive: Drive, route: int, here: int, stop: int, depart: Floats, start: Floats) -> None:
    """Drive from ``here`` to the stop and serve it: fills ``start`` (S,), and moves ``depart`` (S,) to after it."""
    there = world.place[stop]
    usual = world.travel_s[here, there]
    extra = usual * ((world.slow[here] + world.slow[there]) * 0.5 - 1.0)
    extra = min(extra, world.slow_cap_s)
    if world.hours.size:
        traffic = hour_factor(world.hours, depart)
        usual, extra = usual * traffic, extra * traffic
    opens, shift_end = world.opens_s[stop], drive.shift_end_s[route]
    service = world.service_s[stop] * drive.service_pace[route]
    per_s = 1.0 / world.persist_s
    now = world.now_s
    leg, stay, pace = world.leg[stop], world.visit[stop], drive.pace[route]
    hold_at, hold = drive.hold_at_s[route], drive.hold_s[route]
    for s in range(depart.size):
        resumes = hold_at[s] + hold[s]
        leaves = resumes if hold_at[s] <= depart[s] < resumes else depart[s]
        factor = pace[s] * leg[s]
        fade = min(max(1.0 - (leaves - now) * per_s, 0.0), 1.0)
        arrive = leaves + (usual + extra * fade) * factor
        leaves_held = leaves + hold[s]  # a leg that is held up is as one begun so much later
        fade_held = min(max(1.0 - (leaves_held - now) * per_s, 0.0), 1.0)
        arrive_held = leaves_held + (usual + extra * fade_held) * factor
        arrive = arrive_held if leaves < hold_at[s] < arrive else arrive
        begin = max(arrive, opens)
        done = begin <= shift_end
        start[s] = begin if done else NEVER
        depart[s] = begin + service * stay[s] if done else NEVER


@compiled
def stop_price(world: World, stop: int, start: Floats) -> float:
    """The expected price of the stop's lateness, miss and not being done, over the samples."""
    closes, cap = world.closes_s[stop], world.lateness_cap_s
    late_price, miss_price, undone_price = world.late_price[stop], world.miss_price[stop], world.undone_price[stop]
    if undone_price == 0.0:
        return 0.0
    gross_after = world.gross_after_s
    lateness, late, gross, undone = 0.0, 0, 0, 0
    for s in range(start.size):
        over = start[s] - closes
        undone += start[s] >= NEVER
        late += over > 0.0
        gross += over > gross_after
        lateness += min(max(over, 0.0), cap)
    lateness -= undone * cap
    misses = (late - undone) + world.gross_share * (gross - undone)
    return float((late_price * lateness + miss_price * misses + undone_price * undone) / start.size)


@compiled
def tail_cost(
    world: World,
    drive: Drive,
    route: int,
    seq: Ints,
    count: int,
    first: int,
    so_far: float,
    limit: float,
    depart: Floats,
    start: Floats,
) -> float:
    """The cost of a sequence of which the stops before ``first`` cost ``so_far`` and ended at ``depart`` (altered).

    Gives up, returning inf, as soon as the cost reaches ``limit``. The way back to the hub is counted.
    """
    here = drive.place[route] if first == 0 else world.place[seq[first - 1]]
    cost = so_far
    for i in range(first, count):
        stop = seq[i]
        visit(world, drive, route, here, stop, depart, start)
        cost += world.travel_price * world.travel_s[here, world.place[stop]] + stop_price(world, stop, start)
        if cost >= limit:
            return np.inf
        here = world.place[stop]
    if count:
        cost += world.travel_price * world.travel_s[here, drive.end[route]]
    return cost if cost < limit else np.inf


@compiled
def route_cost(world: World, drive: Drive, route: int, seq: Ints, count: int, limit: float) -> float:
    """J of one vehicle driving the first ``count`` stops of ``seq``: travel + lateness + misses + undone."""
    depart = np.empty(drive.ready_s.shape[1])
    start = np.empty(depart.size)
    set_out(world, drive, route, load_time_s(world, seq, count), depart)
    return tail_cost(world, drive, route, seq, count, 0, 0.0, limit, depart, start)


@compiled
def route_starts(world: World, drive: Drive, route: int, seq: Ints, starts: Floats) -> None:
    """Fill ``starts`` (len(seq), S) with the service start of every stop in every sample (NEVER: undone)."""
    depart = np.empty(drive.ready_s.shape[1])
    set_out(world, drive, route, load_time_s(world, seq, seq.size), depart)
    here = drive.place[route]
    for i in range(seq.size):
        visit(world, drive, route, here, seq[i], depart, starts[i])
        here = world.place[seq[i]]


@compiled
def fleet_starts(world: World, drive: Drive, routes: Ints, offsets: Ints, flat: Ints, starts: Floats) -> None:
    """``route_starts`` for many: ``routes[k]`` drives ``flat[offsets[k]:offsets[k + 1]]``, and ``starts`` likewise."""
    for k in range(routes.size):
        low, high = offsets[k], offsets[k + 1]
        route_starts(world, drive, routes[k], flat[low:high], starts[low:high])
