"""reroute: another order for the stops a driver already has."""

from forestall.domain.vocabulary import RouteStatus, Tool
from tools.changes import candidate_of
from tools.situation import Offer, Situation, decline


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
    answers = [situation.repairer.resequence(situation.problem, route_id) for route_id in drivable]
    candidates = tuple(candidate_of(snapshot, Tool.REROUTE, plan) for answer in answers for plan in answer.plans)
    if candidates:
        return Offer(candidates)
    return decline(Tool.REROUTE, f"reroute.{answers[0].rule}", **answers[0].values)
