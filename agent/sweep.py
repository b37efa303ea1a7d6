"""The sweep: forecast every stop in flight of a hub group, store the scores, keep the caseload up to date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent.act_by import next_commitment
from agent.caseload import CaseloadChange, Patience, is_apart, is_due_for_planning, update_caseload
from agent.detectors import Detection, Fault, Thresholds, View, detect, gathered, heard
from agent.detectors.registry import DETECTORS, Detector
from agent.detectors.sight import view_of
from agent.detectors.view import FailedVisit
from agent.hub_groups import group_hubs
from agent.learning.frames import frame_of
from agent.merging import follow_merges
from agent.pictures import Picture, Pictures
from forestall.domain.cases import Case
from forestall.domain.ids import CaseId, HubId, StopId
from forestall.domain.vocabulary import CaseStatus, Verdict
from forestall.store import Store, UnitOfWork

_NO = frozenset({Verdict.REJECTED, Verdict.VETOED, Verdict.UNDONE})
# There was a plan worth doing, and nobody said no: what it was for is still there.
_CAME_TO_NOTHING = frozenset({Verdict.EXPIRED, Verdict.STALE})
# Routes run over; a day whose last hub closed longer ago than this is no longer watched.
_AFTER_CLOSING = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """``interval``: a hub is looked at this often at least; ``min_gap``: and, while its state changes, this often.

    A route that leaves, breaks down, gets a load time or a new plan, a tender that is settled, or news of a closed road
    or an absent driver, is looked at in the next tick. ``keep_features``: what the forecast saw is kept for learning
    this often; None for never.
    """

    interval: timedelta
    min_gap: timedelta
    keep_features: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """``due``: cases that want a plan now, most urgent first; ``closed``: cases that ended in this sweep; ``faults``:
    detectors that failed in it."""

    due: tuple[CaseId, ...] = ()
    closed: tuple[CaseId, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class _Seen:
    """When a hub group was last swept, at which state, what was seen once and has yet to persist, which attempts had
    failed by then, which detectors failed themselves, and how grave each case was when it was last due for a plan."""

    at: datetime
    version: int
    shape: int
    kept_at: datetime | None
    seen_once: Mapping[str, datetime] = field(default_factory=dict)
    failed: Mapping[StopId, FailedVisit] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    planned: Mapping[CaseId, float] = field(default_factory=dict)


class Sweeper:
    """Sweeps hub groups when they are due. Its memory is a convenience: losing it costs one sweep of delay."""

    def __init__(
        self,
        store: Store,
        pictures: Pictures,
        thresholds: Thresholds,
        patience: Patience,
        rhythm: Rhythm,
        detectors: Sequence[Detector] = DETECTORS,
    ) -> None:
        self._store, self._pictures, self._detectors = store, pictures, detectors
        self._thresholds, self._patience, self._rhythm = thresholds, patience, rhythm
        self._seen: dict[tuple[str, tuple[HubId, ...]], _Seen] = {}

    def sweep_due(self, now: datetime) -> Swept:
        """Sweep every hub group that is due."""
        with self._store.read() as uow:
            groups = [
                (day, group)
                for day in uow.state.list_open_days(closing_after=now - _AFTER_CLOSING)
                for group in group_hubs(uow.state.list_hub_ids(day), uow.state.list_links(day))
                if self._is_due(uow, day, group, now)
            ]
        swept = [self._sweep(day, group, now) for day, group in groups]
        return Swept(
            due=tuple(case_id for one in swept for case_id in one.due),
            closed=tuple(case_id for one in swept for case_id in one.closed),
            faults=tuple(fault for one in swept for fault in one.faults),
        )

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The detectors that failed when each hub group was last looked at."""
        return tuple(dict.fromkeys(fault for seen in self._seen.values() for fault in seen.faults))

    def _is_due(self, uow: UnitOfWork, day: str, group: tuple[HubId, ...], now: datetime) -> bool:
        seen = self._seen.get((day, group))
        if seen is None:
            return True
        if now - seen.at >= self._rhythm.interval:
            return True
        if _version(uow, group) == seen.version:
            return False
        return now - seen.at >= self._rhythm.min_gap or _shape(uow, day, group) != seen.shape

    def _keeps_features(self, seen: _Seen | None, now: datetime) -> bool:
        every = self._rhythm.keep_features
        return every is not None and (seen is None or seen.kept_at is None or now - seen.kept_at >= every)

    def _sweep(self, day: str, group: tuple[HubId, ...], now: datetime) -> Swept:
        seen = self._seen.get((day, group))
        with self._store.read() as uow:
            version, shape = _version(uow, group), _shape(uow, day, group)
            picture = self._pictures.take(uow, day, group, now)
            known = seen.failed if seen else {}
            live = frozenset(case.fingerprint for case in _list_active(uow, day, group))
            view = view_of(uow, picture, self._thresholds, live, known)
        keeps = bool(picture.forecast.stops) and self._keeps_features(seen, now)
        detection = heard(view, detect(view, self._detectors), self._detectors)
        with self._store.write() as uow:
            uow.lock_state()  # people change cases too
            active = {case.fingerprint: case for case in _list_active(uow, day, group)}
            asked = _asked_cases(uow, day)
            apart = frozenset(case.fingerprint for case in active.values() if is_apart(case) or case.id in asked)
            detection = gathered(view, detection, apart)
            merged = [case for case in uow.cases.list([CaseStatus.MERGED], day) if case.merged_by is not None]
            detection = replace(detection, signals=tuple(follow_merges(detection.signals, merged, active)))
            change = self._updated(uow, view, detection, active, seen.seen_once if seen else {})
            uow.scores.add(picture.forecast)
            if keeps:
                uow.frames.add(frame_of(picture.snapshot, picture.forecast))
            for case in change.opened:
                uow.cases.add(case)
            for case in change.updated:
                uow.cases.save(case)
            planned = seen.planned if seen else {}
            due = _due_cases(uow, picture, group, self._patience, planned)
        kept_at = now if keeps else seen.kept_at if seen else None
        planned = {**planned, **{case.id: case.severity for case in due}}
        self._seen[(day, group)] = _Seen(
            now, version, shape, kept_at, change.seen_once, view.failed, detection.faults, planned
        )
        closed = tuple(case.id for case in change.updated if case.status.is_closed)
        return Swept(tuple(case.id for case in due), closed, detection.faults)

    def _updated(
        self,
        uow: UnitOfWork,
        view: View,
        detection: Detection,
        active: Mapping[str, Case],
        seen_once: Mapping[str, datetime],
    ) -> CaseloadChange:
        """What the signals make of the caseload as it stands in this transaction."""
        day = view.snapshot.day
        ended = uow.cases.list(statuses=[CaseStatus.RESOLVED, CaseStatus.EXPIRED], day=day)
        return update_caseload(
            active,
            detection.signals,
            seen_once,
            day,
            view.now,
            self._patience,
            closed={case.fingerprint: case for case in sorted(ended, key=lambda case: case.opened_at)},
            unwatched=[cause for fault in detection.faults for cause in fault.causes],
        )


def _list_active(uow: UnitOfWork, day: str, group: tuple[HubId, ...]) -> list[Case]:
    return [case for case in uow.cases.list_active(day) if case.hub_id in group]


def _asked_cases(uow: UnitOfWork, day: str) -> set[CaseId]:
    """Those for which a carrier has the word."""
    return {tender.case_id for tender in uow.tenders.list_of_day(day) if tender.is_pending}


def _due_cases(
    uow: UnitOfWork, picture: Picture, group: tuple[HubId, ...], patience: Patience, planned: Mapping[CaseId, float]
) -> list[Case]:
    """Cases that want a plan: first those that will be past helping by the next time, then by what they may lose.

    ``planned``: how grave each was when it was last due.
    """
    day, now = picture.snapshot.day, picture.snapshot.taken_at
    asked = _asked_cases(uow, day)

    def is_due(case: Case) -> bool:
        decisions = uow.decisions.list_for_case(case.id) if case.plan_rev > 0 else []
        last_no = max((decision.at for decision in decisions if decision.verdict in _NO), default=None)
        then = None if decisions and decisions[-1].verdict in _CAME_TO_NOTHING else planned.get(case.id)
        return is_due_for_planning(case, last_no, now, patience, then)

    cases = [case for case in _list_active(uow, day, group) if case.id not in asked and is_due(case)]
    act_by = {case.id: next_commitment(case.route_ids, picture.snapshot, picture.forecast) for case in cases}
    soon = now + patience.replan_after

    def urgency(case: Case) -> tuple[bool, float, datetime, CaseId]:
        return act_by[case.id] >= soon, -max(case.avoidable_loss, case.severity), act_by[case.id], case.id

    return sorted(cases, key=urgency)


def _version(uow: UnitOfWork, group: tuple[HubId, ...]) -> int:
    return sum(uow.state.hub_state_version(hub_id) for hub_id in group)


def _shape(uow: UnitOfWork, day: str, group: tuple[HubId, ...]) -> int:
    """What of the routes can't wait: equal shapes mean that vehicles merely went on along their plans."""
    routes = [route for route in uow.state.list_routes(day) if route.hub_id in group]
    tenders = [tender for tender in uow.tenders.list_of_day(day) if tender.hub_id in group]
    closures = [closure for closure in uow.state.list_closures(day) if closure.hub_id in group]
    return hash(
        (
            tuple((route.id, route.status, route.load_ready_at, route.plan_version) for route in routes),
            tuple((tender.id, tender.status, tender.settled) for tender in tenders),
            tuple(closures),
            tuple(uow.state.list_absences(day)),
        )
    )
