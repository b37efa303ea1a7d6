"""Between our soft windows and the peers' hard ones: a start they can read, and what they leave out put back.

Both peers know a stop as served in its window or not at all. They are shown the stops that the present plan serves in
time as their warm start, and all others as free to take; a stop they could not fit in time goes where it raises our
objective least, late if it must be. So a peer is never charged for what its model can't say.
"""

from dataclasses import dataclass

from evals.repair_bench.case import RepairCase
from evals.repair_bench.objective import LATENESS_PRICE, MISS_PRICE, UNDONE_PRICE
from optimizer.repair.subproblem import Sequences


@dataclass(frozen=True, slots=True)
class _Drive:
    """One van's sequence: seconds driven, arrival at the hub, each stop's lateness (0 when in time), and its load."""

    travel_s: int
    home_s: int
    late_s: tuple[int, ...]
    load: int

    def price(self) -> float:
        return self.travel_s + sum(MISS_PRICE + LATENESS_PRICE * late_s for late_s in self.late_s if late_s)


def on_time_part(case: RepairCase) -> Sequences:
    """Of each van's sequence the stops it reaches in their windows, front first, such that it is home in time."""
    return tuple(_on_time(case, van, sequence) for van, sequence in enumerate(case.sequences))


def complete(case: RepairCase, sequences: Sequences) -> Sequences:
    """The plan, with each stop that is in none put where it raises J least; undone where every way is dearer yet."""
    done = {stop for sequence in sequences for stop in sequence}
    plan = list(sequences)
    for stop in sorted(set(range(len(case.visits))) - done):
        ways = [way for van, sequence in enumerate(plan) for way in _ways_in(case, van, sequence, stop)]
        price, van, longer = min(ways, default=(UNDONE_PRICE, 0, ()))
        if price < UNDONE_PRICE:
            plan[van] = longer
    return tuple(plan)


def last_arrival_s(case: RepairCase, van: int) -> int:
    """By when the van must be home; one that is already too late may go straight there."""
    return max(case.shift_end_s, _drive(case, van, ()).home_s)


def _on_time(case: RepairCase, van: int, sequence: tuple[int, ...]) -> tuple[int, ...]:
    kept: tuple[int, ...] = ()
    for stop in sequence:
        drive = _drive(case, van, (*kept, stop))
        if not any(drive.late_s) and _may_be_driven(case, van, drive):
            kept = (*kept, stop)
    return kept


def _ways_in(
    case: RepairCase, van: int, sequence: tuple[int, ...], stop: int
) -> list[tuple[float, int, tuple[int, ...]]]:
    before = _drive(case, van, sequence).price()
    ways = []
    for at in range(len(sequence) + 1):
        longer = (*sequence[:at], stop, *sequence[at:])
        drive = _drive(case, van, longer)
        if _may_be_driven(case, van, drive):
            ways.append((drive.price() - before, van, longer))
    return ways


def _may_be_driven(case: RepairCase, van: int, drive: _Drive) -> bool:
    return drive.home_s <= last_arrival_s(case, van) and drive.load <= case.capacity


def _drive(case: RepairCase, van: int, sequence: tuple[int, ...]) -> _Drive:
    here, now, travel_s, load = case.vans[van].node, case.vans[van].ready_s, 0, 0
    late_s = []
    for stop in sequence:
        visit = case.visits[stop]
        leg_s = int(case.travel_s[here, visit.node])
        start = max(now + leg_s, visit.opens_s)
        late_s.append(max(0, start - visit.closes_s))
        here, now, travel_s, load = visit.node, start + visit.service_s, travel_s + leg_s, load + visit.demand
    home_leg_s = int(case.travel_s[here, 0])
    return _Drive(travel_s + home_leg_s, now + home_leg_s, tuple(late_s), load)
