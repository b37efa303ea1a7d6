"""What the oracle knows of a day at an instant: all of its truth but the disruptions to come."""

from collections.abc import Iterator

from evals.mishaps import Away, Closure, Interval, LateLoad, Outage
from evals.truth import SlowRegion, Truth
from forestall.domain.ids import OrderId, VehicleId
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route


class KnownTruth(Truth):
    """``truth`` as it is known at ``by`` (Unix seconds): times of legs and at doors for the whole day, a hold-up, a
    slow region, an outage, a closure or a cancellation from its beginning on, a late load or a driver's absence once it
    is told, and breakdowns once they
    have happened (``broken``). A door that stays closed is a time like others; who is at home is no concern of routes.
    """

    def __init__(self, truth: Truth, by: float, broken: frozenset[VehicleId]) -> None:
        vars(self).update(vars(truth))  # the same draws, roads and tables of factors
        self._whole, self._by, self._broken = truth, by, broken

    def hold_up(self, vehicle_id: VehicleId) -> Interval | None:
        hold = self._whole.hold_up(vehicle_id)
        return hold if hold is not None and hold.start <= self._by else None

    def breaks_down_at(self, vehicle_id: VehicleId) -> float | None:
        return self._whole.breaks_down_at(vehicle_id) if vehicle_id in self._broken else None

    def late_load(self, route: Route) -> LateLoad | None:
        late = self._whole.late_load(route)
        return late if late is not None and late.told_at <= self._by else None

    @property
    def slow_regions(self) -> tuple[SlowRegion, ...]:
        return tuple(region for region in self._whole.slow_regions if region.during.start <= self._by)

    @property
    def outages(self) -> tuple[Outage, ...]:
        return tuple(outage for outage in self._whole.outages if outage.during.start <= self._by)

    @property
    def closures(self) -> tuple[Closure, ...]:
        return tuple(closure for closure in self._whole.closures if closure.during.start <= self._by)

    def away(self, route: Route) -> Away | None:
        away = self._whole.away(route)
        return away if away is not None and away.told_at <= self._by else None

    def cancels_at(self, order_id: OrderId, closes_at: float) -> float | None:
        cancels_at = self._whole.cancels_at(order_id, closes_at)
        return cancels_at if cancels_at is not None and cancels_at <= self._by else None


def list_moments(plan: DayPlan, truth: Truth) -> list[float]:
    """When disruptions begin, in order; breakdowns apart, which happen only where the vehicle would drive on."""
    return sorted(set(_moments(plan, truth)))


def _moments(plan: DayPlan, truth: Truth) -> Iterator[float]:
    for vehicle in plan.vehicles:
        hold = truth.hold_up(vehicle.id)
        if hold is not None:
            yield hold.start
    has_stops = {stop.route_id for stop in plan.stops}
    for route in plan.routes:
        late = truth.late_load(route) if route.id in has_stops else None
        if late is not None:
            yield late.told_at
        away = truth.away(route) if route.id in has_stops else None
        if away is not None:
            yield away.told_at
    for outage in truth.outages:
        yield outage.during.start
    for closure in truth.closures:
        yield closure.during.start
    for region in truth.slow_regions:
        yield region.during.start
