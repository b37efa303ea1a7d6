"""Why stops are left out of a plan: for each, the constraint that keeps it from every vehicle there is.

It asks the evaluator and the checks of the problem alone, never an engine, so that the reason holds whoever planned.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.repair.constraints import constraint_of_code, constraint_of_violation, get_constraint
from optimizer.repair.evaluation import broken_rules, route_price
from optimizer.repair.subproblem import NO_LIMIT, Sequences, SubProblem

NOT_TRIED = "not_tried"
"""No constraint: the stop fits and would pay, and the search ended before it came to it."""

# What is nearest to being possible says most: first what only costs too much, last what no plan could change.
_TELLING = (
    NOT_TRIED, "undone", "move", "shift_end", "break", "drive_limit", "capacity", "pickup_first", "pin",
    "carrier_room", "hub_goods", "carrier_answer", "carrier_active", "access", "skills", "custody",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop left out. ``by_vehicle`` (k,) names the constraint that keeps it from each vehicle; ``constraint`` is the
    one of them that is nearest to giving way, which is what a dispatcher is told."""

    stop: int
    constraint: str
    by_vehicle: tuple[str, ...]


def explain_unserved(sub: SubProblem, sequences: Sequences) -> tuple[Unserved, ...]:
    """Every stop that the plan leaves out, with the reason. A pick-up is spoken of by its delivery alone."""
    done = {stop for sequence in sequences for stop in sequence}
    pickups = {pickup for pickup, _ in sub.pairs}
    left = [stop for stop in range(sub.stops) if stop not in done and stop not in pickups]
    return tuple(_explained(sub, sequences, stop) for stop in left)


def telling(names: Sequence[str]) -> str:
    """The one of several constraints that is told: the nearest to giving way; ``in_service`` where there is none."""
    counts = Counter(names)
    rank = {name: place for place, name in enumerate(_TELLING)}
    return min(counts, key=lambda name: (rank.get(name, len(rank)), -counts[name], name), default="in_service")


def _explained(sub: SubProblem, sequences: Sequences, stop: int) -> Unserved:
    names = tuple(_obstacle(sub, vehicle, sequence, stop) for vehicle, sequence in enumerate(sequences))
    return Unserved(stop, telling(names), names)


def _obstacle(sub: SubProblem, vehicle: int, sequence: Sequence[int], stop: int) -> str:
    """What keeps the vehicle from doing the stop besides what it does."""
    fetched_by = {delivery: pickup for pickup, delivery in sub.pairs}
    for one in (stop, fetched_by.get(stop, stop)):
        if code := int(sub.excluded[one, vehicle]):
            return constraint_of_code(code).name
    broken: Counter[str] = Counter()
    least = np.inf
    for trial in _trials(sequence, stop, fetched_by.get(stop)):
        rules = broken_rules(sub, vehicle, trial)
        if not rules:
            least = min(least, route_price(sub, vehicle, trial))
        broken.update({constraint_of_violation(one.rule, one.code).name for one in rules})
    if least < np.inf:
        dearer = least - route_price(sub, vehicle, sequence)
        return "undone" if dearer >= sub.undone_price[stop] else NOT_TRIED
    name, _ = max(broken.items(), key=lambda one: (one[1], -get_constraint(one[0]).code))
    return "break" if name == "shift_end" and _fits_without_breaks(sub, vehicle, sequence, stop) else name


def _trials(sequence: Sequence[int], stop: int, pickup: int | None) -> Iterator[tuple[int, ...]]:
    """The sequence with the stop in every place, its pick-up anywhere before it."""
    for at in range(len(sequence) + 1):
        with_stop = (*sequence[:at], stop, *sequence[at:])
        if pickup is None:
            yield with_stop
        else:
            yield from ((*with_stop[:first], pickup, *with_stop[first:]) for first in range(at + 1))


def _fits_without_breaks(sub: SubProblem, vehicle: int, sequence: Sequence[int], stop: int) -> bool:
    if sub.break_after_s[vehicle] >= NO_LIMIT:
        return False
    tireless = replace(sub, break_s=np.zeros_like(sub.break_s))
    pickup = next((pickup for pickup, delivery in sub.pairs if delivery == stop), None)
    return any(not broken_rules(tireless, vehicle, trial) for trial in _trials(sequence, stop, pickup))
