"""The simulation of ``kernel`` once more in plain numpy: its oracle in tests, and its baseline in the benchmark."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from optimizer.kernel import NEVER, NO_GATE, Drive, Floats, World


@dataclass(slots=True)
class _Trip:
    """One route on its way: when it leaves and how long its driver has been at the wheel since a break, (S,) each."""

    world: World
    drive: Drive
    route: int
    depart: Floats
    at_wheel: Floats

    @classmethod
    def begin(cls, world: World, drive: Drive, route: int, sequence: list[int]) -> "_Trip":
        depart = drive.ready_s[route].copy()
        loaded = max(world.available_s[sequence], default=-np.inf)
        if drive.at_hub[route] and loaded > drive.earliest_s[route]:
            lag = depart - drive.earliest_s[route]
            depart = lag + np.maximum(drive.earliest_s[route], world.now_s + (loaded - world.now_s) * drive.slip[route])
        return cls(world, drive, route, depart, np.full(depart.size, drive.since_break_s[route]))

    def drive_to(self, here: int, stop: int) -> tuple[Floats, Floats]:
        """(S,) arrivals at the stop, and how long the leg takes without a hold-up; breaks and traffic included."""
        world, drive, route = self.world, self.drive, self.route
        usual, extra = expected_leg(world, drive, route, here, world.place[stop])
        factor = drive.pace[route] * world.leg[stop]
        self.take_breaks((usual + max(extra, 0)) * factor)
        traffic = traffic_at(world, self.depart)
        hold_at, hold = drive.hold_at_s[route], drive.hold_s[route]
        length = traffic * factor * leg_s(world, usual, extra, self.depart)
        leaves = np.where((self.depart >= hold_at) & (self.depart < hold_at + hold), hold_at + hold, self.depart)
        free = leaves + traffic * factor * leg_s(world, usual, extra, leaves)
        leaves = leaves + hold * ((leaves < hold_at) & (free > hold_at))
        return leaves + traffic * factor * leg_s(world, usual, extra, leaves), length

    def take_breaks(self, driving: Floats) -> None:
        most, length = self.drive.break_after_s[self.route], self.drive.break_s[self.route]
        if np.isfinite(most):
            self.at_wheel = self.at_wheel + driving
            breaks = np.maximum(np.ceil(self.at_wheel / most) - 1, 0)
            self.at_wheel = self.at_wheel - breaks * most
            self.depart = self.depart + breaks * length

    def serve(self, stop: int, arrive: Floats) -> Floats:
        """(S,) service starts of those who arrive then; the trip goes on after the visit."""
        world, drive, route = self.world, self.drive, self.route
        start = np.maximum(arrive, world.opens_s[stop])
        if world.gate[stop] != NO_GATE:
            start = np.maximum(start, world.gates_s[world.gate[stop]])
        undone = start > drive.shift_end_s[route]
        service = world.service_s[stop] * drive.service_pace[route] * world.visit[stop]
        self.depart = np.where(undone, NEVER, start + service)
        return np.where(undone, NEVER, start)


def expected_leg(world: World, drive: Drive, route: int, here: int, there: int) -> tuple[float, float]:
    """A leg's seconds as usual, and how many more of them now."""
    usual = world.travel_s[drive.profile[route], here, there]
    return usual, min(usual * ((world.slow[here] + world.slow[there]) / 2 - 1), world.slow_cap_s)


def leg_s(world: World, usual: float, extra: float, depart: Floats) -> Floats:
    """(S,) seconds of a leg that is begun then: what is slow now fades."""
    lasting: Floats = usual + extra * np.clip(1 - (depart - world.now_s) / world.persist_s, 0, 1)
    return lasting


def traffic_at(world: World, depart: Floats) -> float:
    """The traffic factor at the mean of the departures that happen."""
    alive = depart < NEVER
    if not world.hours.size or not alive.any():
        return 1.0
    return float(np.interp(depart[alive].mean() / 3600, np.arange(world.hours.size), world.hours))


def starts_by_numpy(world: World, drive: Drive, route: int, sequence: list[int]) -> Floats:
    """(n, S) service starts of one route's stops in that order; NEVER where undone."""
    trip = _Trip.begin(world, drive, route, sequence)
    here, rows = drive.place[route], []
    for stop in sequence:
        arrive, _ = trip.drive_to(here, stop)
        rows.append(trip.serve(stop, arrive))
        here = world.place[stop]
    return np.array(rows).reshape(len(sequence), trip.depart.size)


def duties_by_numpy(world: World, drive: Drive, route: int, sequence: list[int]) -> tuple[Floats, Floats]:
    """(S,) each: seconds at the wheel and on duty once the vehicle is back, see ``kernel.route_duties``."""
    trip = _Trip.begin(world, drive, route, sequence)
    driven, left, at_wheel = np.full(trip.depart.size, drive.driven_s[route]), trip.depart, trip.at_wheel
    last = np.full(trip.depart.size, drive.place[route])
    here = drive.place[route]
    for stop in sequence:
        arrive, length = trip.drive_to(here, stop)
        done = trip.serve(stop, arrive) < NEVER
        here = world.place[stop]
        driven = driven + np.where(done, length, 0)
        left, at_wheel = np.where(done, trip.depart, left), np.where(done, trip.at_wheel, at_wheel)
        last = np.where(done, here, last)
    usual, extra = np.array([expected_leg(world, drive, route, place, drive.end[route]) for place in last]).T
    traffic, pace = traffic_at(world, left), drive.pace[route]
    trip.depart, trip.at_wheel = left, at_wheel
    trip.take_breaks((usual + np.maximum(extra, 0)) * pace)
    fade = np.clip(1 - (trip.depart - world.now_s) / world.persist_s, 0, 1)
    back = traffic * pace * (usual + extra * fade)
    return driven + back, trip.depart + back - drive.duty_start_s[route]


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
    travel_s = world.travel_s[drive.profile[route]]
    return float(price.mean(axis=1).sum()) + sum(float(travel_s[a, b]) for a, b in pairwise(places))
