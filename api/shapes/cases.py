"""Cases, the answers to them, decisions, audit records, and a case's whole trace."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.shapes.common import Shape, WindowShape
from api.shapes.fleet import EffectShape, StopShape
from api.shapes.proposals import ProposalShape
from forestall.domain.vocabulary import CaseKind, CaseStatus, Channel, InstructionStatus, OverrideReason, Verdict


class CaseShape(Shape):
    id: str
    fingerprint: str = Field(description="One per root cause and day")
    kind: CaseKind
    status: CaseStatus
    status_words: str
    cause: str = Field(description="The cause in a sentence")
    day: str
    hub_id: str
    route_ids: list[str]
    stop_ids: list[str]
    severity: float = Field(description="Stops expected to miss their promise if nobody acts")
    avoidable_loss: float = Field(description="How many of these the recommended plan is expected to save")
    act_by: datetime | None = Field(description="The last moment at which acting still works")
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    plan_rev: int
    revision: int
    evidence: dict[str, Any]
    owner: str | None = Field(description="The person who looks after it")
    taken_over: bool = Field(description="While true, the service proposes and sends nothing for it")
    tier: int = Field(description="How often it was passed on to the next people up because nobody answered")
    snoozed_until: datetime | None = Field(description="Left alone until then")
    wake_at_severity: float | None = Field(description="Unless its severity reaches this before")
    merged_into: str | None = Field(description="The case that goes on in its place")
    expires_at: datetime | None = Field(description="When it closes by itself if nothing is done")
    acknowledged_by: str | None = Field(description="Who has seen its open question; it is passed on no further")
    acknowledged_at: datetime | None
    merged_by: str | None = Field(description="Who merged it; null when the service did")
    wake_before_window_s: float | None = Field(description="Or a window of its stops closes within so many seconds")


class CasesShape(Shape):
    cases: list[CaseShape]


class DecisionShape(Shape):
    id: str
    case_id: str
    plan_rev: int
    hub_id: str
    at: datetime
    verdict: Verdict
    actor: str
    candidate_id: str | None
    snapshot_id: str
    read_set: dict[str, int] = Field(description="Route versions the plan relied upon")
    reason: OverrideReason | None
    note: str


class DecisionsShape(Shape):
    decisions: list[DecisionShape]


class ApprovalShape(Shape):
    case_id: str
    interrupt_id: str
    plan_rev: int
    asked_at: datetime
    expires_at: datetime
    is_veto: bool = Field(description="True: it runs when the time is up; false: it lapses")
    verdict: Verdict | None
    answered_at: datetime | None
    answered_by: str | None
    reason: OverrideReason | None
    note: str
    on_behalf_of: str | None
    shown_at: datetime | None = Field(description="When the case was put before the answerer's eyes")
    looked_s: float | None = Field(description="For how long it was there")
    instead_of: int | None = Field(
        description="The plan revision let go ahead before that was no longer what had been seen (see differences)"
    )


class AuditRecordShape(Shape):
    seq: int
    at: datetime
    kind: str
    subject: str
    body: dict[str, Any]
    prev_hash: str
    hash: str = Field(description="sha256 over the previous hash and this record's canonical JSON")


class AuditShape(Shape):
    records: list[AuditRecordShape]


class AuditVerdictShape(Shape):
    sound: bool
    first_bad_seq: int | None = Field(description="The first record that does not follow from the one before it")


class TracedStopShape(StopShape):
    in_case: bool = Field(description="False: touched only by a candidate")
    promise: WindowShape | None
    tier: str | None


class TracedDecisionShape(DecisionShape):
    words: str


class TracedEffectShape(EffectShape):
    state_words: str
    settled_at: datetime | None
    attempts: int
    detail: dict[str, Any]


class ReplyShape(Shape):
    order_id: str
    at: datetime
    words: str = Field(description="The customer's own, to be read by people alone")
    understood: str


class NoteShape(Shape):
    stop_id: str
    at: datetime
    words: str = Field(description="The driver's own, to be read by people alone")
    understood: str


class StopThenAndNowShape(Shape):
    stop_id: str
    before_then: float | None = Field(description="P(miss) without and with the plan that was seen")
    after_then: float | None
    before_now: float | None = Field(description="And with the one asked about now")
    after_now: float | None


class DifferenceShape(Shape):
    """A plan that was let go ahead beside the one asked about in its stead."""

    plan_rev: int
    instead_of: int
    rules: list[str] = Field(description="What of it matters")
    words: list[str]
    dropped: list[str] = Field(description="Stops that would change vehicle only in the plan that was seen")
    added: list[str] = Field(description="Stops that would change vehicle only in the new one")
    elsewhere: list[str] = Field(description="Stops that would go to another vehicle than in the plan that was seen")
    reordered: list[str] = Field(description="Routes on which the stops of both come in another order")
    misses_then: list[float] = Field(description="Expected misses without and with the plan that was seen")
    misses_now: list[float]
    cost_cents_then: int
    cost_cents_now: int
    stops: list[StopThenAndNowShape]


class InstructionShape(Shape):
    route_id: str
    plan_version: int
    decision_id: str
    told_at: datetime
    answer_by: datetime = Field(description="From then on the forecast believes the plan before, until it is confirmed")
    channel: Channel = Field(description="The one tried last")
    next_at: datetime | None = Field(description="When the next channel is tried")
    passed_on_at: datetime | None = Field(description="Since when a person has to reach the driver")
    status: InstructionStatus
    settled_at: datetime | None
    confirmed_by: str | None = Field(description="Who confirmed it for the driver; None where he did himself")
    words: str


class CaseTraceShape(Shape):
    """All that is on record about one case, oldest first in each list."""

    case: CaseShape
    stops: list[TracedStopShape]
    proposals: list[ProposalShape]
    approvals: list[ApprovalShape]
    differences: list[DifferenceShape] = Field(description="One for every question that was asked again")
    decisions: list[TracedDecisionShape]
    audit: list[AuditRecordShape]
    replies: list[ReplyShape] = Field(description="What its customers wrote, where the case is about that")
    notes: list[NoteShape] = Field(description="What drivers wrote about failed attempts at its stops")
    effects: list[TracedEffectShape]
    instructions: list[InstructionShape] = Field(description="Changed routes, and whether their drivers have confirmed")
