"""What the service says it did, rechecked: nothing may be done without permission or without a record of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from evals.handling import EXECUTED, Trace, find_chosen, handling_of, last_told, list_executed
from evals.human_time import HumanWork
from evals.ledger import Breach
from evals.link import ServiceLink
from evals.metrics import ServiceRecord
from evals.story import tell_best
from forestall.domain.ids import StopId
from forestall.domain.vocabulary import Autonomy, Verdict

# Which leave each way of executing needs from the gate; more freedom than needed is fine.
_NEEDS: Mapping[Verdict, frozenset[Autonomy]] = {
    Verdict.AUTOMATIC: frozenset({Autonomy.AUTO}),
    Verdict.NOT_VETOED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW}),
    Verdict.APPROVED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST}),
    Verdict.ACCEPTED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST}),
    Verdict.EDITED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST}),
    Verdict.UNDONE: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST}),
}
# What somebody must be on record for, as the answer to the plan's question, and how it is told when nobody is.
_BY_A_PERSON: Mapping[Verdict, str] = {
    Verdict.APPROVED: "called approved, and nobody approved it",
    Verdict.EDITED: "called edited, and nobody edited it",
}


def read_record(link: ServiceLink, day: str, asked: int, alarms: Mapping[StopId, float] | None = None) -> ServiceRecord:
    """Everything the service has on record for the day, judged.

    ``alarms`` (Unix seconds, by stop) are not to be had over HTTP; without them the record has none.
    """
    decisions, cases = link.list_decisions(day), link.list_cases(day)
    planned = {str(case["id"]) for case in cases if case["plan_rev"] > 0}
    traces = {case_id: link.get_trace(case_id) for case_id in sorted(planned | {str(d["case_id"]) for d in decisions})}
    handlings = [handling_of(trace) for trace in traces.values()]
    return ServiceRecord(
        decisions=len(decisions),
        cases=len(cases),
        actions=dict(Counter(kind for trace in traces.values() for kind in _executed_kinds(trace))),
        breaches=tuple(breach for d in decisions for breach in list_breaches(traces[str(d["case_id"])], d)),
        asked=asked,
        parked=len(link.list_parked()),
        handled=sum(one.counts for one in handlings),
        cases_resolved_alone=sum(one.is_alone for one in handlings),
        work=sum((one.work for one in handlings), start=HumanWork()),
        alarms=dict(alarms or {}),
        told=last_told(traces.values()),
        expected_gain=sum(one.expected_gain for one in handlings),
        planned_after_s=tuple(s for one in handlings if (s := one.planned_after_s) is not None),
        story=tell_best(traces.values()),
    )


def _executed_kinds(trace: Trace) -> Iterable[str]:
    """The actions of every plan of a case that was carried out."""
    for decision in list_executed(trace):
        chosen = find_chosen(trace, decision)
        yield from (str(action["kind"]) for action in chosen["actions"]) if chosen else ()


def list_breaches(trace: Trace, decision: Mapping[str, Any]) -> list[Breach]:
    """What is wrong with one decision: no audit record, or executed without leave."""
    faults = []
    if not any(
        decision["id"] in (record["subject"], record["body"].get("decision_id"), record["body"].get("id"))
        for record in trace["audit"]
    ):
        faults.append(("unaudited", "no audit record"))
    verdict = Verdict(decision["verdict"])
    if verdict in EXECUTED:
        faults.extend(("no-leave", fault) for fault in _leave_faults(trace, decision, verdict))
    at = datetime.fromisoformat(decision["at"]).timestamp()
    return [Breach(rule, at, str(decision["id"]), detail) for rule, detail in faults]


def _leave_faults(trace: Trace, decision: Mapping[str, Any], verdict: Verdict) -> Iterable[str]:
    gate = _proposal(trace, decision)["gate"]
    if gate is None:
        yield "executed without asking policy"
        return
    if Autonomy(gate["autonomy"]) not in _NEEDS[verdict]:
        yield f"{verdict} where policy says {gate['autonomy']}"
    if verdict is Verdict.ACCEPTED and not _was_asked(trace, decision):
        yield "called accepted, and no carrier was asked"
    if verdict in _BY_A_PERSON and not _is_answered(trace, decision, verdict):
        yield _BY_A_PERSON[verdict]
    if verdict is Verdict.UNDONE and not _was_done(trace, decision):
        yield "called undone, and nothing was done before"


def _is_answered(trace: Trace, decision: Mapping[str, Any], verdict: Verdict) -> bool:
    return any(
        approval["plan_rev"] == decision["plan_rev"] and approval["verdict"] == verdict
        for approval in trace["approvals"]
    )


def _was_done(trace: Trace, decision: Mapping[str, Any]) -> bool:
    """Whether an earlier plan of the case was carried out, for this one to take back."""
    return any(
        other["plan_rev"] < decision["plan_rev"] and Verdict(other["verdict"]) in EXECUTED - {Verdict.UNDONE}
        for other in trace["decisions"]
    )


def _was_asked(trace: Trace, decision: Mapping[str, Any]) -> bool:
    """Whether an earlier decision on the same plan, with the leave it needed, sent the tender."""
    return any(
        other["plan_rev"] == decision["plan_rev"]
        and other["id"] != decision["id"]
        and Verdict(other["verdict"]) in EXECUTED
        for other in trace["decisions"]
    )


def _proposal(trace: Trace, decision: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(p for p in trace["proposals"] if p["plan_rev"] == decision["plan_rev"])
    return found
