"""What a finished day was like, as its events tell: legs, visits, hold-ups, departures and loads.

A leg that was driven takes as long whenever it is driven again, by another vehicle in that one's pace; any other leg
takes as long as the vehicle's legs took in all against the expected. A hold-up belongs to the vehicle and the hour, not
to the leg it happened to meet; the median leg tells it apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, zip_longest
from statistics import median
from typing import TypeAlias

from forestall.domain.ids import HubId, LocationId, RouteId, StopId
from forestall.domain.network import Location
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, VehicleMode
from optimizer.travel import TravelTimes

# The glossary's hold-up: whatever keeps a vehicle a quarter of an hour longer than its pace explains.
HELD_S = 900.0
# Fewer legs or visits than this speak of themselves, not of the route they are of.
LEAST = 3
ENDLESS = timedelta(days=30)

_Pair: TypeAlias = tuple[float, float]  # actual and expected seconds


@dataclass(frozen=True, slots=True)
class HoldUp:
    """The vehicle could not drive from ``at`` on for ``lasts``."""

    at: datetime
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Realised:
    """``final`` is the day's last snapshot. ``leg_s`` are driven legs by mode and ends, in seconds at a pace of 1;
    ``pace`` and ``visit_ratio`` actual over expected, by route and by hub; ``visit_s`` each visit until the vehicle
    left; ``lag_s`` by how much each route left later than it could have, ``usual_lag_s`` its median by hub."""

    final: HubSnapshot
    leg_s: Mapping[tuple[VehicleMode, LocationId, LocationId], float]
    pace: Mapping[RouteId, float]
    visit_s: Mapping[StopId, float]
    visit_ratio: Mapping[HubId, float]
    holds: Mapping[RouteId, tuple[HoldUp, ...]]
    lag_s: Mapping[RouteId, float]
    usual_lag_s: Mapping[HubId, float]

    def longest_hold(self, route_id: RouteId, after: datetime) -> HoldUp | None:
        """The route's longest hold-up that was not over then."""
        ahead = [hold for hold in self.holds.get(route_id, ()) if hold.at + hold.lasts > after]
        return max(ahead, key=lambda hold: (hold.lasts, hold.at), default=None)


@dataclass(frozen=True, slots=True)
class _Drive:
    """One leg that was driven: ``actual_s`` against ``usual_s``."""

    mode: VehicleMode
    start: LocationId
    end: LocationId
    began: datetime
    actual_s: float
    usual_s: float

    def over_s(self, pace: float) -> float:
        """How much longer it took than that pace explains."""
        return self.actual_s - self.usual_s * pace


def look_back(final: HubSnapshot, travel: TravelTimes) -> Realised:
    """What the day was like, by its last snapshot."""
    visited = {route_id: _in_order_driven(final, route_id) for route_id in final.routes}
    drives = {route_id: _drives(final, travel, route_id, stops) for route_id, stops in visited.items()}
    middle = _by_route(final, {r: _pairs(driven) for r, driven in drives.items()}, _middle)
    held = {r: [one for one in driven if one.over_s(middle[r]) >= HELD_S] for r, driven in drives.items()}
    free = {r: [one for one in driven if one.over_s(middle[r]) < HELD_S] for r, driven in drives.items()}
    pace = _by_route(final, {r: _pairs(driven) for r, driven in free.items()}, _in_all)
    holds = {
        route_id: (
            *_standstills(visited[route_id]),
            *(HoldUp(one.began, timedelta(seconds=one.over_s(pace[route_id]))) for one in met),
            *_breakdown(final.routes[route_id]),
        )
        for route_id, met in held.items()
    }
    visit_s = {stop_id: seconds for stops in visited.values() for stop_id, seconds in _visits(stops).items()}
    lag_s = {route.id: lag for route in final.routes.values() if (lag := _lag_s(route)) is not None}
    return Realised(
        final=final,
        leg_s={
            (one.mode, one.start, one.end): one.actual_s / pace[route_id]
            for route_id, driven in free.items()
            for one in driven
        },
        pace=pace,
        visit_s=visit_s,
        visit_ratio={
            hub_id: _in_all([(visit_s[s.id], s.service_s) for s in _of_hub(final, hub_id, visit_s)])
            for hub_id in final.hubs
        },
        holds=holds,
        lag_s=lag_s,
        usual_lag_s={
            hub_id: median([lag for r, lag in lag_s.items() if final.routes[r].hub_id == hub_id] or [0.0])
            for hub_id in final.hubs
        },
    )


def _in_order_driven(final: HubSnapshot, route_id: RouteId) -> list[Stop]:
    reached = [stop for stop in final.stops_by_route[route_id] if stop.arrived_at is not None]
    return sorted(reached, key=lambda stop: (stop.arrived_at, stop.sequence))


def _drives(final: HubSnapshot, travel: TravelTimes, route_id: RouteId, stops: Sequence[Stop]) -> list[_Drive]:
    """The legs of which both ends were reported, in the order driven."""
    route = final.routes[route_id]
    mode = final.vehicles[route.vehicle_id].mode
    places: list[Location] = [final.hubs[route.hub_id].location, *(stop.location for stop in stops)]
    distinct = {place.id: i for i, place in enumerate({place.id: place for place in places}.values())}
    usual_s = travel.durations_s(list({place.id: place for place in places}.values()), mode)
    driven = []
    for here, stop in zip(places, stops, strict=False):
        usual = float(usual_s[distinct[here.id], distinct[stop.location.id]])
        if stop.departed_at is not None and stop.arrived_at is not None and usual > 0.0:
            seconds = (stop.arrived_at - stop.departed_at).total_seconds()
            driven.append(_Drive(mode, here.id, stop.location.id, stop.departed_at, max(seconds, 0.0), usual))
    return driven


def _pairs(driven: Sequence[_Drive]) -> list[_Pair]:
    return [(one.actual_s, one.usual_s) for one in driven]


def _by_route(
    final: HubSnapshot, pairs: Mapping[RouteId, Sequence[_Pair]], ratio: Callable[[Sequence[_Pair]], float]
) -> dict[RouteId, float]:
    """Each route's ratio of actual to expected; its hub's where it has shown too little."""
    of_hub = {
        hub_id: ratio([pair for r, several in pairs.items() if final.routes[r].hub_id == hub_id for pair in several])
        for hub_id in final.hubs
    }
    return {
        route_id: ratio(several) if len(several) >= LEAST else of_hub[final.routes[route_id].hub_id]
        for route_id, several in pairs.items()
    }


def _middle(pairs: Sequence[_Pair]) -> float:
    """The median ratio, which a few hold-ups don't move; as expected where there is nothing to go by."""
    return median(actual / expected for actual, expected in pairs) if pairs else 1.0


def _in_all(pairs: Sequence[_Pair]) -> float:
    """All that was taken over all that was expected: slow legs are few, and count."""
    expected = sum(pair[1] for pair in pairs)
    return sum(pair[0] for pair in pairs) / expected if expected > 0.0 else 1.0


def _standstills(stops: Sequence[Stop]) -> list[HoldUp]:
    """Where a vehicle was through with a stop and did not go on."""
    held = []
    for stop, following in pairwise(stops):
        if stop.finished_at is not None and following.departed_at is not None:
            stood = following.departed_at - stop.finished_at
            if stood.total_seconds() >= HELD_S:
                held.append(HoldUp(stop.finished_at, stood))
    return held


def _breakdown(route: Route) -> tuple[HoldUp, ...]:
    return (HoldUp(route.broken_at, ENDLESS),) if route.status is RouteStatus.BROKEN and route.broken_at else ()


def _visits(stops: Sequence[Stop]) -> dict[StopId, float]:
    """Seconds from each service start until the vehicle left: what it took to pack up is part of it, a hold-up not."""
    left: dict[StopId, datetime] = {}
    for stop, following in zip_longest(stops, stops[1:]):
        if stop.finished_at is None:
            continue
        left[stop.id] = stop.finished_at
        if following is not None and following.departed_at is not None:
            stood_s = (following.departed_at - stop.finished_at).total_seconds()
            if 0.0 <= stood_s < HELD_S:
                left[stop.id] = following.departed_at
    return {stop.id: max((left[stop.id] - start_of(stop)).total_seconds(), 0.0) for stop in stops if stop.id in left}


def start_of(stop: Stop) -> datetime:
    """When service began at a stop that was reached: who is early waits."""
    assert stop.arrived_at is not None, "only reached stops have begun"
    return max(stop.arrived_at, stop.window.opens_at)


def _of_hub(final: HubSnapshot, hub_id: HubId, visit_s: Mapping[StopId, float]) -> list[Stop]:
    visited = (final.stops[stop_id] for stop_id in visit_s)
    return [stop for stop in visited if final.routes[stop.route_id].hub_id == hub_id]


def _lag_s(route: Route) -> float | None:
    """How much later a route left than its plan and its load allowed; None when it never left."""
    if route.departed_at is None:
        return None
    could = max(route.departs_at, route.load_ready_at or route.departs_at)
    return max((route.departed_at - could).total_seconds(), 0.0)
