"""Veto windows that ran out while nobody watched: what a missed timer would have started is asked for instead."""

from dataclasses import replace
from datetime import datetime, timedelta

from forestall.domain.cases import Case
from forestall.domain.decisions import Approval
from forestall.domain.vocabulary import CaseStatus
from forestall.store import UnitOfWork

# A step that comes this late has missed the timer: the machine slept, or the step before it hung.
MISSED_AFTER = timedelta(minutes=15)
# Without an act_by a question stays useful about this long.
_PLAIN_QUESTION = timedelta(minutes=30)
# Whoever is asked late, because of us, has so long at least; the plan is held against the live state anyway.
_TIME_TO_ANSWER = timedelta(minutes=10)


def ask_about_missed(uow: UnitOfWork, now: datetime, watching_since: datetime) -> int:
    """Turn every veto window that ended before ``watching_since``, or long ago, into a question; how many.

    Whoever might have vetoed could not: the process that takes vetoes was down.
    """
    missed = [
        question
        for question in uow.approvals.list_due(now)
        if question.is_veto and (question.expires_at <= watching_since or now - question.expires_at > MISSED_AFTER)
    ]
    return sum(_ask(uow, question, now) for question in missed)


def _ask(uow: UnitOfWork, question: Approval, now: datetime) -> bool:
    case = uow.cases.get(question.case_id)
    expires_at = max(case.act_by or now + _PLAIN_QUESTION, now + _TIME_TO_ANSWER)
    if not uow.approvals.ask_instead_of_veto(case.id, question.interrupt_id, expires_at):
        return False  # vetoed a moment ago
    if case.status is CaseStatus.AWAITING_VETO:
        uow.cases.save(_asked(case, now))
    body = {"window_ended_at": question.expires_at.isoformat(), "asked_until": expires_at.isoformat()}
    uow.audit.append(now, "veto.missed", case.id, {"interrupt_id": question.interrupt_id, **body})
    return True


def _asked(case: Case, now: datetime) -> Case:
    return replace(case, status=CaseStatus.AWAITING_APPROVAL, updated_at=now, revision=case.revision + 1)
