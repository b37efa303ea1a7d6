"""Compiled search steps on one route: what an order of stops may be, where a stop fits in best, a better order.

Every candidate order is priced by the simulation itself (``optimizer.kernel``), from the first stop that differs on,
and given up as soon as it costs more than what it would have to beat.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.compiling import borrowing, compiled
from optimizer.kernel import (
    Drive,
    Floats,
    Ints,
    World,
    begin,
    load_time_s,
    stop_price,
    stop_prices,
    usual_s,
    visit,
)

KERNEL = "7bd1340c04e8"
"""Which kernel is compiled into these functions. The compiler's cache looks at this file alone, so a changed kernel
must change this line, or old code would run on; a test says so."""

_LEAST_GAIN = 1e-6
_LONGEST_CHAIN = 3


class Rules(NamedTuple):
    """What a route's order must keep; see ``FleetProblem`` for the fields. ``is_transfer`` (m,) loads its ``demand``.

    ``home`` (m,) is the route a stop is on now; on another route it belongs to that one's ``last_segment`` (R,).
    """

    segment: Ints
    home: Ints
    last_segment: Ints
    needs: Ints
    is_transfer: NDArray[np.bool_]
    demand: Floats
    capacity: Floats
    aboard: Floats


@borrowing
def order_holds(rules: Rules, route: int, seq: Ints, count: int) -> bool:
    """Pinned stops get nothing new in front of them, and goods are taken over before they are delivered."""
    reached = 0
    for i in range(count):
        stop = seq[i]
        segment = rules.segment[stop] if rules.home[stop] == route else rules.last_segment[route]
        if segment < reached:
            return False
        reached = segment
        if rules.needs[stop] >= 0:
            met = False
            for k in range(i):
                met = met or seq[k] == rules.needs[stop]
            if not met:
                return False
    return True


@borrowing
def load_fits(rules: Rules, drive: Drive, route: int, seq: Ints, count: int) -> bool:
    """Whether the vehicle is never fuller than it may be."""
    for d in range(rules.demand.shape[1]):
        load = rules.aboard[route, d]
        most = rules.capacity[route, d] + 1e-9
        if drive.at_hub[route]:
            for i in range(count):
                if rules.needs[seq[i]] < 0 and not rules.is_transfer[seq[i]]:
                    load += rules.demand[seq[i], d]
        if load > most:
            return False
        for i in range(count):
            if rules.is_transfer[seq[i]]:
                load += rules.demand[seq[i], d]
            else:
                load -= rules.demand[seq[i], d]
            if load > most:
                return False
    return True


@compiled
def moved_count(seq: Ints, count: int, rank: Ints) -> int:
    """The fewest stops one must move to get this order: those outside a longest run that is still in rank order.

    ``rank`` (m,) is the place in the old order; stops below 0 are new here and don't count.
    """
    return _moved_count(seq, count, rank, np.empty(count, dtype=np.int64))


@borrowing
def _moved_count(seq: Ints, count: int, rank: Ints, tails: Ints) -> int:
    """``moved_count``, with ``tails`` (count,) to write in."""
    length, old = 0, 0
    for i in range(count):
        value = rank[seq[i]]
        if value < 0:
            continue
        old += 1
        at = 0
        while at < length and tails[at] < value:
            at += 1
        tails[at] = value
        if at == length:
            length += 1
    return old - length


@borrowing
def _copy(source: NDArray[np.generic], low: int, high: int, target: NDArray[np.generic], at: int) -> None:
    """``target[at:] = source[low:high]``, which as a slice costs the compiler a second each."""
    for i in range(high - low):
        target[at + i] = source[low + i]


@borrowing
def _copy_state(source: Floats, target: Floats) -> None:
    for row in range(source.shape[0]):
        _copy(source[row], 0, source.shape[1], target[row], 0)


class Course(NamedTuple):
    """An order of n stops as it is driven, for others to be compared with. S samples.

    ``states`` (n + 1, rows, S) is the vehicle's state (see ``kernel.begin``) before each stop and after the last,
    ``costs`` (n + 1,) what has been spent by then. ``own`` (n, S) is what each stop costs in each sample, driving
    apart, ``ahead`` (n + 1, S) what it and all after it do, and ``ways`` (n,) the usual seconds from it to the end.
    """

    states: Floats
    costs: Floats
    own: Floats
    ahead: Floats
    ways: Floats


@compiled
def _course(world: World, drive: Drive, route: int, seq: Ints, loaded_s: float) -> Course:
    count, first = seq.size, begin(world, drive, route, loaded_s)
    states, costs = np.empty((count + 1, first.shape[0], first.shape[1])), np.zeros(count + 1)
    samples = first.shape[1]
    course = Course(states, costs, np.empty((count, samples)), np.zeros((count + 1, samples)), np.zeros(count))
    _copy_state(first, states[0])
    _drive_on(world, drive, route, seq, 0, course, np.empty(samples))
    return course


@borrowing
def _drive_on(world: World, drive: Drive, route: int, seq: Ints, first: int, course: Course, start: Floats) -> None:
    """Fill in the course from stop ``first`` on; how it gets there must be right."""
    count = seq.size
    here = drive.place[route] if first == 0 else world.place[seq[first - 1]]
    for i in range(first, count):
        _copy_state(course.states[i], course.states[i + 1])
        visit(world, drive, route, here, seq[i], course.states[i + 1], start)
        leg = world.travel_price * usual_s(world, drive, route, here, world.place[seq[i]])
        course.costs[i + 1] = course.costs[i] + leg + stop_price(world, seq[i], start)
        stop_prices(world, seq[i], start, course.own[i])
        here = world.place[seq[i]]
    for i in range(count - 1, -1, -1):
        onward = drive.end[route] if i == count - 1 else world.place[seq[i + 1]]
        course.ways[i] = usual_s(world, drive, route, world.place[seq[i]], onward)
        course.ways[i] += 0.0 if i == count - 1 else course.ways[i + 1]
        for s in range(start.size):
            course.ahead[i, s] = course.ahead[i + 1, s] + course.own[i, s]


@borrowing
def _least_ahead(depart: Floats, known: Floats, ahead: Floats) -> tuple[float, bool]:
    """What the stops ahead cost at least, given what they cost a vehicle that leaves at ``known``; whether just that.

    Who leaves no earlier reaches none of them earlier, so a sample in which it does costs no less.
    """
    least, other = 0.0, 0
    for s in range(depart.size):
        least += 0.0 if depart[s] < known[s] else ahead[s]
        other += depart[s] != known[s]
    return least / depart.size, other == 0


@borrowing
def _changed_cost(
    world: World,
    drive: Drive,
    route: int,
    trial: Ints,
    first: int,
    meets: int,
    shift: int,
    course: Course,
    limit: float,
    state: Floats,
    start: Floats,
) -> float:
    """J of ``trial``, which is the course's order before ``first`` and, ``shift`` places on, from ``meets`` on again.

    inf as soon as it is sure to reach ``limit``. All the driving is counted before any of it is simulated. Once on the
    old way again, what lies ahead is known if it leaves as then, and known to cost no less if it leaves later.
    """
    count = trial.size
    here = drive.place[route] if first == 0 else world.place[trial[first - 1]]
    way, at = 0.0, here
    for i in range(first, min(meets + 1, count)):
        way += usual_s(world, drive, route, at, world.place[trial[i]])
        at = world.place[trial[i]]
    way += course.ways[meets - shift] if meets < count else usual_s(world, drive, route, at, drive.end[route])
    cost = course.costs[first] + world.travel_price * way
    has_breaks = state.shape[0] > 1  # who comes later may have rested before, and so be spared a break
    _copy_state(course.states[first], state)
    for i in range(first, count):
        if cost >= limit:
            return np.inf
        visit(world, drive, route, here, trial[i], state, start)
        cost += stop_price(world, trial[i], start)
        here = world.place[trial[i]]
        if i >= meets and not has_breaks:
            known = i - shift + 1
            ahead, as_then = _least_ahead(state[0], course.states[known, 0], course.ahead[known])
            if as_then or cost + ahead >= limit:
                cost += ahead
                break
    return cost if cost < limit else np.inf


@compiled
def best_insertion(
    world: World, drive: Drive, rules: Rules, route: int, seq: Ints, stop: int, limit: float
) -> tuple[float, int]:
    """J of the route with the stop at its best place, and that place; (inf, -1) when none is allowed below limit."""
    count = seq.size
    course = _course(world, drive, route, seq, max(load_time_s(world, seq, count), world.available_s[stop]))
    state, start = np.empty_like(course.states[0]), np.empty(course.states.shape[2])
    trial = np.empty(count + 1, dtype=np.int64)
    best, place = limit, -1
    for at in range(count + 1):
        _copy(seq, 0, at, trial, 0)
        trial[at] = stop
        _copy(seq, at, count, trial, at + 1)
        if not order_holds(rules, route, trial, count + 1) or not load_fits(rules, drive, route, trial, count + 1):
            continue
        cost = _changed_cost(world, drive, route, trial, at, at + 1, 1, course, best, state, start)
        if cost < best:
            best, place = cost, at
    return (best, place) if place >= 0 else (np.inf, -1)


@borrowing
def _relocated(seq: Ints, i: int, length: int, k: int, flip: bool, trial: Ints) -> int:
    """Write ``seq`` with the chain at i put at place k of what remains; returns the first place that may differ."""
    at = 0
    for j in range(seq.size):
        if j < i or j >= i + length:
            trial[at if at < k else at + length] = seq[j]
            at += 1
    for j in range(length):
        trial[k + j] = seq[i + length - 1 - j] if flip else seq[i + j]
    return min(i, k)


@borrowing
def _shuffled(seq: Ints, kind: int, i: int, j: int, trial: Ints) -> int:
    """Write ``seq`` with i and j swapped (kind 0) or the stretch from i to j turned round (kind 1)."""
    _copy(seq, 0, seq.size, trial, 0)
    if kind == 0:
        trial[i], trial[j] = seq[j], seq[i]
    else:
        for k in range(i, j + 1):
            trial[k] = seq[j - (k - i)]
    return i


@compiled
def _descend(
    world: World,
    drive: Drive,
    rules: Rules,
    route: int,
    seq: Ints,
    rank: Ints,
    churn: float,
    most: int,
) -> tuple[float, int]:
    """Improve ``seq`` in place until no single step does, or ``most`` orders were priced. (cost, orders priced)."""
    count = seq.size
    course = _course(world, drive, route, seq, load_time_s(world, seq, count))
    state, start = np.empty_like(course.states[0]), np.empty(course.states.shape[2])
    trial, tails = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    way_back = course.ways[count - 1] if count else 0.0
    cost = course.costs[count] + world.travel_price * way_back + churn * moved_count(seq, count, rank)
    priced, improved = 0, True
    while improved and priced < most:
        improved = False
        for step in range(2 * _LONGEST_CHAIN + 1):  # single stops, longer chains straight and flipped, swaps, turns
            for i in range(count):
                for j in range(count):
                    if step < 2 * _LONGEST_CHAIN - 1:
                        length, flip = (step + 2) // 2, step > 0 and step % 2 == 0
                        if i + length > count or j > count - length or (i == j and not flip):
                            continue
                        first = _relocated(seq, i, length, j, flip, trial)
                        meets = max(i, j) + length
                    else:
                        kind = step - (2 * _LONGEST_CHAIN - 1)
                        if j < i + 2 + kind:
                            continue
                        first, meets = _shuffled(seq, kind, i, j, trial), j + 1
                    if not order_holds(rules, route, trial, count) or not load_fits(rules, drive, route, trial, count):
                        continue
                    extra = churn * _moved_count(trial, count, rank, tails)
                    limit = cost - extra - _LEAST_GAIN
                    found = _changed_cost(world, drive, route, trial, first, meets, 0, course, limit, state, start)
                    priced += 1
                    if found < limit:
                        cost = found + extra
                        _copy(trial, 0, count, seq, 0)
                        _drive_on(world, drive, route, seq, first, course, start)
                        improved = True
                if priced >= most:
                    return cost, priced
    return cost, priced


@borrowing
def _next_random(state: int) -> int:
    """A linear congruential step (Numerical Recipes' constants): numba's own generator is a hidden global."""
    return (state * 1664525 + 1013904223) % 4294967296


@compiled
def _kick(rules: Rules, drive: Drive, route: int, seq: Ints, state: int) -> int:
    """Exchange two neighbouring stretches of ``seq`` at random places, where the rules let it; the next state."""
    count = seq.size
    trial = np.empty(count, dtype=np.int64)
    for _ in range(20):
        state = _next_random(state)
        a = (state >> 8) % (count - 1)
        state = _next_random(state)
        b = a + 1 + (state >> 8) % min(count - a - 1, 6)
        state = _next_random(state)
        c = b + 1 + (state >> 8) % min(count - b, 6) if b < count else b
        c = min(c, count)
        _copy(seq, 0, a, trial, 0)
        _copy(seq, b, c, trial, a)
        _copy(seq, a, b, trial, a + c - b)
        _copy(seq, c, count, trial, c)
        if order_holds(rules, route, trial, count) and load_fits(rules, drive, route, trial, count):
            _copy(trial, 0, count, seq, 0)
            return state
    return state


@compiled
def improve_order(
    world: World,
    drive: Drive,
    rules: Rules,
    route: int,
    seq: Ints,
    rank: Ints,
    churn: float,
    kicks: int,
    most: int,
    seed: int,
) -> tuple[float, int]:
    """Improve ``seq`` in place by descent from it and from ``kicks`` random changes of the best order so far.

    Returns (J + churn x stops moved out of ``rank`` order, orders priced). Repeatable: ends by counts, never by time.
    """
    best, priced, state = np.inf, 0, seed % 4294967296
    trial = seq.copy()
    for kick in range(kicks + 1):
        if kick > 0:
            _copy(seq, 0, seq.size, trial, 0)
            state = _kick(rules, drive, route, trial, state)
        cost, more = _descend(world, drive, rules, route, trial, rank, churn, most - priced)
        priced += more
        if cost < best - _LEAST_GAIN:
            best = cost
            _copy(trial, 0, seq.size, seq, 0)
        if priced >= most or seq.size < 3:
            break
    return best, priced
