"""The caseload: signals become cases, with persistence and hysteresis so that nothing flaps."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from forestall.domain.cases import Case, Signal
from forestall.domain.ids import CaseId
from forestall.domain.vocabulary import CaseKind, CaseStatus

# Observed facts need no second look; a forecast has to persist, unless it is grave.
_OBSERVED_AT_ONCE = frozenset(
    {
        CaseKind.VEHICLE_BREAKDOWN,
        CaseKind.CARRIER_CAPACITY,
        CaseKind.HUB_NOT_READY,
        CaseKind.PRIORITY_INSERT,
        CaseKind.HAND_OVER_MISSED,
        CaseKind.TENDER_DECLINED,
        CaseKind.CARRIER_SILENT,
        CaseKind.PLAN_UNACKNOWLEDGED,
    }
)


@dataclass(frozen=True, slots=True)
class Patience:
    """``grave``: severity at which a forecast opens a case at first sight. ``quiet``: how long a signal must be gone
    before its case closes. ``replan_after`` and ``after_a_no``: how long a case rests after a plan, and after a person
    said no. ``material``: change of severity that is worth a new row."""

    grave: float = 0.75
    quiet: timedelta = timedelta(minutes=12)
    replan_after: timedelta = timedelta(minutes=10)
    after_a_no: timedelta = timedelta(minutes=60)
    material: float = 0.2


@dataclass(frozen=True, slots=True)
class CaseloadChange:
    """What a sweep makes of the caseload; ``seen_once`` is carried to the next sweep of the same hubs."""

    opened: tuple[Case, ...] = ()
    updated: tuple[Case, ...] = ()
    seen_once: frozenset[str] = field(default_factory=frozenset)


def update_caseload(
    active: Mapping[str, Case],
    signals: Sequence[Signal],
    seen_once: frozenset[str],
    day: str,
    now: datetime,
    patience: Patience,
) -> CaseloadChange:
    """Open, refresh and close cases. ``active`` is by fingerprint; a fingerprint never has two active cases."""
    opened: list[Case] = []
    updated: list[Case] = []
    pending: set[str] = set()
    by_fingerprint = {signal.fingerprint: signal for signal in signals}
    for signal in by_fingerprint.values():
        case = active.get(signal.fingerprint)
        if case is not None:
            updated += _refreshed(case, signal, now, patience)
        elif _is_ripe(signal, seen_once, patience):
            opened.append(open_case(signal, day, now))
        else:
            pending.add(signal.fingerprint)
    for case in active.values():
        if case.fingerprint not in by_fingerprint:
            updated += _quietened(case, now, patience)
    return CaseloadChange(tuple(opened), tuple(updated), frozenset(pending))


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
    )


def is_due_for_planning(case: Case, last_no: datetime | None, now: datetime, patience: Patience) -> bool:
    """Whether a case should get a (new) plan now: new ones at once, watched ones after a rest, never while waiting, nor
    while it is about a plan that nobody has confirmed: the next one would go the same way."""
    if case.kind is CaseKind.PLAN_UNACKNOWLEDGED:
        return False
    if case.status in {CaseStatus.OPEN, CaseStatus.ACKNOWLEDGED, CaseStatus.PROPOSED}:
        return True
    if case.status is not CaseStatus.MONITORING or case.quiet_since is not None:
        return False
    if last_no is not None and now - last_no < patience.after_a_no:
        return False
    return case.planned_at is None or now - case.planned_at >= patience.replan_after


def _is_ripe(signal: Signal, seen_once: frozenset[str], patience: Patience) -> bool:
    at_once = signal.kind in _OBSERVED_AT_ONCE or signal.severity >= patience.grave
    return at_once or signal.fingerprint in seen_once


def _refreshed(case: Case, signal: Signal, now: datetime, patience: Patience) -> list[Case]:
    unchanged = (
        case.quiet_since is None
        and case.kind is signal.kind
        and case.stop_ids == signal.stop_ids
        and abs(case.severity - signal.severity) < patience.material
    )
    if unchanged:
        return []
    return [
        replace(
            case,
            kind=signal.kind,
            route_ids=signal.route_ids,
            stop_ids=signal.stop_ids,
            severity=signal.severity,
            evidence=signal.evidence,
            quiet_since=None,
            updated_at=now,
            revision=case.revision + 1,
        )
    ]


def _quietened(case: Case, now: datetime, patience: Patience) -> list[Case]:
    """A signal that is gone closes its case after a while, unless a person is looking at a question about it."""
    if case.quiet_since is None:
        return [replace(case, quiet_since=now, updated_at=now, revision=case.revision + 1)]
    if case.status.is_waiting or now - case.quiet_since < patience.quiet:
        return []
    return [replace(case, status=CaseStatus.RESOLVED, closed_at=now, updated_at=now, revision=case.revision + 1)]
