"""Answers to questions: first a row that only one person can win, then the graph hears of it."""

from collections.abc import Iterable
from datetime import datetime

from agent.people.hand import Hand, present_state, require
from agent.policy_in_force import PoliciesInForce
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval
from forestall.domain.ids import CaseId, InterruptId
from forestall.domain.vocabulary import OverrideReason, Verdict
from forestall.errors import BadInput, Conflict, Problem
from forestall.store import UnitOfWork

APPROVE, VETO, REJECT = "approve", "veto", "reject"


def answer_question(
    uow: UnitOfWork,
    gate: PoliciesInForce,
    case_id: CaseId,
    interrupt_id: InterruptId,
    choice: str,
    reason: OverrideReason | None,
    hand: Hand,
    now: datetime,
) -> Case:
    """Record a person's answer; the first one wins.

    Raises:
        NotFound: no such case. BadInput: an unknown choice, one that does not fit the question, a no without reason, or
        a look that does not add up. Forbidden: that role may not answer. Conflict: closed, already answered, lapsed, or
        no longer the open question.
    """
    case = uow.cases.get(case_id)
    require(gate, hand, "answer", case)
    look = hand.look(case.opened_at, now)
    question = uow.approvals.find_open(case_id)
    if question is None or question.interrupt_id != interrupt_id:
        raise Conflict("this question is no longer open", **present_state(case, question))
    verdict = _verdict(choice, question, reason)
    is_in_time = question.expires_at > now
    if not is_in_time or not uow.approvals.answer(
        case_id, interrupt_id, verdict, now, hand.by, reason, hand.note, look, hand.role
    ):
        raise Conflict("this question was answered or has lapsed", **present_state(case, question))
    return case


def lapse_due(uow: UnitOfWork, now: datetime) -> int:
    """Give the system's own answer to questions whose time is up: not vetoed means go, not approved means no."""
    lapsed = 0
    for question in uow.approvals.list_due(now):
        verdict = Verdict.NOT_VETOED if question.is_veto else Verdict.EXPIRED
        lapsed += uow.approvals.answer(question.case_id, question.interrupt_id, verdict, now, "system", None, "")
    return lapsed


def _verdict(choice: str, question: Approval, reason: OverrideReason | None) -> Verdict:
    """An approval may be approved or rejected, a veto window vetoed or let go at once; a no always has a reason."""
    allowed = {APPROVE: Verdict.APPROVED, VETO: Verdict.VETOED, REJECT: Verdict.REJECTED}
    if question.is_veto:
        allowed.pop(REJECT)
    else:
        allowed.pop(VETO)
    if choice not in allowed:
        raise BadInput("this answer does not fit the question", [_misfit(choice, allowed)])
    if choice != APPROVE and reason is None:
        raise BadInput("a no needs a reason", [Problem("reason", "is missing", f"one of {_names(OverrideReason)}")])
    return allowed[choice]


def _misfit(choice: str, allowed: Iterable[str]) -> Problem:
    return Problem("verdict", f"{choice!r} is not possible here", f"one of {', '.join(allowed)}")


def _names(words: Iterable[OverrideReason]) -> str:
    return ", ".join(word.value for word in words)
