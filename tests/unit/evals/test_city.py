"""The built-in city: the size the demo promises, a plan that holds on expected times, the same for the same seed."""

from collections import Counter

import pytest

from evals.city import build_city
from evals.roads import Roads
from evals.schedule import stops_by_route
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import CarrierKind


@pytest.fixture(scope="module")
def city() -> DayPlan:
    return build_city(1)


def test_it_is_as_large_and_as_mixed_as_the_demo_says(city: DayPlan) -> None:
    kinds = {carrier.id: carrier.kind for carrier in city.carriers}
    driven = {route.vehicle_id for route in city.routes if not route.is_spare}
    fleets = Counter(kinds[vehicle.carrier_id] for vehicle in city.vehicles if vehicle.id in driven)
    assert len(city.stops) >= 250
    assert len(driven) >= 20
    assert fleets.keys() == set(CarrierKind)
    assert {hub.id for hub in city.hubs} == {"H1", "H2"}
    assert {(link.from_hub, link.to_hub) for link in city.links} == {("H1", "H2"), ("H2", "H1")}
    assert sum(route.is_spare for route in city.routes) == 2


def test_every_window_holds_on_expected_times(city: DayPlan) -> None:
    roads = Roads(city)
    hubs = {hub.id: roads.places[hub.location.id] for hub in city.hubs}
    shifts = {driver.id: driver for driver in city.drivers}
    for route in city.routes:
        now, here = route.departs_at.timestamp(), hubs[route.hub_id]
        for stop in stops_by_route(city)[route.id]:
            there = roads.places[stop.location.id]
            now = max(now + roads.base_s(here, there), stop.window.opens_at.timestamp())
            assert now <= stop.window.closes_at.timestamp()
            now, here = now + stop.service_s, there
        assert now + roads.base_s(here, hubs[route.hub_id]) <= shifts[route.driver_id].shift_end.timestamp()


def test_no_vehicle_carries_more_than_it_holds_nor_what_it_may_not(city: DayPlan) -> None:
    size = {package.order_id: package.size["units"] for package in city.packages}
    vehicles = {vehicle.id: vehicle for vehicle in city.vehicles}
    for route in city.routes:
        vehicle, stops = vehicles[route.vehicle_id], stops_by_route(city)[route.id]
        assert sum(size[stop.order_id] for stop in stops) <= vehicle.capacity["units"]
        assert all(stop.skills <= vehicle.skills for stop in stops)


def test_the_windows_are_two_hours_long(city: DayPlan) -> None:
    assert {(order.promise.closes_at - order.promise.opens_at).total_seconds() for order in city.orders} == {7200}


def test_the_river_makes_some_trips_long(city: DayPlan) -> None:
    """Driving takes longer than the crow would: streets, and bridges in a few places only."""
    roads = Roads(city)
    north, south = (roads.places[hub.location.id] for hub in city.hubs)
    assert roads.base_s(north, south) > 900
    assert roads.base_s(north, south) != roads.base_s(south, north)


def test_the_same_seed_is_the_same_city_and_another_is_not(city: DayPlan) -> None:
    assert build_city(1).digest == city.digest
    assert build_city(2).digest != city.digest
