"""The whole loop on small days, on both databases: watched, trained on, judged, promoted, used, and judged again."""

import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agent.learning.diagram import render_page
from agent.learning.drift import watch_of
from agent.learning.report import describe_report, read_report
from agent.learning.training import promote, train_challenger
from evals.calendar import on_day
from evals.city import build_city
from evals.profile import load_profile
from evals.rehearsal import rehearse
from forestall.clock import ManualClock
from forestall.errors import BadInput
from forestall.settings import Settings
from forestall.store import Store


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        durable=False,
        samples=64,
        features_every_s=3600,
        drift_min_stops=30,
    )


def silent(_text: str) -> None:
    """Progress that nobody reads."""


def test_days_teach_a_model_that_scores_the_next_day_and_is_judged_by_it(settings: Settings) -> None:
    plan, rough = build_city(5, customers=60), load_profile(Path("rough"))
    watched = list(rehearse([plan], rough, settings, first=0, days=7, seed=1))
    assert all("gbm" not in day.model for day in watched)
    over = max(hub.closes_at for hub in plan.hubs) + timedelta(days=6, hours=7)
    with closing(Store.open(settings.resolved_database_url, ManualClock(over))) as store:
        model = train_challenger(store, over, hold_out=2, seed=1, say=silent)
        assert model.trained_on["days"] == [day.day for day in watched[:5]]
        contest = promote(store, model.id, "ann", over)
        assert contest.objections == ()
        assert contest.days == tuple(day.day for day in watched[5:])
        [next_day] = rehearse([plan], rough, settings, first=7, days=1, seed=1)
        assert next_day.model.endswith(model.id)
        with store.read() as uow:
            report = read_report(uow, watch_of(settings), over + timedelta(days=2))
        assert {one.model for one in report.diagrams} == {next_day.model}
        assert [one.used for one in report.in_force] == [model.id, None]
        assert all(point.low <= point.came <= point.high for one in report.diagrams for point in one.points)
        page = render_page(report)
        assert page.count("<svg") == len(report.diagrams) > 0
        assert describe_report(report)["reliability"]


def test_a_day_that_was_played_is_not_played_again(settings: Settings) -> None:
    plan, calm = build_city(5, customers=10), load_profile(Path("calm"))
    list(rehearse([plan], calm, settings, first=3, days=1, seed=1))
    with pytest.raises(BadInput, match="played once"):
        list(rehearse([plan], calm, settings, first=3, days=1, seed=1))


def test_without_features_there_is_nothing_to_rehearse_for(settings: Settings) -> None:
    with pytest.raises(BadInput) as refused:
        next(rehearse([], load_profile(), settings.model_copy(update={"features_every_s": 0.0}), 0, 1, 1))
    assert "FORESTALL_FEATURES_EVERY_S" in str(refused.value.as_body())


def test_a_day_on_another_date_is_the_same_day_under_its_own_names() -> None:
    plan = build_city(5, customers=10)
    moved = on_day(plan, 3)
    shift = timedelta(days=3)
    assert [hub.opens_at - shift for hub in moved.hubs] == [hub.opens_at for hub in plan.hubs]
    assert [order.promise.closes_at - shift for order in moved.orders] == [o.promise.closes_at for o in plan.orders]
    assert [re.sub(r"^d03-", "", stop.id) for stop in moved.stops] == [stop.id for stop in plan.stops]
    assert {stop.route_id for stop in moved.stops} <= {route.id for route in moved.routes}
    assert {stop.order_id for stop in moved.stops} == {order.id for order in moved.orders}
    assert {package.order_id for package in moved.packages} == {order.id for order in moved.orders}
    assert moved.vehicles == plan.vehicles
