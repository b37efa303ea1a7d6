"""reassign: stops to another vehicle, from the hub's floor before departure (by a tender where its carrier has to be
asked), from a broken van by a rescue, or from a late one by a rendezvous."""

from forestall.domain.actions import Candidate
from forestall.domain.handovers import list_misplaced
from forestall.domain.ids import RouteId, StopId
from forestall.domain.vocabulary import RouteStatus, Tool
from optimizer.repair import Repairs
from tools.changes import candidate_of
from tools.retender import tenders_for
from tools.situation import Offer, Situation, decline


def propose(situation: Situation) -> Offer:
    """Rescues for broken routes, relocations for routes not yet loaded, meetings for those under way; and whatever
    waits on a route for goods that will not come goes back to who has them."""
    answers = [answer for route_id in situation.case.route_ids for answer in _answers(situation, route_id)]
    answers += _together(situation)
    candidates = tuple(
        candidate_of(situation.snapshot, Tool.REASSIGN, plan) for answer in answers for plan in answer.plans
    )
    candidates += tuple(offer for route_id in situation.case.route_ids for offer in _tenders(situation, route_id))
    if candidates:
        return Offer(candidates)
    if not answers:
        return decline(Tool.REASSIGN, "reassign.route_is_over", routes=list(situation.case.route_ids))
    return decline(Tool.REASSIGN, f"reassign.{answers[0].rule}", **answers[0].values)


def _together(situation: Situation) -> list[Repairs]:
    """One relocation for all of a case's routes that are still at their hub: by turns they would take each other's
    room, and each would be shown the vehicles that another one needs more."""
    waiting = [
        route_id
        for route_id in situation.case.route_ids
        if situation.snapshot.routes[route_id].status is RouteStatus.PLANNED
    ]
    if len(waiting) < 2:
        return []
    at_risk = [stop_id for route_id in waiting for stop_id in _at_risk(situation, route_id)]
    return [situation.repairer.relocate(situation.problem, at_risk)]


def _answers(situation: Situation, route_id: RouteId) -> list[Repairs]:
    snapshot, repairer, problem = situation.snapshot, situation.repairer, situation.problem
    if list_misplaced(snapshot, route_id) and (back := repairer.take_back(problem, route_id)).plans:
        return [back]  # first of all: what else is planned should see the stops where their goods are
    match snapshot.routes[route_id].status:
        case RouteStatus.BROKEN:
            return [repairer.rescue(problem, route_id)]
        case RouteStatus.PLANNED:
            return [repairer.relocate(problem, _at_risk(situation, route_id))]
        case RouteStatus.UNDERWAY:
            return [repairer.rendezvous(problem, route_id), repairer.through_hub(problem, route_id)]
        case RouteStatus.FINISHED:
            return []


def _tenders(situation: Situation, route_id: RouteId) -> tuple[Candidate, ...]:
    if situation.snapshot.routes[route_id].status is not RouteStatus.PLANNED:
        return ()
    return tenders_for(situation, route_id, _at_risk(situation, route_id))


def _at_risk(situation: Situation, route_id: RouteId) -> list[StopId]:
    open_now = {stop.id for stop in situation.snapshot.open_stops(route_id)}
    return [stop_id for stop_id in situation.case.stop_ids if stop_id in open_now]
