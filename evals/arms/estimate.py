"""When a driver would be where by expected times, and which of a few plain orders of his stops looks best by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from evals.arms.board import Board, Round, Whereabouts
from evals.roads import Place
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import StopKind


@dataclass(frozen=True, slots=True, order=True)
class Worth:
    """What an order of stops is expected to cost; the smaller one is better, by the first field that differs."""

    missed: int
    late_s: float
    back_at: float


@dataclass(frozen=True, slots=True)
class Free:
    """Where and when (Unix seconds) a driver can begin with what lies ahead."""

    place: Place
    at: float


def free_from(board: Board, one: Round, now: float, more: Sequence[Stop] = ()) -> Free:
    """After the stop he is bound for or busy with; from the hub as soon as he can leave it with all he is to take,
    ``more`` included.
    """
    if one.is_at_hub:
        called_at = now if one.called_at is None else one.called_at
        spare_ready = called_at + one.route.notice_s if one.route.is_spare else now
        loaded = max((board.ready.get(stop.id, now) for stop in [*one.ahead, *more]), default=now)
        return Free(one.here, max(now, one.route.departs_at.timestamp(), spare_ready, loaded))
    if one.bound is None:
        return Free(one.here, now)
    there = board.place_of(one.bound)
    if one.arrived_at is None:
        reached = max(now, (one.left_at or now) + board.roads.base_s(one.here, there))
    else:
        reached = one.arrived_at
    return Free(there, max(now, reached, one.bound.window.opens_at.timestamp()) + one.bound.service_s)


def begins(board: Board, start: Free, stops: Sequence[Stop], shift_end: float) -> list[float]:
    """When each stop would be begun; infinity for those after the end of the shift."""
    place, at = start.place, start.at
    instants: list[float] = []
    for stop in stops:
        there = board.place_of(stop)
        begun = max(at + board.roads.base_s(place, there), stop.window.opens_at.timestamp())
        if at > shift_end or begun > shift_end:
            instants += [inf] * (len(stops) - len(instants))
            break
        instants.append(begun)
        place, at = there, begun + stop.service_s
    return instants


def worth_of(board: Board, start: Free, stops: Sequence[Stop], shift_end: float) -> Worth:
    missed, late_s, last = 0, 0.0, start.at
    for stop, begun in zip(stops, begins(board, start, stops, shift_end), strict=True):
        due = board.due.get(stop.id, inf)
        missed += begun > due
        late_s += max(0.0, min(begun, shift_end) - due)
        last = max(last, min(begun, shift_end))
    return Worth(missed, late_s, last)


def best_order(board: Board, one: Round, now: float, first: Sequence[Stop] = ()) -> list[Stop]:
    """His stops as they are, by the end of their windows, so but what is late already last, or the nearest next;
    whichever is expected to miss fewest.

    ``first`` come before all of them, and so do goods that he fetches on the way.
    """
    start, (fetching, stops) = free_from(board, one, now), _split(one.ahead)
    first = [*first, *fetching]
    nearest = _nearest_next(board, board.place_of(first[-1]) if first else start.place, stops)
    by_window = sorted(stops, key=lambda stop: (board.due.get(stop.id, inf), stop.id))
    late_last = sorted(by_window, key=lambda stop: board.due.get(stop.id, inf) < now)
    orders = [stops, by_window, late_last, nearest]
    return min(([*first, *order] for order in orders), key=lambda stops: worth_of(board, start, stops, one.shift_end))


def _split(stops: Sequence[Stop]) -> tuple[list[Stop], list[Stop]]:
    """Where goods are fetched, and all else."""
    fetching = [stop for stop in stops if stop.kind is StopKind.TRANSFER]
    return fetching, [stop for stop in stops if stop.kind is not StopKind.TRANSFER]


def _nearest_next(board: Board, place: Place, stops: Sequence[Stop]) -> list[Stop]:
    left, order = list(stops), []
    while left:
        here = place
        nearest = min(left, key=lambda stop: (board.roads.base_s(here, board.place_of(stop)), stop.id))
        left.remove(nearest)
        order.append(nearest)
        place = board.place_of(nearest)
    return order


def best_place(board: Board, one: Round, stop: Stop, now: float) -> tuple[Worth, list[Stop]]:
    """His list with the stop where it is expected to cost least, behind all fetching of goods."""
    start, others = free_from(board, one, now, [stop]), [other for other in one.ahead if other.id != stop.id]
    earliest = max((at for at, other in enumerate(others, 1) if other.kind is StopKind.TRANSFER), default=0)
    lists = [[*others[:at], stop, *others[at:]] for at in range(earliest, len(others) + 1)]
    return min(((worth_of(board, start, stops, one.shift_end), stops) for stops in lists), key=lambda pair: pair[0])


def is_reachable(one: Round) -> bool:
    """Whether he can be given something else to do."""
    return one.whereabouts in (Whereabouts.AT_HUB, Whereabouts.OUT)
