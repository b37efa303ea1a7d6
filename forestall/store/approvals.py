"""Questions to people, each answered once: the first answer wins, on whichever server it arrives."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, update

from forestall.domain.decisions import Approval, Look
from forestall.domain.ids import CaseId, InterruptId
from forestall.domain.vocabulary import OverrideReason, Verdict
from forestall.errors import NotFound
from forestall.store.mappers import APPROVALS
from forestall.store.mapping import AnySelect
from forestall.store.repository import Repository
from forestall.store.tables import approvals

NOT_KNOWN = Look()
_IS_OPEN = approvals.c.verdict.is_(None)

_IN_ORDER = APPROVALS.select().order_by(approvals.c.asked_at, approvals.c.interrupt_id)
# Asked at every step, and so made once.
_OPEN = _IN_ORDER.where(_IS_OPEN)
_DUE = _OPEN.where(approvals.c.expires_at <= bindparam("now"))
_UNRESUMED = _IN_ORDER.where(approvals.c.verdict.is_not(None), approvals.c.resumed.is_(False))


class Approvals(Repository):
    def ask(self, approval: Approval) -> bool:
        """Put a question; asking the same (case, interrupt) again changes nothing and returns False."""
        statement = self._insert(approvals).values(APPROVALS.values(approval)).on_conflict_do_nothing()
        return self._connection.execute(statement.returning(approvals.c.case_id)).first() is not None

    def answer(
        self,
        case_id: CaseId,
        interrupt_id: InterruptId,
        verdict: Verdict,
        at: datetime,
        by: str,
        reason: OverrideReason | None = None,
        note: str = "",
        look: Look = NOT_KNOWN,
        role: str = "",
    ) -> bool:
        """Answer an open question; False when it has been answered (or never was asked), and then nothing changes."""
        answer = {"verdict": verdict, "answered_at": at, "answered_by": by, "reason": reason, "note": note}
        values = answer | asdict(look) | {"role": role}
        return self._changed(update(approvals).where(_is(case_id, interrupt_id), _IS_OPEN).values(values)) == 1

    def ask_instead_of_veto(self, case_id: CaseId, interrupt_id: InterruptId, expires_at: datetime) -> bool:
        """Make an open veto window a question that lapses at ``expires_at``; False when it has been answered."""
        values = {"is_veto": False, "expires_at": expires_at}
        return self._changed(update(approvals).where(_is(case_id, interrupt_id), _IS_OPEN).values(values)) == 1

    def mark_resumed(self, case_id: CaseId, interrupt_id: InterruptId) -> None:
        """Note that the answer has reached the case's run."""
        self._connection.execute(update(approvals).where(_is(case_id, interrupt_id)).values(resumed=True))

    def find(self, case_id: CaseId, interrupt_id: InterruptId) -> Approval | None:
        return next(iter(self._list(_is(case_id, interrupt_id))), None)

    def get(self, case_id: CaseId, interrupt_id: InterruptId) -> Approval:
        approval = self.find(case_id, interrupt_id)
        if approval is None:
            raise NotFound(f"case {case_id} was never asked {interrupt_id}")
        return approval

    def find_open(self, case_id: CaseId) -> Approval | None:
        """The case's unanswered question, the newest if there are several."""
        return next(iter(self._list(approvals.c.case_id == case_id, _IS_OPEN)[-1:]), None)

    def list_for_case(self, case_id: CaseId) -> list[Approval]:
        return self._list(approvals.c.case_id == case_id)

    def list_open(self) -> list[Approval]:
        """Unanswered questions, the first asked first."""
        return self._read(_OPEN)

    def list_due(self, now: datetime) -> list[Approval]:
        """Unanswered questions whose time has run out at ``now``."""
        return self._read(_DUE, now=now)

    def list_unresumed(self) -> list[Approval]:
        """Answers that have not reached their case's run, for instance because a process died in between."""
        return self._read(_UNRESUMED)

    def _list(self, *conditions: Any) -> list[Approval]:
        return self._read(_IN_ORDER.where(*conditions))

    def _read(self, query: AnySelect, **parameters: object) -> list[Approval]:
        return [APPROVALS.from_row(row) for row in self._connection.execute(query, parameters)]


def _is(case_id: CaseId, interrupt_id: InterruptId) -> Any:
    return and_(approvals.c.case_id == case_id, approvals.c.interrupt_id == interrupt_id)
