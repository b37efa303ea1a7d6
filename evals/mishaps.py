"""What befalls hubs, streets and drivers for a while, and what is said of it: values of the day's truth."""

from dataclasses import dataclass

from evals.roads import Place, crow_fly_m
from forestall.domain.ids import DriverId, HubId


@dataclass(frozen=True, slots=True)
class Interval:
    """Unix seconds, the start included."""

    start: float
    end: float

    def holds(self, instant: float) -> bool:
        return self.start <= instant < self.end


@dataclass(frozen=True, slots=True)
class LateLoad:
    """The hub says at ``told_at`` that the load will be ready at ``estimate``; it is ready at ``released_at``."""

    told_at: float
    estimate: float
    released_at: float


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing leaves the hub ``during`` it; when it begins, the hub hopes to open again at ``estimate``."""

    hub_id: HubId
    during: Interval
    estimate: float


@dataclass(frozen=True, slots=True)
class Closure:
    """Nobody gets to a place within ``radius_m`` of ``center`` ``during`` it.

    ``words`` are pairs of when something is told and until when it is expected to last by then; the last is its end.
    """

    id: str
    hub_id: HubId
    center: Place
    radius_m: float
    during: Interval
    words: tuple[tuple[float, float], ...]

    def bars(self, place: Place, instant: float) -> bool:
        return self.during.holds(instant) and crow_fly_m(self.center, place) <= self.radius_m


@dataclass(frozen=True, slots=True)
class Away:
    """The driver is not at his hub before ``until`` (None: not at all today), which is told at ``told_at``."""

    driver_id: DriverId
    told_at: float
    until: float | None
