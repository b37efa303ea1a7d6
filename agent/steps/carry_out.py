"""recheck, commit, conclude: hold the plan against the live state, apply it whole, or record why it was not."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from langgraph.runtime import Runtime

from agent.acknowledgements import instructions_of
from agent.difference import Difference, compare
from agent.feed_watch import heard_nothing_since
from agent.learning.interventions import interventions_of
from agent.limits import NoLongerAllowed, require_still_allowed
from agent.questions import question_of
from agent.rebase import dropped_stops, has_met_others, rebase
from agent.record import record_of
from agent.room import has_room, limited_gains
from agent.run import CaseRun, Ready, RunContext, Workplace
from agent.silence import split_off
from agent.steps.consider import accompany, is_for_customers, judge, offers_for
from agent.steps.decide import LET_GO, SHADOWED, interrupt_id_of
from agent.steps.situations import situation_of
from forestall.domain.actions import Candidate, Judgement
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Asked, Decision, Proposal
from forestall.domain.effects import Effect
from forestall.domain.ids import CaseId, ContactId, DecisionId
from forestall.domain.orders import Order
from forestall.domain.replan import apply_candidate, replan
from forestall.domain.reversals import Reversal
from forestall.domain.tenders import Tender, tender_id_of
from forestall.domain.vocabulary import ActionKind, Autonomy, CaseStatus, Channel, Verdict
from forestall.errors import StalePlan
from forestall.store import UnitOfWork
from tools import carrier_update, notify_customer
from tools.editing import faults_of
from tools.rendering import effects_of, tender_effect
from tools.retender import offered_stops, renewed
from tools.reversing import reversal_before
from tools.situation import Situation

logger = logging.getLogger(__name__)

NOTHING_HELPS = "no plan would keep more promises than leaving things as they are"
WORDS = frozenset({ActionKind.NOTIFY_ETA, ActionKind.OFFER_RESCHEDULE, ActionKind.CARRIER_UPDATE})
UNHEARD, NOT_IN_YET = "unheard", "it took so long to make that news is still to come in; it is made anew"
HELD_OUT = "held out by lot: left alone to learn what happens if nobody acts"
# What each answer entitles to: the verdict's grant, and every freer one.
_ENOUGH: dict[str, frozenset[Autonomy]] = {
    Verdict.AUTOMATIC: frozenset({Autonomy.AUTO}),
    Verdict.NOT_VETOED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW}),
    Verdict.APPROVED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST}),
    Verdict.EDITED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST}),
}


def recheck(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:
    """Is the plan still ours to do, possible, worth it, what people saw, and allowed? ``ready``, or ``stale``; or
    ``unheard``, where it took so long that what happened meanwhile is still to come in."""
    work, desk = runtime.context.work, runtime.context.desk
    verdict = state.get("answer") or Verdict.AUTOMATIC.value
    with work.store.read() as uow:
        case = uow.cases.get(CaseId(state["case_id"]))
        proposal = uow.proposals.get(case.id, state["plan_rev"])
        if desk.situation is not None and heard_nothing_since(uow, desk.situation.now, work.clock.now()):
            return {"outcome": UNHEARD}
        situation = situation_of(work, uow, case)
    assert proposal.chosen is not None
    planned = proposal.get_candidate(proposal.chosen)
    if not _is_ours(case, verdict):
        return {"outcome": "stale"}
    current = _still_worth_it(work, situation, planned, by_a_person=verdict == Verdict.EDITED)
    if current is None:
        return {"outcome": "stale"}
    judgement = judge(work.forecaster, situation, [current])[current.id]
    desk.difference = _from_what_was_seen(situation, proposal, current, judgement)
    if verdict in LET_GO and desk.difference is not None and desk.difference.is_material(Verdict(verdict)):
        return {"outcome": "stale"}
    granted = work.gate.ask(proposal.planner, case.hub_id, question_of(work, situation, current, judgement))
    if granted.autonomy not in _ENOUGH[verdict]:
        return {"outcome": "stale"}
    desk.ready = Ready(current, situation, tuple(dropped_stops(planned, current)), judgement, granted)
    return {"outcome": "ready"}


def commit(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:
    """One transaction: limits counted and policy asked again, versions checked, new state, audit record, outbox rows.

    A moved route, a limit that somebody else has reached, or a switch undoes all of it.
    """
    work, desk = runtime.context.work, runtime.context.desk
    if desk.ready is None:
        return {"outcome": "unchecked"}  # the process ended between the two steps; the check was not kept
    try:
        with work.store.write() as uow:
            _apply(work, uow, state, desk.ready)
    except StalePlan:
        return {"outcome": "stale"}
    except NoLongerAllowed as refusal:
        logger.info("case %s: %s", state["case_id"], refusal)
        return {"outcome": "stale"}
    return {"outcome": "committed"}


def conclude(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:
    """Record a decision that changes nothing: refused, lapsed, forbidden, gone stale, or nothing worth doing."""
    work = runtime.context.work
    with work.store.write() as uow:
        case = uow.cases.get(CaseId(state["case_id"]))
        proposal = uow.proposals.get(case.id, state["plan_rev"])
        approval = uow.approvals.find(case.id, interrupt_id_of(case.id, proposal.plan_rev))
        decision = _decision(work, case, proposal, _verdict_without_effect(state, case, proposal), approval)
        is_unheard = state.get("outcome") == UNHEARD
        if proposal.held_out or is_unheard:
            decision = replace(decision, note=HELD_OUT if proposal.held_out else NOT_IN_YET)
        difference = runtime.context.desk.difference
        further = {} if difference is None else {"difference": asdict(difference)}
        record(work, uow, case, proposal, decision, None, approval, (), further)
        watched = _watched(case, work.clock.now())
        if is_unheard and case.is_in_our_hands:
            watched = replace(watched, status=CaseStatus.OPEN)  # due at the next step, by when the news may be in
        uow.cases.save(watched)
    looks_again = decision.verdict is Verdict.STALE and case.is_in_our_hands and not is_unheard
    return {"outcome": "set_aside" if looks_again else "concluded"}


def _is_ours(case: Case, verdict: str) -> bool:
    """Whether this may be done for the case: by the service while it has it, by a person who has taken it over."""
    return case.is_in_our_hands or (case.taken_over and verdict == Verdict.EDITED and not case.status.is_closed)


def _from_what_was_seen(
    situation: Situation, proposal: Proposal, current: Candidate, judgement: Judgement
) -> Difference | None:
    """How the plan as it would be carried out differs from the one that was shown; None for messages alone."""
    assert proposal.chosen is not None
    seen_as = proposal.judgements.get(proposal.chosen)
    if seen_as is None or not current.route_changes:
        return None
    done = {stop.id for stop in situation.snapshot.stops.values() if not stop.status.is_open}
    return compare(proposal.get_candidate(proposal.chosen), seen_as, current, judgement, done)


def _still_worth_it(
    work: Workplace, situation: Situation, planned: Candidate, by_a_person: bool = False
) -> Candidate | None:
    """The plan on the live state with its messages made anew, or None when it no longer fits or pays.

    A person's own version need not pay: they may know why.
    """
    if not planned.route_changes or is_for_customers(situation):
        return _still_due(situation, planned)
    if not has_room(planned, situation.snapshot):
        return None
    if not split_off([planned], situation.snapshot)[0]:
        return None  # a driver who has fallen silent since would not hear of it
    unmoved = dict(planned.read_set) == {r: situation.snapshot.routes[r].version for r in planned.read_set}
    if unmoved and planned.tender is None:
        return planned
    rebased = rebase(planned, situation.snapshot)
    if rebased is not None and rebased.tender is not None:
        rebased = renewed(rebased, situation.snapshot)  # its time to answer begins when it is asked
    if rebased is None or _fits_no_more(situation, planned, rebased):
        return None
    judgement = judge(work.forecaster, situation, [rebased])[rebased.id]
    if not by_a_person and work.planner.net_gain(rebased, judgement) < work.planner.margin:
        return None
    route_actions = tuple(action for action in planned.actions if action.kind not in WORDS)
    return accompany(work.forecaster, situation, replace(rebased, notices=(), actions=route_actions))


def _fits_no_more(situation: Situation, planned: Candidate, rebased: Candidate) -> bool:
    """Whether what other plans did to its routes leaves no room for it, or nobody who may take its stops."""
    live = situation.snapshot
    return has_met_others(planned, rebased, live) and bool(faults_of(live, rebased))


def _still_due(situation: Situation, planned: Candidate) -> Candidate | None:
    """Messages, and what customers wish, made anew: they go out only if the same ones are still due."""
    words = (notify_customer.propose, carrier_update.propose)
    offers = offers_for(situation) if is_for_customers(situation) else [tool(situation) for tool in words]
    due = {candidate.id: candidate for offer in offers for candidate in offer.candidates}
    return due.get(planned.id)


def _apply(work: Workplace, uow: UnitOfWork, state: CaseRun, ready: Ready) -> None:
    case = uow.cases.get(CaseId(state["case_id"]))
    proposal = uow.proposals.get(case.id, state["plan_rev"])
    approval = uow.approvals.find(case.id, interrupt_id_of(case.id, proposal.plan_rev))
    verdict = Verdict(state.get("answer") or Verdict.AUTOMATIC.value)
    if not _is_ours(case, verdict):
        raise StalePlan("a person has the case now", case_id=case.id, owner=case.owner)
    granted = require_still_allowed(work, uow, ready, proposal.planner, _ENOUGH[verdict])
    decision = decision_on(ready, _decision(work, case, proposal, verdict, approval))
    decision = replace(decision, cost_cents=ready.candidate.cost_cents)
    if ready.candidate.tender is not None:
        effects: tuple[Effect, ...] = (_ask_carrier(uow, case, proposal.plan_rev, decision, ready),)
    else:
        _check_room(uow, ready)
        effects = apply_plan(work, uow, case, proposal.plan_rev, decision, ready)
    record(work, uow, case, proposal, decision, ready, approval, effects, granted=granted)
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


def apply_plan(
    work: Workplace, uow: UnitOfWork, case: Case, plan_rev: int, decision: Decision, ready: Ready
) -> tuple[Effect, ...]:
    """Write the changed rows; returns whom that has to be told, and waits for their word. StalePlan when a route has
    moved."""
    after = apply_candidate(ready.situation.snapshot, ready.candidate)
    _write_state(uow, ready)
    uow.instructions.add(instructions_of(case, plan_rev, decision, ready, work.ack_patience))
    uow.outcomes.add_interventions(interventions_of(decision, ready.candidate))
    if ready.candidate.route_changes and decision.verdict is not Verdict.UNDONE:
        uow.reversals.add(_reversal(case, decision, ready))
    effects = effects_of(ready.candidate, after, ready.situation.contacts, case.id, plan_rev, decision.id)
    return without_unwanted(uow, effects)


def without_unwanted(uow: UnitOfWork, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Without texts to who has opted out since the plan was checked: STOP holds at once."""
    texts = {ContactId(effect.recipient_id) for effect in effects if effect.channel is Channel.SMS}
    wanted = uow.state.lock_textable(texts)
    return tuple(e for e in effects if e.channel is not Channel.SMS or e.recipient_id in wanted)


def _reversal(case: Case, decision: Decision, ready: Ready) -> Reversal:
    """How the changed routes stood, so that the decision can be taken back."""
    snapshot = ready.situation.snapshot
    before = reversal_before(snapshot, ready.candidate)
    return Reversal(
        decision_id=decision.id,
        case_id=case.id,
        day=case.day,
        made_at=decision.at,
        candidate=ready.candidate,
        before=before,
        departures={route_id: snapshot.routes[route_id].departs_at for route_id in before},
    )


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
    for order in rows.orders:
        _note_asked(uow, order)
    if rows.orders:
        uow.state.touch_hub(ready.situation.case.hub_id)


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


def _note_asked(uow: UnitOfWork, order: Order) -> None:
    """Keep when its customer was asked; what was said meanwhile stays said."""
    known = uow.state.lock_order(order.id)
    if known is not None:
        asked = replace(known.word, asked_at=order.word.asked_at, corrected_at=order.word.corrected_at)
        uow.state.save_order(replace(known, word=asked))


def record(
    work: Workplace,
    uow: UnitOfWork,
    case: Case,
    proposal: Proposal,
    decision: Decision,
    ready: Ready | None,
    approval: Approval | None,
    effects: tuple[Effect, ...],
    further: Mapping[str, object] | None = None,
    granted: Asked | None = None,
) -> None:
    """The decision as a row, and everything behind it as its audit record: ``further`` goes into it as it is, and
    ``granted`` is policy's last word."""
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
            granted=granted,
        )
        | dict(further or {}),
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
        note=approval.note if approval else _nothing_helps(proposal),
    )


def _nothing_helps(proposal: Proposal) -> str:
    """Said where no plan beats leaving things as they are: people are told so, and customers at most warned."""
    ranked = (proposal.get_candidate(candidate_id) for candidate_id in proposal.ranking)
    return "" if any(candidate.route_changes for candidate in ranked) else NOTHING_HELPS


def _verdict_without_effect(state: CaseRun, case: Case, proposal: Proposal) -> Verdict:
    if state.get("outcome") in {"stale", UNHEARD}:
        return Verdict.STALE if case.is_in_our_hands or state.get("answer") == Verdict.EDITED else Verdict.WITHDRAWN
    if proposal.held_out:
        return Verdict.NO_ACTION
    if (answer := state.get("answer")) is not None:
        return Verdict(answer)
    if proposal.chosen is not None:
        assert state.get("outcome") == SHADOWED, "an allowed candidate is only left undone in shadow mode"
        return Verdict.SHADOWED
    return Verdict.FORBIDDEN if proposal.gate is not None else Verdict.NO_ACTION


def _watched(case: Case, now: datetime) -> Case:
    """The case, done with for now: watched until its signal goes quiet, or rests and is planned again. One that was
    closed, or taken by a person, meanwhile stays as it is."""
    status = CaseStatus.MONITORING if case.is_in_our_hands else case.status
    return replace(case, status=status, planned_at=now, act_by=None, updated_at=now, revision=case.revision + 1)
