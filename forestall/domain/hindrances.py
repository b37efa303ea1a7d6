"""What keeps vehicles from going where a plan sends them: roads that are closed, drivers who are not there."""

from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt

from forestall.domain.ids import ClosureId, DriverId, HubId

_EARTH_RADIUS_M = 6_371_008.8  # IUGG mean radius


@dataclass(frozen=True, slots=True)
class Closure:
    """A circle that nobody gets into from ``begins_at`` until ``ends_at``, the latest estimate of its opening again.

    No visit begins inside before it opens; one that has begun goes on.
    """

    id: ClosureId
    hub_id: HubId
    lat: float
    lon: float
    radius_m: float
    begins_at: datetime
    ends_at: datetime

    def contains(self, lat: float, lon: float) -> bool:
        """Whether a place, in degrees, lies inside."""
        north, east = radians(lat - self.lat) / 2, radians(lon - self.lon) / 2
        half = sin(north) ** 2 + cos(radians(self.lat)) * cos(radians(lat)) * sin(east) ** 2
        return 2 * _EARTH_RADIUS_M * asin(min(1.0, sqrt(half))) <= self.radius_m

    def bars(self, opens_at: datetime, arrived_at: datetime | None, now: datetime) -> bool:
        """Whether it keeps back a visit whose window opens then, by a vehicle that came at ``arrived_at``, if it has.

        One that is announced and has not begun bars only what can't begin before it.
        """
        if self.ends_at <= now:
            return False
        first = max(opens_at, now if arrived_at is None else arrived_at)
        return self.begins_at <= first


@dataclass(frozen=True, slots=True)
class Absence:
    """A driver who can't leave his hub before ``until``; None: not at all that day."""

    driver_id: DriverId
    until: datetime | None
    told_at: datetime
