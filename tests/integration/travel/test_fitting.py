"""From finished legs in the database to travel times the service goes by."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from factories import START, at, make_plan
from forestall.bootstrap import build, map_travel
from forestall.cli.commands import make_app
from forestall.clock import ManualClock
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import StopStatus
from forestall.errors import BadInput
from forestall.settings import Settings
from forestall.store import Store
from optimizer.travel import HaversineTravel


def driven(plan: DayPlan, slower: float) -> DayPlan:
    """The plan with every leg driven, ``slower`` times as long as the built-in travel times tell."""
    stops, here, free = [], {}, {}
    for stop in plan.stops:
        start = here.get(stop.route_id, plan.hubs[0].location)
        left = free.get(stop.route_id, at(30))
        seconds = float(HaversineTravel().durations_s([start, stop.location])[0, 1]) * slower
        came = left + timedelta(seconds=seconds)
        done = {"departed_at": left, "arrived_at": came, "finished_at": came, "status": StopStatus.COMPLETED}
        stops.append(replace(stop, **done))
        here[stop.route_id], free[stop.route_id] = stop.location, came + timedelta(minutes=5)
    return replace(plan, stops=tuple(stops))


@pytest.fixture
def told(database_url, tmp_path, monkeypatch):
    """Runs the command against a database with a driven day."""
    store = Store.open(database_url, ManualClock(START), durable=False)
    with store.write() as uow:
        uow.plans.put(driven(make_plan(route_count=12, stops_each=8), slower=2.0))
    store.close()
    monkeypatch.setenv("FORESTALL_DATABASE_URL", database_url)
    monkeypatch.setenv("FORESTALL_DATA_DIR", str(tmp_path))

    def run(*arguments: str):
        return CliRunner().invoke(make_app(), ["travel", "fit", *arguments], catch_exceptions=True)

    return run


def test_a_town_twice_as_slow_is_told_so_by_the_fit(told, tmp_path):
    shown = json.loads(told("--out", str(tmp_path / "travel.json"), "--json").stdout)
    assert shown["legs"] == 96
    assert shown["before"]["bias"] == pytest.approx(-0.5, abs=0.01)
    assert abs(shown["after"]["bias"]) < 0.15
    assert shown["bands"][0]["m_s"] < 5.5


def test_the_service_goes_by_the_file_it_is_given_and_records_it(told, tmp_path, database_url):
    told("--out", str(tmp_path / "travel.json"))
    settings = Settings(data_dir=tmp_path, database_url=database_url, travel_file=tmp_path / "travel.json", samples=64)
    assert map_travel(settings).provenance.startswith("haversine fitted")
    service = build(settings, clock=ManualClock(START))
    service.close()


def test_a_day_that_is_not_there_is_named_with_those_that_are(told):
    failed = told("--day", "2031-01-01")
    assert isinstance(failed.exception, BadInput)
    assert "2031-01-01" in failed.exception.problems[0].place


def test_a_missing_travel_file_stops_the_start_by_name(tmp_path):
    with pytest.raises(BadInput) as caught:
        build(Settings(data_dir=tmp_path, travel_file=tmp_path / "none.json"))
    assert caught.value.problems[0].place == "FORESTALL_TRAVEL_FILE"
