"""second-attempt: a delivery that seems not to have been tried is tried, while its van is under way with the goods.

It is a proposal like any other, judged by what it does to everybody on the route, and a person's to approve: that an
attempt looks false is a suspicion. The driver gets a list with the stop on it, the customer the new time, and neither
is told of the suspicion.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from forestall.domain.actions import Action, Candidate, Judgement, Notice, RouteChange, StopEffect
from forestall.domain.forecast import Forecast
from forestall.domain.ids import CandidateId, LocationId, StopId
from forestall.domain.network import Location
from forestall.domain.replan import free_stops, why_not_retried
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, Channel, StopKind, Tool
from optimizer.prices import Prices
from tools.messages import CHOICES, SECOND_ATTEMPT, rounded_window
from tools.notify_customer import MAX_PER_CUSTOMER_A_DAY, MAX_PER_STOP_A_DAY, sendable_from
from tools.situation import Offer, Situation, decline, identified

# Each place in the list is judged by the simulation; of all places those that add least driving are worth that.
_PLACES = 4


def propose(situation: Situation) -> Offer:
    """For each of the case's stops, the places in its route's list where another visit adds least driving."""
    reasons = {stop_id: why_not_retried(situation.snapshot, stop_id) for stop_id in situation.case.stop_ids}
    retriable = [stop_id for stop_id, reason in reasons.items() if reason is None]
    if not retriable:
        rule = next((reason for reason in reasons.values() if reason is not None), "no_delivery")
        return decline(Tool.REROUTE, f"second_attempt.{rule}", stops=list(reasons))
    return Offer(tuple(candidate for stop_id in retriable for candidate in _candidates(situation, stop_id)))


def is_second_attempt(candidate: Candidate) -> bool:
    return ActionKind.SECOND_ATTEMPT in candidate.kinds


def judge(snapshot: HubSnapshot, candidate: Candidate, on_the_road: Judgement, prices: Prices) -> Judgement:
    """What the simulation says of the route, with what is at stake at the door: without another attempt the promise is
    broken for certain, and with one it is kept unless that is late or in vain.

    The simulation knows nothing of the stop before; what it expects to be missed beyond the others is the stop's share.
    A visit that is late is counted as late and as not kept: a suspicion is not to cost others much.
    """
    [stop_id] = [s for change in candidate.route_changes for s in change.retried_stops]
    others = sum(effect.p_miss_after - effect.p_miss_before for effect in on_the_road.effects)
    p_miss = min(1.0, max(0.0, on_the_road.misses_after - on_the_road.misses_before - others))
    order_id = snapshot.stops[stop_id].order_id
    assert order_id is not None, "only deliveries are attempted again"
    at_stake = prices.miss_of(snapshot.orders[order_id].tier)
    return replace(
        on_the_road,
        loss_before=on_the_road.loss_before + at_stake,
        loss_after=on_the_road.loss_after + at_stake * p_miss,
        misses_before=on_the_road.misses_before + 1.0,
        effects=(*on_the_road.effects, StopEffect(stop_id, 1.0, p_miss)),
    )


def notices_for(situation: Situation, after: Forecast, candidate: Candidate) -> tuple[Notice, ...]:
    """The word to the customer, within caps: nothing was delivered yet, and when we mean to come."""
    retried = [stop_id for change in candidate.route_changes for stop_id in change.retried_stops]
    return tuple(
        _notice(situation, situation.snapshot.stops[stop_id], after)
        for stop_id in retried
        if stop_id in after.stops and _may_be_told(situation, situation.snapshot.stops[stop_id], after)
    )


def _candidates(situation: Situation, stop_id: StopId) -> Iterator[Candidate]:
    snapshot = situation.snapshot
    stop = snapshot.stops[stop_id]
    route = snapshot.routes[stop.route_id]
    listed = [other.id for other in free_stops(snapshot, route.id)]
    for place in _places(situation, stop):
        order = (*listed[:place], stop_id, *listed[place:])
        yield identified(
            Candidate(
                CandidateId(""),
                Tool.REROUTE,
                (Action(ActionKind.SECOND_ATTEMPT, (stop_id,), (route.id,)),),
                route_changes=(RouteChange(route.id, route.version, order, retried_stops=(stop_id,)),),
                read_set={route.id: route.version},
            )
        )


def _places(situation: Situation, stop: Stop) -> list[int]:
    """How many of the free stops come before it, least driving first; never in front of a stop that is pinned."""
    snapshot = situation.snapshot
    free = free_stops(snapshot, stop.route_id)
    earliest = max((i + 1 for i, other in enumerate(free) if other.pinned), default=0)
    ways = [*_where_it_is(snapshot, stop), *(other.location for other in free), _home(snapshot, stop)]
    mode = snapshot.vehicles[snapshot.routes[stop.route_id].vehicle_id].mode
    seconds = situation.travel.durations_s([stop.location, *ways], mode)
    legs = enumerate(pairwise(range(1, len(ways) + 1)))
    added = {place: float(seconds[a, 0] + seconds[0, b] - seconds[a, b]) for place, (a, b) in legs if place >= earliest}
    return sorted(added, key=lambda place: (added[place], place))[:_PLACES]


def _where_it_is(snapshot: HubSnapshot, stop: Stop) -> Sequence[Location]:
    """Where the vehicle sets out from for the first of its free stops, as far as is known."""
    committed, last = snapshot.committed_stop(stop.route_id), snapshot.last_finished_stop(stop.route_id)
    position = snapshot.positions.get(snapshot.routes[stop.route_id].vehicle_id)
    if committed is not None:
        return [committed.location]
    if position is not None:
        return [replace(stop.location, lat=position.lat, lon=position.lon, id=LocationId(f"at {position.vehicle_id}"))]
    return [_home(snapshot, stop) if last is None else last.location]


def _home(snapshot: HubSnapshot, stop: Stop) -> Location:
    return snapshot.hubs[snapshot.routes[stop.route_id].hub_id].location


def _may_be_told(situation: Situation, stop: Stop, after: Forecast) -> bool:
    contact = situation.contact_of_order(stop.order_id) if stop.order_id else None
    if stop.kind is not StopKind.DELIVERY or contact is None or not contact.is_textable:
        return False
    told = situation.told.get(stop.id)
    if told is not None and told.count_today >= MAX_PER_STOP_A_DAY:
        return False
    if situation.told_today_by_contact.get(contact.id, 0) >= MAX_PER_CUSTOMER_A_DAY:
        return False
    zone = situation.snapshot.hubs[situation.case.hub_id].time_zone
    return sendable_from(situation.now, zone) <= after.stops[stop.id].eta_p50


def _notice(situation: Situation, stop: Stop, after: Forecast) -> Notice:
    score, zone = after.stops[stop.id], situation.snapshot.hubs[situation.case.hub_id].time_zone
    eta_from, eta_to = rounded_window(score.eta_p10, score.eta_p90)
    params = {
        "stop_id": stop.id,
        "order_id": stop.order_id,
        "eta_from": eta_from.isoformat(),
        "eta_to": eta_to.isoformat(),
        "choices": dict(CHOICES[SECOND_ATTEMPT]),
        "open_until": max(eta_to, stop.window.closes_at).isoformat(),
        "time_zone": zone,
        "not_before": sendable_from(situation.now, zone).isoformat(),
        "expires_at": eta_to.isoformat(),
    }
    return Notice(Channel.SMS, SECOND_ATTEMPT, stop.id, params, order_id=stop.order_id)
