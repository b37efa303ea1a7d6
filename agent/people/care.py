"""Who looks after a case: acknowledge, assign, take over, hand back, snooze, wake, merge.

Each is one transaction on the revision that the person saw: of two at once the first wins, and the second is told how
the case stands now.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from agent.merging import united
from agent.people.hand import Hand, refuse, require
from agent.policy_in_force import PoliciesInForce
from forestall.domain.cases import Case
from forestall.domain.ids import CaseId
from forestall.domain.vocabulary import CaseStatus, Verdict
from forestall.errors import BadInput, Problem
from forestall.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Snooze:
    """Until when a case is left alone, and what ends it sooner: its severity, or the nearness of one of its windows."""

    until: datetime | None = None
    wake_at_severity: float | None = None
    wake_before_window_s: float | None = None


class Act:
    """One act of one person on one case: checks first, then ``keep`` writes the case and the record of it."""

    def __init__(
        self,
        uow: UnitOfWork,
        gate: PoliciesInForce,
        action: str,
        case_id: CaseId,
        revision: int,
        hand: Hand,
        now: datetime,
    ) -> None:
        """Raises NotFound, Forbidden (policy), BadInput (how long they looked), or Conflict: closed, or changed since
        ``revision``."""
        uow.lock_state()  # nobody's change may come between what is read here and what is written
        self.uow, self.action, self.hand, self.now = uow, action, hand, now
        self.case = uow.cases.get(case_id)
        require(gate, hand, action, self.case)
        self.look = hand.look(self.case.opened_at, now)
        if self.case.status.is_closed:
            raise refuse(uow, self.case, f"case {case_id} is closed")
        if self.case.revision != revision:
            raise refuse(uow, self.case, f"case {case_id} has changed since revision {revision}")

    def keep(self, changed: Case, **details: object) -> Case:
        """Save the changed case under its next revision, and write down who did what."""
        changed = replace(changed, updated_at=self.now, revision=self.case.revision + 1)
        self.uow.cases.save(changed)
        body = {"case_id": changed.id, "revision": changed.revision, **self.hand.as_record(self.look), **details}
        self.uow.audit.append(self.now, f"case.{self.action}", changed.id, body)
        return changed

    def withdraw_question(self, why: str) -> None:
        """Answer the open question, if there is one: it fell away."""
        question = self.uow.approvals.find_open(self.case.id)
        if question is not None:
            self.uow.approvals.answer(
                self.case.id,
                question.interrupt_id,
                Verdict.WITHDRAWN,
                self.now,
                self.hand.by,
                note=why,
                look=self.look,
            )


def acknowledge(act: Act) -> Case:
    """Say that somebody has seen it: its open question is passed on no further. Who has no owner yet gets this one."""
    if act.case.acknowledged_by is not None:
        raise refuse(act.uow, act.case, f"{act.case.acknowledged_by} has acknowledged it already")
    changed = replace(
        act.case, acknowledged_by=act.hand.by, acknowledged_at=act.now, owner=act.case.owner or act.hand.by
    )
    return act.keep(changed)


def assign(act: Act, to: str | None) -> Case:
    """Make somebody its owner, or nobody. Who takes it for himself has seen it."""
    changed = replace(act.case, owner=to)
    if to == act.hand.by and act.case.acknowledged_by is None:
        changed = replace(changed, acknowledged_by=to, acknowledged_at=act.now)
    if act.case.taken_over and to is None:
        raise refuse(act.uow, act.case, "it is taken over, so it needs an owner; hand it back first")
    return act.keep(changed, owner_before=act.case.owner, owner=to)


def take_over(act: Act) -> Case:
    """Lock the case to this person: nothing more is proposed or sent for it, what has not gone out is called off."""
    if act.case.taken_over:
        raise refuse(act.uow, act.case, f"{act.case.owner} has taken it over already")
    act.withdraw_question("taken over")
    cancelled = act.uow.outbox.cancel_pending(act.case.id)
    changed = replace(
        act.case,
        status=CaseStatus.ACKNOWLEDGED,
        taken_over=True,
        owner=act.hand.by,
        acknowledged_by=act.hand.by,
        acknowledged_at=act.now,
        act_by=None,
        snoozed_until=None,
        wake_at_severity=None,
        wake_before_window_s=None,
    )
    return act.keep(changed, cancelled_effects=cancelled)


def hand_back(act: Act) -> Case:
    """Give the case back to the service, which looks at it afresh."""
    if not act.case.taken_over:
        raise refuse(act.uow, act.case, "nobody has taken it over")
    act.uow.state.touch_hub(act.case.hub_id)  # the next sweep looks at it
    return act.keep(replace(act.case, taken_over=False, owner=None, status=CaseStatus.OPEN, planned_at=None))


def snooze(act: Act, terms: Snooze) -> Case:
    """Leave the case alone until the terms are met; an open question falls away, and a fresh one may come then."""
    if act.case.taken_over:
        raise refuse(act.uow, act.case, f"{act.case.owner} has taken it over; hand it back first")
    until = terms.until or _end_of_day(act)
    if until <= act.now:
        where = Problem("until", f"{until.isoformat()} has passed", "name a time that is still to come")
        raise BadInput("it can't be snoozed until then", [where])
    if terms.wake_at_severity is not None and terms.wake_at_severity <= act.case.severity:
        what = f"its severity is {act.case.severity:.2f} already"
        raise BadInput("it would wake at once", [Problem("wake_at_severity", what, "name a higher one")])
    act.withdraw_question("snoozed")
    changed = replace(
        act.case,
        status=CaseStatus.MONITORING,
        act_by=None,
        snoozed_until=until,
        wake_at_severity=terms.wake_at_severity,
        wake_before_window_s=terms.wake_before_window_s,
    )
    if (moment := wakes_for_window_at(act.uow, changed)) is not None and moment <= act.now:
        what = "one of its windows closes sooner than that"
        raise BadInput("it would wake at once", [Problem("wake_before_window_s", what, "name a shorter time")])
    return act.keep(
        changed,
        until=until.isoformat(),
        wake_at_severity=terms.wake_at_severity,
        wake_before_window_s=terms.wake_before_window_s,
    )


def wake(act: Act) -> Case:
    """End a snooze now."""
    if not act.case.is_snoozed:
        raise refuse(act.uow, act.case, "it is not snoozed")
    act.uow.state.touch_hub(act.case.hub_id)
    return act.keep(awake(act.case))


def merge(act: Act, into: CaseId) -> Case:
    """Let another live case of the same hub and day go on in this one's place; its causes are that case's from now on.

    Returns the case that was merged away.
    """
    other = act.uow.cases.get(into)
    if act.case.taken_over:
        raise refuse(act.uow, act.case, f"{act.case.owner} has taken it over; hand it back first")
    if other.id == act.case.id or (other.day, other.hub_id) != (act.case.day, act.case.hub_id):
        what = "is not another case of the same hub and day"
        raise BadInput("these two can't be merged", [Problem("into", what, "name one that is")])
    if other.status.is_closed:
        raise refuse(act.uow, other, f"case {other.id} is closed")
    act.withdraw_question(f"merged into {other.id}")
    act.uow.cases.save(replace(united(other, act.case), updated_at=act.now, revision=other.revision + 1))
    ended = replace(act.case, status=CaseStatus.MERGED, closed_at=act.now, act_by=None)
    changed = replace(ended, merged_into=other.id, merged_by=act.hand.by)
    return act.keep(changed, into=other.id)


def awake(case: Case) -> Case:
    """The case no longer snoozed, to be looked at afresh."""
    return replace(
        case,
        status=CaseStatus.OPEN,
        planned_at=None,
        snoozed_until=None,
        wake_at_severity=None,
        wake_before_window_s=None,
    )


def wake_due(uow: UnitOfWork, now: datetime) -> list[CaseId]:
    """Wake every snoozed case whose time has come, that has become grave enough, or a window of which is near."""
    due = [case for case in uow.cases.list_snoozed() if _is_over(uow, case, now)]
    for case in due:
        uow.state.touch_hub(case.hub_id)
        uow.cases.save(replace(awake(case), updated_at=now, revision=case.revision + 1))
    return [case.id for case in due]


def wakes_for_window_at(uow: UnitOfWork, case: Case) -> datetime | None:
    """When the first window of the case's open stops is as near as its snooze allows; None where that sets no limit."""
    from_window = case.wake_before
    if from_window is None:
        return None
    stops = [stop for stop_id in case.stop_ids if (stop := uow.state.find_stop(stop_id)) is not None]
    return min((stop.window.closes_at - from_window for stop in stops if stop.status.is_open), default=None)


def _is_over(uow: UnitOfWork, case: Case, now: datetime) -> bool:
    assert case.snoozed_until is not None
    if case.snoozed_until <= now:
        return True
    if case.wake_at_severity is not None and case.severity >= case.wake_at_severity:
        return True
    moment = wakes_for_window_at(uow, case)
    return moment is not None and moment <= now


def _end_of_day(act: Act) -> datetime:
    """A snooze without a time ends when the hub closes."""
    hub = act.uow.state.get_hub(act.case.hub_id, act.case.day)
    return hub.closes_at
