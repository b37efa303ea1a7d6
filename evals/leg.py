"""One drive between two places, with what may interrupt it: a hold-up, or a breakdown that ends it."""

from dataclasses import dataclass, replace

from evals.mishaps import Interval
from evals.roads import Place, point_between
from forestall.domain.ids import LocationId


@dataclass(frozen=True, slots=True)
class Leg:
    """``driving_s`` is the time at the wheel; ``hold`` the span in which the vehicle stands, where there is one."""

    start: Place
    end: Place
    left_at: float
    driving_s: float
    hold: Interval | None = None

    @property
    def arrives_at(self) -> float:
        arrival = self.left_at + self.driving_s
        if self.hold is not None and self.left_at <= self.hold.start < arrival:
            arrival += self.hold.end - self.hold.start
        return arrival

    def driven_s(self, now: float) -> float:
        """Seconds at the wheel by ``now``."""
        held = 0.0
        if self.hold is not None and self.left_at <= self.hold.start:
            held = max(0.0, min(now, self.hold.end) - self.hold.start)
        return max(0.0, min(self.driving_s, now - self.left_at - held))

    def point_at(self, now: float) -> tuple[float, float]:
        """(lat, lon) at ``now``, on the straight line between the ends."""
        return point_between(self.start, self.end, self._share(now))

    def is_standing(self, now: float) -> bool:
        return self.hold is not None and self.hold.holds(now)

    def spot_at(self, now: float, name: str) -> Place:
        """The place where a vehicle is left standing at ``now``."""
        share, (lat, lon) = self._share(now), self.point_at(now)
        if self.start.leg is None and self.end.leg is None:
            return Place(LocationId(name), lat, lon, (self.start.id, self.end.id, share))
        # a leg from or to a stranded vehicle: the nearer end is all that the road network knows of it
        return replace(standing_at(self.start if share < 0.5 else self.end, name), lat=lat, lon=lon)

    def _share(self, now: float) -> float:
        return self.driven_s(now) / self.driving_s if self.driving_s > 0 else 1.0


def standing_at(place: Place, name: str) -> Place:
    """A place of its own where another one already is."""
    return replace(place, id=LocationId(name), leg=place.leg or (place.id, place.id, 0.0))
