"""A suspected false attempt through the whole house: a person approves, the driver goes again, the record is true."""

from dataclasses import replace

import pytest

from factories import DAY, at, make_plan
from field import Field
from forestall.domain.ids import StopId
from forestall.domain.vocabulary import ActionKind, CaseKind, CaseStatus, EventType, FailureReason, StopStatus

LEAVES = 240  # ten o'clock in the morning, when customers may be written to


@pytest.fixture
def suspected(field: Field) -> Field:
    """R01's driver says that nobody was in at S001, and was far away all the time."""
    plan = make_plan(route_count=1, stops_each=4)
    field.begin(replace(plan, routes=tuple(replace(route, departs_at=at(LEAVES)) for route in plan.routes)))
    field.tell(EventType.DEPARTED, "R01", LEAVES, to_stop="S002")
    for tenth in range(10 * LEAVES + 10, 10 * LEAVES + 50, 3):
        field.tell(EventType.POSITION, "V01", tenth / 10, lat=41.185, lon=-8.60)
    field.tell(EventType.FAILED, "S001", LEAVES + 4, reason="RECIPIENT_UNAVAILABLE")
    field.tick_at(LEAVES + 5)
    return field


def case_of(field: Field):
    [case] = [case for case in field.cases if case.kind is CaseKind.SUSPECTED_FALSE_ATTEMPT]
    return case


def stop(field: Field, stop_id: str = "S001"):
    with field.service.store.read() as uow:
        return uow.state.get_stop(StopId(stop_id))


def answer(field: Field, verdict: str, **more: object) -> None:
    case = case_of(field)
    with field.service.store.read() as uow:
        question = uow.approvals.find_open(case.id)
    field.service.answer(case.id, question.interrupt_id, verdict, by="ann", **more)
    field.tick_at(LEAVES + 6)


def lists(field: Field) -> list[list[str]]:
    return [
        [entry["stop_id"] for entry in effect["stops"]] for effect in field.effects if "route_changed" in effect["key"]
    ]


def test_nothing_happens_until_a_person_has_approved(suspected: Field):
    case = case_of(suspected)
    assert case.status is CaseStatus.AWAITING_APPROVAL
    assert lists(suspected) == []
    with suspected.service.store.read() as uow:
        proposal = uow.proposals.get(case.id, case.plan_rev)
    assert ActionKind.SECOND_ATTEMPT in proposal.get_candidate(proposal.chosen).kinds
    assert "guardrail.second_attempt" in proposal.gate.policy_ids


def test_once_approved_the_driver_gets_a_list_with_the_stop_and_no_reason_and_the_customer_the_time(suspected: Field):
    answer(suspected, "approve")
    [told] = lists(suspected)
    assert sorted(told) == ["S001", "S003", "S004"]
    assert (stop(suspected).status, stop(suspected).retried_at) == (StopStatus.LOADED, at(LEAVES + 6))
    with suspected.service.store.read() as uow:
        sent = [row.effect for row in uow.outbox.list_after(0)]
    texts = {effect.template: effect.body for effect in sent if effect.payload.get("stop_id") == "S001"}
    assert "still with us" in texts["second_attempt"]
    assert not any(
        word in str(effect.payload) + effect.body for effect in sent for word in ("false", "suspect", "doubt")
    )


def test_a_first_attempt_that_failed_stays_one_when_the_second_succeeds(suspected: Field):
    answer(suspected, "approve")
    suspected.tell(EventType.ARRIVED, "S001", LEAVES + 12)
    suspected.tell(EventType.COMPLETED, "S001", LEAVES + 15)
    assert stop(suspected).status is StopStatus.COMPLETED
    suspected.tick_at(LEAVES + 40)
    with suspected.service.store.read() as uow:
        attempts = uow.state.list_attempts(StopId("S001"))
        outcome = uow.outcomes.list_known([DAY], at(LEAVES + 60))["S001"]
    assert [(attempt.succeeded, attempt.reason) for attempt in attempts] == [
        (False, FailureReason.RECIPIENT_UNAVAILABLE),
        (True, None),
    ]
    assert outcome.failed


def test_a_second_attempt_that_fails_is_not_asked_for_again(suspected: Field):
    answer(suspected, "approve")
    suspected.tell(EventType.FAILED, "S001", LEAVES + 15, reason="RECIPIENT_UNAVAILABLE")
    for minute in (20, 35, 50):
        suspected.tick_at(LEAVES + minute)
    assert len(lists(suspected)) == 1
    assert CaseKind.DELIVERY_FAILED in {case.kind for case in suspected.cases}


def test_a_person_who_says_no_leaves_everything_as_it_was(suspected: Field):
    answer(suspected, "reject", reason="LOCAL_KNOWLEDGE")
    assert lists(suspected) == []
    assert stop(suspected).status is StopStatus.FAILED


def test_where_it_can_not_be_tried_again_the_case_says_why(field: Field):
    """The van is back at its hub by the time that anybody looks."""
    field.begin(make_plan(route_count=2, stops_each=1))
    field.tell(EventType.DEPARTED, "R01", 30, to_stop="S001")
    for tenth in range(400, 441, 3):
        field.tell(EventType.POSITION, "V01", tenth / 10, lat=41.30, lon=-8.61)
    field.tell(EventType.FAILED, "S001", 44, reason="RECIPIENT_UNAVAILABLE")
    field.tell(EventType.DEPARTED, "R01", 45, to_stop=None)
    field.tick_at(46)
    case = case_of(field)
    with field.service.store.read() as uow:
        proposal = uow.proposals.get(case.id, case.plan_rev)
    assert "second_attempt.route_is_over" in {declined.rule for declined in proposal.declined}
