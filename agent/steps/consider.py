"""load, propose, forecast, plan: from a case to a ranked choice, without changing anything but the case's status."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from langgraph.runtime import Runtime

from agent.act_by import act_by
from agent.care import answered_by_routes
from agent.joint import joint_plan
from agent.learning.forecasting import Forecasting
from agent.run import CaseRun, Desk, RunContext, Workplace
from agent.silence import split_off
from agent.steps.situations import situation_of
from forestall.domain.actions import Candidate, Judgement, NoCandidate
from forestall.domain.ids import CandidateId, CaseId
from forestall.domain.replan import apply_candidate
from forestall.domain.vocabulary import ActionKind, CaseKind, Tool
from tools import (
    carrier_update,
    confirm_presence,
    heed_customer,
    hub_swap,
    leave_earlier,
    notify_customer,
    reassign,
    reroute,
    second_attempt,
)
from tools.situation import Offer, Situation, with_notices

# What customers are asked and have said has tools of its own: none of the others could better it.
_TOOLS_FOR_CUSTOMERS: Mapping[CaseKind, tuple[Callable[[Situation], Offer], ...]] = {
    CaseKind.FAILED_ATTEMPT_RISK: (confirm_presence.propose, heed_customer.propose_safe_places),
    CaseKind.CUSTOMER_RESCHEDULE: (heed_customer.propose_reschedules,),
    CaseKind.CUSTOMER_MESSAGE: (heed_customer.propose_asking_back,),
}
# Where nobody seems to have tried, that it be tried is the one plan that answers.
_TOOLS_FOR_DOORS: Mapping[CaseKind, tuple[Callable[[Situation], Offer], ...]] = {
    CaseKind.SUSPECTED_FALSE_ATTEMPT: (second_attempt.propose,),
}
# The tools that change routes; notify-customer and carrier-update accompany them, or stand alone if they have nothing.
_ROUTE_TOOLS = (reroute.propose, reassign.propose, hub_swap.propose, leave_earlier.propose)
_WORD_TOOLS = (notify_customer.propose, carrier_update.propose)


def load(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:
    """Take the picture everything after is judged on, and begin a new plan revision."""
    work, desk = runtime.context.work, runtime.context.desk
    with work.store.read() as uow:
        case = uow.cases.get(CaseId(state["case_id"]))
        desk.situation = situation_of(work, uow, case)
    desk.ready = None
    return {
        "plan_rev": case.plan_rev + 1,
        "attempts": state.get("attempts", 0) + 1,
        "snapshot_id": desk.situation.snapshot.id,
        "answer": None,
        "outcome": "",
    }


def propose(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:  # noqa: ARG001 - the graph passes it
    """Ask every tool; keep what they offer and why the others have nothing."""
    desk = runtime.context.desk
    assert desk.situation is not None
    offers = offers_for(desk.situation)
    unique = {candidate.id: candidate for offer in offers for candidate in offer.candidates}
    desk.candidates, unheard = split_off(tuple(unique.values()), desk.situation.snapshot)
    desk.declined = (*(offer.declined for offer in offers if offer.declined is not None), *unheard)
    if not answered_by_routes(desk.situation.case.kind):
        kind = desk.situation.case.kind.value
        desk.declined += (NoCandidate(Tool.REROUTE, "reroute.not_the_answer", {"kind": kind}),)
    return {}


def offers_for(situation: Situation) -> list[Offer]:
    """What every tool that has to do with the case has to say: no other order of stops brings somebody home."""
    kind = situation.case.kind
    on_the_road = _TOOLS_FOR_DOORS.get(kind, _ROUTE_TOOLS) if answered_by_routes(kind) else ()
    tools = _TOOLS_FOR_CUSTOMERS.get(kind, (*on_the_road, *_WORD_TOOLS))
    return [tool(situation) for tool in tools]


def is_for_customers(situation: Situation) -> bool:
    """Whether the case is about what its customers are asked or have said, not about the road."""
    return situation.case.kind in _TOOLS_FOR_CUSTOMERS


def judge(
    forecaster: Forecasting, situation: Situation, candidates: Collection[Candidate]
) -> dict[CandidateId, Judgement]:
    """Each candidate beside doing nothing: by the simulation, or, where it only asks, by what asking is worth."""
    asks = {c.id: c for c in candidates if c.kinds == (ActionKind.CONFIRM_PRESENCE,)}
    on_the_road = [candidate for candidate in candidates if candidate.id not in asks]
    judged = dict(forecaster.judge(situation.snapshot, situation.travel, on_the_road)) if on_the_road else {}
    for again in filter(second_attempt.is_second_attempt, on_the_road):
        judged[again.id] = second_attempt.judge(situation.snapshot, again, judged[again.id], situation.asking.prices)
    return {**judged, **{i: confirm_presence.judge(situation, candidate) for i, candidate in asks.items()}}


def forecast(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:  # noqa: ARG001 - the graph passes it
    """Judge every candidate with the simulation that raised the alarm, draw for draw against doing nothing."""
    work, desk = runtime.context.work, runtime.context.desk
    assert desk.situation is not None
    situation = desk.situation
    desk.judgements = judge(work.forecaster, situation, desk.candidates)
    joint = joint_plan(situation.case, situation.snapshot, desk.candidates, desk.judgements, work.planner)
    if joint is not None:
        desk.candidates = (*desk.candidates, joint)
        desk.judgements |= work.forecaster.judge(situation.snapshot, situation.travel, [joint])
    desk.candidates = tuple(
        replace(c, reversible_until=act_by(c, situation.snapshot, situation.forecast)) for c in desk.candidates
    )
    return {}


def plan(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:  # noqa: ARG001 - the graph passes it
    """Rank; give the best its companions (who must be told); fall back to words alone when no plan is worth it."""
    work, desk = runtime.context.work, runtime.context.desk
    assert desk.situation is not None
    ranking = rank_by_rules(work, desk)
    desk.consultation = None
    if is_for_customers(desk.situation):
        ranking = tuple(candidate.id for candidate in desk.candidates)  # asking has paid already, and a wish is a wish
    elif ranking:
        ranking = _advised(work, desk, ranking)
        accompany_first(work, desk, ranking)
    else:
        ranking = _words_alone(desk.candidates)
    desk.ranking = ranking
    return {"chosen": ranking[0] if ranking else None}


def rank_by_rules(work: Workplace, desk: Desk) -> tuple[CandidateId, ...]:
    """The rules' own order of what is worth doing."""
    desk.planner = work.planner.name
    return work.planner.rank([c for c in desk.candidates if not c.is_advice], desk.judgements)


def accompany_first(work: Workplace, desk: Desk, ranking: tuple[CandidateId, ...]) -> None:
    """Give the best candidate its companions: who must be told."""
    assert desk.situation is not None
    situation = desk.situation
    desk.candidates = tuple(
        accompany(work.forecaster, situation, c) if c.id == ranking[0] else c for c in desk.candidates
    )


def _advised(work: Workplace, desk: Desk, ranking: tuple[CandidateId, ...]) -> tuple[CandidateId, ...]:
    """The rules' ranking, or a language model's order of it; policy is told whose it is."""
    if work.advisor is None or desk.situation is None:
        return ranking
    situation = desk.situation
    advised, desk.consultation = work.advisor.reorder(
        situation.case, desk.candidates, desk.judgements, ranking, situation.now
    )
    if advised != ranking:
        desk.planner = work.advisor.name
    return advised


def accompany(forecaster: Forecasting, situation: Situation, candidate: Candidate) -> Candidate:
    """The candidate with messages to those who will be late even so, and updates to the carriers it concerns.

    What waits for a carrier's answer gets none: nobody is told of a plan that may come to nothing.
    """
    if not candidate.route_changes or candidate.tender is not None:
        return candidate
    after = forecaster.forecast(apply_candidate(situation.snapshot, candidate), situation.travel)
    touched = [stop.id for route_id in situation.case.route_ids for stop in situation.snapshot.open_stops(route_id)]
    to_customers = (
        *notify_customer.notices_for(situation, after, touched),
        *second_attempt.notices_for(situation, after, candidate),
    )
    to_carriers = carrier_update.notices_for(situation, after, candidate)
    accompanied = with_notices(candidate, (*to_customers, *to_carriers))
    words = (*notify_customer.actions_of(to_customers), *carrier_update.actions_of(to_carriers))
    return replace(accompanied, actions=(*candidate.actions, *words))


def _words_alone(candidates: tuple[Candidate, ...]) -> tuple[CandidateId, ...]:
    """Candidates that only tell people the truth need not beat doing nothing: knowing is better than not."""
    return tuple(candidate.id for candidate in candidates if not candidate.route_changes)
