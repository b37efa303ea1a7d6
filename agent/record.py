"""The decision record: everything an auditor needs to see why something was done, as one JSON body."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version

from agent.run import GRAPH_VERSION
from forestall.domain.actions import Candidate, Judgement
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Asked, Decision, GateVerdict, Proposal
from forestall.domain.effects import Effect
from forestall.domain.forecast import StopForecast
from forestall.domain.ids import CandidateId, StopId
from forestall.domain.vocabulary import Verdict

RECORD_VERSION = 1
Body = dict[str, object]


def record_of(
    case: Case,
    proposal: Proposal,
    decision: Decision,
    gate: GateVerdict | None,
    approval: Approval | None,
    scores: Mapping[StopId, StopForecast],
    executed: Candidate | None,
    effects: tuple[Effect, ...],
    dropped_stops: tuple[str, ...],
    holdout: Body | None = None,
    granted: Asked | None = None,
) -> Body:
    """The body of the audit record. Personal data stays out: people appear as contact, order and driver ids."""
    return {
        "record_version": RECORD_VERSION,
        "build": {"forestall": version("forestall"), "graph": GRAPH_VERSION},
        "decision": {
            "id": decision.id,
            "case_id": case.id,
            "case_kind": case.kind.value,
            "plan_rev": decision.plan_rev,
            "hub_id": case.hub_id,
            "day": case.day,
            "at": decision.at.isoformat(),
            "verdict": decision.verdict.value,
            "actor": decision.actor,
            "note": decision.note,
        },
        "inputs": {
            "snapshot_id": proposal.snapshot_id,
            "snapshot_at": proposal.made_at.isoformat(),
            "applied_on_snapshot": decision.snapshot_id,
            "travel": proposal.travel,
            "route_versions": dict(decision.read_set),
            "evidence": dict(case.evidence),
        },
        "risk": {
            "model": proposal.model,
            "seed": proposal.seed,
            "samples": proposal.samples,
            "stops": {
                stop_id: {"p_late": round(score.p_late, 4), "p_miss": round(score.p_miss, 4)}
                for stop_id in case.stop_ids
                if (score := scores.get(stop_id)) is not None
            },
        },
        "candidates": [_candidate(proposal, candidate, decision.candidate_id) for candidate in proposal.candidates],
        "declined": [
            {"tool": none.tool.value, "rule": none.rule, "values": dict(none.values)} for none in proposal.declined
        ],
        "planner": proposal.planner,
        "language_model": _consultation(proposal),
        "override": _override(proposal, decision),
        "policy": _policy(gate),
        "policy_asked": [_asked(one) for one in proposal.asked],
        "policy_when_applied": _asked(granted) if granted else None,
        "oversight": _oversight(approval, decision),
        "solver": dict(executed.solver) if executed else {},
        "effects": [{"key": e.key, "channel": e.channel.value, "recipient": e.recipient_id} for e in effects],
        "rebased": {"dropped_stops": list(dropped_stops)},
        "holdout": holdout,
    }


def _override(proposal: Proposal, decision: Decision) -> Body | None:
    """A person's own version beside what had been recommended, both judged on the same state."""
    if decision.verdict is not Verdict.EDITED or proposal.chosen is None:
        return None
    recommended = proposal.edited_from
    return {
        "reason": decision.reason.value if decision.reason else None,
        "done": {"candidate": proposal.chosen, "judgement": _judgement(proposal.judgements.get(proposal.chosen))},
        "recommended": None
        if recommended is None
        else {"candidate": recommended, "judgement": _judgement(proposal.judgements.get(recommended))},
    }


def _candidate(proposal: Proposal, candidate: Candidate, chosen: CandidateId | None) -> Body:
    judgement = proposal.judgements.get(candidate.id)
    return {
        "id": candidate.id,
        "tool": candidate.tool.value,
        "actions": [
            {"kind": a.kind.value, "stops": list(a.stop_ids), "routes": list(a.route_ids)} for a in candidate.actions
        ],
        "cost_cents": candidate.cost_cents,
        "tender": _tender(candidate),
        "judgement": _judgement(judgement),
        "rank": proposal.ranking.index(candidate.id) + 1 if candidate.id in proposal.ranking else None,
        "chosen": candidate.id == chosen,
        "why_not": None if candidate.id == chosen else _why_not(proposal, candidate, judgement),
    }


def _consultation(proposal: Proposal) -> Body | None:
    """All that was said to and by a language model, as it was said."""
    asked = proposal.consultation
    if asked is None:
        return None
    return {**asdict(asked), "options": dict(asked.options), "advice": asked.advice.value}


def _tender(candidate: Candidate) -> Body | None:
    if candidate.tender is None:
        return None
    return {"carrier": candidate.tender.carrier_id, "answer_by": candidate.tender.answer_by.isoformat()}


def _judgement(judgement: Judgement | None) -> Body | None:
    if judgement is None:
        return None
    return {
        "loss_before": round(judgement.loss_before, 1),
        "loss_after": round(judgement.loss_after, 1),
        "misses_before": round(judgement.misses_before, 4),
        "misses_after": round(judgement.misses_after, 4),
        "travel_delta_s": round(judgement.travel_delta_s, 1),
        "stops_moved": judgement.stops_moved,
        "effects": {e.stop_id: [round(e.p_miss_before, 4), round(e.p_miss_after, 4)] for e in judgement.effects},
    }


def _why_not(proposal: Proposal, candidate: Candidate, judgement: Judgement | None) -> str:
    """A rule id: overridden by a person, forbidden, below_margin (doing nothing is as good), or ranked_lower."""
    if candidate.id == proposal.edited_from:
        return "plan.overridden"
    if candidate.id in proposal.ranking:
        position = proposal.ranking.index(candidate.id)
        is_before_chosen = proposal.chosen is None or position < proposal.ranking.index(proposal.chosen)
        return "plan.forbidden_by_policy" if is_before_chosen else "plan.ranked_lower"
    return "plan.not_judged" if judgement is None else "plan.below_margin"


def _policy(gate: GateVerdict | None) -> Body | None:
    if gate is None:
        return None
    return {
        "autonomy": gate.autonomy.value,
        "policy_ids": list(gate.policy_ids),
        "why": list(gate.why),
        "version": gate.policy_version,
        "veto_minutes": gate.veto_minutes,
    }


def _asked(asked: Asked) -> Body:
    return {"candidate": asked.candidate_id, "facts": dict(asked.facts), "verdict": _policy(asked.verdict)}


def _oversight(approval: Approval | None, decision: Decision) -> Body | None:
    if approval is None:
        return None
    return {
        "interrupt_id": approval.interrupt_id,
        "form": "veto" if approval.is_veto else "approval",
        "asked_at": approval.asked_at.isoformat(),
        "expires_at": approval.expires_at.isoformat(),
        "answered_at": approval.answered_at.isoformat() if approval.answered_at else None,
        "answered_by": approval.answered_by,
        "on_behalf_of": approval.on_behalf_of,
        "shown_at": approval.shown_at.isoformat() if approval.shown_at else None,
        "looked_s": approval.looked_s,
        "instead_of": approval.instead_of,
        "verdict": approval.verdict.value if approval.verdict else None,
        "reason": decision.reason.value if decision.reason else None,
        "note": decision.note,
    }
