"""What it takes to take a decision back: how the routes it changed stood before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from forestall.domain.actions import Candidate
from forestall.domain.ids import CaseId, DecisionId, RouteId, StopId


@dataclass(frozen=True, slots=True)
class Reversal:
    """Kept with every decision that changed routes. ``candidate`` is what was carried out; ``before`` each changed
    route's free stops in the order they had, ``departures`` when it was to leave. ``undone_by`` is the decision that
    took it back."""

    decision_id: DecisionId
    case_id: CaseId
    day: str
    made_at: datetime
    candidate: Candidate
    before: Mapping[RouteId, tuple[StopId, ...]]
    departures: Mapping[RouteId, datetime]
    undone_by: DecisionId | None = None
