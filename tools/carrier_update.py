"""carrier-update: tell a contract carrier or a gig platform what happens to its stops, in X12 214 terms."""

from collections.abc import Iterable, Mapping

from forestall.domain.actions import Action, Candidate, Notice
from forestall.domain.forecast import Forecast
from forestall.domain.ids import CandidateId, CarrierId, RouteId, StopId
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import X12_REASON, ActionKind, CarrierKind, CaseKind, Channel, FailureReason, Tool
from tools.situation import Offer, Situation, decline, identified

TELL_FROM_P = 0.6
# Status (X12 1650) and reason (1651) of what we report; the reason codes' other meanings depend on the field.
_DELAYED, _REASSIGNED = "SD", "J1"
_OTHER_CARRIER, _PREVIOUS_STOP = "AJ", "AL"
_REASON_OF_CASE: Mapping[CaseKind, str] = {
    CaseKind.VEHICLE_BREAKDOWN: X12_REASON[FailureReason.BREAKDOWN],
    CaseKind.DRIVER_UNAVAILABLE: X12_REASON[FailureReason.DRIVER_UNAVAILABLE],
    CaseKind.ROAD_CLOSURE: X12_REASON[FailureReason.ROAD],
}


def propose(situation: Situation) -> Offer:
    """A status update alone, to the carriers whose stops will be late."""
    notices = notices_for(situation, situation.forecast, None)
    if not notices:
        kinds = sorted({situation.snapshot.carriers[carrier_id].kind.value for carrier_id in situation.carrier_ids()})
        return decline(Tool.CARRIER_UPDATE, "carrier_update.no_foreign_carrier", carriers=kinds)
    return Offer((identified(Candidate(CandidateId(""), Tool.CARRIER_UPDATE, actions_of(notices), notices=notices)),))


def notices_for(situation: Situation, forecast: Forecast, candidate: Candidate | None) -> tuple[Notice, ...]:
    """One update per foreign carrier and route: its late stops, and those the candidate gives or takes."""
    late: dict[RouteId, list[StopId]] = {}
    for stop_id in situation.case.stop_ids:
        score = forecast.stops.get(stop_id)
        if score is not None and score.p_late >= TELL_FROM_P:
            late.setdefault(score.route_id, []).append(stop_id)
    reason = _REASON_OF_CASE.get(situation.case.kind, _PREVIOUS_STOP)
    notices = [
        _notice(situation.snapshot, route_id, stop_ids, "delayed", _DELAYED, reason, forecast)
        for route_id, stop_ids in sorted(late.items())
    ]
    if candidate is not None:
        notices += [
            _notice(situation.snapshot, route_id, stop_ids, "reassigned", _REASSIGNED, _OTHER_CARRIER, forecast)
            for route_id, stop_ids in sorted(_exchanged(situation.snapshot, candidate).items())
        ]
    return tuple(notice for notice in notices if notice is not None)


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
    carrier = snapshot.carriers[_carrier(snapshot, route_id)]
    if carrier.kind is CarrierKind.OWNED:
        return None
    etas = {stop_id: forecast.stops[stop_id].eta_p50.isoformat() for stop_id in stop_ids if stop_id in forecast.stops}
    return Notice(
        channel=Channel.CARRIER,
        template=f"stops_{status}",
        subject_id=f"{carrier.id}/{route_id}",
        params={
            "carrier_id": carrier.id,
            "route_id": route_id,
            "stop_ids": list(stop_ids),
            "status": status,
            "x12_status": x12_status,
            "x12_reason": x12_reason,
            "etas": etas,
        },
    )


def _carrier(snapshot: HubSnapshot, route_id: RouteId) -> CarrierId:
    return snapshot.vehicles[snapshot.routes[route_id].vehicle_id].carrier_id


def _stop_ids(notice: Notice) -> tuple[StopId, ...]:
    named = notice.params["stop_ids"]
    assert isinstance(named, list)
    return tuple(StopId(str(stop_id)) for stop_id in named)
