"""A changed plan counts once its driver has confirmed it: until then he is asked again, called, and reported."""

import pytest

from factories import at
from forestall.domain.vocabulary import CaseKind, CaseStatus, InstructionStatus

SPARE = "RSP1"


def test_a_driver_who_confirms_is_not_asked_again(field):
    field.break_the_only_van()
    for minute in (45, 50, 55, 60):
        field.tick_at(minute)
    assert field.told(SPARE) == [("driver", "route_changed")]
    assert field.instruction.status is InstructionStatus.ACKNOWLEDGED
    assert field.expected_late < 0.5


def test_the_rescue_of_a_driver_who_says_nothing_is_called_in_once(field):
    field.silent.add(SPARE)
    field.break_the_only_van()
    for minute in (46, 47, 48):
        field.tick_at(minute)
    assert field.told(SPARE) == [("driver", "route_changed"), ("voice", "route_call")]
    assert field.instruction.status is InstructionStatus.ACKNOWLEDGED  # the call got through


def test_until_he_is_reached_the_forecast_believes_the_old_plan(field):
    field.unreachable.add(SPARE)
    field.break_the_only_van()
    field.tick_at(51)
    assert field.expected_late == pytest.approx(4.0)  # the goods stand in the broken van


def test_whom_no_call_reaches_is_a_persons_case(field):
    field.unreachable.add(SPARE)
    opened = field.break_the_only_van()
    for minute in (46, 51, 56, 61):
        field.tick_at(minute)
    [case] = field.cases
    assert case.id == opened.id
    assert (case.kind, case.status) == (CaseKind.PLAN_UNACKNOWLEDGED, CaseStatus.OPEN)
    assert case.severity == pytest.approx(4.0)
    assert SPARE in case.route_ids
    assert field.instruction.passed_on_at == at(51)
    assert field.told(SPARE) == [("driver", "route_changed"), ("voice", "route_call")]


def test_the_case_is_neither_solved_nor_planned_again_while_nobody_has_confirmed(field):
    field.unreachable.add(SPARE)
    case = field.break_the_only_van()
    for minute in range(45, 120, 5):
        field.tick_at(minute)
    [now] = field.cases
    assert not now.status.is_closed
    assert now.plan_rev == case.plan_rev == 1
    with field.service.store.read() as uow:
        assert uow.state.get_route(SPARE).plan_version == 2


def test_a_restart_calls_nobody_twice(field):
    field.unreachable.add(SPARE)
    field.break_the_only_van()
    field.tick_at(46)
    field.restart()
    field.tick_at(47)
    assert field.told(SPARE) == [("driver", "route_changed"), ("voice", "route_call")]


def test_two_servers_call_once(field, open_service):
    field.unreachable.add(SPARE)
    field.break_the_only_van()
    other = open_service()
    field.tick_at(46)
    assert other.tick().failed == ()
    assert field.told(SPARE) == [("driver", "route_changed"), ("voice", "route_call")]
