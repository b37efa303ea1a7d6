"""Between our soft windows and the peers' hard ones: a start they can read, and what they leave out put back.

Both peers know a stop as served in its window or not at all. They are shown the stops that the present plan serves in
time as their warm start, and all others as free to take; a stop they could not fit in time goes where it raises our
objective least, late if it must be. So a peer is never charged for what its model can't say.
"""

from evals.repair_bench.case import Case
from optimizer.repair.evaluation import broken_rules, route_price
from optimizer.repair.subproblem import Sequences, SubProblem


def on_time_part(case: Case) -> Sequences:
    """Of each van's sequence the stops it reaches in their windows, front first, such that it is home in time."""
    return tuple(_on_time(case, van, sequence) for van, sequence in enumerate(case.sequences))


def _on_time(case: Case, van: int, sequence: tuple[int, ...]) -> tuple[int, ...]:
    kept: tuple[int, ...] = ()
    for stop in sequence:
        if _keeps_windows(case, van, (*kept, stop)):
            kept = (*kept, stop)
    return kept


def _keeps_windows(case: Case, van: int, sequence: tuple[int, ...]) -> bool:
    here, now = case.vans[van].node, case.vans[van].ready_s
    for stop in sequence:
        visit = case.visits[stop]
        start = max(now + int(case.travel_s[here, visit.node]), visit.opens_s)
        if start > visit.closes_s:
            return False
        here, now = visit.node, start + visit.service_s
    load = sum(case.visits[stop].demand for stop in sequence)
    return now + int(case.travel_s[here, 0]) <= case.shift_end_s and load <= case.capacity


def complete(sub: SubProblem, sequences: Sequences) -> Sequences:
    """The plan with each stop that is in none put where it raises J least, if that is dearer nowhere than undone."""
    done = {stop for sequence in sequences for stop in sequence}
    plan = list(sequences)
    for stop in sorted(set(range(sub.stops)) - done):
        best = min(
            (option for van, sequence in enumerate(plan) for option in _ways_in(sub, van, sequence, stop)),
            default=None,
        )
        if best is not None and best[0] < float(sub.undone_price[stop]):
            _, van, at = best
            plan[van] = (*plan[van][:at], stop, *plan[van][at:])
    return tuple(plan)


def _ways_in(sub: SubProblem, van: int, sequence: tuple[int, ...], stop: int) -> list[tuple[float, int, int]]:
    before = route_price(sub, van, sequence)
    trials = [(at, (*sequence[:at], stop, *sequence[at:])) for at in range(len(sequence) + 1)]
    priced = sorted((route_price(sub, van, trial) - before, van, at) for at, trial in trials)
    for price, _, at in priced:
        if not broken_rules(sub, van, (*sequence[:at], stop, *sequence[at:])):
            return [(price, van, at)]
    return []
