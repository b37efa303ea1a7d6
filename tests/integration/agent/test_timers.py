"""Veto timers: policy is asked again when one fires, and one that nobody could have answered starts nothing."""

import pytest

from factories import at
from forestall.domain.vocabulary import CaseStatus, Verdict
from policy_files import ASK, VETO, write_policies


def verdicts(field):
    with field.service.store.read() as uow:
        return [decision.verdict for case in field.cases for decision in uow.decisions.list_for_case(case.id)]


@pytest.fixture
def vetoable(field, open_service, tmp_path):
    """A day on which a breakdown's rescue runs unless vetoed within five minutes, from minute 41 on."""
    field.service.close()
    folder = write_policies(tmp_path / "policies", VETO, ASK)
    field.service = open_service(policy_dir=folder)
    field._open = lambda **settings: open_service(policy_dir=folder, **settings)
    field.begin()
    field.break_down()
    field.tick_at(41)
    assert [case.status for case in field.cases] == [CaseStatus.AWAITING_VETO]
    return field


def said_to_the_field(field):
    """Everything but the word to our own people that a question waits."""
    return [effect for effect in field.effects if "case_waits" not in str(effect["key"])]


def test_a_window_that_nobody_used_runs(vetoable):
    vetoable.tick_at(46)
    assert verdicts(vetoable) == [Verdict.NOT_VETOED]


def test_policy_is_asked_again_when_the_timer_fires(vetoable, tmp_path):
    folder = write_policies(tmp_path / "stricter", ASK)
    with vetoable.service.store.write() as uow:
        from agent.policy_life import draft, promote, shadow

        version = draft(uow, folder, "ann", vetoable.clock.now())
        shadow(uow, version.id, at(0), vetoable.clock.now())
        promote(uow, version.id, "bob", "caution", vetoable.clock.now())
    vetoable.tick_at(46)
    assert Verdict.NOT_VETOED not in verdicts(vetoable)
    assert said_to_the_field(vetoable) == []
    assert [case.status for case in vetoable.cases] == [CaseStatus.AWAITING_APPROVAL]


def test_a_timer_missed_while_the_process_was_down_goes_to_approval(vetoable):
    vetoable.go_to(at(47))
    vetoable.restart()
    vetoable.tick_at(47)
    assert said_to_the_field(vetoable) == []
    [case] = vetoable.cases
    assert case.status is CaseStatus.AWAITING_APPROVAL
    with vetoable.service.store.read() as uow:
        question = uow.approvals.find_open(case.id)
        assert [record.kind for record in uow.audit.list(subject=case.id)] == ["veto.missed"]
    assert not question.is_veto
    vetoable.service.answer(case.id, question.interrupt_id, "approve", by="ann")
    vetoable.tick_at(48)
    assert verdicts(vetoable) == [Verdict.APPROVED]


def test_a_window_still_open_after_a_restart_runs_out_as_it_would_have(vetoable):
    vetoable.go_to(at(43))
    vetoable.restart()
    vetoable.tick_at(47)
    assert verdicts(vetoable) == [Verdict.NOT_VETOED]


def test_a_step_that_comes_far_too_late_has_missed_the_timer(vetoable):
    vetoable.tick_at(80)
    assert said_to_the_field(vetoable) == []
    assert Verdict.NOT_VETOED not in verdicts(vetoable)


def test_an_engine_error_means_approval_never_execution(field, open_service, tmp_path):
    field.service.close()
    overflow = (
        '@id("test.overflow") @why("counts too far") permit (principal, action == Action::"execute", resource) '
        "when { context.stopsMoved * 9223372036854775807 + 9223372036854775807 > 0 };"
    )
    field.service = open_service(policy_dir=write_policies(tmp_path / "policies", overflow))
    field.begin()
    field.break_down()
    field.tick_at(41)
    assert [case.status for case in field.cases] == [CaseStatus.AWAITING_APPROVAL]
    assert field.effects == []
    with field.service.store.read() as uow:
        assert uow.proposals.find_latest(field.cases[0].id).gate.policy_ids == ("engine.error",)
