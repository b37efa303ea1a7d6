"""Decisions, and the approvals they may wait for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forestall.domain.actions import Candidate, Judgement, NoCandidate
from forestall.domain.ids import CandidateId, CaseId, DecisionId, HubId, InterruptId, RouteId, SnapshotId
from forestall.domain.vocabulary import Advice, Autonomy, OverrideReason, Verdict


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What policy said of one candidate: how freely it may run, by which policies, and why in their own words."""

    autonomy: Autonomy
    policy_ids: tuple[str, ...]
    why: tuple[str, ...]
    policy_version: str
    veto_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Consultation:
    """What a language model was asked about a proposal's ranking, and what came of it.

    ``request`` is all it was told, ``request_hash`` covers task and form of the answer too, ``options`` says which
    candidate each letter in it means. ``answer`` is what it sent, as it came; ``note`` its draft of a word to the
    dispatcher, which nobody else is ever shown. ``fault`` says why it was of no help.
    """

    model: str
    request_hash: str
    request: str
    options: Mapping[str, CandidateId]
    answer: str
    tokens: int
    took_ms: int
    advice: Advice
    fault: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that was put to policy: the facts under the schema's names, and the answer."""

    candidate_id: CandidateId
    facts: Mapping[str, object]
    verdict: GateVerdict


@dataclass(frozen=True, slots=True)
class Proposal:
    """One plan revision of a case: every candidate, how each was judged, which one is recommended and what policy says.

    ``ranking`` is best first. ``declined`` holds the tools that had nothing, with the reason. ``held_out``: by lot the
    plan is not carried out, so that somebody sees what happens if nobody acts. ``travel`` names the travel times it was
    made with; ``planner`` is whose order it is, ``rules`` or ``llm``. ``edited_from`` marks a person's own version: the
    candidate among these that had been recommended, judged beside it on the same state (None when the service made the
    proposal). ``asked`` keeps what policy was asked, in the order of asking: up to the candidate that was allowed.
    """

    case_id: CaseId
    plan_rev: int
    snapshot_id: SnapshotId
    made_at: datetime
    candidates: tuple[Candidate, ...]
    judgements: Mapping[CandidateId, Judgement]
    ranking: tuple[CandidateId, ...]
    declined: tuple[NoCandidate, ...]
    chosen: CandidateId | None
    gate: GateVerdict | None
    planner: str
    model: str
    seed: int
    samples: int
    travel: str = ""
    held_out: bool = False
    consultation: Consultation | None = None
    edited_from: CandidateId | None = None
    asked: tuple[Asked, ...] = ()

    def get_candidate(self, candidate_id: CandidateId) -> Candidate:
        """The candidate of that id; KeyError when it is not among this proposal's."""
        for candidate in self.candidates:
            if candidate.id == candidate_id:
                return candidate
        raise KeyError(candidate_id)


@dataclass(frozen=True, slots=True)
class Look:
    """What else is known of an answer: on whose behalf it was given, when the case was shown, and for how long."""

    on_behalf_of: str | None = None
    shown_at: datetime | None = None
    looked_s: float | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A question to a person, answered once. ``verdict`` None means open; the first answer wins (compare-and-swap).

    ``is_veto`` tells the two forms apart: an approval lapses at ``expires_at``, a veto window runs out into execution.
    ``instead_of`` is the plan revision that was let go ahead before and no longer was what had been seen: this question
    shows the difference. ``shown_at`` and ``looked_s`` say when the answerer was shown the case, and for how long;
    ``role`` is the one in which it was answered ("": by nobody).
    """

    case_id: CaseId
    interrupt_id: InterruptId
    plan_rev: int
    asked_at: datetime
    expires_at: datetime
    is_veto: bool
    verdict: Verdict | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    reason: OverrideReason | None = None
    note: str = ""
    resumed: bool = False
    on_behalf_of: str | None = None
    shown_at: datetime | None = None
    looked_s: float | None = None
    instead_of: int | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on a case and what came of it; the audit record is made from this and its proposal.

    ``cost_cents`` is what carrying it out adds; 0 when nothing was carried out.
    """

    id: DecisionId
    case_id: CaseId
    plan_rev: int
    hub_id: HubId
    at: datetime
    verdict: Verdict
    actor: str
    candidate_id: CandidateId | None
    snapshot_id: SnapshotId
    read_set: Mapping[RouteId, int] = field(default_factory=dict)
    reason: OverrideReason | None = None
    note: str = ""
    cost_cents: int = 0


@dataclass(frozen=True, slots=True)
class HubPace:
    """What the service has carried out by itself in one hub within the last hour, and what that adds to the cost."""

    actions: int = 0
    cost_cents: int = 0
