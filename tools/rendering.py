"""From a committed plan to outbox rows: what drivers, customers, carriers and hubs get, rendered and keyed."""

from collections.abc import Iterable, Mapping, Sized
from dataclasses import replace
from datetime import datetime, timedelta

from forestall.domain.actions import Candidate, Notice
from forestall.domain.effects import Effect
from forestall.domain.ids import CaseId, ContactId, DecisionId, RouteId
from forestall.domain.instructions import Instruction
from forestall.domain.network import Contact
from forestall.domain.replan import free_stops
from forestall.domain.replies import CONFIRM_PRESENCE
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.tenders import Tender
from forestall.domain.vocabulary import Channel, RouteStatus
from tools.messages import as_local_time, render

# A driver or a carrier that was out of reach this long has moved on; the plan is looked at again anyway.
_INSTRUCTION_LIFE = timedelta(hours=2)


def effects_of(
    candidate: Candidate,
    after: HubSnapshot,
    contacts: Mapping[ContactId, Contact],
    case_id: CaseId,
    plan_rev: int,
    decision_id: DecisionId,
) -> tuple[Effect, ...]:
    """Every effect of a candidate; ``after`` is the snapshot with the candidate applied. Keys are unique for ever."""
    now = after.taken_at
    plain = [
        *(
            replace(effect, tool=candidate.tool)
            for effect in (
                *(_driver_effect(after, change.route_id, now) for change in candidate.route_changes),
                *_hub_effects(candidate, after, now),
            )
        ),
        *(_notice_effect(notice, after, contacts, now) for notice in candidate.notices),
    ]
    return tuple(_of_decision(effect, case_id, plan_rev, decision_id) for effect in plain)


def tender_effect(tender: Tender, after: HubSnapshot, decision_id: DecisionId) -> Effect:
    """The offer to the carrier: what it would drive, at which price, and by when it has to say so.

    ``after`` is the snapshot as if it had agreed. The answer comes back as an event about ``tender_id``.
    """
    routes = sorted({after.stops[stop_id].route_id for stop_id in tender.stop_ids})
    payload: dict[str, object] = {
        "tender_id": tender.id,
        "carrier_id": tender.carrier_id,
        "answer_by": tender.answer_by.isoformat(),
        "cost_cents": tender.cost_cents,
        "cost_per_stop_cents": after.carriers[tender.carrier_id].cost_per_stop_cents,
        "stop_ids": list(tender.stop_ids),
        "routes": [driver_payload(after.routes[route_id], free_stops(after, route_id)) for route_id in routes],
    }
    answer_by = as_local_time(tender.answer_by, after.hubs[tender.hub_id].time_zone)
    body = f"{_count(tender.stop_ids, 'stop')} to drive; please answer by {answer_by}."
    return _of_decision(
        Effect(
            key=tender.carrier_id,
            channel=Channel.CARRIER,
            recipient_id=tender.carrier_id,
            template="tender",
            payload=payload,
            not_before=tender.made_at,
            expires_at=tender.answer_by,
            body=body,
        ),
        tender.case_id,
        tender.plan_rev,
        decision_id,
    )


def reminder_effect(now_as: HubSnapshot, instruction: Instruction, channel: Channel, expires_at: datetime) -> Effect:
    """The newest list of a route once more, by another channel; ``now_as`` is the state at hand.

    It says what the first one said, less what has been done since, and is keyed by its channel: each is used once.
    """
    route = now_as.routes[instruction.route_id]
    recipients = {Channel.CARRIER: now_as.carrier_of(route).id, Channel.VOICE: route.driver_id or route.vehicle_id}
    plain = replace(
        _driver_effect(now_as, route.id, now_as.taken_at),
        channel=channel,
        recipient_id=recipients[channel],
        template="route_call" if channel is Channel.VOICE else "route_unconfirmed",
        expires_at=expires_at,
    )
    return _of_decision(plain, instruction.case_id, instruction.plan_rev, instruction.decision_id)


def withdrawal_effect(tender: Tender, now: datetime, decision_id: DecisionId) -> Effect:
    """To a carrier that has agreed in vain: the stops stay where they are."""
    return _of_decision(
        Effect(
            key=tender.carrier_id,
            channel=Channel.CARRIER,
            recipient_id=tender.carrier_id,
            template="tender_withdrawn",
            payload={"tender_id": tender.id, "carrier_id": tender.carrier_id, "stop_ids": list(tender.stop_ids)},
            not_before=now,
            expires_at=now + _INSTRUCTION_LIFE,
        ),
        tender.case_id,
        tender.plan_rev,
        decision_id,
    )


def _of_decision(effect: Effect, case_id: CaseId, plan_rev: int, decision_id: DecisionId) -> Effect:
    """The effect under the key that is its own for ever."""
    key = f"{case_id}:{plan_rev}:{effect.template}:{effect.key}"
    return replace(effect, key=key, case_id=case_id, decision_id=decision_id)


def _driver_effect(after: HubSnapshot, route_id: RouteId, now: datetime) -> Effect:
    """The route's whole list of free stops, so that a driver app needs no earlier message to read it.

    The driver of a broken vehicle gets an empty one: what nobody could take over waits aboard, and is not to be driven.
    """
    route = after.routes[route_id]
    stops = () if route.status is RouteStatus.BROKEN else free_stops(after, route_id)
    return Effect(
        key=route_id,
        channel=Channel.DRIVER,
        recipient_id=route.driver_id or route.vehicle_id,
        template="route_changed",
        payload=driver_payload(route, stops),
        not_before=now,
        expires_at=now + _INSTRUCTION_LIFE,
        body=f"{route_id}: {_count(stops, 'stop')} to do, in this order.",
        hub_id=route.hub_id,
    )


def driver_payload(route: Route, stops: Iterable[Stop]) -> dict[str, object]:
    """What the driver app shows; times ISO 8601 UTC, service in seconds."""
    return {
        "route_id": route.id,
        "plan_version": route.plan_version,
        "departs_at": route.departs_at.isoformat(),
        "stops": [
            {
                "stop_id": stop.id,
                "kind": stop.kind.value,
                "order_id": stop.order_id,
                "location_id": stop.location.id,
                "lat": stop.location.lat,
                "lon": stop.location.lon,
                "opens_at": stop.window.opens_at.isoformat(),
                "closes_at": stop.window.closes_at.isoformat(),
                "service_s": stop.service_s,
                "transfer_from": stop.transfer_from,
                "transfer_to": stop.transfer_to,
                "package_ids": list(stop.package_ids),
                "safe_place": stop.safe_place,
            }
            for stop in stops
        ],
    }


def _hub_effects(candidate: Candidate, after: HubSnapshot, now: datetime) -> list[Effect]:
    """The dock is told which packages go to the other hub, and by when they must be there."""
    if not candidate.package_moves:
        return []
    to_hub = candidate.package_moves[0].to_hub
    from_hubs = {after.orders[after.packages[m.package_id].order_id].hub_id for m in candidate.package_moves}
    return [
        Effect(
            key=f"{from_hub}>{to_hub}",
            channel=Channel.HUB,
            recipient_id=from_hub,
            template="transfer_packages",
            payload={
                "from_hub": from_hub,
                "to_hub": to_hub,
                "package_ids": [move.package_id for move in candidate.package_moves],
                "available_at": max(move.available_at for move in candidate.package_moves).isoformat(),
            },
            not_before=now,
            expires_at=now + _INSTRUCTION_LIFE,
            body=f"Send {_count(candidate.package_moves, 'package')} to {to_hub}.",
        )
        for from_hub in sorted(from_hubs)
    ]


def _notice_effect(notice: Notice, after: HubSnapshot, contacts: Mapping[ContactId, Contact], now: datetime) -> Effect:
    if notice.channel is Channel.SMS:
        return _sms_effect(notice, after, contacts, now)
    return Effect(
        key=notice.subject_id,
        channel=notice.channel,
        recipient_id=str(notice.params["carrier_id"]),
        template=notice.template,
        payload=notice.params,
        not_before=now,
        expires_at=now + _INSTRUCTION_LIFE,
    )


def _sms_effect(notice: Notice, after: HubSnapshot, contacts: Mapping[ContactId, Contact], now: datetime) -> Effect:
    assert notice.order_id is not None, "a customer message belongs to an order"
    contact_id = after.orders[notice.order_id].contact_id
    assert contact_id is not None, "notify_customer proposes messages to known contacts only"
    told = "window" if notice.template == CONFIRM_PRESENCE else "eta"
    told_from, told_to = (_find_instant(notice, f"{told}_{end}") for end in ("from", "to"))
    return Effect(
        key=notice.subject_id,
        channel=Channel.SMS,
        recipient_id=contact_id,
        template=notice.template,
        payload={key: value for key, value in notice.params.items() if key not in {"not_before", "expires_at"}},
        not_before=max(now, _instant(notice, "not_before")),
        expires_at=_instant(notice, "expires_at"),
        body=render(notice.template, contacts[contact_id].locale, str(notice.params["time_zone"]), told_from, told_to),
    )


def _count(things: Sized, noun: str) -> str:
    """``1 stop``, ``3 stops``."""
    return f"{len(things)} {noun}" if len(things) == 1 else f"{len(things)} {noun}s"


def _instant(notice: Notice, name: str) -> datetime:
    return datetime.fromisoformat(str(notice.params[name]))


def _find_instant(notice: Notice, name: str) -> datetime | None:
    return _instant(notice, name) if name in notice.params else None
