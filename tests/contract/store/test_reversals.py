"""Ways back: kept with their decision, read back as they were, and taken once."""

import pytest

from factories import DAY, at, make_approval, make_candidate, make_case
from forestall.domain.decisions import Look
from forestall.domain.ids import CaseId, DecisionId, InterruptId, RouteId, StopId
from forestall.domain.reversals import Reversal
from forestall.domain.vocabulary import Verdict
from forestall.errors import Conflict
from forestall.store import Store


def make_reversal(decision_id: str = "d1", minute: float = 63) -> Reversal:
    return Reversal(
        decision_id=DecisionId(decision_id),
        case_id=CaseId("case-1"),
        day=DAY,
        made_at=at(minute),
        candidate=make_candidate(),
        before={RouteId("R01"): (StopId("S001"), StopId("S002"))},
        departures={RouteId("R01"): at(30)},
    )


@pytest.fixture
def kept(store: Store) -> Store:
    with store.write() as uow:
        uow.cases.add(make_case())
        uow.reversals.add(make_reversal("d2", 70))
        uow.reversals.add(make_reversal("d1", 63))
    return store


def test_it_reads_back_as_it_was_the_earliest_first(kept: Store) -> None:
    with kept.read() as uow:
        assert uow.reversals.list_for_case(CaseId("case-1")) == [make_reversal("d1", 63), make_reversal("d2", 70)]
        assert uow.reversals.find(DecisionId("d9")) is None


def test_it_is_taken_once(kept: Store) -> None:
    with kept.write() as uow:
        assert uow.reversals.mark_undone(DecisionId("d1"), DecisionId("u1"))
        assert not uow.reversals.mark_undone(DecisionId("d1"), DecisionId("u2"))
    with kept.read() as uow:
        found = uow.reversals.find(DecisionId("d1"))
    assert found is not None
    assert found.undone_by == "u1"


def test_a_decision_has_one(kept: Store) -> None:
    with pytest.raises(Conflict), kept.write() as uow:
        uow.reversals.add(make_reversal("d1"))


def test_an_answer_keeps_for_whom_it_was_and_how_long_they_looked(kept: Store) -> None:
    look = Look("cora", at(61), 42.5)
    with kept.write() as uow:
        uow.approvals.ask(make_approval(instead_of=3))
        uow.approvals.answer(CaseId("case-1"), InterruptId("i1"), Verdict.APPROVED, at(63), "ann", look=look)
    with kept.read() as uow:
        answered = uow.approvals.get(CaseId("case-1"), InterruptId("i1"))
    assert Look(answered.on_behalf_of, answered.shown_at, answered.looked_s) == look
    assert answered.instead_of == 3


def test_snoozed_cases_are_those_that_are_live_and_put_off(kept: Store) -> None:
    with kept.write() as uow:
        uow.cases.add(make_case("case-2", snoozed_until=at(90)))
    with kept.read() as uow:
        assert [case.id for case in uow.cases.list_snoozed()] == ["case-2"]
