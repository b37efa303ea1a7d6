"""A person who has reached a driver confirms his plan for him: as if he had said so himself, and on record."""

from dataclasses import replace

import pytest

from agent.people.hand import Hand
from agent.trace import build_trace
from agent.trace_text import render_trace_text
from factories import at
from forestall.domain.vocabulary import CaseKind, CaseStatus, EventType, InstructionStatus
from forestall.errors import BadInput, Conflict, Forbidden, NotFound

SPARE = "RSP1"
ANN = Hand("ann", note="on the phone")


@pytest.fixture
def unreached(field):
    """The spare's driver was told at 41 to fetch the broken van's goods, and nobody has reached him by 52."""
    field.unreachable.add(SPARE)
    field.break_the_only_van()
    for minute in (46, 51, 52):
        field.tick_at(minute)
    return field


def confirm(field, version=2, hand=ANN, route=SPARE):
    return field.service.people.confirm_route(route, version, hand)


def records(field):
    with field.service.store.read() as uow:
        assert uow.audit.verify() is None
        return [record for record in uow.audit.list(subject=SPARE) if record.kind == "instruction.confirmed"]


def trace(field):
    with field.service.store.read() as uow:
        return build_trace(uow, field.cases[0].id)


def test_it_has_the_effect_of_the_drivers_own_word(unreached):
    [before] = unreached.cases
    assert before.kind is CaseKind.PLAN_UNACKNOWLEDGED
    assert unreached.expected_late == pytest.approx(4.0)
    assert confirm(unreached).acknowledged_version == 2
    assert unreached.instruction.status is InstructionStatus.ACKNOWLEDGED
    unreached.tick_at(55)
    assert unreached.expected_late < 0.5
    for minute in range(58, 100, 3):
        unreached.tick_at(minute)
    [case] = unreached.cases
    assert (case.id, case.status) == (before.id, CaseStatus.RESOLVED)
    assert unreached.told(SPARE) == [("driver", "route_changed"), ("voice", "route_call")]


def test_the_record_says_who_when_and_for_whom(unreached):
    confirm(unreached, hand=replace(ANN, shown_at=at(51.5), on_behalf_of="bob"))
    [record] = records(unreached)
    with unreached.service.store.read() as uow:
        driver = uow.state.get_route(SPARE).driver_id
    assert driver is not None
    assert record.at == at(52)
    said = {"by": "ann", "on_behalf_of": "bob", "driver_id": driver, "plan_version": 2, "note": "on the phone"}
    assert {name: record.body[name] for name in said} == said
    assert record.body["looked_s"] == 30.0
    assert record.body["case_ids"] == [unreached.cases[0].id]


def test_the_case_tells_that_a_person_said_so(unreached):
    confirm(unreached)
    told = trace(unreached)
    [instruction] = told["instructions"]
    assert (instruction["confirmed_by"], instruction["words"]) == ("ann", "confirmed by ann for the driver")
    kinds = [record["kind"] for record in told["audit"] if record["subject"] == SPARE]
    assert kinds == ["instruction.repeated", "instruction.unanswered", "instruction.confirmed"]
    assert "confirmed by ann for the driver" in render_trace_text(told)


def test_a_drivers_own_word_stays_his(unreached):
    unreached.tell(EventType.ROUTE_ACK, SPARE, 52, plan_version=2)
    [instruction] = trace(unreached)["instructions"]
    assert (instruction["confirmed_by"], instruction["words"]) == (None, "confirmed by the driver")


@pytest.mark.parametrize("version", [1, 3])
def test_a_version_that_is_not_the_newest_is_refused_with_the_present_state(unreached, version):
    with pytest.raises(Conflict, match="version 2") as refused:
        confirm(unreached, version)
    state = {"route_id": SPARE, "plan_version": 2, "acknowledged_version": 1}
    assert refused.value.details.items() >= state.items()
    assert records(unreached) == []
    assert unreached.instruction.status is InstructionStatus.TOLD


def test_it_is_confirmed_once(unreached):
    confirm(unreached)
    with pytest.raises(Conflict, match="confirmed already"):
        confirm(unreached, hand=Hand("bob"))
    assert len(records(unreached)) == 1


def test_the_drivers_own_word_after_it_changes_nothing(unreached):
    confirm(unreached)
    unreached.tell(EventType.ROUTE_ACK, SPARE, 53, plan_version=2)
    assert unreached.instruction.settled_at == at(52)


def test_nobody_confirms_for_a_vehicle_that_has_broken_down(unreached):
    unreached.tell(EventType.BREAKDOWN, "VSP1", 52, lat=41.15, lon=-8.6)
    with pytest.raises(Conflict, match="nobody drives"):
        confirm(unreached)


def test_who_may_not_act_and_what_does_not_add_up_are_told(unreached):
    with pytest.raises(Forbidden):
        confirm(unreached, hand=Hand("eve", role="auditor"))
    with pytest.raises(BadInput):
        confirm(unreached, hand=Hand("ann", shown_at=at(60)))
    with pytest.raises(NotFound):
        confirm(unreached, route="R404")
    assert records(unreached) == []


def test_the_kill_switch_does_not_keep_a_fact_from_being_told(unreached):
    unreached.restart(kill_switch=True)
    assert confirm(unreached).acknowledged_version == 2
