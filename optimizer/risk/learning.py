"""What today's finished legs and visits teach, shrunken towards the priors. As of the snapshot: the past only.

A leg's log ratio of actual over expected time is the sum of the mood of the day (hub), where it was (area), who drove
(route) and noise. They are taken off in that order, each shrunken by its prior's weight, so that little evidence
moves little.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from forestall.domain.ids import HubId, RouteId
from forestall.domain.network import Location
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import StopStatus
from optimizer.geo import crow_fly_m
from optimizer.kernel import Floats
from optimizer.risk.priors import Priors
from optimizer.travel import TravelTimes

_CLIP = 0.7  # a leg of more than twice its time met something else than traffic (a hold-up, a wrong click)
_SHORT_LEG_S = 180.0  # a leg of this length tells half as much as a long one: parking and clicking are in it
_MOOD_BAND_S = 2700.0


@dataclass(frozen=True, slots=True)
class Legs:
    """k finished legs of one hub: when they ended, how long they took against expected, where to and on which route."""

    ended_s: Floats
    log_ratio: Floats
    weight: Floats
    lat: Floats
    lon: Floats
    route: tuple[RouteId, ...]


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
    a route's visits. ``p_failed`` is the chance that a first attempt fails."""

    day: Mapping[HubId, float] = field(default_factory=dict)
    now: Mapping[HubId, float] = field(default_factory=dict)
    area: Mapping[HubId, AreaEvidence] = field(default_factory=dict)
    pace: Mapping[RouteId, tuple[float, float]] = field(default_factory=dict)
    service: Mapping[RouteId, float] = field(default_factory=dict)
    p_failed: Mapping[HubId, float] = field(default_factory=dict)


def learn(snapshot: HubSnapshot, travel: TravelTimes, priors: Priors) -> Learned:
    """Everything the snapshot's own past says, hub by hub."""
    day, now, area, pace, service, p_failed = {}, {}, {}, {}, {}, {}
    for hub_id in sorted(snapshot.hubs):
        routes = [snapshot.routes[r] for r in sorted(snapshot.routes) if snapshot.routes[r].hub_id == hub_id]
        legs = finished_legs(snapshot, travel, routes, priors)
        day[hub_id], now[hub_id] = _moods(legs, priors)
        area[hub_id], paces = _areas_and_paces(legs, priors)
        pace.update(paces)
        service.update(_service_factors(snapshot, routes, priors))
        p_failed[hub_id] = _failed_rate(snapshot, routes, priors)
    return Learned(day, now, area, pace, service, p_failed)


def driven_order(snapshot: HubSnapshot, route: Route) -> list[Stop]:
    """The stops a route has been at, in the order it was there."""
    reached = [stop for stop in snapshot.stops_by_route[route.id] if stop.arrived_at is not None]
    return sorted(reached, key=lambda stop: (stop.arrived_at, stop.sequence))


def finished_legs(snapshot: HubSnapshot, travel: TravelTimes, routes: list[Route], priors: Priors) -> Legs:
    """Legs of which both ends were reported; times are seconds before the snapshot (negative).

    The mean of a skewed noise lies above its median: half its variance is added, so that ratios speak of means.
    """
    rows: list[tuple[Stop, Location, float, RouteId]] = []
    for route in routes:
        here = snapshot.hubs[route.hub_id].location
        for stop in driven_order(snapshot, route):
            if stop.departed_at is not None and stop.arrived_at is not None:
                rows.append((stop, here, (stop.arrived_at - stop.departed_at).total_seconds(), route.id))
            here = stop.location
    expected = _expected_s(travel, [(here, stop.location) for stop, here, _, _ in rows])
    actual = np.array([seconds for _, _, seconds, _ in rows])
    known = (expected > 30.0) & (actual > 0.0)
    ended = np.array([(s.arrived_at - snapshot.taken_at).total_seconds() for s, _, _, _ in rows if s.arrived_at])
    ratio = np.clip(np.log(np.where(known, actual, 1.0) / np.where(known, expected, 1.0)), -_CLIP, _CLIP)
    ratio += priors.leg_sd**2 / 2
    return Legs(
        ended_s=ended[known],
        log_ratio=ratio[known],
        weight=(expected / (expected + _SHORT_LEG_S))[known],
        lat=np.array([(s.location.lat + here.lat) / 2 for s, here, _, _ in rows])[known],
        lon=np.array([(s.location.lon + here.lon) / 2 for s, here, _, _ in rows])[known],
        route=tuple(row[3] for row, is_known in zip(rows, known, strict=True) if is_known),
    )


def _expected_s(travel: TravelTimes, legs: list[tuple[Location, Location]]) -> Floats:
    places = {place.id: place for leg in legs for place in leg}
    row = {location_id: i for i, location_id in enumerate(places)}
    if not legs:
        return np.zeros(0)
    durations = travel.durations_s(list(places.values()))
    return durations[[row[a.id] for a, _ in legs], [row[b.id] for _, b in legs]]


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


def _service_factors(snapshot: HubSnapshot, routes: list[Route], priors: Priors) -> dict[RouteId, float]:
    """How much longer than planned a route's visits take, from what it has finished."""
    factors = {}
    for route in routes:
        ratios = [ratio for stop in snapshot.stops_by_route[route.id] if (ratio := _visit_ratio(stop)) is not None]
        means = np.clip(ratios, -_CLIP, _CLIP) + priors.service_sd**2 / 2
        mean = float(means.sum()) / (len(ratios) + priors.service_k)
        factors[route.id] = float(np.exp(mean))
    return factors


def _visit_ratio(stop: Stop) -> float | None:
    if stop.arrived_at is None or stop.finished_at is None or stop.service_s <= 0:
        return None
    seconds = (stop.finished_at - max(stop.arrived_at, stop.window.opens_at)).total_seconds()
    return float(np.log(seconds / stop.service_s)) if seconds > 0 else None


def _failed_rate(snapshot: HubSnapshot, routes: list[Route], priors: Priors) -> float:
    """The day's rate of failed first attempts, from the prior and the day's own visits."""
    done = [stop for route in routes for stop in snapshot.stops_by_route[route.id] if stop.finished_at is not None]
    failed = sum(stop.status is StopStatus.FAILED for stop in done)
    return (failed + priors.p_failed * priors.p_failed_k) / (len(done) + priors.p_failed_k)
