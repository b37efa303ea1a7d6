"""carrier-update: tell a contract carrier or a gig platform what happens to its stops, in X12 214 terms."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from forestall.domain.actions import Action, Candidate, Notice
from forestall.domain.forecast import Forecast
from forestall.domain.ids import CandidateId, CarrierId, RouteId, StopId
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import X12_REASON, ActionKind, CarrierKind, CaseKind, Channel, FailureReason, Tool
from tools.situation import Offer, Situation, decline, identified

TELL_FROM_P = 0.6
# A stop that a carrier knows to be late is news again once it is expected so much earlier or later.
TELL_AGAIN_AFTER = timedelta(minutes=30)
# Status (X12 1650) and reason (1651) of what we report; the reason codes' other meanings depend on the field.
_LATE = "delayed"
_DELAYED, _REASSIGNED = "SD", "J1"
_OTHER_CARRIER, _PREVIOUS_STOP = "AJ", "AL"
_REASON_OF_CASE: Mapping[CaseKind, str] = {
    CaseKind.VEHICLE_BREAKDOWN: X12_REASON[FailureReason.BREAKDOWN],
    CaseKind.DRIVER_UNAVAILABLE: X12_REASON[FailureReason.DRIVER_UNAVAILABLE],
    CaseKind.ROAD_CLOSURE: X12_REASON[FailureReason.ROAD],
}


def propose(situation: Situation) -> Offer:
    """A status update alone, to the carriers whose stops will be late and who do not know it yet."""
    notices = notices_for(situation, situation.forecast, None)
    if notices:
        candidate = Candidate(CandidateId(""), Tool.CARRIER_UPDATE, actions_of(notices), notices=notices)
        return Offer((identified(candidate),))
    kinds = sorted({situation.snapshot.carriers[carrier_id].kind for carrier_id in situation.carrier_ids()})
    is_known = any(_is_foreign(situation.snapshot, route_id) for route_id in _late(situation, situation.forecast))
    rule = "carrier_update.nothing_new" if is_known else "carrier_update.no_foreign_carrier"
    return decline(Tool.CARRIER_UPDATE, rule, carriers=[kind.value for kind in kinds])


def notices_for(situation: Situation, forecast: Forecast, candidate: Candidate | None) -> tuple[Notice, ...]:
    """One update per foreign carrier and route: late stops that are news, and what the candidate gives or takes."""
    reason = _REASON_OF_CASE.get(situation.case.kind, _PREVIOUS_STOP)
    late = {
        route_id: news
        for route_id, stop_ids in sorted(_late(situation, forecast).items())
        if (news := [stop_id for stop_id in stop_ids if _is_news(situation, forecast, route_id, stop_id)])
    }
    notices = [
        _notice(situation.snapshot, route_id, stop_ids, _LATE, _DELAYED, reason, forecast)
        for route_id, stop_ids in late.items()
    ]
    if candidate is not None:
        notices += [
            _notice(situation.snapshot, route_id, stop_ids, "reassigned", _REASSIGNED, _OTHER_CARRIER, forecast)
            for route_id, stop_ids in sorted(_exchanged(situation.snapshot, candidate).items())
        ]
    return tuple(notice for notice in notices if notice is not None)


def _late(situation: Situation, forecast: Forecast) -> dict[RouteId, list[StopId]]:
    """The case's stops that will be late, by the route they are on under the forecast."""
    late: dict[RouteId, list[StopId]] = {}
    for stop_id in situation.case.stop_ids:
        score = forecast.stops.get(stop_id)
        if score is not None and score.p_late >= TELL_FROM_P:
            late.setdefault(score.route_id, []).append(stop_id)
    return late


def _is_news(situation: Situation, forecast: Forecast, route_id: RouteId, stop_id: StopId) -> bool:
    """Whether the carrier does not know that the stop is late, or believes in quite another time."""
    known = situation.reported.get((_carrier(situation.snapshot, route_id), stop_id))
    if known is None or known.status != _LATE or known.eta is None:
        return True
    return abs(forecast.stops[stop_id].eta_p50 - known.eta) > TELL_AGAIN_AFTER


def actions_of(notices: Iterable[Notice]) -> tuple[Action, ...]:
    return tuple(
        Action(ActionKind.CARRIER_UPDATE, _stop_ids(notice), (RouteId(str(notice.params["route_id"])),))
        for notice in notices
    )


def _exchanged(snapshot: HubSnapshot, candidate: Candidate) -> dict[RouteId, list[StopId]]:
    """Per route: the stops that come to it from, or leave it for, another carrier."""
    found: dict[RouteId, list[StopId]] = {}
    for change in candidate.route_changes:
        for stop_id in change.stop_ids:
            stop = snapshot.stops.get(stop_id)
            if stop is None or stop.route_id == change.route_id:
                continue
            if _carrier(snapshot, stop.route_id) != _carrier(snapshot, change.route_id):
                found.setdefault(stop.route_id, []).append(stop_id)
                found.setdefault(change.route_id, []).append(stop_id)
    return found


def _notice(
    snapshot: HubSnapshot,
    route_id: RouteId,
    stop_ids: list[StopId],
    status: str,
    x12_status: str,
    x12_reason: str,
    forecast: Forecast,
) -> Notice | None:
    """None for owned fleets: their drivers are told by the driver app, and there is nobody else to tell."""
    if not _is_foreign(snapshot, route_id):
        return None
    carrier_id = _carrier(snapshot, route_id)
    etas = {stop_id: forecast.stops[stop_id].eta_p50.isoformat() for stop_id in stop_ids if stop_id in forecast.stops}
    return Notice(
        channel=Channel.CARRIER,
        template=f"stops_{status}",
        subject_id=f"{carrier_id}/{route_id}",
        params={
            "carrier_id": carrier_id,
            "route_id": route_id,
            "stop_ids": list(stop_ids),
            "status": status,
            "x12_status": x12_status,
            "x12_reason": x12_reason,
            "etas": etas,
        },
    )


def _is_foreign(snapshot: HubSnapshot, route_id: RouteId) -> bool:
    return snapshot.carriers[_carrier(snapshot, route_id)].kind is not CarrierKind.OWNED


def _carrier(snapshot: HubSnapshot, route_id: RouteId) -> CarrierId:
    return snapshot.vehicles[snapshot.routes[route_id].vehicle_id].carrier_id


def _stop_ids(notice: Notice) -> tuple[StopId, ...]:
    named = notice.params["stop_ids"]
    assert isinstance(named, list)
    return tuple(StopId(str(stop_id)) for stop_id in named)
