"""heed-customer: what customers have said is done: a safe place told to the driver, another day, a question back.

None of it has to beat doing nothing: it is their parcel.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from forestall.domain.actions import Action, Candidate, Notice, RouteChange
from forestall.domain.ids import CandidateId, RouteId, StopId
from forestall.domain.orders import Order
from forestall.domain.replan import free_stops
from forestall.domain.replies import NOT_UNDERSTOOD
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, Channel, RouteStatus, Tool
from tools.messages import CHOICES, RESCHEDULED
from tools.notify_customer import sendable_from
from tools.situation import Offer, Situation, decline, identified

# An answer is of use for so long; one that must wait for the morning still comes.
_ANSWER_LIFE = timedelta(hours=16)


def propose_safe_places(situation: Situation) -> Offer:
    """The drivers' lists once more, saying which goods may be left in a safe place (or no longer may)."""
    stops = [s for s in _of_case(situation) if is_safe_place_untold(situation.snapshot, s)]
    if not stops:
        return decline(Tool.REROUTE, "heed_customer.no_safe_place_to_tell")
    routes = _route_ids(stops)
    action = Action(ActionKind.SAFE_PLACE, _ids(stops), routes)
    return Offer((_candidate(situation, action, {route_id: frozenset() for route_id in routes}),))


def propose_reschedules(situation: Situation) -> Offer:
    """The routes without the stops whose customers want another day, and the word to them that it is so."""
    stops = [s for s in _of_case(situation) if is_to_be_rescheduled(situation.snapshot, s)]
    if not stops:
        return decline(Tool.REROUTE, "heed_customer.nothing_to_reschedule")
    routes = _route_ids(stops)
    leaving = {route_id: frozenset(s.id for s in stops if s.route_id == route_id) for route_id in routes}
    action = Action(ActionKind.RESCHEDULE, _ids(stops), routes)
    return Offer((_candidate(situation, action, leaving, _answers(situation, RESCHEDULED, stops)),))


def propose_asking_back(situation: Situation) -> Offer:
    """To those whose words nobody understood: the choices once more, once."""
    orders = situation.snapshot.orders
    unclear = [s for s in _of_case(situation) if s.order_id and orders[s.order_id].word.is_to_be_corrected]
    notices = _answers(situation, NOT_UNDERSTOOD, unclear)
    if not notices:
        return decline(Tool.NOTIFY_CUSTOMER, "heed_customer.a_person_is_wanted")
    action = Action(ActionKind.ASK_BACK, tuple(StopId(notice.subject_id) for notice in notices))
    return Offer((identified(Candidate(CandidateId(""), Tool.NOTIFY_CUSTOMER, (action,), notices=notices)),))


def is_safe_place_untold(snapshot: HubSnapshot, stop: Stop) -> bool:
    """Whether the driver's list says something else than the customer, and can still be changed."""
    order = _order(snapshot, stop)
    if order is None or order.wants_safe_place == stop.safe_place:
        return False
    return _is_changeable(snapshot, stop, {RouteStatus.PLANNED, RouteStatus.UNDERWAY})


def is_to_be_rescheduled(snapshot: HubSnapshot, stop: Stop) -> bool:
    """Whether the customer wants another day and nobody is on the way yet."""
    order = _order(snapshot, stop)
    if order is None or not order.wants_another_day:
        return False
    return _is_changeable(snapshot, stop, {RouteStatus.PLANNED, RouteStatus.UNDERWAY, RouteStatus.BROKEN})


def _is_changeable(snapshot: HubSnapshot, stop: Stop, statuses: set[RouteStatus]) -> bool:
    """A new list for a spare on standby would call it up, so its stops wait until somebody does."""
    route = snapshot.routes[stop.route_id]
    is_free = stop.status.is_open and not stop.status.is_committed
    return is_free and route.status in statuses and not route.is_on_standby


def _candidate(
    situation: Situation, action: Action, leaving: Mapping[RouteId, frozenset[StopId]], notices: tuple[Notice, ...] = ()
) -> Candidate:
    """The routes as they are, without the stops that leave them."""
    changes = tuple(_unchanged(situation.snapshot, route_id, gone) for route_id, gone in leaving.items())
    return identified(
        Candidate(
            CandidateId(""),
            Tool.REROUTE,
            (action,),
            route_changes=changes,
            notices=notices,
            read_set={change.route_id: change.base_version for change in changes},
        )
    )


def _unchanged(snapshot: HubSnapshot, route_id: RouteId, gone: frozenset[StopId]) -> RouteChange:
    stop_ids = [stop.id for stop in free_stops(snapshot, route_id)]
    return RouteChange(
        route_id,
        snapshot.routes[route_id].version,
        tuple(stop_id for stop_id in stop_ids if stop_id not in gone),
        rescheduled_stops=tuple(stop_id for stop_id in stop_ids if stop_id in gone),
    )


def _answers(situation: Situation, template: str, stops: Iterable[Stop]) -> tuple[Notice, ...]:
    """The fixed text to each customer who may be written to; outside quiet hours, though they wrote to us first."""
    zone = situation.snapshot.hubs[situation.case.hub_id].time_zone
    not_before = sendable_from(situation.now, zone)
    notices = []
    for stop in stops:
        contact = situation.contact_of_order(stop.order_id) if stop.order_id else None
        if stop.order_id is None or contact is None or not contact.is_textable:
            continue
        params: dict[str, object] = {
            "stop_id": stop.id,
            "order_id": stop.order_id,
            "in_reply": True,
            "time_zone": zone,
            "not_before": not_before.isoformat(),
            "expires_at": (not_before + _ANSWER_LIFE).isoformat(),
        }
        if template == NOT_UNDERSTOOD:
            closes_at = situation.snapshot.orders[stop.order_id].promise.closes_at
            params |= {"choices": dict(CHOICES[NOT_UNDERSTOOD]), "open_until": closes_at.isoformat()}
        notices.append(Notice(Channel.SMS, template, stop.id, params, order_id=stop.order_id))
    return tuple(notices)


def _of_case(situation: Situation) -> list[Stop]:
    stops = situation.snapshot.stops
    return [stops[stop_id] for stop_id in situation.case.stop_ids if stop_id in stops]


def _order(snapshot: HubSnapshot, stop: Stop) -> Order | None:
    return None if stop.order_id is None else snapshot.orders.get(stop.order_id)


def _ids(stops: Iterable[Stop]) -> tuple[StopId, ...]:
    return tuple(stop.id for stop in stops)


def _route_ids(stops: Iterable[Stop]) -> tuple[RouteId, ...]:
    return tuple(sorted({stop.route_id for stop in stops}))
