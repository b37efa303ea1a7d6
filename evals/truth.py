"""What the day has in store: draws that depend on (seed, day, entity), never on the arm or the order of calls."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from evals.draws import Draws
from evals.profile import Profile, Span
from evals.roads import Place, Roads, crow_fly_m
from evals.schedule import Shift, plan_shifts
from forestall.domain.ids import LocationId, OrderId, RouteId, StopId, VehicleId
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route

HOUR_S = 3600.0


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
class SlowRegion:
    during: Interval
    factor: float
    locations: frozenset[LocationId]


class Truth:
    """The day's truth under one seed. Instants are Unix seconds, durations seconds."""

    def __init__(self, plan: DayPlan, profile: Profile, seed: int) -> None:
        self.roads = Roads(plan)
        self.draws = Draws(seed, plan.day)
        self._plan, self._profile = plan, profile
        self._zone = ZoneInfo(plan.hubs[0].time_zone)
        self._day_opens = min(hub.opens_at.timestamp() for hub in plan.hubs)
        self._day_closes = max(hub.closes_at.timestamp() for hub in plan.hubs)
        self._leg_factors: dict[tuple[LocationId, LocationId], float] = {}

    @cached_property
    def shifts(self) -> dict[VehicleId, Shift]:
        return plan_shifts(self._plan, self.roads)

    def drive_s(self, vehicle_id: VehicleId, start: Place, end: Place, leaves_at: float) -> int:
        """Whole seconds for a leg begun at ``leaves_at``, hold-ups apart."""
        base = self.roads.base_s(start, end)
        around = self.hour_factor(leaves_at) * self.region_factor(start, end, leaves_at)
        return round(base * self.route_factor(vehicle_id) * self.leg_factor(start.id, end.id) * around)

    def leg_factor(self, start: LocationId, end: LocationId) -> float:
        factor = self._leg_factors.get((start, end))
        if factor is None:
            factor = self.draws.heavy_tailed(self._profile.travel.leg_sd, "leg", start, end)
            self._leg_factors[start, end] = factor
        return factor

    def route_factor(self, vehicle_id: VehicleId) -> float:
        return self.draws.lognormal(self._profile.travel.route_sd, "route", vehicle_id)

    def hour_factor(self, instant: float) -> float:
        """The factor of the local hour, moving evenly from the middle of one hour to the middle of the next."""
        local = datetime.fromtimestamp(instant, UTC).astimezone(self._zone)
        position = local.hour + local.minute / 60 - 0.5
        hour, share = int(position // 1), position % 1
        factors = self._profile.travel.hour_of_day
        return factors[hour % 24] * (1 - share) + factors[(hour + 1) % 24] * share

    def region_factor(self, start: Place, end: Place, instant: float) -> float:
        """How much slower a leg is that touches a slow region while it is slow."""
        ends = {start.id, end.id} | set(start.leg[:2] if start.leg else ()) | set(end.leg[:2] if end.leg else ())
        factor = 1.0
        for region in self.slow_regions:
            if region.during.holds(instant) and not region.locations.isdisjoint(ends):
                factor *= region.factor
        return factor

    @cached_property
    def slow_regions(self) -> tuple[SlowRegion, ...]:
        return tuple(self._slow_region(str(number)) for number in range(self._profile.slow_regions.count))

    def _slow_region(self, number: str) -> SlowRegion:
        rule, places = self._profile.slow_regions, sorted(self.roads.places.values(), key=lambda place: place.id)
        center = places[int(self.draws.unit("region-center", number) * len(places))]
        nearest = sorted(places, key=lambda place: (crow_fly_m(center, place), place.id))
        length = rule.length_min * 60
        start = self.draws.between(self._day_opens, max(self._day_opens, self._day_closes - length), "region", number)
        inside = nearest[: round(rule.share * len(places))]
        return SlowRegion(Interval(start, start + length), rule.factor, frozenset(place.id for place in inside))

    def service_s(self, stop_id: StopId, planned_s: float) -> int:
        return round(planned_s * self.draws.lognormal(self._profile.service_sd, "service", stop_id))

    def breaks_down_at(self, vehicle_id: VehicleId) -> float | None:
        """When the vehicle stops for good, somewhere in its expected shift; None for most."""
        if not self.draws.happens(self._profile.vehicles.breakdowns, "breakdown", vehicle_id):
            return None
        return self._within_shift(vehicle_id, "breakdown-at")

    def hold_up(self, vehicle_id: VehicleId) -> Interval | None:
        """When the vehicle can't drive for a while, by whatever happened; None for most."""
        rule = self._profile.hold_ups
        return self._interval(vehicle_id, rule.rate, rule.length, "hold-up")

    def lost_signal(self, vehicle_id: VehicleId) -> Interval | None:
        """When nothing is heard of the vehicle, though it drives on."""
        rule = self._profile.vehicles
        return self._interval(vehicle_id, rule.lost_signals, rule.lost_signal, "lost-signal")

    def _interval(self, vehicle_id: VehicleId, rate: float, length: Span, purpose: str) -> Interval | None:
        if not self.draws.happens(rate, purpose, vehicle_id):
            return None
        start = self._within_shift(vehicle_id, f"{purpose}-at")
        return Interval(start, start + self._minutes(length, f"{purpose}-length", vehicle_id))

    def _within_shift(self, vehicle_id: VehicleId, purpose: str) -> float:
        shift = self.shifts[vehicle_id]
        return float(round(self.draws.between(shift.leaves, shift.returns, purpose, vehicle_id)))

    def _minutes(self, span: Span, purpose: str, entity: str) -> float:
        return float(round(60 * self.draws.between(span.from_min, span.to_min, purpose, entity)))

    def late_load(self, route: Route) -> LateLoad | None:
        rule, needed = self._profile.late_loads, route.departs_at.timestamp()
        if route.is_spare or not self.draws.happens(rule.rate, "late-load", route.id):
            return None
        delay = self._minutes(rule.delay, "late-load-delay", route.id)
        guess = round(delay * self.draws.lognormal(rule.estimate_sd, "late-load-guess", route.id))
        told_at = max(self._day_opens, needed - rule.told_before_min * 60)
        return LateLoad(told_at, needed + guess, needed + delay)

    def is_no_show(self, order_id: OrderId) -> bool:
        return self.draws.happens(self._profile.customers.no_shows, "no-show", order_id)

    def is_helped_if_asked(self, order_id: OrderId) -> bool:
        return self.draws.happens(self._profile.customers.helped_if_asked, "helped", order_id)

    def cancels_at(self, order_id: OrderId, closes_at: float) -> float | None:
        """When the customer calls the order off: at any time before the promised window's end."""
        if not self.draws.happens(self._profile.customers.cancellations, "cancellation", order_id):
            return None
        return float(round(self.draws.between(self._day_opens, closes_at, "cancellation-at", order_id)))

    def follows_order(self, route_id: RouteId, plan_version: int) -> bool:
        """Whether a driver takes up a new order of the stops he already has."""
        return self.draws.happens(self._profile.vehicles.obedience, "obedience", route_id, str(plan_version))
