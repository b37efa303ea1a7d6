"""What would be late with causes switched off: every choice of the causes that touch a route, simulated on one draw.

A trial is one route with some causes off. All trials of a problem are rows of one fleet, so that they are driven in two
calls of the kernel: with the roads as they are, and with none of them slow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.kernel import NEVER, Drive, Floats, Ints, fleet_starts
from optimizer.problem import NO_STOP, FleetProblem

CAUSES = (
    "upstream_delay",
    "long_visit",
    "late_load",
    "slow_roads",
    "long_service",
    "tight_window",
    "driver_limit",
    "hold_up",
)
_BIT = {cause: 1 << i for i, cause in enumerate(CAUSES)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """How far each cause reaches. ``behind_s`` and ``visiting_s`` (R,) are how late the route is on its plan, and by
    its present visit; ``moods`` (R,) how much slower than usual its driver and hub are; ``wider_s`` (m,) by how much a
    stop's promise would have to end later not to be tight."""

    behind_s: Floats
    visiting_s: Floats
    moods: Floats
    wider_s: Floats


class Touched(NamedTuple):
    """A running route, the causes that touch it (in the order of CAUSES), and the stops asked for."""

    route: int
    causes: tuple[str, ...]
    stops: tuple[int, ...]


def chances(problem: FleetProblem, evidence: Evidence, touched: Sequence[Touched]) -> list[Floats]:
    """(2**causes, stops) of each: P(late) of its stops under each choice of its causes (bits set: left on)."""
    heads = [head_of(problem, one.route, one.stops) for one in touched]
    # A window decides when a stop counts as late and nothing else, so it takes no trials of its own.
    off = [_switched_off([cause for cause in one.causes if cause != "tight_window"]) for one in touched]
    counts = [len(choices) for choices in off]
    late, late_if_wider = _drive(
        problem,
        evidence,
        routes=np.repeat(np.array([one.route for one in touched]), counts),
        off=np.concatenate(off),
        lengths=np.repeat(np.array([len(head) for head in heads]), counts),
        flat=np.concatenate([np.tile(head, count) for head, count in zip(heads, counts, strict=True)]),
    )
    found, first = [], 0
    for one, head, count in zip(touched, heads, counts, strict=True):
        rows = slice(first, first + head.size * count)
        table = late[rows].reshape(count, head.size), late_if_wider[rows].reshape(count, head.size)
        found.append(_of_route(problem, evidence, one, head, *table))
        first = rows.stop
    return found


def head_of(problem: FleetProblem, route: int, stops: Sequence[int]) -> Ints:
    """The route's free stops up to the last one asked for: what comes after it changes nothing before."""
    sequence, asked = problem.sequences[route], set(stops)
    last = max((i for i, stop in enumerate(sequence) if stop in asked), default=-1)
    return np.array(sequence[: last + 1], dtype=np.int64)


def _switched_off(causes: Sequence[str]) -> Ints:
    """(2**causes,) the bits of the causes off under each choice, the bits of which are the causes left on."""
    choice = np.arange(1 << len(causes))
    off = np.zeros(choice.size, dtype=np.int64)
    for i, cause in enumerate(causes):
        off += np.where(choice >> i & 1, 0, _BIT[cause])
    return off


def _drive(
    problem: FleetProblem, evidence: Evidence, *, routes: Ints, off: Ints, lengths: Ints, flat: Ints
) -> tuple[Floats, Floats]:
    """(flat,) each: P(late) of each trial's stops, and what it would be were no promise tight."""
    world, drive = problem.world, _fleet_of_trials(problem, evidence, routes, off)
    late, late_if_wider = np.empty(flat.size), np.empty(flat.size)
    no_slow_roads = (off & _BIT["slow_roads"]) > 0
    usual = world._replace(slow=np.minimum(world.slow, 1.0))
    for chosen, roads in ((~no_slow_roads, world), (no_slow_roads, usual)):
        mine = np.repeat(chosen, lengths)
        stops = flat[mine]
        starts = np.empty((stops.size, problem.samples))
        offsets = np.concatenate(([0], np.cumsum(lengths[chosen])))
        fleet_starts(roads, drive, np.flatnonzero(chosen), offsets, stops, starts)
        closes_s = world.closes_s[stops]
        late[mine] = np.count_nonzero(starts > closes_s[:, None], axis=1) / problem.samples
        closes_s += evidence.wider_s[stops]
        late_if_wider[mine] = np.count_nonzero(starts > closes_s[:, None], axis=1) / problem.samples
    return late, late_if_wider


def _fleet_of_trials(problem: FleetProblem, evidence: Evidence, routes: Ints, off: Ints) -> Drive:
    """A row for each trial: its route's, without the causes that are off."""

    def without(cause: str) -> NDArray[np.bool_]:
        return (off & _BIT[cause]) > 0

    rows: Any = [field[routes] for field in problem.drive]
    drive = Drive(*rows)
    earlier_s = without("upstream_delay") * evidence.behind_s[routes]
    earlier_s = earlier_s + without("long_visit") * evidence.visiting_s[routes]
    unannounced_s = without("late_load")[:, None] * problem.unannounced_s[routes]
    endless = np.where(without("driver_limit"), np.inf, -np.inf)
    return drive._replace(
        ready_s=drive.ready_s - earlier_s[:, None] - unannounced_s,
        earliest_s=drive.earliest_s - earlier_s,
        at_hub=drive.at_hub & ~without("late_load"),  # who does not wait for a load leaves when ready
        pace=drive.pace / np.where(without("slow_roads"), evidence.moods[routes], 1.0)[:, None],
        service_pace=np.where(without("long_service"), np.minimum(drive.service_pace, 1.0), drive.service_pace),
        shift_end_s=np.maximum(drive.shift_end_s, endless),
        break_after_s=np.maximum(drive.break_after_s, endless),
        hold_at_s=np.where(without("hold_up")[:, None], NEVER, drive.hold_at_s),
    )


def _of_route(
    problem: FleetProblem, evidence: Evidence, one: Touched, head: Ints, late: Floats, late_if_wider: Floats
) -> Floats:
    """(2**causes, stops) from P(late) of the head's stops under each choice of the causes other than the window."""
    choice = np.arange(1 << len(one.causes))
    trial, is_wider = choice, np.zeros(choice.size, dtype=bool)
    if "tight_window" in one.causes:
        at = one.causes.index("tight_window")
        trial, is_wider = choice & ((1 << at) - 1) | choice >> at + 1 << at, choice >> at & 1 == 0
    place = {stop: i for i, stop in enumerate(head.tolist())}
    columns = [place.get(stop, 0) for stop in one.stops]
    if head.size:
        value = np.where(is_wider[:, None], late_if_wider[trial][:, columns], late[trial][:, columns])
    else:
        value = np.empty((choice.size, len(one.stops)))
    bound_for = int(problem.committed[one.route])
    if bound_for != NO_STOP and bound_for in one.stops:
        value[:, one.stops.index(bound_for)] = _bound_for(problem, evidence, one, is_wider)
    return value


def _bound_for(problem: FleetProblem, evidence: Evidence, one: Touched, is_wider: NDArray[np.bool_]) -> Floats:
    """(2**causes,) P(late) of the stop the vehicle is bound for: it would be there earlier, or be promised later."""
    stop, choice = int(problem.committed[one.route]), np.arange(is_wider.size)
    is_earlier = np.zeros(choice.size, dtype=bool)
    if "upstream_delay" in one.causes:
        is_earlier = choice >> one.causes.index("upstream_delay") & 1 == 0
    start_s, closes_s = problem.committed_start_s[one.route], float(problem.world.closes_s[stop])
    p = {
        (earlier, wider): float(
            (start_s - earlier * evidence.behind_s[one.route] > closes_s + wider * evidence.wider_s[stop]).mean()
        )
        for earlier in (False, True)
        for wider in (False, True)
    }
    return np.array([p[key] for key in zip(is_earlier.tolist(), is_wider.tolist(), strict=True)])
