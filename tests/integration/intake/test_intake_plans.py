"""Plans go into the store whole, once, and only while their day has not begun."""

from dataclasses import replace

import pytest

from factories import DAY, make_event, make_plan, make_stop
from forestall.clock import ManualClock
from forestall.domain.ids import StopId, VehicleId
from forestall.domain.vocabulary import EventOutcome, EventType, StopStatus
from forestall.errors import BadInput, Conflict
from forestall.intake import Intake
from forestall.intake.plan import with_digest
from forestall.store import Store


@pytest.fixture
def intake(store: Store, manual_clock: ManualClock) -> Intake:
    return Intake(store, manual_clock)


PLAN = with_digest(make_plan())
OTHER = with_digest(make_plan(stops_each=2))


def test_new_plan_is_created_and_counted(intake: Intake, store: Store) -> None:
    receipt = intake.put_plan(PLAN)
    assert (receipt.day, receipt.digest, receipt.outcome) == (DAY, PLAN.digest, "created")
    assert (receipt.counts["stops"], receipt.counts["routes"], receipt.warnings) == (6, 3, ())
    with store.read() as uow:
        assert uow.state.load_snapshot(DAY, PLAN.hubs[0].opens_at).stops.keys() == {stop.id for stop in PLAN.stops}


def test_same_plan_again_is_unchanged_even_after_its_day_has_begun(intake: Intake) -> None:
    intake.put_plan(PLAN)
    intake.take_events([make_event(subject="S001")])
    assert intake.put_plan(PLAN).outcome == "unchanged"


def test_other_plan_replaces_one_whose_day_has_not_begun(intake: Intake, store: Store) -> None:
    intake.put_plan(PLAN)
    assert intake.put_plan(OTHER).outcome == "replaced"
    with store.read() as uow:
        assert len(uow.state.load_snapshot(DAY, PLAN.hubs[0].opens_at).stops) == 4


def test_other_plan_for_a_day_that_has_begun_is_a_conflict(intake: Intake) -> None:
    intake.put_plan(PLAN)
    intake.take_events([make_event(subject="S001")])
    with pytest.raises(Conflict):
        intake.put_plan(OTHER)


def test_faulty_plan_built_in_the_program_leaves_no_trace(intake: Intake, store: Store) -> None:
    stray = make_stop("S900", route_id="R900", location=PLAN.stops[0].location)
    with pytest.raises(BadInput) as caught:
        intake.put_plan(replace(PLAN, stops=(*PLAN.stops, stray)))
    assert [problem.place for problem in caught.value.problems] == ["stops[6].route_id"]
    with store.read() as uow:
        assert uow.plans.list_days() == []


def test_overloaded_plan_is_taken_with_a_warning(intake: Intake) -> None:
    heavy = replace(PLAN.packages[0], size={"units": 1000.0})
    receipt = intake.put_plan(with_digest(replace(PLAN, packages=(heavy, *PLAN.packages[1:]))))
    assert [warning.place for warning in receipt.warnings] == ["routes[0]"]


def test_new_plan_marks_its_hubs_as_changed(intake: Intake, store: Store) -> None:
    intake.put_plan(PLAN)
    with store.read() as uow:
        assert uow.state.hub_state_version(PLAN.hubs[0].id) > 0


def test_events_that_waited_for_a_plan_are_applied_when_it_comes(intake: Intake, store: Store) -> None:
    waiting = [
        make_event("e2", EventType.ARRIVED, "S001"),
        make_event("e1", EventType.DEPARTED, "R01", data={"to_stop": "S001"}),
        make_event("e3", EventType.POSITION, "V02", data={"lat": 41.0, "lon": -8.0}),
        make_event("e4", EventType.ARRIVED, "S999"),
    ]
    assert intake.take_events(waiting).parked == 4
    assert intake.put_plan(PLAN).replayed == 3
    assert [event.id for event, _ in intake.list_parked()] == ["e4"]
    with store.read() as uow:
        assert uow.state.get_stop(StopId("S001")).status is StopStatus.ARRIVED
        position = uow.state.find_position(VehicleId("V02"))
        assert position is not None
        assert position.lat == 41.0


def test_event_that_waited_is_applied_once_and_its_double_tells_what_became_of_it(intake: Intake) -> None:
    event = make_event("e1", EventType.ARRIVED, "S001")
    intake.take_events([event])
    intake.put_plan(PLAN)
    (result,) = intake.take_events([event]).results
    assert (result.duplicate, result.outcome) == (True, EventOutcome.APPLIED)


def test_plan_that_waiting_events_have_begun_can_not_be_replaced(intake: Intake) -> None:
    intake.take_events([make_event("e1", EventType.ARRIVED, "S001")])
    intake.put_plan(PLAN)
    with pytest.raises(Conflict):
        intake.put_plan(OTHER)
