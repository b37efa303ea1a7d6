"""notify-customer: tell the customer in time, with a window and choices, within quiet hours and caps."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from forestall.domain.actions import Action, Candidate, Notice
from forestall.domain.forecast import Forecast, StopForecast
from forestall.domain.ids import CandidateId, StopId
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import ActionKind, Channel, StopKind, Tool
from tools.messages import CHOICES, SECOND_ATTEMPT, rounded_window
from tools.situation import Offer, Situation, Told, decline, identified

# Below this a message would cry wolf more often than not; above it the customer is better off knowing.
TELL_FROM_P = 0.6
# A promise that will be missed by more than this is one to offer another day for.
OFFER_FROM = timedelta(minutes=60)
QUIET_UNTIL, QUIET_FROM = time(8, 0), time(20, 0)
MAX_PER_STOP_A_DAY = 2
MAX_PER_CUSTOMER_A_DAY = 3
TELL_AGAIN_AFTER = timedelta(minutes=30)
_USEFUL_BEFORE_END = timedelta(minutes=5)


def propose(situation: Situation) -> Offer:
    """Messages alone, for the case's stops that will be late whatever is done."""
    notices = notices_for(situation, situation.forecast, situation.case.stop_ids)
    if not notices:
        return decline(Tool.NOTIFY_CUSTOMER, "notify_customer.nobody_to_tell", threshold=TELL_FROM_P)
    candidate = Candidate(CandidateId(""), Tool.NOTIFY_CUSTOMER, actions_of(notices), notices=notices)
    return Offer((identified(candidate),))


def notices_for(situation: Situation, forecast: Forecast, stop_ids: Iterable[StopId]) -> tuple[Notice, ...]:
    """The messages that are due under a forecast (the present one, or the one after a candidate)."""
    budget = dict(situation.told_today_by_contact)
    notices: list[Notice] = []
    for stop_id in sorted(set(stop_ids)):
        stop, score = situation.snapshot.stops.get(stop_id), forecast.stops.get(stop_id)
        if stop is None or score is None or not _is_worth_telling(situation, stop, score):
            continue
        contact = situation.contact_of_order(stop.order_id) if stop.order_id else None
        if contact is None or not contact.is_textable:
            continue
        if budget.get(contact.id, 0) >= MAX_PER_CUSTOMER_A_DAY:
            continue
        budget[contact.id] = budget.get(contact.id, 0) + 1
        notices.append(_notice(situation, stop, score))
    return tuple(notices)


def actions_of(notices: Iterable[Notice]) -> tuple[Action, ...]:
    """One action per template, naming its stops."""
    stops: dict[str, list[StopId]] = {}
    for notice in notices:
        stops.setdefault(notice.template, []).append(StopId(notice.subject_id))
    kinds = {
        "eta_update": ActionKind.NOTIFY_ETA,
        SECOND_ATTEMPT: ActionKind.NOTIFY_ETA,
        "offer_reschedule": ActionKind.OFFER_RESCHEDULE,
    }
    return tuple(Action(kinds[template], tuple(ids)) for template, ids in sorted(stops.items()))


def sendable_from(now: datetime, zone: str) -> datetime:
    """The first moment from ``now`` on that is outside the address's quiet hours (20:00 to 08:00 there)."""
    local = now.astimezone(ZoneInfo(zone))
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() if local.time() < QUIET_UNTIL else local.date() + timedelta(days=1)
    return datetime.combine(day, QUIET_UNTIL, tzinfo=ZoneInfo(zone)).astimezone(now.tzinfo)


def _is_worth_telling(situation: Situation, stop: Stop, score: StopForecast) -> bool:
    if stop.kind is not StopKind.DELIVERY or not stop.status.is_open or score.p_late < TELL_FROM_P:
        return False
    if not _is_sayable(situation, stop, score):
        return False
    told = situation.told.get(stop.id)
    return told is None or _has_news(told, score)


def _is_sayable(situation: Situation, stop: Stop, score: StopForecast) -> bool:
    """In time: it leaves before the promise ends, outside quiet hours, and before the driver would be there."""
    zone = situation.snapshot.hubs[situation.case.hub_id].time_zone
    sent = sendable_from(situation.now, zone)
    return sent <= min(stop.window.closes_at - _USEFUL_BEFORE_END, score.eta_p50)


def _has_news(told: Told, score: StopForecast) -> bool:
    """Whether another time is to be told; to whom we wrote of something else, any is news."""
    if told.count_today >= MAX_PER_STOP_A_DAY:
        return False
    return told.last_eta is None or abs(score.eta_p90 - told.last_eta) > TELL_AGAIN_AFTER


def _notice(situation: Situation, stop: Stop, score: StopForecast) -> Notice:
    eta_from, eta_to = rounded_window(score.eta_p10, score.eta_p90)
    late_by = score.eta_p50 - stop.window.closes_at
    template = "offer_reschedule" if late_by >= OFFER_FROM else "eta_update"
    zone = situation.snapshot.hubs[situation.case.hub_id].time_zone
    return Notice(
        channel=Channel.SMS,
        template=template,
        subject_id=stop.id,
        order_id=stop.order_id,
        params={
            "stop_id": stop.id,
            "order_id": stop.order_id,
            "eta_from": eta_from.isoformat(),
            "eta_to": eta_to.isoformat(),
            "choices": dict(CHOICES[template]),
            "open_until": max(eta_to, stop.window.closes_at).isoformat(),
            "time_zone": zone,
            "not_before": sendable_from(situation.now, zone).isoformat(),
            "expires_at": stop.window.closes_at.isoformat(),
        },
    )
