"""load, propose, forecast, plan: from a case to a ranked choice, without changing anything but the case's status."""

from collections.abc import Callable
from dataclasses import replace

from langgraph.runtime import Runtime

from agent.care import answered_by_routes
from agent.joint import joint_plan
from agent.learning.forecasting import Forecasting
from agent.run import CaseRun, RunContext
from agent.steps.situations import situation_of
from forestall.domain.actions import Candidate
from forestall.domain.cases import Case
from forestall.domain.ids import CandidateId, CaseId
from forestall.domain.replan import apply_candidate
from tools import carrier_update, hub_swap, notify_customer, reassign, reroute
from tools.situation import Offer, Situation, with_notices

# The tools that change routes; notify-customer and carrier-update accompany them, or stand alone if they have nothing.
_ROUTE_TOOLS = (reroute.propose, reassign.propose, hub_swap.propose)
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
    offers = [tool(desk.situation) for tool in (*_ROUTE_TOOLS, *_WORD_TOOLS) if _answers(tool, desk.situation.case)]
    unique = {candidate.id: candidate for offer in offers for candidate in offer.candidates}
    desk.candidates = tuple(unique.values())
    desk.declined = tuple(offer.declined for offer in offers if offer.declined is not None)
    return {}


def _answers(tool: Callable[[Situation], Offer], case: Case) -> bool:
    """Whether a tool could mend such a case at all: no other order of stops brings somebody home."""
    return tool not in _ROUTE_TOOLS or answered_by_routes(case.kind)


def forecast(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:  # noqa: ARG001 - the graph passes it
    """Judge every candidate with the simulation that raised the alarm, draw for draw against doing nothing."""
    work, desk = runtime.context.work, runtime.context.desk
    assert desk.situation is not None
    situation = desk.situation
    desk.judgements = dict(work.forecaster.judge(situation.snapshot, situation.travel, desk.candidates))
    if (joint := joint_plan(situation, desk.candidates, desk.judgements, work.planner)) is not None:
        desk.candidates = (*desk.candidates, joint)
        desk.judgements |= work.forecaster.judge(situation.snapshot, situation.travel, [joint])
    return {}


def plan(state: CaseRun, runtime: Runtime[RunContext]) -> CaseRun:  # noqa: ARG001 - the graph passes it
    """Rank; give the best its companions (who must be told); fall back to words alone when no plan is worth it."""
    work, desk = runtime.context.work, runtime.context.desk
    assert desk.situation is not None
    ranking = work.planner.rank(desk.candidates, desk.judgements)
    if ranking:
        desk.candidates = tuple(
            accompany(work.forecaster, desk.situation, c) if c.id == ranking[0] else c for c in desk.candidates
        )
    else:
        ranking = _words_alone(desk.candidates)
    desk.ranking = ranking
    desk.planner = work.planner.name
    return {"chosen": ranking[0] if ranking else None}


def accompany(forecaster: Forecasting, situation: Situation, candidate: Candidate) -> Candidate:
    """The candidate with messages to those who will be late even so, and updates to the carriers it concerns.

    What waits for a carrier's answer gets none: nobody is told of a plan that may come to nothing.
    """
    if not candidate.route_changes or candidate.tender is not None:
        return candidate
    after = forecaster.forecast(apply_candidate(situation.snapshot, candidate), situation.travel)
    touched = [stop.id for route_id in situation.case.route_ids for stop in situation.snapshot.open_stops(route_id)]
    to_customers = notify_customer.notices_for(situation, after, touched)
    to_carriers = carrier_update.notices_for(situation, after, candidate)
    accompanied = with_notices(candidate, (*to_customers, *to_carriers))
    words = (*notify_customer.actions_of(to_customers), *carrier_update.actions_of(to_carriers))
    return replace(accompanied, actions=(*candidate.actions, *words))


def _words_alone(candidates: tuple[Candidate, ...]) -> tuple[CandidateId, ...]:
    """Candidates that only tell people the truth need not beat doing nothing: knowing is better than not."""
    return tuple(candidate.id for candidate in candidates if not candidate.route_changes)
