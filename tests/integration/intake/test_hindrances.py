"""Closed roads and absent drivers: taken in, the latest word counts, and plans that did not know of them go stale."""

from typing import Any

import pytest

from factories import DAY, at, make_event, make_plan
from forestall.clock import ManualClock
from forestall.domain.events import Event
from forestall.domain.ids import DriverId, HubId, RouteId
from forestall.domain.vocabulary import EventOutcome, EventType
from forestall.errors import BadInput
from forestall.intake import Intake, read_events
from forestall.intake.plan import with_digest
from forestall.store import Store

H1, D01, R01, R02 = HubId("H1"), DriverId("D01"), RouteId("R01"), RouteId("R02")


@pytest.fixture
def intake(store: Store, manual_clock: ManualClock) -> Intake:
    taker = Intake(store, manual_clock)
    taker.put_plan(with_digest(make_plan()))
    return taker


def closed(event_id: str, minutes: float = 60, until: float = 120, **data: Any) -> Event:
    """The place of R01's second stop, and nothing of R02, is shut off."""
    body = {"closure": "bridge", "lat": 41.16, "lon": -8.6, "radius_m": 300.0} | data
    body |= {"from": at(60).isoformat(), "until": at(until).isoformat()}
    return make_event(event_id, EventType.ROAD_CLOSED, "H1", occurred_at=at(minutes), claimed_at=at(minutes), data=body)


def away(event_id: str, until: float | None, minutes: float = 10, driver: str = "D01") -> Event:
    data = {"until": None if until is None else at(until).isoformat()}
    return make_event(
        event_id, EventType.DRIVER_UNAVAILABLE, driver, occurred_at=at(minutes), claimed_at=at(minutes), data=data
    )


def picture(store: Store):
    with store.read() as uow:
        return uow.state.load_snapshot(DAY, at(70))


def test_stops_inside_a_closure_are_barred_until_it_opens(intake: Intake, store: Store):
    assert intake.take_events([closed("e1")]).accepted == 1
    assert dict(picture(store).barred_until) == {"S002": at(120)}


def test_a_new_estimate_replaces_the_old_one_and_an_end_that_is_past_opens_the_road(intake: Intake, store: Store):
    intake.take_events([closed("e1"), closed("e2", minutes=65, until=200)])
    assert dict(picture(store).barred_until) == {"S002": at(200)}
    intake.take_events([closed("e3", minutes=69, until=69)])
    assert dict(picture(store).barred_until) == {}


def test_an_older_word_that_comes_late_changes_nothing(intake: Intake, store: Store):
    intake.take_events([closed("e2", minutes=65, until=200)])
    receipt = intake.take_events([closed("e1")])
    assert receipt.results[0].outcome is EventOutcome.SUPERSEDED
    assert dict(picture(store).barred_until) == {"S002": at(200)}


def test_only_routes_with_stops_inside_get_a_new_version(intake: Intake, store: Store):
    intake.take_events([closed("e1")])
    routes = picture(store).routes
    assert (routes[R01].version, routes[R02].version) == (2, 1)


def test_a_closure_at_an_unknown_hub_waits_for_its_plan(intake: Intake):
    event = make_event("e1", EventType.ROAD_CLOSED, "H9", data=dict(closed("e0").data))
    assert intake.take_events([event]).parked == 1


def test_a_driver_can_be_away_for_a_while_for_the_day_and_be_back(intake: Intake, store: Store):
    intake.take_events([away("e1", until=120)])
    assert picture(store).find_absence(picture(store).routes[R01]).until == at(120)
    intake.take_events([away("e2", until=None, minutes=20)])
    assert picture(store).find_absence(picture(store).routes[R01]).until is None
    intake.take_events([away("e3", until=30, minutes=30)])
    assert picture(store).find_absence(picture(store).routes[R01]) is None


def test_the_absence_of_an_unknown_driver_is_parked(intake: Intake):
    assert intake.take_events([away("e1", None, driver="D99")]).parked == 1


def test_a_plan_that_is_replaced_takes_what_was_told_of_its_day_along(intake: Intake, store: Store):
    """What waited is told again to the new plan; nothing of the old one is left to trip over."""
    with store.write() as uow:
        uow.state.put_closure(_closure_of(closed("e1")), DAY)
        uow.plans.remove(DAY)
    intake.put_plan(with_digest(make_plan()))
    assert picture(store).closures == ()


def _closure_of(event: Event):
    from forestall.domain.hindrances import Closure
    from forestall.domain.ids import ClosureId

    return Closure(ClosureId("bridge"), H1, 41.16, -8.6, 300.0, at(60), at(120))


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("road_closed", {"closure": "b", "lat": 41.0, "lon": -8.0, "radius_m": 0, "from": "2026-03-02T08:00:00Z",
                         "until": "2026-03-02T09:00:00Z"}, "radius_m"),
        ("road_closed", {"closure": "b", "lat": 41.0, "lon": -8.0, "radius_m": 10, "until": "2026-03-02T09:00:00Z"},
         "from"),
        ("driver_unavailable", {}, "until"),
    ],
)  # fmt: skip
def test_what_is_missing_or_senseless_is_refused_by_name(kind: str, data: dict[str, object], field: str):
    body = {
        "specversion": "1.0", "id": "e1", "source": "test", "type": f"forestall.{kind}", "subject": "H1",
        "time": "2026-03-02T08:00:00Z", "data": data,
    }  # fmt: skip
    with pytest.raises(BadInput) as refused:
        read_events([body], at(120))
    assert any(field in problem.field for problem in refused.value.problems)
