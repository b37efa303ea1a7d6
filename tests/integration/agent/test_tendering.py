"""Stops offered to a carrier that has to be asked: nothing moves before it says yes, and a no is not the end."""

from dataclasses import replace

import pytest

from factories import DAY, START, at, make_carrier, make_plan
from field import Field
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import (
    CarrierKind,
    CaseKind,
    CaseStatus,
    EventOutcome,
    EventType,
    Mode,
    TenderStatus,
    Verdict,
)

ANSWERS_WITHIN_MIN = 10


def day_of_two_carriers(**gig: object) -> DayPlan:
    """R01 is driven by NORTH, which may withdraw; the spare belongs to GIG, which answers within ten minutes."""
    plan = make_plan(route_count=1, stops_each=4)
    carrier_of = {"V01": "NORTH", "VSP1": "GIG"}
    terms = {"cost_per_stop_cents": 300, "free_stops": 6, "answers_within_s": 60.0 * ANSWERS_WITHIN_MIN} | gig
    carriers = (
        *plan.carriers,
        make_carrier("NORTH", kind=CarrierKind.THREE_PL, cost_per_stop_cents=100),
        make_carrier("GIG", kind=CarrierKind.GIG, **terms),
    )
    vehicles = tuple(replace(v, carrier_id=carrier_of.get(v.id, v.carrier_id)) for v in plan.vehicles)
    return replace(plan, carriers=carriers, vehicles=vehicles)


def ask(field: Field, **gig: object):
    """NORTH withdraws, the dispatcher approves that GIG be asked, and it is; returns the tender at minute 3."""
    field.begin(day_of_two_carriers(**gig))
    field.tell(EventType.CARRIER_CAPACITY, "NORTH", 1, free_stops=0, active=False)
    field.tick_at(2)
    approve(field)
    field.tick_at(3)
    return tender_of(field)


def approve(field: Field) -> None:
    [case] = field.cases
    with field.service.store.read() as uow:
        question = uow.approvals.find_open(case.id)
    assert question is not None
    field.service.answer(case.id, question.interrupt_id, "approve", by="ann")


def tender_of(field: Field):
    [case] = field.cases
    with field.service.store.read() as uow:
        return uow.tenders.list_for_case(case.id)[-1]


def open_stops(field: Field) -> dict[str, int]:
    with field.service.store.read() as uow:
        snapshot = uow.state.load_snapshot(DAY, field.clock.now())
    return {route_id: len(snapshot.open_stops(route_id)) for route_id in snapshot.routes}


def verdicts(field: Field) -> list[Verdict]:
    [case] = field.cases
    with field.service.store.read() as uow:
        return [decision.verdict for decision in uow.decisions.list_for_case(case.id)]


def messages(field: Field, template: str) -> list[dict[str, object]]:
    return [effect for effect in field.effects if f":{template}:" in str(effect["key"])]


def test_another_carrier_is_asked_only_when_a_person_agrees(field: Field) -> None:
    field.begin(day_of_two_carriers())
    field.tell(EventType.CARRIER_CAPACITY, "NORTH", 1, free_stops=0, active=False)
    field.tick_at(2)
    [case] = field.cases
    assert (case.kind, case.status) == (CaseKind.CARRIER_CAPACITY, CaseStatus.AWAITING_APPROVAL)
    assert field.effects == []


def test_the_tender_names_stops_price_and_deadline_and_moves_nothing(field: Field) -> None:
    tender = ask(field)
    [sent] = field.effects
    assert sent["tender_id"] == tender.id
    assert sent["answer_by"] == at(3 + ANSWERS_WITHIN_MIN).isoformat()
    assert (sent["cost_per_stop_cents"], sent["cost_cents"]) == (300, 4 * 200)
    assert len(sent["stop_ids"]) == 4
    assert open_stops(field) == {"R01": 4, "RSP1": 0}


def test_accepted_stops_are_the_other_carriers(field: Field) -> None:
    tender = ask(field)
    field.tell(EventType.TENDER_ANSWER, tender.id, 6, accepted=True)
    field.tick_at(7)
    assert open_stops(field) == {"R01": 0, "RSP1": 4}
    assert verdicts(field) == [Verdict.APPROVED, Verdict.ACCEPTED]
    assert tender_of(field).settled
    assert {effect["route_id"] for effect in messages(field, "route_changed")} == {"R01", "RSP1"}
    field.tick_at(8)
    assert verdicts(field) == [Verdict.APPROVED, Verdict.ACCEPTED]


def test_while_the_carrier_thinks_nothing_else_is_planned(field: Field) -> None:
    ask(field)
    for minute in (5, 9, 12):
        field.tick_at(minute)
    assert verdicts(field) == [Verdict.APPROVED]
    assert field.cases[0].plan_rev == 1


@pytest.mark.parametrize(
    ("answers", "kind", "verdict"),
    [(True, CaseKind.TENDER_DECLINED, Verdict.DECLINED), (False, CaseKind.CARRIER_SILENT, Verdict.SILENT)],
)
def test_a_refusal_leaves_the_plan_and_goes_on_as_the_same_case(
    field: Field, answers: bool, kind: CaseKind, verdict: Verdict
) -> None:
    tender = ask(field)
    if answers:
        field.tell(EventType.TENDER_ANSWER, tender.id, 13, accepted=False)
    for minute in (14, 15):
        field.tick_at(minute)
    [case] = field.cases
    assert (case.id, case.kind) == (tender.case_id, kind)
    assert open_stops(field) == {"R01": 4, "RSP1": 0}
    assert verdict in verdicts(field)
    with field.service.store.read() as uow:
        assert len(uow.tenders.list_for_case(case.id)) == 1  # nobody is asked twice about the same stops


def test_an_answer_after_the_deadline_is_kept_and_changes_nothing(field: Field) -> None:
    tender = ask(field)
    field.tick_at(14)
    field.tell(EventType.TENDER_ANSWER, tender.id, 14, accepted=True)
    field.tick_at(15)
    assert open_stops(field) == {"R01": 4, "RSP1": 0}
    assert tender_of(field).status is TenderStatus.SILENT


def test_the_first_answer_counts(field: Field) -> None:
    tender = ask(field)
    field.tell(EventType.TENDER_ANSWER, tender.id, 5, accepted=False)
    field.tell(EventType.TENDER_ANSWER, tender.id, 6, accepted=True)
    with field.service.store.read() as uow:
        found = uow.tenders.find(tender.id)
    assert found is not None
    assert (found.status, found.answered_at) == (TenderStatus.DECLINED, at(5))


def test_what_was_accepted_too_late_to_fit_is_withdrawn(field: Field) -> None:
    """NORTH has come back and left with the goods before GIG has answered."""
    tender = ask(field)
    field.tell(EventType.CARRIER_CAPACITY, "NORTH", 4, free_stops=4, active=True)
    field.tell(EventType.DEPARTED, "R01", 5, to_stop="S001")
    field.tell(EventType.TENDER_ANSWER, tender.id, 6, accepted=True)
    field.tick_at(7)
    assert open_stops(field) == {"R01": 4, "RSP1": 0}
    assert tender_of(field).status is TenderStatus.WITHDRAWN
    assert Verdict.STALE in verdicts(field)
    [withdrawn] = messages(field, "tender_withdrawn")
    assert withdrawn["tender_id"] == tender.id


def test_an_accepted_tender_survives_a_restart(field: Field) -> None:
    tender = ask(field)
    field.tell(EventType.TENDER_ANSWER, tender.id, 6, accepted=True)
    field.restart()
    field.tick_at(7)
    assert open_stops(field) == {"R01": 0, "RSP1": 4}


def test_a_full_carriers_yes_is_believed(field: Field) -> None:
    """It counts our stops in when it next says how many it can take."""
    tender = ask(field, free_stops=4)
    field.tell(EventType.TENDER_ANSWER, tender.id, 6, accepted=True)
    field.tell(EventType.CARRIER_CAPACITY, "GIG", 6, free_stops=0, active=None)
    field.tick_at(7)
    assert open_stops(field) == {"R01": 0, "RSP1": 4}


def test_both_decisions_have_their_audit_record_and_the_chain_holds(field: Field) -> None:
    tender = ask(field)
    field.tell(EventType.TENDER_ANSWER, tender.id, 6, accepted=True)
    field.tick_at(7)
    with field.service.store.read() as uow:
        records = uow.audit.list()
        assert [record.subject for record in records] == [d.id for d in uow.decisions.list_for_case(tender.case_id)]
        assert uow.audit.verify() is None
    assert all(record.body["policy"]["autonomy"] == "APPROVE_FIRST" for record in records)


def test_in_shadow_nobody_is_asked(open_service, manual_clock) -> None:
    field = Field(lambda **settings: open_service(mode=Mode.SHADOW, **settings), manual_clock)
    field.begin(day_of_two_carriers())
    field.tell(EventType.CARRIER_CAPACITY, "NORTH", 1, free_stops=0, active=False)
    field.tick_at(2)
    assert verdicts(field) == [Verdict.SHADOWED]
    assert field.effects == []


def test_an_answer_to_a_tender_nobody_made_is_parked(field: Field) -> None:
    field.begin(day_of_two_carriers())
    assert field.clock.now() == START
    field.tell(EventType.TENDER_ANSWER, "T-nobody-1", 1, accepted=True)
    with field.service.store.read() as uow:
        [(_, result)] = uow.inbox.list_parked()
    assert (result.outcome, "T-nobody-1" in result.detail) == (EventOutcome.PARKED, True)
