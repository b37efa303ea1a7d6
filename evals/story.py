"""One case as a short story: what happened when, in lines a buyer can read."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evals.handling import Trace, find_chosen, instant, list_executed
from forestall.domain.vocabulary import Autonomy, CaseStatus

Story = dict[str, Any]

_GATES = {
    Autonomy.AUTO: "policy lets it run",
    Autonomy.VETO_WINDOW: "policy lets it run unless a person objects",
    Autonomy.APPROVE_FIRST: "policy wants a person's approval",
    Autonomy.FORBIDDEN: "policy forbids it",
}
_MOST_STOPS = 12  # those that the plan does most for; a longer list is a table, not a story


def tell_best(traces: Iterable[Trace]) -> Story | None:
    """The case in which acting was expected to keep most promises; None where nothing was carried out."""
    ranked = sorted(traces, key=lambda trace: (-_gain(trace), str(trace["case"]["id"])))
    return tell(ranked[0]) if ranked and _gain(ranked[0]) > 0 else None


def tell(trace: Trace) -> Story:
    """``{"cause", "status", "gain", "events": [{"at", "what", "text"}], "stops": [{"stop", "before", "after"}]}``:
    times in Unix seconds, P(miss) of the stops that the first plan changes without and with it."""
    case = trace["case"]
    return {
        "cause": case["cause"],
        "status": case["status_words"],
        "gain": round(_gain(trace), 3),
        "events": sorted(_events(trace), key=lambda event: float(event["at"])),
        "stops": _stops(trace),
    }


def _gain(trace: Trace) -> float:
    """Misses that the first plan carried out was expected to avoid: later ones begin where it left off."""
    judged = [j for d in list_executed(trace) if (c := find_chosen(trace, d)) is not None and (j := c["judgement"])]
    return max((one["misses_before"] - one["misses_after"] for one in judged), default=0.0)


def _events(trace: Trace) -> Iterator[dict[str, object]]:
    case = trace["case"]
    yield _event(case["opened_at"], "opened", f"{case['cause']}: {len(case['stop_ids'])} stops at risk, case opened")
    for proposal in trace["proposals"]:
        yield from _proposed(proposal)
    for approval in trace["approvals"]:
        yield _event(approval["asked_at"], "asked", f"plan {approval['plan_rev']} waits for a person")
    for decision in trace["decisions"]:
        yield _event(decision["at"], "decided", f"plan {decision['plan_rev']}: {decision['words']}")
    for effect in trace["effects"]:
        template = effect["template"].replace("_", " ")
        yield _event(effect["created_at"], "sent", f"{effect['channel']} to {effect['recipient_id']}: {template}")
    if case["closed_at"] is not None:
        resolved = CaseStatus(case["status"]) is CaseStatus.RESOLVED
        yield _event(case["closed_at"], "closed", "case resolved" if resolved else f"case {case['status_words']}")


def _proposed(proposal: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    chosen = next((c for c in proposal["candidates"] if c["is_chosen"]), None)
    if chosen is None:
        return
    words = "; ".join(action["words"] for action in chosen["actions"])
    judged, gate = chosen["judgement"], proposal["gate"]
    change = f", expected misses {judged['misses_before']:.1f} to {judged['misses_after']:.1f}" if judged else ""
    leave = f"; {_GATES[Autonomy(gate['autonomy'])]}" if gate else ""
    yield _event(proposal["made_at"], "planned", f"plan {proposal['plan_rev']}: {words}{change}{leave}")


def _stops(trace: Trace) -> list[dict[str, object]]:
    for decision in list_executed(trace):
        chosen = find_chosen(trace, decision)
        if chosen is not None and chosen["judgement"]:
            effects = sorted(
                chosen["judgement"]["effects"], key=lambda e: (e["p_miss_after"] - e["p_miss_before"], e["stop_id"])
            )
            return [
                {"stop": e["stop_id"], "before": round(e["p_miss_before"], 4), "after": round(e["p_miss_after"], 4)}
                for e in effects[:_MOST_STOPS]
            ]
    return []


def _event(at: str, what: str, text: str) -> dict[str, object]:
    return {"at": round(instant(at)), "what": what, "text": text}
