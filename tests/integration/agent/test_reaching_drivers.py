"""How a driver is reached who has not confirmed his plan: by whom, with which words, and when not at all.

What is stored of it is the same on both databases (test_acknowledging); these promises need one.
"""

from dataclasses import replace

import pytest

from agent.detectors import registry
from agent.trace import build_trace
from agent.trace_text import render_trace_text
from factories import at, make_carrier, make_plan
from forestall.domain.vocabulary import CarrierKind, CaseStatus, Channel, EventType, InstructionStatus


@pytest.fixture
def database_url(sqlite_database: str) -> str:
    return sqlite_database


SPARE = "RSP1"


def test_within_his_time_the_new_plan_is_believed(field):
    field.silent.add(SPARE)
    field.break_the_only_van()
    field.tick_at(45.5)
    assert field.told(SPARE) == [("driver", "route_changed")]
    assert field.expected_late < 0.5


def test_the_call_says_what_the_app_said(field):
    field.silent.add(SPARE)
    field.break_the_only_van()
    field.tick_at(46)
    with field.service.store.read() as uow:
        app, call = [e for row in uow.outbox.list_after(0) if (e := row.effect).payload.get("route_id") == SPARE]
    assert call.payload == app.payload
    assert call.recipient_id == app.recipient_id
    assert call.key != app.key


def test_a_late_word_of_the_driver_settles_it(field):
    field.unreachable.add(SPARE)
    field.break_the_only_van()
    for minute in (46, 51, 56):
        field.tick_at(minute)
    field.tell(EventType.ROUTE_ACK, SPARE, 57, plan_version=2)
    for minute in range(58, 100, 3):
        field.tick_at(minute)
    [case] = field.cases
    assert case.status is CaseStatus.RESOLVED
    assert field.instruction.settled_at == at(57)


def test_setting_out_for_a_stop_that_only_the_new_plan_has_is_a_word_too(field):
    field.silent.add(SPARE)
    field.break_the_only_van()
    with field.service.store.read() as uow:
        transfer = uow.state.list_stops(SPARE)[0]
    field.tell(EventType.DEPARTED, SPARE, 44, to_stop=transfer.id)
    field.tick_at(46)
    assert field.told(SPARE) == [("driver", "route_changed")]
    assert field.instruction.status is InstructionStatus.ACKNOWLEDGED


def test_another_carrier_is_asked_before_its_driver_is_called(field):
    field.unreachable.add(SPARE)
    plan = make_plan(route_count=1, stops_each=4)
    field.break_the_only_van(replace(plan, carriers=(make_carrier("OWN", kind=CarrierKind.THREE_PL),)))
    for minute in (46, 50, 56):
        field.tick_at(minute)
    assert [channel for channel, _ in field.told(SPARE)] == [Channel.DRIVER, Channel.CARRIER, Channel.VOICE]


def test_while_the_kill_switch_is_on_nobody_is_called(field):
    field.unreachable.add(SPARE)
    field.break_the_only_van()
    field.restart(kill_switch=True)
    field.tick_at(47)
    assert field.told(SPARE) == [("driver", "route_changed")]


def test_every_step_is_on_record(field):
    field.unreachable.add(SPARE)
    field.break_the_only_van()
    for minute in (46, 51):
        field.tick_at(minute)
    with field.service.store.read() as uow:
        kinds = [record.kind for record in uow.audit.list() if record.subject == SPARE]
        assert uow.audit.verify() is None
    assert kinds == ["instruction.repeated", "instruction.unanswered"]


def test_the_cases_trace_says_whom_nobody_has_reached(field):
    field.unreachable.add(SPARE)
    case = field.break_the_only_van()
    for minute in (46, 51, 56):
        field.tick_at(minute)
    with field.service.store.read() as uow:
        trace = build_trace(uow, case.id)
    [told_plan] = trace["instructions"]
    assert (told_plan["route_id"], told_plan["words"]) == (SPARE, "not confirmed, a person has to reach the driver")
    assert f"{SPARE} plan version 2: not confirmed, a person has to reach the driver" in render_trace_text(trace)
    assert trace["case"]["evidence"]["with_a_person"] is True


def test_when_the_look_at_silence_fails_the_sweep_goes_on_and_no_case_is_given_up(field, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("a bug")

    field.silent.add(SPARE)
    field.break_the_only_van()
    monkeypatch.setattr(registry, "with_silence", fails)
    for minute in range(42, 100, 3):
        field.go_to(at(minute))
        report = field.service.tick()
        assert {fault.detector for fault in report.faults} <= {"silence"}
    assert [fault.detector for fault in field.service.detector_faults] == ["silence"]
    cause = field.instruction.cause
    assert [case.status.is_closed for case in field.cases if case.fingerprint == cause] == [False]
