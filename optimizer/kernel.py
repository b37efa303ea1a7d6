"""The simulation of one route, compiled: the single definition of what a plan is worth.

A sequence of free stops is driven in S samples at once from where the vehicle becomes free:
``arrive = depart + travel; start = max(arrive, opens); late = start > closes; depart = start + service``. A stop whose
service would start after the shift's end is undone, and so is all that follows. No ``exp`` and no drawing in here: the
noise comes as tables. No fast-math either, so that equal inputs give equal bits on any machine of the kind.

The loops over samples are short and touch few arrays each, which lets the compiler do eight samples at once; what only
some routes have (hold-ups, breaks) and some stops (a gate) has loops of its own, which all others skip.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.compiling import borrowing, compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEVER = 1e15
"""The service start of a stop that is not attempted; far above any time, and finite so that sums stay ordered."""

NO_GATE = -1

SEARCH_SAMPLES = 64
"""What a search looks at; the draws keep each run of so many samples evenly spread. Scoring uses whole multiples."""


class World(NamedTuple):
    """What is the same for every vehicle. m stops, n places, S samples; seconds since the epoch; prices in price units.

    ``travel_s`` (P, n, n) has one table for each vehicle mode there is, row = from.
    ``slow`` (n,) is how much longer than usual roads around a place take now (1 = as usual); it fades evenly from
    ``now_s`` until ``now_s + persist_s`` and adds at most ``slow_cap_s`` to a leg (which keeps a later departure from
    ever arriving earlier). ``hours`` are traffic factors at the full hours since the epoch, linear in between.
    A stop later than ``gross_after_s`` counts as ``gross_share`` of a miss more.
    ``available_s`` is when a stop's goods can leave their hub (-inf: now, or not at a hub). ``gate`` is the row of
    ``gates_s`` (g, S) before which a visit can't start, sample by sample: a meeting with a vehicle that is still on its
    way (NO_GATE: none).
    """

    travel_s: Floats
    slow: Floats
    place: Ints
    opens_s: Floats
    closes_s: Floats
    service_s: Floats
    available_s: Floats
    gate: Ints
    gates_s: Floats
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
    """Where and when each of R vehicles is free to go on. ``pace`` and ``slip`` are (R, S) multipliers; ``profile`` is
    whose travel times a vehicle goes by.

    ``ready_s`` (R, S) is when it may leave ``place`` for its first free stop. For one that is still ``at_hub`` it is
    ``earliest_s`` plus the driver's own lag, and loading may hold it back further: it leaves when the last of its
    goods is there (announced times ``slip``). From ``hold_at_s`` (R, S; NEVER: not at all) on, it can't drive for
    ``hold_s``: what has not happened yet, and to some vehicle will.

    Hours of service, (R,), inf where there is no such rule: after ``break_after_s`` at the wheel the driver stands
    still for ``break_s``; driving ``drive_limit_s`` and being on duty ``duty_limit_s`` in all is allowed. Once free to
    go on the driver has driven ``driven_s``, ``since_break_s`` of it since the last break, and is on duty since
    ``duty_start_s``.
    """

    ready_s: Floats
    earliest_s: Floats
    at_hub: NDArray[np.bool_]
    slip: Floats
    pace: Floats
    hold_at_s: Floats
    hold_s: Floats
    break_after_s: Floats
    break_s: Floats
    drive_limit_s: Floats
    duty_limit_s: Floats
    driven_s: Floats
    since_break_s: Floats
    duty_start_s: Floats
    service_pace: Floats
    profile: Ints
    place: Ints
    end: Ints
    shift_end_s: Floats


@borrowing
def load_time_s(world: World, seq: Ints, count: int) -> float:
    """When the last of the goods of these stops can leave the hub; -inf when all are there."""
    latest = -np.inf
    for i in range(count):
        latest = max(latest, world.available_s[seq[i]])
    return latest


@borrowing
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


@borrowing
def hour_factor(hours: Floats, depart: Floats) -> float:
    """The traffic factor at the samples' mean departure (one factor for all samples keeps the inner loop straight)."""
    total_us, count = np.int64(0), 0
    for s in range(depart.size):
        leaves = depart[s] < NEVER
        total_us += np.int64((depart[s] if leaves else 0.0) * 1e6)  # whole numbers add up alike in any order
        count += leaves
    if count == 0:
        return 1.0
    at = min(max(total_us / count / 3.6e9, 0.0), hours.size - 1.001)
    low = int(at)
    return float(hours[low] + (at - low) * (hours[low + 1] - hours[low]))


@borrowing
def usual_s(world: World, drive: Drive, route: int, here: int, there: int) -> float:
    """Seconds from one place to another for this vehicle, under usual traffic."""
    return float(world.travel_s[drive.profile[route], here, there])


@borrowing
def leg_between(world: World, drive: Drive, route: int, here: int, there: int) -> tuple[float, float]:
    """Seconds from one place to another as usual, and how many more now; the hour's traffic apart."""
    usual = usual_s(world, drive, route, here, there)
    slower = usual * ((world.slow[here] + world.slow[there]) * 0.5 - 1.0)
    return usual, min(slower, world.slow_cap_s)


@compiled
def begin(world: World, drive: Drive, route: int, loaded_s: float) -> Floats:
    """The vehicle's state before its first free stop: row 0 is when it leaves, in each sample; with a rule on breaks,
    row 1 is how long its driver has been at the wheel since the last one."""
    has_breaks = drive.break_after_s[route] < np.inf
    state = np.empty((2 if has_breaks else 1, drive.ready_s.shape[1]))
    set_out(world, drive, route, loaded_s, state[0])
    if has_breaks:
        for s in range(state.shape[1]):
            state[1, s] = drive.since_break_s[route]
    return state


@borrowing
def breaks_due(at_wheel: float, most: float) -> float:
    """How many breaks it takes to have been at the wheel for so long and never for more than ``most`` on end."""
    return float(max(np.ceil(at_wheel / most) - 1.0, 0.0))


@borrowing
def take_breaks(
    drive: Drive, route: int, usual: float, extra: float, leg: NDArray[np.float32], depart: Floats, at_wheel: Floats
) -> None:
    """Leave later by the breaks that fall due on a leg: at the wheel no longer than the rule says, wherever that is.

    The leg counts with the roads as they are now, at no particular hour: else who leaves later, on roads that have
    grown faster, could be spared a break and arrive earlier. Waiting for a window is no break, as nobody knows when
    begun how long it will last.
    """
    most, length, pace = drive.break_after_s[route], drive.break_s[route], drive.pace[route]
    longest = usual + max(extra, 0.0)
    for s in range(depart.size):
        driven = at_wheel[s] + longest * (pace[s] * leg[s])
        breaks = breaks_due(driven, most)
        at_wheel[s] = driven - breaks * most
        depart[s] += breaks * length


@borrowing
def arrivals(
    world: World,
    drive: Drive,
    route: int,
    usual: float,
    extra: float,
    leg: NDArray[np.float32],
    depart: Floats,
    arrive: Floats,
) -> None:
    """Fill ``arrive`` (S,): the leg as long as it takes at its departure, hold-ups included."""
    per_s, now = 1.0 / world.persist_s, world.now_s
    pace, hold_at, hold = drive.pace[route], drive.hold_at_s[route], drive.hold_s[route]
    for s in range(depart.size):
        held_from, lasts, left = hold_at[s], hold[s], depart[s]
        resumes = held_from + lasts
        leaves = resumes if (held_from <= left) & (left < resumes) else left
        factor = pace[s] * leg[s]
        fade = min(max(1.0 - (leaves - now) * per_s, 0.0), 1.0)
        free = leaves + (usual + extra * fade) * factor
        leaves_held = leaves + lasts  # a leg that is held up is as one begun so much later
        fade_held = min(max(1.0 - (leaves_held - now) * per_s, 0.0), 1.0)
        held = leaves_held + (usual + extra * fade_held) * factor
        arrive[s] = held if (leaves < held_from) & (held_from < free) else free


@borrowing
def wait_at(gate: Floats, start: Floats) -> None:
    """Put off what would start before the gate opens, sample by sample."""
    for s in range(start.size):
        start[s] = max(start[s], gate[s])


@borrowing
def serve(
    opens: float, shift_end: float, service: float, stay: NDArray[np.float32], start: Floats, depart: Floats
) -> None:
    """From arrivals in ``start`` (S,) to service starts, and when the vehicle leaves again into ``depart`` (S,)."""
    for s in range(depart.size):
        begins = max(start[s], opens)
        done = begins <= shift_end
        start[s] = begins if done else NEVER
        depart[s] = begins + service * stay[s] if done else NEVER


@borrowing
def set_off(world: World, drive: Drive, route: int, here: int, stop: int, state: Floats) -> tuple[float, float]:
    """Take the breaks that the leg to the stop brings, and say how long it is in that hour's traffic (see
    ``leg_between``)."""
    usual, extra = leg_between(world, drive, route, here, world.place[stop])
    if state.shape[0] > 1:
        take_breaks(drive, route, usual, extra, world.leg[stop], state[0], state[1])
    if world.hours.size == 0:
        return usual, extra
    traffic = hour_factor(world.hours, state[0])
    return usual * traffic, extra * traffic


@borrowing
def reach_and_serve(
    world: World, drive: Drive, route: int, stop: int, usual: float, extra: float, state: Floats, start: Floats
) -> None:
    """The leg to the stop and the visit: fills ``start`` (S,), and moves ``state`` to after it."""
    arrivals(world, drive, route, usual, extra, world.leg[stop], state[0], start)
    if world.gate[stop] != NO_GATE:
        wait_at(world.gates_s[world.gate[stop]], start)
    service = world.service_s[stop] * drive.service_pace[route]
    serve(world.opens_s[stop], drive.shift_end_s[route], service, world.visit[stop], start, state[0])


@borrowing
def visit(world: World, drive: Drive, route: int, here: int, stop: int, state: Floats, start: Floats) -> None:
    """Drive from ``here`` to the stop and serve it: fills ``start`` (S,), and moves ``state`` to after it."""
    usual, extra = set_off(world, drive, route, here, stop, state)
    reach_and_serve(world, drive, route, stop, usual, extra, state, start)


@borrowing
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


@borrowing
def stop_prices(world: World, stop: int, start: Floats, prices: Floats) -> None:
    """Fill ``prices`` (S,) with what the stop costs in each sample; their mean is ``stop_price``."""
    closes, cap = world.closes_s[stop], world.lateness_cap_s
    late_price, miss_price, undone_price = world.late_price[stop], world.miss_price[stop], world.undone_price[stop]
    if undone_price == 0.0:
        prices[:] = 0.0
        return
    gross_after, gross_price = world.gross_after_s, world.gross_share * miss_price
    for s in range(start.size):
        over = start[s] - closes
        late = miss_price if over > 0.0 else 0.0
        gross = gross_price if over > gross_after else 0.0
        prices[s] = undone_price if start[s] >= NEVER else late + gross + late_price * min(max(over, 0.0), cap)


@borrowing
def _way_s(world: World, drive: Drive, route: int, here: int, seq: Ints, first: int, count: int) -> float:
    """Usual seconds from ``here`` through the stops from ``first`` on to the vehicle's end; 0 without any stop."""
    if count == 0:
        return 0.0
    way, at = 0.0, here
    for i in range(first, count):
        way += usual_s(world, drive, route, at, world.place[seq[i]])
        at = world.place[seq[i]]
    return way + usual_s(world, drive, route, at, drive.end[route])


@borrowing
def tail_cost(
    world: World,
    drive: Drive,
    route: int,
    seq: Ints,
    count: int,
    first: int,
    so_far: float,
    limit: float,
    state: Floats,
    start: Floats,
) -> float:
    """The cost of a sequence of which the stops before ``first`` cost ``so_far`` and ended in ``state`` (altered).

    Gives up, returning inf, as soon as the cost reaches ``limit``. All the driving is counted, the way back to the hub
    too, before any of it is simulated: a longer way is given up at once unless enough lateness could pay for it.
    """
    here = drive.place[route] if first == 0 else world.place[seq[first - 1]]
    cost = so_far + world.travel_price * _way_s(world, drive, route, here, seq, first, count)
    for i in range(first, count):
        if cost >= limit:
            return np.inf
        visit(world, drive, route, here, seq[i], state, start)
        cost += stop_price(world, seq[i], start)
        here = world.place[seq[i]]
    return cost if cost < limit else np.inf


@compiled
def route_cost(world: World, drive: Drive, route: int, seq: Ints, count: int, limit: float) -> float:
    """J of one vehicle driving the first ``count`` stops of ``seq``: travel + lateness + misses + undone."""
    state = begin(world, drive, route, load_time_s(world, seq, count))
    start = np.empty(state.shape[1])
    return tail_cost(world, drive, route, seq, count, 0, 0.0, limit, state, start)


@compiled
def route_starts(world: World, drive: Drive, route: int, seq: Ints, starts: Floats) -> None:
    """Fill ``starts`` (len(seq), S) with the service start of every stop in every sample (NEVER: undone)."""
    state = begin(world, drive, route, load_time_s(world, seq, seq.size))
    here = drive.place[route]
    for i in range(seq.size):
        visit(world, drive, route, here, seq[i], state, starts[i])
        here = world.place[seq[i]]


@compiled
def fleet_starts(world: World, drive: Drive, routes: Ints, offsets: Ints, flat: Ints, starts: Floats) -> None:
    """``route_starts`` for many: ``routes[k]`` drives ``flat[offsets[k]:offsets[k + 1]]``, and ``starts`` likewise."""
    for k in range(routes.size):
        low, high = offsets[k], offsets[k + 1]
        route_starts(world, drive, routes[k], flat[low:high], starts[low:high])


@compiled
def route_duties(world: World, drive: Drive, route: int, seq: Ints, driven: Floats, duty: Floats) -> None:
    """Fill ``driven`` (S,), seconds at the wheel, and ``duty`` (S,), seconds on duty, both once back at the hub.

    A vehicle turns back after the last stop that its shift lets it begin, and from where it is if it begins none.
    Waiting, hold-ups, visits and breaks are duty. The way back meets the route's pace and the breaks that fall due.
    """
    state = begin(world, drive, route, load_time_s(world, seq, seq.size))
    samples = driven.size
    start, left, at_wheel = np.empty(samples), state[0].copy(), state[-1].copy()
    last = np.full(samples, drive.place[route])
    pace, per_s = drive.pace[route], 1.0 / world.persist_s
    here = drive.place[route]
    for s in range(samples):
        driven[s] = drive.driven_s[route]
    for i in range(seq.size):
        stop = seq[i]
        usual, extra = set_off(world, drive, route, here, stop, state)
        here = world.place[stop]
        leg = world.leg[stop]
        for s in range(samples):
            fade = min(max(1.0 - (state[0, s] - world.now_s) * per_s, 0.0), 1.0)
            duty[s] = (usual + extra * fade) * (pace[s] * leg[s])  # of this leg alone; it may turn out not to be driven
        reach_and_serve(world, drive, route, stop, usual, extra, state, start)
        for s in range(samples):
            if start[s] < NEVER:
                driven[s] += duty[s]
                left[s], at_wheel[s], last[s] = state[0, s], state[-1, s], here
    traffic = hour_factor(world.hours, left) if world.hours.size else 1.0
    has_breaks = state.shape[0] > 1
    for s in range(samples):
        usual, extra = leg_between(world, drive, route, last[s], drive.end[route])
        if has_breaks:
            longest = (usual + max(extra, 0.0)) * pace[s]
            left[s] += breaks_due(at_wheel[s] + longest, drive.break_after_s[route]) * drive.break_s[route]
        fade = min(max(1.0 - (left[s] - world.now_s) * per_s, 0.0), 1.0)
        back = (usual + extra * fade) * traffic * pace[s]
        driven[s] += back
        duty[s] = left[s] + back - drive.duty_start_s[route]


@compiled
def fleet_duties(
    world: World, drive: Drive, routes: Ints, offsets: Ints, flat: Ints, driven: Floats, duty: Floats
) -> None:
    """``route_duties`` for many, in the form of ``fleet_starts``: ``driven`` and ``duty`` are (len(routes), S)."""
    for k in range(routes.size):
        route_duties(world, drive, routes[k], flat[offsets[k] : offsets[k + 1]], driven[k], duty[k])
