"""The traps of a forecast, each held by a test."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forestall.domain.ids import RouteId, StopId
from forestall.domain.vocabulary import RouteStatus, StopStatus, VehicleMode
from optimizer.repair import Repairer
from optimizer.risk.forecast import Forecaster
from optimizer.risk.priors import Priors


@pytest.fixture
def forecaster() -> Forecaster:
    return Forecaster()


def driving(town, minutes_late=0, window=("08:00", "09:30")):
    """One route under way: at A since 08:00 (+ delay), then B and C."""
    route = town.route("R1", status=RouteStatus.UNDERWAY, departs="07:30")
    arrived = town.at("08:00") + timedelta(minutes=minutes_late)
    town.stop(
        route,
        "A",
        town.place("a", 5, 0),
        status=StopStatus.ARRIVED,
        departed_at=town.at("07:30"),
        arrived_at=arrived,
    )
    town.stop(route, "B", town.place("b", 9, 4), window)
    town.stop(route, "C", town.place("c", 12, 9), ("08:00", "09:45"))
    return town.snapshot("08:02"), arrived


def test_the_same_snapshot_and_seed_give_the_same_scores(town, travel) -> None:
    town.fleet(3)
    snapshot = town.snapshot("08:40")
    assert Forecaster().forecast(snapshot, travel) == Forecaster().forecast(snapshot, travel)
    assert Forecaster().forecast(snapshot, travel).stops != Forecaster(seed=2).forecast(snapshot, travel).stops


def test_the_order_in_which_rows_were_read_does_not_matter(town, travel) -> None:
    town.fleet(3, breaks=True)
    snapshot = town.snapshot("08:40")
    backwards = replace(
        snapshot,
        routes=dict(reversed(snapshot.routes.items())),
        stops=dict(reversed(snapshot.stops.items())),
        packages=dict(reversed(snapshot.packages.items())),
    )
    assert Forecaster().forecast(backwards, travel) == Forecaster().forecast(snapshot, travel)


@pytest.mark.parametrize("seed", range(3))
def test_more_delay_never_lowers_any_risk(town, travel, forecaster, seed) -> None:
    """Delay at the hub and on the road, all else and the time of looking the same."""
    town.fleet(seed)
    snapshot = town.snapshot("08:40")
    before = forecaster.forecast(snapshot, travel)
    for minutes in (15, 40, 90):
        late = timedelta(minutes=minutes)
        delayed = replace(
            snapshot,
            routes={r: replace(row, departs_at=town.at("08:40") + late) for r, row in snapshot.routes.items()},
            stops={
                s: replace(row, service_s=row.service_s + late.total_seconds()) if row.status.is_committed else row
                for s, row in snapshot.stops.items()
            },
        )
        after = forecaster.forecast(delayed, travel)
        for stop_id, score in before.stops.items():
            assert after.stops[stop_id].p_late >= score.p_late
        before = after


def test_a_stop_whose_window_has_passed_is_late_for_certain(town, travel, forecaster) -> None:
    snapshot, _ = driving(town, window=("07:00", "08:01"))
    score = forecaster.forecast(snapshot, travel).stops[StopId("B")]
    assert score.p_late == 1.0
    assert score.p_miss == 1.0


def test_an_arrival_in_time_is_on_time_for_certain(town, travel, forecaster) -> None:
    snapshot, arrived = driving(town)
    score = forecaster.forecast(snapshot, travel).stops[StopId("A")]
    assert score.p_late == 0.0
    assert score.eta_p10 == score.eta_p90 == arrived


def test_early_arrivals_wait_for_the_window_and_are_not_late(town, travel, forecaster) -> None:
    snapshot, _ = driving(town, window=("12:00", "13:00"))
    score = forecaster.forecast(snapshot, travel).stops[StopId("B")]
    assert score.p_late == 0.0
    assert score.eta_p50 == town.at("12:00")


def test_every_stop_left_on_a_broken_vehicle_is_lost_and_says_why(town, travel, forecaster) -> None:
    route = town.route("R1", status=RouteStatus.BROKEN)
    stop = town.stop(route, "A", town.place("a", 1, 1))
    score = forecaster.forecast(town.snapshot(), travel).stops[stop]
    assert score.p_late == 1.0
    assert [reason.cause for reason in score.reasons] == ["vehicle_broken"]


def test_a_stop_after_the_shifts_end_is_lost(town, travel, forecaster) -> None:
    route = town.route("R1", shift_end="10:00")
    stop = town.stop(route, "A", town.place("a", 1, 1), ("11:00", "12:00"))
    assert forecaster.forecast(town.snapshot(), travel).stops[stop].p_late == 1.0


def test_a_load_promised_too_late_is_the_reason_for_lateness(town, travel, forecaster) -> None:
    route = town.route("R1", load_ready="09:30")
    stop = town.stop(route, "A", town.place("a", 4, 0), ("08:00", "09:00"), available="09:30")
    score = forecaster.forecast(town.snapshot("07:50"), travel).stops[stop]
    assert score.p_late > 0.8
    assert score.reasons[0].cause == "late_load"


def test_a_load_that_waits_for_one_package_is_there_but_for_that_one(town, travel) -> None:
    """What is said of the whole repeats the word on the one."""
    route = town.route("R1", load_ready="09:30")
    town.stop(route, "A", town.place("a", 4, 0), available="09:30")
    town.stop(route, "B", town.place("b", 4, 1))
    problem = Repairer().prepare(town.snapshot("07:50"), travel)
    late, there = (problem.world.available_s[problem.stop_index[StopId(name)]] for name in ("A", "B"))
    assert (problem.instant(late), there) == (town.at("09:30"), -np.inf)


def test_a_load_that_waits_for_more_than_is_named_is_late_as_a_whole(town, travel) -> None:
    route = town.route("R1", load_ready="10:00")
    town.stop(route, "A", town.place("a", 4, 0), available="09:30")
    town.stop(route, "B", town.place("b", 4, 1))
    problem = Repairer().prepare(town.snapshot("07:50"), travel)
    assert problem.instant(problem.world.available_s[problem.stop_index[StopId("B")]]) == town.at("10:00")


def test_a_delay_carried_along_is_the_reason_for_lateness(town, travel, forecaster) -> None:
    late, _ = driving(town, minutes_late=75)
    late = replace(late, taken_at=town.at("09:16"))
    score = forecaster.forecast(late, travel).stops[StopId("B")]
    assert score.p_late > 0.5
    assert score.reasons[0].cause == "upstream_delay"


def test_only_the_past_is_looked_at(town, travel, forecaster) -> None:
    route = town.route("R1", status=RouteStatus.UNDERWAY)
    stop = town.stop(
        route,
        "A",
        town.place("a", 9, 0),
        ("08:00", "08:30"),
        StopStatus.ENROUTE,
        departed_at=town.at("08:00"),
    )
    before = forecaster.forecast(town.snapshot("08:05"), travel).stops[stop]
    town.seen(route, town.place("x", 0.1, 0), "08:25")  # reported later than the snapshot was taken
    assert forecaster.forecast(town.snapshot("08:05"), travel).stops[stop] == before


def test_a_miss_is_the_union_of_lateness_and_a_failed_attempt(town, travel) -> None:
    town.fleet(2)
    forecast = Forecaster(Priors(p_failed=0.1)).forecast(town.snapshot("08:40"), travel)
    for score in forecast.stops.values():
        assert score.p_miss == pytest.approx(1 - (1 - score.p_late) * (1 - score.p_failed))
        assert max(score.p_late, score.p_failed) <= score.p_miss <= min(1.0, score.p_late + score.p_failed)
        assert score.eta_p10 <= score.eta_p50 <= score.eta_p90


def test_a_visit_that_outlasts_all_expectation_delays_what_follows(town, travel, forecaster) -> None:
    snapshot, _ = driving(town)
    etas = [
        forecaster.forecast(replace(snapshot, taken_at=town.at(clock)), travel).stops[StopId("B")].eta_p50
        for clock in ("08:03", "08:20", "08:50", "11:00")
    ]
    assert etas == sorted(etas)
    assert etas[-1] > town.at("11:00")


def test_each_vehicle_is_forecast_and_repaired_by_the_times_of_its_mode(town, travel) -> None:
    """A van and a bike with equal lists: 15 km in 50 minutes is nothing for the one and out of reach for the other."""
    by_mode = {}
    for name, mode in (("V", VehicleMode.VAN), ("B", VehicleMode.BIKE)):
        route = town.route(name)
        vehicle = town.routes[route].vehicle_id
        town.vehicles[vehicle] = replace(town.vehicles[vehicle], mode=mode)
        by_mode[mode] = town.stop(route, f"S{name}", town.place(f"p{name}", 15, 0), ("08:00", "08:50"))
    snapshot = town.snapshot("07:50")
    scores = Forecaster().forecast(snapshot, travel).stops
    assert scores[by_mode[VehicleMode.VAN]].p_late < 0.2
    assert scores[by_mode[VehicleMode.BIKE]].p_late > 0.8
    repairer = Repairer()
    best = repairer.relocate(Repairer().prepare(snapshot, travel), [by_mode[VehicleMode.BIKE]]).best
    assert best is not None
    assert by_mode[VehicleMode.BIKE] in best.routes[RouteId("V")]
    assert best.misses_after < 0.3
