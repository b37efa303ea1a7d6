"""Cases: one per root cause, with everything it touches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forestall.domain.ids import CaseId, HubId, RouteId, StopId
from forestall.domain.vocabulary import CaseKind, CaseStatus


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to have a case, as a detector saw it. Signals with one fingerprint belong to one case.

    ``expires_at`` is when nothing is left to be saved. ``covers`` are the signals it stands for: their cases go on in
    its case.
    """

    fingerprint: str
    kind: CaseKind
    hub_id: HubId
    route_ids: tuple[RouteId, ...]
    stop_ids: tuple[StopId, ...]
    severity: float
    evidence: Mapping[str, object] = field(default_factory=dict)
    expires_at: datetime | None = None
    covers: tuple["Signal", ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """``revision`` guards every update (compare-and-swap). ``severity`` is the expected number of missed promises if
    nobody acts; ``avoidable_loss`` how many of them the best plan would keep, ``act_by`` the last moment for it.

    ``owner`` is the person who looks after it; while ``taken_over``, the service proposes and sends nothing for it.
    ``tier`` counts how often it has been passed on, because nobody answered, to the next people up. It is left alone
    until ``snoozed_until`` unless its severity reaches ``wake_at_severity`` before. ``merged_into`` names the case
    that goes on in its place, ``expires_at`` when it closes by itself if nothing is done.
    """

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
    owner: str | None = None
    taken_over: bool = False
    tier: int = 0
    snoozed_until: datetime | None = None
    wake_at_severity: float | None = None
    merged_into: CaseId | None = None
    expires_at: datetime | None = None
