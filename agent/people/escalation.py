"""Questions that nobody answers are passed on, tier by tier, before it is too late to act."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from agent.wording import describe_cause
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval
from forestall.domain.effects import Effect
from forestall.domain.vocabulary import Channel
from forestall.settings import EscalationTier
from forestall.store import UnitOfWork
from tools.messages import as_local_time


def escalate_due(uow: UnitOfWork, tiers: Sequence[EscalationTier], now: datetime) -> int:
    """Pass every open approval on to the tier whose turn it is; how many were. Acknowledged cases stay where they are.

    A veto window is not passed on: nobody has to act for it to end well.
    """
    passed_on = 0
    for question in uow.approvals.list_open():
        if question.is_veto:
            continue
        case = uow.cases.get(question.case_id)
        tier = tier_due(tiers, question.asked_at, deadline_of(case, question), now)
        if case.acknowledged_by is None and case.is_in_our_hands and tier > case.tier:
            _pass_on(uow, case, question, tier, tiers, now)
            passed_on += 1
    return passed_on


def deadline_of(case: Case, question: Approval) -> datetime:
    """Until when an answer still helps."""
    return question.expires_at if case.act_by is None else min(case.act_by, question.expires_at)


def tier_due(tiers: Sequence[EscalationTier], asked_at: datetime, deadline: datetime, now: datetime) -> int:
    """The highest tier that has been reached at ``now``: each has its share of the time from question to deadline."""
    given = max((deadline - asked_at).total_seconds(), 0.0)
    gone = (now - asked_at).total_seconds()
    return max((number for number, tier in enumerate(tiers) if gone >= tier.after * given), default=0)


def _pass_on(
    uow: UnitOfWork,
    case: Case,
    question: Approval,
    tier: int,
    tiers: Sequence[EscalationTier],
    now: datetime,
) -> None:
    name, deadline = tiers[tier].name, deadline_of(case, question)
    hub = uow.state.find_hub(case.hub_id, case.day)
    zone = "UTC" if hub is None else hub.time_zone
    uow.cases.save(replace(case, tier=tier, updated_at=now, revision=case.revision + 1))
    effect = Effect(
        key=f"{case.id}:{question.plan_rev}:case_waits:{tier}",
        channel=Channel.PEOPLE,
        recipient_id=name,
        template="case_waits",
        payload={
            "case_id": case.id,
            "interrupt_id": question.interrupt_id,
            "hub_id": case.hub_id,
            "kind": case.kind.value,
            "tier": tier,
            "asked_at": question.asked_at.isoformat(),
            "answer_by": deadline.isoformat(),
            "time_zone": zone,
            "avoidable_loss": case.avoidable_loss,
        },
        not_before=now,
        expires_at=deadline,
        body=(
            f"{describe_cause(case)}. Case {case.id} at {case.hub_id} waits for an answer until"
            f" {as_local_time(deadline, zone)}."
        ),
        case_id=case.id,
    )
    uow.outbox.add([effect])
    body = {"case_id": case.id, "interrupt_id": question.interrupt_id, "tier": tier, "name": name}
    uow.audit.append(now, "case.escalate", case.id, {"by": "system", **body})
