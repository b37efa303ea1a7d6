"""retender: stops still at the hub for another carrier that has to be asked, at its price and after its answer.

While the carrier thinks, the old plan stands. So only what will still be at the hub by the deadline is offered, to
vehicles that will too: nobody waits for an answer that may be no.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from forestall.domain.actions import Candidate, RouteChange, TenderTerms
from forestall.domain.ids import CarrierId, RouteId, StopId
from forestall.domain.network import Carrier
from forestall.domain.routes import Route
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, Tool
from tools.changes import candidate_of
from tools.situation import Situation, identified


def tenders_for(situation: Situation, route_id: RouteId, stop_ids: Iterable[StopId]) -> tuple[Candidate, ...]:
    """For each carrier that may be asked to relieve the route: the best it could do if it said yes in time."""
    at_risk = list(stop_ids)
    return tuple(
        candidate
        for carrier in sorted(situation.snapshot.carriers.values(), key=lambda carrier: carrier.id)
        if may_be_asked(situation.snapshot, carrier, route_id)
        for candidate in _offers_to(situation, carrier, route_id, at_risk)
    )


def may_be_asked(snapshot: HubSnapshot, carrier: Carrier, route_id: RouteId) -> bool:
    """Whether it is another carrier that answers tenders, has room left, and has not refused this route's stops."""
    if carrier.answers_within_s is None or not carrier.active:
        return False
    if carrier.id == snapshot.carrier_of(snapshot.routes[route_id]).id or _room(snapshot, carrier) == 0:
        return False
    ours = {stop.id for stop in snapshot.open_stops(route_id)}
    asked = (t for t in snapshot.tenders if t.carrier_id == carrier.id and not ours.isdisjoint(t.stop_ids))
    return not any(tender.status.is_refusal or tender.is_pending for tender in asked)


def renewed(candidate: Candidate, snapshot: HubSnapshot) -> Candidate | None:
    """A tender as it would go out now: its deadline counts from here. None when one of its routes leaves before it, or
    the carrier has no room for it any more.
    """
    assert candidate.tender is not None
    carrier = snapshot.carriers[candidate.tender.carrier_id]
    if not carrier.active or carrier.answers_within_s is None:
        return None
    room = _room(snapshot, carrier)
    if room is not None and room < len(offered_stops(candidate, snapshot)):
        return None
    terms = _terms(snapshot, carrier.id, carrier.answers_within_s)
    routes = [snapshot.routes[change.route_id] for change in candidate.route_changes]
    if not all(_is_there_at(snapshot, route, terms.answer_by) for route in routes):
        return None
    return _with_terms(candidate, snapshot, terms)


def accepted(candidate: Candidate) -> Candidate:
    """The same plan once the carrier has said yes: nothing to ask, and nobody has to wait for the deadline."""
    changes = tuple(replace(change, departs_at=None) for change in candidate.route_changes)
    return replace(candidate, route_changes=changes, tender=None)


def offered_stops(candidate: Candidate, snapshot: HubSnapshot) -> tuple[StopId, ...]:
    """The stops that would change carriers."""
    assert candidate.tender is not None
    taker = candidate.tender.carrier_id
    return tuple(
        stop_id
        for change in candidate.route_changes
        if _carrier(snapshot, change.route_id) == taker
        for stop_id in change.stop_ids
        if _carrier(snapshot, snapshot.stops[stop_id].route_id) != taker
    )


def _offers_to(situation: Situation, carrier: Carrier, route_id: RouteId, at_risk: list[StopId]) -> list[Candidate]:
    snapshot = situation.snapshot
    assert carrier.answers_within_s is not None
    terms = _terms(snapshot, carrier.id, carrier.answers_within_s)
    if not _is_there_at(snapshot, snapshot.routes[route_id], terms.answer_by):
        return []
    receivers = [
        route.id
        for route in snapshot.routes.values()
        if snapshot.carrier_of(route).id == carrier.id
        and route.status is RouteStatus.PLANNED
        and _is_there_at(snapshot, route, terms.answer_by)
    ]
    if not receivers:
        return []
    problem = situation.repairer.prepare(_as_if_it_had_agreed(snapshot, carrier, receivers, terms), situation.travel)
    plans = situation.repairer.relocate(problem, at_risk, receivers).plans
    candidates = (candidate_of(snapshot, Tool.REASSIGN, plan) for plan in plans)
    return [identified(_with_terms(candidate, snapshot, terms)) for candidate in candidates]


def _as_if_it_had_agreed(
    snapshot: HubSnapshot, carrier: Carrier, receivers: list[RouteId], terms: TenderTerms
) -> HubSnapshot:
    """The world in which the carrier's vehicles take stops unasked, and leave no sooner than its answer lets them."""
    agreed = replace(carrier, answers_within_s=None, free_stops=_room(snapshot, carrier))
    routes = {
        route_id: replace(snapshot.routes[route_id], departs_at=_leaves_after(snapshot.routes[route_id], terms))
        for route_id in receivers
    }
    return replace(snapshot, carriers={**snapshot.carriers, carrier.id: agreed}, routes={**snapshot.routes, **routes})


def _with_terms(candidate: Candidate, snapshot: HubSnapshot, terms: TenderTerms) -> Candidate:
    """The plan with the departures that the answer's delay leaves its receivers."""

    def delayed(change: RouteChange) -> RouteChange:
        takes = _carrier(snapshot, change.route_id) == terms.carrier_id
        return replace(change, departs_at=_leaves_after(snapshot.routes[change.route_id], terms) if takes else None)

    return replace(candidate, route_changes=tuple(map(delayed, candidate.route_changes)), tender=terms)


def _leaves_after(route: Route, terms: TenderTerms) -> datetime:
    """A spare is called up by the answer, and needs its notice from there; others leave as they were to."""
    if route.is_on_standby:
        return max(route.departs_at, terms.answer_by + timedelta(seconds=route.notice_s))
    return route.departs_at


def _is_there_at(snapshot: HubSnapshot, route: Route, instant: datetime) -> bool:
    """Whether the route, if nobody changes it, is still at its hub then: it leaves later, or nobody would drive it."""
    if route.status is not RouteStatus.PLANNED:
        return False
    absence = snapshot.find_absence(route)
    if route.is_on_standby or not snapshot.carrier_of(route).active or (absence and absence.until is None):
        return True
    driver_there = route.departs_at if absence is None or absence.until is None else absence.until
    return max(route.departs_at, route.load_ready_at or route.departs_at, driver_there) >= instant


def _room(snapshot: HubSnapshot, carrier: Carrier) -> int | None:
    """How many stops more it can take, those it is thinking about set aside; None when it has not said."""
    if carrier.free_stops is None:
        return None
    pending = (t for t in snapshot.tenders if t.carrier_id == carrier.id and t.is_pending)
    return max(0, carrier.free_stops - sum(len(tender.stop_ids) for tender in pending))


def _terms(snapshot: HubSnapshot, carrier_id: CarrierId, answers_within_s: float) -> TenderTerms:
    return TenderTerms(carrier_id, snapshot.taken_at + timedelta(seconds=answers_within_s))


def _carrier(snapshot: HubSnapshot, route_id: RouteId) -> CarrierId:
    return snapshot.carrier_of(snapshot.routes[route_id]).id
