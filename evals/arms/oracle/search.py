"""Ruin and recreate over the vans' sequences with their true times, compiled.

The clock is that of the simulated vehicle (``evals.van``): a leg takes what it really takes when it is begun, a vehicle
that is held up waits, service begins when the window opens, and after the shift's end nothing is begun.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.compiling import borrowing, compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MINUTE_S = 60.0
HOUR_S = 3600.0
NEVER_S = 4 * HOUR_S  # a stop that is never reached counts as so late
CLOSE_S = 15 * 60.0  # a stop begun within so little of its promise's end would not outlast the next disruption
LONGEST_STRING = 10
MEAN_RUIN = 10.0
BLINK = 0.01  # share of the places that are overlooked, so that the next best one is tried


class Tables(NamedTuple):
    """n places, m stops, v vans, w broken vans, r slow regions, d dimensions of load. Unix seconds and seconds.

    ``barred`` (c, n) are the places that can't be reached during a closure. ``parks`` is how long it takes from
    reaching a stop's place to its door.

    ``hour`` are the traffic factors of each minute from ``hour_from`` on. ``wreck`` of a stop is the broken van that
    has its goods (-1: none); ``ready`` when its hub can hand them out (-inf: now, or not at a hub). ``free_at`` is when
    a van is free at ``start``; for one that ``loads`` at its hub it is the earliest departure. A hold-up that is not
    has no length. ``home`` is the van that a stop was planned for (-1: none of these).
    ``fetch`` (w, v) are factors on the planned duration of a hand-over. ``driven`` (1,) counts the legs looked at.
    """

    base: Floats
    leg: Floats
    hour: Floats
    hour_from: float
    slow: Bools
    slow_from: Floats
    slow_until: Floats
    slow_factor: Floats
    barred: Bools
    barred_from: Floats
    barred_until: Floats
    place: Ints
    opens: Floats
    due: Floats
    parks: Floats
    takes: Floats
    ready: Floats
    wreck: Ints
    size: Floats
    packages: Ints
    home: Ints
    allowed: Bools
    start: Ints
    free_at: Floats
    loads: Bools
    shift_end: Floats
    hold_from: Floats
    hold_until: Floats
    pace: Floats
    aboard: Floats
    room: Floats
    wreck_place: Ints
    fetch: Floats
    fetch_s: float
    fetch_each_s: float
    driven: Ints


class Weights(NamedTuple):
    """What a late stop costs, one that is over an hour late besides, a second late, a second that a stop begins too
    close to its promise's end, a second driven, and a stop that is not on its planned van. The last is there because a
    load is late as a whole: spread over many vans it would hold up all of them.
    """

    missed: float
    over: float
    late_s: float
    close_s: float
    travel_s: float
    moved: float


@borrowing
def never(w: Weights) -> float:
    return w.missed + w.over + w.late_s * NEVER_S + w.close_s * CLOSE_S


@borrowing
def departs(t: Tables, van: int, stops: Ints, count: int) -> float:
    """When the van can begin: at the hub, once all that it is to take is there."""
    now: float = t.free_at[van]
    if t.loads[van]:
        for i in range(count):
            now = max(now, t.ready[stops[i]])
    return now


@borrowing
def drive(t: Tables, van: int, stops: Ints, count: int, w: Weights, begun: Floats, spent: Floats) -> float:
    """What the sequence costs. ``begun`` gets each stop's beginning (infinity: never), ``spent`` the cost up to it."""
    now = departs(t, van, stops, count)
    return follow(t, van, stops, count, 0, now, t.start[van], 0.0, w, np.inf, begun, spent)


@borrowing
def follow(
    t: Tables,
    van: int,
    stops: Ints,
    count: int,
    first: int,
    now: float,
    here: int,
    cost: float,
    w: Weights,
    bound: float,
    begun: Floats,
    spent: Floats,
) -> float:
    """The same from stop number ``first`` on, with nothing fetched yet: free ``now`` and ``here``, ``cost`` spent.

    Gives something above ``bound`` as soon as the cost is certain to be. One long function on purpose: to hand all the
    tables on to a smaller one takes longer than a leg.
    """
    fetched, shift_end = 0, t.shift_end[van]
    hold_from, hold_until, pace = t.hold_from[van], t.hold_until[van], t.pace[van]
    for i in range(first, count):
        stop, is_over = stops[i], False
        wreck = t.wreck[stop]
        t.driven[0] += 1
        for visit in range(2):  # to the wreck where that is due, and to the stop
            there = t.place[stop]
            if visit == 0:
                if wreck < 0 or fetched >> wreck & 1:
                    continue
                fetched |= 1 << wreck
                there = t.wreck_place[wreck]
            if hold_from <= now < hold_until:
                now = hold_until
            if now > shift_end:
                is_over = True
                break
            around = 1.0
            for region in range(t.slow_from.size):
                is_slow = t.slow_from[region] <= now < t.slow_until[region]
                if is_slow and (t.slow[region, here] or t.slow[region, there]):
                    around *= t.slow_factor[region]
            minute = min(max(int((now - t.hour_from) // MINUTE_S), 0), t.hour.size - 1)
            drives = np.rint(t.base[here, there] * pace * t.leg[here, there] * (t.hour[minute] * around))
            arrival = now + drives
            if now <= hold_from < arrival:
                arrival += hold_until - hold_from
            cost += w.travel_s * drives
            if here != there:
                for closure in range(t.barred_from.size):
                    if t.barred_from[closure] <= arrival < t.barred_until[closure] and t.barred[closure, there]:
                        arrival = t.barred_until[closure]
                if visit == 1:
                    arrival += t.parks[stop]
            now, here = arrival, there
            if visit == 0:
                if now > shift_end:
                    is_over = True
                    break
                parcels = 0
                for j in range(i, count):
                    if t.wreck[stops[j]] == wreck:
                        parcels += t.packages[stops[j]]
                now += np.rint(t.fetch[wreck, van] * (t.fetch_s + t.fetch_each_s * parcels))
        if not is_over:
            now = max(now, t.opens[stop])
            is_over = now > shift_end
        if is_over:
            for j in range(i, count):
                begun[j] = np.inf
                cost += never(w)
                spent[j] = cost
            return cost
        if t.home[stop] != van:
            cost += w.moved
        begun[i] = now
        late_s = now - t.due[stop]
        cost += w.close_s * min(max(late_s + CLOSE_S, 0.0), CLOSE_S)
        if late_s > 0:
            cost += w.missed + w.late_s * min(late_s, NEVER_S)
            if late_s > HOUR_S:
                cost += w.over
        spent[i] = cost
        if cost > bound:
            return cost
        now += t.takes[stop]
    return cost


@borrowing
def fits(t: Tables, van: int, stops: Ints, count: int) -> bool:
    """Whether the van has room for its load at every point."""
    for dimension in range(t.size.shape[1]):
        load = t.aboard[van, dimension]
        if t.loads[van]:
            for i in range(count):
                if t.wreck[stops[i]] < 0:
                    load += t.size[stops[i], dimension]
        if load > t.room[van, dimension] + 1e-6:
            return False
        fetched = 0
        for i in range(count):
            wreck = t.wreck[stops[i]]
            if wreck >= 0 and not fetched >> wreck & 1:
                fetched |= 1 << wreck
                for j in range(i, count):
                    if t.wreck[stops[j]] == wreck:
                        load += t.size[stops[j], dimension]
                if load > t.room[van, dimension] + 1e-6:
                    return False
            load -= t.size[stops[i], dimension]
    return True


@borrowing
def _put(stops: Ints, count: int, at: int, stop: int) -> None:
    for i in range(count, at, -1):
        stops[i] = stops[i - 1]
    stops[at] = stop


@borrowing
def _take(stops: Ints, count: int, at: int) -> None:
    for i in range(at, count - 1):
        stops[i] = stops[i + 1]


@borrowing
def _shuffle(values: Ints, count: int) -> None:
    for i in range(count - 1, 0, -1):
        j = np.random.randint(0, i + 1)
        values[i], values[j] = values[j], values[i]


@compiled
def _ruin(t: Tables, lists: Ints, sizes: Ints, home: Ints, near: Ints, begun: Floats, out: Ints, dirty: Bools) -> int:
    """Take strings of neighbouring stops out, from around a stop that is late more often than not; how many."""
    m = t.place.size
    seed = np.random.randint(0, m)
    if np.random.random() < 0.7:
        troubled = 0
        for stop in range(m):
            if home[stop] < 0 or begun[stop] > t.due[stop]:
                troubled += 1
                if np.random.randint(0, troubled) == 0:
                    seed = stop
    routes = 1 + np.random.randint(0, int(MEAN_RUIN) // 3)
    removed, touched = 0, 0
    hit = np.zeros(t.start.size, dtype=np.bool_)
    for k in range(near.shape[1] + 1):
        if touched >= routes:
            break
        stop = seed if k == 0 else near[seed, k - 1]
        van = home[stop]
        if van < 0 or hit[van]:
            continue
        hit[van] = True
        touched += 1
        size = sizes[van]
        length = 1 + np.random.randint(0, min(LONGEST_STRING, size))
        at = 0
        for i in range(size):
            if lists[van, i] == stop:
                at = i
        first = max(0, at - np.random.randint(0, length))
        first = min(first, size - length)
        for _ in range(length):
            gone = lists[van, first]
            _take(lists[van], sizes[van], first)
            sizes[van] -= 1
            home[gone] = -1
            out[removed] = gone
            removed += 1
        dirty[van] = True
    return removed


@borrowing
def _best_place(
    t: Tables,
    van: int,
    lists: Ints,
    sizes: Ints,
    stop: int,
    w: Weights,
    cost: float,
    bound: float,
    trial: Ints,
    scratch: Floats,
) -> tuple[float, int]:
    """What the stop adds at least to the van's cost, and where; (bound, -1) when it adds ``bound`` or more."""
    size, best, where = sizes[van], bound, -1
    begun, spent = scratch[0], scratch[1]
    fetches = t.wreck[stop] >= 0
    for i in range(size):
        fetches = fetches or t.wreck[lists[van, i]] >= 0
    for i in range(size):
        trial[i] = lists[van, i]
    trial[size] = stop
    if not fetches and t.loads[van] and not fits(t, van, trial, size + 1):
        return best, where
    begins, leaves = departs(t, van, trial, size + 1), departs(t, van, trial, size)
    as_it_is = leaves == begins and not fetches  # up to where the stop comes in, nothing changes
    if as_it_is:
        follow(t, van, trial, size, 0, begins, t.start[van], 0.0, w, np.inf, begun, spent)
    for at in range(size + 1):
        if at > 0:
            trial[at - 1] = lists[van, at - 1]
        if as_it_is and at > 0 and (begun[at - 1] == np.inf or spent[at - 1] - cost >= best):
            break
        if np.random.random() < BLINK:
            continue
        for i in range(size, at, -1):
            trial[i] = lists[van, i - 1]
        trial[at] = stop
        if fetches and not fits(t, van, trial, size + 1):
            continue
        now, here, so_far, first = begins, t.start[van], 0.0, 0
        if as_it_is and at > 0:
            before = lists[van, at - 1]
            now, here, so_far, first = begun[at - 1] + t.takes[before], t.place[before], spent[at - 1], at
        added = follow(t, van, trial, size + 1, first, now, here, so_far, w, cost + best, scratch[2], scratch[3]) - cost
        if added < best:
            best, where = added, at
    return best, where


@borrowing
def _key_by(t: Tables, stop: int, rule: int) -> float:
    key = np.random.random()
    if rule == 1:
        key = t.due[stop]
    elif rule == 2:
        key = -t.base[t.start[0], t.place[stop]]
    elif rule == 3:
        key = t.due[stop] - t.opens[stop]
    return key


@compiled
def _recreate(
    t: Tables,
    lists: Ints,
    sizes: Ints,
    home: Ints,
    out: Ints,
    count: int,
    w: Weights,
    costs: Floats,
    dirty: Bools,
    trial: Ints,
    scratch: Floats,
) -> float:
    """Put the stops back, each where it costs least; what those cost that nobody can take."""
    rule = np.random.randint(0, 4)
    keys = np.empty(count)
    for i in range(count):
        keys[i] = _key_by(t, out[i], rule)
    undone = 0.0
    for i in np.argsort(keys):
        stop = out[i]
        best, where, taker = never(w), -1, -1
        for van in range(t.start.size):
            if t.allowed[stop, van] and sizes[van] < lists.shape[1]:
                added, at = _best_place(t, van, lists, sizes, stop, w, costs[van], best, trial, scratch)
                if at >= 0:
                    best, where, taker = added, at, van
        if taker < 0:
            undone += never(w)
            continue
        _put(lists[taker], sizes[taker], where, stop)
        sizes[taker] += 1
        home[stop] = taker
        costs[taker] += best
        dirty[taker] = True
    return undone


@compiled
def search(
    t: Tables,
    lists: Ints,
    sizes: Ints,
    near: Ints,
    w: Weights,
    strict: Weights,
    hot: float,
    cold: float,
    effort: int,
    seed: int,
) -> tuple[float, Ints, Ints, int]:
    """The best lists found by ``strict`` weights, what they cost by them, and in how many rounds.

    The walk itself is an annealing by ``w``, whose temperature falls from ``hot`` to ``cold`` while ``effort`` legs are
    looked at.
    """
    np.random.seed(seed)
    m, vans, longest = t.place.size, t.start.size, lists.shape[1]
    lists, sizes = lists.copy(), sizes.copy()
    home, begun = np.full(m, -1), np.full(m, np.inf)
    costs, strict_costs = np.zeros(vans), np.zeros(vans)
    trial, scratch = np.empty(longest + 1, dtype=np.int64), np.empty((4, longest + 1))
    out = np.empty(m, dtype=np.int64)
    for van in range(vans):
        costs[van] = drive(t, van, lists[van], sizes[van], w, scratch[0], scratch[1])
        strict_costs[van] = drive(t, van, lists[van], sizes[van], strict, scratch[0], scratch[1])
        for i in range(sizes[van]):
            home[lists[van, i]] = van
            begun[lists[van, i]] = scratch[0, i]
    undone = 0
    for stop in range(m):
        undone += home[stop] < 0
    now = costs.sum() + undone * never(w)
    best = strict_costs.sum() + undone * never(strict)
    best_lists, best_sizes = lists.copy(), sizes.copy()
    new_lists, new_sizes, new_home, new_costs = lists.copy(), sizes.copy(), home.copy(), costs.copy()
    dirty = np.zeros(vans, dtype=np.bool_)
    done = 0
    first = t.driven[0]
    while t.driven[0] - first < effort:
        temperature = hot * (cold / hot) ** ((t.driven[0] - first) / effort)
        done += 1
        t.driven[0] += m + vans  # a round has its price even where nothing is driven
        dirty[:] = False
        removed = _ruin(t, new_lists, new_sizes, new_home, near, begun, out, dirty)
        for van in range(vans):
            if dirty[van]:
                new_costs[van] = drive(t, van, new_lists[van], new_sizes[van], w, scratch[0], scratch[1])
        for stop in range(m):
            if home[stop] < 0:
                out[removed] = stop
                removed += 1
        left = _recreate(t, new_lists, new_sizes, new_home, out, removed, w, new_costs, dirty, trial, scratch)
        new = new_costs.sum() + left
        if new < now - temperature * np.log(np.random.random()):
            now = new
            strict_total = 0.0
            for van in range(vans):
                if dirty[van]:
                    lists[van], sizes[van], costs[van] = new_lists[van], new_sizes[van], new_costs[van]
                    strict_costs[van] = drive(t, van, lists[van], sizes[van], strict, scratch[0], scratch[1])
                    for i in range(sizes[van]):
                        begun[lists[van, i]] = scratch[0, i]
            for stop in range(m):
                home[stop] = new_home[stop]
                if home[stop] < 0:
                    begun[stop] = np.inf
                    strict_total += never(strict)
            strict_total += strict_costs.sum()
            if strict_total < best:
                best = strict_total
                best_lists[:], best_sizes[:] = lists, sizes
        else:
            for van in range(vans):
                if dirty[van]:
                    new_lists[van], new_sizes[van], new_costs[van] = lists[van], sizes[van], costs[van]
            new_home[:] = home
    return best, best_lists, best_sizes, done


def tables(**columns: Any) -> Tables:
    """Tables from plain values, each in the type that the compiled functions take."""
    kinds: dict[str, Any] = dict.fromkeys(
        ("place", "wreck", "packages", "home", "start", "wreck_place", "driven"), np.int64
    )
    kinds.update(dict.fromkeys(("slow", "barred", "allowed", "loads"), np.bool_))
    scalars = {"hour_from", "fetch_s", "fetch_each_s"}
    typed: dict[str, Any] = {
        name: float(value) if name in scalars else np.ascontiguousarray(value, dtype=kinds.get(name, np.float64))
        for name, value in columns.items()
    }
    return Tables(**typed)
