"""The first page: what needs a person, what was handled, how hubs and routes stand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent import wording
from agent.learning.in_force import InForce
from agent.learning.report import say_standing
from agent.people.escalation import deadline_of
from agent.people.undoing import WayBack, way_back
from api.console.fleet import Forecasts, HubStanding, RouteRow, list_hub_standings, list_route_rows
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Decision, Proposal
from forestall.domain.ids import HubId
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CaseStatus, ModelKind, Verdict
from forestall.errors import NotFound
from forestall.store import UnitOfWork

_CASES_READ = 2_000
_DECISIONS_READ = 5_000
_DECISIONS_SHOWN = 25
_DONE_BY_ITSELF = frozenset({Verdict.AUTOMATIC, Verdict.NOT_VETOED})


@dataclass(frozen=True, slots=True)
class Plan:
    """The recommended candidate of a proposal, in a few words and numbers."""

    actions: tuple[str, ...]
    misses_before: float
    misses_after: float
    cost_cents: int
    worse_off: int


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case whose next word is a person's. ``left_s`` is what remains, seconds of the service's clock."""

    case: Case
    cause: str
    approval: Approval
    deadline: datetime
    left_s: float
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class HandledCase:
    decision: Decision
    case: Case
    cause: str
    verdict: str
    plan: Plan | None
    way_back: WayBack | None


@dataclass(frozen=True, slots=True)
class WatchedCase:
    case: Case
    cause: str
    status: str


@dataclass(frozen=True, slots=True)
class HubStrip:
    standing: HubStanding
    open_cases: int
    waiting: int
    expired: int
    alone: int


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """How the forecast stands, in one line."""

    text: str
    is_drifting: bool


@dataclass(frozen=True, slots=True)
class Overview:
    day: str
    days: Sequence[str]
    now: datetime
    zone: str
    hubs: Sequence[HubStrip]
    needs_you: Sequence[WaitingCase]
    runs_unless_vetoed: Sequence[WaitingCase]
    watched: Sequence[WatchedCase]
    handled: Sequence[HandledCase]
    routes: Sequence[RouteRow]
    forecast: ForecastLine


def read_overview(uow: UnitOfWork, day: str, days: Sequence[str], now: datetime) -> Overview:
    """Everything the first page shows of one day, as of ``now``."""
    snapshot = uow.state.load_snapshot(day, now)
    forecasts = uow.scores.latest(day=day)
    rows = list_route_rows(snapshot, forecasts)
    cases = uow.cases.list(day=day, limit=_CASES_READ)
    decisions = uow.decisions.list(day=day, limit=_DECISIONS_READ)
    waiting = _waiting(uow, [case for case in cases if case.status.is_waiting], now)
    return Overview(
        day=day,
        days=days,
        now=now,
        zone=next((hub.time_zone for hub in snapshot.hubs.values()), "UTC"),
        hubs=[_strip(standing, cases, decisions) for standing in list_hub_standings(snapshot, rows, forecasts)],
        needs_you=[entry for entry in waiting if not entry.approval.is_veto],
        runs_unless_vetoed=[entry for entry in waiting if entry.approval.is_veto],
        watched=[
            WatchedCase(case, wording.describe_cause(case), wording.CASE_STATUSES[case.status])
            for case in cases
            if not case.status.is_closed and not case.status.is_waiting
        ],
        handled=_handled(uow, decisions[:_DECISIONS_SHOWN], snapshot, forecasts),
        routes=rows,
        forecast=_forecast_line(uow),
    )


def choose_day(uow: UnitOfWork, wanted: str | None, now: datetime) -> str:
    """The day asked for, else the one being driven now, else the last one planned.

    Raises:
        NotFound: there is no plan of that day, or none at all.
    """
    days = uow.plans.list_days()
    if wanted is not None:
        if wanted not in days:
            raise NotFound(f"There is no plan of the day {wanted}.")
        return wanted
    if not days:
        raise NotFound("No day has been planned yet.")
    return next(iter(uow.state.list_open_days(now)), days[-1])


def summarise_plan(proposal: Proposal | None) -> Plan | None:
    """The recommended candidate; None when there is no proposal or it recommends nothing."""
    if proposal is None or proposal.chosen is None:
        return None
    candidate = proposal.get_candidate(proposal.chosen)
    judgement = proposal.judgements[proposal.chosen]
    return Plan(
        actions=tuple(wording.describe_action(action) for action in candidate.actions),
        misses_before=judgement.misses_before,
        misses_after=judgement.misses_after,
        cost_cents=candidate.cost_cents,
        worse_off=sum(effect.is_worse for effect in judgement.effects),
    )


def _forecast_line(uow: UnitOfWork) -> ForecastLine:
    active, drift = {kind: uow.models.find_active_id(kind) for kind in ModelKind}, uow.drift.list_states()
    named = {kind: one[0] if one else None for kind, one in active.items()}
    text = say_standing([InForce(kind, model_id, used=model_id) for kind, model_id in named.items()], drift)
    return ForecastLine(text, any(state.is_drifting for state in drift))


def _waiting(uow: UnitOfWork, cases: Iterable[Case], now: datetime) -> list[WaitingCase]:
    """Soonest deadline first, to the minute; within a minute the case with more to lose first."""
    entries = []
    for case in cases:
        approval = uow.approvals.find_open(case.id)
        if approval is None:  # answered a moment ago; the case is about to move on
            continue
        deadline = deadline_of(case, approval)
        plan = summarise_plan(uow.proposals.find_latest(case.id))
        left_s = (deadline - now).total_seconds()
        entries.append(WaitingCase(case, wording.describe_cause(case), approval, deadline, left_s, plan))
    return sorted(entries, key=lambda entry: (entry.left_s // 60, -entry.case.avoidable_loss, entry.case.id))


def _handled(
    uow: UnitOfWork, decisions: Iterable[Decision], live: HubSnapshot, forecasts: Forecasts
) -> list[HandledCase]:
    """Decisions with what they did, and whether that can be taken back."""
    handled = []
    for decision in decisions:
        case = uow.cases.get(decision.case_id)
        plan = summarise_plan(uow.proposals.find(decision.case_id, decision.plan_rev))
        reversal = uow.reversals.find(decision.id)
        way = None if reversal is None else way_back(reversal, case, decision.verdict, live, forecasts)
        cause, verdict = wording.describe_cause(case), wording.VERDICTS[decision.verdict]
        handled.append(HandledCase(decision, case, cause, verdict, plan, way))
    return handled


def _strip(standing: HubStanding, cases: Iterable[Case], decisions: Iterable[Decision]) -> HubStrip:
    here = Counter(case.status for case in cases if case.hub_id == standing.hub.id)
    return HubStrip(
        standing=standing,
        open_cases=sum(count for status, count in here.items() if not status.is_closed),
        waiting=sum(count for status, count in here.items() if status.is_waiting),
        expired=here[CaseStatus.EXPIRED],
        alone=_count_alone(decisions, standing.hub.id),
    )


def _count_alone(decisions: Iterable[Decision], hub_id: HubId) -> int:
    return sum(decision.verdict in _DONE_BY_ITSELF and decision.hub_id == hub_id for decision in decisions)
