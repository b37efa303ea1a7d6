"""Contributions add up, and say what switching a cause off in the world would change."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forestall.domain.vocabulary import RouteStatus, StopStatus
from optimizer.risk import Forecaster, Priors
from optimizer.risk.reasons import shapley_weights

CALM = Priors(hold_per_h=0.0, breakdown_per_h=0.0, load_late=0.0)


def share_of(score, cause) -> float:
    return sum(reason.p_late for reason in score.reasons if reason.cause == cause)


def assert_adds_up(forecast) -> None:
    for score in forecast.stops.values():
        total = score.p_ordinary + sum(reason.p_late for reason in score.reasons)
        assert total == pytest.approx(score.p_late, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_ordinary_spread_and_all_contributions_add_up_to_the_risk(town, travel, seed) -> None:
    town.fleet(seed, breaks=seed % 2 == 0)
    assert_adds_up(Forecaster().forecast(town.snapshot("10:40"), travel))


def test_shares_are_fair_to_causes_that_need_each_other() -> None:
    """Two causes of which only both together do harm share it; a third that does nothing gets nothing."""
    value = np.array([choice & 3 == 3 for choice in range(8)], dtype=float)
    assert shapley_weights(3) @ value == pytest.approx([0.5, 0.5, 0.0])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_shares_add_up_and_take_what_a_cause_changes_by_itself(count) -> None:
    effects = np.arange(1.0, count + 1.0)
    alone = np.array([sum(e for i, e in enumerate(effects) if choice >> i & 1) for choice in range(1 << count)])
    assert shapley_weights(count) @ (alone + 0.1) == pytest.approx(effects)
    anything = np.random.default_rng(count).random(1 << count)
    assert (shapley_weights(count) @ anything).sum() == pytest.approx(anything[-1] - anything[0])


def underway(town, arrived, window=("08:00", "08:40")):
    """At A since ``arrived`` and done there in five minutes, then B with a window that has ample slack by the plan."""
    route = town.route("R1", status=RouteStatus.UNDERWAY, departs="07:00")
    first = town.place("a", 5, 0)
    town.stop(
        route, "A", first, ("06:00", "18:00"), StopStatus.ARRIVED, departed_at=town.at("07:00"), arrived_at=arrived
    )
    return town.stop(route, "B", town.place("b", 7, 2), window)


def test_a_delay_contributes_what_the_world_without_it_would_lose(town, travel) -> None:
    arrived = town.at("08:24")
    stop = underway(town, arrived)
    late = Forecaster(CALM).forecast(town.snapshot("08:25"), travel).stops[stop]
    punctual = type(town)()
    stop = underway(punctual, town.at("07:10"))
    on_time = Forecaster(CALM).forecast(punctual.snapshot("07:11"), travel).stops[stop]
    assert on_time.p_late == 0.0
    assert late.p_late > 0.05
    assert share_of(late, "upstream_delay") == pytest.approx(late.p_late - on_time.p_late, abs=0.02)


def test_a_late_load_contributes_what_the_world_without_it_would_lose(town, travel) -> None:
    def risk(ready):
        day = type(town)()
        route = day.route("R1", departs="08:00", load_ready=ready)
        stop = day.stop(route, "A", day.place("a", 4, 0), ("08:00", "09:02"), available=ready)
        return Forecaster(CALM).forecast(day.snapshot("07:50"), travel).stops[stop]

    late, there = risk("08:50"), risk(None)
    assert there.p_late == 0.0
    assert 0.2 < late.p_late < 0.99
    assert share_of(late, "late_load") == pytest.approx(late.p_late - there.p_late, abs=0.01)


def test_hold_ups_contribute_what_a_world_without_any_would_lose(town, travel) -> None:
    route = town.route("R1", status=RouteStatus.UNDERWAY, departs="08:00")
    for k in range(4):
        stop = town.stop(route, f"S{k}", town.place(f"p{k}", 12.0 * (k % 2), 4.0), ("08:00", "10:40"))
    snapshot = town.snapshot("08:00")
    often = replace(CALM, hold_per_h=0.25)
    risky = Forecaster(often, samples=1024).forecast(snapshot, travel).stops[stop]
    calm = Forecaster(CALM, samples=1024).forecast(snapshot, travel).stops[stop]
    assert share_of(risky, "hold_up") > 0.05
    assert share_of(risky, "hold_up") == pytest.approx(risky.p_late - calm.p_late, abs=0.02)


def test_a_window_that_leaves_ample_slack_is_never_called_tight(town, travel) -> None:
    stop = underway(town, town.at("08:24"))
    score = Forecaster(CALM).forecast(town.snapshot("08:25"), travel).stops[stop]
    assert share_of(score, "tight_window") == 0.0


def test_a_window_that_the_plan_hardly_meets_is_the_reason_on_a_punctual_route(town, travel) -> None:
    stop = underway(town, town.at("07:11"), ("07:00", "07:22"))
    score = Forecaster(CALM).forecast(town.snapshot("07:12"), travel).stops[stop]
    assert score.p_late > 0.05
    assert score.reasons[0].cause == "tight_window"
    assert score.reasons[0].values["slack_s"] < 1800.0


def test_a_shift_that_ends_first_is_the_reason(town, travel) -> None:
    route = town.route("R1", status=RouteStatus.UNDERWAY, departs="08:00", shift_end="08:10")
    stop = town.stop(route, "A", town.place("a", 25, 0), ("08:00", "18:00"))
    score = Forecaster(CALM).forecast(town.snapshot("08:00"), travel).stops[stop]
    assert score.p_late == 1.0
    assert share_of(score, "driver_limit") == pytest.approx(1.0, abs=0.02)


def test_visits_that_took_long_today_are_a_reason_further_on(town, travel) -> None:
    route = town.route("R1", status=RouteStatus.UNDERWAY, departs="06:00")
    here, clock = town.hub.location, town.at("06:00")
    for k in range(10):
        there = town.place(f"p{k}", 2.0 * (k % 2), 1.0)
        departed, clock = clock, clock + timedelta(seconds=float(travel.durations_s([here, there])[0, 1]))
        finished = clock + timedelta(minutes=9)
        town.stop(
            route, f"D{k}", there, ("06:00", "18:00"), StopStatus.COMPLETED,
            departed_at=departed, arrived_at=clock, finished_at=finished,
        )  # fmt: skip
        here, clock = there, finished
    for k in range(8):
        stop = town.stop(route, f"S{k}", town.place(f"q{k}", 2.0 * (k % 2), 2.0), ("06:00", "09:12"))
    forecast = Forecaster(CALM).forecast(town.snapshot(clock.strftime("%H:%M")), travel)
    assert share_of(forecast.stops[stop], "long_service") > 0.02
    assert_adds_up(forecast)
