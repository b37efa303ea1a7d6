"""Routes and their stops as they are being driven."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from forestall.domain.ids import DriverId, HubId, OrderId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.network import Location
from forestall.domain.orders import Window
from forestall.domain.vocabulary import DriverWord, FailureReason, RouteStatus, StopKind, StopStatus


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit. ``sequence`` orders the stops of a route; only the order matters, gaps are fine.

    A TRANSFER stop takes ``package_ids`` over from ``transfer_from``: where that vehicle broke down, or at a meeting,
    to which a HAND_OVER stop on that vehicle's route belongs. A HAND_OVER stop gives ``package_ids`` to
    ``transfer_to``, or to the hub it stands at (None). Neither has an order. At a meeting nobody waits beyond
    ``window.closes_at``. ``safe_place``: the driver's list says to leave the goods in one if nobody is there.
    ``retried_at``: when people let a delivery that had failed be attempted once more; what was reported of it up to
    then is about the first attempt.
    """

    id: StopId
    route_id: RouteId
    sequence: int
    location: Location
    window: Window
    service_s: float
    order_id: OrderId | None = None
    kind: StopKind = StopKind.DELIVERY
    status: StopStatus = StopStatus.PLANNED
    pinned: bool = False
    skills: frozenset[str] = frozenset()
    package_ids: tuple[PackageId, ...] = ()
    transfer_from: VehicleId | None = None
    transfer_to: VehicleId | None = None
    departed_at: datetime | None = None  # when the vehicle set out towards it
    arrived_at: datetime | None = None
    finished_at: datetime | None = None
    safe_place: bool = False
    retried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A vehicle's day. ``version`` rises with every change of state or plan; a plan made on another version is stale.

    ``load_ready_at`` is when its hub says (or said) the load can leave; ``acknowledged_version`` is the newest plan
    version the driver confirmed. A spare (``is_spare``) stands by without stops and can leave ``notice_s`` after a plan
    first gives it some.
    """

    id: RouteId
    day: str
    hub_id: HubId
    vehicle_id: VehicleId
    driver_id: DriverId | None
    departs_at: datetime
    version: int = 1
    status: RouteStatus = RouteStatus.PLANNED
    load_ready_at: datetime | None = None
    departed_at: datetime | None = None
    broken_at: datetime | None = None
    is_spare: bool = False
    notice_s: float = 0.0
    plan_version: int = 1
    acknowledged_version: int = 1

    @property
    def is_on_standby(self) -> bool:
        """A spare that no plan has called up: it will not move of itself, whatever stops stand on its list."""
        return self.is_spare and self.plan_version == 1 and self.status is RouteStatus.PLANNED

    def earliest_departure(self, now: datetime) -> datetime:
        """When it may leave its hub as planned; a spare on standby would need its notice first."""
        return max(self.departs_at, now + timedelta(seconds=self.notice_s)) if self.is_on_standby else self.departs_at


@dataclass(frozen=True, slots=True)
class Attempt:
    """``reason`` is the one that was reported; ``said`` what the driver's note comes down to, if he wrote one."""

    stop_id: StopId
    at: datetime
    succeeded: bool
    reason: FailureReason | None = None
    said: DriverWord | None = None

    @property
    def cause(self) -> FailureReason | None:
        """Why it failed: the reason, or where that is OTHER what the note says, if there is a reason like it."""
        if self.reason is not FailureReason.OTHER or self.said is None:
            return self.reason
        return next((reason for reason in FailureReason if reason.value == self.said.value), self.reason)


# Two reports no further apart than this, north and east, are of one place: about 50 m, what parked receivers wander.
STANDING_LAT_DEG = 0.0004
STANDING_LON_DEG = 0.0006


@dataclass(frozen=True, slots=True)
class Position:
    """The newest report of where a vehicle is; ``at`` is the event's time, after the clock clamp.

    ``standing_since`` is the first of the reports in a row that found it in this place; None when the report before
    was of another place, or there was none.
    """

    vehicle_id: VehicleId
    at: datetime
    lat: float
    lon: float
    standing_since: datetime | None = None

    def is_where(self, other: "Position") -> bool:
        """Whether both reports are of one place."""
        return abs(self.lat - other.lat) <= STANDING_LAT_DEG and abs(self.lon - other.lon) <= STANDING_LON_DEG
