"""What detectors look at, and the signals they make of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forestall.domain.cases import Signal
from forestall.domain.forecast import Forecast, StopForecast
from forestall.domain.ids import ContactId, HubId, RouteId, StopId, VehicleId
from forestall.domain.routes import Position, Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CaseKind, FailureReason, RouteStatus, StopStatus

# A promise broken by this much has cost all that lateness is priced at (prices.lateness_cap_s): the case is over.
LOST_AFTER = timedelta(hours=4)
_AT_RISK = 0.05


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Above the first of each pair a signal begins, and it lasts until it is below the second (hysteresis). In between
    it fades.

    ``route_risk``: expected missed promises of one route, no-shows apart. ``overrun``: P(a driver's shift, or hours of
    service, are outlasted). ``over_capacity``: P(what is to leave a hub has no room). ``hub_wide``: routes with one
    cause that make it the hub's, if they are also ``hub_share`` of those it has in play.
    """

    route_risk: tuple[float, float] = (0.30, 0.20)
    overrun: tuple[float, float] = (0.50, 0.35)
    over_capacity: tuple[float, float] = (0.50, 0.30)
    hub_wide: tuple[int, int] = (3, 2)
    hub_share: float = 1 / 3


@dataclass(frozen=True, slots=True)
class FailedVisit:
    """A failed attempt: when it ended, the reason given, and where the vehicle reported to be around it."""

    at: datetime
    reason: FailureReason | None
    reports: tuple[Position, ...] = ()


@dataclass(frozen=True)
class View:
    """One instant of some hubs. ``live`` are the fingerprints of their live cases; ``trails`` where vehicles that seem
    off their course reported to be lately; ``failed`` the attempts that failed today; ``unreachable`` the customers
    who can't be sent a text message, or don't want one."""

    snapshot: HubSnapshot
    forecast: Forecast
    thresholds: Thresholds = field(default_factory=Thresholds)
    live: frozenset[str] = frozenset()
    trails: Mapping[VehicleId, tuple[Position, ...]] = field(default_factory=dict)
    failed: Mapping[StopId, FailedVisit] = field(default_factory=dict)
    unreachable: frozenset[ContactId] = frozenset()

    @property
    def now(self) -> datetime:
        return self.snapshot.taken_at

    def fingerprint(self, cause: str) -> str:
        """The cause's name on its day: what makes two signals one case."""
        return f"{self.snapshot.day}/{cause}"

    def passes(self, value: float, limits: tuple[float, float], cause: str) -> bool:
        """Whether a value is over its threshold, the lower one where the cause has a live case."""
        begins, lasts = limits
        return value >= (lasts if self.fingerprint(cause) in self.live else begins)

    def routes(self, *statuses: RouteStatus) -> list[Route]:
        return [route for route in self.snapshot.routes.values() if route.status in statuses]

    def p_late(self, stop: Stop) -> float:
        return chance_late(self.forecast.stops.get(stop.id), stop)

    def signal(self, route: Route, kind: CaseKind, cause: str, stops: Sequence[Stop], **evidence: object) -> Signal:
        """Of one route: the stops at risk (all of them where none is), as grave as they are many."""
        return self.signal_of(route.hub_id, [route.id], kind, cause, stops, **evidence)

    def signal_of(
        self,
        hub_id: HubId,
        route_ids: Iterable[RouteId],
        kind: CaseKind,
        cause: str,
        stops: Sequence[Stop],
        **evidence: object,
    ) -> Signal:
        at_risk = [stop for stop in stops if self.p_late(stop) >= _AT_RISK]
        return Signal(
            fingerprint=self.fingerprint(cause),
            kind=kind,
            hub_id=hub_id,
            route_ids=tuple(route_ids),
            stop_ids=tuple(stop.id for stop in (at_risk or stops)),
            severity=round(sum(self.p_late(stop) for stop in stops), 4),
            evidence=evidence,
            expires_at=self.last_promise(stops) + LOST_AFTER,
        )

    def last_promise(self, stops: Iterable[Stop]) -> datetime:
        """When the last of the stops' promises ends."""
        return max(self.promise_end(stop) for stop in stops)

    def promise_end(self, stop: Stop) -> datetime:
        order = None if stop.order_id is None else self.snapshot.orders.get(stop.order_id)
        return stop.window.closes_at if order is None else order.promise.closes_at


def chance_late(score: StopForecast | None, stop: Stop) -> float:
    """A stop nobody can score any more (its vehicle is gone) counts as missed."""
    if score is not None:
        return score.p_late
    return 0.0 if stop.status is StopStatus.COMPLETED else 1.0


def minutes(span: timedelta) -> float:
    return round(span.total_seconds() / 60, 1)
