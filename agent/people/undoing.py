"""Taking a decision back: a compensating decision that returns what still can be returned, or says why nothing can.

Like every plan it is allowed twice: before anything is made ready, and, with the switches, where it is applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from agent.limits import NoLongerAllowed, require_still_allowed
from agent.people.hand import Hand, present_state, refuse, require
from agent.questions import question_of
from agent.run import Ready, Workplace
from agent.steps.carry_out import apply_plan, decision_on, record
from agent.steps.consider import accompany
from agent.steps.situations import hubs_around, situation_of
from forestall.domain.cases import Case
from forestall.domain.decisions import Asked, Decision, GateVerdict, Proposal
from forestall.domain.forecast import StopForecast
from forestall.domain.ids import CaseId, DecisionId, StopId
from forestall.domain.reversals import Reversal
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import Autonomy, CaseStatus, OverrideReason, Verdict
from forestall.errors import Conflict, Forbidden
from forestall.store import UnitOfWork
from tools.reversing import Restoration, restore, undoable_until
from tools.situation import Situation

_BY_HAND = "person"  # the planner of a plan that only takes another one back
# A person does it: whatever policy does not forbid outright is enough.
_ENOUGH = frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST})


@dataclass(frozen=True, slots=True)
class WayBack:
    """Whether and until when a decision can be taken back. ``kept`` names the stops that would stay, each with the rule
    that keeps it; without ``is_possible``, ``rule`` says why."""

    decision_id: DecisionId
    is_possible: bool
    until: datetime | None
    kept: Mapping[StopId, str]
    rule: str | None
    undone_by: DecisionId | None = None


def way_back(
    reversal: Reversal, case: Case, verdict: Verdict, live: HubSnapshot, forecasts: Mapping[StopId, StopForecast]
) -> WayBack:
    """How a decision stands that changed routes, on the state as it is now."""
    if reversal.undone_by is not None:
        return WayBack(reversal.decision_id, False, None, {}, "undo.undone", reversal.undone_by)
    if case.status.is_closed:
        return WayBack(reversal.decision_id, False, None, {}, "undo.case_closed")
    found = _restoration(reversal, verdict, live)
    if found.candidate is None:
        return WayBack(reversal.decision_id, False, None, found.kept, found.rule)
    until = undoable_until(found.candidate, live, forecasts)
    return WayBack(reversal.decision_id, True, until, found.kept, None)


def list_ways_back(uow: UnitOfWork, case: Case, now: datetime) -> list[WayBack]:
    """How each of the case's decisions that changed routes stands, the first one first."""
    reversals = uow.reversals.list_for_case(case.id)
    if not reversals:
        return []
    live = uow.state.load_snapshot(case.day, now, hubs_around(uow, case))
    forecasts = uow.scores.latest(day=case.day)
    verdicts = {decision.id: decision.verdict for decision in uow.decisions.list_for_case(case.id)}
    return [way_back(one, case, verdicts[one.decision_id], live, forecasts) for one in reversals]


def undo(
    work: Workplace, case_id: CaseId, decision_id: DecisionId | None, reason: OverrideReason | None, hand: Hand
) -> tuple[Case, Decision]:
    """Take back a decision of the case (the last that changed routes, unless one is named), in one transaction.

    Raises:
        NotFound: no such case or decision. Forbidden: the role may not, policy forbids it now, or a switch stops it.
        BadInput: how long they looked does not add up. Conflict: closed, taken back before, or nothing of it can be
        undone any more.
    """
    now = work.clock.now()
    with work.store.read() as uow:
        case = uow.cases.get(case_id)
        require(work.gate, hand, "undo", case)
        look = hand.look(case.opened_at, now)
        _check_may_undo(uow, case, hand)
        undone, reversal = _find(uow, case, decision_id)
        situation = situation_of(work, uow, case)
    ready, kept = _ready(work, situation, case, undone, reversal)
    proposal = _proposal(situation, case, ready)
    with work.store.write() as uow:
        uow.lock_state()
        case = uow.cases.get(case_id)
        _check_may_undo(uow, case, hand)
        granted = _ask_again(work, uow, case, ready, hand)
        decision = decision_on(ready, _decision(case, undone, proposal, reason, hand, now))
        if not uow.reversals.mark_undone(undone.id, decision.id):
            raise refuse(uow, case, f"decision {undone.id} has been undone already")
        question = uow.approvals.find_open(case_id)
        if question is not None:
            uow.approvals.answer(
                case_id, question.interrupt_id, Verdict.WITHDRAWN, now, hand.by, note="undone", look=look
            )
        uow.snapshots.keep(situation.snapshot)
        uow.proposals.add(proposal)
        cancelled = uow.outbox.cancel_pending_of(undone.id)
        effects = apply_plan(work, uow, case, proposal.plan_rev, decision, ready)
        uow.outbox.add(list(effects))
        further: dict[str, object] = {
            "undoes": undone.id,
            "kept": dict(kept),
            "cancelled_effects": cancelled,
            "hand": hand.as_record(look),
        }
        record(work, uow, case, proposal, decision, ready, None, effects, further, granted)
        changed = replace(
            case,
            status=case.status if case.taken_over else CaseStatus.MONITORING,
            plan_rev=proposal.plan_rev,
            planned_at=now,
            act_by=None,
            updated_at=now,
            revision=case.revision + 1,
        )
        uow.cases.save(changed)
    return changed, decision


def _check_may_undo(uow: UnitOfWork, case: Case, hand: Hand) -> None:
    if case.status.is_closed:
        raise refuse(uow, case, f"case {case.id} is closed")
    if case.taken_over and case.owner != hand.by:
        raise refuse(uow, case, f"{case.owner} has taken it over")


def _find(uow: UnitOfWork, case: Case, decision_id: DecisionId | None) -> tuple[Decision, Reversal]:
    reversals = uow.reversals.list_for_case(case.id)
    if decision_id is not None:
        uow.decisions.get(decision_id)
        reversals = [reversal for reversal in reversals if reversal.decision_id == decision_id]
    open_ones = [reversal for reversal in reversals if reversal.undone_by is None]
    if not open_ones:
        raise refuse(uow, case, "it has been undone already" if reversals else "nothing that changed a route to undo")
    return uow.decisions.get(open_ones[-1].decision_id), open_ones[-1]


def _restoration(reversal: Reversal, verdict: Verdict, live: HubSnapshot) -> Restoration:
    if verdict is Verdict.ACCEPTED:
        return Restoration(None, rule="undo.carrier_accepted")
    return restore(reversal, live)


def _ready(
    work: Workplace, situation: Situation, case: Case, undone: Decision, reversal: Reversal
) -> tuple[Ready, Mapping[StopId, str]]:
    """The way back with the words that go with it, allowed by policy."""
    found = _restoration(reversal, undone.verdict, situation.snapshot)
    if found.candidate is None:
        state = present_state(case, None) | {"rule": found.rule, "kept": dict(found.kept), "values": dict(found.values)}
        raise Conflict("nothing of it can be undone any more", **state)
    candidate = accompany(work.forecaster, situation, found.candidate)
    judgement = work.forecaster.judge(situation.snapshot, situation.travel, [candidate])[candidate.id]
    verdict = work.gate.ask(work.planner.name, case.hub_id, question_of(work, situation, candidate, judgement))
    if verdict.autonomy is Autonomy.FORBIDDEN:
        raise _forbidden(verdict)
    return Ready(candidate, situation, (), judgement, verdict), found.kept


def _ask_again(work: Workplace, uow: UnitOfWork, case: Case, ready: Ready, hand: Hand) -> Asked:
    """Policy's last word on the way back and on whose hand it is, with the switches, in the applying transaction."""
    try:
        granted = require_still_allowed(work, uow, ready, work.planner.name, _ENOUGH)
    except NoLongerAllowed as refusal:
        raise _forbidden(refusal.verdict) from None
    require(work.gate, hand, "undo", case)
    return granted


def _forbidden(verdict: GateVerdict) -> Forbidden:
    if verdict.autonomy is not Autonomy.FORBIDDEN:
        return Forbidden("a switch stops it: nothing that concerns these routes is carried out now")
    ids, why = list(verdict.policy_ids), list(verdict.why)
    return Forbidden("policy forbids it now, whoever asks for it", policy_ids=ids, why=why)


def _proposal(situation: Situation, case: Case, ready: Ready) -> Proposal:
    candidate, judgement = ready.candidate, ready.judgement
    return Proposal(
        case_id=case.id,
        plan_rev=case.plan_rev + 1,
        snapshot_id=situation.snapshot.id,
        made_at=situation.now,
        candidates=(candidate,),
        judgements={} if judgement is None else {candidate.id: judgement},
        ranking=(candidate.id,),
        declined=(),
        chosen=candidate.id,
        gate=ready.gate,
        planner=_BY_HAND,
        model=situation.forecast.model,
        seed=situation.forecast.seed,
        samples=situation.forecast.samples,
        travel=situation.travel.provenance,
    )


def _decision(
    case: Case, undone: Decision, proposal: Proposal, reason: OverrideReason | None, hand: Hand, now: datetime
) -> Decision:
    return Decision(
        id=DecisionId(f"D-{case.id}-{proposal.plan_rev}"),
        case_id=case.id,
        plan_rev=proposal.plan_rev,
        hub_id=case.hub_id,
        at=now,
        verdict=Verdict.UNDONE,
        actor=hand.by,
        candidate_id=None,
        snapshot_id=proposal.snapshot_id,
        reason=reason,
        note=hand.note or f"undoes {undone.id}",
    )
