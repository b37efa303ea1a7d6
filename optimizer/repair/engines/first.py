"""The first rung, compiled: what has no vehicle is inserted, and stops of late routes go where they cost less."""

import numpy as np
from numpy.typing import NDArray

from optimizer.kernel import compiled
from optimizer.repair.engines.route import (
    LEAST_GAIN,
    NONE,
    Routes,
    Tables,
    best_pair,
    best_place,
    put,
    refresh,
    take,
)

ROUTE = "none"


@compiled
def best_on(
    t: Tables, r: Routes, v: int, stop: int, limit: float, rng: NDArray[np.uint64], blink: float
) -> tuple[float, int, int]:
    """How much dearer the vehicle gets with a stop (and its pickup), where that is put and where its pickup."""
    if t.stops[stop].pickup == NONE:
        price, at = best_place(t, r, v, stop, limit, rng, blink)
        return price, at, NONE
    price, first, at = best_pair(t, r, v, stop, limit, rng, blink)
    return price, at, first


@compiled
def put_unit(t: Tables, r: Routes, v: int, stop: int, at: int, first: int) -> None:
    """Put a stop, and its pickup, where ``best_on`` says."""
    put(t, r, v, stop, at)
    if first != NONE:
        put(t, r, v, t.stops[stop].pickup, first)
    refresh(t, r, v)


@compiled
def take_unit(t: Tables, r: Routes, stop: int) -> tuple[int, int]:
    """Take a stop, and its pickup, off; the places for ``put_unit`` to put them back. ``refresh`` is the caller's."""
    first = take(t, r, t.stops[stop].pickup) if t.stops[stop].pickup != NONE else NONE
    return take(t, r, stop), first


@compiled
def undone_price(t: Tables, stop: int) -> float:
    price = t.stops[stop].undone_price
    if t.stops[stop].pickup != NONE:
        price += t.stops[t.stops[stop].pickup].undone_price
    return price


@compiled
def insert_all(t: Tables, r: Routes, rng: NDArray[np.uint64]) -> int:
    """Give every stop that nobody has to a vehicle, first whom waiting would hurt most; how many found one."""
    m, k = t.demand.shape[0], t.vehicles.size
    waiting = np.empty(m, dtype=np.int64)
    count = 0
    for stop in range(m):
        if r.where[stop] == NONE and t.stops[stop].delivery == NONE:
            waiting[count] = stop
            count += 1
    if count == 0:
        return 0
    price = np.full((count, k), np.inf)
    at = np.empty((count, k, 2), dtype=np.int64)
    for u in range(count):
        for v in range(k):
            price[u, v], at[u, v, 0], at[u, v, 1] = best_on(t, r, v, waiting[u], undone_price(t, waiting[u]), rng, 0.0)
    placed = 0
    while True:
        chosen, to, most = NONE, NONE, -np.inf
        for u in range(count):
            if waiting[u] == NONE:
                continue
            otherwise = undone_price(t, waiting[u])
            best, second, where = otherwise, otherwise, NONE
            for v in range(k):
                if price[u, v] < best:
                    best, second, where = price[u, v], best, v
                elif price[u, v] < second:
                    second = price[u, v]
            if where != NONE and second - best > most:
                chosen, to, most = u, where, second - best
        if chosen == NONE:
            return placed
        put_unit(t, r, to, waiting[chosen], at[chosen, to, 0], at[chosen, to, 1])
        waiting[chosen] = NONE
        placed += 1
        for u in range(count):
            if waiting[u] != NONE:
                price[u, to], at[u, to, 0], at[u, to, 1] = best_on(
                    t, r, to, waiting[u], undone_price(t, waiting[u]), rng, 0.0
                )


@compiled
def relieve(t: Tables, r: Routes, v: int, rng: NDArray[np.uint64]) -> bool:
    """Make the one move of a stop of this route, within it or to another, that saves most; whether there was one."""
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
        for w in range(k):
            if gain <= saved:
                break
            price, place, place_first = best_on(t, r, w, stop, gain - saved, rng, 0.0)
            if price < gain - saved:
                saved, which, to, at, first = gain - price, stop, w, place, place_first
        put_unit(t, r, v, stop, back, back_first)
    if which == NONE:
        return False
    take_unit(t, r, which)
    refresh(t, r, v)
    put_unit(t, r, to, which, at, first)
    return True


@compiled
def relieve_late(t: Tables, r: Routes, rng: NDArray[np.uint64], most: int) -> int:
    """Relieve late routes, the worst first, while that helps; how many moves were made."""
    k = t.vehicles.size
    moves = 0
    stuck = np.zeros(k)
    while moves < most:
        worst, v = 0.0, NONE
        for w in range(k):
            if r.visits[w, 0].lateness > worst and stuck[w] != r.loads[w].price:
                worst, v = r.visits[w, 0].lateness, w
        if v == NONE:
            return moves
        if relieve(t, r, v, rng):
            moves += 1
            stuck[:] = 0.0  # what another route took or gave may help
        else:
            stuck[v] = r.loads[v].price
    return moves
