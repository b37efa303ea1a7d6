"""Gathering what detectors look at beside the snapshot: failed attempts, and the trails of vehicles off course."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from agent.detectors.course import TRAIL, list_suspects
from agent.detectors.doors import LOOK_AFTER, LOOK_BEFORE
from agent.detectors.view import FailedVisit, Thresholds, View
from agent.pictures import Picture
from forestall.domain.ids import StopId, VehicleId
from forestall.domain.routes import Position
from forestall.domain.vocabulary import StopKind, StopStatus
from forestall.store import UnitOfWork

# Reports come late (from under a bridge, from a full queue): until then a failed attempt is looked up again.
_SETTLED_AFTER = timedelta(minutes=15)


def view_of(
    uow: UnitOfWork,
    picture: Picture,
    thresholds: Thresholds,
    live: frozenset[str],
    known: Mapping[StopId, FailedVisit],
) -> View:
    """The view of a picture, in few queries. ``known`` are the attempts of the last view: old ones stay as they are."""
    return View(
        snapshot=picture.snapshot,
        forecast=picture.forecast,
        thresholds=thresholds,
        live=live,
        trails=_trails(uow, picture),
        failed=_failed_visits(uow, picture, known),
        unreachable=frozenset(uow.state.list_unreachable(picture.snapshot.day)),
    )


def _trails(uow: UnitOfWork, picture: Picture) -> dict[VehicleId, tuple[Position, ...]]:
    now = picture.snapshot.taken_at
    vehicles = [route.vehicle_id for route in list_suspects(picture.snapshot)]
    return {vehicle: tuple(uow.inbox.list_positions(vehicle, now - TRAIL, now)) for vehicle in vehicles}


def _failed_visits(uow: UnitOfWork, picture: Picture, known: Mapping[StopId, FailedVisit]) -> dict[StopId, FailedVisit]:
    """Of every delivery that stands as failed its first attempt: the one that the promise was about."""
    snapshot = picture.snapshot
    failed = {
        stop.id: stop
        for stop in snapshot.stops.values()
        if stop.status is StopStatus.FAILED and stop.kind is StopKind.DELIVERY
    }
    now = snapshot.taken_at
    found = {stop_id: visit for stop_id, visit in known.items() if stop_id in failed and _is_settled(visit, now)}
    unknown = failed.keys() - found.keys()
    for attempt in uow.state.list_failed_attempts(sorted(unknown)) if unknown else ():
        vehicle = snapshot.routes[failed[attempt.stop_id].route_id].vehicle_id
        reports = uow.inbox.list_positions(vehicle, attempt.at - LOOK_BEFORE, attempt.at + LOOK_AFTER)
        found.setdefault(attempt.stop_id, FailedVisit(attempt.at, attempt.cause, tuple(reports)))
    return found


def _is_settled(visit: FailedVisit, now: datetime) -> bool:
    return now - visit.at >= _SETTLED_AFTER
