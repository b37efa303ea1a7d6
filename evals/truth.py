"""What the day has in store: draws that depend on (seed, day, entity), never on the arm or the order of calls."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from evals.draws import Draws
from evals.households import Households, between_hours
from evals.mishaps import Away, Closure, Interval, LateLoad, Outage
from evals.profile import Profile, Span
from evals.roads import Place, Roads, crow_fly_m
from evals.schedule import Shift, plan_shifts
from forestall.domain.ids import CarrierId, LocationId, OrderId, RouteId, StopId, VehicleId
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route
from forestall.domain.vocabulary import CarrierKind

CALLS_IN_BEFORE_S = 1800.0  # a driver who can't come says so this long before he should leave


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
        self.households = Households(plan, profile.customers, self.draws, seed, self._local_hour)

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
        return between_hours(self._profile.travel.hour_of_day, self._local_hour(instant))

    def _local_hour(self, instant: float) -> float:
        local = datetime.fromtimestamp(instant, UTC).astimezone(self._zone)
        return local.hour + local.minute / 60

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
        """Whole seconds at the door, or of a hand-over, where the plan expects ``planned_s``."""
        factor = self._profile.service_factor * self.draws.lognormal(self._profile.service_sd, "service", stop_id)
        return round(planned_s * factor)

    def usual_parking_s(self, planned_s: float) -> float:
        """How much of a planned service is meant for parking."""
        return min(self._profile.parking.usual_min * 60, planned_s / 2)

    def parking_s(self, location_id: LocationId, planned_s: float) -> int:
        """Whole seconds from reaching the place to standing at the door; the place's own, whoever parks there."""
        own = self.draws.lognormal(self._profile.parking.sd, "parking", location_id)
        return round(self.usual_parking_s(planned_s) * own)

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

    @cached_property
    def outages(self) -> tuple[Outage, ...]:
        return tuple(self._outage(str(number)) for number in range(self._profile.outages.count))

    def _outage(self, number: str) -> Outage:
        """It begins while there is something to leave the hub, or so that some of it has to wait."""
        rule, hubs = self._profile.outages, sorted({route.hub_id for route in self._plan.routes})
        hub_id = hubs[int(self.draws.unit("outage-hub", number) * len(hubs))]
        leaving = [r.departs_at.timestamp() for r in self._plan.routes if r.hub_id == hub_id and not r.is_spare]
        first, last = min(leaving, default=self._day_opens), max(leaving, default=self._day_opens)
        length = self._minutes(rule.length, "outage-length", number)
        start = float(round(self.draws.between(max(self._day_opens, first - length / 2), last, "outage", number)))
        guess = round(length * self.draws.lognormal(rule.estimate_sd, "outage-guess", number))
        return Outage(hub_id, Interval(start, start + length), start + guess)

    @cached_property
    def closures(self) -> tuple[Closure, ...]:
        numbers = range(self._profile.closures.count) if self._plan.stops else ()
        return tuple(self._closure(str(number)) for number in numbers)

    def _closure(self, number: str) -> Closure:
        """Around a drawn stop, while vehicles are about."""
        rule, stops = self._profile.closures, sorted(self._plan.stops, key=lambda stop: stop.id)
        stop = stops[int(self.draws.unit("closure-center", number) * len(stops))]
        length = self._minutes(rule.length, "closure-length", number)
        out = [self.shifts[route.vehicle_id] for route in self._plan.routes if not route.is_spare]
        begin, end = min(shift.leaves for shift in out), max(shift.returns for shift in out)
        start = float(round(self.draws.between(begin, max(begin, end - length), "closure", number)))
        told_at, opens = start + rule.told_after_min * 60, start + length
        guess = start + round(length * self.draws.lognormal(rule.estimate_sd, "closure-guess", number))
        words = [(told_at, guess), (float(round((told_at + opens) / 2)), opens)] if told_at < opens else []
        hub_id = next(route.hub_id for route in self._plan.routes if route.id == stop.route_id)
        place, during = self.roads.places[stop.location.id], Interval(start, opens)
        return Closure(f"{self._plan.day}-{number}", hub_id, place, rule.radius_m, during, (*words, (opens, opens)))

    def barred_until(self, place: Place, instant: float) -> float | None:
        """When a place can be reached that can't be at ``instant``; None where nothing is in the way."""
        return max((c.during.end for c in self.closures if c.bars(place, instant)), default=None)

    def away(self, route: Route) -> Away | None:
        """How long the route's driver is missing from his hub; None for most, and for spares."""
        rule, needed = self._profile.vehicles, route.departs_at.timestamp()
        driver_id = route.driver_id
        if driver_id is None or route.is_spare or not self.draws.happens(rule.drivers_away, "away", driver_id):
            return None
        told_at = max(self._day_opens, needed - CALLS_IN_BEFORE_S)
        if self.draws.happens(rule.away_all_day, "away-all-day", driver_id):
            return Away(driver_id, told_at, None)
        return Away(driver_id, told_at, needed + self._minutes(rule.away, "away-length", driver_id))

    def is_false_attempt(self, stop_id: StopId) -> bool:
        """Whether the driver will rather say that nobody was in than go there."""
        return self.draws.happens(self._profile.vehicles.false_attempts, "false-attempt", stop_id)

    def withdraws_at(self, carrier_id: CarrierId) -> float | None:
        """When another carrier lets it be known that it drives no more today: before the last of its routes leaves."""
        mine = {vehicle.id for vehicle in self._plan.vehicles if vehicle.carrier_id == carrier_id}
        leaves = [route.departs_at.timestamp() for route in self._plan.routes if route.vehicle_id in mine]
        is_ours = any(c.id == carrier_id and c.kind is CarrierKind.OWNED for c in self._plan.carriers)
        if is_ours or not leaves or not self.draws.happens(self._profile.carriers.withdrawals, "withdraws", carrier_id):
            return None
        return float(round(self.draws.between(self._day_opens, max(leaves), "withdraws-at", carrier_id)))

    def cancels_at(self, order_id: OrderId, closes_at: float) -> float | None:
        """When the customer calls the order off: at any time before the promised window's end."""
        if not self.draws.happens(self._profile.customers.cancellations, "cancellation", order_id):
            return None
        return float(round(self.draws.between(self._day_opens, closes_at, "cancellation-at", order_id)))

    def follows_order(self, route_id: RouteId, plan_version: int) -> bool:
        """Whether a driver takes up a new order of the stops he already has."""
        return self.draws.happens(self._profile.vehicles.obedience, "obedience", route_id, str(plan_version))

    def misses_message(self, route_id: RouteId, plan_version: int) -> bool:
        """Whether the driver's device never shows this list."""
        return self.draws.happens(self._profile.vehicles.misses_messages, "missed", route_id, str(plan_version))

    def reads_after_s(self, route_id: RouteId, plan_version: int) -> float:
        """How long a list lies on the device before the driver reads and confirms it."""
        rule = self._profile.vehicles.acks_after
        return 60 * self.draws.between(rule.from_min, rule.to_min, "ack", route_id, str(plan_version))
