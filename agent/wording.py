"""Words for what is decided: rule ids, kinds and values become sentences here, and nowhere earlier.

What is stored is structured (a rule id and its values), so a text can be bettered, or translated, without touching a
record. Whatever has no words here yet is shown by its id and values, never hidden.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from forestall.domain.actions import Action, Judgement, NoCandidate
from forestall.domain.cases import Case
from forestall.domain.decisions import Proposal
from forestall.domain.forecast import Contribution, RouteForecast
from forestall.domain.ids import CandidateId
from forestall.domain.instructions import Instruction
from forestall.domain.vocabulary import (
    ActionKind,
    Advice,
    Autonomy,
    CaseKind,
    CaseStatus,
    Channel,
    InstructionStatus,
    OutboxState,
    OverrideReason,
    RouteStatus,
    StopStatus,
    Tool,
    Verdict,
)
from optimizer.repair.constraints import get_constraint

CASE_KINDS: Mapping[CaseKind, str] = {
    CaseKind.WINDOW_MISS_RISK: "Windows at risk",
    CaseKind.FAILED_ATTEMPT_RISK: "Risk that nobody takes the parcel",
    CaseKind.SHIFT_OVERRUN_RISK: "Route would outlast the driver's shift",
    CaseKind.CAPACITY_RISK: "Load would exceed the vehicle",
    CaseKind.HUB_NOT_READY: "Hub is late with the load",
    CaseKind.VEHICLE_BREAKDOWN: "Vehicle broke down",
    CaseKind.DRIVER_UNAVAILABLE: "Driver is not available",
    CaseKind.LATE_DEPARTURE: "Route has not left on time",
    CaseKind.PROLONGED_STOP: "Vehicle stands unusually long",
    CaseKind.ROUTE_DEVIATION: "Vehicle has left its route",
    CaseKind.SIGNAL_LOST: "Vehicle no longer reports",
    CaseKind.SUSPECTED_FALSE_ATTEMPT: "An attempt looks false",
    CaseKind.DELIVERY_FAILED: "Delivery failed",
    CaseKind.ROAD_CLOSURE: "Road is closed",
    CaseKind.TENDER_DECLINED: "Carrier declined the stops",
    CaseKind.CARRIER_SILENT: "Carrier does not answer",
    CaseKind.CARRIER_CAPACITY: "Carrier has no capacity",
    CaseKind.HAND_OVER_MISSED: "Goods did not change hands",
    CaseKind.CUSTOMER_RESCHEDULE: "Customer wants another time",
    CaseKind.CUSTOMER_MESSAGE: "A customer's message needs an answer",
    CaseKind.ADDRESS_PROBLEM: "Address does not work",
    CaseKind.PLAN_UNACKNOWLEDGED: "New plan is not confirmed by the driver",
    CaseKind.PRIORITY_INSERT: "Priority order to be fitted in",
}

CASE_STATUSES: Mapping[CaseStatus, str] = {
    CaseStatus.OPEN: "open",
    CaseStatus.ACKNOWLEDGED: "taken up by a person",
    CaseStatus.PROPOSED: "plan proposed",
    CaseStatus.AWAITING_APPROVAL: "waits for approval",
    CaseStatus.AWAITING_VETO: "runs unless vetoed",
    CaseStatus.EXECUTING: "being carried out",
    CaseStatus.MONITORING: "acted upon, being watched",
    CaseStatus.RESOLVED: "resolved",
    CaseStatus.EXPIRED: "lapsed",
    CaseStatus.MERGED: "merged into another case",
    CaseStatus.SUPPRESSED: "set aside",
}

VERDICTS: Mapping[Verdict, str] = {
    Verdict.AUTOMATIC: "done automatically",
    Verdict.APPROVED: "approved",
    Verdict.NOT_VETOED: "done, nobody vetoed",
    Verdict.REJECTED: "rejected",
    Verdict.VETOED: "vetoed",
    Verdict.EXPIRED: "lapsed unanswered",
    Verdict.FORBIDDEN: "forbidden by policy",
    Verdict.STALE: "not applied, the routes had changed",
    Verdict.NO_ACTION: "nothing to gain by acting",
    Verdict.SHADOWED: "would have been done (shadow mode)",
    Verdict.ACCEPTED: "done, the other carrier accepted",
    Verdict.DECLINED: "not done, the other carrier declined",
    Verdict.SILENT: "not done, the other carrier did not answer",
    Verdict.EDITED: "done, as a person changed it",
    Verdict.WITHDRAWN: "withdrawn by a person",
    Verdict.UNDONE: "undone by a person",
}

ADVICE: Mapping[Advice, str] = {
    Advice.AGREED: "it orders the plans as the rules do",
    Advice.REORDERED: "it puts another plan first than the rules do, so a person decides",
    Advice.FELL_BACK: "its order was of no use, the rules' stands",
}

AUTONOMY: Mapping[Autonomy, str] = {
    Autonomy.FORBIDDEN: "Forbidden by policy",
    Autonomy.APPROVE_FIRST: "Needs a person's approval",
    Autonomy.VETO_WINDOW: "Runs by itself unless vetoed in time",
    Autonomy.AUTO: "May run by itself",
}

TOOLS: Mapping[Tool, str] = {
    Tool.REROUTE: "Change the order of a route",
    Tool.REASSIGN: "Move stops to another driver",
    Tool.HUB_SWAP: "Serve from another hub",
    Tool.NOTIFY_CUSTOMER: "Tell the customers",
    Tool.CARRIER_UPDATE: "Tell the carrier",
}

# What a tool tries besides, by the first word of its rules.
_ATTEMPTS: Mapping[str, str] = {
    "leave_earlier": "Leave earlier",
    "confirm_presence": "Ask whether somebody will be there",
    "heed_customer": "Do as the customers wish",
}

OVERRIDE_REASONS: Mapping[OverrideReason, str] = {
    OverrideReason.LOCAL_KNOWLEDGE: "I know something the plan does not",
    OverrideReason.BAD_DATA: "The data is wrong",
    OverrideReason.CUSTOMER_VIP: "This customer comes first",
    OverrideReason.DRIVER_WELFARE: "Too much for the driver",
    OverrideReason.SAFETY: "Not safe",
    OverrideReason.COST: "Costs too much",
    OverrideReason.CARRIER_RELATION: "Not with this carrier",
    OverrideReason.DUPLICATE: "Handled already",
    OverrideReason.TOO_LATE: "Too late to help",
    OverrideReason.OTHER: "Other (say it in the note)",
}

# What of a difference between the plan that was seen and the plan now made it a new question.
DIFFERENCES: Mapping[str, str] = {
    "stops_dropped": "stops that would have changed vehicle no longer would",
    "stops_added": "other stops would change vehicle",
    "other_vehicle": "stops would go to another vehicle",
    "order_changed": "stops come in another order",
    "costs_more": "it costs more",
    "saves_less": "it saves less",
    "harms_more": "somebody gets worse who did not",
}

# Why a stop, or a whole decision, can't be taken back any more.
UNDO_RULES: Mapping[str, str] = {
    "undo.done": "done already",
    "undo.committed": "its driver is on the way to it",
    "undo.moved_again": "moved again since",
    "undo.pinned": "pinned since",
    "undo.goods_elsewhere": "its goods are with another vehicle by now",
    "undo.moved_on": "every route has moved on past it",
    "undo.second_attempt": "a driver is on his way to try once more; talk to him",
    "undo.packages_sent": "packages are on their way to another hub",
    "undo.routes_gone": "its routes are no longer there",
    "undo.cannot_be_driven": "the way back could not be driven",
    "undo.carrier_accepted": "another carrier has accepted it; talk to them",
    "undo.undone": "undone already",
    "undo.case_closed": "its case is closed",
}

STOP_STATUSES: Mapping[StopStatus, str] = {
    StopStatus.PLANNED: "at the hub",
    StopStatus.LOADED: "on board",
    StopStatus.ENROUTE: "next, on the way",
    StopStatus.ARRIVED: "driver is there",
    StopStatus.SERVICING: "being served",
    StopStatus.COMPLETED: "delivered",
    StopStatus.FAILED: "failed",
    StopStatus.SKIPPED: "skipped",
    StopStatus.CANCELLED: "cancelled",
    StopStatus.RESCHEDULED: "moved to another time",
}

ROUTE_STATUSES: Mapping[RouteStatus, str] = {
    RouteStatus.PLANNED: "at the hub",
    RouteStatus.UNDERWAY: "under way",
    RouteStatus.BROKEN: "broken down",
    RouteStatus.FINISHED: "finished",
}

OUTBOX_STATES: Mapping[OutboxState, str] = {
    OutboxState.PENDING: "waiting to be sent",
    OutboxState.SENDING: "being sent",
    OutboxState.DRY_RUN: "shown only (dry run)",
    OutboxState.SENT: "sent",
    OutboxState.FAILED: "failed",
    OutboxState.UNKNOWN: "sent, receipt unknown",
    OutboxState.SUPPRESSED: "held back",
    OutboxState.EXPIRED: "expired unsent",
    OutboxState.CANCELLED: "cancelled",
}

CHANNELS: Mapping[Channel, str] = {
    Channel.DRIVER: "driver's app",
    Channel.SMS: "text message",
    Channel.CARRIER: "carrier",
    Channel.HUB: "hub",
    Channel.PEOPLE: "our own people",
    Channel.VOICE: "phone call",
}

_ACTIONS: Mapping[ActionKind, str] = {
    ActionKind.RESEQUENCE: "Reorder {to_route}",
    ActionKind.REASSIGN: "Move {stops} from {from_routes} to {to_route}",
    ActionKind.RESCUE_TRANSFER: "Fetch {stops} from broken {from_vehicle} onto {to_route}",
    ActionKind.RENDEZVOUS: "Let {to_route} meet {from_routes} on its way and take over {stops}",
    ActionKind.TAKE_BACK: "Give {stops} back to {to_route}, which has the goods",
    ActionKind.HUB_SWAP: "Serve {stops} from hub {to_hub} ({routes})",
    ActionKind.RETENDER: "Move {stops} from {from_routes} to {to_route}, which another carrier drives",
    ActionKind.NOTIFY_ETA: "Tell the customers of {stops} the new time",
    ActionKind.OFFER_RESCHEDULE: "Offer the customers of {stops} another time",
    ActionKind.LEAVE_EARLIER: "Let {routes} leave {minutes} min earlier",
    ActionKind.CONFIRM_PRESENCE: "Ask the customers of {stops} whether somebody will be there",
    ActionKind.SAFE_PLACE: "Tell the drivers of {routes} what may be left in a safe place ({stops})",
    ActionKind.RESCHEDULE: "Take {stops} off {routes}: the customers want another day",
    ActionKind.ASK_BACK: "Ask the customers of {stops} what they meant",
    ActionKind.SECOND_ATTEMPT: "Let {to_route} go to {stops} once more",
    ActionKind.CARRIER_UPDATE: "Report {stops} to the carrier",
    ActionKind.RETURN_TO_HUB: "Let {from_routes} bring {stops} back to the hub, and {to_route} take them out",
    ActionKind.ESCALATE: "Hand the case to a person",
    ActionKind.NO_ACTION: "Leave things as they are",
}

# Rule ids of the tools that had nothing to offer.
_DECLINES: Mapping[str, str] = {
    "reroute.not_the_answer": "no change of routes mends this; a person has to see to it, or the customer",
    "reroute.no_drivable_route": "nothing on {routes} can be driven",
    "reroute.nothing_to_move": "{route} has too few free stops to put in another order ({free_stops})",
    "reroute.no_gain": "no other order of {route} would do better",
    "reassign.route_is_over": "nothing of {routes} is under way any more",
    "reassign.cannot_stop": "{route} can't wait for another vehicle at its next stop",
    "reassign.nothing_to_move": "none of the stops can still be moved",
    "reassign.no_receiver": "no other vehicle could take a stop",
    "reassign.no_gain": "no other driver would do better, the extra driving counted in",
    "hub_swap.no_linked_hub": "no shuttle runs from {hub} to another hub",
    "hub_swap.goods_have_left": "the goods have left {hub}",
    "hub_swap.no_gain": "going over {links} would not do better",
    "notify_customer.nobody_to_tell": "no customer is likely enough to be served late (from {threshold})",
    "leave_earlier.cannot": "no route could leave earlier: load, driver or notice would not allow it",
    "confirm_presence.nobody_to_ask": "nobody is left to be asked in time, within caps",
    "heed_customer.no_safe_place_to_tell": "every driver knows of the safe places by now",
    "heed_customer.nothing_to_reschedule": "no stop is left that could move to another day",
    "heed_customer.a_person_is_wanted": "asking back has not helped: a person is wanted",
    "second_attempt.no_delivery": "{stops} can't be attempted again: no delivery",
    "second_attempt.not_failed": "the attempt at {stops} no longer stands as failed",
    "second_attempt.made_already": "{stops} has been attempted a second time already",
    "second_attempt.route_is_over": "the van of {stops} is no longer under way",
    "second_attempt.goods_not_aboard": "the goods of {stops} are no longer aboard its van",
    "acknowledgement.awaited": "the driver of {routes} has not confirmed the last change yet",
    "carrier_update.no_foreign_carrier": "no other carrier is concerned",
    "carrier_update.nothing_new": "the carriers concerned know it already",
}

# Causes of the forecast's contributions.
_CAUSES: Mapping[str, str] = {
    "upstream_delay": "the route is {delay_s} behind",
    "long_visit": "the present visit takes {delay_s} longer than planned",
    "late_load": "the load comes {wait_s} late",
    "slow_roads": "driving takes {factor} times the usual",
    "long_service": "visits of this route take {factor} times as long as planned",
    "tight_window": "the window is tight (the plan leaves {slack_s})",
    "driver_limit": "the driver is near the end of the shift, or due a break",
    "hold_up": "it may yet be held up or break down",
    "past_days": "finished days say so",
    "vehicle_broken": "its vehicle has broken down",
    "driver_absent": "its driver does not come",
}

_WORTH_SAYING = 0.01
_SAFER_FROM = 0.05  # of P(miss), as policy counts who is harmed
_NAMED = 3  # as many ids as are read at a glance; above this the number says more


def describe_cause(case: Case) -> str:
    """One sentence: what happened, where, and how many stops it touches."""
    kind = CASE_KINDS[case.kind]
    where = f" on {join_ids(case.route_ids, 'routes')}" if case.route_ids else ""
    touched = f": {join_ids(case.stop_ids, 'stops')}" if case.stop_ids else ""
    return f"{kind}{where}{touched}"


def describe_instruction(instruction: Instruction, confirmed_by: str | None = None) -> str:
    """How far it has come with a changed plan: whether its driver has it, and who or what is trying to reach him."""
    match instruction.status:
        case InstructionStatus.ACKNOWLEDGED:
            return f"confirmed by {confirmed_by} for the driver" if confirmed_by else "confirmed by the driver"
        case InstructionStatus.MOOT:
            return "no longer to be followed"
        case _ if instruction.passed_on_at is not None:
            return "not confirmed, a person has to reach the driver"
        case _:
            return f"not confirmed yet, told by {CHANNELS[instruction.channel]}"


def describe_action(action: Action) -> str:
    """What one action does, in a line. The last of its routes is the one that receives."""
    *origins, destination = action.route_ids or ("no route",)
    return _ACTIONS[action.kind].format(
        stops=join_ids(action.stop_ids, "stops") or "no stop",
        routes=join_ids(action.route_ids, "routes"),
        from_routes=join_ids(origins, "routes") or destination,
        to_route=destination,
        from_vehicle=action.params.get("from_vehicle", "vehicle"),
        to_hub=action.params.get("to_hub", ""),
        minutes=action.params.get("minutes", ""),
    )


def describe_attempt(tool: str, rule: str) -> str:
    """What a tool that had no candidate tried to do: some try more than the one thing that names them."""
    return _ATTEMPTS.get(rule.partition(".")[0], TOOLS[Tool(tool)])


def describe_decline(declined: NoCandidate) -> str:
    """Why a tool had no candidate, and what keeps each stop where it is."""
    values = dict(declined.values)
    excluded = values.pop("excluded", None)
    words = describe_rule(declined.rule, values, _DECLINES)
    return f"{words}. {describe_exclusions(excluded)}" if isinstance(excluded, Mapping) and excluded else words


def describe_exclusions(excluded: Mapping[str, str]) -> str:
    """The stops left where they are, by the constraint of the registry that excludes them."""
    stops: dict[str, list[str]] = {}
    for stop_id, name in excluded.items():
        stops.setdefault(name, []).append(stop_id)
    return " ".join(f"{join_ids(ids, 'stops')}: {_describe_constraint(name)}" for name, ids in stops.items())


def _describe_constraint(name: str) -> str:
    """A name that a newer or older release recorded is shown as it is."""
    try:
        return get_constraint(name).sentence
    except KeyError:
        return f"{name.replace('_', ' ')}."


def describe_contribution(reason: Contribution) -> str:
    """One reason for a stop's risk, with how much of P(late) it adds."""
    return f"{describe_rule(reason.cause, reason.values, _CAUSES)}, {as_percent(reason.p_late)}"


def describe_route_forecast(forecast: RouteForecast) -> str:
    """What may become of the route besides late stops, in a line; what is next to impossible is left out."""
    risks = (
        ("the load is late", forecast.p_not_ready),
        ("back after the shift's end", forecast.p_shift_overrun),
        ("over the driver's hours", forecast.p_hours_breach),
    )
    told = [f"{what} {as_percent(p)}" for what, p in risks if p >= _WORTH_SAYING]
    return ", ".join(told) if told else "load, shift and hours are no worry"


def describe_loss(proposal: Proposal, candidate_id: CandidateId) -> str:
    """Why a candidate was not the one recommended, from its judgement and rank beside the chosen one's."""
    judged = proposal.judgements.get(candidate_id)
    if candidate_id == proposal.edited_from:
        return "was recommended; a person chose otherwise"
    if judged is None:
        return "could not be judged"
    if proposal.get_candidate(candidate_id).is_advice:
        return f"advice: {_describe_advice(judged)}; departures are not the service's to move"
    if not proposal.get_candidate(candidate_id).route_changes:
        return "tells people, but mends nothing by itself"
    if candidate_id not in proposal.ranking:
        return "gains too little to be worth its cost" if judged.gain > 0 else "would not lower the expected loss"
    if proposal.chosen not in proposal.ranking:
        return "forbidden by policy"
    if proposal.ranking.index(candidate_id) < proposal.ranking.index(proposal.chosen):
        return "ranked higher, but forbidden by policy"
    chosen = proposal.judgements[proposal.chosen]
    avoided, best = (round(j.misses_before - j.misses_after, 2) for j in (judged, chosen))
    if avoided < best:
        return f"avoids {avoided:.2f} expected misses, the recommended plan {best:.2f}"
    return "gains less once its cost, driving and disturbance are counted"


def _describe_advice(judged: Judgement) -> str:
    """What following it would do, by the largest thing that can be said of it."""
    safer = sum(effect.p_miss_before - effect.p_miss_after >= _SAFER_FROM for effect in judged.effects)
    if safer:
        return f"{join_count(safer, 'stop')} would be safer"
    avoided = judged.misses_before - judged.misses_after
    return f"{avoided:.2f} expected misses less" if avoided >= _WORTH_SAYING else "it would change little"


def describe_rule(rule: str, values: Mapping[str, object], known: Mapping[str, str]) -> str:
    """The words of ``rule`` filled with its values; an unknown rule, or one short of a value, is shown as it is."""
    told = {key: _describe_value(key, value) for key, value in values.items()}
    if rule in known:
        try:
            return known[rule].format(**told)
        except KeyError:
            pass  # an older record may lack a value that the present words name
    shown = ", ".join(f"{key.removesuffix('_s').replace('_', ' ')} {value}" for key, value in told.items())
    words = rule.replace("_", " ").replace(".", ": ")
    return f"{words} ({shown})" if shown else words


def _describe_value(key: str, value: object) -> str:
    if isinstance(value, (list, tuple)):
        return join_ids(map(str, value), key)
    if isinstance(value, float):
        if key.endswith("_s"):
            return as_duration(value)
        return as_percent(value) if key == "threshold" else f"{value:.2f}"
    return str(value)


def join_ids(ids: Iterable[str], noun: str) -> str:
    """``S1``, ``S1, S2`` or ``12 stops``: named when few, counted when many, empty when none."""
    named = list(ids)
    return ", ".join(named) if len(named) <= _NAMED else f"{len(named)} {noun}"


def join_count(count: int, noun: str) -> str:
    """``1 stop``, ``3 stops``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def as_percent(share: float) -> str:
    """A probability in whole percent; what is neither sure nor impossible never reads as 0 % or 100 %."""
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{share * 100:.0f} %"


def as_duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h 05 min``; the sign stays."""
    sign, size = ("-" if seconds < 0 else ""), abs(seconds)
    if size < 59.5:
        return f"{sign}{size:.0f} s"
    minutes = round(size / 60)
    return f"{sign}{minutes} min" if minutes < 60 else f"{sign}{minutes // 60} h {minutes % 60:02d} min"


def as_money(cents: int) -> str:
    return f"{cents / 100:,.2f}"


def as_instant(instant: datetime | None) -> str:
    """ISO 8601 in UTC with a Z, seconds precision; empty for None."""
    return "" if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")
