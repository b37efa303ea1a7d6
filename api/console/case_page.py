"""The decision card: a case's trace arranged for the person who has to answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.people.confirming import can_be_confirmed
from agent.people.undoing import WayBack, list_ways_back
from agent.trace import JsonObject, build_trace
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Proposal
from forestall.domain.ids import CaseId, RouteId, StopId
from forestall.domain.vocabulary import RouteStatus
from forestall.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class RouteDiff:
    """A route's open stops as they were planned when the proposal was made, and as the plan would have them."""

    route_id: RouteId
    before: tuple[StopId, ...]
    after: tuple[StopId, ...]

    def is_new(self, stop_id: StopId) -> bool:
        return stop_id not in self.before

    def is_gone(self, stop_id: StopId) -> bool:
        return stop_id not in self.after


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the history. ``kind`` is plan, asked, answered or decision; ``entry`` that part of the trace."""

    at: str
    kind: str
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DriverWord:
    """A changed plan on its way to a driver (``entry`` of the trace). ``newest`` is his route's version by now."""

    entry: Mapping[str, Any]
    driver: str
    newest: int
    can_be_confirmed: bool

    @property
    def route_id(self) -> str:
        return str(self.entry["route_id"])


@dataclass(frozen=True, slots=True)
class CasePage:
    trace: JsonObject
    now: datetime
    zone: str
    question: Approval | None
    left_s: float
    data_age_s: float | None
    diffs: tuple[RouteDiff, ...]
    history: Sequence[Moment]
    ways_back: Mapping[str, WayBack]
    difference: Mapping[str, Any] | None
    moved: tuple[StopId, ...]
    mergeable: Sequence[Case]
    broken: frozenset[RouteId]
    drivers: Sequence[DriverWord]

    @property
    def last_word(self) -> Mapping[str, Any] | None:
        """The last decision on the newest plan; None while there is none."""
        decisions: Sequence[Mapping[str, Any]] = self.trace["decisions"]  # type: ignore[assignment]  # JSON
        plan_rev = self.trace["case"]["plan_rev"]  # type: ignore[index]  # JSON
        return next((one for one in reversed(decisions) if one["plan_rev"] == plan_rev), None)

    @property
    def undoable(self) -> WayBack | None:
        """The last decision that can still be taken back."""
        return next((way for way in reversed(list(self.ways_back.values())) if way.is_possible), None)


def read_case_page(uow: UnitOfWork, case_id: CaseId, now: datetime) -> CasePage:
    """The page of one case, as of ``now``.

    Raises:
        NotFound: there is no such case.
    """
    trace = build_trace(uow, case_id)
    case = uow.cases.get(case_id)
    hub = uow.state.find_hub(case.hub_id, case.day)
    question = uow.approvals.find_open(case_id)
    proposal = uow.proposals.find_latest(case_id)
    return CasePage(
        trace=trace,
        now=now,
        zone="UTC" if hub is None else hub.time_zone,
        question=question,
        left_s=0.0 if question is None else (question.expires_at - now).total_seconds(),
        data_age_s=None if proposal is None else (now - proposal.made_at).total_seconds(),
        diffs=() if proposal is None else _diffs(uow, proposal),
        history=_history(trace),
        ways_back={way.decision_id: way for way in list_ways_back(uow, case, now)},
        difference=_difference(trace, question),
        moved=() if proposal is None else _moved(uow, proposal),
        broken=frozenset(
            route_id
            for route_id in {RouteId(stop["route_id"]) for stop in trace["stops"]}  # type: ignore[attr-defined]  # JSON
            if uow.state.get_route(route_id).status is RouteStatus.BROKEN
        ),
        drivers=[_driver_word(uow, one) for one in trace["instructions"]],  # type: ignore[attr-defined]  # JSON
        mergeable=[
            other for other in uow.cases.list_active(case.day) if other.hub_id == case.hub_id and other.id != case_id
        ],
    )


def _driver_word(uow: UnitOfWork, entry: Mapping[str, Any]) -> DriverWord:
    route = uow.state.get_route(RouteId(entry["route_id"]))
    driver = None if route.driver_id is None else uow.state.find_driver(route.driver_id, route.day)
    return DriverWord(
        entry=entry,
        driver="" if driver is None else driver.name or driver.id,
        newest=route.plan_version,
        can_be_confirmed=can_be_confirmed(route) and entry["plan_version"] == route.plan_version,
    )


def _difference(trace: Mapping[str, Any], question: Approval | None) -> Mapping[str, Any] | None:
    """What has changed since the plan that was let go ahead, where the open question stands in for it."""
    if question is None:
        return None
    return next((one for one in trace["differences"] if one["plan_rev"] == question.plan_rev), None)


def _moved(uow: UnitOfWork, proposal: Proposal) -> tuple[StopId, ...]:
    """The stops that the recommended plan would give to another vehicle."""
    if proposal.chosen is None:
        return ()
    changes = proposal.get_candidate(proposal.chosen).route_changes
    homes = {s: stop.route_id for c in changes for s in c.stop_ids if (stop := uow.state.find_stop(s)) is not None}
    return tuple(s for c in changes for s in c.stop_ids if s in homes and homes[s] != c.route_id)


def _history(trace: Mapping[str, Any]) -> list[Moment]:
    """What happened, in order; of one instant, in the order in which the steps follow each other."""
    moments = [Moment(plan["made_at"], "plan", plan) for plan in trace["proposals"]]
    for approval in trace["approvals"]:
        moments.append(Moment(approval["asked_at"], "asked", approval))
        if approval["verdict"] is not None:
            moments.append(Moment(approval["answered_at"], "answered", approval))
    moments += [Moment(decision["at"], "decision", decision) for decision in trace["decisions"]]
    return sorted(moments, key=lambda moment: datetime.fromisoformat(moment.at))


def _diffs(uow: UnitOfWork, proposal: Proposal) -> tuple[RouteDiff, ...]:
    if proposal.chosen is None:
        return ()
    changes = proposal.get_candidate(proposal.chosen).route_changes
    if not changes:
        return ()
    snapshot = uow.snapshots.get(proposal.snapshot_id)
    diffs = []
    for change in changes:
        free = [stop.id for stop in snapshot.open_stops(change.route_id) if not stop.status.is_committed]
        diffs.append(RouteDiff(change.route_id, tuple(free), change.stop_ids))
    return tuple(diffs)
