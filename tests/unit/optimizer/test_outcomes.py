"""What may come of stops, routes and hubs: unions, common causes, hours, room."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forestall.domain.ids import CarrierId, DriverId, HubId, RouteId
from forestall.domain.network import Carrier, HoursOfService
from forestall.domain.vocabulary import CarrierKind, RouteStatus, StopStatus
from optimizer.risk import Forecaster, Priors
from optimizer.risk.assemble import assemble
from optimizer.risk.outcomes import all_starts, departures, is_not_ready, p_late, union

CALM = Priors(hold_per_h=0.0, breakdown_per_h=0.0, load_late=0.0)


def problem_of(town, travel, clock="08:00", priors=None, samples=256):
    snapshot = town.snapshot(clock)
    forecaster = Forecaster(priors, samples=samples)
    return assemble(snapshot, travel, forecaster.beliefs(snapshot, travel))


def test_a_failed_attempt_drawn_within_the_samples_gives_the_union_in_closed_form(town, travel) -> None:
    """The attempt's own draw is independent of the road's, so it need not be drawn: its mean is known."""
    town.fleet(2)
    problem = problem_of(town, travel, "08:40", samples=4096)
    starts = all_starts(problem)
    late = starts > problem.world.closes_s[:, None]
    failed = np.random.default_rng(1).random(late.shape) < 0.3
    drawn = (late | failed).mean(axis=1)
    exact = union(p_late(problem, starts), np.full(len(late), 0.3))
    assert np.abs(drawn - exact).max() < 0.03
    assert (exact < p_late(problem, starts) + 0.3)[late.any(axis=1)].all()  # no sum


def test_loads_of_one_hub_are_late_together(town, travel) -> None:
    for name in ("R1", "R2", "R3", "R4"):
        route = town.route(name, departs="08:00", load_ready="09:00")
        town.stop(route, f"S-{name}", town.place(f"p-{name}", 3, 1), available="09:00")
    together = departures(problem_of(town, travel, "08:00", samples=1024))
    alone = departures(problem_of(town, travel, "08:00", Priors(load_hub_sd=0.0), samples=1024))
    pairs = np.triu_indices(4, 1)
    assert np.corrcoef(together)[pairs].min() > 0.2
    assert abs(np.corrcoef(alone)[pairs]).max() < 0.12


def test_a_load_promised_after_the_departure_is_not_ready_and_one_that_is_there_is(town, travel) -> None:
    late = town.route("LATE", departs="08:30", load_ready="09:30")
    town.stop(late, "A", town.place("a", 2, 0), available="09:30")
    there = town.route("THERE", departs="08:30", load_ready="07:30")
    town.stop(there, "B", town.place("b", 2, 0), available="07:30")
    routes = Forecaster().forecast(town.snapshot("08:00"), travel).routes
    assert routes[late].p_not_ready > 0.99
    assert routes[there].p_not_ready == 0.0


def test_a_load_nobody_has_told_of_is_ever_less_likely_late_as_its_departure_comes_near(town, travel) -> None:
    route = town.route("R1", departs="12:00")
    town.stop(route, "A", town.place("a", 2, 0))
    chances = [is_not_ready(problem_of(town, travel, clock)).mean() for clock in ("08:00", "11:40", "11:59")]
    assert chances[0] == pytest.approx(Priors().load_late, abs=0.01)
    assert chances == sorted(chances, reverse=True)


def test_hours_of_service_are_breached_when_the_way_takes_longer_than_they_allow(town, travel) -> None:
    route = town.route("R1", status=RouteStatus.UNDERWAY, departs="08:00")
    for k in range(4):
        town.stop(route, f"S{k}", town.place(f"p{k}", 30.0 * (k % 2), 5.0), ("06:00", "18:00"))
    driver = town.drivers[DriverId("D-R1")]
    chances = []
    for max_drive_h in (12.0, 1.0):
        town.drivers[driver.id] = replace(driver, hours=HoursOfService(max_drive_s=3600.0 * max_drive_h))
        chances.append(Forecaster(CALM).forecast(town.snapshot("08:00"), travel).routes[route].p_hours_breach)
    assert chances == [0.0, 1.0]


def test_a_route_that_ends_about_when_the_shift_does_may_overrun_it(town, travel) -> None:
    for name, ends in (("EARLY", "16:00"), ("CLOSE", "08:55"), ("LATE", "08:25")):
        route = town.route(name, status=RouteStatus.UNDERWAY, departs="08:00", shift_end=ends)
        town.stop(route, name, town.place(name, 8, 0), ("06:00", "18:00"), service_s=1200.0)
    routes = Forecaster(CALM).forecast(town.snapshot("08:00"), travel).routes
    assert routes[RouteId("EARLY")].p_shift_overrun == 0.0
    assert 0.0 < routes[RouteId("CLOSE")].p_shift_overrun <= routes[RouteId("LATE")].p_shift_overrun
    assert routes[RouteId("EARLY")].finish_p50 > town.at("08:40")


def test_a_broken_vehicle_comes_back_at_no_time(town, travel) -> None:
    route = town.route("R1", status=RouteStatus.BROKEN)
    stop = town.stop(route, "A", town.place("a", 1, 1))
    forecast = Forecaster().forecast(town.snapshot(), travel)
    assert forecast.routes[route].finish_p50 is None
    assert forecast.stops[stop].p_undone == 1.0


def test_what_is_late_and_what_is_never_done_are_told_apart(town, travel) -> None:
    route = town.route("R1", shift_end="10:00")
    gone = town.stop(route, "A", town.place("a", 1, 1), ("11:00", "12:00"))
    late = town.stop(town.route("R2"), "B", town.place("b", 9, 9), ("07:00", "08:05"))
    stops = Forecaster(CALM).forecast(town.snapshot(), travel).stops
    assert (stops[gone].p_late, stops[gone].p_undone) == (1.0, 1.0)
    assert (stops[late].p_late, stops[late].p_undone) == (1.0, 0.0)


@pytest.mark.parametrize(("units", "expected"), [(2.0, 1.0), (10.0, 0.0)])
def test_a_hub_is_over_capacity_when_nobody_has_room_for_what_stays_behind(town, travel, units, expected) -> None:
    """One of two vehicles' load comes two hours late: do its stops fit on the other one?"""
    for name, ready in (("R1", None), ("R2", "10:30")):
        route = town.route(name, departs="08:30", load_ready=ready, capacity={"units": units})
        for k in range(2):
            town.stop(route, f"{name}-{k}", town.place(f"p-{name}-{k}", 3, k), available=ready)
    (slot,) = Forecaster(CALM).forecast(town.snapshot("08:00"), travel).hubs[HubId("H1")].slots
    assert (slot.opens_at, slot.stops) == (town.at("08:00"), 4)
    assert slot.p_over_capacity == pytest.approx(expected, abs=0.02)


def test_further_stops_that_a_carrier_takes_are_room(town, travel) -> None:
    route = town.route("R1", departs="08:30", load_ready="10:30", capacity={"units": 2.0})
    town.stop(route, "A", town.place("a", 3, 0), available="10:30")
    chances = []
    for free in (None, 3):
        town.carriers[CarrierId("OWN")] = Carrier(CarrierId("OWN"), "Own", CarrierKind.OWNED, free_stops=free)
        hub = Forecaster(CALM).forecast(town.snapshot("08:00"), travel).hubs[HubId("H1")]
        chances.append(hub.slots[0].p_over_capacity)
    assert chances == [1.0, 0.0]


def test_a_vehicle_that_has_long_stood_on_its_way_is_expected_later_than_one_that_moves(town, travel) -> None:
    route = town.route("R1", status=RouteStatus.UNDERWAY, departs="08:00")
    stop = town.stop(
        route, "A", town.place("a", 12, 0), ("08:00", "18:00"), StopStatus.ENROUTE, departed_at=town.at("08:00")
    )
    etas = []
    for stood in (None, 10, 25):
        town.seen(route, town.place("x", 6, 0), "08:40")
        seen = town.positions[town.routes[route].vehicle_id]
        since = None if stood is None else seen.at - timedelta(minutes=stood)
        town.positions[seen.vehicle_id] = replace(seen, standing_since=since)
        etas.append(Forecaster().forecast(town.snapshot("08:41"), travel).stops[stop].eta_p50)
    assert etas[0] + timedelta(minutes=3) < etas[1]
    assert etas[0] + timedelta(minutes=3) < etas[2]
