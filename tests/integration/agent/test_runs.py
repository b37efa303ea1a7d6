"""Runs of cases: kept in another version's form, or lost, they are made again from rows; closed ones leave nothing."""

from dataclasses import replace

import pytest

from agent.run import GRAPH_VERSION
from forestall.domain.vocabulary import CaseStatus, OverrideReason, Verdict


@pytest.fixture
def asked(field, open_service):
    """A day whose breakdown waits for a person; returns the field, the case and the question."""
    field.service.close()
    field.service = open_service(mode="SUGGEST")
    field._open = lambda **settings: open_service(mode="SUGGEST", **settings)
    field.begin()
    field.break_down()
    field.tick_at(41)
    [case] = field.cases
    with field.service.store.read() as uow:
        return field, case, uow.approvals.find_open(case.id)


def verdicts(field):
    with field.service.store.read() as uow:
        return [decision.verdict for case in field.cases for decision in uow.decisions.list_for_case(case.id)]


def thread(case):
    return {"configurable": {"thread_id": case.id}}


def checkpoints_of(field, case):
    return list(field.service._runs._checkpoints.list(thread(case)))


def store_in_the_form_of_another_version(field, case):
    graph = field.service._runs._graph
    values = graph.get_state(thread(case)).values | {"schema_version": GRAPH_VERSION - 1}
    field.service._runs.forget(case.id)
    graph.update_state(thread(case), values, as_node="gate")
    graph.invoke(None, thread(case), durability="sync")
    assert graph.get_state(thread(case)).interrupts


def test_a_waiting_run_of_another_version_is_opened_again_and_its_question_withdrawn(asked):
    field, case, question = asked
    store_in_the_form_of_another_version(field, case)
    field.restart()
    field.tick_at(43)
    with field.service.store.read() as uow:
        withdrawn, again = uow.approvals.get(case.id, question.interrupt_id), uow.approvals.find_open(case.id)
    assert withdrawn.verdict is Verdict.STALE
    assert again is not None
    assert again.interrupt_id != question.interrupt_id
    field.service.answer(case.id, again.interrupt_id, "approve", by="ann")
    field.tick_at(44)
    assert verdicts(field) == [Verdict.APPROVED]


@pytest.mark.parametrize(("choice", "verdict"), [("approve", Verdict.APPROVED), ("reject", Verdict.REJECTED)])
@pytest.mark.parametrize("spoil", [store_in_the_form_of_another_version, lambda f, c: f.service._runs.forget(c.id)])
def test_an_answer_outlives_its_checkpoints(asked, choice, verdict, spoil):
    field, case, question = asked
    field.service.answer(case.id, question.interrupt_id, choice, by="ann", reason=OverrideReason.OTHER)
    spoil(field, case)
    field.restart()
    field.tick_at(43)
    field.tick_at(44)
    assert verdicts(field) == [verdict]


def test_a_closed_cases_checkpoints_are_deleted_however_it_closed(asked):
    field, case, _ = asked
    assert checkpoints_of(field, case)

    with field.service.store.write() as uow:  # as a merge or an expiry would
        present = uow.cases.get(case.id)
        uow.cases.save(
            replace(present, status=CaseStatus.MERGED, updated_at=field.clock.now(), revision=present.revision + 1)
        )
    field.tick_at(43)
    assert checkpoints_of(field, case) == []


def test_a_case_that_resolves_by_itself_leaves_no_checkpoints(field):
    field.begin()
    field.break_down()
    field.tick_at(41)
    [case] = field.cases
    assert checkpoints_of(field, case)
    for minute in range(42, 200, 13):
        field.tick_at(minute)
        if field.cases[-1].status.is_closed:
            break
    [closed] = [one for one in field.cases if one.id == case.id]
    assert closed.status is CaseStatus.RESOLVED
    assert checkpoints_of(field, case) == []
