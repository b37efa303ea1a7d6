"""``act_by``: the last moment at which a plan, carried out then, would still be worth most of what it is worth now.

A plan loses its worth as drivers commit themselves: a stop that is set out for stays where it is, and what a vehicle
has left its hub with stays aboard. So the plan is valued as it would be after each later commitment of the routes it
touches, with the stops that have become committed done as they are now planned, on the draws that judged it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from forestall.domain.actions import Candidate, Judgement, RouteChange
from forestall.domain.forecast import Forecast
from forestall.domain.ids import CandidateId, RouteId, StopId
from forestall.domain.replan import free_stops
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, StopKind

# Nobody can read and answer faster than this, so a question is never shorter.
SHORTEST_QUESTION = timedelta(minutes=2)
# Later than this the world will have moved on, and the case is planned afresh.
LONGEST_QUESTION = timedelta(hours=2)
MOST_OF_IT = 0.7
# A plan's moments are halved with each valuation, so four of them tell fifteen apart.
_MOMENTS = 15


class Judges(Protocol):
    """Values candidates on the draws that raised the alarm."""

    def __call__(self, candidates: Sequence[Candidate], /) -> Mapping[CandidateId, Judgement]: ...


def act_by(candidate: Candidate, snapshot: HubSnapshot, forecast: Forecast) -> datetime | None:
    """When the first changed driver is expected to set out for a stop the plan would no longer have next.

    None for candidates that change no route. Until then the plan can be carried out as it is; afterwards only in part.
    """
    moments = [
        moment for change in candidate.route_changes if (moment := _moment(change, snapshot, forecast)) is not None
    ]
    if not moments:
        return None
    return max(min(moments), snapshot.taken_at + SHORTEST_QUESTION)


def last_chance(
    candidate: Candidate, judgement: Judgement, snapshot: HubSnapshot, forecast: Forecast, judge: Judges
) -> datetime | None:
    """The last moment at which the plan still keeps most of its gain; None for candidates that change no route.

    At most four valuations: a plan's worth only falls as more of it becomes impossible, so moments can be halved.
    """
    first = act_by(candidate, snapshot, forecast)
    if first is None or judgement.gain <= 0.0:
        return first
    end = snapshot.taken_at + LONGEST_QUESTION
    moments = [moment for moment in _moments(candidate, snapshot, forecast) if first <= moment < end][:_MOMENTS]
    wanted = MOST_OF_IT * judgement.gain

    def is_too_late_after(moment: datetime) -> bool:
        late = as_of(candidate, snapshot, forecast, moment)
        return late is None or judge([late])[late.id].gain < wanted

    # the first moment after which too little is left is the last at which to act
    too_late = bisect_left(moments, True, key=is_too_late_after)
    return moments[too_late] if too_late < len(moments) else max(moments[-1:] or [first])


def next_commitment(route_ids: Iterable[RouteId], snapshot: HubSnapshot, forecast: Forecast) -> datetime:
    """When the first of the routes is expected to commit itself to something; far off when none will."""
    times = [time for r in route_ids if r in snapshot.routes for time, _ in _commitments(r, snapshot, forecast)[:1]]
    return min(times, default=snapshot.taken_at + timedelta(days=1))


def as_of(candidate: Candidate, snapshot: HubSnapshot, forecast: Forecast, moment: datetime) -> Candidate | None:
    """The candidate as it could be carried out just after ``moment``, if all goes as expected; None when nothing of it
    could be: a meeting is over, a carrier's answer would come after the departure, or nothing would change.
    """
    if any(stop.kind is StopKind.HAND_OVER for change in candidate.route_changes for stop in change.new_stops):
        return None  # who is to be met has driven on
    if candidate.tender is not None:
        return None  # the answer would come too late
    changed = {change.route_id for change in candidate.route_changes}
    gone = {route_id for route_id in changed if _has_left(snapshot, forecast, route_id, moment)}
    fixed = {route_id: _set_out_for(snapshot, forecast, route_id, moment) for route_id in changed}
    home = {stop.id: route_id for route_id in changed for stop in free_stops(snapshot, route_id)}
    stays = _stays(candidate, home, gone, {stop_id for stop_ids in fixed.values() for stop_id in stop_ids})
    dropped = {stop_id for change in candidate.route_changes for stop_id in change.dropped_stops}
    if (candidate.package_moves and stays) or not dropped.isdisjoint(stays):
        return None
    changes = tuple(_change_as_of(change, fixed[change.route_id], home, stays) for change in candidate.route_changes)
    late = replace(
        candidate,
        id=CandidateId(f"{candidate.id}@{moment:%H%M%S}"),
        route_changes=changes,
        notices=(),
    )
    return late if _changes_anything(late, home) else None


def _stays(
    candidate: Candidate, home: dict[StopId, RouteId], gone: set[RouteId], committed: set[StopId]
) -> set[StopId]:
    """The stops that can no longer change routes: set out for, aboard what has left, or meant for what has left.

    Goods that are fetched on the road change hands wherever their routes are.
    """
    stays: set[StopId] = set(committed)
    for change in candidate.route_changes:
        fetched = any(stop.kind is StopKind.TRANSFER for stop in change.new_stops)
        for stop_id in change.stop_ids:
            giver = home.get(stop_id, change.route_id)
            if giver != change.route_id and not fetched and (giver in gone or change.route_id in gone):
                stays.add(stop_id)
    return stays


def _change_as_of(
    change: RouteChange, fixed: Sequence[StopId], home: dict[StopId, RouteId], stays: set[StopId]
) -> RouteChange:
    """First what has been set out for, in today's order; then the plan's order; what can't leave any more comes last,
    in today's order. A customer whose stop has been set out for is visited, another day or not."""
    mine = [stop_id for stop_id in home if home[stop_id] == change.route_id]
    planned = [s for s in change.stop_ids if s not in fixed and (s not in stays or home.get(s) == change.route_id)]
    kept = [s for s in mine if s in stays and s not in fixed and s not in planned and s not in change.dropped_stops]
    order = _merged(planned, kept, mine)
    rescheduled = tuple(stop_id for stop_id in change.rescheduled_stops if stop_id not in fixed)
    return replace(change, stop_ids=(*fixed, *order), rescheduled_stops=rescheduled)


def _merged(planned: Sequence[StopId], kept: Sequence[StopId], today: Sequence[StopId]) -> list[StopId]:
    """What the plan would have given away and can't comes where it stands today: before its present successor."""
    order = list(planned)
    for stop_id in reversed(kept):
        after = [s for s in today[today.index(stop_id) + 1 :] if s in order]
        order.insert(order.index(after[0]) if after else len(order), stop_id)
    return order


def _changes_anything(candidate: Candidate, home: dict[StopId, RouteId]) -> bool:
    for change in candidate.route_changes:
        today = [stop_id for stop_id, route_id in home.items() if route_id == change.route_id]
        if list(change.stop_ids) != today:
            return True
    return False


def _moments(candidate: Candidate, snapshot: HubSnapshot, forecast: Forecast) -> list[datetime]:
    """All later commitments of the routes it changes, in order."""
    routes = (change.route_id for change in candidate.route_changes)
    return sorted({time for route_id in routes for time, _ in _commitments(route_id, snapshot, forecast)})


def _commitments(route_id: RouteId, snapshot: HubSnapshot, forecast: Forecast) -> list[tuple[datetime, StopId]]:
    """When the route, as planned, is expected to set out for each of its free stops."""
    route = snapshot.routes[route_id]
    if route.status in {RouteStatus.BROKEN, RouteStatus.FINISHED}:
        return []
    stops = free_stops(snapshot, route_id)
    before: Stop | None = snapshot.committed_stop(route_id)
    found = []
    for stop in stops:
        found.append((_done_with(before, route_id, snapshot, forecast), stop.id))
        before = stop
    return [(max(time, snapshot.taken_at), stop_id) for time, stop_id in found]


def _done_with(before: Stop | None, route_id: RouteId, snapshot: HubSnapshot, forecast: Forecast) -> datetime:
    """When the route leaves the stop, or its hub when there is none before."""
    if before is not None and before.id in forecast.stops:
        return forecast.stops[before.id].eta_p50 + timedelta(seconds=before.service_s)
    route = snapshot.routes[route_id]
    if route.status is RouteStatus.PLANNED:
        planned = route.earliest_departure(snapshot.taken_at)
        return max(planned, route.load_ready_at or planned)
    return snapshot.taken_at


def _has_left(snapshot: HubSnapshot, forecast: Forecast, route_id: RouteId, moment: datetime) -> bool:
    """Whether a route that is at its hub now has left it by then, with all that is on its list."""
    if snapshot.routes[route_id].status is not RouteStatus.PLANNED or snapshot.routes[route_id].is_on_standby:
        return False
    return bool(_set_out_for(snapshot, forecast, route_id, moment))


def _set_out_for(snapshot: HubSnapshot, forecast: Forecast, route_id: RouteId, moment: datetime) -> list[StopId]:
    """The free stops that the driver will be on the way to, at, or through with; a spare nobody calls does not move."""
    if snapshot.routes[route_id].is_on_standby:
        return []
    return [stop_id for time, stop_id in _commitments(route_id, snapshot, forecast) if time <= moment]


def _moment(change: RouteChange, snapshot: HubSnapshot, forecast: Forecast) -> datetime | None:
    route = snapshot.routes[change.route_id]
    if route.status is RouteStatus.BROKEN:
        return None
    if route.status is RouteStatus.PLANNED:
        return max(route.departs_at, route.load_ready_at or route.departs_at)
    today = [stop.id for stop in free_stops(snapshot, change.route_id)]
    first_difference = next(
        (i for i, (now, then) in enumerate(zip(today, change.stop_ids, strict=False)) if now != then), len(today)
    )
    before = today[first_difference - 1] if first_difference > 0 else None
    committed = snapshot.committed_stop(change.route_id)
    last_kept = snapshot.stops[before] if before is not None else committed
    if last_kept is None or last_kept.id not in forecast.stops:
        return snapshot.taken_at
    return forecast.stops[last_kept.id].eta_p50 + timedelta(seconds=last_kept.service_s)
