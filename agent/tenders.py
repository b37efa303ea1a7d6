"""Tenders that have gone out: what the carrier said, or failed to say, carried out and written down."""

import logging
from dataclasses import replace

from agent.limits import NoLongerAllowed, require_still_allowed
from agent.questions import question_of
from agent.rebase import dropped_stops, rebase
from agent.run import Ready, Workplace
from agent.steps.carry_out import apply_plan, decision_on, record
from agent.steps.consider import accompany
from agent.steps.decide import interrupt_id_of
from agent.steps.situations import situation_of
from forestall.domain.actions import Candidate
from forestall.domain.cases import Case
from forestall.domain.decisions import Decision, Proposal
from forestall.domain.effects import Effect
from forestall.domain.ids import CaseId, DecisionId
from forestall.domain.tenders import Tender
from forestall.domain.vocabulary import Autonomy, CaseStatus, TenderStatus, Verdict
from forestall.errors import Conflict, StalePlan
from tools.rendering import withdrawal_effect
from tools.retender import accepted
from tools.situation import Situation

logger = logging.getLogger(__name__)

_VERDICTS = {
    TenderStatus.ACCEPTED: Verdict.ACCEPTED,
    TenderStatus.DECLINED: Verdict.DECLINED,
    TenderStatus.SILENT: Verdict.SILENT,
    TenderStatus.WITHDRAWN: Verdict.STALE,
}
_NOT_FORBIDDEN = frozenset(Autonomy) - {Autonomy.FORBIDDEN}


def settle_tenders(work: Workplace) -> list[CaseId]:
    """Move the stops of accepted tenders that still fit; let the cases of the others look for something else.

    Returns the cases for which somebody else was faster; their tenders are looked at again.
    """
    with work.store.read() as uow:
        waiting = uow.tenders.list_unsettled(work.clock.now())
    missed: list[CaseId] = []
    for tender in waiting:
        try:
            _settle(work, tender)
        except (Conflict, StalePlan, NoLongerAllowed) as error:
            logger.warning("tender %s: %s; it is looked at again", tender.id, error)
            missed.append(tender.case_id)
    return missed


def _settle(work: Workplace, tender: Tender) -> None:
    """One transaction: the tender's end, the decision with its record, and either the new routes or an open case."""
    with work.store.read() as uow:
        case, proposal = uow.cases.get(tender.case_id), uow.proposals.get(tender.case_id, tender.plan_rev)
        is_accepted = tender.status is TenderStatus.ACCEPTED and not (case.status.is_closed or case.taken_over)
        situation = situation_of(work, uow, case) if is_accepted else None
    ready = None if situation is None else _ready(work, situation, proposal)
    end = _end_of(tender, ready)
    with work.store.write() as uow:
        uow.state.touch_hub(tender.hub_id)
        if not uow.tenders.settle(tender, end):
            raise Conflict("it was answered or settled meanwhile")
        granted = None
        if ready is not None:
            granted = require_still_allowed(work, uow, ready, proposal.planner, _NOT_FORBIDDEN, carrier_agreed=True)
        case = uow.cases.get(tender.case_id)
        approval = uow.approvals.find(case.id, interrupt_id_of(case.id, tender.plan_rev))
        decision = _decision(work, case, proposal, tender, end)
        effects: tuple[Effect, ...] = ()
        if ready is not None:
            decision = decision_on(ready, decision)
            effects = apply_plan(work, uow, case, tender.plan_rev, decision, ready)
        elif end is TenderStatus.WITHDRAWN:
            effects = (withdrawal_effect(tender, decision.at, decision.id),)
        uow.outbox.add(list(effects))
        record(work, uow, case, proposal, decision, ready, approval, effects, granted=granted)
        if not case.status.is_closed:
            uow.cases.save(_gone_on(case, decision, is_open=ready is None))


def _ready(work: Workplace, situation: Situation, proposal: Proposal) -> Ready | None:
    """The plan on the live state, if it still fits, pays and is allowed."""
    assert proposal.chosen is not None
    planned = accepted(proposal.get_candidate(proposal.chosen))
    rebased = rebase(planned, situation.snapshot)
    if rebased is None or not _still_wanted(work, situation, proposal, rebased):
        return None
    candidate = accompany(work.forecaster, situation, rebased)
    return Ready(candidate, situation, tuple(dropped_stops(planned, candidate)))


def _still_wanted(work: Workplace, situation: Situation, proposal: Proposal, candidate: Candidate) -> bool:
    judgement = work.forecaster.judge(situation.snapshot, situation.travel, [candidate])[candidate.id]
    if work.planner.net_gain(candidate, judgement) < work.planner.margin:
        return False
    # Its yes is its newest word on whether it has room; who was to let the plan go ahead has done so by then.
    question = replace(question_of(work, situation, candidate, judgement), receiver_has_room=True)
    verdict = work.gate.ask(proposal.planner, situation.case.hub_id, question)
    return verdict.autonomy is not Autonomy.FORBIDDEN


def _end_of(tender: Tender, ready: Ready | None) -> TenderStatus:
    match tender.status:
        case TenderStatus.OPEN:
            return TenderStatus.SILENT
        case TenderStatus.ACCEPTED if ready is None:
            return TenderStatus.WITHDRAWN
        case status:
            return status


def _decision(work: Workplace, case: Case, proposal: Proposal, tender: Tender, end: TenderStatus) -> Decision:
    """The second one on this plan revision: the first was to ask."""
    return Decision(
        id=DecisionId(f"D-{case.id}-{tender.plan_rev}-answer"),
        case_id=case.id,
        plan_rev=tender.plan_rev,
        hub_id=case.hub_id,
        at=work.clock.now(),
        verdict=_VERDICTS[end],
        actor=f"carrier:{tender.carrier_id}",
        candidate_id=None,
        snapshot_id=proposal.snapshot_id,
    )


def _gone_on(case: Case, decision: Decision, is_open: bool) -> Case:
    """Watched, its stops being with the carrier now; or open at once for whatever else may help."""
    status = CaseStatus.OPEN if is_open else CaseStatus.MONITORING
    status = case.status if case.taken_over else status
    return replace(
        case, status=status, planned_at=decision.at, act_by=None, updated_at=decision.at, revision=case.revision + 1
    )
