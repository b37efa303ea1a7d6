"""One vehicle's route inside an engine, compiled: its times, what a stop would cost at each place, in and out.

Everything is counted in the whole seconds of the sub-problem, so that the engines and ``evaluation`` agree to the last
one. What happens behind a changed place is read from the route's slack where that is enough (no later stop becomes
late, the shift holds, waiting absorbs the delay); else it is driven again until nothing is left of the delay. With
traffic hours or drivers' rests (``is_timed``) the rest of the route is always driven again.
"""

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from optimizer.compiling import borrowing
from optimizer.repair.subproblem import NO_LIMIT, NOWHERE, Codes, Floats, Ints

Records = NDArray[Any]

ZERO, NONE = cast("int", np.int64(0)), cast("int", np.int64(-1))
"""Typed: bare ones would have every function that meets them compiled twice."""
LEAST_GAIN = 1e-6

STOP = np.dtype(
    [(name, np.int64) for name in ("row", "place", "opens_s", "closes_s", "service_s", "setup_s", "home")]
    + [(name, np.int64) for name in ("segment", "held", "pickup", "delivery")]
    + [(f"{name}_price", np.float64) for name in ("lateness", "miss", "undone", "move", "visit")],
    align=True,
)
VEHICLE = np.dtype(
    [(name, np.int64) for name in ("profile", "ready_s", "latest_s", "most_s", "behind", "original_size")]
    + [(name, np.int64) for name in ("break_after_s", "break_s", "since_break_s")]
    + [("churn_price", np.float64), ("carrier_price", np.float64)],
    align=True,
)
VISIT = np.dtype(
    [(name, np.int64) for name in ("from_row", "row", "leave_s", "arrive_s", "start_s", "slack_s")]
    + [(name, np.int64) for name in ("since_s", "driven_s")]
    + [(name, np.float64) for name in ("before", "into", "after", "lateness")],
    align=True,
)
LOAD = np.dtype([("size", np.int64), ("meetings", np.int64), ("changed", np.int64), ("price", np.float64)], align=True)


class Tables(NamedTuple):
    """A sub-problem as compiled code reads it. m stops, k vehicles; the fields of a record are ``SubProblem``'s where
    the name is the same. Records and few arrays: each array more in a signature costs compiling time.

    ``stops`` (m + 2k,) are ``STOP`` records, those of each vehicle's start and then of each one's end last; ``row`` is
    the line of ``travel_s``, ``place`` the node, which is the same unless the matrix was gathered; ``pickup`` is the
    stop that must come before (NONE), ``delivery`` the reverse. ``vehicles`` (k,) are ``VEHICLE`` records:
    ``latest_s`` and ``most_s`` the hard ends of service and driving, ``behind`` the segment of stops from elsewhere.
    ``original`` (k, W) are the sequences that churn is measured against.
    """

    travel_s: Ints
    stops: Records
    vehicles: Records
    demand: Ints
    excluded: Codes
    capacity: Ints
    hours: Floats
    original: Ints
    travel_price: float
    is_timed: bool
    has_pins: bool


class Routes(NamedTuple):
    """A plan in work. Row v is a vehicle, column i its i-th stop (column ``size`` is its way back).

    ``seq`` (k, W). ``visits`` (k, W) are ``VISIT`` records: ``from_row`` and ``row``, whence and where,
    ``leave_s`` when it leaves for i; ``arrive_s`` (with setup) and ``start_s`` of service;
    ``slack_s``, how much later it may arrive at i without any change of price; ``before``, the price of all up to
    leaving for i; ``into``, of the leg to i; ``after``, of i and all that follows; ``lateness``, the part of it that an
    earlier arrival could save; ``since_s`` and ``driven_s`` on leaving for i, kept where drivers rest. ``loads`` (k,)
    are ``LOAD`` records: ``size``, ``price``, the number of ``meetings`` (pickups), whether it is ``changed`` (kept
    where that costs something). ``aboard`` (k, D) at the start, ``where`` (m,) the vehicle of a stop or NONE. ``meter``
    (1,) counts the places probed: the engines' clock.
    """

    seq: Ints
    visits: Records
    loads: Records
    aboard: Ints
    where: Ints
    meter: Ints


@borrowing
def driving_s(t: Tables, v: int, here: int, there: int, at_s: int) -> int:
    """Seconds from one row to another, left at ``at_s``."""
    usual = t.travel_s[t.vehicles[v].profile, here, there]
    if t.hours.size == 0:
        return int(usual)
    low = at_s // 3600
    if low >= t.hours.size - 1:
        factor = t.hours[t.hours.size - 1]
    else:
        factor = t.hours[low] + (at_s / 3600.0 - low) * (t.hours[low + 1] - t.hours[low])
    return int(np.floor(usual * factor + 0.5))


@borrowing
def rests(t: Tables, v: int, since_s: int, drive_s: int) -> int:
    """How many breaks fall due in so long a drive."""
    after_s = t.vehicles[v].break_after_s
    if after_s >= NO_LIMIT or drive_s == 0:
        return 0
    return int(max(0, (since_s + drive_s + after_s - 1) // after_s - 1))


@borrowing
def late_price(t: Tables, stop: int, start_s: int) -> float:
    late_s = start_s - t.stops[stop].closes_s
    return t.stops[stop].lateness_price * late_s + t.stops[stop].miss_price if late_s > 0 else 0.0


@borrowing
def standing_price(t: Tables, v: int, stop: int) -> float:
    """What the stop costs on this vehicle whenever it is done."""
    price = t.stops[stop].visit_price
    if t.stops[stop].home != v and t.stops[stop].home != NOWHERE:
        price += t.stops[stop].move_price
    if t.stops[stop].delivery == NONE:
        price += t.vehicles[v].carrier_price
    return float(price)


@borrowing
def is_original(t: Tables, r: Routes, v: int) -> bool:
    if r.loads[v].size != t.vehicles[v].original_size:
        return False
    for i in range(r.loads[v].size):  # noqa: SIM110 - compiled code knows no generators
        if r.seq[v, i] != t.original[v, i]:
            return False
    return True


@borrowing
def refresh(t: Tables, r: Routes, v: int) -> None:
    """Everything about a route whose sequence changed."""
    m, k, size = t.demand.shape[0], t.vehicles.size, r.loads[v].size
    here, now, total = m + v, t.vehicles[v].ready_s, 0.0
    since, driven = t.vehicles[v].since_break_s, 0
    for i in range(size + 1):
        there = r.seq[v, i] if i < size else m + k + v
        r.visits[v, i].before, r.visits[v, i].leave_s = total, now
        r.visits[v, i].from_row, r.visits[v, i].row = t.stops[here].row, t.stops[there].row
        drive = driving_s(t, v, t.stops[here].row, t.stops[there].row, now)
        if t.is_timed:
            r.visits[v, i].since_s, r.visits[v, i].driven_s = since, driven
            breaks = rests(t, v, since, drive)
            since += drive - breaks * t.vehicles[v].break_after_s
            driven += drive
            now += breaks * t.vehicles[v].break_s
        r.visits[v, i].into = t.travel_price * drive
        total += r.visits[v, i].into
        now += drive
        if i < size:
            if t.stops[there].place != t.stops[here].place:
                now += t.stops[there].setup_s
            r.visits[v, i].arrive_s = now
            now = max(now, t.stops[there].opens_s)
            r.visits[v, i].start_s = now
            total += late_price(t, there, now) + standing_price(t, v, there)
            now += t.stops[there].service_s
            here = there
    r.visits[v, size].arrive_s = now
    slack, late = t.vehicles[v].latest_s - now, 0.0
    r.visits[v, size].slack_s, r.visits[v, size].after, r.visits[v, size].lateness = slack, 0.0, 0.0
    for i in range(size - 1, -1, -1):
        stop, start = r.seq[v, i], r.visits[v, i].start_s
        slack = start - r.visits[v, i].arrive_s + min(slack, max(t.stops[stop].closes_s - start, 0))
        late += late_price(t, stop, start)
        r.visits[v, i].slack_s, r.visits[v, i].lateness = slack, late
        r.visits[v, i].after = total - r.visits[v, i].before - r.visits[v, i].into
    if t.vehicles[v].churn_price > 0.0:
        r.loads[v].changed = 0 if is_original(t, r, v) else 1
        if r.loads[v].changed:
            total += t.vehicles[v].churn_price
    r.loads[v].price = total


@borrowing
def refresh_all(t: Tables, r: Routes) -> None:
    for v in range(t.vehicles.size):
        refresh(t, r, v)


@borrowing
def keeps_day(t: Tables, r: Routes, v: int) -> bool:
    """Whether a refreshed route ends in time. Taking a stop off can break that: rests and slow hours then fall
    elsewhere, and matrices have ways that are shorter by way of another place.
    """
    back = r.visits[v, r.loads[v].size]
    if back.slack_s < 0:
        return False
    if not t.is_timed:
        return True
    return bool(back.driven_s + driving_s(t, v, back.from_row, back.row, back.leave_s) <= t.vehicles[v].most_s)


@borrowing
def tail_price(
    t: Tables, r: Routes, v: int, first: int, here: int, now_s: int, since_s: int, driven_s: int, limit: float
) -> float:
    """The price of going on from ``here`` to the route's ``first`` stop and all that follows; inf from ``limit`` on or
    where the day or the driving would end too late. ``here`` is a stop or a start (m + v).
    """
    m, k, size = t.demand.shape[0], t.vehicles.size, r.loads[v].size
    if t.is_timed:
        return _driven_again(t, r, v, first, here, now_s, since_s, driven_s, limit)
    there = r.seq[v, first] if first < size else m + k + v
    drive = t.travel_s[t.vehicles[v].profile, t.stops[here].row, t.stops[there].row]
    price = t.travel_price * drive + r.visits[v, first].after
    arrive = now_s + drive
    if first < size and t.stops[there].place != t.stops[here].place:
        arrive += t.stops[there].setup_s
    delay = arrive - r.visits[v, first].arrive_s
    if delay <= r.visits[v, first].slack_s and (delay >= 0 or r.visits[v, first].lateness == 0.0):
        return price if price < limit else np.inf
    if delay > 0 and price >= limit:
        return np.inf
    for i in range(first, size):
        stop, old = r.seq[v, i], r.visits[v, i].start_s
        start = max(r.visits[v, i].arrive_s + delay, t.stops[stop].opens_s)
        delay = start - old
        if delay == 0:
            return price if price < limit else np.inf
        price += late_price(t, stop, start) - late_price(t, stop, old)
        if delay > 0 and price >= limit:
            return np.inf
    return price if delay <= r.visits[v, size].slack_s and price < limit else np.inf


@borrowing
def _driven_again(
    t: Tables, r: Routes, v: int, first: int, here: int, now: int, since: int, driven: int, limit: float
) -> float:
    m, k, size, price = t.demand.shape[0], t.vehicles.size, r.loads[v].size, 0.0
    for i in range(first, size + 1):
        there = r.seq[v, i] if i < size else m + k + v
        drive = driving_s(t, v, t.stops[here].row, t.stops[there].row, now)
        breaks = rests(t, v, since, drive)
        since += drive - breaks * t.vehicles[v].break_after_s
        driven += drive
        now += drive + breaks * t.vehicles[v].break_s
        price += t.travel_price * drive
        if i < size:
            if t.stops[there].place != t.stops[here].place:
                now += t.stops[there].setup_s
            now = max(now, t.stops[there].opens_s)
            price += late_price(t, there, now) + standing_price(t, v, there)
            now += t.stops[there].service_s
            here = there
        if price >= limit:
            return np.inf
    return price if now <= t.vehicles[v].latest_s and driven <= t.vehicles[v].most_s else np.inf


@borrowing
def segment_on(t: Tables, v: int, stop: int) -> int:
    return int(t.stops[stop].segment if t.stops[stop].home == v else t.vehicles[v].behind)


@borrowing
def window_of(t: Tables, r: Routes, v: int, stop: int) -> tuple[int, int]:
    """The first and last place on the route where pins let the stop in; (0, -1): none."""
    if not t.has_pins:
        return 0, r.loads[v].size
    if t.stops[stop].home != v and t.stops[stop].segment % 2 == 1:
        return 0, -1
    segment = segment_on(t, v, stop)
    low = 0
    while low < r.loads[v].size and segment_on(t, v, r.seq[v, low]) < segment:
        low += 1
    high = low
    while high < r.loads[v].size and segment_on(t, v, r.seq[v, high]) <= segment:
        high += 1
    return low, high


@borrowing
def load_change(t: Tables, stop: int, d: int) -> int:
    """What serving a stop does to the load."""
    return int(t.demand[t.stops[stop].delivery, d] if t.stops[stop].delivery != NONE else -t.demand[stop, d])


@borrowing
def roomy_until(t: Tables, r: Routes, v: int, stop: int) -> int:
    """The last place where goods that are aboard from the start may be delivered without the load ever being too much
    before; -1: nowhere. Behind a pickup the van may be fuller than at the start.
    """
    last = r.loads[v].size
    for d in range(t.demand.shape[1]):
        room = t.capacity[v, d] - (ZERO if t.stops[stop].held else t.demand[stop, d])
        load = r.aboard[v, d]
        if load > room:
            return -1
        if r.loads[v].meetings > 0:
            for i in range(last):
                load += load_change(t, r.seq[v, i], d)
                if load > room:
                    last = i
                    break
    return int(last)


@borrowing
def best_place(
    t: Tables, r: Routes, v: int, stop: int, limit: float, rng: NDArray[np.uint64], blink: float
) -> tuple[float, int]:
    """The cheapest place for a single stop on the vehicle and how much dearer the route gets; (inf, -1) when none is
    allowed below ``limit``. With the chance ``blink`` a place is not seen.
    """
    m = t.demand.shape[0]
    best, at = limit, NONE
    if t.excluded[stop, v]:
        return np.inf, NONE
    low, high = window_of(t, r, v, stop)
    high = min(high, roomy_until(t, r, v, stop))
    standing = standing_price(t, v, stop)
    if t.vehicles[v].churn_price > 0.0 and not r.loads[v].changed:
        standing += t.vehicles[v].churn_price
    if high < low:
        return np.inf, NONE
    whole = r.loads[v].price - (t.vehicles[v].churn_price if r.loads[v].changed else 0.0)
    to = t.stops[stop].row
    service, opens = t.stops[stop].service_s, t.stops[stop].opens_s
    r.meter[0] += high - low + 1
    for i in range(low, high + 1):
        now = r.visits[v, i].leave_s
        since, driven = ZERO, ZERO
        drive = driving_s(t, v, r.visits[v, i].from_row, to, now)
        if t.is_timed:
            breaks = rests(t, v, r.visits[v, i].since_s, drive)
            since = r.visits[v, i].since_s + drive - breaks * t.vehicles[v].break_after_s
            driven = r.visits[v, i].driven_s + drive
            now += breaks * t.vehicles[v].break_s
        else:
            onward = t.travel_s[t.vehicles[v].profile, to, r.visits[v, i].row]
            detour = t.travel_price * (drive + onward) - r.visits[v, i].into
            if detour + standing >= best + r.visits[v, i].lateness:
                continue
        if blink > 0.0 and uniform(rng) < blink:
            continue
        now += drive
        if t.stops[stop].place != t.stops[r.seq[v, i - 1] if i > 0 else m + v].place:
            now += t.stops[stop].setup_s
        now = max(now, opens)
        price = standing + t.travel_price * drive + late_price(t, stop, now) + r.visits[v, i].before - whole
        price += tail_price(t, r, v, i, stop, now + service, since, driven, best - price)
        if price < best:
            best, at = price, i
    return (best, at) if at != NONE else (np.inf, NONE)


@borrowing
def best_pair(
    t: Tables, r: Routes, v: int, stop: int, limit: float, rng: NDArray[np.uint64], blink: float
) -> tuple[float, int, int]:
    """``best_place`` of a delivery with its pickup: the place of each, as they are before either is in."""
    m, size, pickup = t.demand.shape[0], r.loads[v].size, t.stops[stop].pickup
    best, at, then = limit, NONE, NONE
    if t.excluded[stop, v] or t.excluded[pickup, v]:
        return np.inf, NONE, NONE
    if segment_on(t, v, pickup) > segment_on(t, v, stop):
        return np.inf, NONE, NONE
    low, high = window_of(t, r, v, pickup)
    low_then, high_then = window_of(t, r, v, stop)
    standing = standing_price(t, v, pickup) + standing_price(t, v, stop)
    if t.vehicles[v].churn_price > 0.0 and not r.loads[v].changed:
        standing += t.vehicles[v].churn_price
    whole = r.loads[v].price - (t.vehicles[v].churn_price if r.loads[v].changed else 0.0)
    for i in range(low, high + 1):
        here = r.seq[v, i - 1] if i > 0 else m + v
        now = r.visits[v, i - 1].start_s + t.stops[here].service_s if i > 0 else t.vehicles[v].ready_s
        since, driven = ZERO, ZERO
        drive = driving_s(t, v, t.stops[here].row, t.stops[pickup].row, now)
        if t.is_timed:
            breaks = rests(t, v, r.visits[v, i].since_s, drive)
            since = r.visits[v, i].since_s + drive - breaks * t.vehicles[v].break_after_s
            driven = r.visits[v, i].driven_s + drive
            now += breaks * t.vehicles[v].break_s
        if blink > 0.0 and uniform(rng) < blink:
            continue
        now += drive
        if t.stops[pickup].place != t.stops[here].place:
            now += t.stops[pickup].setup_s
        now = max(now, t.stops[pickup].opens_s)
        so_far = standing + r.visits[v, i].before - whole + t.travel_price * drive + late_price(t, pickup, now)
        now += t.stops[pickup].service_s
        here = pickup
        for j in range(i, _roomy_from(t, r, v, i, stop) + 1):
            r.meter[0] += 1
            if low_then <= j <= high_then:
                drive = driving_s(t, v, t.stops[here].row, t.stops[stop].row, now)
                start, later, total = now, since, driven
                if t.is_timed:
                    breaks = rests(t, v, since, drive)
                    later = since + drive - breaks * t.vehicles[v].break_after_s
                    total = driven + drive
                    start += breaks * t.vehicles[v].break_s
                start += drive
                if t.stops[stop].place != t.stops[here].place:
                    start += t.stops[stop].setup_s
                start = max(start, t.stops[stop].opens_s)
                price = so_far + t.travel_price * drive + late_price(t, stop, start)
                price += tail_price(t, r, v, j, stop, start + t.stops[stop].service_s, later, total, best - price)
                if price < best:
                    best, at, then = price, i, j
            if j == size:
                break
            there = r.seq[v, j]
            drive = driving_s(t, v, t.stops[here].row, t.stops[there].row, now)
            if t.is_timed:
                breaks = rests(t, v, since, drive)
                since += drive - breaks * t.vehicles[v].break_after_s
                driven += drive
                now += breaks * t.vehicles[v].break_s
            now += drive
            if t.stops[there].place != t.stops[here].place:
                now += t.stops[there].setup_s
            now = max(now, t.stops[there].opens_s)
            so_far += t.travel_price * drive + late_price(t, there, now) + standing_price(t, v, there)
            now += t.stops[there].service_s
            here = there
            onward = (
                0.0 if t.is_timed else r.visits[v, j + 1].into + r.visits[v, j + 1].after - r.visits[v, j + 1].lateness
            )
            if so_far + onward >= best:  # the delivery's detour comes on top
                break
    return (best, at, then) if at != NONE else (np.inf, NONE, NONE)


@borrowing
def _roomy_from(t: Tables, r: Routes, v: int, at: int, stop: int) -> int:
    """The last place to which goods taken over at place ``at`` fit on top of what is aboard; below ``at``: none."""
    last = r.loads[v].size
    for d in range(t.demand.shape[1]):
        room = t.capacity[v, d] - t.demand[stop, d]
        load = r.aboard[v, d]
        for i in range(last + 1):
            if i >= at and load > room:
                last = i - 1
                break
            if i < last:
                load += load_change(t, r.seq[v, i], d)
    return int(last)


@borrowing
def put(t: Tables, r: Routes, v: int, stop: int, at: int) -> None:
    """Insert without looking: the caller knows that it holds. ``refresh`` is the caller's as well."""
    for i in range(r.loads[v].size, at, -1):
        r.seq[v, i] = r.seq[v, i - 1]
    r.seq[v, at] = stop
    r.loads[v].size += 1
    r.where[stop] = v
    if t.stops[stop].delivery != NONE:
        r.loads[v].meetings += 1
    elif t.stops[stop].pickup == NONE and not t.stops[stop].held:
        for d in range(t.demand.shape[1]):
            r.aboard[v, d] += t.demand[stop, d]


@borrowing
def take(t: Tables, r: Routes, stop: int) -> int:
    """Take a stop off its route; its place there. ``refresh`` is the caller's."""
    v = r.where[stop]
    at = 0
    while r.seq[v, at] != stop:
        at += 1
    r.loads[v].size -= 1
    for i in range(at, r.loads[v].size):
        r.seq[v, i] = r.seq[v, i + 1]
    r.where[stop] = NONE
    if t.stops[stop].delivery != NONE:
        r.loads[v].meetings -= 1
    elif t.stops[stop].pickup == NONE and not t.stops[stop].held:
        for d in range(t.demand.shape[1]):
            r.aboard[v, d] -= t.demand[stop, d]
    return at


@borrowing
def uniform(rng: NDArray[np.uint64]) -> float:
    """The next number in [0, 1) of a xorshift64* generator, whose state is ``rng[0]`` (never 0)."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return float(((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0))


@borrowing
def below(rng: NDArray[np.uint64], bound: int) -> int:
    """A whole number from 0 to ``bound`` - 1."""
    return min(int(uniform(rng) * bound), bound - 1)
