"""``act_by``: the last moment at which a candidate can still be carried out as planned."""

from datetime import datetime, timedelta

from forestall.domain.actions import Candidate, RouteChange
from forestall.domain.forecast import Forecast
from forestall.domain.replan import free_stops
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus

# Nobody can read and answer faster than this, so a question is never shorter.
SHORTEST_QUESTION = timedelta(minutes=2)


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
