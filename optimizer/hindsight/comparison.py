"""Two plans for one state, each driven under the day as it really was: how many promises each would have kept."""

from collections.abc import Collection
from dataclasses import dataclass

from forestall.domain.actions import Candidate
from forestall.domain.ids import RouteId, StopId
from forestall.domain.replan import apply_candidate
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import StopStatus
from optimizer.hindsight.realised import Realised
from optimizer.hindsight.replay import Replayed, replay
from optimizer.prices import Prices
from optimizer.travel import TravelTimes

CALLED_OFF = frozenset({StopStatus.CANCELLED, StopStatus.SKIPPED, StopStatus.RESCHEDULED})
"""What became of a stop that nobody was to visit any more: it is neither kept nor broken."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a plan keeps of some promises, how late the others are in all, and what it drives, seconds."""

    kept: int
    lateness_s: float
    travel_s: float


_NOTHING = Tally(0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``stops`` are the deliveries of all routes that either plan changes, called-off ones apart."""

    stops: tuple[StopId, ...]
    done: Tally
    proposed: Tally


def compare(
    snapshot: HubSnapshot,
    travel: TravelTimes,
    realised: Realised,
    done: Candidate | None,
    proposed: Candidate | None,
    failed: Collection[StopId],
) -> Comparison:
    """Both plans from ``snapshot`` on, paired: the same legs, visits and hold-ups, the same doors shut (``failed``).

    None leaves the routes as they were. A plan that had to be asked for is driven as if it had been agreed to.
    """
    routes = _routes_changed(done) | _routes_changed(proposed)
    if not routes:
        return Comparison((), _NOTHING, _NOTHING)
    ways = [
        replay(snapshot if plan is None else apply_candidate(snapshot, plan), travel, realised, routes)
        for plan in (done, proposed)
    ]
    stops = tuple(
        stop_id
        for stop_id in sorted(ways[0].starts.keys() & ways[1].starts.keys())
        if (then := realised.final.stops.get(stop_id)) is not None and then.status not in CALLED_OFF
    )
    first, second = (_tally(snapshot, way, stops, failed) for way in ways)
    return Comparison(stops, done=first, proposed=second)


def _routes_changed(candidate: Candidate | None) -> set[RouteId]:
    return set() if candidate is None else {change.route_id for change in candidate.route_changes}


def _tally(snapshot: HubSnapshot, way: Replayed, stops: Collection[StopId], failed: Collection[StopId]) -> Tally:
    cap_s = Prices().lateness_cap_s
    late_s = {stop_id: _lateness_s(snapshot, way, stop_id, cap_s) for stop_id in stops}
    kept = sum(seconds == 0.0 and stop_id not in failed for stop_id, seconds in late_s.items())
    return Tally(kept, sum(late_s.values()), way.travel_s)


def _lateness_s(snapshot: HubSnapshot, way: Replayed, stop_id: StopId, cap_s: float) -> float:
    """0 for a promise kept in time; an undone stop is as late as lateness is counted."""
    stop, start = snapshot.stops[stop_id], way.starts[stop_id]
    order = None if stop.order_id is None else snapshot.orders.get(stop.order_id)
    closes_at = stop.window.closes_at if order is None else order.promise.closes_at
    return cap_s if start is None else min(max((start - closes_at).total_seconds(), 0.0), cap_s)
