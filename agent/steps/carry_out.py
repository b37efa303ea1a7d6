"""recheck, commit, conclude: hold the plan against the live state, apply it whole, or record why it was not."""

from dataclasses import replace
from datetime import datetime

from langgraph.runtime import Runtime

from agent.learning.interventions import interventions_of
from agent.questions import question_of
from agent.rebase import dropped_stops, rebase
from agent.record import record_of
from agent.room import has_room, limited_gains
from agent.run import CaseRun, Ready, RunContext, Workplace
from agent.steps.consider import accompany
from agent.steps.decide import interrupt_id_of
from agent.steps.situations import situation_of
from forestall.domain.actions import Candidate
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Decision, Proposal
from forestall.domain.effects import Effect
from forestall.domain.ids import CaseId, DecisionId
from forestall.domain.replan import apply_candidate, replan
from forestall.domain.tenders import Tender, tender_id_of
from forestall.domain.vocabulary import ActionKind, Autonomy, CaseStatus, Mode, Verdict
from forestall.errors import StalePlan
from forestall.store import UnitOfWork
from tools import carrier_update, notify_customer
from tools.rendering import effects_of, tender_effect
from tools.retender import offered_stops, renewed
from tools.situation import Situation

_WORDS = frozenset({ActionKind.NOTIFY_ETA, ActionKind.OFFER_RESCHEDULE, ActionKind.CARRIER_UPDATE})
HELD_OUT = "held out by lot: left alone to learn what happens if nobody acts"
# What each answer entitles to: the verdict's grant, and every freer one.
_ENOUGH: dict[str, frozenset[Autonomy]] = {
    Verdict.AUTOMATIC: frozenset({Autonomy.AUTO}),
    Verdict.NOT_VETOED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW}),
    Verdict.APPROVED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST}),
}


def recheck(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:
    """Is the plan still possible, still worth it and still allowed? Outcome ``ready``, or ``stale`` to plan again."""
    work, desk = runtime.context.work, runtime.context.desk
    verdict = state.get("answer") or Verdict.AUTOMATIC.value
    with work.store.read() as uow:
        case = uow.cases.get(CaseId(state["case_id"]))
        proposal = uow.proposals.get(case.id, state["plan_rev"])
        situation = situation_of(work, uow, case)
    assert proposal.chosen is not None
    planned = proposal.get_candidate(proposal.chosen)
    current = _still_worth_it(work, situation, planned)
    if current is None:
        return {"outcome": "stale"}
    judgement = work.forecaster.judge(situation.snapshot, situation.travel, [current])[current.id]
    granted = work.gate.ask(proposal.planner, case.hub_id, question_of(work, situation, current, judgement))
    if granted.autonomy not in _ENOUGH[verdict]:
        return {"outcome": "stale"}
    desk.ready = Ready(current, situation, tuple(dropped_stops(planned, current)))
    return {"outcome": "ready"}


def commit(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:
    """One transaction: versions checked, new state, audit record, outbox rows. A moved route undoes all of it."""
    work, desk = runtime.context.work, runtime.context.desk
    if desk.ready is None:
        return {"outcome": "unchecked"}  # the process ended between the two steps; the check was not kept
    try:
        with work.store.write() as uow:
            _apply(work, uow, state, desk.ready)
    except StalePlan:
        return {"outcome": "stale"}
    return {"outcome": "committed"}


def conclude(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:
    """Record a decision that changes nothing: refused, lapsed, forbidden, gone stale, or nothing worth doing."""
    work = runtime.context.work
    with work.store.write() as uow:
        case = uow.cases.get(CaseId(state["case_id"]))
        proposal = uow.proposals.get(case.id, state["plan_rev"])
        approval = uow.approvals.find(case.id, interrupt_id_of(case.id, proposal.plan_rev))
        decision = _decision(work, case, proposal, _verdict_without_effect(state, proposal, work), approval)
        if proposal.held_out:
            decision = replace(decision, note=HELD_OUT)
        record(work, uow, case, proposal, decision, None, approval, ())
        uow.cases.save(_watched(case, work.clock.now()))
    return {"outcome": "set_aside" if decision.verdict is Verdict.STALE else "concluded"}


def _still_worth_it(work: Workplace, situation: Situation, planned: Candidate) -> Candidate | None:
    """The plan on the live state with its messages made anew, or None when it no longer fits or pays."""
    if not planned.route_changes:
        return _words_still_due(situation, planned)
    if not has_room(planned, situation.snapshot):
        return None
    unmoved = dict(planned.read_set) == {r: situation.snapshot.routes[r].version for r in planned.read_set}
    if unmoved and planned.tender is None:
        return planned
    rebased = rebase(planned, situation.snapshot)
    if rebased is not None and rebased.tender is not None:
        rebased = renewed(rebased, situation.snapshot)  # its time to answer begins when it is asked
    if rebased is None:
        return None
    judgement = work.forecaster.judge(situation.snapshot, situation.travel, [rebased])[rebased.id]
    if work.planner.net_gain(rebased, judgement) < work.planner.margin:
        return None
    route_actions = tuple(action for action in planned.actions if action.kind not in _WORDS)
    return accompany(work.forecaster, situation, replace(rebased, notices=(), actions=route_actions))


def _words_still_due(situation: Situation, planned: Candidate) -> Candidate | None:
    """Messages alone go out only if the same ones are still due."""
    offers = (notify_customer.propose(situation), carrier_update.propose(situation))
    due = {candidate.id: candidate for offer in offers for candidate in offer.candidates}
    return due.get(planned.id)


def _apply(work: Workplace, uow: UnitOfWork, state: CaseRun, ready: Ready) -> None:
    case = uow.cases.get(CaseId(state["case_id"]))
    proposal = uow.proposals.get(case.id, state["plan_rev"])
    approval = uow.approvals.find(case.id, interrupt_id_of(case.id, proposal.plan_rev))
    verdict = Verdict(state.get("answer") or Verdict.AUTOMATIC.value)
    decision = decision_on(ready, _decision(work, case, proposal, verdict, approval))
    if ready.candidate.tender is not None:
        effects: tuple[Effect, ...] = (_ask_carrier(uow, case, proposal.plan_rev, decision, ready),)
    else:
        _check_room(uow, ready)
        effects = apply_plan(uow, case, proposal.plan_rev, decision, ready)
    record(work, uow, case, proposal, decision, ready, approval, effects)
    uow.outbox.add(list(effects))
    uow.cases.save(_watched(case, decision.at))


def decision_on(ready: Ready, decision: Decision) -> Decision:
    """The decision with what it carries out: the candidate, and the state it was checked against."""
    candidate = ready.candidate
    return replace(
        decision,
        candidate_id=candidate.id,
        snapshot_id=ready.situation.snapshot.id,
        read_set=candidate.read_set,
    )


def apply_plan(uow: UnitOfWork, case: Case, plan_rev: int, decision: Decision, ready: Ready) -> tuple[Effect, ...]:
    """Write the changed rows; returns whom that has to be told. StalePlan when a route has moved."""
    after = apply_candidate(ready.situation.snapshot, ready.candidate)
    _write_state(uow, ready)
    uow.outcomes.add_interventions(interventions_of(decision, ready.candidate))
    return effects_of(ready.candidate, after, ready.situation.contacts, case.id, plan_rev, decision.id)


def _ask_carrier(uow: UnitOfWork, case: Case, plan_rev: int, decision: Decision, ready: Ready) -> Effect:
    """Put the tender on record and write to the carrier; no stop moves before it has answered."""
    candidate, snapshot = ready.candidate, ready.situation.snapshot
    assert candidate.tender is not None
    stop_ids = offered_stops(candidate, snapshot)
    tender = Tender(
        id=tender_id_of(case.id, plan_rev),
        case_id=case.id,
        plan_rev=plan_rev,
        day=case.day,
        hub_id=case.hub_id,
        carrier_id=candidate.tender.carrier_id,
        stop_ids=stop_ids,
        from_routes=tuple(sorted({snapshot.stops[stop_id].route_id for stop_id in stop_ids})),
        cost_cents=candidate.cost_cents,
        made_at=decision.at,
        answer_by=candidate.tender.answer_by,
    )
    uow.state.touch_hub(case.hub_id)
    uow.tenders.add(tender)
    return tender_effect(tender, apply_candidate(snapshot, candidate), decision.id)


def _write_state(uow: UnitOfWork, ready: Ready) -> None:
    """The changed rows, each route under its version check; one that has moved raises and undoes everything."""
    rows = replan(ready.situation.snapshot, ready.candidate)
    for route in rows.routes:
        uow.state.save_route(route, expected_version=ready.candidate.read_set[route.id])
        uow.state.touch_hub(route.hub_id)
    for stop in rows.new_stops:
        uow.state.add_stop(stop)
    for stop in rows.stops:
        uow.state.save_stop(stop)
    for package in rows.packages:
        uow.state.save_package(package)
    _take_room(uow, ready)


def _check_room(uow: UnitOfWork, ready: Ready) -> None:
    """StalePlan when a carrier has said meanwhile that it has not the room that the plan takes."""
    snapshot = ready.situation.snapshot
    for carrier_id, gained in limited_gains(ready.candidate, snapshot).items():
        carrier = uow.state.find_carrier(carrier_id, snapshot.day)
        if carrier is None or carrier.free_stops is None or carrier.free_stops >= gained:
            continue
        raise StalePlan(f"carrier {carrier_id} has room for {carrier.free_stops} stops, not for {gained}")


def _take_room(uow: UnitOfWork, ready: Ready) -> None:
    """What the plan gives a carrier is off what it said it can take, until it says so anew."""
    snapshot = ready.situation.snapshot
    for carrier_id, gained in limited_gains(ready.candidate, snapshot).items():
        carrier = uow.state.find_carrier(carrier_id, snapshot.day)
        if carrier is not None and carrier.free_stops is not None:
            uow.state.save_carrier(replace(carrier, free_stops=max(carrier.free_stops - gained, 0)), snapshot.day)


def record(
    work: Workplace,
    uow: UnitOfWork,
    case: Case,
    proposal: Proposal,
    decision: Decision,
    ready: Ready | None,
    approval: Approval | None,
    effects: tuple[Effect, ...],
) -> None:
    """The decision as a row, and everything behind it as its audit record."""
    scores = uow.scores.latest(case.day)
    uow.decisions.add(decision)
    uow.audit.append(
        decision.at,
        "decision",
        decision.id,
        record_of(
            case=case,
            proposal=proposal,
            decision=decision,
            gate=proposal.gate,
            approval=approval,
            scores=scores if ready is None else ready.situation.forecast.stops,
            executed=ready.candidate if ready else None,
            effects=effects,
            dropped_stops=ready.dropped_stops if ready else (),
            holdout=work.holdout.describe(case) if proposal.held_out else None,
        ),
    )


def _decision(work: Workplace, case: Case, proposal: Proposal, verdict: Verdict, approval: Approval | None) -> Decision:
    return Decision(
        id=DecisionId(f"D-{case.id}-{proposal.plan_rev}"),
        case_id=case.id,
        plan_rev=proposal.plan_rev,
        hub_id=case.hub_id,
        at=work.clock.now(),
        verdict=verdict,
        actor=(approval.answered_by if approval else None) or f"planner:{proposal.planner}",
        candidate_id=None,
        snapshot_id=proposal.snapshot_id,
        reason=approval.reason if approval else None,
        note=approval.note if approval else "",
    )


def _verdict_without_effect(state: CaseRun, proposal: Proposal, work: Workplace) -> Verdict:
    if state.get("outcome") == "stale":
        return Verdict.STALE
    if proposal.held_out:
        return Verdict.NO_ACTION
    if (answer := state.get("answer")) is not None:
        return Verdict(answer)
    if proposal.chosen is not None:
        assert work.mode is Mode.SHADOW, "an allowed candidate is only left undone in shadow mode"
        return Verdict.SHADOWED
    return Verdict.FORBIDDEN if proposal.gate is not None else Verdict.NO_ACTION


def _watched(case: Case, now: datetime) -> Case:
    """The case, done with for now: watched until its signal goes quiet, or rests and is planned again."""
    return replace(
        case, status=CaseStatus.MONITORING, planned_at=now, act_by=None, updated_at=now, revision=case.revision + 1
    )
