"""From an event to a decision, through the whole house, on both databases."""

from contextlib import closing
from dataclasses import replace

import pytest

from factories import START, at, make_carrier, make_plan
from field import Field
from forestall.bootstrap import build
from forestall.clock import ManualClock
from forestall.domain.vocabulary import CaseKind, CaseStatus, EventType, OutboxState, OverrideReason, Verdict
from forestall.errors import BadInput, Conflict, Forbidden
from forestall.settings import Settings


def another_carriers_spare():
    """A day whose only spare belongs to somebody else: rescuing with it needs a person."""
    plan = make_plan(route_count=1, stops_each=4)
    vehicles = [replace(v, carrier_id="GIG") if v.id == "VSP1" else v for v in plan.vehicles]
    return replace(plan, vehicles=tuple(vehicles), carriers=(*plan.carriers, make_carrier("GIG")))


def asked_case(field):
    """A day on which the breakdown of the only van puts a question to the dispatcher; returns the waiting case."""
    field.begin(another_carriers_spare())
    field.break_down()
    field.tick_at(41)
    [case] = field.cases
    assert case.status is CaseStatus.AWAITING_APPROVAL
    with field.service.store.read() as uow:
        question = uow.approvals.find_open(case.id)
    return case, question


def verdicts(field):
    with field.service.store.read() as uow:
        return [decision.verdict for case in field.cases for decision in uow.decisions.list_for_case(case.id)]


def test_a_broken_vans_goods_are_rescued_without_asking(field):
    field.begin()
    field.break_down()
    field.tick_at(41)
    [case] = field.cases
    assert case.kind is CaseKind.VEHICLE_BREAKDOWN
    assert verdicts(field) == [Verdict.AUTOMATIC]
    with field.service.store.read() as uow:
        snapshot = uow.state.load_snapshot(case.day, field.clock.now())
    assert snapshot.open_stops("R01") == ()
    told = [effect["route_id"] for effect in field.effects if "route_changed" in str(effect["key"])]
    assert "R01" in told
    assert len(told) >= 2


def test_every_decision_has_one_audit_record_and_the_chain_holds(field):
    field.begin()
    field.break_down()
    for minute in (41, 52, 63, 74):
        field.tick_at(minute)
    with field.service.store.read() as uow:
        decisions = uow.decisions.list()
        assert [record.subject for record in uow.audit.list()] == [d.id for d in sorted(decisions, key=lambda d: d.at)]
        assert uow.audit.verify() is None


def test_the_record_names_candidates_policy_versions_and_effects(field):
    field.begin()
    field.break_down()
    field.tick_at(41)
    with field.service.store.read() as uow:
        [record] = uow.audit.list()
        keys = [row.effect.key for row in uow.outbox.list_after(0)]
    body = record.body
    assert body["policy"]["policy_ids"]
    assert body["inputs"]["route_versions"]
    assert body["inputs"]["travel"].startswith("haversine")
    assert [effect["key"] for effect in body["effects"]] == keys
    chosen = [candidate for candidate in body["candidates"] if candidate["chosen"]]
    assert len(chosen) == 1
    assert all(candidate["why_not"] for candidate in body["candidates"] if not candidate["chosen"])


def test_effects_are_rendered_kept_and_not_sent(field):
    field.begin()
    field.break_down()
    field.tick_at(41)
    assert {effect["state"] for effect in field.effects} == {OutboxState.DRY_RUN}


def test_an_approved_plan_is_carried_out_once(field):
    case, question = asked_case(field)
    field.service.answer(case.id, question.interrupt_id, "approve", by="ann")
    field.tick_at(43)
    before = field.effects
    field.tick_at(44)
    assert verdicts(field) == [Verdict.APPROVED]
    assert field.effects == before != []


def test_the_second_answer_is_told_what_is(field):
    case, question = asked_case(field)
    field.service.answer(case.id, question.interrupt_id, "approve", by="ann")
    with pytest.raises(Conflict) as refused:
        field.service.answer(case.id, question.interrupt_id, "reject", by="bob", reason=OverrideReason.COST)
    assert refused.value.details["case_id"] == case.id


def test_a_rejected_plan_changes_nothing_and_is_not_asked_again_soon(field):
    case, question = asked_case(field)
    field.service.answer(
        case.id, question.interrupt_id, "reject", by="ann", reason=OverrideReason.LOCAL_KNOWLEDGE, note="towed already"
    )
    for minute in (43, 55, 70):
        field.tick_at(minute)
    assert verdicts(field) == [Verdict.REJECTED]
    assert field.effects == []
    with field.service.store.read() as uow:
        assert uow.decisions.list()[0].note == "towed already"


def test_an_unanswered_question_lapses_into_doing_nothing(field):
    _, question = asked_case(field)
    field.go_to(question.expires_at)
    field.service.tick()
    assert Verdict.EXPIRED in verdicts(field)
    assert field.effects == []


def test_a_no_needs_a_reason_and_a_known_word(field):
    case, question = asked_case(field)
    for word in ("reject", "perhaps", "veto"):
        with pytest.raises(BadInput):
            field.service.answer(case.id, question.interrupt_id, word, by="ann")


def test_an_auditor_may_not_answer(field):
    case, question = asked_case(field)
    with pytest.raises(Forbidden):
        field.service.answer(case.id, question.interrupt_id, "approve", by="ann", role="auditor")


def test_an_approval_of_a_state_that_has_gone_is_not_applied(field):
    case, question = asked_case(field)
    field.service.answer(case.id, question.interrupt_id, "approve", by="ann")
    # the van was mended after all, and drives on
    field.tell(EventType.DEPARTED, "R01", 42, to_stop="S001")
    field.tick_at(43)
    assert Verdict.APPROVED not in verdicts(field)
    assert field.effects == []


def test_an_order_that_comes_in_during_the_day_is_given_to_a_driver_who_is_told_so(field):
    field.begin()
    field.tell(
        EventType.ORDER_CREATED, "O900", 60, hub="H1", lat=41.17, lon=-8.6, service_s=120, size={"units": 1},
        promise={"opens_at": at(120).isoformat(), "closes_at": at(300).isoformat()},
        customer={"name": "Eve", "phone": "+12025550199"},
    )  # fmt: skip
    field.tick_at(61)
    [case] = field.cases
    assert case.kind is CaseKind.PRIORITY_INSERT
    assert verdicts(field) == [Verdict.AUTOMATIC]
    lists = [effect["stops"] for effect in field.effects]
    assert [stop["order_id"] for stops in lists for stop in stops].count("O900") == 1


def test_a_plan_that_went_stale_while_it_waited_is_on_record(field):
    case, question = asked_case(field)
    field.service.answer(case.id, question.interrupt_id, "approve", by="ann")
    field.tell(EventType.DEPARTED, "R01", 42, to_stop="S001")
    field.tick_at(43)
    assert Verdict.STALE in verdicts(field)


def test_the_kill_switch_lets_nothing_start(field, open_service):
    field.service.close()
    field.service = open_service(kill_switch=True)
    field.begin()
    field.break_down()
    field.tick_at(41)
    assert verdicts(field) == [Verdict.FORBIDDEN]
    assert field.effects == []


def test_the_kill_switch_stops_what_was_approved_before_it(field):
    case, question = asked_case(field)
    field.service.answer(case.id, question.interrupt_id, "approve", by="ann")
    field.restart(kill_switch=True)
    field.tick_at(43)
    assert Verdict.APPROVED not in verdicts(field)
    assert field.effects == []


def test_shadow_mode_decides_and_never_acts(field, open_service):
    field.service.close()
    field.service = open_service(mode="SHADOW")
    field.begin()
    field.break_down()
    field.tick_at(41)
    assert verdicts(field) == [Verdict.SHADOWED]
    assert field.effects == []


def test_suggest_mode_asks_before_everything(field, open_service):
    field.service.close()
    field.service = open_service(mode="SUGGEST")
    field.begin()
    field.break_down()
    field.tick_at(41)
    assert [case.status for case in field.cases] == [CaseStatus.AWAITING_APPROVAL]


def test_a_restart_keeps_the_question_and_its_answer_still_works(field):
    case, question = asked_case(field)
    field.restart()
    field.service.answer(case.id, question.interrupt_id, "approve", by="ann")
    field.tick_at(43)
    assert verdicts(field) == [Verdict.APPROVED]


def test_an_answer_given_just_before_the_process_died_is_carried_out_by_the_next(field):
    case, question = asked_case(field)
    field.service.answer(case.id, question.interrupt_id, "approve", by="ann")
    field.restart()
    field.tick_at(43)
    assert verdicts(field) == [Verdict.APPROVED]
    assert len({effect["key"] for effect in field.effects}) == len(field.effects) > 0


def test_a_question_whose_pause_is_lost_is_asked_again(field):
    case, question = asked_case(field)
    field.service._runs.forget(case.id)  # as if the file had been thrown away
    field.restart()
    field.tick_at(43)
    with field.service.store.read() as uow:
        again = uow.approvals.find_open(case.id)
    assert again is not None
    assert again.interrupt_id != question.interrupt_id


def test_the_same_day_gives_the_same_decisions(field, manual_clock, tmp_path):
    first = decisions_of_a_day(field)
    settings = Settings(data_dir=tmp_path / "other", durable=False, samples=64)
    again = Field(lambda: build(settings, clock=ManualClock(START)), ManualClock(START))
    with closing(again.service):
        again.clock = again.service.clock
        assert decisions_of_a_day(again) == first


def decisions_of_a_day(field):
    field.begin()
    field.break_down()
    for minute in (41, 46, 52):
        field.tick_at(minute)
    with field.service.store.read() as uow:
        return [(d.id, d.verdict, d.candidate_id, d.snapshot_id) for d in uow.decisions.list()]
