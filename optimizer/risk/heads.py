"""Where and when each vehicle is free to go on, in every sample: what the snapshot says of it, continued.

A vehicle under way is bound for its committed stop or serves it. What has already passed is known, so the rest is
drawn from what can still happen: a visit that has lasted 20 minutes will not turn out to have lasted 10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np

from forestall.domain.ids import HubId, LocationId, RouteId
from forestall.domain.network import Location
from forestall.domain.routes import Position, Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, StopStatus
from optimizer.geo import crow_fly_m
from optimizer.kernel import NEVER, Floats
from optimizer.risk.draws import Draws
from optimizer.risk.holdups import length_s, rest_s
from optimizer.risk.priors import Priors

_AWAY_M = 300.0  # further than this from its last stop a vehicle is somewhere else (parking, GPS and gates aside)
_PACE_TRUST = 0.6  # how far the pace of the driven part of a leg speaks for the rest of it
_PACE_BAND = (-0.3, 0.4)
_HELD_AFTER_S = 600.0  # a leg this far behind its progress has met a hold-up, which says nothing of its pace
_SLACK_PACE = 1.3  # progress this slow is traffic, not a hold-up
_STANDS_S = 300.0  # a vehicle that has stood for so long is held up, not waiting for a light to change
_NEAR_S = 90.0  # so near its stop it is parking, not held up


class LegTimes(Protocol):
    """Expected seconds of one leg now: roads of the day and the area in it, the driver's pace not."""

    def __call__(self, route: Route, start: Location, end: Location) -> float: ...


@dataclass(frozen=True, slots=True)
class Head:
    """``ready_s`` (S,) is when the vehicle leaves ``place`` towards its first free stop. ``committed_start_s`` (S,) is
    the service start at the committed stop, where there is one. At the hub alone matter ``earliest_s`` and
    ``unannounced_s`` (S,), what a late load that nobody has told of holds it back (contained in ``ready_s``)."""

    place: Location
    ready_s: Floats
    earliest_s: float
    at_hub: bool
    committed: Stop | None = None
    committed_start_s: Floats | None = None
    unannounced_s: Floats | None = None


@dataclass(frozen=True, slots=True)
class HeadContext:
    """What all heads of a snapshot share. ``epoch`` is second 0; ``leg`` and ``service`` are quantile tables (S,)."""

    snapshot: HubSnapshot
    epoch: datetime
    draws: Draws
    priors: Priors
    leg_s: LegTimes
    load_late: Mapping[HubId, float]
    leg: Floats
    service: Floats

    def seconds(self, instant: datetime) -> float:
        return (instant - self.epoch).total_seconds()

    @property
    def now_s(self) -> float:
        return self.seconds(self.snapshot.taken_at)

    def level(self, kind: str, entity_id: str) -> Floats:
        """(S,) the entity's probability level in each sample."""
        return self.draws.levels[self.draws.ranks(kind, entity_id)]


def head_of(context: HeadContext, route: Route, pace: Floats, service_pace: float, hold: tuple[Floats, Floats]) -> Head:
    """The head of one route; ``pace`` (S,) is its drawn travel multiplier, ``hold`` (S,) when its next hold-up begins
    and how long it lasts."""
    hub = context.snapshot.hubs[route.hub_id].location
    if is_stranded(context.snapshot, route):
        return _stranded(context, route, hub)
    if route.status is RouteStatus.PLANNED:
        return _waiting_at_hub(context, route, hub)
    committed = context.snapshot.committed_stop(route.id)
    if committed is None:
        return _between_stops(context, route, hub)
    if committed.status is StopStatus.ENROUTE:
        start = _arrival_s(context, route, committed, hub, pace)
        start = np.where(hold[0] < start, start + hold[1], start)
        start = np.maximum(start, context.seconds(context.snapshot.opens_at(committed)))
        visit_s = committed.service_s * service_pace * context.service[context.draws.ranks("visit", committed.id)]
        return Head(committed.location, start + visit_s, 0.0, False, committed, start)
    return _at_stop(context, committed, service_pace)


def is_stranded(snapshot: HubSnapshot, route: Route) -> bool:
    """Whether nobody will drive what is left: the vehicle broke down or is home, its carrier withdrew before it left,
    its driver is not there all day, or it stands by with orders that nobody has called it up for."""
    if route.status is RouteStatus.PLANNED:
        is_forgotten = route.is_on_standby and bool(snapshot.open_stops(route.id))
        absence = snapshot.find_absence(route)
        has_nobody = absence is not None and absence.until is None
        return is_forgotten or has_nobody or not snapshot.carrier_of(route).active
    return route.status in {RouteStatus.BROKEN, RouteStatus.FINISHED}


def _stranded(context: HeadContext, route: Route, hub: Location) -> Head:
    never = np.full(context.draws.samples, NEVER)
    committed = context.snapshot.committed_stop(route.id)
    place = breakdown_place(context.snapshot, route) if route.status is RouteStatus.BROKEN else hub
    return Head(place, never, NEVER, False, committed, never if committed else None)


def breakdown_place(snapshot: HubSnapshot, route: Route) -> Location:
    """Where a broken vehicle stands: its newest position, else where it was last."""
    position = snapshot.positions.get(route.vehicle_id)
    if position is not None:
        return place_of(position)
    last = snapshot.last_finished_stop(route.id)
    return last.location if last else snapshot.hubs[route.hub_id].location


def place_of(position: Position) -> Location:
    """A vehicle's position as a place of its own; the id changes with the position, so nothing stale is looked up."""
    place_id = LocationId(f"{position.vehicle_id}@{position.lat:.6f},{position.lon:.6f}")
    return Location(place_id, position.lat, position.lon)


def _waiting_at_hub(context: HeadContext, route: Route, hub: Location) -> Head:
    """Not left: it may leave at its departure time; the longer one is overdue, the likelier something holds it."""
    due_s = context.seconds(_may_leave_at(context.snapshot, route))
    earliest_s = max(due_s, context.now_s)
    load_s = context.seconds(route.load_ready_at) if route.load_ready_at else due_s
    overdue_s = max(context.now_s - max(due_s, load_s), 0.0)
    lag_s = _lag_s(context, route, context.priors.departure_mean_s, overdue_s)
    none = np.zeros(context.draws.samples)
    unannounced_s = _unannounced_s(context, route, due_s) if route.load_ready_at is None else none
    return Head(hub, earliest_s + lag_s + unannounced_s, earliest_s, True, unannounced_s=unannounced_s)


def _may_leave_at(snapshot: HubSnapshot, route: Route) -> datetime:
    """As planned, or once its driver is there."""
    planned, absence = route.earliest_departure(snapshot.taken_at), snapshot.find_absence(route)
    return planned if absence is None or absence.until is None else max(planned, absence.until)


def _lag_s(context: HeadContext, route: Route, mean_s: float, waited_s: float) -> Floats:
    """(S,) from now to setting out, for a driver who could have done so ``waited_s`` ago."""
    usual_s = -mean_s * np.log1p(-context.draws.levels)
    return still_to_come(usual_s, waited_s, context.priors, context.level("departure", route.id)) - waited_s


def _unannounced_s(context: HeadContext, route: Route, due_s: float) -> Floats:
    """(S,) a late load nobody has told of: possible while the departure is far off, and ever less as it comes near."""
    priors = context.priors
    level = context.draws.shared_levels("unannounced", route.id, route.hub_id, priors.load_share)
    chance = context.load_late[route.hub_id] * min(max((due_s - context.now_s) / priors.load_told_s, 0.0), 1.0)
    if chance <= 0.0:
        return np.zeros(level.size)
    late_s = length_s(priors, np.clip(1.0 - (1.0 - level) / chance, 0.0, 1.0))
    return np.where(level > 1.0 - chance, late_s, 0.0)


def _between_stops(context: HeadContext, route: Route, hub: Location) -> Head:
    """Under way to nowhere we know of: where it was last, or where its position says if that is elsewhere."""
    last = context.snapshot.last_finished_stop(route.id)
    place, since = (last.location, last.finished_at) if last else (hub, route.departed_at)
    waited_s = max(context.now_s - context.seconds(since), 0.0) if since is not None else 0.0
    position = context.snapshot.positions.get(route.vehicle_id)
    if position is not None and (since is None or position.at > since):
        away_m = float(crow_fly_m(position.lat, position.lon, place.lat, place.lon))
        if away_m > _AWAY_M:
            place, waited_s = place_of(position), 0.0
    return Head(
        place, context.now_s + _lag_s(context, route, 0.5 * context.priors.departure_mean_s, waited_s), 0.0, False
    )


def _at_stop(context: HeadContext, stop: Stop, service_pace: float) -> Head:
    arrived = stop.arrived_at or context.snapshot.taken_at
    start_s = max(context.seconds(arrived), context.seconds(context.snapshot.opens_at(stop)))
    elapsed_s = max(context.now_s - start_s, 0.0)
    usual_s = stop.service_s * service_pace * context.service
    visit_s = still_to_come(usual_s, elapsed_s, context.priors, context.level("visit", stop.id))
    start = np.full(context.draws.samples, start_s)
    return Head(stop.location, start + visit_s, 0.0, False, stop, start)


def still_to_come(usual_s: Floats, elapsed_s: float, priors: Priors, level: Floats) -> Floats:
    """(S,) whole durations given that ``elapsed_s`` have passed, at probability levels ``level``.

    ``usual_s`` is the usual duration's quantile table; with a small chance a long hold-up comes on top, and a
    duration that has outlasted everything usual is in one.
    """
    if elapsed_s <= usual_s[0]:
        rank = np.minimum((level * usual_s.size).astype(np.int64), usual_s.size - 1)
        usual: Floats = usual_s[rank]
        return usual
    hold_s = length_s(priors, np.linspace(0.02, 0.98, 25))
    held_s = (usual_s[:: max(usual_s.size // 32, 1), None] + hold_s[None, :]).reshape(-1)
    values = np.concatenate((usual_s, held_s))
    weights = np.concatenate(
        (
            np.full(usual_s.size, (1.0 - priors.hold_chance) / usual_s.size),
            np.full(held_s.size, priors.hold_chance / held_s.size),
        )
    )
    possible = (values > elapsed_s) & (weights > 0.0)
    if not possible.any():  # beyond all we know of: about a quarter as long again
        return elapsed_s - 0.25 * elapsed_s * np.log1p(-level)
    order = np.argsort(values[possible], kind="stable")
    chances = np.cumsum(weights[possible][order])
    chances = (chances - 0.5 * weights[possible][order]) / chances[-1]
    durations: Floats = np.interp(level, chances, values[possible][order])
    return durations


def _arrival_s(context: HeadContext, route: Route, stop: Stop, hub: Location, pace: Floats) -> Floats:
    """(S,) when a vehicle on its way reaches its committed stop; never before now."""
    start = origin_of(context.snapshot, route.id, hub)
    departed = stop.departed_at or route.departed_at or context.snapshot.taken_at
    departed_s = context.seconds(departed)
    usual_s = context.leg_s(route, start, stop.location)
    position = context.snapshot.positions.get(route.vehicle_id)
    if position is None or position.at <= departed or position.at > context.snapshot.taken_at:
        table = usual_s * float(pace.mean()) * context.leg
        level = context.level("leg", stop.id)
        arrival = departed_s + still_to_come(table, context.now_s - departed_s, context.priors, level)
    else:
        share = share_left(start, stop.location, position)
        arrival = _rest_of_leg_s(context, stop, usual_s, share, position, departed_s, pace)
    return np.maximum(arrival, context.now_s)


def origin_of(snapshot: HubSnapshot, route_id: RouteId, hub: Location) -> Location:
    """Where a vehicle set out from on its present leg."""
    last = snapshot.last_finished_stop(route_id)
    return last.location if last else hub


def share_left(start: Location, end: Location, position: Position) -> float:
    """How much of a leg is still to be driven, by the crow-fly distances; 1 at its start, 0 at its end."""
    whole_m = float(crow_fly_m(start.lat, start.lon, end.lat, end.lon))
    left_m = float(crow_fly_m(position.lat, position.lon, end.lat, end.lon))
    return min(left_m / whole_m, 1.0) if whole_m > 1.0 else 0.0


def _rest_of_leg_s(
    context: HeadContext,
    stop: Stop,
    usual_s: float,
    share: float,
    position: Position,
    departed_s: float,
    pace: Floats,
) -> Floats:
    """(S,) when the vehicle arrives: what is left at the leg's own pace, once it moves again if it is held up."""
    seen_s = context.seconds(position.at)
    since_s = context.seconds(position.standing_since) if position.standing_since else seen_s
    stands = seen_s - since_s >= _STANDS_S and since_s > departed_s and share * usual_s > _NEAR_S
    elapsed_s = (since_s if stands else seen_s) - departed_s
    done_s = (1.0 - share) * usual_s
    was_held = elapsed_s - _SLACK_PACE * done_s >= _HELD_AFTER_S
    trust = _PACE_TRUST * (1.0 - share) if done_s > 120.0 and not was_held else 0.0
    seen = np.clip(np.log(max(elapsed_s, 1.0) / max(done_s, 1.0)), *_PACE_BAND) if trust else 0.0
    noise = context.leg[context.draws.ranks("leg", stop.id)]
    rest: Floats = share * usual_s * (pace * noise) ** (1.0 - trust) * np.exp(trust * seen)
    if not stands:
        return seen_s + rest
    stood_s = context.now_s - since_s
    return context.now_s + rest_s(context.priors, stood_s, context.level("hold", stop.id)) + rest
