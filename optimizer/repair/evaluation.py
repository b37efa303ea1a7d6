"""What a plan for a sub-problem costs and whether it keeps the hard rules: the judge, knowing nothing of any engine."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.repair.subproblem import NOWHERE, Sequences, SubProblem


@dataclass(frozen=True, slots=True)
class Violation:
    """A hard rule broken: ``rule`` is custody, shift, capacity, pair or twice; ``stop`` is None for a whole vehicle."""

    rule: str
    vehicle: int
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """J = travel + lateness + misses + undone + moves, each at its price. ``starts_s`` is when service starts."""

    objective: float
    travel_s: int
    lateness_s: int
    missed: tuple[int, ...]
    undone: tuple[int, ...]
    moved: tuple[int, ...]
    starts_s: tuple[tuple[int, ...], ...]
    violations: tuple[Violation, ...]

    @property
    def is_feasible(self) -> bool:
        return not self.violations


def evaluate(sub: SubProblem, sequences: Sequences) -> Evaluation:
    """Score ``sequences`` (one a vehicle, stops by index). Never raises for a broken rule: it is listed."""
    if len(sequences) != sub.vehicles:
        raise ValueError(f"{len(sequences)} sequences for {sub.vehicles} vehicles")
    walks = [walk(sub, vehicle, sequence) for vehicle, sequence in enumerate(sequences)]
    starts = tuple(tuple(times[:-1]) for _, times in walks)
    late = {
        stop: start - int(sub.closes_s[stop])
        for sequence, times in zip(sequences, starts, strict=True)
        for stop, start in zip(sequence, times, strict=True)
        if start > sub.closes_s[stop]
    }
    done = {stop for sequence in sequences for stop in sequence}
    undone = tuple(stop for stop in range(sub.stops) if stop not in done)
    moved = tuple(
        stop
        for vehicle, sequence in enumerate(sequences)
        for stop in sequence
        if sub.home[stop] not in (NOWHERE, vehicle)
    )
    travel = sum(travel_s for travel_s, _ in walks)
    objective = sum(route_price(sub, vehicle, sequence) for vehicle, sequence in enumerate(sequences))
    objective += sum(float(sub.undone_price[stop]) for stop in undone)
    violations = [v for vehicle, sequence in enumerate(sequences) for v in broken_rules(sub, vehicle, sequence)]
    violations += _repeated(sequences)
    return Evaluation(
        objective, travel, sum(late.values()), tuple(sorted(late)), undone, moved, starts, tuple(violations)
    )


def walk(sub: SubProblem, vehicle: int, sequence: Sequence[int]) -> tuple[int, list[int]]:
    """Travel seconds of one vehicle, and the time service starts at each stop and, last, its arrival at the end."""
    here, now, travel, times = int(sub.start_node[vehicle]), int(sub.ready_s[vehicle]), 0, []
    for stop in sequence:
        there = int(sub.node[stop])
        leg = int(sub.travel_s[here, there])
        setup = int(sub.setup_s[stop]) if there != here else 0
        start = max(now + leg + setup, int(sub.opens_s[stop]))
        times.append(start)
        here, now, travel = there, start + int(sub.service_s[stop]), travel + leg
    leg = int(sub.travel_s[here, sub.end_node[vehicle]])
    return travel + leg, [*times, now + leg]


def route_price(sub: SubProblem, vehicle: int, sequence: Sequence[int]) -> float:
    """One vehicle's part of J: its travel, its late stops and the stops it took from others."""
    travel, times = walk(sub, vehicle, sequence)
    price = sub.travel_price * travel
    for stop, start in zip(sequence, times, strict=False):
        if start > sub.closes_s[stop]:
            price += float(sub.lateness_price[stop]) * (start - int(sub.closes_s[stop])) + float(sub.miss_price[stop])
        if sub.home[stop] not in (NOWHERE, vehicle):
            price += float(sub.move_price[stop])
    return price


def last_arrival_s(sub: SubProblem, vehicle: int) -> int:
    """The hard end of service; a vehicle already past it may still go straight to its end."""
    straight = int(sub.ready_s[vehicle] + sub.travel_s[sub.start_node[vehicle], sub.end_node[vehicle]])
    return max(int(sub.shift_end_s[vehicle]), straight)


def broken_rules(sub: SubProblem, vehicle: int, sequence: Sequence[int]) -> list[Violation]:
    """Every hard rule one vehicle's sequence breaks."""
    broken = [Violation("custody", vehicle, stop) for stop in sequence if not sub.allowed[stop, vehicle]]
    place = {stop: position for position, stop in enumerate(sequence)}
    for pickup, delivery in sub.pairs:
        together = (pickup in place) == (delivery in place)
        if not together or (pickup in place and place[pickup] > place[delivery]):
            broken.append(Violation("pair", vehicle, delivery))
    if walk(sub, vehicle, sequence)[1][-1] > last_arrival_s(sub, vehicle):
        broken.append(Violation("shift", vehicle))
    if _fullest(sub, sequence, sub.capacity[vehicle]):
        broken.append(Violation("capacity", vehicle))
    return broken


def fitting_start(sub: SubProblem) -> tuple[Sequences, tuple[int, ...]]:
    """The sub-problem's own sequences with the stops that break a hard rule left out, and those stops.

    Front first: what a driver reaches before the rule breaks stays, as it would in the street.
    """
    fitting = tuple(_fitting(sub, vehicle, sequence) for vehicle, sequence in enumerate(sub.sequences))
    kept = {stop for sequence in fitting for stop in sequence}
    return fitting, tuple(stop for sequence in sub.sequences for stop in sequence if stop not in kept)


def _fitting(sub: SubProblem, vehicle: int, sequence: tuple[int, ...]) -> tuple[int, ...]:
    if not broken_rules(sub, vehicle, sequence):
        return sequence
    partner = dict(sub.pairs)
    deliveries = set(partner.values())
    kept: tuple[int, ...] = ()
    for stop in sequence:
        if stop in deliveries:
            continue  # comes with its pickup
        joining = {stop, partner.get(stop, stop)}
        trial = tuple(s for s in sequence if s in joining or s in kept)
        if not broken_rules(sub, vehicle, trial):
            kept = trial
    return kept


def _fullest(sub: SubProblem, sequence: Sequence[int], capacity: np.ndarray) -> bool:
    """Whether the load ever exceeds ``capacity``: what has no pickup is aboard from the start."""
    delivery_of = dict(sub.pairs)
    later = {delivery_of[stop] for stop in sequence if stop in delivery_of}
    aboard = [s for s in sequence if s not in later and s not in delivery_of]
    load = sub.demand[aboard].sum(axis=0) if aboard else np.zeros_like(capacity)
    if np.any(load > capacity):
        return True
    for stop in sequence:
        load = load + sub.demand[delivery_of[stop]] if stop in delivery_of else load - sub.demand[stop]
        if np.any(load > capacity):
            return True
    return False


def _repeated(sequences: Sequences) -> list[Violation]:
    seen: set[int] = set()
    broken = []
    for vehicle, sequence in enumerate(sequences):
        for stop in sequence:
            if stop in seen:
                broken.append(Violation("twice", vehicle, stop))
            seen.add(stop)
    return broken
