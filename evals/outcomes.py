"""What became of each promise, measured against the window promised when the day began."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from evals.ledger import Ledger, Visit
from forestall.domain.ids import StopId
from forestall.domain.plan import DayPlan


class Outcome(StrEnum):
    """KEPT is delivered at the first attempt with the service begun inside the window; every other one is broken."""

    KEPT = "KEPT"
    LATE = "LATE"
    UNDONE = "UNDONE"
    FAILED = "FAILED"
    MOVED_BY_US = "MOVED_BY_US"


@dataclass(frozen=True, slots=True)
class StopOutcome:
    """``lateness_s`` is how long after the window's end the service began, 0 when it never did."""

    outcome: Outcome
    lateness_s: float = 0.0

    @property
    def is_broken(self) -> bool:
        return self.outcome is not Outcome.KEPT


def list_outcomes(plan: DayPlan, ledger: Ledger, until: float | None = None) -> Mapping[StopId, StopOutcome]:
    """The outcome of every promised stop of the plan; orders that their customer called off are left out.

    ``until`` (Unix seconds) keeps to promises that have run out by then: the others are still open.
    """
    promise_ends = {order.id: order.promise.closes_at.timestamp() for order in plan.orders}
    outcomes = {}
    for stop in plan.stops:
        if stop.order_id is None or stop.order_id in ledger.called_off:
            continue
        if until is not None and promise_ends[stop.order_id] > until:
            continue
        was_moved = stop.order_id in ledger.rescheduled
        outcomes[stop.id] = _outcome(ledger.visits.get(stop.id), promise_ends[stop.order_id], was_moved)
    return outcomes


def _outcome(visit: Visit | None, promise_ends: float, was_moved: bool) -> StopOutcome:
    if visit is None or visit.finished_at is None:
        return StopOutcome(Outcome.MOVED_BY_US if was_moved else Outcome.UNDONE)
    if visit.failed:
        return StopOutcome(Outcome.FAILED)
    late_s = max(0.0, visit.started_at - promise_ends)
    return StopOutcome(Outcome.LATE if late_s > 0 else Outcome.KEPT, late_s)
