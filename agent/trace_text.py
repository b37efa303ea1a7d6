"""A case's trace as text for a terminal: the same facts as the page, in the order in which things happened."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from agent import wording
from forestall.domain.vocabulary import Channel, OverrideReason, Verdict

Trace = Any  # JSON as ``build_trace`` made it


def render_trace_text(trace: Trace) -> str:
    """The trace of ``build_trace`` as lines a person can read. Times are UTC."""
    return "\n".join(
        [
            *_case(trace["case"]),
            *_section("Stops", _stops(trace["stops"])),
            *(line for proposal in trace["proposals"] for line in _proposal(proposal)),
            *_section("Questions to a person", map(_approval, trace["approvals"])),
            *_section("Decisions", map(_decision, trace["decisions"])),
            *_section("Customers' replies", map(_reply, trace["replies"])),
            *_section("Drivers' notes", map(_note, trace["notes"])),
            *_section("Drivers", map(_instruction, trace["instructions"])),
            *_section("Messages", (line for effect in trace["effects"] for line in _effect(effect))),
            *_section("Audit records", map(_record, trace["audit"])),
        ]
    )


def _case(case: Trace) -> Iterator[str]:
    yield f"{case['id']}  {case['cause']}"
    yield f"  {case['status_words']}; opened {_clock(case['opened_at'])} at {case['hub_id']}, day {case['day']}"
    acting = f"; acting works until {_clock(case['act_by'])}" if case["act_by"] else ""
    yield f"  {case['severity']:.2f} promises expected to be broken here if nobody acts{acting}"
    yield f"  acting would keep {case['avoidable_loss']:.2f} more in all"
    for name, value in case["evidence"].items():
        yield f"  {name.replace('_', ' ')}: {value}"


def _stops(stops: Iterable[Trace]) -> Iterator[str]:
    for stop in stops:
        line = (
            f"{stop['id']} on {stop['route_id']}, {stop['status_words']}, {_window(stop['promise'] or stop['window'])}"
        )
        if stop["forecast"]:
            told = stop["forecast"]
            eta = f"{_clock(told['eta_p50'])} ({_clock(told['eta_p10'])} to {_clock(told['eta_p90'])})"
            line += f", expected {eta}, P(late) {wording.as_percent(told['p_late'])}"
        yield line
        for reason in (stop["forecast"] or {}).get("reasons", ()):
            yield f"    {reason['words']}"


def _proposal(proposal: Trace) -> Iterator[str]:
    yield ""
    yield f"Plan {proposal['plan_rev']}, {_clock(proposal['made_at'])}, planner {proposal['planner']}"
    yield f"  forecast {proposal['model']}, seed {proposal['seed']}, {proposal['samples']} samples"
    yield f"  on snapshot {proposal['snapshot_id']}"
    for candidate in proposal["candidates"]:
        yield from _candidate(candidate)
    for declined in proposal["declined"]:
        yield f"  - {wording.describe_attempt(declined['tool'], declined['rule'])}: {declined['words']}"
    if proposal["gate"]:
        gate = proposal["gate"]
        yield f"  Policy: {gate['words']} ({', '.join(gate['policy_ids'])}; version {gate['policy_version'][:12]})"
        yield from (f"    {why}" for why in gate["why"])
    if proposal["model_note"]:
        note = proposal["model_note"]
        yield f'  Written by a language model ({note["model"]}), unchecked: "{note["text"]}"; {note["words"]}'


def _candidate(candidate: Trace) -> Iterator[str]:
    mark = "*" if candidate["is_chosen"] else "-"
    yield f"  {mark} {'; '.join(action['words'] for action in candidate['actions'])} [{candidate['id']}]"
    judged = candidate["judgement"]
    if judged:
        change = f"{judged['misses_before']:.2f} to {judged['misses_after']:.2f}"
        driving = wording.as_duration(judged["travel_delta_s"])
        yield f"      expected misses {change}, driving {driving}, cost {wording.as_money(candidate['cost_cents'])}"
        for effect in judged["effects"] if candidate["is_chosen"] else ():
            before, after = wording.as_percent(effect["p_miss_before"]), wording.as_percent(effect["p_miss_after"])
            yield f"      {effect['stop_id']}: P(miss) {before} to {after}"
    told = [f"{candidate['messages']} customers written to"] if candidate["messages"] else []
    told += ["advice, not carried out"] if candidate["is_advice"] else []
    if candidate["reversible_until"]:
        told.append(f"can be undone until {_clock(candidate['reversible_until'])}")
    if told:
        yield f"      {', '.join(told)}"
    if candidate["worse_off"]:
        yield f"      gets worse: {', '.join(candidate['worse_off'])}"
    if candidate["lost_because"]:
        yield f"      not chosen: {candidate['lost_because']}"


def _approval(approval: Trace) -> str:
    kind = "veto window" if approval["is_veto"] else "approval"
    asked = (
        f"{_clock(approval['asked_at'])} {kind} for plan {approval['plan_rev']}, until {_clock(approval['expires_at'])}"
    )
    if approval["verdict"] is None:
        return f"{asked}: open"
    return f"{asked}: {_verdict(approval, approval['answered_at'], approval['answered_by'])}"


def _decision(decision: Trace) -> str:
    return f"{decision['id']} plan {decision['plan_rev']}: {_verdict(decision, decision['at'], decision['actor'])}"


def _verdict(entry: Trace, at: str, by: str | None) -> str:
    if entry["verdict"] == Verdict.NO_ACTION and entry["note"]:
        return f"{entry['note']}, {_clock(at)}"  # held out by lot: there was something to gain
    words = wording.VERDICTS[Verdict(entry["verdict"])]
    reason = f", {wording.OVERRIDE_REASONS[OverrideReason(entry['reason'])]}" if entry["reason"] else ""
    note = f', "{entry["note"]}"' if entry["note"] else ""
    return f"{words}, {_clock(at)}{f' by {by}' if by else ''}{reason}{note}"


def _instruction(instruction: Trace) -> str:
    spoken = f", {_clock(instruction['settled_at'])}" if instruction["settled_at"] else ""
    return f"{instruction['route_id']} plan version {instruction['plan_version']}: {instruction['words']}{spoken}"


def _effect(effect: Trace) -> Iterator[str]:
    channel = wording.CHANNELS[Channel(effect["channel"])]
    template = effect["template"].replace("_", " ")
    yield f"#{effect['seq']} {channel} to {effect['recipient_id']}: {template}, {effect['state_words']}"
    yield from (f"    {line}" for line in effect["body"].splitlines())


def _reply(reply: Trace) -> str:
    return f'{_clock(reply["at"])} {reply["order_id"]}: "{reply["words"]}" ({reply["understood"] or "nothing new"})'


def _note(note: Trace) -> str:
    return f'{_clock(note["at"])} {note["stop_id"]}: "{note["words"]}" ({note["understood"]})'


def _record(record: Trace) -> str:
    return f"#{record['seq']} {_clock(record['at'])} {record['kind']} {record['subject']} {record['hash']}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    shown = list(lines)
    if shown:
        yield ""
        yield title
        yield from (f"  {line}" for line in shown)


def _window(window: Trace) -> str:
    return f"promised {_clock(window['opens_at'])} to {_clock(window['closes_at'])}"


def _clock(text: str | None) -> str:
    return "-" if text is None else datetime.fromisoformat(text).strftime("%H:%M:%S")
