"""Cases, the answers to them, decisions, audit records, and a case's whole trace."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from api.shapes.common import Shape, Text, WindowShape
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
    words: str


class CaseTraceShape(Shape):
    """All that is on record about one case, oldest first in each list."""

    case: CaseShape
    stops: list[TracedStopShape]
    proposals: list[ProposalShape]
    approvals: list[ApprovalShape]
    decisions: list[TracedDecisionShape]
    audit: list[AuditRecordShape]
    effects: list[TracedEffectShape]
    instructions: list[InstructionShape] = Field(description="Changed routes, and whether their drivers have confirmed")


class AnswerShape(Shape):
    """A person's answer to a waiting case."""

    model_config = ConfigDict(extra="forbid")
    interrupt_id: Text = Field(max_length=200, description="Which question: from the case's open approval")
    verdict: Literal["approve", "veto", "reject"]
    by: Text = Field(min_length=1, max_length=200, description="Who answers")
    reason: OverrideReason | None = Field(default=None, description="Why, for a veto or a rejection")
    note: Text = Field(default="", max_length=2_000)
