"""What the service made of one case, read from its trace: what was carried out, by whose leave, how soon, to what end.

A trace is the JSON of ``GET /v1/cases/{id}``; nothing else is known of the service here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evals.human_time import HumanWork, work_on
from forestall.domain.ids import StopId
from forestall.domain.vocabulary import ActionKind, Channel, OutboxState, Verdict

EXECUTED = frozenset(
    {
        Verdict.AUTOMATIC,
        Verdict.APPROVED,
        Verdict.NOT_VETOED,
        Verdict.ACCEPTED,
        Verdict.EDITED,  # as a person changed it
        Verdict.UNDONE,  # what takes a plan back is one as well
    }
)
_REACHED = frozenset({OutboxState.SENT, OutboxState.DRY_RUN})

Trace = Mapping[str, Any]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Handling:
    """``acted``: a plan was carried out. ``planned_after_s``: from the case's opening to the first one.

    ``expected_gain``: the misses its plans were expected to avoid when they were carried out, by the forecast; one that
    takes another back gives that up again.
    """

    work: HumanWork
    acted: bool
    expected_gain: float
    planned_after_s: float | None

    @property
    def counts(self) -> bool:
        """Whether there was anything to handle: what goes away by itself is nobody's success."""
        return self.acted or self.work.decisions > 0

    @property
    def is_alone(self) -> bool:
        """Carried out, and no person had to decide anything."""
        return self.acted and self.work.decisions == 0


def handling_of(trace: Trace) -> Handling:
    """How one case was handled."""
    carried_out = [chosen for decision in list_executed(trace) if (chosen := find_chosen(trace, decision)) is not None]
    escalations = int(trace["case"]["tier"]) + sum(
        action["kind"] == ActionKind.ESCALATE for candidate in carried_out for action in candidate["actions"]
    )
    did = [c for c in carried_out if any(action["kind"] != ActionKind.ESCALATE for action in c["actions"])]
    judged = [candidate["judgement"] for candidate in did if candidate["judgement"]]
    times = [instant(decision["at"]) for decision in list_executed(trace)]
    return Handling(
        work=work_on(trace["approvals"], escalations, _count_undos(trace)),
        acted=bool(did),
        expected_gain=sum(one["misses_before"] - one["misses_after"] for one in judged),
        planned_after_s=min(times) - instant(trace["case"]["opened_at"]) if times and did else None,
    )


def _count_undos(trace: Trace) -> int:
    return sum(decision["verdict"] == Verdict.UNDONE for decision in trace["decisions"])


def list_executed(trace: Trace) -> list[Mapping[str, Any]]:
    """The decisions that were carried out, once a plan: one that a carrier had to accept was decided twice."""
    decisions = [decision for decision in trace["decisions"] if Verdict(decision["verdict"]) in EXECUTED]
    return list({decision["plan_rev"]: decision for decision in decisions}.values())


def find_chosen(trace: Trace, decision: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The candidate that the decision is about; None where it was about none."""
    proposal = next(p for p in trace["proposals"] if p["plan_rev"] == decision["plan_rev"])
    return next((c for c in proposal["candidates"] if c["id"] == decision["candidate_id"]), None)


def last_told(traces: Iterable[Trace]) -> dict[StopId, Span]:
    """The newest span (Unix seconds) in which each customer was told to expect the delivery."""
    texts = sorted((effect for trace in traces for effect in _texts(trace)), key=lambda effect: effect["seq"])
    return {
        StopId(text["payload"]["stop_id"]): (instant(text["payload"]["eta_from"]), instant(text["payload"]["eta_to"]))
        for text in texts
    }


def _texts(trace: Trace) -> Iterator[Mapping[str, Any]]:
    """Messages that name a time and have reached their customer."""
    for effect in trace["effects"]:
        has_come = effect["channel"] == Channel.SMS and OutboxState(effect["state"]) in _REACHED
        if has_come and effect["template"] == "eta_update":
            yield effect


def instant(text: str) -> float:
    """An ISO 8601 time as Unix seconds."""
    return datetime.fromisoformat(text).timestamp()
