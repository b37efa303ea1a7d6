"""Instructions: changed plans on their way to the drivers, who have yet to say that they have read them."""

from dataclasses import dataclass
from datetime import datetime

from forestall.domain.ids import CaseId, DecisionId, HubId, RouteId, StopId
from forestall.domain.vocabulary import Channel, InstructionStatus


@dataclass(frozen=True, slots=True)
class Instruction:
    """Version ``plan_version`` of a route's plan, made by plan revision ``plan_rev`` of a case.

    ``stops_before`` are the stops the driver had to do under the version before, in order, and ``departs_before`` when
    he was to leave. The plan is believed until ``answer_by``; unconfirmed then, the one before is, until he speaks.
    ``channel`` is the one tried last; at ``next_at`` the next one is (None: a person has it, since ``passed_on_at``).
    ``cause`` is the fingerprint of the case.
    """

    route_id: RouteId
    plan_version: int
    day: str
    hub_id: HubId
    case_id: CaseId
    cause: str
    plan_rev: int
    decision_id: DecisionId
    stops_before: tuple[StopId, ...]
    departs_before: datetime
    told_at: datetime
    answer_by: datetime
    channel: Channel
    next_at: datetime | None
    passed_on_at: datetime | None = None
    status: InstructionStatus = InstructionStatus.TOLD
    settled_at: datetime | None = None
