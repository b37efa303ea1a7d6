"""The facts about a candidate that policy decides by."""

import math
from collections import Counter
from datetime import timedelta

from agent.run import Workplace
from forestall.domain.actions import Candidate, Judgement, Notice
from forestall.domain.ids import HubId
from forestall.domain.network import Carrier
from forestall.domain.routes import Route
from forestall.domain.vocabulary import ActionKind, CarrierKind, Channel, Position, StopKind
from policies.question import PlanQuestion
from tools.messages import REPLIES
from tools.notify_customer import sendable_from
from tools.situation import Situation

HARMED_FROM = 0.05


def question_of(
    work: Workplace, situation: Situation, candidate: Candidate, judgement: Judgement | None
) -> PlanQuestion:
    """Everything the schema names, measured on the situation at hand, with its counts and its switches."""
    position = position_of(situation, candidate)
    effects = judgement.effects if judgement else ()
    receivers = [situation.snapshot.carrier_of(route) for route in _receiving_routes(situation, candidate)]
    crossings = _crossings(situation, candidate)
    sms = _unasked_for(candidate)
    return PlanQuestion(
        kinds=frozenset(kind.value for kind in candidate.kinds),
        case_kind=situation.case.kind.value,
        mode="LIVE" if position in {Position.RUN, Position.STOP} else position.value,
        kill_switch=position is Position.STOP,
        stops_moved=judgement.stops_moved if judgement else 0,
        stops_affected=len(effects),
        stops_harmed=sum(e.p_miss_after - e.p_miss_before >= HARMED_FROM for e in effects),
        misses_avoided_bp=round(10_000 * (judgement.misses_before - judgement.misses_after)) if judgement else 0,
        added_cost_cents=candidate.cost_cents,
        added_travel_minutes=math.ceil(max(0.0, judgement.travel_delta_s) / 60) if judgement else 0,
        crosses_carrier=ActionKind.RETENDER in candidate.kinds or bool(crossings),
        brings_home=bool(crossings) and all(taker.kind is CarrierKind.OWNED for _, taker in crossings),
        giver_at_work=all(giver.active for giver, _ in crossings),
        receiver_contract_active=all(carrier.active for carrier in receivers),
        receiver_has_room=all(carrier.free_stops is None or carrier.free_stops > 0 for carrier in receivers),
        messages=len(sms),
        messages_in_quiet_hours=_in_quiet_hours(situation, candidate),
        max_messages_to_one_stop_today=_most_to_one_stop(situation, candidate),
        max_messages_to_one_customer_today=_most_to_one_customer(situation, candidate),
        rescues_by_driver_today=_rescues_today(situation, candidate),
        actions_in_hub_last_hour=situation.pace.actions,
        added_cost_in_hub_last_hour_cents=situation.pace.cost_cents,
        stops_in_hub=_count_stops(situation),
        data_age_minutes=_data_age_minutes(situation, candidate),
        forecast_drifting=not work.forecaster.drifting.isdisjoint(_hubs_concerned(situation, candidate)),
    )


def position_of(situation: Situation, candidate: Candidate) -> Position:
    """Where the switches that concern a candidate stand."""
    return situation.board.position_for(_hubs_concerned(situation, candidate), [candidate.tool])


def _count_stops(situation: Situation) -> int:
    """The day's stops of the case's hub."""
    snapshot, hub_id = situation.snapshot, situation.case.hub_id
    routes = (route.id for route in snapshot.routes.values() if route.hub_id == hub_id)
    return sum(len(snapshot.stops_by_route.get(route_id, ())) for route_id in routes)


def _receiving_routes(situation: Situation, candidate: Candidate) -> list[Route]:
    """Routes that get goods they did not have."""
    snapshot = situation.snapshot
    new = (stop for change in candidate.route_changes for stop in change.new_stops)
    giving = {stop.id for stop in new if stop.kind is StopKind.HAND_OVER}
    return [
        snapshot.routes[change.route_id]
        for change in candidate.route_changes
        if any(
            stop_id not in snapshot.stops or snapshot.stops[stop_id].route_id != change.route_id
            for stop_id in change.stop_ids
            if stop_id not in giving
        )
    ]


def _hubs_concerned(situation: Situation, candidate: Candidate) -> set[HubId]:
    """The case's hub, and those of the routes the candidate changes."""
    routes = situation.snapshot.routes
    return {situation.case.hub_id, *(routes[change.route_id].hub_id for change in candidate.route_changes)}


def _crossings(situation: Situation, candidate: Candidate) -> list[tuple[Carrier, Carrier]]:
    """Who drives a stop now and who would drive it, where they are not the same (a rescue or a hub-swap may cross from
    one carrier to another too)."""
    snapshot = situation.snapshot
    hands = [
        (snapshot.carrier_of(snapshot.routes[snapshot.stops[stop_id].route_id]), snapshot.carrier_of(taker))
        for change in candidate.route_changes
        for taker in [snapshot.routes[change.route_id]]
        for stop_id in change.stop_ids
        if stop_id in snapshot.stops
    ]
    return [(giver, taker) for giver, taker in hands if giver.id != taker.id]


def _in_quiet_hours(situation: Situation, candidate: Candidate) -> int:
    """Messages that would leave in quiet hours were they not kept until the morning (see ``agent.relay``)."""
    zone = situation.snapshot.hubs[situation.case.hub_id].time_zone
    texts = [notice for notice in candidate.notices if notice.channel is Channel.SMS]
    return len(texts) if sendable_from(situation.now, zone) > situation.now else 0


def _unasked_for(candidate: Candidate) -> list[Notice]:
    """The text messages that we send of ourselves; the answers to customers who wrote first are no bother."""
    return [n for n in candidate.notices if n.channel is Channel.SMS and n.template not in REPLIES]


def _most_to_one_stop(situation: Situation, candidate: Candidate) -> int:
    counts = Counter(n.subject_id for n in _unasked_for(candidate))
    told = {stop_id: told.count_today for stop_id, told in situation.told.items()}
    return max((count + told.get(stop_id, 0) for stop_id, count in counts.items()), default=0)  # type: ignore[call-overload]


def _most_to_one_customer(situation: Situation, candidate: Candidate) -> int:
    orders = [n.order_id for n in _unasked_for(candidate) if n.order_id is not None]
    contacts = Counter(situation.snapshot.orders[order_id].contact_id for order_id in orders)
    told = situation.told_today_by_contact
    return max((n + told.get(contact, 0) for contact, n in contacts.items() if contact is not None), default=0)


def _rescues_today(situation: Situation, candidate: Candidate) -> int:
    """Rescues that a receiving driver has already got today, done or planned (the most among the receivers)."""
    snapshot = situation.snapshot
    return max(
        (
            sum(stop.kind is StopKind.TRANSFER for stop in snapshot.stops_by_route[route.id])
            for route in _receiving_routes(situation, candidate)
        ),
        default=0,
    )


def _data_age_minutes(situation: Situation, candidate: Candidate) -> int:
    """Age of the oldest newest-position among the changed routes that are under way; 0 when none is."""
    snapshot = situation.snapshot
    ages: list[timedelta] = []
    for change in candidate.route_changes:
        route = snapshot.routes[change.route_id]
        position = snapshot.positions.get(route.vehicle_id)
        if route.departed_at is not None and route.broken_at is None:
            ages.append(snapshot.taken_at - (position.at if position else route.departed_at))
    return int(max(ages, default=timedelta()).total_seconds() // 60)
