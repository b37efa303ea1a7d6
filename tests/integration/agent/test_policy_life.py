"""Versions of the policies: one person writes, the record is asked, another puts it in force, everywhere at once."""

from dataclasses import replace

import pytest

from agent.policy_life import draft, promote, shadow, try_on_record
from factories import at
from forestall.domain.ids import PolicyVersionId
from forestall.domain.vocabulary import Autonomy, CaseStatus, PolicyStatus, Verdict
from forestall.errors import BadInput, Conflict, NotFound
from policies.gate import combine, read_policies
from policy_files import ALL, ASK, VETO, permit_all, write_policies

BROKEN = f'@id("mine") @why("typo") {ALL[:-1]} when {{ context.stopMoved < 3 }};'


@pytest.fixture
def life(field, tmp_path):
    """Drafts, shadows and promotes in the field's store; the field's day has begun."""
    field.begin()
    return Life(field, tmp_path)


class Life:
    def __init__(self, field, folder):
        self.field, self.folder = field, folder

    @property
    def now(self):
        return self.field.clock.now()

    def draft(self, *policies, by="ann"):
        with self.field.service.store.write() as uow:
            return draft(uow, write_policies(self.folder / "draft", *policies), by, self.now)

    def shadow(self, version):
        with self.field.service.store.write() as uow:
            return shadow(uow, version.id, at(0), self.now)

    def promote(self, version, by="bob"):
        with self.field.service.store.write() as uow:
            return promote(uow, version.id, by, "agreed on Monday", self.now)

    def status(self, version):
        with self.field.service.store.read() as uow:
            return uow.policies.get(version.id).status


def test_a_version_goes_from_draft_to_shadow_to_active_to_retired(life):
    first = life.draft(ASK)
    assert first.status is PolicyStatus.DRAFT
    life.shadow(first)
    assert life.status(first) is PolicyStatus.SHADOW
    life.promote(first)
    assert life.status(first) is PolicyStatus.ACTIVE
    second = life.draft(VETO)
    life.shadow(second)
    life.promote(second)
    assert (life.status(first), life.status(second)) == (PolicyStatus.RETIRED, PolicyStatus.ACTIVE)
    life.promote(first)
    assert life.status(first) is PolicyStatus.ACTIVE


def test_the_author_is_not_the_approver(life):
    version = life.draft(ASK, by="ann")
    life.shadow(version)
    with pytest.raises(BadInput):
        life.promote(version, by=" Ann ")
    assert life.status(version) is PolicyStatus.SHADOW


def test_a_draft_that_was_not_tried_on_the_record_does_not_come_in_force(life):
    version = life.draft(ASK)
    with pytest.raises(Conflict):
        life.promote(version)


def test_a_policy_that_does_not_validate_is_not_even_kept_and_the_old_one_stays(life):
    before = life.field.service._work.gate.version
    with pytest.raises(BadInput) as refused:
        life.draft(BROKEN)
    assert "stopMoved" in str(refused.value.as_body())
    life.field.tick_at(1)
    assert life.field.service._work.gate.version == before == read_policies().version


def test_a_kept_version_that_can_no_longer_be_used_leaves_the_one_before_it_in_force(life):
    good, bad = life.draft(ASK), life.draft(VETO)
    for version in (good, bad):
        life.shadow(version)
        life.promote(version)
    gate = life.field.service._work.gate
    own = {good.id: good.own, bad.id: BROKEN}  # as if the schema had moved on under it
    with life.field.service.store.write() as uow:
        keep = uow.policies.get

        def altered(version_id: PolicyVersionId):
            return replace(keep(version_id), own=own[version_id])

        uow.policies.get = altered
        gate.refresh(uow, life.now)
    assert gate.version == combine(good.own).version
    with life.field.service.store.read() as uow:
        assert "policy.refused" in [record.kind for record in uow.audit.list(subject=bad.id)]


def test_running_services_take_an_activated_version_over_without_a_restart(life, open_service, tmp_path):
    other = open_service(data_dir=tmp_path / "other")
    version = life.draft(ASK)
    life.shadow(version)
    life.promote(version)
    life.field.break_down()
    life.field.tick_at(41)
    other.tick()
    assert [case.status for case in life.field.cases] == [CaseStatus.AWAITING_APPROVAL]
    assert {life.field.service._work.gate.version, other._work.gate.version} == {version.id}


def test_shadow_tells_which_recorded_plans_would_have_been_treated_otherwise(life):
    life.field.break_down()
    life.field.tick_at(41)
    [case] = life.field.cases
    with life.field.service.store.read() as uow:
        [decision] = uow.decisions.list_for_case(case.id)
        stricter = try_on_record(uow, combine(ASK), at(0))
        same = try_on_record(uow, read_policies(), at(0))
        later = try_on_record(uow, combine(ASK), at(50))
    assert decision.verdict is Verdict.AUTOMATIC
    assert (same.asked, same.changes) == (1, ())
    assert later.asked == 0
    [change] = stricter.changes
    assert (change.case_id, change.was, change.becomes) == (case.id, Autonomy.AUTO, Autonomy.APPROVE_FIRST)
    assert change.why == ("a person decides",)


def test_each_step_of_its_life_is_on_record(life):
    version = life.draft(ASK)
    life.shadow(version)
    life.promote(version)
    with life.field.service.store.read() as uow:
        kinds = [record.kind for record in uow.audit.list(subject=version.id)]
        body = uow.audit.list(subject=version.id)[-1].body
    assert kinds == ["policy.drafted", "policy.shadowed", "policy.promoted"]
    assert (body["author"], body["by"], body["why"]) == ("ann", "bob", "agreed on Monday")


def test_the_same_texts_are_one_version(life):
    life.draft(permit_all())
    with pytest.raises(Conflict):
        life.draft(f'@id("test.all") @why("everything") {ALL}', by="carl")


def test_an_unknown_version_is_not_found(life):
    with pytest.raises(NotFound), life.field.service.store.write() as uow:
        promote(uow, PolicyVersionId("0123456789abcdef"), "bob", "", life.now)
