"""A person's version of a plan: another of its alternatives, or one with changes. Checked and forecast like any other.

What the service had recommended is judged beside it on the same state, so that the record holds both.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.people.hand import Hand, refuse, require
from agent.questions import question_of
from agent.rebase import rebase
from agent.run import Workplace
from agent.steps.carry_out import WORDS
from agent.steps.consider import accompany
from agent.steps.decide import interrupt_id_of
from agent.steps.situations import situation_of
from forestall.domain.actions import Candidate
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, GateVerdict, Proposal
from forestall.domain.ids import CandidateId, CaseId
from forestall.domain.vocabulary import Autonomy, Mode, OverrideReason, Verdict
from forestall.errors import BadInput, Conflict, Forbidden, Problem
from forestall.store import UnitOfWork
from tools.editing import Edits, edited, faults_of
from tools.retender import renewed
from tools.situation import Situation


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person would have done instead of plan revision ``plan_rev``: ``candidate_id`` is one of its candidates
    (None: the recommended one), changed by ``edits``."""

    plan_rev: int
    candidate_id: CandidateId | None = None
    edits: Edits = field(default_factory=Edits)
    reason: OverrideReason = OverrideReason.OTHER


def edit(work: Workplace, case_id: CaseId, wish: Wish, hand: Hand) -> Case:
    """Answer the open question, or go on with a case one has taken over, by a version of one's own.

    The version is a row when this returns; the next tick checks it against the live state and carries it out.

    Raises:
        NotFound. Forbidden: the role may not, or policy forbids the version. BadInput: no such alternative, edits that
        don't fit, or a plan that can't be driven. Conflict: closed, changed, or no longer possible as the world is now.
    """
    now = work.clock.now()
    with work.store.read() as uow:
        case = uow.cases.get(case_id)
        require(work.gate, hand, "edit", case)
        look = hand.look(case.opened_at, now)
        _check_may_edit(work, uow, case, wish, hand, now)
        proposal = uow.proposals.get(case_id, wish.plan_rev)
        situation = situation_of(work, uow, case)
    version = _version_of(work, situation, proposal, wish, is_answer=not case.taken_over)
    with work.store.write() as uow:
        uow.lock_state()
        case = uow.cases.get(case_id)
        question = _check_may_edit(work, uow, case, wish, hand, now)
        if question is not None:
            if not uow.approvals.answer(
                case_id, question.interrupt_id, Verdict.EDITED, now, hand.by, wish.reason, hand.note, look
            ):
                raise refuse(uow, case, "this question was answered or has lapsed")
            uow.approvals.mark_resumed(case_id, question.interrupt_id)  # the run of the version takes its place
        version = replace(version, plan_rev=case.plan_rev + 1)
        uow.snapshots.keep(situation.snapshot)
        uow.proposals.add(version)
        uow.approvals.ask(
            Approval(
                case_id=case_id,
                interrupt_id=interrupt_id_of(case_id, version.plan_rev),
                plan_rev=version.plan_rev,
                asked_at=now,
                expires_at=now,
                is_veto=False,
                verdict=Verdict.EDITED,
                answered_at=now,
                answered_by=hand.by,
                reason=wish.reason,
                note=hand.note,
                on_behalf_of=look.on_behalf_of,
                shown_at=look.shown_at,
                looked_s=look.looked_s,
            )
        )
        changed = replace(case, plan_rev=version.plan_rev, updated_at=now, revision=case.revision + 1)
        uow.cases.save(changed)
        body = {"case_id": case_id, "plan_rev": version.plan_rev, "instead_of": wish.plan_rev}
        chosen = {"candidate_id": version.chosen, "reason": wish.reason.value}
        uow.audit.append(now, "case.edit", case_id, {**body, **chosen, **hand.as_record(look)})
    return changed


def _check_may_edit(
    work: Workplace, uow: UnitOfWork, case: Case, wish: Wish, hand: Hand, now: datetime
) -> Approval | None:
    """The open question this answers; None for a case this person has taken over."""
    if work.mode is Mode.SHADOW:
        raise refuse(uow, case, "in shadow mode nothing is carried out")
    if case.status.is_closed:
        raise refuse(uow, case, f"case {case.id} is closed")
    if case.taken_over:
        if case.owner != hand.by:
            raise refuse(uow, case, f"{case.owner} has taken it over")
        if case.plan_rev != wish.plan_rev:
            raise refuse(uow, case, f"the newest plan is revision {case.plan_rev}")
        return None
    question = uow.approvals.find_open(case.id)
    if question is None or question.plan_rev != wish.plan_rev or question.expires_at <= now:
        raise refuse(uow, case, "no question about that plan is open")
    return question


def _version_of(work: Workplace, situation: Situation, proposal: Proposal, wish: Wish, is_answer: bool) -> Proposal:
    """The proposal that the person makes: their version and what was recommended, judged on the same state."""
    own = _own_candidate(situation, proposal, wish)
    recommended = _recommended(situation, proposal)
    if recommended is not None and recommended.id == own.id and is_answer:
        where = Problem("candidate_id", "is the recommended plan, unchanged", "approve it, or change something")
        raise BadInput("there is nothing to override", [where])
    own = accompany(work.forecaster, situation, own)
    candidates = (own,) if recommended is None or recommended.id == own.id else (own, recommended)
    judgements = dict(work.forecaster.judge(situation.snapshot, situation.travel, candidates))
    verdict = work.gate.ask(
        proposal.planner, situation.case.hub_id, question_of(work, situation, own, judgements.get(own.id))
    )
    _refuse_forbidden(verdict)
    return replace(
        proposal,
        snapshot_id=situation.snapshot.id,
        made_at=situation.now,
        candidates=candidates,
        judgements=judgements,
        ranking=tuple(candidate.id for candidate in candidates),
        declined=(),
        chosen=own.id,
        gate=verdict,
        model=situation.forecast.model,
        seed=situation.forecast.seed,
        samples=situation.forecast.samples,
        travel=situation.travel.provenance,
        held_out=False,
        edited_from=None if recommended is None else recommended.id,
    )


def _own_candidate(situation: Situation, proposal: Proposal, wish: Wish) -> Candidate:
    """The wished-for alternative on the live state, with the edits, known to be drivable."""
    candidate_id = wish.candidate_id or proposal.chosen
    try:
        base = proposal.get_candidate(CandidateId(candidate_id or ""))
    except KeyError:
        known = ", ".join(candidate.id for candidate in proposal.candidates) or "none"
        where = Problem("candidate_id", f"plan {proposal.plan_rev} has no such alternative", f"one of: {known}")
        raise BadInput("there is no such alternative", [where]) from None
    if base.route_changes:  # its messages are made anew
        base = replace(base, notices=(), actions=tuple(one for one in base.actions if one.kind not in WORDS))
    live = rebase(base, situation.snapshot)
    if live is not None and live.tender is not None:
        live = renewed(live, situation.snapshot)
    if live is None:
        raise Conflict("this alternative is no longer possible as things stand now", case_id=proposal.case_id)
    own = edited(situation.snapshot, live, wish.edits)
    if problems := faults_of(situation.snapshot, own) if own.tender is None else ():
        raise BadInput("this alternative can't be driven as things stand now", problems)
    return own


def _recommended(situation: Situation, proposal: Proposal) -> Candidate | None:
    """What the service recommends, as it would be now; None when it recommends nothing, or that has gone."""
    if proposal.chosen is None:
        return None
    return rebase(proposal.get_candidate(proposal.chosen), situation.snapshot)


def _refuse_forbidden(verdict: GateVerdict) -> None:
    if verdict.autonomy is Autonomy.FORBIDDEN:
        raise Forbidden(
            "policy forbids this plan, whoever asks for it", policy_ids=list(verdict.policy_ids), why=list(verdict.why)
        )
