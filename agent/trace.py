"""The whole trace of a case as JSON values: what was known, offered, judged, allowed, answered, done and sent.

Read only, through the unit of work. Structured values stand beside the words made from them, so a program reads the
one and a person the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent import wording
from agent.acknowledgements import CONFIRMED
from agent.difference import Difference, compare
from forestall.domain.actions import Action, Candidate
from forestall.domain.cases import Case
from forestall.domain.decisions import Proposal
from forestall.domain.effects import OutboxRow
from forestall.domain.forecast import RouteForecast, StopForecast
from forestall.domain.ids import CandidateId, CaseId, StopId
from forestall.domain.instructions import Instruction
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import ActionKind, CaseKind, Channel
from forestall.store import UnitOfWork
from forestall.store.audit import AuditRecord
from forestall.store.codec import encoder
from forestall.store.instants import to_text

JsonObject = dict[str, object]

_AUDIT_RECORDS = 500  # of one case; a case that has more is read page by page at /v1/audit


def build_trace(uow: UnitOfWork, case_id: CaseId) -> JsonObject:
    """Everything that is on record about one case.

    Returns:
        ``case, stops, proposals, approvals, differences, decisions, audit, replies, notes, effects, instructions``:
        JSON
        values, oldest first in each list; probabilities 0..1, durations seconds, money cents, times ISO 8601 UTC.

    Raises:
        NotFound: there is no such case.
    """
    case = uow.cases.get(case_id)
    proposals, instructions = uow.proposals.list(case_id), uow.instructions.list_for_case(case_id)
    audit = _audit(uow, case, instructions)
    return {
        "case": describe_case(case),
        "stops": _stops(uow, case, proposals),
        "proposals": [_proposal(proposal) for proposal in proposals],
        "approvals": [as_object(approval) for approval in uow.approvals.list_for_case(case_id)],
        "differences": _differences(uow, case_id, proposals),
        "decisions": [
            {**as_object(decision), "words": wording.VERDICTS[decision.verdict]}
            for decision in uow.decisions.list_for_case(case_id)
        ],
        "audit": [as_object(record) for record in audit],
        "replies": _replies(uow, case),
        "notes": _notes(uow, case),
        "effects": [describe_effect(row) for row in uow.outbox.list_for_case(case_id)],
        "instructions": [_instruction(one, _find_person(one, audit)) for one in instructions],
    }


def describe_case(case: Case) -> JsonObject:
    """A case's fields as JSON, with its cause and status in words."""
    return {
        **as_object(case),
        "cause": wording.describe_cause(case),
        "status_words": wording.CASE_STATUSES[case.status],
    }


def describe_effect(row: OutboxRow) -> JsonObject:
    """An outbox row flattened: the effect, and how far it has come."""
    return {
        **as_object(row.effect),
        "seq": row.seq,
        "state": row.state.value,
        "state_words": wording.OUTBOX_STATES[row.state],
        "created_at": to_text(row.created_at),
        "settled_at": None if row.settled_at is None else to_text(row.settled_at),
        "attempts": row.attempts,
        "detail": dict(row.detail),
    }


def _instruction(instruction: Instruction, confirmed_by: str | None) -> JsonObject:
    """A changed route, and how far its driver's word has come; ``confirmed_by`` is the person who gave it for him."""
    words = wording.describe_instruction(instruction, confirmed_by)
    return {**as_object(instruction), "confirmed_by": confirmed_by, "words": words}


def _find_person(instruction: Instruction, audit: Iterable[AuditRecord]) -> str | None:
    """Who confirmed it for its driver: the record that was made with it."""
    about = (instruction.route_id, instruction.settled_at)
    return next((str(r.body["by"]) for r in audit if r.kind == CONFIRMED and (r.subject, r.at) == about), None)


def describe_stop(stop: Stop, forecast: StopForecast | None) -> JsonObject:
    """A stop's fields and its newest forecast (None when it is not in flight), reasons in words."""
    told = None if forecast is None else as_object(forecast)
    if forecast is not None and told is not None:
        told["reasons"] = [
            {**as_object(reason), "words": wording.describe_contribution(reason)} for reason in forecast.reasons
        ]
    return {**as_object(stop), "status_words": wording.STOP_STATUSES[stop.status], "forecast": told}


def describe_route_forecast(forecast: RouteForecast | None) -> JsonObject | None:
    """A route's newest forecast with one plain line about it; None when there is none."""
    return None if forecast is None else {**as_object(forecast), "words": wording.describe_route_forecast(forecast)}


def _stops(uow: UnitOfWork, case: Case, proposals: Iterable[Proposal]) -> list[JsonObject]:
    """The stops the case names and those any of its candidates would have changed, in that order."""
    named: dict[StopId, None] = dict.fromkeys(case.stop_ids)
    for proposal in proposals:
        for judgement in proposal.judgements.values():
            named.update(dict.fromkeys(effect.stop_id for effect in judgement.effects))
    stops = [stop for stop_id in named if (stop := uow.state.find_stop(stop_id)) is not None]
    forecasts = uow.scores.latest(route_ids=sorted({stop.route_id for stop in stops})) if stops else {}
    return [
        {**describe_stop(stop, forecasts.get(stop.id)), "in_case": stop.id in case.stop_ids, **_promise(uow, stop)}
        for stop in stops
    ]


def _promise(uow: UnitOfWork, stop: Stop) -> JsonObject:
    order = None if stop.order_id is None else uow.state.find_order(stop.order_id)
    return {
        "promise": None if order is None else as_object(order.promise),
        "tier": None if order is None else order.tier,
    }


def _proposal(proposal: Proposal) -> JsonObject:
    rank = {candidate_id: place for place, candidate_id in enumerate(proposal.ranking, start=1)}
    ordered = sorted(proposal.candidates, key=lambda candidate: rank.get(candidate.id, len(rank) + 1))
    return {
        "plan_rev": proposal.plan_rev,
        "made_at": to_text(proposal.made_at),
        "snapshot_id": proposal.snapshot_id,
        "planner": proposal.planner,
        "model": proposal.model,
        "seed": proposal.seed,
        "samples": proposal.samples,
        "chosen": proposal.chosen,
        "edited_from": proposal.edited_from,
        "gate": None if proposal.gate is None else _gate(proposal),
        "model_note": _model_note(proposal),
        "do_nothing": _do_nothing(proposal),
        "candidates": [_candidate(proposal, candidate, rank) for candidate in ordered],
        "declined": [
            {**as_object(declined), "words": wording.describe_decline(declined)} for declined in proposal.declined
        ],
    }


def _model_note(proposal: Proposal) -> JsonObject | None:
    """What a language model wrote to the dispatcher about these plans; None where it wrote nothing of use, or a person
    has put a version of his own in their place."""
    asked = proposal.consultation
    if asked is None or not asked.note or proposal.edited_from is not None:
        return None
    return {
        "model": asked.model,
        "text": asked.note,
        "advice": asked.advice.value,
        "words": wording.ADVICE[asked.advice],
        "letters": dict(asked.options),
    }


def _do_nothing(proposal: Proposal) -> JsonObject | None:
    """What leaving things as they are is expected to cost, over the routes of the widest candidate; None when no
    candidate was judged. It is what each candidate was held against, draw for draw."""
    judged = max(proposal.judgements.values(), key=lambda one: one.misses_before, default=None)
    if judged is None:
        return None
    words = wording.describe_action(Action(ActionKind.NO_ACTION))
    return {"misses": judged.misses_before, "loss": judged.loss_before, "words": words}


def _differences(uow: UnitOfWork, case_id: CaseId, proposals: Iterable[Proposal]) -> list[JsonObject]:
    """For every question asked again: the plan that had been let go ahead, beside the one asked about now."""
    by_rev = {proposal.plan_rev: proposal for proposal in proposals}
    again = [q for q in uow.approvals.list_for_case(case_id) if q.instead_of in by_rev and q.plan_rev in by_rev]
    told = []
    for question in again:
        assert question.instead_of is not None
        difference = _difference(uow, by_rev[question.instead_of], by_rev[question.plan_rev])
        if difference is not None:
            words = [wording.DIFFERENCES[rule] for rule in difference.rules]
            revisions = {"plan_rev": question.plan_rev, "instead_of": question.instead_of}
            told.append({**as_object(difference), **revisions, "words": words})
    return told


def _difference(uow: UnitOfWork, seen: Proposal, now: Proposal) -> Difference | None:
    if seen.chosen is None or now.chosen is None:
        return None
    seen_as, judged = seen.judgements.get(seen.chosen), now.judgements.get(now.chosen)
    if seen_as is None or judged is None:
        return None
    before, after = seen.get_candidate(seen.chosen), now.get_candidate(now.chosen)
    named = {s for one in (before, after) for change in one.route_changes for s in change.stop_ids}
    done = [s for s in named if (stop := uow.state.find_stop(s)) is not None and not stop.status.is_open]
    return compare(before, seen_as, after, judged, done)


def _gate(proposal: Proposal) -> JsonObject:
    assert proposal.gate is not None
    return {**as_object(proposal.gate), "words": wording.AUTONOMY[proposal.gate.autonomy]}


def _candidate(proposal: Proposal, candidate: Candidate, rank: Mapping[CandidateId, int]) -> JsonObject:
    judgement = proposal.judgements.get(candidate.id)
    told = as_object(candidate)
    told["actions"] = [{**as_object(action), "words": wording.describe_action(action)} for action in candidate.actions]
    return {
        **told,
        "rank": rank.get(candidate.id),
        "is_chosen": candidate.id == proposal.chosen,
        "judgement": None if judgement is None else {**as_object(judgement), "gain": judgement.gain},
        "worse_off": [e.stop_id for e in judgement.effects if e.is_worse] if judgement else [],
        "better_off": [e.stop_id for e in judgement.effects if e.is_better] if judgement else [],
        "messages": sum(notice.channel is Channel.SMS for notice in candidate.notices),
        "lost_because": None if candidate.id == proposal.chosen else wording.describe_loss(proposal, candidate.id),
    }


def _audit(uow: UnitOfWork, case: Case, instructions: Iterable[Instruction]) -> list[AuditRecord]:
    """What was recorded about the case, its decisions, and the word of the drivers whose plans it changed."""
    subjects = [case.id, *(decision.id for decision in uow.decisions.list_for_case(case.id))]
    told = {instruction.route_id for instruction in instructions}
    records = {
        record.seq: record
        for subject in (*subjects, *told)
        for record in uow.audit.list(subject=subject, after=0, limit=_AUDIT_RECORDS)
        if subject not in told or case.id in (record.body.get("case_id"), *_case_ids(record))
    }
    return [records[seq] for seq in sorted(records)]


def _case_ids(record: AuditRecord) -> Sequence[str]:
    """The cases that a driver's word settled."""
    named = record.body.get("case_ids")
    return named if isinstance(named, list) else ()


def _replies(uow: UnitOfWork, case: Case) -> list[JsonObject]:
    """In a case that is about what customers have said: their words, and what was understood."""
    if case.kind not in {CaseKind.CUSTOMER_MESSAGE, CaseKind.CUSTOMER_RESCHEDULE}:
        return []
    stops = (uow.state.find_stop(stop_id) for stop_id in case.stop_ids)
    order_ids = {stop.order_id for stop in stops if stop is not None and stop.order_id is not None}
    return [
        {
            "order_id": event.subject,
            "at": to_text(event.occurred_at),
            "words": str(event.data["choice"]),
            "understood": result.detail,
        }
        for event, result in uow.inbox.list_replies(order_ids)
    ]


def _notes(uow: UnitOfWork, case: Case) -> list[JsonObject]:
    """What drivers wrote about failed attempts at the case's stops, and what was understood."""
    return [
        {
            "stop_id": event.subject,
            "at": to_text(event.occurred_at),
            "words": str(event.data["note"]),
            "understood": result.detail,
        }
        for event, result in uow.inbox.list_failures(case.stop_ids)
        if event.data.get("note")
    ]


def as_object(value: object) -> JsonObject:
    """A domain dataclass as a JSON object: times ISO 8601 with a Z, enums by value, tuples and sets as lists."""
    hint: Any = type(value)
    told = encoder(hint)(value)
    assert isinstance(told, dict)
    return told
