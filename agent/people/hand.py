"""Whose hand it was: who acts, in which role, on whose behalf, and how long they looked at the case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.policy_in_force import PoliciesInForce
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Look
from forestall.errors import BadInput, Conflict, Forbidden, Problem
from forestall.store import UnitOfWork

# A browser's clock and ours may differ by so much before what it says is called wrong.
_CLOCKS_DIFFER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Hand:
    """``shown_at`` is when the case was put before the person's eyes, ``seen_ms`` for how long they had it there."""

    by: str
    role: str = "dispatcher"
    on_behalf_of: str | None = None
    shown_at: datetime | None = None
    seen_ms: int | None = None
    note: str = ""

    def look(self, opened_at: datetime, now: datetime) -> Look:
        """For whom, since when and for how long they looked; from ``shown_at`` until now where they don't say.

        Raises:
            BadInput: they say they saw it in the future, before it was there, or for longer than since then.
        """
        if self.shown_at is None:
            return Look(self.on_behalf_of, None, None if self.seen_ms is None else self.seen_ms / 1000)
        problems = []
        if self.shown_at > now + _CLOCKS_DIFFER:
            problems.append(Problem("shown_at", "lies in the future", "send when the case was shown"))
        if self.shown_at < opened_at - _CLOCKS_DIFFER:
            problems.append(Problem("shown_at", "lies before the case was opened", "send when the case was shown"))
        since_s = max(0.0, (now - self.shown_at).total_seconds())
        if self.seen_ms is not None and self.seen_ms / 1000 > since_s + _CLOCKS_DIFFER.total_seconds():
            problems.append(Problem("seen_ms", f"is more than the {since_s:.0f} s since shown_at", "send less"))
        if problems:
            raise BadInput("how long the case was looked at does not add up", problems)
        return Look(self.on_behalf_of, self.shown_at, since_s if self.seen_ms is None else self.seen_ms / 1000)

    def as_record(self, look: Look) -> dict[str, object]:
        """The hand, with its ``look``, as an audit record keeps it."""
        return {
            "by": self.by,
            "role": self.role,
            "on_behalf_of": self.on_behalf_of,
            "shown_at": look.shown_at.isoformat() if look.shown_at else None,
            "looked_s": look.looked_s,
            "note": self.note,
        }


def require(gate: PoliciesInForce, hand: Hand, action: str, case: Case) -> None:
    """Raise Forbidden unless policy lets this hand do ``action`` on the case."""
    if not gate.may(hand.by, hand.role, action, case.hub_id):
        raise Forbidden(f"the role {hand.role!r} may not {action.replace('_', ' ')} cases")


def present_state(case: Case, question: Approval | None) -> dict[str, object]:
    """What a refusal shows of the case as it now is."""
    return {
        "case_id": case.id,
        "status": case.status.value,
        "revision": case.revision,
        "plan_rev": case.plan_rev,
        "owner": case.owner,
        "taken_over": case.taken_over,
        "open_interrupt_id": question.interrupt_id if question else None,
    }


def refuse(uow: UnitOfWork, case: Case, message: str) -> Conflict:
    """The 409 with the present state, to be raised."""
    return Conflict(message, **present_state(case, uow.approvals.find_open(case.id)))
