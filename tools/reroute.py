"""reroute: another order for the stops a driver already has, or the call to a spare that stands by with some."""

from forestall.domain.actions import Action, Candidate, RouteChange
from forestall.domain.ids import CandidateId, RouteId
from forestall.domain.replan import free_stops
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, RouteStatus, Tool
from tools.changes import candidate_of
from tools.situation import Offer, Situation, decline, identified


def propose(situation: Situation) -> Offer:
    """A better order for each of the case's routes that is still being driven or about to be."""
    snapshot = situation.snapshot
    drivable = [
        route_id
        for route_id in situation.case.route_ids
        if snapshot.routes[route_id].status in {RouteStatus.PLANNED, RouteStatus.UNDERWAY}
    ]
    if not drivable:
        return decline(Tool.REROUTE, "reroute.no_drivable_route", routes=list(situation.case.route_ids))
    called = tuple(_call_up(snapshot, route_id) for route_id in drivable if snapshot.routes[route_id].is_on_standby)
    if called:
        return Offer(called)
    answers = [situation.repairer.resequence(situation.problem, route_id) for route_id in drivable]
    candidates = tuple(candidate_of(snapshot, Tool.REROUTE, plan) for answer in answers for plan in answer.plans)
    if candidates:
        return Offer(candidates)
    return decline(Tool.REROUTE, f"reroute.{answers[0].rule}", **answers[0].values)


def _call_up(snapshot: HubSnapshot, route_id: RouteId) -> Candidate:
    """The spare's list as it stands: sending it is what makes the spare go."""
    version = snapshot.routes[route_id].version
    stops = tuple(stop.id for stop in free_stops(snapshot, route_id))
    return identified(
        Candidate(
            id=CandidateId(""),
            tool=Tool.REROUTE,
            actions=(Action(ActionKind.RESEQUENCE, stops, (route_id,), {"called_up": True}),),
            route_changes=(RouteChange(route_id, version, stops),),
            read_set={route_id: version},
        )
    )
