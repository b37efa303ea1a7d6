"""Roads that are closed and drivers who are not there: what is told of them, day by day. The latest word counts."""

from dataclasses import replace
from datetime import datetime, timedelta

from forestall.domain.events import Event
from forestall.domain.hindrances import Absence, Closure
from forestall.domain.ids import ClosureId, DriverId, HubId
from forestall.domain.vocabulary import RouteStatus
from forestall.intake.eventdata import DriverUnavailableData, RoadClosedData
from forestall.intake.registers import is_latest_word
from forestall.intake.rows import APPLIED, NOTHING_NEW, Outcome, parked, raise_version
from forestall.store import UnitOfWork

# Vehicles are out after their hub has closed: its day is looked for this far back.
_OVERTIME = timedelta(hours=24)


def close_road(uow: UnitOfWork, event: Event) -> Outcome:
    """Keep the closure for every day of the hub that is not over; an end that is past opens the road again.

    Routes with open stops inside get a new version: what was planned for them was planned without it.
    """
    data, hub_id = RoadClosedData.model_validate(event.data), HubId(event.subject)
    days = [day for day in uow.state.list_open_days(closing_after=event.occurred_at - _OVERTIME)
            if hub_id in uow.state.list_hub_ids(day)]  # fmt: skip
    if not days:
        return parked(f"no plan of hub {hub_id} covers {data.begins_at.isoformat()}")
    if not is_latest_word(uow, event, f"{hub_id}/{data.closure}"):
        return NOTHING_NEW
    closure = Closure(ClosureId(data.closure), hub_id, data.lat, data.lon, data.radius_m, data.begins_at, data.ends_at)
    changed = [day for day in days if _keep(uow, day, closure)]
    return APPLIED if changed else NOTHING_NEW


def _keep(uow: UnitOfWork, day: str, closure: Closure) -> bool:
    known = uow.state.find_closure(day, closure.hub_id, closure.id)
    if known == closure:
        return False
    uow.state.put_closure(closure, day)
    uow.state.touch_hub(closure.hub_id)
    for route in uow.state.list_routes(day):
        if route.hub_id == closure.hub_id and route.status is not RouteStatus.FINISHED:
            places = [stop.location for stop in uow.state.list_stops(route.id) if stop.status.is_open]
            if any(one.contains(place.lat, place.lon) for place in places for one in (closure, known) if one):
                raise_version(uow, route)
    return True


def keep_driver(uow: UnitOfWork, event: Event) -> Outcome:
    """Keep until when the driver can't leave, for the first day of his that is not over."""
    data, driver_id = DriverUnavailableData.model_validate(event.data), DriverId(event.subject)
    day = _find_day(uow, driver_id, event.occurred_at)
    if day is None:
        return parked(f"no day that is not over names driver {driver_id}")
    if not is_latest_word(uow, event, f"{day}/{driver_id}"):
        return NOTHING_NEW
    known = uow.state.find_absence(day, driver_id)
    absence = Absence(driver_id, data.until, event.occurred_at)
    if known is not None and replace(known, told_at=absence.told_at) == absence:
        return NOTHING_NEW
    uow.state.put_absence(absence, day)
    for route in uow.state.list_routes(day):
        if route.driver_id == driver_id:
            raise_version(uow, route)
    return APPLIED


def _find_day(uow: UnitOfWork, driver_id: DriverId, at: datetime) -> str | None:
    days = uow.state.list_open_days(closing_after=at)
    return next((day for day in days if uow.state.find_driver(driver_id, day) is not None), None)
