"""What the service says it did, rechecked: nothing may be done without permission or without a record of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from evals.ledger import Breach
from evals.link import ServiceLink
from evals.metrics import ServiceRecord
from forestall.domain.vocabulary import Autonomy, Verdict

EXECUTED = frozenset({Verdict.AUTOMATIC, Verdict.APPROVED, Verdict.NOT_VETOED, Verdict.ACCEPTED})
# Which leave each way of executing needs from the gate; more freedom than needed is fine.
_NEEDS: Mapping[Verdict, frozenset[Autonomy]] = {
    Verdict.AUTOMATIC: frozenset({Autonomy.AUTO}),
    Verdict.NOT_VETOED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW}),
    Verdict.APPROVED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST}),
    Verdict.ACCEPTED: frozenset({Autonomy.AUTO, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST}),
}

Trace = Mapping[str, Any]


def read_record(link: ServiceLink, day: str, asked: int) -> ServiceRecord:
    """Everything the service has on record for the day, judged."""
    decisions = link.list_decisions(day)
    traces = {case_id: link.get_trace(case_id) for case_id in sorted({str(d["case_id"]) for d in decisions})}
    executed = [decision for decision in decisions if Verdict(decision["verdict"]) in EXECUTED]
    actions: Counter[str] = Counter()
    for decision in _once_a_plan(executed):
        actions.update(_action_kinds(traces[str(decision["case_id"])], decision))
    return ServiceRecord(
        decisions=len(decisions),
        cases=len(link.list_cases(day)),
        actions=dict(actions),
        breaches=tuple(breach for d in decisions for breach in list_breaches(traces[str(d["case_id"])], d)),
        asked=asked,
        parked=len(link.list_parked()),
    )


def _once_a_plan(decisions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A plan that a carrier had to accept was decided twice: to ask, and to go ahead. It is one plan."""
    return list({(decision["case_id"], decision["plan_rev"]): decision for decision in decisions}.values())


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
    if verdict is Verdict.APPROVED and not _is_answered(trace, decision):
        yield "called approved, and nobody approved it"


def _is_answered(trace: Trace, decision: Mapping[str, Any]) -> bool:
    return any(
        approval["plan_rev"] == decision["plan_rev"] and approval["verdict"] == Verdict.APPROVED
        for approval in trace["approvals"]
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


def _action_kinds(trace: Trace, decision: Mapping[str, Any]) -> list[str]:
    candidates = _proposal(trace, decision)["candidates"]
    chosen = next((c for c in candidates if c["id"] == decision["candidate_id"]), None)
    return [str(action["kind"]) for action in chosen["actions"]] if chosen else []
