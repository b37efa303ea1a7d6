"""The simulation of ``kernel`` once more in plain numpy: its oracle in tests, and its baseline in the benchmark."""

from itertools import pairwise

import numpy as np

from optimizer.kernel import NEVER, Drive, Floats, World


def starts_by_numpy(world: World, drive: Drive, route: int, sequence: list[int]) -> Floats:
    """(n, S) service starts of one route's stops in that order; NEVER where undone."""
    depart = drive.ready_s[route].copy()
    loaded = max(world.available_s[sequence])
    if drive.at_hub[route] and loaded > drive.earliest_s[route]:
        lag = depart - drive.earliest_s[route]
        depart = lag + np.maximum(drive.earliest_s[route], world.now_s + (loaded - world.now_s) * drive.slip[route])
    here, rows = drive.place[route], []
    for stop in sequence:
        there = world.place[stop]
        usual = world.travel_s[here, there]
        extra = min(usual * ((world.slow[here] + world.slow[there]) / 2 - 1), world.slow_cap_s)
        alive = depart < NEVER
        factor = 1.0
        if world.hours.size and alive.any():
            factor = np.interp(depart[alive].mean() / 3600, np.arange(49), world.hours)
        hold_at, hold = drive.hold_at_s[route], drive.hold_s[route]
        depart = np.where((depart >= hold_at) & (depart < hold_at + hold), hold_at + hold, depart)
        is_held = (depart < hold_at) & (_arrival(world, drive, route, stop, depart, factor, usual, extra) > hold_at)
        arrive = _arrival(world, drive, route, stop, depart + hold * is_held, factor, usual, extra)
        start = np.maximum(arrive, world.opens_s[stop])
        undone = start > drive.shift_end_s[route]
        service = world.service_s[stop] * drive.service_pace[route] * world.visit[stop]
        rows.append(np.where(undone, NEVER, start))
        depart = np.where(undone, NEVER, start + service)
        here = there
    return np.array(rows)


def _arrival(
    world: World, drive: Drive, route: int, stop: int, depart: Floats, factor: float, usual: float, extra: float
) -> Floats:
    fade = np.clip(1 - (depart - world.now_s) / world.persist_s, 0, 1)
    arrival: Floats = depart + factor * (usual + extra * fade) * drive.pace[route] * world.leg[stop]
    return arrival


def cost_by_numpy(world: World, drive: Drive, route: int, sequence: list[int]) -> float:
    """The route's loss: prices of misses and lateness over the samples, and the driving."""
    starts = starts_by_numpy(world, drive, route, sequence)
    over = starts - world.closes_s[sequence, None]
    undone = starts >= NEVER
    late = (over > 0) & ~undone
    price = (
        world.miss_price[sequence, None] * (late + world.gross_share * (late & (over > world.gross_after_s)))
        + world.late_price[sequence, None] * np.where(late, np.minimum(over, world.lateness_cap_s), 0)
        + world.undone_price[sequence, None] * undone
    )
    places = [drive.place[route], *world.place[sequence], drive.end[route]]
    return float(price.mean(axis=1).sum()) + sum(float(world.travel_s[a, b]) for a, b in pairwise(places))
