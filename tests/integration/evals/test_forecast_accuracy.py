"""Forecasts of a watched day, joined with what became of it."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from evals.days import read_day, read_seeds
from evals.forecast_accuracy import Scored, carried_starts, join, report, score_day
from evals.forecast_cli import bench_forecast
from evals.profile import load_profile
from evals.watching import WatchedDay, watch
from forestall.domain.vocabulary import StopStatus
from forestall.errors import BadInput
from optimizer.risk import Forecaster


@pytest.fixture(scope="module")
def day() -> WatchedDay:
    rules = load_profile(None)
    return watch(read_day(Path("city:1"), rules), rules, 3, Forecaster(samples=64), 7200.0)


def test_no_picture_of_a_watched_day_knows_what_came_later(day: WatchedDay) -> None:
    assert len(day.pictures) > 5
    off = timedelta(seconds=load_profile(None).signals.clock_offset_s)  # whose clock is ahead says so a little early
    for picture in day.pictures:
        for stop in picture.snapshot.stops.values():
            times = [t for t in (stop.departed_at, stop.arrived_at, stop.finished_at) if t is not None]
            assert all(time <= picture.snapshot.taken_at + off for time in times)


def test_nobody_alters_a_watched_day(day: WatchedDay) -> None:
    assert not day.ledger.moved
    assert day.ledger.messages == 0
    planned = {stop.id: stop.route_id for stop in day.plan.stops}
    last = day.pictures[-1].snapshot
    assert {stop.id: stop.route_id for stop in last.stops.values()} == planned


def test_scores_count_while_their_question_is_open(day: WatchedDay) -> None:
    scored = score_day(day)
    assert 0 < scored.late.size < sum(len(picture.forecast.stops) for picture in day.pictures)
    assert scored.late.any()
    assert not scored.late.all()
    assert (scored.lead_s >= 0.0).all()
    assert (scored.missed >= scored.late).all()


def test_a_delay_is_carried_to_all_that_follows(day: WatchedDay) -> None:
    picture = next(p for p in day.pictures if any(s.status is StopStatus.ENROUTE for s in p.snapshot.stops.values()))
    starts = carried_starts(picture.snapshot, picture.travel)
    for route_id in picture.snapshot.routes:
        ahead = [starts[stop.id] for stop in picture.snapshot.open_stops(route_id) if stop.id in starts]
        assert ahead == sorted(ahead)


def test_the_report_splits_by_lead_and_state_and_stands_beside_the_baseline(day: WatchedDay) -> None:
    parts = report(score_day(day))
    assert {"all", "at_hub", "under_way"} < set(parts)
    assert parts["all"]["n"] == parts["at_hub"]["n"] + parts["under_way"]["n"]
    assert set(parts["all"]["carry_over"]) == {"auc", "brier_skill", "ece"}


def test_figures_are_right_where_they_can_be_counted() -> None:
    late = np.array([True, False, False, True])
    p = np.array([0.9, 0.1, 0.1, 0.5])
    start = np.array([1.0, 0.0, np.nan, 1.0])
    one = Scored(p, p, late, late, np.zeros(4), np.ones(4, dtype=bool), start, late.astype(float))
    part = report(join([one, one]))["all"]
    assert (part["n"], part["late_rate"], part["auc"]) == (8, 0.5, 1.0)
    assert part["coverage_80"] == pytest.approx(2 / 3, abs=1e-4)
    assert part["ece"] == pytest.approx((0.1 + 2 * 0.1 + 0.5) / 4)
    assert part["carry_over"]["brier_skill"] == 1.0


@pytest.mark.parametrize("text", ["", "x", "4-2", "1-", "-3", "1-2-3"])
def test_seeds_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_seeds(text)
    assert caught.value.problems[0].place == "--seeds"


def test_seeds_are_one_or_a_range() -> None:
    assert (read_seeds("7"), read_seeds("2-4")) == ([7], [2, 3, 4])


def test_a_folder_without_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to forecast"):
        bench_forecast(tmp_path, seeds="1", every_min=10, samples=64, profile=None, as_json=True)
