"""Whether a plan can be carried out by the vans that hold the goods: a second opinion, in plain Python.

It shares nothing with the evaluator or the engines: it reads the case, the order of stops and the times the plan
claims, and asks of each van what a dispatcher would ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evals.repair_bench.case import HUB, RepairCase

# What a hand-over takes: finding each other and opening two vans once, then so much for each parcel's move.
MEETING_S, PARCEL_S = 180, 20


@dataclass(frozen=True, slots=True)
class Step:
    """A van ``delivers`` a stop, or takes its goods over from the broken van; it begins at ``start_s``."""

    stop: int
    delivers: bool
    start_s: int


@dataclass(frozen=True, slots=True)
class Fault:
    """``rule``: goods, pickup_first, before_breakdown, too_soon, capacity, shift, or twice."""

    rule: str
    van: int
    stop: int | None = None


Steps = Sequence[Sequence[Step]]


def as_steps(
    case: RepairCase, sequences: Sequence[Sequence[int]], starts_s: Sequence[Sequence[int]]
) -> list[list[Step]]:
    """A plan of the custody problem, whose pickups are numbered after the visits, as steps."""
    first = len(case.visits)
    stranded = case.wreck.stops if case.wreck else ()

    def step(stop: int, start_s: int) -> Step:
        return Step(stop, True, start_s) if stop < first else Step(stranded[stop - first], False, start_s)

    return [
        [step(stop, start_s) for stop, start_s in zip(sequence, starts, strict=True)]
        for sequence, starts in zip(sequences, starts_s, strict=True)
    ]


def faults(case: RepairCase, plan: Steps) -> list[Fault]:
    """Everything about a plan that can't be carried out, van by van."""
    found: list[Fault] = []
    seen: set[tuple[int, bool]] = set()
    for van, steps in enumerate(plan):
        found += _goods(case, van, steps)
        found += _times(case, van, steps)
        found += _loads(case, van, steps)
        for step in steps:
            if (step.stop, step.delivers) in seen:
                found.append(Fault("twice", van, step.stop))
            seen.add((step.stop, step.delivers))
    return found


def _goods(case: RepairCase, van: int, steps: Sequence[Step]) -> list[Fault]:
    """A van delivers what it holds, what it loads at the hub, and what it took over before; nothing else."""
    found = []
    taken: set[int] = set()
    delivered = {step.stop for step in steps if step.delivers}
    for step in steps:
        holder = case.visits[step.stop].holder
        in_wreck = case.wreck is not None and step.stop in case.wreck.stops
        if not step.delivers:
            taken.add(step.stop)
            if not in_wreck or step.stop not in delivered:
                found.append(Fault("goods", van, step.stop))
        elif in_wreck:
            if step.stop not in taken:
                found.append(Fault("pickup_first", van, step.stop))
        elif holder == HUB:
            if case.vans[van].has_left:
                found.append(Fault("goods", van, step.stop))
        elif holder != van:
            found.append(Fault("goods", van, step.stop))
    return found


def _times(case: RepairCase, van: int, steps: Sequence[Step]) -> list[Fault]:
    """No step begins before the van is there, and none before what comes first is over."""
    found = []
    here, free_s, is_met = case.vans[van].node, case.vans[van].ready_s, False
    for step in steps:
        visit = case.visits[step.stop]
        if step.delivers:
            there, soonest, takes_s = visit.node, free_s + int(case.travel_s[here][visit.node]), visit.service_s
            soonest = max(soonest, visit.opens_s)
        else:
            assert case.wreck is not None, "goods are taken over from a broken van alone"
            there, takes_s = case.wreck.node, PARCEL_S
            soonest = free_s + int(case.travel_s[here][there]) + (0 if is_met else MEETING_S)
            if step.start_s < case.wreck.since_s:
                found.append(Fault("before_breakdown", van, step.stop))
        if step.start_s < soonest:
            found.append(Fault("too_soon", van, step.stop))
        here, free_s, is_met = there, max(step.start_s, soonest) + takes_s, not step.delivers
    straight_s = case.vans[van].ready_s + int(case.travel_s[case.vans[van].node][0])
    if free_s + int(case.travel_s[here][0]) > max(case.shift_end_s, straight_s):
        found.append(Fault("shift", van))
    return found


def _loads(case: RepairCase, van: int, steps: Sequence[Step]) -> list[Fault]:
    """What is aboard never exceeds the van: also the goods of stops that the plan leaves undone are in it."""
    planned = {step.stop for step in steps if step.delivers}
    aboard = sum(
        visit.demand
        for stop, visit in enumerate(case.visits)
        if visit.holder == van or (visit.holder == HUB and stop in planned)
    )
    found = []
    if steps and aboard > case.capacity:
        found.append(Fault("capacity", van))
    for step in steps:
        aboard += -case.visits[step.stop].demand if step.delivers else case.visits[step.stop].demand
        if aboard > case.capacity:
            found.append(Fault("capacity", van, step.stop))
    return found
