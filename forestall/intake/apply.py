"""How an event changes a route and its stops: pure rules that give the same rows whatever order events come in.

Rows remember facts (the latest departure towards a stop, the first arrival, the outcome), and facts only join: a late
event fills in what is missing and never takes back what is known. What follows from the facts (which stop the driver
is on the way to, whether the route is under way) is derived anew after each event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from forestall.domain.ids import StopId
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import RouteStatus, StopKind, StopStatus

# A stop never moves to a lower rank by itself. A delivery made outranks all: it is the one fact nobody can undo,
# also when an attempt before it failed or the order was cancelled too late.
_RANK: Mapping[StopStatus, int] = {
    StopStatus.PLANNED: 0,
    StopStatus.LOADED: 1,
    StopStatus.ENROUTE: 2,
    StopStatus.ARRIVED: 3,
    StopStatus.SERVICING: 4,
    StopStatus.SKIPPED: 5,
    StopStatus.RESCHEDULED: 5,
    StopStatus.CANCELLED: 5,
    StopStatus.FAILED: 6,
    StopStatus.COMPLETED: 7,
}


@dataclass(frozen=True)
class Drive:
    """A route and all of its stops."""

    route: Route
    stops: Mapping[StopId, Stop]

    def with_stop(self, stop: Stop) -> "Drive":
        return replace(self, stops={**self.stops, stop.id: stop})


def depart(drive: Drive, to_stop: StopId | None, at: datetime) -> Drive:
    """The vehicle set out towards ``to_stop`` at ``at``, or back to its hub. A stop of another route is left alone."""
    drive = _leave_hub(drive, at)
    if to_stop is None:
        drive = replace(drive, route=replace(drive.route, status=RouteStatus.FINISHED))
    elif to_stop in drive.stops and not _is_of_first_attempt(drive.stops[to_stop], at):
        stop = drive.stops[to_stop]
        stop = replace(stop, departed_at=_latest(stop.departed_at, at), status=_higher(stop, StopStatus.ENROUTE))
        drive = drive.with_stop(stop)
    return _derive(drive)


def arrive(drive: Drive, stop_id: StopId, at: datetime) -> Drive:
    """The vehicle reached the stop at ``at``."""
    stop = drive.stops[stop_id]
    if _is_of_first_attempt(stop, at):
        return drive
    arrived = replace(stop, arrived_at=_earliest(stop.arrived_at, at), status=_higher(stop, StopStatus.ARRIVED))
    return _derive(_seen_out(drive, stop, at).with_stop(arrived))


def finish(drive: Drive, stop_id: StopId, outcome: StopStatus, at: datetime) -> Drive:
    """The attempt at the stop ended at ``at``; ``outcome`` is COMPLETED or FAILED."""
    stop = drive.stops[stop_id]
    if outcome is StopStatus.FAILED and _is_of_first_attempt(stop, at):
        return drive
    finished = stop
    if _RANK[outcome] > _RANK[stop.status]:
        finished = replace(stop, status=outcome, finished_at=at)
    elif outcome is stop.status:
        finished = replace(stop, finished_at=_earliest(stop.finished_at, at))
    return _derive(_seen_out(drive, stop, at).with_stop(finished))


def _is_of_first_attempt(stop: Stop, at: datetime) -> bool:
    """Whether a report, however late it comes, is about an attempt that the driver has been asked to make again."""
    return stop.retried_at is not None and at <= stop.retried_at


def cancel(drive: Drive, stop_id: StopId) -> Drive:
    """The stop's order was cancelled; an attempt that ended stays what it was."""
    stop = drive.stops[stop_id]
    return drive.with_stop(replace(stop, status=_higher(stop, StopStatus.CANCELLED)))


def break_down(drive: Drive, at: datetime) -> Drive:
    """The vehicle can't go on since ``at``; a departure after that says that it can again."""
    route = replace(drive.route, broken_at=_latest(drive.route.broken_at, at))
    return _derive(replace(drive, route=route))


def _seen_out(drive: Drive, stop: Stop, at: datetime) -> Drive:
    """Goods that were at the hub can be at the door only if the vehicle has left, even when nobody said so."""
    if stop.status is StopStatus.PLANNED and stop.kind is StopKind.DELIVERY:
        return _leave_hub(drive, at)
    return drive


def _leave_hub(drive: Drive, at: datetime) -> Drive:
    """The vehicle was out at ``at``: the first time loads it, an earlier time corrects when that was."""
    if drive.route.departed_at is None:
        loaded = {
            stop.id: replace(stop, status=StopStatus.LOADED)
            for stop in drive.stops.values()
            if stop.status is StopStatus.PLANNED and stop.kind is StopKind.DELIVERY
        }
        drive = replace(drive, stops={**drive.stops, **loaded})
    return replace(drive, route=replace(drive.route, departed_at=_earliest(drive.route.departed_at, at)))


def _derive(drive: Drive) -> Drive:
    """The route's status and the stop under way, from the facts."""
    status = _route_status(drive)
    drive = replace(drive, route=replace(drive.route, status=status))
    released = {
        stop.id: replace(stop, status=_waiting(stop))
        for stop in drive.stops.values()
        if stop.status is StopStatus.ENROUTE and not (status is RouteStatus.UNDERWAY and _is_latest(drive, stop))
    }
    return replace(drive, stops={**drive.stops, **released}) if released else drive


def _route_status(drive: Drive) -> RouteStatus:
    route = drive.route
    if route.status is RouteStatus.FINISHED:
        return RouteStatus.FINISHED
    if route.broken_at is not None and not _left_after(drive, route.broken_at):
        return RouteStatus.BROKEN
    return RouteStatus.UNDERWAY if route.departed_at is not None else RouteStatus.PLANNED


def _left_after(drive: Drive, instant: datetime) -> bool:
    departures = [drive.route.departed_at, *(stop.departed_at for stop in drive.stops.values())]
    return any(departure is not None and departure > instant for departure in departures)


def _is_latest(drive: Drive, stop: Stop) -> bool:
    """Whether the vehicle was seen nowhere else since it set out towards ``stop``."""
    return all(
        seen is None or stop.departed_at is None or seen <= stop.departed_at
        for other in drive.stops.values()
        if other.id != stop.id and _RANK[other.status] >= _RANK[StopStatus.ENROUTE]
        for seen in (other.departed_at, other.arrived_at)
    )


def _waiting(stop: Stop) -> StopStatus:
    """What a stop is that the driver is no longer on the way to: its goods are aboard; a transfer has none yet."""
    return StopStatus.LOADED if stop.kind is StopKind.DELIVERY else StopStatus.PLANNED


def _higher(stop: Stop, status: StopStatus) -> StopStatus:
    return status if _RANK[status] > _RANK[stop.status] else stop.status


def _earliest(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)


def _latest(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else max(known, at)
