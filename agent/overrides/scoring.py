"""Scores: both plans of an override driven once more under the day as it was, and what came of it in the end.

An override is scored once every stop that either plan concerns has its outcome: the learning job's labels come first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.overrides.which import OVERRIDES, Choice, choice_of, plan_kinds
from agent.pictures import matrix_of
from forestall.domain.decisions import Decision
from forestall.domain.ids import StopId
from forestall.domain.learning import Outcome
from forestall.domain.overrides import OverrideScore
from forestall.domain.vocabulary import Autonomy, StopKind
from forestall.store import UnitOfWork
from optimizer.hindsight import CALLED_OFF, Realised, compare, look_back
from optimizer.prices import Prices
from optimizer.travel import TravelTimes


@dataclass(frozen=True, slots=True)
class _Day:
    """A day that overrides were made on, as it is known now."""

    travel: TravelTimes
    realised: Realised
    outcomes: Mapping[StopId, Outcome]


def score_overrides(uow: UnitOfWork, roads: TravelTimes, now: datetime) -> list[OverrideScore]:
    """The scores of all overrides that have none and whose outcome is known; writes nothing.

    ``roads`` serve the days that brought no travel times of their own.
    """
    scores: list[OverrideScore] = []
    for name, decisions in uow.overrides.list_unscored(OVERRIDES).items():
        outcomes = uow.outcomes.list_known([name], known_by=now)
        due = [(decision, choice) for decision in decisions if (choice := _known_choice(uow, decision, outcomes))]
        if due:
            day = _look_back(uow, name, roads, outcomes, now)
            scores += [_score(uow, day, decision, choice, now) for decision, choice in due]
    return scores


def _known_choice(uow: UnitOfWork, decision: Decision, outcomes: Mapping[StopId, Outcome]) -> Choice | None:
    """The two plans of an override if what became of all their stops is known."""
    choice = choice_of(decision, uow.proposals.get(decision.case_id, decision.plan_rev))
    if choice is None or not all(_is_known(uow, stop_id, outcomes) for stop_id in sorted(_stops_named(choice))):
        return None
    return choice


def _is_known(uow: UnitOfWork, stop_id: StopId, outcomes: Mapping[StopId, Outcome]) -> bool:
    """Hand-overs and stops that were called off have no outcome, and need none."""
    if stop_id in outcomes:
        return True
    stop = uow.state.find_stop(stop_id)
    return stop is None or stop.kind is not StopKind.DELIVERY or stop.status in CALLED_OFF


def _look_back(
    uow: UnitOfWork, name: str, roads: TravelTimes, outcomes: Mapping[StopId, Outcome], now: datetime
) -> _Day:
    final = uow.state.load_snapshot(name, now)
    travel = roads if final.matrix_id is None else matrix_of(uow, final, final.matrix_id)
    return _Day(travel, look_back(final, travel), outcomes)


def _stops_named(choice: Choice) -> set[StopId]:
    return {stop_id for plan in choice.plans for change in plan.route_changes for stop_id in change.stop_ids}


def _score(uow: UnitOfWork, day: _Day, decision: Decision, choice: Choice, now: datetime) -> OverrideScore:
    case, proposal = uow.cases.get(decision.case_id), uow.proposals.get(decision.case_id, decision.plan_rev)
    asked = [one for one in uow.approvals.list_for_case(case.id) if one.plan_rev == decision.plan_rev]
    failed = {stop_id for stop_id, outcome in day.outcomes.items() if outcome.failed}
    snapshot = uow.snapshots.get(proposal.snapshot_id)
    both = compare(snapshot, day.travel, day.realised, choice.done, choice.proposed, failed)
    came = [outcome for stop_id in both.stops if (outcome := day.outcomes.get(stop_id)) is not None]
    kept_really = sum(not outcome.late and not outcome.failed for outcome in came)
    return OverrideScore(
        decision_id=decision.id,
        case_id=case.id,
        plan_rev=decision.plan_rev,
        day=case.day,
        hub_id=case.hub_id,
        decided_at=decision.at,
        scored_at=now,
        case_kind=case.kind,
        verdict=decision.verdict,
        reason=decision.reason,
        role=asked[-1].role if asked else "",
        kinds=plan_kinds(choice.plans[0]),
        autonomy=proposal.gate.autonomy if proposal.gate else Autonomy.FORBIDDEN,
        stops=len(both.stops),
        kept_done=kept_really if choice.as_it_came else both.done.kept,
        kept_proposed=both.proposed.kept,
        kept_really=kept_really,
        lateness_done_s=_lateness_s(came) if choice.as_it_came else both.done.lateness_s,
        lateness_proposed_s=both.proposed.lateness_s,
        travel_done_s=None if choice.as_it_came else both.done.travel_s,
        travel_proposed_s=both.proposed.travel_s,
    )


def _lateness_s(outcomes: Sequence[Outcome]) -> float:
    """How late some stops were in all, each up to where lateness is counted."""
    cap_s = Prices().lateness_cap_s
    return sum(min(outcome.lateness_s, cap_s) for outcome in outcomes if outcome.late)
