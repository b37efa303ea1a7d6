"""What today's finished legs and visits teach, shrunken towards the priors. As of the snapshot: the past only.

A leg's log ratio of actual over expected time is the sum of the mood of the day (hub), where it was (area), who drove
(route) and noise. They are taken off in that order, each shrunken by its prior's weight, so that little evidence
moves little.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from forestall.domain.ids import HubId, RouteId
from forestall.domain.network import Location
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import StopStatus, VehicleMode
from optimizer.geo import crow_fly_m
from optimizer.kernel import Floats
from optimizer.risk.presence import presence_factor
from optimizer.risk.priors import Priors
from optimizer.travel import TravelTimes

_CLIP = 0.7  # a leg of more than twice its time met something else than traffic (a hold-up, a wrong click)
_SHORT_LEG_S = 180.0  # a leg of this length tells half as much as a long one: parking and clicking are in it
_MOOD_BAND_S = 2700.0
_SLOW = 1.5  # a leg that takes longer than this is not merely slow
_LATE_LOAD_S = 600.0


@dataclass(frozen=True, slots=True)
class Legs:
    """k finished legs of one hub: when they ended, how long they took against expected (``over_s`` beyond half as long
    again, and waiting before them), where to and on which route."""

    ended_s: Floats
    over_s: Floats
    log_ratio: Floats
    weight: Floats
    lat: Floats
    lon: Floats
    route: tuple[RouteId, ...]

    def where(self, mask: NDArray[np.bool_]) -> "Legs":
        """The legs that ``mask`` (k,) chooses."""
        return Legs(
            ended_s=self.ended_s[mask],
            over_s=self.over_s[mask],
            log_ratio=self.log_ratio[mask],
            weight=self.weight[mask],
            lat=self.lat[mask],
            lon=self.lon[mask],
            route=tuple(compress(self.route, mask)),
        )


@dataclass(frozen=True, slots=True)
class AreaEvidence:
    """Recent legs as points with what was slow about them; ``reach_m`` is how far a leg speaks for its surroundings."""

    lat: Floats
    lon: Floats
    weight: Floats
    residual: Floats
    reach_m: float
    k: float

    def factor_at(self, places: list[Location]) -> Floats:
        """(n,) multipliers of the roads around each place now, 1 where nothing is known."""
        if not self.lat.size or not places:
            return np.ones(len(places))
        lat, lon = np.array([p.lat for p in places]), np.array([p.lon for p in places])
        metres = crow_fly_m(lat[:, None], lon[:, None], self.lat[None, :], self.lon[None, :])
        weight = self.weight * np.exp(-((metres / self.reach_m) ** 2))
        factors: Floats = np.exp((weight @ self.residual) / (weight.sum(axis=1) + self.k))
        return factors


@dataclass(frozen=True, slots=True)
class Learned:
    """Multipliers of today: a hub's roads all day and, over that, now; areas now; a route's driver (mean and spread);
    a route's visits. Per hub: ``p_failed``, the chance that a first attempt fails; ``load_late``, that a load nobody
    has told of will be late; ``hazards``, hold-ups and breakdowns per hour under way. ``leg_sd`` and
    ``service_sd`` are the spreads of single legs and visits."""

    day: Mapping[HubId, float] = field(default_factory=dict)
    now: Mapping[HubId, float] = field(default_factory=dict)
    area: Mapping[HubId, AreaEvidence] = field(default_factory=dict)
    pace: Mapping[RouteId, tuple[float, float]] = field(default_factory=dict)
    service: Mapping[RouteId, float] = field(default_factory=dict)
    p_failed: Mapping[HubId, float] = field(default_factory=dict)
    load_late: Mapping[HubId, float] = field(default_factory=dict)
    hazards: Mapping[HubId, tuple[float, float]] = field(default_factory=dict)
    leg_sd: float = 0.0
    service_sd: float = 0.0


def learn(snapshot: HubSnapshot, travel: TravelTimes, priors: Priors) -> Learned:
    """Everything the snapshot's own past says, hub by hub."""
    day, now, area, pace, service, p_failed = {}, {}, {}, {}, {}, {}
    load_late, hazards = {}, {}
    routes_of = {
        hub_id: [snapshot.routes[r] for r in sorted(snapshot.routes) if snapshot.routes[r].hub_id == hub_id]
        for hub_id in sorted(snapshot.hubs)
    }
    legs_of = {hub_id: finished_legs(snapshot, travel, routes) for hub_id, routes in routes_of.items()}
    held = {hub_id: legs.over_s > priors.hold_min_s for hub_id, legs in legs_of.items()}
    legs_of = {hub_id: legs.where(~held[hub_id]) for hub_id, legs in legs_of.items()}
    leg_sd = _spread([group for legs in legs_of.values() for group in _by_route(legs)], priors.leg_sd, priors.spread_k)
    visits_of = {route.id: _visit_ratios(snapshot, route) for routes in routes_of.values() for route in routes}
    service_sd = _spread(list(visits_of.values()), priors.service_sd, priors.spread_k)
    for hub_id, routes in routes_of.items():
        legs = replace(legs_of[hub_id], log_ratio=legs_of[hub_id].log_ratio + leg_sd**2 / 2)
        day[hub_id], now[hub_id] = _moods(legs, priors)
        area[hub_id], paces = _areas_and_paces(legs, priors)
        pace.update(paces)
        service.update(_service_factors(routes, visits_of, service_sd, priors))
        p_failed[hub_id] = _failed_rate(snapshot, routes, priors)
        load_late[hub_id] = _late_load_rate(snapshot, routes, priors)
        hazards[hub_id] = _hazards(snapshot, routes, int(held[hub_id].sum()), priors)
    return Learned(day, now, area, pace, service, p_failed, load_late, hazards, leg_sd, service_sd)


def _by_route(legs: Legs) -> list[Floats]:
    names = np.array(legs.route)
    return [legs.log_ratio[names == route_id] for route_id in sorted(set(legs.route))]


def _spread(ratios: list[Floats], prior_sd: float, k: float) -> float:
    """The spread of log ratios about their groups' means, from the prior and the day; the mean of a skewed noise lies
    above its median by half the square of it, which is why a day's ratios can't be read without it."""
    groups = [group for group in ratios if group.size > 1]
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
    count = sum(group.size - 1 for group in groups)
    return float(np.sqrt((squares + k * prior_sd**2) / (count + k)))


def driven_order(snapshot: HubSnapshot, route: Route) -> list[Stop]:
    """The stops a route has been at, in the order it was there."""
    reached = [stop for stop in snapshot.stops_by_route[route.id] if stop.arrived_at is not None]
    return sorted(reached, key=attrgetter("arrived_at", "sequence"))


def finished_legs(snapshot: HubSnapshot, travel: TravelTimes, routes: list[Route]) -> Legs:
    """Legs of which both ends were reported; times are seconds before the snapshot (negative)."""
    rows: list[tuple[Stop, Location, float, RouteId]] = []
    waits: list[float] = []
    for route in routes:
        here, free_at = snapshot.hubs[route.hub_id].location, None
        for stop in driven_order(snapshot, route):
            if stop.departed_at is not None and stop.arrived_at is not None:
                rows.append((stop, here, (stop.arrived_at - stop.departed_at).total_seconds(), route.id))
                waits.append((stop.departed_at - (free_at or stop.departed_at)).total_seconds())
            here, free_at = stop.location, stop.finished_at
    modes = {route.id: snapshot.vehicles[route.vehicle_id].mode for route in routes}
    expected = _expected_s(travel, [(here, stop.location, modes[route_id]) for stop, here, _, route_id in rows])
    actual = np.array([seconds for _, _, seconds, _ in rows])
    waited = np.array(waits)
    known = (expected > 30.0) & (actual > 0.0)
    ended = np.array([(s.arrived_at - snapshot.taken_at).total_seconds() for s, _, _, _ in rows if s.arrived_at])
    ratio = np.clip(np.log(np.where(known, actual, 1.0) / np.where(known, expected, 1.0)), -_CLIP, _CLIP)
    return Legs(
        ended_s=ended[known],
        over_s=(waited + actual - _SLOW * expected)[known],
        log_ratio=ratio[known],
        weight=(expected / (expected + _SHORT_LEG_S))[known],
        lat=np.array([(s.location.lat + here.lat) / 2 for s, here, _, _ in rows])[known],
        lon=np.array([(s.location.lon + here.lon) / 2 for s, here, _, _ in rows])[known],
        route=tuple(row[3] for row, is_known in zip(rows, known, strict=True) if is_known),
    )


def _expected_s(travel: TravelTimes, legs: list[tuple[Location, Location, VehicleMode]]) -> Floats:
    """(k,) each leg's usual seconds for a vehicle of its mode."""
    expected = np.zeros(len(legs))
    for mode in sorted({mode for _, _, mode in legs}):
        mine = [i for i, leg in enumerate(legs) if leg[2] is mode]
        places = {place.id: place for i in mine for place in legs[i][:2]}
        row = {location_id: i for i, location_id in enumerate(places)}
        durations = travel.durations_s(list(places.values()), mode)
        expected[mine] = durations[[row[legs[i][0].id] for i in mine], [row[legs[i][1].id] for i in mine]]
    return expected


def _moods(legs: Legs, priors: Priors) -> tuple[float, float]:
    """The hub's roads over the whole day, and over that as they are now."""
    recent = _recent_weight(legs, priors)
    day = legs.weight @ legs.log_ratio / (legs.weight.sum() + priors.hub_k)
    now = recent @ (legs.log_ratio - day) / (recent.sum() + priors.hub_k)
    return float(np.exp(day)), float(np.exp(now))


def _recent_weight(legs: Legs, priors: Priors) -> Floats:
    return np.clip(1.0 + legs.ended_s / priors.recent_s, 0.0, 1.0) * legs.weight


def _areas_and_paces(legs: Legs, priors: Priors) -> tuple[AreaEvidence, dict[RouteId, tuple[float, float]]]:
    """Take the mood at each leg's own time off; what is left speaks of where it was and of who drove."""
    near = np.abs(legs.ended_s[:, None] - legs.ended_s[None, :]) < _MOOD_BAND_S
    moods = near @ (legs.weight * legs.log_ratio) / (near @ legs.weight + priors.hub_k)
    residual = legs.log_ratio - moods
    area = AreaEvidence(legs.lat, legs.lon, _recent_weight(legs, priors), residual, _reach_m(legs), priors.area_k)
    paces: dict[RouteId, tuple[float, float]] = {}
    names = np.array(legs.route)
    for route_id in sorted(set(legs.route)):
        mine = names == route_id
        weight = float(legs.weight[mine].sum())
        mean = float(legs.weight[mine] @ residual[mine]) / (weight + priors.route_k)
        spread = priors.route_sd * float(np.sqrt(priors.route_k / (weight + priors.route_k)))
        paces[route_id] = (float(np.exp(mean)), spread)
    return area, paces


def _reach_m(legs: Legs) -> float:
    """A quarter of the usual distance from the middle of today's legs: a quarter of town, whatever its size."""
    if not legs.lat.size:
        return 1.0
    metres = crow_fly_m(legs.lat, legs.lon, float(np.median(legs.lat)), float(np.median(legs.lon)))
    return max(0.25 * float(np.median(metres)), 500.0)


def _service_factors(
    routes: list[Route], visits_of: Mapping[RouteId, Floats], service_sd: float, priors: Priors
) -> dict[RouteId, float]:
    """How much longer than planned a route's visits take, from what it has finished."""
    factors = {}
    for route in routes:
        means = visits_of[route.id] + service_sd**2 / 2
        factors[route.id] = float(np.exp(means.sum() / (means.size + priors.service_k)))
    return factors


def _visit_ratios(snapshot: HubSnapshot, route: Route) -> Floats:
    ratios = [ratio for stop in snapshot.stops_by_route[route.id] if (ratio := _visit_ratio(stop)) is not None]
    clipped: Floats = np.clip(np.array(ratios, dtype=np.float64), -_CLIP, _CLIP)
    return clipped


def _visit_ratio(stop: Stop) -> float | None:
    if stop.arrived_at is None or stop.finished_at is None or stop.service_s <= 0:
        return None
    seconds = (stop.finished_at - max(stop.arrived_at, stop.window.opens_at)).total_seconds()
    return float(np.log(seconds / stop.service_s)) if seconds > 0 else None


def _failed_rate(snapshot: HubSnapshot, routes: list[Route], priors: Priors) -> float:
    """The day's rate of failed first attempts of customers nobody has asked, from the prior and the day's own visits;
    a visit whose customer was asked tells as much less of it as failing was less likely there."""
    done = [stop for route in routes for stop in snapshot.stops_by_route[route.id] if stop.finished_at is not None]
    failed = sum(stop.status is StopStatus.FAILED for stop in done)
    orders = (None if stop.order_id is None else snapshot.orders.get(stop.order_id) for stop in done)
    exposed = sum(presence_factor(stop, order, priors) for stop, order in zip(done, orders, strict=True))
    return (failed + priors.p_failed * priors.p_failed_k) / (exposed + priors.p_failed_k)


def _late_load_rate(snapshot: HubSnapshot, routes: list[Route], priors: Priors) -> float:
    """How often loads are late, from the prior and the day's departures that have been due."""
    due = [route for route in routes if route.departs_at <= snapshot.taken_at and not route.is_spare]
    waits = [(route.load_ready_at - route.departs_at).total_seconds() for route in due if route.load_ready_at]
    late = sum(wait_s > _LATE_LOAD_S for wait_s in waits)
    return (late + priors.load_late * priors.load_late_k) / (len(due) + priors.load_late_k)


def _hazards(snapshot: HubSnapshot, routes: list[Route], held: int, priors: Priors) -> tuple[float, float]:
    """Hold-ups (``held`` of them seen) and breakdowns per hour under way, from the priors and the day so far."""
    hours = sum(_hours_under_way(snapshot, route) for route in routes)
    broken = sum(route.broken_at is not None for route in routes)
    return (
        (held + priors.hold_per_h * priors.hold_k_h) / (hours + priors.hold_k_h),
        (broken + priors.breakdown_per_h * priors.breakdown_k_h) / (hours + priors.breakdown_k_h),
    )


def _hours_under_way(snapshot: HubSnapshot, route: Route) -> float:
    """From leaving the hub to the last thing heard of it, or to now while it drives."""
    if route.departed_at is None:
        return 0.0
    last = snapshot.last_finished_stop(route.id)
    over_at = route.broken_at or (last.finished_at if last and not snapshot.open_stops(route.id) else None)
    return max(((over_at or snapshot.taken_at) - route.departed_at).total_seconds(), 0.0) / 3600.0
