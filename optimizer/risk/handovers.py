"""Hand-overs still to come, in every sample: a meeting begins when the later of the two is there, and goods that are
brought to the hub can leave it no sooner than they have come."""

from collections.abc import Sequence

import numpy as np

from forestall.domain.handovers import Meeting, list_hand_ins, list_meetings, stops_waiting_for
from forestall.domain.ids import StopId
from optimizer.kernel import NEVER, NO_GATE, Floats
from optimizer.problem import FleetProblem

# Goods that come back to the hub are counted on from the moment by which they are there four times in five.
HAND_IN_LEVEL = 0.8


def let_meet(problem: FleetProblem) -> None:
    """Give every hand-over of the problem the times at which it can take place; alters the problem's own arrays.

    Both sides of a meeting must be routes of the problem. Nobody waits beyond the meeting's end: a giver whose taker
    has not come by then drives on.
    """
    snapshot = problem.snapshot
    meetings = list_meetings(snapshot, problem.route_index)
    expected = [(float(_giver_there(problem, meeting).mean()), meeting.hand_over.id, meeting) for meeting in meetings]
    for _, _, meeting in sorted(expected, key=lambda one: one[:2]):
        _meet(problem, meeting)
    for hand_in in list_hand_ins(snapshot):
        if hand_in.route_id in problem.route_index:
            _bring_in(problem, hand_in.id, [stop.id for stop in stops_waiting_for(snapshot, hand_in)])


def _meet(problem: FleetProblem, meeting: Meeting) -> None:
    """The taker's visit waits for the giver, and the giver for its end; each as long as the meeting allows."""
    transfer, hand_over = problem.stop_index[meeting.transfer.id], problem.stop_index[meeting.hand_over.id]
    ends_s = float(problem.world.closes_s[hand_over])
    there = _giver_there(problem, meeting)
    start, done = taker_times(problem, transfer, np.minimum(there, ends_s))
    leaves = np.where(start <= ends_s, done, np.maximum(there, ends_s))
    giver = problem.route_index[meeting.hand_over.route_id]
    if problem.committed[giver] == hand_over:
        problem.committed_start_s[giver] = np.minimum(start, leaves)
        problem.drive.ready_s[giver] = leaves
    else:
        problem.world.service_s[hand_over] = 0.0  # its length is the taker's
        set_gate(problem, hand_over, leaves)


def _giver_there(problem: FleetProblem, meeting: Meeting) -> Floats:
    """(S,) when the giver is at the meeting place, for which it sets out before all else."""
    giver = problem.route_index[meeting.hand_over.route_id]
    if problem.committed[giver] == problem.stop_index[meeting.hand_over.id]:
        return np.array(problem.committed_start_s[giver])
    return np.array(problem.drive.ready_s[giver])


def taker_times(problem: FleetProblem, transfer: int, not_before: Floats) -> tuple[Floats, Floats]:
    """(S,) each: when the taker begins to take over, given when the other is there, and when it is through."""
    route, drive = int(problem.route_of[transfer]), problem.drive
    if problem.committed[route] == transfer:
        stay = drive.ready_s[route] - problem.committed_start_s[route]
        start = np.maximum(problem.committed_start_s[route], not_before)
        problem.committed_start_s[route], drive.ready_s[route] = start, start + stay
        return start, start + stay
    set_gate(problem, transfer, not_before)
    return visit_times(problem, route, problem.sequences[route], transfer)


def visit_times(problem: FleetProblem, route: int, sequence: Sequence[int], stop: int) -> tuple[Floats, Floats]:
    """(S,) each: when the visit begins and ends on the route in that order; NEVER where it does not take place."""
    stops, starts = problem.starts([route], [sequence])
    start = starts[int(np.flatnonzero(stops == stop)[0])]
    stay = problem.world.service_s[stop] * problem.drive.service_pace[route] * problem.world.visit[stop]
    return start, np.where(start < NEVER, start + stay, NEVER)


def set_gate(problem: FleetProblem, stop: int, not_before: Floats) -> None:
    """The visit can't begin before these times (S,); its row among the gates must be there."""
    problem.world.gates_s[problem.world.gate[stop]] = not_before


def gate_rows(hand_overs: Sequence[bool], samples: int) -> tuple[np.ndarray, Floats]:
    """``gate`` (m,) and ``gates_s`` (g, S), open, with a row for each stop at which goods change hands."""
    is_gated = np.array(hand_overs, dtype=bool)
    gate = np.where(is_gated, np.cumsum(is_gated) - 1, NO_GATE)
    return gate.astype(np.int64), np.full((int(is_gated.sum()), samples), -NEVER)


def _bring_in(problem: FleetProblem, hand_in: StopId, waiting: Sequence[StopId]) -> None:
    stop = problem.stop_index[hand_in]
    route = int(problem.route_of[stop])
    if problem.committed[route] == stop:
        done = problem.drive.ready_s[route]
    else:
        _, done = visit_times(problem, route, problem.sequences[route], stop)
    there_s = min(float(np.quantile(done, HAND_IN_LEVEL)), NEVER)
    for stop_id in waiting:
        if stop_id in problem.stop_index:
            problem.world.available_s[problem.stop_index[stop_id]] = there_s
