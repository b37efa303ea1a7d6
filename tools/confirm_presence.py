"""confirm-presence: ask customers in time whether somebody will be there, by what each question is worth.

Nobody can name the few who will not open the door, so the question goes to all for whom it pays (``Asking``). They are
asked in waves, a hub at a time: as soon as one visit is pressing, all those of the next hours are asked with it.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from forestall.domain.actions import Action, Candidate, Judgement, Notice, StopEffect
from forestall.domain.forecast import Forecast, StopForecast
from forestall.domain.ids import CandidateId, ContactId, HubId, StopId
from forestall.domain.orders import Order
from forestall.domain.replies import CONFIRM_PRESENCE
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, Channel, RouteStatus, StopKind, Tool
from tools.asking import Asking
from tools.messages import CHOICES
from tools.notify_customer import MAX_PER_CUSTOMER_A_DAY, MAX_PER_STOP_A_DAY, TELL_FROM_P, sendable_from
from tools.situation import Offer, Situation, decline, identified

IN_TIME = timedelta(minutes=30)
"""Who hears of a visit later than this can no longer change anything about it."""
PRESSING = timedelta(hours=2)
AHEAD = timedelta(hours=4)  # earlier, neither the time nor the customer's plans are settled
EARLY = timedelta(minutes=15)  # how long before quiet hours end a wave may be made up, to go out at their end
_DRIVABLE = frozenset({RouteStatus.PLANNED, RouteStatus.UNDERWAY})


def propose(situation: Situation) -> Offer:
    """The question to those of the case's customers who can still be asked, within caps and budget."""
    budget = dict(situation.told_today_by_contact)
    notices = []
    for stop_id in situation.case.stop_ids:
        stop, score = situation.snapshot.stops.get(stop_id), situation.forecast.stops.get(stop_id)
        if stop is None or score is None or not _may_be_asked(situation, stop, score, budget):
            continue
        notices.append(_notice(situation, stop, score))
    if not notices:
        return decline(Tool.NOTIFY_CUSTOMER, "confirm_presence.nobody_to_ask")
    candidate = Candidate(
        CandidateId(""),
        Tool.NOTIFY_CUSTOMER,
        (Action(ActionKind.CONFIRM_PRESENCE, tuple(StopId(notice.subject_id) for notice in notices)),),
        notices=tuple(notices),
        cost_cents=len(notices) * situation.asking.message_cents,
    )
    return Offer((identified(candidate),))


def judge(situation: Situation, candidate: Candidate) -> Judgement:
    """What asking changes: P(failed) of those asked, and nothing on the road, so no draw is needed to tell."""
    asking, orders = situation.asking, situation.snapshot.orders
    scores = [situation.forecast.stops[StopId(notice.subject_id)] for notice in candidate.notices]
    tiers = [orders[notice.order_id].tier for notice in candidate.notices if notice.order_id is not None]
    kept = [asking.misses_kept(score) for score in scores]
    before = sum(score.p_miss for score in scores)
    weighed = sum(share * asking.prices.miss_of(tier) for share, tier in zip(kept, tiers, strict=True))
    return Judgement(
        candidate_id=candidate.id,
        loss_before=weighed,
        loss_after=0.0,
        misses_before=before,
        misses_after=before - sum(kept),
        travel_delta_s=0.0,
        stops_moved=0,
        effects=tuple(
            StopEffect(score.stop_id, score.p_miss, score.p_miss - share)
            for score, share in zip(scores, kept, strict=True)
        ),
    )


def list_to_ask(
    snapshot: HubSnapshot, forecast: Forecast, hub_id: HubId, unreachable: Collection[ContactId], asking: Asking
) -> list[StopId]:
    """The hub's next wave, those first whose asking is worth most; empty until it is time for one."""
    sent = sendable_from(snapshot.taken_at, snapshot.hubs[hub_id].time_zone)
    if sent - snapshot.taken_at > EARLY:
        return []
    askable = {stop.id: (score, order) for stop, score, order in _askable(snapshot, forecast, hub_id, sent)}
    reachable = {
        stop_id: asking.worth(score, order.tier)
        for stop_id, (score, order) in askable.items()
        if order.contact_id is not None and order.contact_id not in unreachable
    }
    worthy = sorted((stop_id for stop_id, worth in reachable.items() if worth > 0.0), key=lambda s: (-reachable[s], s))
    if not any(askable[stop_id][0].eta_p50 - sent <= PRESSING for stop_id in worthy):
        return []
    return worthy if asking.most_a_day is None else worthy[: max(0, asking.most_a_day - _asked(snapshot, hub_id))]


def _askable(
    snapshot: HubSnapshot, forecast: Forecast, hub_id: HubId, sent: datetime
) -> Iterator[tuple[Stop, StopForecast, Order]]:
    for route in snapshot.routes.values():
        if route.hub_id != hub_id or route.status not in _DRIVABLE or route.is_on_standby:
            continue
        for stop in snapshot.open_stops(route.id):
            score = forecast.stops.get(stop.id)
            order = snapshot.orders.get(stop.order_id) if stop.order_id else None
            if score is not None and order is not None and _is_askable(stop, order, score, sent):
                yield stop, score, order


def _is_askable(stop: Stop, order: Order, score: StopForecast, sent: datetime) -> bool:
    """Not asked yet, expected within the hours ahead, and not one who will hear of a delay instead."""
    if stop.kind is not StopKind.DELIVERY or stop.arrived_at is not None or score.p_late >= TELL_FROM_P:
        return False
    if order.word.asked_at is not None or order.word.answer is not None:
        return False
    return IN_TIME <= score.eta_p50 - sent <= AHEAD


def _asked(snapshot: HubSnapshot, hub_id: HubId) -> int:
    return sum(order.word.asked_at is not None for order in snapshot.orders.values() if order.hub_id == hub_id)


def _may_be_asked(situation: Situation, stop: Stop, score: StopForecast, budget: dict[ContactId, int]) -> bool:
    """Whether the question still stands, and may go out; counts it against the customer's share of the day."""
    sent = sendable_from(situation.now, situation.snapshot.hubs[situation.case.hub_id].time_zone)
    order = situation.snapshot.orders.get(stop.order_id) if stop.order_id else None
    if order is None or not stop.status.is_open or not _is_askable(stop, order, score, sent):
        return False
    contact = situation.contact_of_order(order.id)
    told = situation.told.get(stop.id)
    if contact is None or not contact.is_textable or budget.get(contact.id, 0) >= MAX_PER_CUSTOMER_A_DAY:
        return False
    if told is not None and told.count_today >= MAX_PER_STOP_A_DAY:
        return False
    budget[contact.id] = budget.get(contact.id, 0) + 1
    return True


def _notice(situation: Situation, stop: Stop, score: StopForecast) -> Notice:
    """It names the promised window, not the expected time: nothing new is promised that would have to be taken back."""
    zone = situation.snapshot.hubs[situation.case.hub_id].time_zone
    assert stop.order_id is not None
    promise = situation.snapshot.orders[stop.order_id].promise
    return Notice(
        channel=Channel.SMS,
        template=CONFIRM_PRESENCE,
        subject_id=stop.id,
        order_id=stop.order_id,
        params={
            "stop_id": stop.id,
            "order_id": stop.order_id,
            "window_from": promise.opens_at.isoformat(),
            "window_to": promise.closes_at.isoformat(),
            "choices": dict(CHOICES[CONFIRM_PRESENCE]),
            "open_until": max(promise.closes_at, score.eta_p90).isoformat(),
            "time_zone": zone,
            "not_before": sendable_from(situation.now, zone).isoformat(),
            "expires_at": (score.eta_p50 - IN_TIME + timedelta(minutes=5)).isoformat(),
        },
    )
