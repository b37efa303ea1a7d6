"""Cases: one per root cause, with everything it touches, and the rules of their life."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forestall.domain.ids import CaseId, HubId, RouteId, StopId
from forestall.domain.vocabulary import CaseKind, CaseStatus


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to have a case, as a detector saw it. Signals with one fingerprint belong to one case."""

    fingerprint: str
    kind: CaseKind
    hub_id: HubId
    route_ids: tuple[RouteId, ...]
    stop_ids: tuple[StopId, ...]
    severity: float
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """``revision`` guards every update (compare-and-swap). ``severity`` is the expected loss if nobody acts."""

    id: CaseId
    fingerprint: str
    kind: CaseKind
    status: CaseStatus
    day: str
    hub_id: HubId
    route_ids: tuple[RouteId, ...]
    stop_ids: tuple[StopId, ...]
    severity: float
    opened_at: datetime
    updated_at: datetime
    evidence: Mapping[str, object] = field(default_factory=dict)
    avoidable_loss: float = 0.0
    act_by: datetime | None = None
    closed_at: datetime | None = None
    plan_rev: int = 0
    revision: int = 1
    quiet_since: datetime | None = None
    planned_at: datetime | None = None


_NEXT: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.OPEN: frozenset(CaseStatus) - {CaseStatus.OPEN},
    CaseStatus.ACKNOWLEDGED: frozenset(CaseStatus) - {CaseStatus.ACKNOWLEDGED},
    CaseStatus.PROPOSED: frozenset(CaseStatus) - {CaseStatus.PROPOSED},
    CaseStatus.AWAITING_APPROVAL: frozenset(
        {
            CaseStatus.EXECUTING,
            CaseStatus.OPEN,
            CaseStatus.PROPOSED,
            CaseStatus.MONITORING,
            CaseStatus.EXPIRED,
            CaseStatus.RESOLVED,
            CaseStatus.MERGED,
            CaseStatus.SUPPRESSED,
        }
    ),
    CaseStatus.AWAITING_VETO: frozenset(
        {
            CaseStatus.EXECUTING,
            CaseStatus.AWAITING_APPROVAL,
            CaseStatus.OPEN,
            CaseStatus.PROPOSED,
            CaseStatus.MONITORING,
            CaseStatus.EXPIRED,
            CaseStatus.RESOLVED,
            CaseStatus.MERGED,
            CaseStatus.SUPPRESSED,
        }
    ),
    CaseStatus.EXECUTING: frozenset({CaseStatus.MONITORING, CaseStatus.RESOLVED, CaseStatus.OPEN}),
    CaseStatus.MONITORING: frozenset(
        {
            CaseStatus.OPEN,
            CaseStatus.PROPOSED,
            CaseStatus.RESOLVED,
            CaseStatus.EXPIRED,
            CaseStatus.MERGED,
            CaseStatus.SUPPRESSED,
        }
    ),
}


def may_become(now: CaseStatus, then: CaseStatus) -> bool:
    """Whether a case may go from ``now`` to ``then``; closed cases stay closed, and staying put is always fine."""
    return now is then or then in _NEXT.get(now, frozenset())
