"""gate and wait: what policy allows, the question to a person where it needs one, and the pause for the answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agent.act_by import act_by, last_chance
from agent.questions import position_of, question_of
from agent.run import CaseRun, Desk, RunContext, Workplace
from agent.steps.consider import accompany_first, rank_by_rules
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Asked, GateVerdict, Proposal
from forestall.domain.ids import CandidateId, CaseId, InterruptId
from forestall.domain.vocabulary import Autonomy, CaseStatus, Position, Verdict
from forestall.store import UnitOfWork

_STATUS_OF = {
    Autonomy.AUTO: CaseStatus.EXECUTING,
    Autonomy.VETO_WINDOW: CaseStatus.AWAITING_VETO,
    Autonomy.APPROVE_FIRST: CaseStatus.AWAITING_APPROVAL,
    Autonomy.FORBIDDEN: CaseStatus.PROPOSED,
}
# The answers upon which a plan is carried out.
LET_GO = frozenset({Verdict.APPROVED, Verdict.NOT_VETOED, Verdict.EDITED})


# The run's outcome where a plan is decided and recorded, and not carried out.
SHADOWED = "shadowed"
# Without an act_by (nothing but words to send) a question stays useful about this long.
_PLAIN_QUESTION = timedelta(minutes=30)


def gate(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:
    """Ask policy about the ranked candidates until one may run in some way; write the proposal and the question."""
    work, desk = runtime.context.work, runtime.context.desk
    assert desk.situation is not None
    chosen, asked = _first_allowed(work, desk)
    if chosen is None and desk.ranking and desk.planner != work.planner.name:
        # what a model prefers needs a yes, and here nobody may be asked: what the rules prefer still may run by itself
        desk.ranking = rank_by_rules(work, desk)
        accompany_first(work, desk, desk.ranking)
        chosen, asked = _first_allowed(work, desk)
    verdict = _told_verdict(chosen, asked)
    position = _position(desk, chosen)
    held_out = chosen is not None and position is Position.RUN and _is_held_out(work, desk, chosen)
    is_shadowed = chosen is not None and position is Position.SHADOW
    desk.proposal = replace(_proposal(desk, state["plan_rev"], chosen, verdict, held_out), asked=asked)
    with work.store.write() as uow:
        case = uow.cases.get(CaseId(state["case_id"]))
        if not case.is_in_our_hands:
            return {"chosen": None, "outcome": "unchanged"}  # a person took it, or put it off, while it was planned
        said_before = (chosen is None and _said_before(uow, case, verdict)) or (held_out and _held_before(uow, case))
        if said_before:
            uow.cases.save(_rested(case, desk.situation.now))
            return {"chosen": None, "outcome": "unchanged"}
        uow.snapshots.keep(desk.situation.snapshot)
        uow.proposals.add(desk.proposal)
        proposed = _proposed(work, case, desk, verdict)
        uow.cases.save(proposed)
        if proposed.status.is_waiting and verdict is not None and not is_shadowed:
            uow.approvals.ask(_question(proposed, verdict, desk.proposal.made_at, _let_go_before(uow, case)))
    autonomy = verdict.autonomy if verdict else Autonomy.FORBIDDEN
    outcome = SHADOWED if is_shadowed else "held_out" if held_out else ""
    return {"chosen": chosen, "autonomy": autonomy.value, "outcome": outcome}


def wait(state: CaseRun) -> CaseRun:
    """Nothing but the pause: whatever stands before an interrupt would run again on resume."""
    return {"answer": interrupt({"case_id": state["case_id"], "plan_rev": state["plan_rev"]})}


def interrupt_id_of(case_id: str, plan_rev: int) -> InterruptId:
    """Our own name of the question; the answer is a row under it before the graph hears of it."""
    return InterruptId(f"{case_id}:{plan_rev}")


def _let_go_before(uow: UnitOfWork, case: Case) -> int | None:
    """The plan revision that people had let go ahead, if it and all since went stale: the question stands in for it."""
    for decision in reversed(uow.decisions.list_for_case(case.id)):
        if decision.verdict is not Verdict.STALE:
            return None
        question = uow.approvals.find(case.id, interrupt_id_of(case.id, decision.plan_rev))
        if question is not None:
            return decision.plan_rev if question.verdict in LET_GO else None
    return None


def _said_before(uow: UnitOfWork, case: Case, verdict: GateVerdict | None) -> bool:
    """Whether the case's last plan came to nothing in the same way: saying so again would only swell the record."""
    last = uow.proposals.find_latest(case.id)
    return last is not None and last.chosen is None and last.gate == verdict


def _is_held_out(work: Workplace, desk: Desk, chosen: CandidateId) -> bool:
    """Whether by lot this plan is not carried out. Only where it otherwise would be."""
    assert desk.situation is not None
    situation = desk.situation
    candidate = next(candidate for candidate in desk.candidates if candidate.id == chosen)
    return work.holdout.takes(situation.case, candidate, situation.snapshot)


def _position(desk: Desk, chosen: CandidateId | None) -> Position:
    """Where the switches stand for the chosen plan."""
    if chosen is None:
        return Position.RUN
    assert desk.situation is not None
    return position_of(desk.situation, next(candidate for candidate in desk.candidates if candidate.id == chosen))


def _held_before(uow: UnitOfWork, case: Case) -> bool:
    """Whether it is on record already that this case is held out."""
    last = uow.proposals.find_latest(case.id)
    if last is None or not last.held_out:
        return False
    return any(decision.plan_rev == last.plan_rev for decision in uow.decisions.list_for_case(case.id))


def _rested(case: Case, now: datetime) -> Case:
    """The case, looked at and left as it is."""
    return replace(case, status=CaseStatus.MONITORING, planned_at=now, updated_at=now, revision=case.revision + 1)


def _first_allowed(work: Workplace, desk: Desk) -> tuple[CandidateId | None, tuple[Asked, ...]]:
    """The best candidate that policy does not forbid, and everything that was asked on the way to it."""
    assert desk.situation is not None
    by_id = {candidate.id: candidate for candidate in desk.candidates}
    asked: list[Asked] = []
    for candidate_id in desk.ranking:
        question = question_of(work, desk.situation, by_id[candidate_id], desk.judgements.get(candidate_id))
        verdict = work.gate.ask(desk.planner, desk.situation.case.hub_id, question)
        asked.append(Asked(candidate_id, question.as_context(), verdict))
        if verdict.autonomy is not Autonomy.FORBIDDEN:
            return candidate_id, tuple(asked)
    return None, tuple(asked)


def _told_verdict(chosen: CandidateId | None, asked: Sequence[Asked]) -> GateVerdict | None:
    """The verdict on the chosen candidate; where all are forbidden, the one on the best."""
    if not asked:
        return None
    return asked[0].verdict if chosen is None else asked[-1].verdict


def _proposal(
    desk: Desk, plan_rev: int, chosen: CandidateId | None, verdict: GateVerdict | None, held_out: bool
) -> Proposal:
    situation = desk.situation
    assert situation is not None
    return Proposal(
        case_id=situation.case.id,
        plan_rev=plan_rev,
        snapshot_id=situation.snapshot.id,
        made_at=situation.now,
        candidates=desk.candidates,
        judgements=desk.judgements,
        ranking=desk.ranking,
        declined=desk.declined,
        chosen=chosen,
        gate=verdict,
        planner=desk.planner,
        model=situation.forecast.model,
        seed=situation.forecast.seed,
        samples=situation.forecast.samples,
        travel=situation.travel.provenance,
        held_out=held_out,
        consultation=desk.consultation,
    )


def _proposed(work: Workplace, case: Case, desk: Desk, verdict: GateVerdict | None) -> Case:
    """The case with its new plan revision, what acting is worth, and until when."""
    assert desk.situation is not None
    assert desk.proposal is not None
    chosen = desk.proposal.chosen
    judgement = desk.judgements.get(chosen) if chosen else None
    goes_on = verdict is not None and chosen is not None and not desk.proposal.held_out
    autonomy = verdict.autonomy if verdict is not None and goes_on else Autonomy.FORBIDDEN
    return replace(
        case,
        status=_STATUS_OF[autonomy],
        plan_rev=desk.proposal.plan_rev,
        avoidable_loss=round(judgement.misses_before - judgement.misses_after, 4) if judgement else 0.0,
        act_by=_act_by(work, desk, chosen, autonomy) if chosen else None,
        tier=0,  # a new question has to be seen anew, and is passed on anew
        acknowledged_by=None,
        acknowledged_at=None,
        updated_at=desk.situation.now,
        revision=case.revision + 1,
    )


def _act_by(work: Workplace, desk: Desk, chosen: CandidateId, autonomy: Autonomy) -> datetime | None:
    """What waits for a person is valued at later times, so that he is given all the time there is."""
    situation, proposal = desk.situation, desk.proposal
    assert situation is not None
    assert proposal is not None
    candidate, judgement = proposal.get_candidate(chosen), desk.judgements.get(chosen)
    if judgement is None or not _STATUS_OF[autonomy].is_waiting:
        return act_by(candidate, situation.snapshot, situation.forecast)
    snapshot, travel = situation.snapshot, situation.travel
    return last_chance(
        candidate, judgement, snapshot, situation.forecast, lambda late: work.forecaster.judge(snapshot, travel, late)
    )


def _question(case: Case, verdict: GateVerdict, now: datetime, instead_of: int | None) -> Approval:
    """An approval lapses when acting no longer helps; a veto window runs its minutes."""
    is_veto = verdict.autonomy is Autonomy.VETO_WINDOW
    expires = now + timedelta(minutes=verdict.veto_minutes or 0) if is_veto else case.act_by or now + _PLAIN_QUESTION
    return Approval(
        case_id=case.id,
        interrupt_id=interrupt_id_of(case.id, case.plan_rev),
        plan_rev=case.plan_rev,
        asked_at=now,
        expires_at=expires,
        is_veto=is_veto,
        instead_of=instead_of,
    )
