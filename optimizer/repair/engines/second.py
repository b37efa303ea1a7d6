"""The second rung, compiled: ruin and recreate (SISR), beginning where the trouble is.

Strings of neighbouring stops leave their routes and come back one by one, each to its cheapest place by exact price;
what is worse is kept now and then, less and less often.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.compiling import borrowing, compiled
from optimizer.repair.engines.first import best_on, put_unit, take_unit, undone_price
from optimizer.repair.engines.route import LEAST_GAIN, NONE, ZERO, Routes, Tables, below, keeps_day, refresh, uniform
from optimizer.repair.subproblem import Floats, Ints

FIRST = "61493fe31432"
"""Which ``first``, and with it ``route``, is compiled in: numba looks at this file alone, so a change there must change
this line (a test says so)."""

_FEW_VEHICLES = 24
"""So many are all asked when a stop comes back; of more, those that are near, idle or just ruined."""

NEIGHBOURS = 40


class Tuning(NamedTuple):
    """``mean_ruin`` stops leave per iteration in strings of at most ``longest``; the search accepts what is worse by
    chance at a temperature that falls from ``hot`` to ``cold``; a place is overlooked with the chance ``blink``. With
    the chance ``at_trouble`` a ruin begins at an undone stop or on a late route, and else with ``at_focus`` on a route
    that was troubled at first. ``overhead`` is what an iteration costs besides its places, in places. With
    ``only_trouble`` it ends when there is none left.
    """

    mean_ruin: float
    longest: float
    hot: float
    cold: float
    blink: float
    at_trouble: float
    at_focus: float
    overhead: int
    only_trouble: bool


class Memory(NamedTuple):
    """What lives on between runs. ``near`` (m, G) are a stop's nearest (row 0 of it unset until ``is_known``);
    ``best`` (k, W) and ``best_size`` the best plan; ``value`` (3,) the present price, the best one, and iterations;
    ``focus`` (F,) the stops of troubled routes; ``saved`` (k, W) rows to go back to; ``stamp`` (k,).
    """

    near: Ints
    is_known: NDArray[np.bool_]
    best: Ints
    best_size: Ints
    value: Floats
    focus: Ints
    saved: Ints
    saved_size: Ints
    saved_price: Floats
    touched: Ints
    stamp: Ints
    rng: NDArray[np.uint64]


@compiled
def nearest(t: Tables, memory: Memory, stop: int) -> Ints:
    """The stops nearest to a stop, there and back, itself first."""
    if not memory.is_known[stop]:
        m, row = t.demand.shape[0], t.stops[stop].row
        away = np.empty(m, dtype=np.int64)
        for other in range(m):
            away[other] = t.travel_s[0, row, t.stops[other].row] + t.travel_s[0, t.stops[other].row, row]
        away[stop] = -1
        order = np.argsort(away)
        for i in range(memory.near.shape[1]):
            memory.near[stop, i] = order[i]
        memory.is_known[stop] = True
    near: Ints = memory.near[stop]
    return near


@borrowing
def total_price(t: Tables, r: Routes) -> float:
    total = 0.0
    for v in range(t.vehicles.size):
        total += r.loads[v].price
    for stop in range(t.demand.shape[0]):
        if r.where[stop] == NONE:
            total += t.stops[stop].undone_price
    return total


@borrowing
def keep_best(t: Tables, r: Routes, memory: Memory) -> None:
    for v in range(t.vehicles.size):
        memory.best_size[v] = r.loads[v].size
        for i in range(r.loads[v].size):
            memory.best[v, i] = r.seq[v, i]


@borrowing
def _remember(r: Routes, memory: Memory, count: int, v: int, mark: int) -> int:
    """Keep a route's sequence before it is changed for the first time; the number kept."""
    if memory.stamp[v] == mark:
        return count
    memory.stamp[v] = mark
    memory.touched[count] = v
    memory.saved_size[v], memory.saved_price[v] = r.loads[v].size, r.loads[v].price
    for i in range(r.loads[v].size):
        memory.saved[v, i] = r.seq[v, i]
    return count + 1


@borrowing
def _count_aboard(t: Tables, r: Routes, v: int, stop: int, sign: int) -> None:
    """What the stop adds to the load at the start; -1 takes it off again."""
    if t.stops[stop].delivery == NONE and t.stops[stop].pickup == NONE and not t.stops[stop].held:
        for d in range(t.demand.shape[1]):
            r.aboard[v, d] += sign * t.demand[stop, d]


@borrowing
def _go_back(t: Tables, r: Routes, memory: Memory, count: int) -> None:
    for c in range(count):
        v = memory.touched[c]
        for i in range(r.loads[v].size):
            r.where[r.seq[v, i]] = NONE
    for c in range(count):
        v = memory.touched[c]
        for i in range(r.loads[v].size):
            _count_aboard(t, r, v, r.seq[v, i], -1)
        r.loads[v].size, r.loads[v].meetings = memory.saved_size[v], 0
        for i in range(r.loads[v].size):
            stop = memory.saved[v, i]
            r.seq[v, i] = stop
            r.where[stop] = v
            if t.stops[stop].delivery != NONE:
                r.loads[v].meetings += 1
            _count_aboard(t, r, v, stop, 1)
        refresh(t, r, v)


@borrowing
def _seed_stop(
    t: Tables, memory: Memory, tuning: Tuning, trouble: Ints, troubled: int, undone: Ints, missing: int
) -> int:
    rng = memory.rng
    if troubled + missing > 0 and uniform(rng) < tuning.at_trouble:
        chosen = below(rng, troubled + missing)
        return int(trouble[chosen] if chosen < troubled else undone[chosen - troubled])
    if memory.focus.size > 0 and uniform(rng) < tuning.at_focus:
        return int(memory.focus[below(rng, memory.focus.size)])
    return below(rng, t.demand.shape[0])


@borrowing
def _troubles(t: Tables, r: Routes, trouble: Ints) -> int:
    """Fill in the stops of late routes up to their last late one; the undone are tried in every iteration anyway."""
    count = 0
    for v in range(t.vehicles.size):
        if r.loads[v].size > 0 and r.visits[v, 0].lateness > 0.0:
            for i in range(r.loads[v].size):
                if r.visits[v, i].lateness <= 0.0:
                    break
                trouble[count] = r.seq[v, i]
                count += 1
    return count


@compiled
def _ruin(t: Tables, r: Routes, memory: Memory, tuning: Tuning, seed: int, mark: int, gone: Ints) -> tuple[int, int]:
    """Take strings around the seed off their routes: the number of routes touched and of stops gone (as units)."""
    rng, touched, count = memory.rng, ZERO, ZERO
    served, vehicles = 0, 0
    for v in range(t.vehicles.size):
        if r.loads[v].size > 0:
            served += r.loads[v].size
            vehicles += 1
    if vehicles == 0:
        return 0, 0
    longest = min(tuning.longest, served / vehicles)
    most = 4.0 * tuning.mean_ruin / (1.0 + longest) - 1.0
    strings = int(uniform(rng) * most + 1.0)
    for near in nearest(t, memory, seed):
        v = r.where[near]
        if strings <= 0:
            break
        if v == NONE or memory.stamp[v] == mark:
            continue
        touched = _remember(r, memory, touched, v, mark)
        strings -= 1
        size = r.loads[v].size
        length = int(uniform(rng) * min(longest, size) + 1.0)
        length = min(length, size)
        # a split string leaves some stops in its middle where they are
        spared = 0
        if length > 1 and length < size and uniform(rng) < 0.5:
            while length + spared < size and uniform(rng) < 0.5:
                spared += 1
        span = length + spared
        at = 0
        while r.seq[v, at] != near:
            at += 1
        low = max(0, at - span + 1)
        high = min(at, size - span)
        begin = low + below(rng, high - low + 1)
        spare_from = begin + 1 + below(rng, max(length - 1, 1)) if spared > 0 else begin + span
        chosen = r.seq[v, begin : begin + span].copy()
        for i in range(span):
            if spare_from <= begin + i < spare_from + spared:
                continue
            stop = t.stops[chosen[i]].delivery if t.stops[chosen[i]].delivery != NONE else chosen[i]
            if r.where[stop] == NONE:
                continue
            take_unit(t, r, stop)
            gone[count] = stop
            count += 1
        refresh(t, r, v)
    return touched, count


@compiled
def _shuffle(t: Tables, rng: NDArray[np.uint64], units: Ints, count: int) -> None:
    """Put the units in the order in which they come back: by chance, by deadline, or the far from the hub first."""
    rule = uniform(rng)
    keys = np.empty(count)
    for i in range(count):
        stop = units[i]
        if rule < 0.4:
            keys[i] = uniform(rng)
        elif rule < 0.65:
            keys[i] = t.stops[stop].closes_s
        elif rule < 0.8:
            keys[i] = t.stops[stop].closes_s - t.stops[stop].opens_s
        else:
            end = t.stops[t.stops.size - 1].row
            keys[i] = -1.0 * t.travel_s[0, t.stops[stop].row, end]
    order = np.argsort(keys)
    sorted_units = units[order]
    for i in range(count):
        units[i] = sorted_units[i]


@borrowing
def _recreate(
    t: Tables, r: Routes, memory: Memory, tuning: Tuning, units: Ints, count: int, touched: int, mark: int, seen: Ints
) -> int:
    """Bring the units back, each to its cheapest place if that is worth it; the number of routes touched."""
    rng, k = memory.rng, t.vehicles.size
    all_in_sight = k <= _FEW_VEHICLES
    for u in range(count):
        stop = units[u]
        limit = undone_price(t, stop)
        best, to, at, first = limit, NONE, NONE, NONE
        if all_in_sight:
            for v in range(k):
                price, place, place_first = best_on(t, r, v, stop, best, rng, tuning.blink)
                if price < best:
                    best, to, at, first = price, v, place, place_first
        else:
            token = mark * t.demand.shape[0] + u
            around = nearest(t, memory, stop)
            home = t.stops[stop].home
            for i in range(-1 - k, around.size):
                if i < -1:
                    v = -i - 2
                    if r.loads[v].size > 0 and memory.stamp[v] != mark:
                        continue
                elif i == -1:
                    v = home
                else:
                    v = r.where[around[i]]
                if v == NONE or seen[v] == token:
                    continue
                seen[v] = token
                price, place, place_first = best_on(t, r, v, stop, best, rng, tuning.blink)
                if price < best:
                    best, to, at, first = price, v, place, place_first
        if to != NONE:
            touched = _remember(r, memory, touched, to, mark)
            put_unit(t, r, to, stop, at, first)
    return touched


@borrowing
def _all_keep_day(t: Tables, r: Routes, memory: Memory, touched: int) -> bool:
    for c in range(touched):  # noqa: SIM110 - compiled code knows no generators
        if not keeps_day(t, r, memory.touched[c]):
            return False
    return True


@compiled
def search(t: Tables, r: Routes, memory: Memory, tuning: Tuning, until: int, work: int) -> None:
    """Go on until the meter shows ``until``; ``work`` is what it will show in the end (the cooling's measure)."""
    m, k = t.demand.shape[0], t.vehicles.size
    rng, value = memory.rng, memory.value
    gone, trouble, seen = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64), np.full(k, -1, dtype=np.int64)
    undone = np.empty(m, dtype=np.int64)
    missing = 0
    for stop in range(m):
        if r.where[stop] == NONE and t.stops[stop].delivery == NONE:
            undone[missing] = stop
            missing += 1
    troubled = _troubles(t, r, trouble)
    falling = np.log(tuning.cold / tuning.hot)
    memory.stamp[:] = -1
    mark = ZERO
    while r.meter[0] < until and (not tuning.only_trouble or troubled + missing > 0):
        r.meter[0] += tuning.overhead
        value[2] += 1
        mark += 1
        present = value[0]
        seed = _seed_stop(t, memory, tuning, trouble, troubled, undone, missing)
        touched, count = _ruin(t, r, memory, tuning, seed, mark, gone)
        before = 0.0
        for i in range(missing):
            gone[count] = undone[i]
            count += 1
            before += undone_price(t, undone[i])
        _shuffle(t, rng, gone, count)
        touched = _recreate(t, r, memory, tuning, gone, count, touched, mark, seen)
        after = 0.0
        for c in range(touched):
            after += r.loads[memory.touched[c]].price
            before += memory.saved_price[memory.touched[c]]
        for i in range(count):
            if r.where[gone[i]] == NONE:
                after += undone_price(t, gone[i])
        price = present + after - before
        heat = tuning.hot * np.exp(falling * r.meter[0] / work)
        if price < present - heat * np.log(max(uniform(rng), 1e-300)) and _all_keep_day(t, r, memory, touched):
            value[0] = price
            missing = 0
            for i in range(count):
                if r.where[gone[i]] == NONE:
                    undone[missing] = gone[i]
                    missing += 1
            troubled = _troubles(t, r, trouble)
            if price < value[1] - LEAST_GAIN:
                value[1] = price
                keep_best(t, r, memory)
        else:
            _go_back(t, r, memory, touched)
