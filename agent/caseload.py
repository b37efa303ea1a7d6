"""The caseload: signals become cases, with persistence and hysteresis so that nothing flaps.

A fingerprint has one case a day as long as it comes back: one that closed a while ago is opened again. Signals that a
wider one covers give their cases to its case, and get a case of their own again when they leave it.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent.care import Answer, care_of
from forestall.domain.cases import Case, Signal
from forestall.domain.ids import CaseId
from forestall.domain.vocabulary import CaseKind, CaseStatus


@dataclass(frozen=True, slots=True)
class Patience:
    """``grave``: severity at which a forecast opens a case at first sight. ``quiet``: how long a signal must be gone
    before its case closes. ``after_a_no``: how long a case rests after a person said no. After a plan it rests for
    ``replan_after`` if it has become worse since, else for ``replan_anyway``: what no plan could better is seldom
    bettered by the next, if nothing has happened. ``material``: change of severity that is worth a new row, or that
    share of it if that is more. ``comes_back``: a signal that comes back sooner than this after its case closed opens
    that one again."""

    grave: float = 0.75
    quiet: timedelta = timedelta(minutes=12)
    replan_after: timedelta = timedelta(minutes=10)
    replan_anyway: timedelta = timedelta(minutes=30)
    after_a_no: timedelta = timedelta(minutes=60)
    material: float = 0.2
    material_share: float = 0.1
    comes_back: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class CaseloadChange:
    """What a sweep makes of the caseload; ``seen_once`` (since when) is carried to the next sweep of the same hubs."""

    opened: tuple[Case, ...] = ()
    updated: tuple[Case, ...] = ()
    seen_once: Mapping[str, datetime] = field(default_factory=dict)


def update_caseload(
    active: Mapping[str, Case],
    signals: Sequence[Signal],
    seen_once: Mapping[str, datetime],
    day: str,
    now: datetime,
    patience: Patience,
    closed: Mapping[str, Case] | None = None,
    unwatched: Sequence[str] = (),
) -> CaseloadChange:
    """Open, refresh, merge and close cases. ``active`` is by fingerprint; a fingerprint never has two active cases.

    ``closed`` are cases by fingerprint that were resolved or lapsed, and may come back. The cases of ``unwatched``
    causes, whose detector has failed, stay as they are: no signal of theirs says nothing.
    """
    opened: list[Case] = []
    updated: list[Case] = []
    pending: dict[str, datetime] = {}
    by_fingerprint = {signal.fingerprint: signal for signal in signals if not _is_over(signal, now)}
    into: dict[str, CaseId] = {}
    for signal in by_fingerprint.values():
        case = active.get(signal.fingerprint)
        if case is not None:
            updated += _refreshed(case, signal, now, patience)
        elif _is_ripe(signal, active, seen_once, now, patience):
            case = _case_for(signal, (closed or {}).get(signal.fingerprint), day, now, patience)
            (opened if case.revision == 1 else updated).append(case)
        else:
            pending |= {one: seen_once.get(one, now) for one in _fingerprints(signal)}
            continue
        into |= {covered.fingerprint: case.id for covered in signal.covers}
    for case in active.values():
        if case.fingerprint in into:
            updated.append(_merged(case, into[case.fingerprint], now))
        elif case.fingerprint not in by_fingerprint and not _is_unwatched(case, day, unwatched):
            updated += _without_signal(case, now, patience)
    return CaseloadChange(tuple(opened), tuple(updated), pending)


def is_apart(case: Case) -> bool:
    """Whether a case goes on by itself, whatever wider cause there is: a person has a question about it or sees to it,
    or a plan of it is being carried out."""
    is_free = case.status in {CaseStatus.OPEN, CaseStatus.ACKNOWLEDGED, CaseStatus.MONITORING}
    return not is_free or case.owner is not None or case.taken_over


def open_case(signal: Signal, day: str, now: datetime) -> Case:
    """A new case of the signal; its id follows from cause and time, so the same day gives the same ids."""
    digest = hashlib.sha256(f"{signal.fingerprint}@{now.isoformat()}".encode()).digest()
    return Case(
        id=CaseId("C-" + base64.b32encode(digest)[:8].decode()),
        fingerprint=signal.fingerprint,
        kind=signal.kind,
        status=CaseStatus.OPEN,
        day=day,
        hub_id=signal.hub_id,
        route_ids=signal.route_ids,
        stop_ids=signal.stop_ids,
        severity=signal.severity,
        opened_at=now,
        updated_at=now,
        evidence=signal.evidence,
        expires_at=signal.expires_at,
    )


def is_due_for_planning(
    case: Case, last_no: datetime | None, now: datetime, patience: Patience, severity_then: float | None = None
) -> bool:
    """Whether a case should get a (new) plan now: new ones at once, watched ones after a rest, never while waiting.

    ``severity_then``: how grave it was when it was last planned; None where nobody remembers. Not while a person holds
    it or has put it off; and what only people can answer is told once. Nor while it is about a plan that nobody has
    confirmed: the next one would go the same way.
    """
    if not case.is_in_our_hands or case.kind is CaseKind.PLAN_UNACKNOWLEDGED:
        return False
    if case.status in {CaseStatus.OPEN, CaseStatus.ACKNOWLEDGED, CaseStatus.PROPOSED}:
        return True
    care = care_of(case.kind)
    if case.status is not CaseStatus.MONITORING or case.quiet_since is not None or care.answer is Answer.PEOPLE:
        return False
    if last_no is not None and now - last_no < patience.after_a_no:
        return False
    is_worse = severity_then is None or case.severity >= severity_then + patience.material
    rest = patience.replan_after if is_worse else patience.replan_anyway
    return case.planned_at is None or now - case.planned_at >= rest


def _is_over(signal: Signal, now: datetime) -> bool:
    return signal.expires_at is not None and signal.expires_at <= now


def _is_ripe(
    signal: Signal,
    active: Mapping[str, Case],
    seen_once: Mapping[str, datetime],
    now: datetime,
    patience: Patience,
) -> bool:
    """Facts and what is grave at once; the rest when it has persisted; a wider cause with the first of its parts."""
    if signal.covers:
        parts = signal.covers
        return any(one.fingerprint in active or _is_ripe(one, {}, seen_once, now, patience) for one in parts)
    care = care_of(signal.kind)
    if care.at_once or signal.severity >= patience.grave:
        return True
    since = seen_once.get(signal.fingerprint)
    return since is not None and now - since >= care.persists


def _fingerprints(signal: Signal) -> list[str]:
    """Its own and its parts': these have been seen as well."""
    return [signal.fingerprint, *(covered.fingerprint for covered in signal.covers)]


def _case_for(signal: Signal, earlier: Case | None, day: str, now: datetime, patience: Patience) -> Case:
    """A new case; or the one that closed not long ago, in the state that its last plan left it in."""
    if earlier is None or earlier.closed_at is None or now - earlier.closed_at >= patience.comes_back:
        return open_case(signal, day, now)
    status = CaseStatus.OPEN if earlier.planned_at is None else CaseStatus.MONITORING
    return _with_signal(replace(earlier, status=status, closed_at=None), signal, now)


def _refreshed(case: Case, signal: Signal, now: datetime, patience: Patience) -> list[Case]:
    material = max(patience.material, patience.material_share * case.severity)
    unchanged = (
        (case.quiet_since is None) is not signal.fades
        and case.kind is signal.kind
        and _names_the_same(case, signal)
        and abs(case.severity - signal.severity) < material
        and (case.wake_at_severity is None or signal.severity < case.wake_at_severity)
    )
    return [] if unchanged else [_with_signal(case, signal, now)]


def _names_the_same(case: Case, signal: Signal) -> bool:
    """Routes are planned anew when their stops change. Elsewhere it is no news that some of them are done."""
    if care_of(case.kind).answer is Answer.ROUTES:
        return case.stop_ids == signal.stop_ids and case.route_ids == signal.route_ids
    return set(signal.stop_ids) <= set(case.stop_ids)


def _with_signal(case: Case, signal: Signal, now: datetime) -> Case:
    return replace(
        case,
        kind=signal.kind,
        route_ids=signal.route_ids,
        stop_ids=signal.stop_ids,
        severity=signal.severity,
        evidence=signal.evidence,
        expires_at=signal.expires_at,
        quiet_since=(case.quiet_since or now) if signal.fades else None,
        updated_at=now,
        revision=case.revision + 1,
    )


def _merged(case: Case, into: CaseId, now: datetime) -> Case:
    closed = _closed(case, CaseStatus.MERGED, now)
    return replace(closed, merged_into=into)


def _is_unwatched(case: Case, day: str, causes: Sequence[str]) -> bool:
    return case.fingerprint.removeprefix(f"{day}/").split("/")[0] in causes


def _without_signal(case: Case, now: datetime, patience: Patience) -> list[Case]:
    """A signal that is gone closes its case after a while, and one that can save nothing any more does at once;
    unless a person is looking at a question about it, or sees to it."""
    if case.expires_at is not None and case.expires_at <= now and not (case.status.is_waiting or case.taken_over):
        return [_closed(case, CaseStatus.EXPIRED, now)]
    if case.quiet_since is None:
        return [replace(case, quiet_since=now, updated_at=now, revision=case.revision + 1)]
    if case.status.is_waiting or case.taken_over or now - case.quiet_since < patience.quiet:
        return []
    return [_closed(case, CaseStatus.RESOLVED, now)]


def _closed(case: Case, status: CaseStatus, now: datetime) -> Case:
    return replace(case, status=status, closed_at=now, act_by=None, updated_at=now, revision=case.revision + 1)
