"""What a plan for a sub-problem costs and whether it keeps the hard rules: the judge, knowing nothing of any engine."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from optimizer.repair.subproblem import CUSTODY, NO_LIMIT, NOWHERE, Floats, Ints, Sequences, SubProblem


@dataclass(frozen=True, slots=True)
class Violation:
    """A hard rule broken: ``rule`` is custody, excluded, pin, pair, shift, driving, capacity or twice.

    ``stop`` is None for a whole vehicle; ``code`` says which constraint it was that excluded.
    """

    rule: str
    vehicle: int
    stop: int | None = None
    code: int = 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """J, its ``parts`` in price units by name (they add up to it), and every broken rule.

    ``travel_s`` is what is driven, ``starts_s`` when service starts, ``drives_s`` the driving of each vehicle;
    ``changed`` are the vehicles whose sequence is another than in the sub-problem.
    """

    objective: float
    parts: Mapping[str, float]
    travel_s: int
    lateness_s: int
    missed: tuple[int, ...]
    undone: tuple[int, ...]
    moved: tuple[int, ...]
    changed: tuple[int, ...]
    starts_s: tuple[tuple[int, ...], ...]
    drives_s: tuple[int, ...]
    violations: tuple[Violation, ...]

    @property
    def is_feasible(self) -> bool:
        return not self.violations


@dataclass(frozen=True, slots=True)
class Walk:
    """One vehicle's way: seconds driven, service starts, arrival at the end."""

    travel_s: int
    starts_s: list[int]
    home_s: int


@dataclass(slots=True)
class _Plan:
    """Sequences laid out in one line: ``flat`` their stops, ``vehicle_of`` each, and the walks."""

    vehicles: Ints
    flat: Ints
    vehicle_of: Ints
    walks: list[Walk]
    starts: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.starts = np.array([s for walk in self.walks for s in walk.starts_s], dtype=np.int64)


def evaluate(sub: SubProblem, sequences: Sequences) -> Evaluation:
    """Score ``sequences`` (one a vehicle, stops by index). Never raises for a broken rule: it is listed."""
    if len(sequences) != sub.vehicles:
        raise ValueError(f"{len(sequences)} sequences for {sub.vehicles} vehicles")
    plan = _laid_out(sub, range(sub.vehicles), sequences)
    flat, late = plan.flat, plan.starts - sub.closes_s[plan.flat]
    done = np.zeros(sub.stops, dtype=np.bool_)
    done[flat] = True
    undone = np.flatnonzero(~done)
    parts = _parts(sub, plan, sequences)
    parts["undone"] = float(sub.undone_price[undone].sum())
    return Evaluation(
        objective=sum(parts.values()),
        parts=parts,
        travel_s=sum(walk.travel_s for walk in plan.walks),
        lateness_s=int(late[late > 0].sum()),
        missed=tuple(sorted(flat[late > 0].tolist())),
        undone=tuple(undone.tolist()),
        moved=tuple(flat[_is_away(sub, plan)].tolist()),
        changed=tuple(v for v, sequence in enumerate(sequences) if tuple(sequence) != sub.sequences[v]),
        starts_s=tuple(tuple(walk.starts_s) for walk in plan.walks),
        drives_s=tuple(walk.travel_s for walk in plan.walks),
        violations=tuple(_violations(sub, plan, sequences)),
    )


def walk(sub: SubProblem, vehicle: int, sequence: Sequence[int]) -> Walk:
    """How one vehicle drives a sequence."""
    return _laid_out(sub, [vehicle], [sequence]).walks[0]


def route_price(sub: SubProblem, vehicle: int, sequence: Sequence[int]) -> float:
    """One vehicle's part of J: all of it but what is left undone."""
    return sum(_parts(sub, _laid_out(sub, [vehicle], [sequence]), [sequence]).values())


def last_arrival_s(sub: SubProblem, vehicle: int) -> int:
    """The hard end of service; a vehicle already past it may still go straight to its end."""
    return max(int(sub.shift_end_s[vehicle]), walk(sub, vehicle, ()).home_s)


def most_driving_s(sub: SubProblem, vehicle: int) -> int:
    """The most its driver may drive; straight to the end is always allowed."""
    return max(int(sub.drive_limit_s[vehicle]), walk(sub, vehicle, ()).travel_s)


def broken_rules(sub: SubProblem, vehicle: int, sequence: Sequence[int]) -> list[Violation]:
    """Every hard rule one vehicle's sequence breaks."""
    codes = [(stop, int(sub.excluded[stop, vehicle])) for stop in sequence]
    broken = [
        Violation("custody", vehicle, stop) if code == CUSTODY else Violation("excluded", vehicle, stop, code)
        for stop, code in codes
        if code
    ]
    broken += [Violation("pin", vehicle, stop) for stop in _out_of_segment(sub, vehicle, sequence)]
    place = {stop: position for position, stop in enumerate(sequence)}
    for pickup, delivery in sub.pairs:
        together = (pickup in place) == (delivery in place)
        if not together or (pickup in place and place[pickup] > place[delivery]):
            broken.append(Violation("pair", vehicle, delivery))
    way = walk(sub, vehicle, sequence)
    if way.home_s > sub.shift_end_s[vehicle] and way.home_s > last_arrival_s(sub, vehicle):
        broken.append(Violation("shift", vehicle))
    if way.travel_s > sub.drive_limit_s[vehicle] and way.travel_s > most_driving_s(sub, vehicle):
        broken.append(Violation("driving", vehicle))
    if _is_too_full(sub, vehicle, sequence):
        broken.append(Violation("capacity", vehicle))
    return broken


def fitting_start(sub: SubProblem, judged: Evaluation | None = None) -> tuple[Sequences, tuple[int, ...]]:
    """The sub-problem's own sequences with the stops that break a hard rule left out, and those stops.

    Front first: what a driver reaches before the rule breaks stays, as it would in the street. ``judged`` is the
    evaluation of the sequences, if the caller has it.
    """
    broken = {violation.vehicle for violation in (judged or evaluate(sub, sub.sequences)).violations}
    fitting = tuple(
        _fitting(sub, vehicle, sequence) if vehicle in broken else sequence
        for vehicle, sequence in enumerate(sub.sequences)
    )
    kept = {stop for sequence in fitting for stop in sequence}
    return fitting, tuple(stop for sequence in sub.sequences for stop in sequence if stop not in kept)


def last_segments(sub: SubProblem) -> Ints:
    """(k,) the segment behind each vehicle's last pin, where stops from elsewhere belong."""
    last = np.zeros(sub.vehicles, dtype=np.int64)
    at_home = sub.home != NOWHERE
    np.maximum.at(last, sub.home[at_home], sub.segment[at_home])
    return last + last % 2


def _fitting(sub: SubProblem, vehicle: int, sequence: tuple[int, ...]) -> tuple[int, ...]:
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


def _laid_out(sub: SubProblem, vehicles: Sequence[int], sequences: Sequence[Sequence[int]]) -> _Plan:
    counts = [len(sequence) for sequence in sequences]
    flat = np.fromiter(chain.from_iterable(sequences), dtype=np.int64, count=sum(counts))
    index = np.array(vehicles, dtype=np.int64)
    vehicle_of = np.repeat(index, counts)
    # every way is its start, its stops and its end: two nodes more than stops
    path = np.empty(flat.size + 2 * index.size, dtype=np.int64)
    ends = np.cumsum(np.array(counts, dtype=np.int64) + 2)
    begins = ends - np.array(counts, dtype=np.int64) - 2
    path[begins], path[ends - 1] = sub.start_node[index], sub.end_node[index]
    path[np.arange(flat.size) + 2 * np.repeat(np.arange(index.size), counts) + 1] = sub.node[flat]
    profile = np.repeat(sub.profile[index], np.array(counts, dtype=np.int64) + 2)
    legs = sub.travel_s[profile[:-1], path[:-1], path[1:]].tolist()
    setups = np.where(path[1:] != path[:-1], 1, 0).tolist()
    per_stop = [*zip(sub.opens_s[flat].tolist(), sub.service_s[flat].tolist(), sub.setup_s[flat].tolist(), strict=True)]
    walks, stop = [], 0
    for vehicle, count, low in zip(vehicles, counts, begins.tolist(), strict=True):
        walks.append(
            _walk(sub, vehicle, legs[low : low + count + 1], setups[low : low + count], per_stop[stop : stop + count])
        )
        stop += count
    return _Plan(index, flat, vehicle_of, walks)


def _walk(sub: SubProblem, vehicle: int, legs: list[int], moves: list[int], stops: list[tuple[int, int, int]]) -> Walk:
    """``legs`` by free roads, one more than ``stops`` (opens, service, setup); ``moves``: 0 where the place stays."""
    now, driven, starts = int(sub.ready_s[vehicle]), 0, []
    rests = _Rests(sub, vehicle)
    for leg, move, (opens, service, setup) in zip(legs, moves, stops, strict=False):
        drive = _driving_s(sub, leg, now)
        driven += drive
        start = max(now + drive + rests.during(drive) + setup * move, opens)
        starts.append(start)
        now = start + service
    drive = _driving_s(sub, legs[-1], now)
    return Walk(driven + drive, starts, now + drive + rests.during(drive))


class _Rests:
    """The breaks of one driver."""

    def __init__(self, sub: SubProblem, vehicle: int) -> None:
        self._after_s = int(sub.break_after_s[vehicle])
        self._rest_s = int(sub.break_s[vehicle])
        self._since_s = int(sub.since_break_s[vehicle])

    def during(self, drive_s: int) -> int:
        """Seconds of rest that fall due while he drives so long."""
        if self._after_s >= NO_LIMIT or drive_s == 0:
            return 0
        since = self._since_s + drive_s
        rests = max(0, -(-since // self._after_s) - 1)
        self._since_s = since - rests * self._after_s
        return rests * self._rest_s


def _driving_s(sub: SubProblem, leg: int, at_s: int) -> int:
    """How long a leg takes that is left at ``at_s``."""
    if not sub.hours.size:
        return leg
    low = at_s // 3600
    if low >= sub.hours.size - 1:
        factor = float(sub.hours[-1])
    else:
        before, after = float(sub.hours[low]), float(sub.hours[low + 1])
        factor = before + (at_s / 3600.0 - low) * (after - before)
    return math.floor(leg * factor + 0.5)


def _is_away(sub: SubProblem, plan: _Plan) -> NDArray[np.bool_]:
    home = sub.home[plan.flat]
    away: NDArray[np.bool_] = (home != NOWHERE) & (home != plan.vehicle_of)
    return away


def _parts(sub: SubProblem, plan: _Plan, sequences: Sequence[Sequence[int]]) -> dict[str, float]:
    """J's parts of the plan's vehicles, but for what is left undone."""
    flat, late = plan.flat, plan.starts - sub.closes_s[plan.flat]
    is_late = late > 0
    changed = [
        v for v, sequence in zip(plan.vehicles.tolist(), sequences, strict=True) if tuple(sequence) != sub.sequences[v]
    ]
    return {
        "travel": sub.travel_price * sum(walk.travel_s for walk in plan.walks),
        "lateness": float((sub.lateness_price[flat] * late)[is_late].sum()),
        "miss": float(sub.miss_price[flat][is_late].sum()),
        "move": float(sub.move_price[flat][_is_away(sub, plan)].sum()),
        "visit": float(sub.visit_price[flat].sum()),
        "carrier": _carriage(sub, plan),
        "churn": float(sub.churn_price[changed].sum()),
    }


def _carriage(sub: SubProblem, plan: _Plan) -> float:
    charge: Floats = sub.carrier_price[plan.vehicle_of]
    if sub.pairs:
        charge = charge * ~np.isin(plan.flat, [pickup for pickup, _ in sub.pairs])
    return float(charge.sum())


def _violations(sub: SubProblem, plan: _Plan, sequences: Sequences) -> list[Violation]:
    """Vehicles that may have broken something are looked at rule by rule; the rest is seen to be sound at a glance."""
    homes = np.array([walk.home_s for walk in plan.walks], dtype=np.int64)
    driven = np.array([walk.travel_s for walk in plan.walks], dtype=np.int64)
    suspect = (homes > sub.shift_end_s) | (driven > sub.drive_limit_s)
    suspect[plan.vehicle_of[sub.excluded[plan.flat, plan.vehicle_of] != 0]] = True
    loads = sub.held_load
    for dimension in range(loads.shape[1]):
        demand = np.where(sub.held[plan.flat], 0.0, sub.demand[plan.flat, dimension])
        loads[:, dimension] += np.bincount(plan.vehicle_of, demand, len(loads)).astype(np.int64)
    suspect |= (loads > sub.capacity).any(axis=1)
    if sub.pairs or np.any(sub.segment):
        suspect[:] = True
    broken = [v for vehicle in np.flatnonzero(suspect).tolist() for v in broken_rules(sub, vehicle, sequences[vehicle])]
    if plan.flat.size and np.bincount(plan.flat).max() > 1:
        broken += _repeated(sequences)
    return broken


def _out_of_segment(sub: SubProblem, vehicle: int, sequence: Sequence[int]) -> list[int]:
    """Stops that come after one of a later segment, and pinned stops that left their home."""
    if not np.any(sub.segment):
        return []
    behind = int(last_segments(sub)[vehicle])
    out, reached = [], 0
    for stop in sequence:
        at_home = int(sub.home[stop]) == vehicle
        segment = int(sub.segment[stop]) if at_home else behind
        if segment < reached or (not at_home and sub.segment[stop] % 2):
            out.append(stop)
        reached = max(reached, segment)
    return out


def _is_too_full(sub: SubProblem, vehicle: int, sequence: Sequence[int]) -> bool:
    """Whether the load ever exceeds what the vehicle may carry: what has no pickup is aboard from the start, what it
    holds stays aboard until delivered, and one that is too full already may drive on."""
    held = sub.held_load[vehicle]
    capacity = np.maximum(sub.capacity[vehicle], held)
    delivery_of = dict(sub.pairs)
    later = {delivery_of[stop] for stop in sequence if stop in delivery_of}
    aboard = [s for s in sequence if s not in later and s not in delivery_of and not sub.held[s]]
    load = held + sub.demand[aboard].sum(axis=0) if aboard else held
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
