"""The quantities behind the six KPIs of one played day, each a sum, so that days can be added up (docs/metrics.md)."""

from collections import Counter
from dataclasses import dataclass
from math import cos, radians

from evals.ledger import Ledger
from forestall.domain.ids import StopId
from forestall.domain.plan import DayPlan
from optimizer.travel.zones import ZONE_DEG, zone_of

KM_PER_DEGREE = 111.32


@dataclass(frozen=True, slots=True)
class CostRates:
    """What an operator pays, in cents: assumptions for a European city, for a reader to replace by his own.

    ``hour`` of a van and its driver at work, driving or serving; ``van_day`` for each van that leaves the hub;
    ``again`` for each stop that is not delivered today; ``message`` a text; ``dispatcher_min`` of a dispatcher.
    """

    hour: float = 3200.0
    van_day: float = 4500.0
    again: float = 900.0
    message: float = 8.0
    dispatcher_min: float = 50.0


RATES = CostRates()


@dataclass(frozen=True, slots=True)
class Workload:
    """Seconds at work and on shift, vans that were used, what other carriers charge, and the ground covered.

    ``shift_s`` is of every vehicle that had stops planned or visited any. ``zone_km2`` is the area of the zones
    (squares of ``optimizer.travel.zones``) with at least one delivery, ``busiest`` the most deliveries in one of them.
    """

    service_s: float
    shift_s: float
    vans_used: int
    carrier_cents: int
    zone_km2: float
    busiest: int


def workload_of(plan: DayPlan, ledger: Ledger) -> Workload:
    """The day's work as its ledger has it."""
    visits = ledger.visits.values()
    used = {visit.vehicle_id for visit in visits}
    zones = _zones(plan, ledger)
    return Workload(
        service_s=sum(v.finished_at - v.started_at for v in visits if v.finished_at is not None),
        shift_s=_shift_s(plan, ledger),
        vans_used=len(used),
        carrier_cents=_carrier_cents(plan, ledger),
        zone_km2=sum(_km2(zone) for zone in zones),
        busiest=max(zones.values(), default=0),
    )


def cost_cents(travel_s: float, work: Workload, undelivered: int, messages: int, human_minutes: float) -> float:
    """What the day cost under ``RATES``."""
    return (
        (travel_s + work.service_s) / 3600.0 * RATES.hour
        + work.vans_used * RATES.van_day
        + undelivered * RATES.again
        + messages * RATES.message
        + human_minutes * RATES.dispatcher_min
        + work.carrier_cents
    )


def _shift_s(plan: DayPlan, ledger: Ledger) -> float:
    hubs, drivers = {hub.id: hub for hub in plan.hubs}, {driver.id: driver for driver in plan.drivers}
    planned = {stop.route_id for stop in plan.stops}
    visiting = {visit.vehicle_id for visit in ledger.visits.values()}
    total = 0.0
    for route in plan.routes:
        if route.id in planned or route.vehicle_id in visiting:
            driver, hub = drivers.get(route.driver_id) if route.driver_id else None, hubs[route.hub_id]
            begins, ends = (
                (driver.shift_start, driver.shift_end) if driver is not None else (hub.opens_at, hub.closes_at)
            )
            total += (ends - begins).total_seconds()
    return total


def _carrier_cents(plan: DayPlan, ledger: Ledger) -> int:
    """What carriers charge for the stops that the plan had given to another one."""
    carriers = {carrier.id: carrier for carrier in plan.carriers}
    carrier_of = {vehicle.id: vehicle.carrier_id for vehicle in plan.vehicles}
    vehicle_of = {route.id: route.vehicle_id for route in plan.routes}
    home = {stop.id: carrier_of[vehicle_of[stop.route_id]] for stop in plan.stops}
    driven = {stop_id: carrier_of[visit.vehicle_id] for stop_id, visit in ledger.visits.items() if stop_id in home}
    return sum(carriers[by].cost_per_stop_cents for stop_id, by in driven.items() if by != home[stop_id])


def _zones(plan: DayPlan, ledger: Ledger) -> Counter[tuple[int, int]]:
    """Deliveries by zone."""
    return Counter(
        zone_of(stop.location.lat, stop.location.lon)
        for stop in plan.stops
        if stop.order_id is not None and _is_delivered(ledger, stop.id)
    )


def _is_delivered(ledger: Ledger, stop_id: StopId) -> bool:
    visit = ledger.visits.get(stop_id)
    return visit is not None and visit.finished_at is not None and not visit.failed


def _km2(zone: tuple[int, int]) -> float:
    side = ZONE_DEG * KM_PER_DEGREE
    return side * side * cos(radians((zone[0] + 0.5) * ZONE_DEG))
