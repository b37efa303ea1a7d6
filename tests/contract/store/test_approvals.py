from concurrent.futures import ThreadPoolExecutor

import pytest

from factories import at, make_approval, make_case
from forestall.domain.ids import CaseId, InterruptId
from forestall.domain.vocabulary import OverrideReason, Verdict
from forestall.errors import Conflict, NotFound
from forestall.store import Store

CASE, ASKED = CaseId("case-1"), InterruptId("i1")


@pytest.fixture
def asked_store(store: Store) -> Store:
    with store.write() as uow:
        uow.cases.add(make_case())
        uow.approvals.ask(make_approval())
    return store


def test_asking_again_changes_nothing(asked_store: Store) -> None:
    with asked_store.write() as uow:
        assert not uow.approvals.ask(make_approval(is_veto=True))
        assert uow.approvals.get(CASE, ASKED) == make_approval()


def test_a_question_about_no_case_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict), store.write() as uow:
        uow.approvals.ask(make_approval())


def test_the_first_answer_stands(asked_store: Store) -> None:
    with asked_store.write() as uow:
        assert uow.approvals.answer(CASE, ASKED, Verdict.REJECTED, at(65), "ada", OverrideReason.SAFETY, "icy road")
        assert not uow.approvals.answer(CASE, ASKED, Verdict.APPROVED, at(66), "bob")
    with asked_store.read() as uow:
        answered = make_approval(
            verdict=Verdict.REJECTED,
            answered_at=at(65),
            answered_by="ada",
            reason=OverrideReason.SAFETY,
            note="icy road",
        )
        assert uow.approvals.get(CASE, ASKED) == answered
        assert uow.approvals.find_open(CASE) is None


def test_a_question_never_asked_has_no_answer(asked_store: Store) -> None:
    with asked_store.write() as uow:
        assert not uow.approvals.answer(CASE, InterruptId("i9"), Verdict.APPROVED, at(65), "ada")
        with pytest.raises(NotFound):
            uow.approvals.get(CASE, InterruptId("i9"))


def test_open_due_and_unresumed_questions_are_told_apart(asked_store: Store) -> None:
    second = make_approval(interrupt_id="i2", asked_at=at(70), expires_at=at(100), is_veto=True)
    with asked_store.write() as uow:
        uow.approvals.ask(second)
        assert uow.approvals.list_open() == [make_approval(), second]
        assert uow.approvals.find_open(CASE) == second
        assert uow.approvals.list_due(at(71)) == []
        assert uow.approvals.list_due(at(72)) == [make_approval()]
        uow.approvals.answer(CASE, ASKED, Verdict.EXPIRED, at(72), "system")
        assert [approval.interrupt_id for approval in uow.approvals.list_unresumed()] == ["i1"]
        assert uow.approvals.list_open() == uow.approvals.list_due(at(100)) == [second]
        uow.approvals.mark_resumed(CASE, ASKED)
        assert uow.approvals.list_unresumed() == []
        assert [approval.resumed for approval in uow.approvals.list_for_case(CASE)] == [True, False]


def test_of_sixty_answers_to_each_of_twenty_questions_one_wins(store: Store) -> None:
    with store.write() as uow:
        for number in range(20):
            uow.cases.add(make_case(f"case-{number}"))
            uow.approvals.ask(make_approval(f"case-{number}"))

    def answer(turn: int) -> bool:
        verdict = Verdict.APPROVED if turn % 2 else Verdict.REJECTED
        with store.write() as uow:
            return uow.approvals.answer(CaseId(f"case-{turn % 20}"), ASKED, verdict, at(65), f"user {turn}")

    with ThreadPoolExecutor(8) as pool:
        wins = list(pool.map(answer, range(20 * 60)))
    assert sum(wins) == 20
    with store.read() as uow:
        winners = {f"user {turn}" for turn, won in enumerate(wins) if won}
        assert {approval.answered_by for approval in uow.approvals.list_unresumed()} == winners
