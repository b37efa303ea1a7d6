"""What happens at doors: attempts that failed, some of which nobody made."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from agent.detectors.view import FailedVisit, View
from forestall.domain.cases import Signal
from forestall.domain.ids import RouteId
from forestall.domain.routes import Position, Stop
from forestall.domain.vocabulary import CaseKind, FailureReason, StopKind, StopStatus
from optimizer.geo import crow_fly_m

# Around an attempt a vehicle's reports are looked at from so long before its end until so long after it.
LOOK_BEFORE, LOOK_AFTER = timedelta(minutes=5), timedelta(minutes=1)
# What a driver says who claims to have been at the door.
_SAYS_HE_CAME = frozenset(
    {
        FailureReason.RECIPIENT_UNAVAILABLE,
        FailureReason.REFUSED,
        FailureReason.CONSIGNEE_CLOSED,
        FailureReason.CANNOT_LOCATE,
    }
)
_FAR_M = 500.0  # parking, gates, a receiver's jitter and a coarse address are nearer
_TOO_QUICK = timedelta(seconds=30)  # nobody parks, rings and waits in less
_ONE_PLACE_M = 100.0  # what a parked receiver wanders, and then some
_REPORTS = 3  # fewer of them prove nothing
_KIND_OF_REASON = {
    FailureReason.WRONG_ADDRESS: CaseKind.ADDRESS_PROBLEM,
    FailureReason.CANNOT_LOCATE: CaseKind.ADDRESS_PROBLEM,
    FailureReason.FUTURE_REQUESTED: CaseKind.CUSTOMER_RESCHEDULE,
}
_CAUSES = {
    CaseKind.ADDRESS_PROBLEM: "address",
    CaseKind.CUSTOMER_RESCHEDULE: "reschedule",
    CaseKind.DELIVERY_FAILED: "failed",
}


def failed_attempts(view: View) -> Iterable[Signal]:
    """Deliveries that failed and could still be made within their promise: one signal for each hub and way to fail,
    and one for each route whose driver seems not to have tried. What was tried once more is not doubted again."""
    found: dict[tuple[CaseKind, str], list[Stop]] = defaultdict(list)
    doubts: dict[RouteId, list[str]] = defaultdict(list)
    for stop in _missed_deliveries(view):
        visit = view.failed.get(stop.id)
        route = view.snapshot.routes[stop.route_id]
        doubt = None if visit is None or stop.retried_at is not None else doubt_of(stop, visit)
        if doubt is not None:
            found[CaseKind.SUSPECTED_FALSE_ATTEMPT, route.id].append(stop)
            doubts[route.id].append(doubt)
        else:
            found[_kind(visit), route.hub_id].append(stop)
    for (kind, where), stops in found.items():
        if kind is CaseKind.SUSPECTED_FALSE_ATTEMPT:
            yield _signal(view, kind, f"false-attempt/{where}", stops, doubts=sorted(set(doubts[RouteId(where)])))
        else:
            yield _signal(view, kind, f"{_CAUSES[kind]}/{where}", stops)


def doubt_of(stop: Stop, visit: FailedVisit) -> str | None:
    """Why an attempt may not have been one: ``far`` from the door, ``no_dwell`` there, ``too_quick``. None: no doubt.

    A vehicle that did not report then is not doubted.
    """
    if visit.reason not in _SAYS_HE_CAME:
        return None
    came = [report for report in visit.reports if report.at <= visit.at + LOOK_AFTER]
    near = [report for report in came if _away_m(report, stop) <= _FAR_M]
    if len(came) >= _REPORTS and not near:
        return "far"
    if stop.arrived_at is not None and visit.at - stop.arrived_at < _TOO_QUICK:
        return "too_quick"
    if len(came) >= _REPORTS and not _may_have_stood(came, near):
        return "no_dwell"
    return None


def _may_have_stood(came: list[Position], near: list[Position]) -> bool:
    """Whether reports in a row found the vehicle in one place near the door for a while, or there are too few of them
    around the visit to tell."""
    first, last = came.index(near[0]), came.index(near[-1])
    around = came[max(first - 1, 0) : last + 2]
    silent = any(later.at - report.at >= 2 * _TOO_QUICK for report, later in pairwise(around))
    cut_off = first == 0 or last == len(came) - 1
    stood = any(
        later.at - report.at >= _TOO_QUICK and _apart_m(report, later) <= _ONE_PLACE_M
        for i, report in enumerate(near)
        for later in near[i + 1 :]
    )
    return stood or silent or cut_off


def _apart_m(one: Position, other: Position) -> float:
    return float(crow_fly_m(one.lat, one.lon, other.lat, other.lon))


def _away_m(report: Position, stop: Stop) -> float:
    return float(crow_fly_m(report.lat, report.lon, stop.location.lat, stop.location.lon))


def _missed_deliveries(view: View) -> list[Stop]:
    """Failed, with no delivery since, and still within the promise."""
    return [
        stop
        for stop in view.snapshot.stops.values()
        if stop.kind is StopKind.DELIVERY
        and stop.status is StopStatus.FAILED
        and view.promise_end(stop) > view.now
        and not _is_under_way_again(view, stop)
    ]


def _is_under_way_again(view: View, stop: Stop) -> bool:
    others = view.snapshot.stops_by_order.get(stop.order_id, ()) if stop.order_id else ()
    return any(other.status.is_open or other.status is StopStatus.COMPLETED for other in others)


def _kind(visit: FailedVisit | None) -> CaseKind:
    reason = None if visit is None else visit.reason
    return CaseKind.DELIVERY_FAILED if reason is None else _KIND_OF_REASON.get(reason, CaseKind.DELIVERY_FAILED)


def _signal(view: View, kind: CaseKind, cause: str, stops: list[Stop], **evidence: object) -> Signal:
    """Worth a look as long as its promises run. Where the attempt was real, the promise of delivering at the first is
    broken already and nothing more is at stake; where nobody came, it may yet be kept."""
    hub_id = view.snapshot.routes[stops[0].route_id].hub_id
    routes = sorted({stop.route_id for stop in stops})
    signal = view.signal_of(hub_id, routes, kind, cause, stops, **evidence)
    at_stake = float(len(stops)) if kind is CaseKind.SUSPECTED_FALSE_ATTEMPT else 0.0
    return replace(signal, severity=at_stake, expires_at=view.last_promise(stops))
