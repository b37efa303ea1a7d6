"""The sweep: forecast every stop in flight of a hub group, store the scores, keep the caseload up to date."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent.caseload import Patience, is_due_for_planning, update_caseload
from agent.detectors import Thresholds, detect
from agent.hub_groups import group_hubs
from agent.learning.frames import frame_of
from agent.pictures import Pictures
from agent.silence import with_silence
from forestall.domain.cases import Case
from forestall.domain.ids import CaseId, HubId
from forestall.domain.vocabulary import Verdict
from forestall.store import Store, UnitOfWork

_NO = frozenset({Verdict.REJECTED, Verdict.VETOED})
# Routes run over; a day whose last hub closed longer ago than this is no longer watched.
_AFTER_CLOSING = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """``interval``: a hub is looked at this often at least; ``min_gap``: and, while its state changes, this often.

    A route that leaves, breaks down, gets a load time or a new plan, or a tender that is settled, is looked at in the
    next tick. ``keep_features``:
    what the forecast saw is kept for learning this often; None for never.
    """

    interval: timedelta
    min_gap: timedelta
    keep_features: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """``due``: cases that want a plan now, most urgent first; ``closed``: cases that ended in this sweep."""

    due: tuple[CaseId, ...] = ()
    closed: tuple[CaseId, ...] = ()


@dataclass(slots=True)
class _Seen:
    """When a hub group was last swept, at which state, and what was seen once and has yet to persist."""

    at: datetime
    version: int
    shape: int
    kept_at: datetime | None
    seen_once: frozenset[str] = field(default_factory=frozenset)


class Sweeper:
    """Sweeps hub groups when they are due. Its memory is a convenience: losing it costs one sweep of delay."""

    def __init__(self, store: Store, pictures: Pictures, thresholds: Thresholds, patience: Patience, rhythm: Rhythm):
        self._store, self._pictures = store, pictures
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
        )

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
        keeps = bool(picture.forecast.stops) and self._keeps_features(seen, now)
        signals = detect(picture.snapshot, picture.forecast, self._thresholds)
        signals = with_silence(signals, picture.snapshot, picture.forecast)
        with self._store.write() as uow:
            active = {case.fingerprint: case for case in uow.cases.list_active(day) if case.hub_id in group}
            seen_once = seen.seen_once if seen else frozenset()
            change = update_caseload(active, signals, seen_once, day, now, self._patience)
            uow.scores.add(picture.forecast)
            if keeps:
                uow.frames.add(frame_of(picture.snapshot, picture.forecast))
            for case in change.opened:
                uow.cases.add(case)
            for case in change.updated:
                uow.cases.save(case)
            due = _due_cases(uow, day, group, now, self._patience)
        kept_at = now if keeps else seen.kept_at if seen else None
        self._seen[(day, group)] = _Seen(now, version, shape, kept_at, change.seen_once)
        return Swept(tuple(due), tuple(case.id for case in change.updated if case.status.is_closed))


def _due_cases(uow: UnitOfWork, day: str, group: tuple[HubId, ...], now: datetime, patience: Patience) -> list[CaseId]:
    asked = {tender.case_id for tender in uow.tenders.list_of_day(day) if tender.is_pending}
    cases = [
        case
        for case in uow.cases.list_active(day)
        if case.hub_id in group
        and case.id not in asked  # a carrier has the word
        and is_due_for_planning(case, _last_no(uow, case), now, patience)
    ]
    return [case.id for case in sorted(cases, key=lambda case: (-case.severity, case.id))]


def _last_no(uow: UnitOfWork, case: Case) -> datetime | None:
    """When a person last refused a plan of this case."""
    if case.plan_rev == 0:
        return None
    return max((d.at for d in uow.decisions.list_for_case(case.id) if d.verdict in _NO), default=None)


def _version(uow: UnitOfWork, group: tuple[HubId, ...]) -> int:
    return sum(uow.state.hub_state_version(hub_id) for hub_id in group)


def _shape(uow: UnitOfWork, day: str, group: tuple[HubId, ...]) -> int:
    """What of the routes can't wait: equal shapes mean that vehicles merely went on along their plans."""
    routes = [route for route in uow.state.list_routes(day) if route.hub_id in group]
    tenders = [tender for tender in uow.tenders.list_of_day(day) if tender.hub_id in group]
    return hash(
        (
            tuple((route.id, route.status, route.load_ready_at, route.plan_version) for route in routes),
            tuple((tender.id, tender.status, tender.settled) for tender in tenders),
        )
    )
