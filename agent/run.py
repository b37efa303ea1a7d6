"""One graph run of one case: its small JSON state, and the context its steps work in."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypedDict

from agent.ack_patience import AckPatience
from agent.carrier_log import CarrierLog
from agent.caseload import Patience
from agent.contact_log import ContactLog
from agent.difference import Difference
from agent.holdout import Holdout
from agent.learning.forecasting import Forecasting
from agent.pictures import Pictures
from agent.planner.advisor import Advisor
from agent.planner.rules import RulePlanner
from agent.policy_in_force import PoliciesInForce
from forestall.clock import Clock
from forestall.domain.actions import Candidate, Judgement, NoCandidate
from forestall.domain.decisions import Consultation, GateVerdict, Proposal
from forestall.domain.ids import CandidateId
from forestall.domain.vocabulary import Mode
from forestall.store import Store
from optimizer.repair import Repairer
from tools.asking import Asking
from tools.situation import Situation

# Raised when a node or a state key is renamed: waiting runs of another version are re-opened at start-up.
GRAPH_VERSION = 1
MAX_PLAN_ATTEMPTS = 3


class CaseRun(TypedDict, total=False):
    """What the checkpoint keeps. Large data goes by reference: proposals, snapshots and decisions are rows."""

    schema_version: int
    case_id: str
    plan_rev: int
    attempts: int
    snapshot_id: str
    chosen: str | None
    autonomy: str
    answer: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A candidate that was re-checked against the live state and may be committed as it is: judged, and allowed."""

    candidate: Candidate
    situation: Situation
    dropped_stops: tuple[str, ...]
    judgement: Judgement | None = None
    gate: GateVerdict | None = None


@dataclass(slots=True)
class Desk:
    """What the steps of one run hand on to each other in memory; after a wait it is empty and rebuilt from rows."""

    situation: Situation | None = None
    candidates: tuple[Candidate, ...] = ()
    declined: tuple[NoCandidate, ...] = ()
    judgements: dict[CandidateId, Judgement] = field(default_factory=dict)
    ranking: tuple[CandidateId, ...] = ()
    planner: str = ""
    consultation: Consultation | None = None
    proposal: Proposal | None = None
    ready: Ready | None = None
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Workplace:
    """The parts every run shares, wired by bootstrap."""

    store: Store
    clock: Clock
    pictures: Pictures
    contact_log: ContactLog
    carrier_log: CarrierLog
    gate: PoliciesInForce
    planner: RulePlanner
    forecaster: Forecasting
    repairer: Repairer
    mode: Mode
    kill_switch: bool
    patience: Patience
    holdout: Holdout
    asking: Asking
    earlier_departure: timedelta
    ack_patience: AckPatience = field(default_factory=AckPatience)
    advisor: Advisor | None = None


@dataclass(frozen=True, slots=True)
class RunContext:
    """LangGraph's runtime context of one run."""

    work: Workplace
    desk: Desk = field(default_factory=Desk)
