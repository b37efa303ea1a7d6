"""A changed plan counts once its driver has confirmed it: until then he is asked again, called, and reported."""

from dataclasses import replace

import pytest

from agent.trace import build_trace
from agent.trace_text import render_trace_text
from factories import DAY, at, make_carrier, make_plan
from field import Field
from forestall.domain.cases import Case
from forestall.domain.vocabulary import CarrierKind, CaseKind, CaseStatus, Channel, EventType, InstructionStatus

SPARE = "RSP1"


def rescue(field: Field, **carrier: object) -> Case:
    """R01's van, the only one but the spare, breaks down at 40; the spare is told at 41 to fetch its goods."""
    plan = make_plan(route_count=1, stops_each=4)
    if carrier:
        owned = make_carrier("OWN", **carrier)
        plan = replace(plan, carriers=(owned,))
    field.begin(plan)
    field.break_down()
    field.tick_at(41)
    [case] = field.cases
    return case


def told(field: Field) -> list[tuple[str, str]]:
    """What the spare's driver was told, by channel and template."""
    with field.service.store.read() as uow:
        rows = [row.effect for row in uow.outbox.list_after(0)]
    return [(effect.channel.value, effect.template) for effect in rows if effect.payload.get("route_id") == SPARE]


def p_late(field: Field) -> float:
    """What the newest forecast expects to be late."""
    with field.service.store.read() as uow:
        return sum(score.p_late for score in uow.scores.latest(DAY).values())


def instruction(field: Field):
    with field.service.store.read() as uow:
        [one] = [one for case in field.cases for one in uow.instructions.list_for_case(case.id)]
    return one


def plans(field: Field) -> int:
    with field.service.store.read() as uow:
        return uow.state.get_route(SPARE).plan_version


def test_a_driver_who_confirms_is_not_asked_again(field):
    rescue(field)
    for minute in (45, 50, 55, 60):
        field.tick_at(minute)
    assert told(field) == [("driver", "route_changed")]
    assert instruction(field).status is InstructionStatus.ACKNOWLEDGED
    assert p_late(field) < 0.5


def test_within_his_time_the_new_plan_is_believed(field):
    field.silent.add(SPARE)
    rescue(field)
    field.tick_at(45.5)
    assert told(field) == [("driver", "route_changed")]
    assert p_late(field) < 0.5


def test_the_rescue_of_a_driver_who_says_nothing_is_called_in_once(field):
    field.silent.add(SPARE)
    rescue(field)
    for minute in (46, 47, 48):
        field.tick_at(minute)
    assert told(field) == [("driver", "route_changed"), ("voice", "route_call")]
    assert instruction(field).status is InstructionStatus.ACKNOWLEDGED  # the call got through


def test_the_call_says_what_the_app_said(field):
    field.silent.add(SPARE)
    rescue(field)
    field.tick_at(46)
    with field.service.store.read() as uow:
        app, call = [e for row in uow.outbox.list_after(0) if (e := row.effect).payload.get("route_id") == SPARE]
    assert call.payload == app.payload
    assert call.recipient_id == app.recipient_id
    assert call.key != app.key


def test_until_he_is_reached_the_forecast_believes_the_old_plan(field):
    field.unreachable.add(SPARE)
    rescue(field)
    field.tick_at(51)
    assert p_late(field) == pytest.approx(4.0)  # the goods stand in the broken van


def test_whom_no_call_reaches_is_a_persons_case(field):
    field.unreachable.add(SPARE)
    opened = rescue(field)
    for minute in (46, 51, 56, 61):
        field.tick_at(minute)
    [case] = field.cases
    assert case.id == opened.id
    assert (case.kind, case.status) == (CaseKind.PLAN_UNACKNOWLEDGED, CaseStatus.OPEN)
    assert case.severity == pytest.approx(4.0)
    assert SPARE in case.route_ids
    assert instruction(field).passed_on_at == at(51)
    assert told(field) == [("driver", "route_changed"), ("voice", "route_call")]


def test_the_case_is_neither_solved_nor_planned_again_while_nobody_has_confirmed(field):
    field.unreachable.add(SPARE)
    case = rescue(field)
    for minute in range(45, 120, 5):
        field.tick_at(minute)
    [now] = field.cases
    assert not now.status.is_closed
    assert now.plan_rev == case.plan_rev == 1
    assert plans(field) == 2


def test_a_late_word_of_the_driver_settles_it(field):
    field.unreachable.add(SPARE)
    rescue(field)
    for minute in (46, 51, 56):
        field.tick_at(minute)
    field.tell(EventType.ROUTE_ACK, SPARE, 57, plan_version=2)
    for minute in range(58, 100, 3):
        field.tick_at(minute)
    [case] = field.cases
    assert case.status is CaseStatus.RESOLVED
    assert instruction(field).settled_at == at(57)


def test_setting_out_for_a_stop_that_only_the_new_plan_has_is_a_word_too(field):
    field.silent.add(SPARE)
    rescue(field)
    with field.service.store.read() as uow:
        transfer = uow.state.list_stops(SPARE)[0]
    field.tell(EventType.DEPARTED, SPARE, 44, to_stop=transfer.id)
    field.tick_at(46)
    assert told(field) == [("driver", "route_changed")]
    assert instruction(field).status is InstructionStatus.ACKNOWLEDGED


def test_another_carrier_is_asked_before_its_driver_is_called(field):
    field.unreachable.add(SPARE)
    rescue(field, kind=CarrierKind.THREE_PL)
    for minute in (46, 50, 56):
        field.tick_at(minute)
    assert [channel for channel, _ in told(field)] == [Channel.DRIVER, Channel.CARRIER, Channel.VOICE]


def test_a_restart_calls_nobody_twice(field):
    field.unreachable.add(SPARE)
    rescue(field)
    field.tick_at(46)
    field.restart()
    field.tick_at(47)
    assert told(field) == [("driver", "route_changed"), ("voice", "route_call")]


def test_two_servers_call_once(field, open_service):
    field.unreachable.add(SPARE)
    rescue(field)
    other = open_service()
    field.tick_at(46)
    assert other.tick().failed == ()
    assert told(field) == [("driver", "route_changed"), ("voice", "route_call")]


def test_while_the_kill_switch_is_on_nobody_is_called(field):
    field.unreachable.add(SPARE)
    rescue(field)
    field.restart(kill_switch=True)
    field.tick_at(47)
    assert told(field) == [("driver", "route_changed")]


def test_every_step_is_on_record(field):
    field.unreachable.add(SPARE)
    rescue(field)
    for minute in (46, 51):
        field.tick_at(minute)
    with field.service.store.read() as uow:
        kinds = [record.kind for record in uow.audit.list() if record.subject == SPARE]
        assert uow.audit.verify() is None
    assert kinds == ["instruction.repeated", "instruction.unanswered"]


def test_the_cases_trace_says_whom_nobody_has_reached(field):
    field.unreachable.add(SPARE)
    case = rescue(field)
    for minute in (46, 51, 56):
        field.tick_at(minute)
    with field.service.store.read() as uow:
        trace = build_trace(uow, case.id)
    [told_plan] = trace["instructions"]
    assert (told_plan["route_id"], told_plan["words"]) == (SPARE, "not confirmed, a person has to reach the driver")
    assert f"{SPARE} plan version 2: not confirmed, a person has to reach the driver" in render_trace_text(trace)
    assert trace["case"]["evidence"]["with_a_person"] is True
