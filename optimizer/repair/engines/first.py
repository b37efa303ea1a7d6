"""The first rung, compiled: what has no vehicle is inserted, and stops of late routes go where they cost less."""

import numpy as np
from numpy.typing import NDArray

from optimizer.compiling import borrowing, compiled
from optimizer.repair.engines.route import (
    LEAST_GAIN,
    NONE,
    Routes,
    Tables,
    best_pair,
    best_place,
    keeps_day,
    put,
    refresh,
    take,
)
from optimizer.repair.subproblem import Floats

ROUTE = "318501d19b25"
"""Which ``route`` is compiled in: numba looks at this file alone, so a change there must change this line (a test says
so)."""


@borrowing
def best_on(
    t: Tables, r: Routes, v: int, stop: int, limit: float, rng: NDArray[np.uint64], blink: float
) -> tuple[float, int, int]:
    """How much dearer the vehicle gets with a stop (and its pickup), where that is put and where its pickup."""
    if t.stops[stop].pickup == NONE:
        price, at = best_place(t, r, v, stop, limit, rng, blink)
        return price, at, NONE
    price, first, at = best_pair(t, r, v, stop, limit, rng, blink)
    return price, at, first


@borrowing
def put_unit(t: Tables, r: Routes, v: int, stop: int, at: int, first: int) -> None:
    """Put a stop, and its pickup, where ``best_on`` says."""
    put(t, r, v, stop, at)
    if first != NONE:
        put(t, r, v, t.stops[stop].pickup, first)
    refresh(t, r, v)


@borrowing
def take_unit(t: Tables, r: Routes, stop: int) -> tuple[int, int]:
    """Take a stop, and its pickup, off; the places for ``put_unit`` to put them back. ``refresh`` is the caller's."""
    first = take(t, r, t.stops[stop].pickup) if t.stops[stop].pickup != NONE else NONE
    return take(t, r, stop), first


@borrowing
def undone_price(t: Tables, stop: int) -> float:
    price = t.stops[stop].undone_price
    if t.stops[stop].pickup != NONE:
        price += t.stops[t.stops[stop].pickup].undone_price
    return float(price)


@borrowing
def _best_and_regret(price: Floats, window: float) -> tuple[float, float, int]:
    """The least price, how much dearer the second least is (at most ``window``), and whose the least is."""
    best, second, where = np.inf, np.inf, NONE
    for v in range(price.size):
        if price[v] < best:
            best, second, where = price[v], best, v
        elif price[v] < second:
            second = price[v]
    return best, min(second - best, window) if where != NONE else 0.0, where


@compiled
def insert_all(t: Tables, r: Routes, rng: NDArray[np.uint64]) -> None:
    """Give every stop that nobody has to a vehicle, first whom waiting would hurt most: whose second best place is much
    dearer than the best. Two misses dearer is much; beyond that no place is priced to the end.
    """
    m, k = t.demand.shape[0], t.vehicles.size
    waiting = np.empty(m, dtype=np.int64)
    count = 0
    for stop in range(m):
        if r.where[stop] == NONE and t.stops[stop].delivery == NONE:
            waiting[count] = stop
            count += 1
    price = np.full((count, k), np.inf)
    at = np.empty((count, k, 2), dtype=np.int64)
    to = NONE
    while True:
        chosen, whose, most = NONE, NONE, -1.0
        for u in range(count):
            stop = waiting[u]
            if stop == NONE:
                continue
            limit, window = undone_price(t, stop), 2.0 * t.stops[stop].miss_price + 1.0
            if to != NONE and price[u, to] < np.inf:
                price[u, to] = np.inf
                best = _best_and_regret(price[u], window)[0]
                price[u, to], at[u, to, 0], at[u, to, 1] = best_on(t, r, to, stop, min(limit, best + window), rng, 0.0)
            best, regret, where = _best_and_regret(price[u], window)
            if where == NONE:
                for v in range(k):
                    price[u, v], at[u, v, 0], at[u, v, 1] = best_on(t, r, v, stop, min(limit, best + window), rng, 0.0)
                    best = min(best, price[u, v])
                best, regret, where = _best_and_regret(price[u], window)
            if where != NONE and regret > most:
                chosen, whose, most = u, where, regret
        if chosen == NONE:
            return
        to = whose
        put_unit(t, r, to, waiting[chosen], at[chosen, to, 0], at[chosen, to, 1])
        waiting[chosen] = NONE


@compiled
def relieve(t: Tables, r: Routes, v: int, rng: NDArray[np.uint64]) -> int:
    """Make the one move of a stop of this route, within it or to another, that saves most; the vehicle that has it now,
    or NONE if there was none.
    """
    k = t.vehicles.size
    saved, which, to, at, first = LEAST_GAIN, NONE, NONE, NONE, NONE
    before = r.loads[v].price
    stops = r.seq[v, : r.loads[v].size].copy()
    for stop in stops:
        if t.stops[stop].delivery != NONE:
            continue
        back, back_first = take_unit(t, r, stop)
        refresh(t, r, v)
        gain = before - r.loads[v].price
        can_spare = keeps_day(t, r, v)
        for w in range(k):
            if gain <= saved:
                break
            if w != v and not can_spare:
                continue
            price, place, place_first = best_on(t, r, w, stop, gain - saved, rng, 0.0)
            if price < gain - saved:
                saved, which, to, at, first = gain - price, stop, w, place, place_first
        put_unit(t, r, v, stop, back, back_first)
    if which != NONE:
        take_unit(t, r, which)
        refresh(t, r, v)
        put_unit(t, r, to, which, at, first)
    return to


@compiled
def relieve_late(t: Tables, r: Routes, rng: NDArray[np.uint64], until: int) -> None:
    """Relieve late routes, the worst first, until none of them can be or the meter shows ``until``."""
    stuck = np.zeros(t.vehicles.size, dtype=np.bool_)
    while r.meter[0] < until:
        worst, v = 0.0, NONE
        for w in range(stuck.size):
            if r.loads[w].size > 0 and r.visits[w, 0].lateness > worst and not stuck[w]:
                worst, v = r.visits[w, 0].lateness, w
        if v == NONE:
            return
        to = relieve(t, r, v, rng)
        if to == NONE:
            stuck[v] = True
        else:
            stuck[to] = False


@borrowing
def at_risk(t: Tables, r: Routes) -> int:
    """How many stops are late or undone."""
    count = 0
    for stop in range(t.demand.shape[0]):
        if r.where[stop] == NONE:
            count += 1
    for v in range(t.vehicles.size):
        for i in range(r.loads[v].size):
            if r.visits[v, i].start_s > t.stops[r.seq[v, i]].closes_s:
                count += 1
    return count
