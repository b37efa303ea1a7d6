"""Reading a route with its stops from the store and writing back what an event changed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from forestall.domain.ids import RouteId
from forestall.domain.orders import Package
from forestall.domain.routes import Route
from forestall.domain.vocabulary import EventOutcome
from forestall.intake.apply import Drive
from forestall.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handler made of an event. ``grows`` says that something came to be that parked events may name."""

    outcome: EventOutcome
    detail: str = ""
    grows: bool = False


APPLIED = Outcome(EventOutcome.APPLIED)
NOTHING_NEW = Outcome(EventOutcome.SUPERSEDED, "it tells nothing that is not known already")


def parked(detail: str) -> Outcome:
    return Outcome(EventOutcome.PARKED, detail)


def load_drive(uow: UnitOfWork, route_id: RouteId) -> Drive:
    """The route and its stops; NotFound when there is no such route."""
    return drive_of(uow, uow.state.get_route(route_id))


def drive_of(uow: UnitOfWork, route: Route) -> Drive:
    return Drive(route, {stop.id: stop for stop in uow.state.list_stops(route.id)})


def save_drive(uow: UnitOfWork, before: Drive, after: Drive) -> Outcome:
    """Write what changed and raise the route's version; SUPERSEDED when nothing did."""
    changed = [stop for stop in after.stops.values() if stop != before.stops.get(stop.id)]
    if not changed and after.route == before.route:
        return NOTHING_NEW
    for stop in changed:
        uow.state.save_stop(stop)
    raise_version(uow, after.route)
    return APPLIED


def raise_version(uow: UnitOfWork, route: Route) -> None:
    """Store ``route`` under its next version, if nobody else has raised it since it was read."""
    uow.state.save_route(replace(route, version=route.version + 1), route.version)
    uow.state.touch_hub(route.hub_id)


def save_packages(uow: UnitOfWork, before: Iterable[Package], after: Iterable[Package]) -> bool:
    """Write the packages that changed; whether any did."""
    changed = [new for old, new in zip(before, after, strict=True) if new != old]
    for package in changed:
        uow.state.save_package(package)
    return bool(changed)
