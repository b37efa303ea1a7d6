"""The made-up state that the sweep is measured on."""

import math

import pytest
import typer
from typer.testing import CliRunner

from evals.bench_sweep import bench_sweep
from evals.manyhubs import ROUTES_EACH, STOPS_EACH, make_hubs, plan_of
from forestall.domain.vocabulary import RouteStatus
from optimizer.risk import Forecaster
from optimizer.travel import HaversineTravel


@pytest.mark.parametrize("stops", [1, 30, 540])
def test_it_has_as_many_open_stops_as_asked_for(stops: int) -> None:
    hubs = list(make_hubs(stops, 1))
    open_stops = [stop for hub in hubs for stop in hub.stops if stop.status.is_open]
    assert len(open_stops) == stops
    assert {stop.id for stop in open_stops} == {stop_id for hub in hubs for stop_id in hub.begins_at}
    assert len(hubs) == math.ceil(stops / (ROUTES_EACH * STOPS_EACH))
    assert len(plan_of(hubs).stops) == sum(len(hub.stops) for hub in hubs)


def test_equal_seeds_give_equal_states() -> None:
    assert list(make_hubs(60, 3)) == list(make_hubs(60, 3))
    assert list(make_hubs(60, 3)) != list(make_hubs(60, 4))


def test_every_stop_is_forecast_and_about_one_in_ten_is_late() -> None:
    hub = next(make_hubs(500, 1))
    assert {route.status for route in hub.routes} >= {RouteStatus.PLANNED, RouteStatus.UNDERWAY}
    scores = Forecaster(samples=64).forecast(hub.snapshot(), HaversineTravel()).stops
    assert scores.keys() == hub.begins_at.keys()
    assert 0.02 < sum(score.p_late for score in scores.values()) / len(scores) < 0.25


@pytest.mark.parametrize("options", [["--samples", "100"], ["--samples", "0"], ["--stops", "0"], ["--stops", "many"]])
def test_what_cannot_be_measured_is_refused(options: list[str]) -> None:
    app = typer.Typer()
    app.command()(bench_sweep)
    assert CliRunner().invoke(app, options).exit_code == 2
