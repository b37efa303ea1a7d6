"""The drives a day has finished, as its stops report them."""

from collections.abc import Iterator

from forestall.domain.snapshot import HubSnapshot
from optimizer.travel.fit import FinishedLeg


def finished_legs(snapshot: HubSnapshot) -> Iterator[FinishedLeg]:
    """Every leg of which both ends were reported, route by route in the order driven."""
    for route_id in sorted(snapshot.routes):
        here = snapshot.hubs[snapshot.routes[route_id].hub_id].location
        reached = [stop for stop in snapshot.stops_by_route[route_id] if stop.arrived_at is not None]
        for stop in sorted(reached, key=lambda stop: (stop.arrived_at, stop.sequence)):
            if stop.arrived_at is not None and stop.departed_at is not None:
                seconds = (stop.arrived_at - stop.departed_at).total_seconds()
                yield FinishedLeg(here, stop.location, stop.departed_at, seconds)
            here = stop.location
