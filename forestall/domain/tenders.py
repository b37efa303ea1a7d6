"""Tenders: stops offered to another carrier, which are its own only once it has said yes."""

from dataclasses import dataclass
from datetime import datetime

from forestall.domain.ids import CarrierId, CaseId, HubId, RouteId, StopId, TenderId
from forestall.domain.vocabulary import TenderStatus


@dataclass(frozen=True, slots=True)
class Tender:
    """An offer to ``carrier_id``, made by plan revision ``plan_rev`` of a case, to drive ``stop_ids``.

    ``from_routes`` have the stops until the carrier accepts; an answer after ``answer_by`` no longer counts.
    ``cost_cents`` is what it would charge more than whoever has them now. ``settled`` is whether all that follows from
    its answer has been done.
    """

    id: TenderId
    case_id: CaseId
    plan_rev: int
    day: str
    hub_id: HubId
    carrier_id: CarrierId
    stop_ids: tuple[StopId, ...]
    from_routes: tuple[RouteId, ...]
    cost_cents: int
    made_at: datetime
    answer_by: datetime
    status: TenderStatus = TenderStatus.OPEN
    answered_at: datetime | None = None
    settled: bool = False

    @property
    def is_pending(self) -> bool:
        """Whether its stops may yet move by it."""
        return not self.settled and not self.status.is_refusal


def tender_id_of(case_id: CaseId, plan_rev: int) -> TenderId:
    """A plan revision makes one tender at most, and its name follows from it."""
    return TenderId(f"T-{case_id}-{plan_rev}")
